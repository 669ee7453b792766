"""COSEM data -> the number, text or time that it carries, whatever its type; `None` where it carries none."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hanparse import cosem
from hanparse.data import CompactArray, Data, DateTime, Tag
from hanparse.obis import Kind

if TYPE_CHECKING:
    from hanparse.measurement import Plain

_BLANKS: Final = "\0 \t\r\n"
_CLOCK_SIZE: Final = 12


def plain(data: Data) -> Plain:
    """The value without its type, as far down as it goes."""
    value = data.value
    if isinstance(value, CompactArray):
        return tuple(plain(element) for element in value.elements)
    if data.tag in (Tag.ARRAY, Tag.STRUCTURE) and isinstance(value, tuple):
        return tuple(plain(element) for element in value if isinstance(element, Data))
    return value  # type: ignore[return-value] # tuples of Data were taken apart above


def number(data: Data) -> int | float | None:
    """A finite number of any numeric type."""
    value = data.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def text(data: Data) -> str | None:
    """A text of printable characters in a string or octet-string, without NUL and blanks around it; `None` if blank."""
    return _printable(data) or None


def _printable(data: Data) -> str | None:
    raw = data.value.decode("latin-1") if isinstance(data.value, bytes) else data.value
    if not isinstance(raw, str) or data.tag is Tag.BIT_STRING:
        return None
    stripped = raw.strip(_BLANKS)
    return stripped if stripped.isascii() and stripped.isprintable() else None


def time(data: Data) -> DateTime | None:
    """A date-time, by its own type or as an octet-string of twelve bytes."""
    if isinstance(data.value, DateTime):
        return data.value
    if data.tag is Tag.OCTET_STRING and isinstance(data.value, bytes) and len(data.value) == _CLOCK_SIZE:
        return cosem.date_time(data.value)
    return None


def has_kind(data: Data, kind: Kind) -> bool:
    """Whether `data` can be of this kind; null-data stands for any, a string of blanks is still a text."""
    if data.tag is Tag.NULL_DATA:
        return True
    if kind is Kind.TEXT:
        return _printable(data) is not None
    return (number if kind is Kind.NUMBER else time)(data) is not None


def scaled(raw: float, exponent: int, factor: float = 1) -> float | None:
    """``raw × factor × 10^exponent``, correctly rounded; whole where nothing divides; `None` beyond floats.

    Only integers are multiplied and one division rounds, so 2334 at −1 is 233.4, and a factor of 0.1 is a tenth.
    """
    numerator, denominator = _ratio(factor)
    if exponent < 0:
        denominator *= 10**-exponent
    else:
        numerator *= 10**exponent
    try:
        value = raw * numerator / denominator if denominator > 1 else raw * numerator
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


@lru_cache(maxsize=16)
def _ratio(factor: float) -> tuple[int, int]:
    return Fraction(str(factor)).as_integer_ratio()
