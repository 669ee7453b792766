"""Defines `Order`, which sorts the values of a push in the order of the fields of `Measurement`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.measurement.field import FIELD_OF
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PLAIN: Final = frozenset({Kind.TEXT, Kind.NUMBER, Kind.COUNT})


class Order:
    """An instance belongs to one `Kind` of pushes. It holds the position of the value of each field."""

    __slots__ = ("_index", "_ordered", "converted")

    def __init__(self, index: Mapping[str, int]) -> None:
        """`index` maps the name of each field to the position of its value."""
        self._index = index
        self._ordered: tuple[tuple[str, int], ...] = ()
        self.converted = tuple(name for name in index if name in FIELD_OF and FIELD_OF[name].kind not in _PLAIN)
        """The names of the fields whose values are converted for JSON: times, records, the state of a breaker."""

    def positions(self, fields: Sequence[str]) -> tuple[tuple[str, int], ...]:
        """Return the name and the position of each value, in the order of `fields`.

        Callers must always pass equal `fields`, because the result of the first call is stored and returned again.
        """
        if not self._ordered:
            self._ordered = tuple((name, self._index[name]) for name in fields if name in self._index)
        return self._ordered
