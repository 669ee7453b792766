"""Turns the lines of a P1 telegram into records, and computes the fields that need several groups or several lines.

A *group* is the text in one pair of parentheses. All codes in this module are OBIS codes. Sources: DSMR P1 companion
standards 3.0 (6.4) and 5.0.2 (6.5 to 6.9), e-MUCS P1 1.7.1 (Belgium), EN 13757-3 (kinds of sub-meters).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement.parts import Peak, PowerFailure, Submeter
from hanparse.meters.p1 import values
from hanparse.meters.values import scaled
from hanparse.obis import WHOLE_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from fractions import Fraction

    from hanparse.meters.p1.values import Calendar
    from hanparse.obis import Obis
    from hanparse.p1 import Telegram

_KINDS: Final[dict[int, str]] = {
    2: "electricity",
    3: "gas",
    4: "heat",
    12: "heat",
    **dict.fromkeys((6, 7, 21, 22, 23), "water"),
}
_CHANNELS: Final = range(1, 65)  # group B is the M-Bus channel of a sub-meter; 0 is the electricity meter
_TYPES: Final = {(24, 1, 0)}
_IDENTIFIERS: Final = {(96, 1, 0), (96, 1, 1)}
# 24.2.3 is the volume of gas at the temperature of the gas, not converted to a standard temperature.
_READINGS: Final = {(24, 2, 1), (24, 2, 3), (24, 3, 0)}
_LOG_HEAD: Final = 2  # the two groups before the entries of a log: number of entries, code of the durations
_HISTORY_HEAD: Final = 3  # the three groups before the entries of a history of peaks: number of entries, two codes
_HISTORY_ENTRY: Final = 3


class Record(NamedTuple):
    """An instance holds one line and its continuation lines, which begin with a group.

    `groups` are the groups of all these lines. `obis` is `None` if the code at the beginning of the line cannot be
    read. `offset` is the position of the line in the stream, and `text` contains the lines.
    """

    obis: Obis | None
    groups: tuple[str, ...]
    offset: int
    text: str


def records(telegram: Telegram) -> list[Record]:
    """Return the records of a telegram, in the order of the lines. Lines with neither code nor groups are left out."""
    collected: list[Record] = []
    for line, offset in zip(telegram.lines, telegram.line_offsets(), strict=False):
        if line.groups and not line.code.strip() and collected and collected[-1].obis:
            last = collected[-1]
            collected[-1] = last._replace(groups=last.groups + line.groups, text=last.text + line.build())
        elif line.groups or line.code.strip():
            collected.append(Record(line.obis, line.groups, offset, line.build()))
    return collected


def value_of(groups: Sequence[str]) -> str:
    """Return the first group that is a number with a unit. If there is no such group, return the first group."""
    if len(groups) == 1:
        return groups[0]
    with_unit = (group for group in groups if (found := values.number(group)) and found.unit)
    return next(with_unit, groups[0] if groups else "")


def power_failures(groups: Sequence[str], calendar: Calendar) -> tuple[PowerFailure, ...] | None:
    """Return the long power failures in a log (1-0:99.97.0). Return `None` if a duration cannot be read or is missing.

    Power failures without a valid time are left out.
    """
    entries = groups[_LOG_HEAD:]
    failures = [
        (calendar.moment(end), values.number(lasted)) for end, lasted in zip(entries[::2], entries[1::2], strict=False)
    ]
    if len(entries) % 2 or any(lasted is None or lasted.unit != "s" or lasted.exponent for _, lasted in failures):
        return None
    return tuple(PowerFailure(end, lasted.digits) for end, lasted in failures if end and lasted)


def peak(groups: Sequence[str], calendar: Calendar, factor: float | Fraction) -> tuple[float | None, datetime | None]:
    """Return the highest average power of this month (1-0:1.6.0) in W, and its time.

    Both are `None` if the power cannot be read. Both are also `None` if there are several groups, but no valid time in
    the first two, for example because the clock was never set.
    """
    time, number = _time(groups, calendar), values.number(value_of(groups))
    if number is None or number.unit != "W" or (len(groups) > 1 and time is None):
        return None, None
    return scaled(number.digits, number.exponent, factor), time


def _time(groups: Sequence[str], calendar: Calendar) -> datetime | None:
    """Return the valid time in the first group, or else in the second group (Iskraemeco MIE5T in Belgium)."""
    return next((time for group in groups[:2] if (time := calendar.moment(group))), None)


def peaks(groups: Sequence[str], calendar: Calendar, factor: float | Fraction) -> tuple[Peak, ...] | None:
    """Return the monthly peaks in a history (0-0:98.1.0). Return `None` if a power cannot be read or is missing.

    Peaks without two valid times are left out.
    """
    entries = groups[_HISTORY_HEAD:]
    collected = []
    for month_end, time, power in zip(entries[::3], entries[1::3], entries[2::3], strict=False):
        number = values.number(power)
        if number is None or number.unit != "W":
            return None
        moments = calendar.moment(month_end), calendar.moment(time)
        watts = scaled(number.digits, number.exponent, factor)
        if moments[0] and moments[1] and watts is not None:
            collected.append(Peak(moments[0], moments[1], watts))
    return None if len(entries) % _HISTORY_ENTRY else tuple(collected)


def submeters(telegram_records: Iterable[Record], calendar: Calendar) -> tuple[Submeter, ...]:
    """Return the sub-meters in a telegram, in the order of the lines.

    If at least one sub-meter has a reading, sub-meters without a reading are left out. Otherwise, sub-meters without a
    kind are left out. The line with the device type determines the kind of a sub-meter; the channel does not. If the
    sub-meter on a channel already has a reading, the next line with a device type on this channel begins another
    sub-meter.
    """
    meters: list[Submeter] = []
    latest: dict[int, int] = {}
    for record in telegram_records:
        code = record.obis
        if code is None or code.a or code.b not in _CHANNELS or (code.c, code.d, code.e) not in _PARTS:
            continue
        index = latest.get(code.b)
        if index is None or ((code.c, code.d, code.e) in _TYPES and meters[index].value is not None):
            index = latest[code.b] = len(meters)
            meters.append(Submeter(code.b))
        meters[index] = _with(meters[index], record, calendar)
    read = tuple(meter for meter in meters if meter.value is not None)
    return read or tuple(meter for meter in meters if meter.kind is not None)


_PARTS: Final = _TYPES | _IDENTIFIERS | _READINGS


def _with(meter: Submeter, record: Record, calendar: Calendar) -> Submeter:
    """Return the sub-meter with the value of one more record. A field that already has a value does not change."""
    code = record.obis and (record.obis.c, record.obis.d, record.obis.e)
    first = record.groups[0]
    if code in _TYPES and meter.kind is None and (number := values.number(first)) and not number.exponent:
        return meter._replace(kind=_KINDS.get(number.digits, number.digits))
    if code in _IDENTIFIERS and meter.id is None:
        return meter._replace(id=values.identifier(first))
    if code in _READINGS and meter.value is None:
        return _read(meter, record.groups, calendar)
    return meter


def _read(meter: Submeter, groups: Sequence[str], calendar: Calendar) -> Submeter:
    """Return `meter` with its reading added, or unchanged if the time, number or unit of the reading is not valid."""
    time, number = _time(groups, calendar), values.number(_reading(groups))
    if time is None or number is None or number.unit not in ("m³", "J", "Wh"):
        return meter
    value = scaled(number.digits, number.exponent, is_float=number.unit not in WHOLE_UNITS)
    return meter._replace(time=time, value=value, unit=number.unit)


def _reading(groups: Sequence[str]) -> str:
    """Return the value and its unit as text, such as ``00123.456*m3``.

    In DSMR 2.2 and 3.0, there are seven groups: the last two are the unit and the value.
    """
    if len(groups) == _OLD_READING:
        return f"{groups[-1]}*{groups[-2]}"
    return value_of(groups) if len(groups) == _READING else groups[-1]


_READING: Final = 2  # the groups time and value
_OLD_READING: Final = 7


def latest(meters: Iterable[Submeter], kind: str) -> Submeter | None:
    """Return the sub-meter of this kind with the latest reading in m³; `None` if there is no reading.

    A telegram can still contain a sub-meter that was replaced.
    """
    read = [meter for meter in meters if meter.kind == kind and meter.time and meter.unit == "m³"]
    return max(read, key=lambda meter: _order(meter.time), default=None)


def _order(time: datetime | None) -> float:
    """Return a number by which the times of one telegram can be sorted, even if some of them are naive."""
    if time is None:
        return 0
    offset = time.utcoffset()
    naive = time.replace(tzinfo=None)
    return (naive - naive.min).total_seconds() - (offset.total_seconds() if offset else 0)
