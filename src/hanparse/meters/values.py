"""COSEM data -> the number, text or time that it carries, whatever its type; `None` where it carries none."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hanparse.axdr.data import DATE_TIME_FORMAT, LISTS, SCALARS, CompactArray, Data, DateTime, Tag
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from hanparse.measurement import Plain

_BLANKS: Final = "\0 \t\r\n"
_STRINGS: Final = frozenset({Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.UTF8_STRING})
_NUMBERS: Final = frozenset(tag for tag, scalar in SCALARS.items() if scalar.is_number)


def plain(data: Data) -> Plain:
    """The value without its type, as far down as it goes."""
    value = data.value
    if isinstance(value, CompactArray):
        return tuple(plain(element) for element in value.elements)
    if data.tag in LISTS and isinstance(value, tuple):
        return tuple(plain(element) for element in value if isinstance(element, Data))
    return value  # type: ignore[return-value] # tuples of Data were taken apart above


def number(data: Data) -> int | float | None:
    """A finite number; a delta is none, it says nothing without the value before it."""
    value = data.value
    if data.tag not in _NUMBERS or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def text(data: Data) -> str | None:
    """A text of printable ASCII in a string or octet-string, without NUL and blanks around it; `None` if blank."""
    if data.tag not in _STRINGS:
        return None
    return printable(
        data.value if isinstance(data.value, bytes) else str(data.value).encode("utf-8", "surrogateescape")
    )


@lru_cache(maxsize=64)
def printable(raw: bytes) -> str | None:
    """The same from the bytes of a string."""
    stripped = raw.decode("latin-1").strip(_BLANKS)
    return stripped if stripped.isascii() and stripped.isprintable() and stripped else None


def time(data: Data) -> DateTime | None:
    """A date-time, by its own type or as an octet-string of twelve bytes."""
    if isinstance(data.value, DateTime):
        return data.value
    if data.tag is Tag.OCTET_STRING and isinstance(data.value, bytes) and len(data.value) == DATE_TIME_FORMAT.size:
        return DateTime.from_octets(data.value)
    return None


def has_kind(data: Data, kind: Kind) -> bool:
    """Whether `data` can be of this kind: any string can be a text, null-data stands for anything.

    What several elements say together, and what lists send in many ways, no element is by itself.
    """
    if data.tag is Tag.NULL_DATA:
        return True
    if kind is Kind.TEXT:
        return data.tag in _STRINGS
    if kind is Kind.COUNT:
        return isinstance(number(data), int)
    return kind in _READ_BY and _READ_BY[kind](data) is not None


_READ_BY: Final[dict[Kind, Callable[[Data], object]]] = {Kind.NUMBER: number, Kind.TIME: time}


def scaled(raw: float, exponent: int, factor: float | Fraction = 1, *, is_float: bool = False) -> float | None:
    """``raw × factor × 10^exponent``, correctly rounded; whole where nothing divides; `None` beyond floats.

    Only integers are multiplied and one division rounds, so 2334 at −1 is 233.4, and a factor of 0.1 is a tenth. With
    `is_float` a whole number is a float as well, as every quantity is that is not in `hanparse.obis.WHOLE_UNITS`.
    """
    numerator, denominator = ratio(exponent, factor)
    try:
        value = raw * numerator / denominator if denominator > 1 or is_float else raw * numerator
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def _exactly(factor: float | Fraction) -> tuple[int, int]:
    from fractions import Fraction  # noqa: PLC0415  seldom needed

    return Fraction(str(factor)).as_integer_ratio()


@lru_cache(maxsize=64, typed=True)  # a fraction and a float that are equal may be written differently
def ratio(exponent: int, factor: float | Fraction) -> tuple[int, int]:
    """Numerator and denominator of ``factor × 10^exponent``, a float taken as the decimal that it is written as."""
    numerator, denominator = (1, 1) if factor == 1 else _exactly(factor)
    return (numerator, denominator * 10**-exponent) if exponent < 0 else (numerator * 10**exponent, denominator)
