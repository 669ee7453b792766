"""Many measurements -> the values of the same fields of each, converted: `Columns`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse.measurement.kind import Kind
    from hanparse.measurement.record import Record

T = TypeVar("T")

_PLANS: Final = 256  # kinds of pushes that are remembered; a meter sends a handful


class Columns(Generic[T]):
    """Reads fields of one measurement after the other, and converts each by the function under its name.

    Where the values are is found out once for each kind of push, not once for each value.
    """

    def __init__(self, converters: Mapping[str, Callable[[Any], T | None]]) -> None:
        self._converters = tuple(converters.items())
        self._plans: dict[Kind, tuple[tuple[int, Callable[[Any], T | None], int], ...]] = {}

    def present(self, measurement: Record) -> list[tuple[int, T]]:
        """Return the converted values that a measurement carries, each behind the place of its name.

        What a function returns `None` for is left out.
        """
        kind, state = measurement._kind, measurement._read()
        plan = self._plans.get(kind) or self._plan(kind)
        return [
            (column, found)
            for column, convert, place in plan
            if (value := state[place]) is not None and (found := convert(value)) is not None
        ]

    def _plan(self, kind: Kind) -> tuple[tuple[int, Callable[[Any], T | None], int], ...]:
        if len(self._plans) == _PLANS:
            self._plans.clear()
        named = enumerate(self._converters)
        self._plans[kind] = tuple(
            (column, convert, kind.index[name]) for column, (name, convert) in named if name in kind.index
        )
        return self._plans[kind]
