"""Defines what the pushes of one kind share: `Kind`; and the kind of measurements that a caller constructs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from hanparse.measurement.order import Order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanparse.measurement.parts import Register
    from hanparse.measurement.scale import Scale


class Kind(Protocol):
    """Holds the names of the values of similar pushes, and reads the values from a push."""

    index: Mapping[str, int]
    """The position of each value in the sequence that `values` returns."""
    order: Order
    """The fields in their order."""
    numbers: range
    """The positions of values that `number` reads in clearly less time than `values` takes."""
    scale: Scale
    """The factors by which the values were multiplied."""
    made_for_transformers: bool
    """True if the meter type needs current transformers."""
    steps: dict[str, float] | None
    """The steps of quantities, for callers that look for them; `None` if each push has scalers of its own."""

    def values(self, push: Any, /) -> Sequence[Any]:  # noqa: ANN401  each kind has its own representation of a push
        """Return the values of the push in the order of `index`."""

    def number(self, push: Any, position: int, /) -> float | None:  # noqa: ANN401  the same
        """Return the value at a position of `numbers`."""

    def registers(self, push: Any, /) -> tuple[Register, ...]:  # noqa: ANN401  the same
        """Return every element of the push as a register."""


class _Made:
    """The kind of measurements that a caller constructs: the values and registers need no reading."""

    def __init__(self, names: tuple[str, ...], scale: Scale, made_for_transformers: bool) -> None:  # noqa: FBT001
        self.index = {name: position for position, name in enumerate(names)}
        self.order = Order(self.index)
        self.steps = None
        self.numbers = range(0)
        self.scale = scale
        self.made_for_transformers = made_for_transformers

    def values(self, push: tuple[Any, ...]) -> tuple[Any, ...]:
        return push

    def number(self, push: tuple[Any, ...], position: int) -> float | None:
        return push[position]  # type: ignore[no-any-return]  # by the field

    def registers(self, push: tuple[Register, ...]) -> tuple[Register, ...]:
        return push


kind_of: Final = lru_cache(maxsize=256)(_Made)
"""Returns the kind of measurements with these fields, scale and `made_for_transformers`."""
