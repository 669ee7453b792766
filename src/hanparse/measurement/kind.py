"""Defines `Kind`, which reads the values of pushes that have the same bytes except for the values."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from hanparse.measurement.order import Order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanparse.measurement.parts import Register
    from hanparse.measurement.scale import Scale


class Kind(Protocol):
    """Pushes that differ only in their values have the same `Kind`. The `Kind` reads the values from each of them."""

    index: Mapping[str, int]
    """Maps the name of each field to the position of its value in the sequence that `values` returns."""
    order: Order
    """The same positions, sorted in the order of the fields of `Measurement`."""
    numbers: range
    """The positions for which a call of `number` is clearly faster than a call of `values`."""
    scale: Scale
    """The factors by which `values` and `number` multiply the numbers."""
    made_for_transformers: bool
    """True if the meter type is made for current transformers."""
    steps: dict[str, float] | None
    """Maps ``"current"`` or ``"voltage"`` to its step, the smallest difference between two values.

    Callers compute and store the steps. `steps` is `None` if two pushes of this kind can have different scalers.
    """

    def values(self, push: Any, /) -> Sequence[Any]:  # noqa: ANN401  each kind has its own representation of a push
        """Return the values of the push in the order of `index`."""

    def number(self, push: Any, position: int, /) -> float | None:  # noqa: ANN401  the same
        """Return the value at one of the positions in `numbers`."""

    def registers(self, push: Any, /) -> tuple[Register, ...]:  # noqa: ANN401  the same
        """Return every element of the push as a register."""


class _Made:
    """The kind of constructed measurements. A constructed measurement stores its values, so this kind reads none."""

    def __init__(self, names: tuple[str, ...], scale: Scale, made_for_transformers: bool) -> None:  # noqa: FBT001
        self.index = {name: position for position, name in enumerate(names)}
        self.order = Order(self.index)
        self.steps = None
        self.scale = scale
        self.made_for_transformers = made_for_transformers


kind_of: Final = lru_cache(maxsize=256)(_Made)
"""Returns the `Kind` of constructed measurements that have these field names, this scale and this transformer mark."""
