"""Gives the positions of the values of a push: `Index`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.measurement.field import FIELD_OF
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PLAIN: Final = frozenset({Kind.TEXT, Kind.NUMBER, Kind.COUNT})


class Index(dict[str, int]):
    """The position of each value of a push, by the name of its field. Pushes of one kind share an index."""

    __slots__ = ("_ordered", "converted")

    def __init__(self, names: Iterable[str]) -> None:
        """`names` are in the order of the values."""
        super().__init__({name: position for position, name in enumerate(names)})
        self._ordered: tuple[tuple[str, int], ...] = ()
        self.converted = tuple(name for name in self if name in FIELD_OF and FIELD_OF[name].kind not in _PLAIN)
        """The fields whose values JSON has no type for: times, records, the state of a breaker."""

    def ordered(self, fields: Sequence[str]) -> tuple[tuple[str, int], ...]:
        """Return the fields with their positions, in the order of `fields`, which is the same in every call."""
        if not self._ordered:
            self._ordered = tuple((name, self[name]) for name in fields if name in self)
        return self._ordered
