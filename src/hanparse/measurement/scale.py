"""Factors for what a meter reports: `Scale`."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from numbers import Rational
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from fractions import Fraction

_NUMBER: Final = r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*"
_RATIO: Final = re.compile(rf"{_NUMBER}A?\s*(?:[:/]{_NUMBER}A?\s*)?", re.ASCII)  # as on the plate: 100/5 A


@dataclass(frozen=True, slots=True)
class Scale:
    """Factors for what the meter reports: a transformer ratio that it does not know, or a register that is off by ten.

    Current (A), voltage (V), power (W, var, VA) and energy (Wh, varh, VAh) are multiplied. Raises `ValueError` for a
    factor that is not positive and finite. A float is taken as the decimal that it is written as, a fraction as it is.
    `Measurement.registers` keep what the meter sent.
    """

    current: float | Fraction = 1
    voltage: float | Fraction = 1
    power: float | Fraction = 1
    energy: float | Fraction = 1

    def __post_init__(self) -> None:
        """Check the factors."""
        for name in ("current", "voltage", "power", "energy"):
            factor: Any = getattr(self, name)
            is_number = isinstance(factor, float | Rational) and not isinstance(factor, bool)
            if not is_number:
                raise TypeError(f"expected a number as {name} ratio, found {type(factor).__name__}")
            if not 0 < factor <= sys.float_info.max:
                raise ValueError(f"expected a positive, finite {name} ratio, found {factor!r}")

    @classmethod
    def ct(cls, ratio: str | float | Fraction) -> Self:
        """Return the scale of a current transformer: ``"100:5"`` (primary:secondary) or the ratio itself, here 20.

        ``"100/5 A"``, as plates have it, is the same. A ratio that is no whole number stays a fraction, so ``"150:7"``
        is exact. A text whose primary current is the smaller one is a `ValueError`: it is turned round.
        """
        if isinstance(ratio, str):
            from fractions import Fraction  # noqa: PLC0415  takes longer to import than the rest of this module

            match = _RATIO.fullmatch(ratio)
            primary, secondary = (Fraction(match[1]), Fraction(match[2] or 1)) if match else (0, 0)
            if not secondary:
                raise ValueError(f"expected a transformer ratio such as 100:5 or 20, found {ratio!r}")
            if match and match[2] and primary < secondary:
                turned = f"{match[2]}:{match[1]}"
                raise ValueError(f"expected primary:secondary as transformer ratio, {turned}, found {ratio!r}")
            exact = Fraction(primary, secondary)
            ratio = exact.numerator if exact.denominator == 1 else exact
        return cls(current=ratio, power=ratio, energy=ratio)
