"""Gives the fields of a push in their order: `Order`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.measurement.field import FIELD_OF
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PLAIN: Final = frozenset({Kind.TEXT, Kind.NUMBER, Kind.COUNT})


class Order:
    """The fields that pushes of one kind fill, and the positions of their values."""

    __slots__ = ("_index", "_ordered", "converted")

    def __init__(self, index: Mapping[str, int]) -> None:
        """`index` gives the position of each value, by the name of its field."""
        self._index = index
        self._ordered: tuple[tuple[str, int], ...] = ()
        self.converted = tuple(name for name in index if name in FIELD_OF and FIELD_OF[name].kind not in _PLAIN)
        """The fields whose values JSON has no type for: times, records, the state of a breaker."""

    def positions(self, fields: Sequence[str]) -> tuple[tuple[str, int], ...]:
        """Return the fields with their positions, in the order of `fields`, which is the same in every call."""
        if not self._ordered:
            self._ordered = tuple((name, self._index[name]) for name in fields if name in self._index)
        return self._ordered
