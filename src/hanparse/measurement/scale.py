"""Defines `Scale`, which contains the factors by which the values of a meter are multiplied."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from numbers import Rational
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from fractions import Fraction

_NUMBER: Final = r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*"
_RATIO: Final = re.compile(rf"{_NUMBER}A?\s*(?:[:/]{_NUMBER}A?\s*)?", re.ASCII)  # rating plates show 100/5 A


def fraction(text: str) -> Fraction:
    """Return the fraction in a text such as ``"150/7"`` or ``"0.5"``.

    Raises `ValueError` for text that is not a fraction, and `ZeroDivisionError` for a denominator of 0.
    """
    from fractions import Fraction  # noqa: PLC0415  slower to import than this package, and seldom needed

    return Fraction(text)


@dataclass(frozen=True, slots=True)
class Scale:
    """An instance contains the factors by which the values of a meter are multiplied.

    A factor is needed if the values that a meter sends do not include the ratio of its transformers, or if these values
    are wrong by a power of ten. The factors apply to current (A), voltage (V), power (W, var, VA) and energy (Wh, varh,
    VAh). A fraction is used exactly. A float is used as the decimal number that Python prints for it, so 0.1 is exactly
    a tenth. The values in `Measurement.registers` are not multiplied. Raises `TypeError` for a factor that is not a
    number, and `ValueError` for a factor that is not positive and finite.
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
                raise TypeError(f"expected a number for the {name} ratio, found {type(factor).__name__}")
            if not 0 < factor <= sys.float_info.max:
                raise ValueError(f"expected a positive, finite {name} ratio, found {factor!r}")

    @classmethod
    def ct(cls, ratio: str | float | Fraction) -> Self:
        """Return the scale for a meter behind current transformers. `ratio` is ``"100:5"`` or 20, for example.

        A text contains the primary and the secondary current, in this order. The form of rating plates, ``"100/5 A"``,
        is accepted, too. A number is the primary current divided by the secondary current. The text ``"150:7"`` gives
        an exact fraction. Raises `ValueError` for other text, and if the primary current is below the secondary
        current: the ratio is probably turned round, and every current would be too low. The text ``"5"`` raises
        `ValueError`, too, because 5 could be the quotient or the secondary current.
        """
        factor = _quotient(ratio) if isinstance(ratio, str) else ratio
        scale = cls(current=factor, power=factor, energy=factor)
        if factor < 1:
            raise ValueError(f"expected the transformer ratio primary / secondary as 1 or more, found {ratio!r}")
        return scale


def _quotient(ratio: str) -> int | Fraction:
    match = _RATIO.fullmatch(ratio)
    if match and match[2] is None:
        meant = f"{match[1]}:1 if the factor is {match[1]}, or both currents, such as 100:5"
        raise ValueError(f"expected the transformer ratio as primary:secondary, found {ratio!r}; write {meant}")
    primary, secondary = (fraction(match[1]), fraction(match[2])) if match else (None, None)
    if not primary or not secondary:
        raise ValueError(f"expected a transformer ratio such as 100:5, found {ratio!r}")
    if match and primary < secondary:
        swapped = f"{match[2]}:{match[1]}"
        raise ValueError(f"expected the transformer ratio as primary:secondary, for example {swapped}, found {ratio!r}")
    exact = primary / secondary
    return exact.numerator if exact.denominator == 1 else exact
