"""Defines `Kind`: the properties that pushes have in common if they differ only in their values."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from hanparse.measurement.order import Order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanparse.measurement.parts import Register
    from hanparse.measurement.scale import Scale


class Kind(Protocol):
    """Pushes that differ only in their values have the same kind. The kind reads the values from a push."""

    index: Mapping[str, int]
    """The position of the value of each field in the sequence that `values` returns."""
    order: Order
    """The positions of the values, sorted in the order of the fields of `Measurement`."""
    numbers: range
    """The positions of the numbers that `number` can read in clearly less time than `values` needs for all values."""
    scale: Scale
    """The factors by which the values were multiplied."""
    made_for_transformers: bool
    """True if the meter type needs current transformers."""
    steps: dict[str, float] | None
    """The step of each quantity: the smallest difference between two values. Callers compute and store the steps.

    The attribute is `None` if the scalers of two pushes of this kind can differ.
    """

    def values(self, push: Any, /) -> Sequence[Any]:  # noqa: ANN401  each kind has its own representation of a push
        """Return the values of the push in the order of `index`."""

    def number(self, push: Any, position: int, /) -> float | None:  # noqa: ANN401  the same
        """Return the value at one of the positions in `numbers`."""

    def registers(self, push: Any, /) -> tuple[Register, ...]:  # noqa: ANN401  the same
        """Return every element of the push as a register."""


class _Made:
    """The kind of measurements that a caller constructs. Their values are stored, so the kind reads no values."""

    def __init__(self, names: tuple[str, ...], scale: Scale, made_for_transformers: bool) -> None:  # noqa: FBT001
        self.index = {name: position for position, name in enumerate(names)}
        self.order = Order(self.index)
        self.steps = None
        self.scale = scale
        self.made_for_transformers = made_for_transformers


kind_of: Final = lru_cache(maxsize=256)(_Made)
"""Returns the kind of measurements that a caller constructs with these fields, scale and `made_for_transformers`."""
