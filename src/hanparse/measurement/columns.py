"""Defines `Columns`, which reads the same fields of many measurements and converts the values for a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse.measurement.kind import Kind
    from hanparse.measurement.record import Record

T = TypeVar("T")

_MAX_PLANS: Final = 256  # far more than the two or three kinds of pushes of one meter


class Columns(Generic[T]):
    """Reads fields of measurements and converts the values. `converters` maps the name of each field to a function.

    The value of a field has the same position in all pushes of one `Kind`, so each position is looked up once per kind.
    """

    def __init__(self, converters: Mapping[str, Callable[[Any], T | None]]) -> None:
        self._converters = tuple(converters.items())
        self._plans: dict[Kind, tuple[tuple[int, Callable[[Any], T | None], int], ...]] = {}

    def present(self, measurement: Record) -> list[tuple[int, T]]:
        """Return the converted values of the fields that are present, each with the index of its name in `converters`.

        A field is also left out if its converter returns `None`.
        """
        kind, state = measurement._kind, measurement._read()
        plan = self._plans.get(kind) or self._plan(kind)
        return [
            (column, converted)
            for column, convert, position in plan
            if (value := state[position]) is not None and (converted := convert(value)) is not None
        ]

    def _plan(self, kind: Kind) -> tuple[tuple[int, Callable[[Any], T | None], int], ...]:
        if len(self._plans) == _MAX_PLANS:
            self._plans.clear()
        named = enumerate(self._converters)
        self._plans[kind] = tuple(
            (column, convert, kind.index[name]) for column, (name, convert) in named if name in kind.index
        )
        return self._plans[kind]
