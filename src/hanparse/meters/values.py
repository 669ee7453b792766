"""Extracts a number, a text or a time from COSEM data of any type."""

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
    """Return the value without its type. An array, a structure or a compact-array becomes a tuple of values."""
    value = data.value
    if isinstance(value, CompactArray):
        return tuple(plain(element) for element in value.elements)
    if data.tag in LISTS and isinstance(value, tuple):
        return tuple(plain(element) for element in value if isinstance(element, Data))
    return value  # type: ignore[return-value] # not a tuple of Data: the statements above return those


def number(data: Data) -> int | float | None:
    """Return the number in the data if it is finite.

    Return `None` for all other data, and for the delta types, which hold only a difference from the previous value.
    """
    value = data.value
    if data.tag not in _NUMBERS or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def text(data: Data) -> str | None:
    """Return a string without NUL and blanks at both ends; `None` if the result is empty or not printable ASCII."""
    if data.tag not in _STRINGS:
        return None
    return printable(
        data.value if isinstance(data.value, bytes) else str(data.value).encode("utf-8", "surrogateescape")
    )


@lru_cache(maxsize=64)
def printable(raw: bytes) -> str | None:
    """Return the text in the bytes of a string, according to the rules of `text`."""
    stripped = raw.decode("latin-1").strip(_BLANKS)
    return stripped if stripped.isascii() and stripped.isprintable() and stripped else None


def time(data: Data) -> DateTime | None:
    """Return the date-time in data of type date-time or in an octet-string of twelve bytes; `None` for other data."""
    if isinstance(data.value, DateTime):
        return data.value
    if data.tag is Tag.OCTET_STRING and isinstance(data.value, bytes) and len(data.value) == DATE_TIME_FORMAT.size:
        return DateTime.from_octets(data.value)
    return None


def has_kind(data: Data, kind: Kind) -> bool:
    """Return whether `data` can be of this kind. Any string can be a text. Null-data can be of any kind.

    For other data, the result is false for the kinds that hanparse reads only in P1 telegrams, such as `Kind.PEAKS`.
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
    """Return ``raw × factor × 10^exponent``, rounded to a float if necessary; `None` if it is too large for a float.

    The result is an int if `raw` is an int and no division is needed. If `raw` is an int, only one division rounds:
    2334 with exponent −1 is 233.4. A factor of 0.1 is used as exactly a tenth. If `is_float` is true, the result is
    always a float. Callers pass true for the units that `hanparse.obis.WHOLE_UNITS` does not contain.
    """
    numerator, denominator = ratio(exponent, factor)
    try:
        value = raw * numerator / denominator if denominator > 1 or is_float else raw * numerator
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def _fraction(factor: float | Fraction) -> tuple[int, int]:
    """Return the numerator and denominator of `factor` in lowest terms.

    A float is used as the decimal number that `str` returns for it.
    """
    if not isinstance(factor, float):
        return factor.numerator, factor.denominator
    digits, _, power = str(factor).partition("e")
    whole, _, decimals = digits.partition(".")
    number, exponent = int(whole + decimals), int(power or 0) - len(decimals)
    numerator, denominator = (number, 10**-exponent) if exponent < 0 else (number * 10**exponent, 1)
    common = math.gcd(numerator, denominator)
    return numerator // common, denominator // common


@lru_cache(maxsize=64, typed=True)  # a fraction and a float can be equal and have different ratios
def ratio(exponent: int, factor: float | Fraction) -> tuple[int, int]:
    """Return the numerator and denominator of ``factor × 10^exponent``.

    A float is used as the decimal number that `str` returns for it.
    """
    numerator, denominator = (1, 1) if factor == 1 else _fraction(factor)
    return (numerator, denominator * 10**-exponent) if exponent < 0 else (numerator * 10**exponent, denominator)
