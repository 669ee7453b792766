"""Turns a group into a number, a moment, an identifier or a state. A group is the text in one pair of parentheses."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

from hanparse.measurement.parts import Breaker
from hanparse.meters import clock

# In DSMR, numbers (format Fn(x,y)) have no exponent and no decimal comma. Numbers of 18 digits fit in 64 bits.
_NUMBER: Final = re.compile(r"(-?\d{1,18})(?:\.(\d{1,9}))?", re.ASCII)
_MAX_DIGITS: Final = 18
_PREFIXES: Final = {"": 0, "k": 3, "K": 3, "M": 6, "G": 9}
# The keys are in lower case, because meters write kVArh, kvarh and kVarh.
_SYMBOLS: Final = {unit.lower(): unit for unit in ("W", "Wh", "var", "varh", "VA", "VAh", "V", "A", "Hz", "J", "s")} | {
    "m3": "m³"
}
_TIME: Final = re.compile(
    r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([SW]?)|20(\d\d)(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)()", re.ASCII
)
_UNSET_YEARS: Final = range(70, 100)  # a clock that was never set shows a year from 1970
_SUMMER: Final = {"S": timezone(timedelta(hours=2)), "W": timezone(timedelta(hours=1))}
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
# At least four digits in ASCII, each as two hex digits. A version that is not in hex has at most five digits.
_HEX_VERSION: Final = re.compile(r"(?:3\d){4,}")
_TARIFF: Final = re.compile(r"(?:TARIFF\s*)?0*(\d{1,4})", re.ASCII | re.IGNORECASE)
_BREAKERS: Final = {
    "0": Breaker.DISCONNECTED,
    "OFF": Breaker.DISCONNECTED,
    "1": Breaker.CONNECTED,
    "ON": Breaker.CONNECTED,
    "2": Breaker.READY,
}


class Number(NamedTuple):
    """An instance is the number ``digits × 10^exponent`` in an SI unit. `unit` is empty for a group without a unit."""

    digits: int
    exponent: int
    unit: str


def number(text: str) -> Number | None:
    """Return the number in a group, with its SI unit. 0002.345*kW is 2345 × 10^0 W.

    Return `None` for any other text, for an unknown unit, and for a number with more than 18 digits.
    """
    value, star, unit = text.partition("*")
    match, scale = _NUMBER.fullmatch(value), _unit(unit) if star else (0, "")
    if match is None or scale is None:
        return None
    whole, decimals = match[1], match[2] or ""
    if len(whole) + len(decimals) > _MAX_DIGITS:
        return None
    return Number(int(whole + decimals), scale[0] - len(decimals), scale[1])


@lru_cache(maxsize=64)
def _unit(text: str) -> tuple[int, str] | None:
    """Split a unit such as kWh into a power of ten and an SI unit. Return `None` for an unknown unit."""
    for prefix in (text[:1], ""):
        symbol = _SYMBOLS.get(text[len(prefix) :].lower())
        if symbol and prefix in _PREFIXES:
            return _PREFIXES[prefix], symbol
    return None


class Calendar(NamedTuple):
    """An instance determines the time zone of the times in a telegram.

    The letter after a time, `S` or `W`, shows whether it is in summer time or in normal time, but not the time zone. So
    a time is aware only in two cases: the telegram is from a country with Central European time (`is_central`) and the
    time has a letter, or the caller gives the time zone (`override`). If both apply, `override` is used.
    """

    is_central: bool = False
    override: tzinfo | None = None

    def moment(self, text: str) -> datetime | None:
        """Return the moment in a group; `None` for other text, an impossible time, or a clock that was never set."""
        match = _TIME.fullmatch(text)
        if match is None:
            return None
        year, *parts, season = (part for part in match.groups() if part is not None)
        if int(year) in _UNSET_YEARS:
            return None
        zone = self.override or (_SUMMER.get(season) if self.is_central else None)
        result = clock.moment((2000 + int(year), *map(int, parts)), 0, zone)
        return _of_season(result, season) if result and self.override and season else result


def _of_season(moment: datetime, season: str) -> datetime:
    """Return the moment with the `fold` that the letter determines. In autumn, one local hour occurs twice."""
    passes = (moment, moment.replace(fold=1))
    offsets = [offset for each in passes if (offset := each.utcoffset()) is not None]
    if len(set(offsets)) < len(passes):
        return moment
    return passes[offsets.index((max if season == "S" else min)(offsets))]


def plain(text: str) -> str | None:
    """Return the text without blanks at both ends; `None` if the text is empty."""
    return text.strip() or None


def version(text: str) -> str | None:
    """Return the version of the P1 description. An Iskraemeco MIE5T sends each character as two hex digits."""
    stripped = plain(text)
    return bytes.fromhex(stripped).decode() if stripped and _HEX_VERSION.fullmatch(stripped) else stripped


def identifier(text: str) -> str | None:
    """Return the number of a meter. Meters in NL, BE and LU send each character as two hex digits.

    Hex digits are decoded only if the result consists of letters and digits, and if at least half of it are digits.
    """
    text = text.strip()
    if _HEX.fullmatch(text):
        decoded = bytes.fromhex(text).decode("latin-1").strip("\0 ")
        if decoded.isascii() and decoded.isalnum() and 2 * sum(map(str.isdigit, decoded)) >= len(decoded):
            return decoded
    return text or None


def message(text: str) -> str | None:
    """Return a message to the consumer. Hex digits are decoded if the result is printable text in UTF-8."""
    text = text.strip()
    if _HEX.fullmatch(text):
        decoded = bytes.fromhex(text).decode("utf-8", "replace").strip("\0 \t\r\n")
        if decoded and "\ufffd" not in decoded and "".join(decoded.split()).isprintable():
            return decoded
    return text or None


def tariff(text: str) -> int | None:
    """Return the number of a tariff from a group such as 0002, 02 or TARIFF 1 (Hungary)."""
    match = _TARIFF.fullmatch(text.strip())
    return int(match[1]) if match else None


def breaker(text: str) -> Breaker | None:
    """Return the state of a breaker from a group that contains 0, 1, 2, ON (Hungary) or OFF (Hungary)."""
    return _BREAKERS.get(text.strip().upper())
