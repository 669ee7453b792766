"""Converts one value of a measurement to its text in JSON, in CSV or in a table."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.measurement import FIELD_UNITS, Estimate
from hanparse.measurement.field import FIELD_OF
from hanparse.measurement.inputs import in_utc
from hanparse.measurement.jsonready import from_security, from_value
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hanparse.measurement import Wiring
    from hanparse.measurement.security import Security

    Write = Callable[[Any], str | None]

_FORMULA: Final = re.compile(r"[=+\-@]")  # a spreadsheet executes a text that begins with one of these
_QUOTED: Final = re.compile(r"[\",\r\n]")
_DECIMALS: Final = 3  # estimates and the numbers in tables are rounded to 1 mA and 1 mV
ESTIMATES: Final = {
    f"{field}_estimated" + ("" if part == "value" else f"_{part}"): (field, part)
    for field in ("current_l2", "voltage_l2")  # the fields that hanparse estimates
    for part in Estimate._fields
}
"""The keys are the columns with one part of an `Estimate`, such as "current_l2_estimated_low".

Each value is the estimated field and the part.
"""
_ZONE_ADVICE: Final = "--timezone ZONE gives the zone of the meter's clock"
_TIMESPECS: Final = {"received": "milliseconds"}  # the clock of a computer is not more exact than 1 ms


class Style(NamedTuple):
    """A `Style` describes how a format writes texts, values with several parts, and times."""

    text: Callable[[str], str]
    parts: Callable[[str], str]
    """Converts the JSON of a value with several parts to the text of a cell."""
    separator: str = "T"
    """The character between date and time."""


def in_csv(text: str) -> str:
    """Return the CSV cell of a text. Put an apostrophe before a text that a spreadsheet would execute as a formula."""
    if _FORMULA.match(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


JSON: Final = Style(encode_basestring_ascii, str)
CSV: Final = Style(in_csv, in_csv)
TABLE: Final = Style(str, str, separator=" ")


class Times:
    """Converts the times of one column to text. Without `utc`, a time keeps its zone.

    With `utc`, the text is in UTC, and a time without a zone has no text. `Times` calls `note` once about such a time.
    Without `utc`, it calls `note` once if a column of JSON or CSV has times with a zone and times without a zone.
    """

    def __init__(self, name: str, style: Style, note: Callable[[str], object], *, utc: bool) -> None:
        self._name = name
        self._separator = style.separator
        self._is_column = style is not TABLE
        self._timespec = _TIMESPECS.get(name, "auto")
        self._note = note
        self._utc = utc
        self._kinds: set[bool] = set()

    def __call__(self, when: datetime) -> str | None:
        """Return the text of a time. With `utc`, return `None` for a time without a zone."""
        is_aware = when.tzinfo is not None
        if is_aware not in self._kinds:
            self._add(is_aware=is_aware)
        if self._utc:
            if not is_aware:
                return None
            when = in_utc(when)
        return when.isoformat(self._separator, self._timespec)

    def _add(self, *, is_aware: bool) -> None:
        self._kinds.add(is_aware)
        if self._utc and not is_aware:
            self._note(f"{self._name} has times without a zone, and --utc omits these times; {_ZONE_ADVICE}")
        elif len(self._kinds) > 1 and not self._utc and self._is_column:
            what = f"{self._name} has times with a zone and times without a zone"
            self._note(f"{what}; {_ZONE_ADVICE}, and --utc omits the times without a zone")


def writer(name: str, style: Style, note: Callable[[str], object], *, utc: bool) -> Write:
    """Return the function that converts a value of one column to its text.

    The returned function returns `None` for a value without a text.
    """
    times = Times(name, style, note, utc=utc)
    if name in _WRITERS:
        return _WRITERS[name](style)
    kind = FIELD_OF[name].kind if name in FIELD_OF else Kind.TIME  # only `received` is not a field; it is a time
    if kind is Kind.TIME:
        return (lambda when: None if (text := times(when)) is None else style.text(text)) if style is JSON else times
    if kind is Kind.TEXT:
        return style.text
    if kind in (Kind.NUMBER, Kind.COUNT):
        return _to_three_decimals if style is TABLE else number
    if kind is Kind.BREAKER:
        return lambda breaker: style.text(breaker.value)
    return lambda records: style.parts(json.dumps(from_value(records, time=times)))


def unit(name: str) -> str:
    """Return the unit of a column. Return an empty text if the column has no unit."""
    field, part = ESTIMATES.get(name, (name, ""))
    return "" if part == "method" else FIELD_UNITS.get(field, "")


def number(value: float) -> str | None:
    """Return the text of a finite number. Return `None` for NaN and infinity, which JSON cannot represent."""
    return repr(value) if value - value == 0 else None


def _to_three_decimals(value: float) -> str | None:
    return number(round(value, _DECIMALS) if isinstance(value, float) else value)


def rounded(estimate: Estimate) -> dict[str, Any]:
    """Return the parts of an estimate by name. Numbers are rounded to three decimals."""
    parts = estimate._asdict().items()
    return {name: round(part, _DECIMALS) if isinstance(part, float) else part for name, part in parts}


def _wiring(style: Style) -> Write:
    def write(wiring: Wiring) -> str:
        return style.text(wiring.value if style is TABLE else wiring.name)

    return write


def _estimated(style: Style) -> Write:
    return lambda estimates: style.parts(json.dumps({name: rounded(one) for name, one in estimates.items()}))


def _security(style: Style) -> Write:
    def write(security: Security) -> str:
        if style is not TABLE:
            return style.parts(json.dumps(from_security(security)))
        how = "verified" if security.verified else "deciphered, not verified"
        return f"{how}, from {security.system_title.hex().upper() or 'a meter with unknown system title'}"

    return write


def _part(style: Style) -> Write:
    """Return the function that writes one part of an estimate. A part is a number or the name of the method."""
    return lambda value: style.text(value) if isinstance(value, str) else _to_three_decimals(value)


_WRITERS: Final[dict[str, Callable[[Style], Write]]] = {
    **dict.fromkeys(ESTIMATES, _part),
    "file": lambda style: style.text,
    "wiring": _wiring,
    "estimated": _estimated,
    "security": _security,
}
"""The keys are the columns that are neither fields nor `received`. Each value returns the writer for a style."""
