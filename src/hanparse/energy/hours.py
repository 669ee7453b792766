"""Defines `HourlyEnergy`, which computes the energy of each full hour from measurements.

An unknown energy becomes a gap. The energy of an hour is the difference of a register at two successive full hours. A
*list* contains the values of one push. A meter sends its registers in its hourly list.

* The time stamp in the list determines the full hour to which its registers belong. The time of arrival is not used,
  because meters send the hourly list late, and Aidon meters sometimes send the list of the previous hour again.
* A list belongs to a full hour if its time stamp is in the first minute after that hour. The time stamp of Aidon is the
  hour itself, of Kaifa up to 10 s later, of Kamstrup 5 to 55 s later. Only the first list in this minute is used.
* If an hourly list is missing, only the sum of the energy of several hours is known. The result is one gap for these
  hours. The sum is neither divided among the hours nor assigned to one of them.
* Hours are distinguished by their time in UTC. A day of 23 or 25 hours has 23 or 25 records. The hour that occurs twice
  in autumn has two records with different offsets from UTC. The time stamps of Kaifa do not distinguish these two
  hours. If a second list of the same hour has higher registers, `HourlyEnergy` waits for the next list. The offset from
  UTC in the next list shows whether the clock was set back.
* The first list of that hour is *doubtful*: if a list is missing, it is of the second pass. So the hour before it is
  returned only after the next list, or becomes part of a gap if that list does not show the pass.
"""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from datetime import MAXYEAR, MINYEAR, datetime, timedelta, timezone, tzinfo
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.measurement import Measurement
from hanparse.measurement.inputs import check_type, finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HOUR: Final = timedelta(hours=1)
_LATE: Final = timedelta(minutes=1)  # Kamstrup meters sent hourly lists 5, 25, 35 and 55 s after the hour
_CORRECTION: Final = timedelta(minutes=2)  # a correction sets a clock back by seconds
_SET_BACK: Final = timedelta(minutes=30)  # the end of DST sets a clock back by an hour
_TWICE: Final = (10, 7, 0)  # October, Sunday, 00:00 UTC: the first pass of the hour that occurs twice
_DECIMALS: Final = 3  # mWh: smaller than the step of any register, larger than the rounding errors of a float


class Gap(Enum):
    """The reason for an hour without energy values."""

    MISSING = "missing"
    """At least one hourly list is missing."""
    METER_REPLACED = "meter replaced"
    """The new list is from another meter than the last list."""
    REGISTER_DECREASED = "register decreased"
    """A register is lower than before: it was reset, it overflowed, or its scaler has changed."""
    CLOCK_SET_BACK = "clock set back"
    """The clock of the meter was set back by an unknown time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """An instance holds the energy of one full hour in Wh and varh, or describes a gap without energy values.

    A gap can be longer than one hour. If the clock was set back, `start` and `end` of a gap can be equal. `start` and
    `end` have the UTC offset of the meter's clock; they are naive if the zone of the clock is unknown. An energy is
    `None` in a gap, and if the meter does not send the register.
    """

    start: datetime
    end: datetime
    meter_id: str | None = None
    active_energy_import: float | None = None
    active_energy_export: float | None = None
    reactive_energy_import: float | None = None
    reactive_energy_export: float | None = None
    gap: Gap | None = None


COLUMNS: Final = tuple(field.name for field in fields(Hour))
"""The columns of the CSV file, in this order."""
_ENERGIES: Final = COLUMNS[3:7]


class _Moment(NamedTuple):
    """An instance holds a time in UTC and the UTC offset of the clock.

    If the zone of the clock is unknown, `utc` is the time that the clock shows, and `offset` is `None`.
    """

    utc: datetime
    offset: timedelta | None

    def shown(self) -> datetime:
        return self.utc if self.offset is None else (self.utc + self.offset).replace(tzinfo=timezone(self.offset))


class _Reading(NamedTuple):
    """An instance holds the registers at a full hour. `clock` is the time stamp of the list, as in `_Moment.utc`."""

    hour: _Moment
    clock: datetime
    meter_id: str | None
    energies: tuple[float | None, ...]


class HourlyEnergy:
    """Takes measurements and returns the hours that they complete.

    Stores at most four readings (registers at a full hour). `timezone` is the zone of time stamps without a zone. If
    `timezone` is `None`, a meter that sends such time stamps must not change its clock to daylight saving time. If it
    does and the time stamps show the change, the result is a gap and not a wrong energy.
    """

    def __init__(self, *, timezone: tzinfo | None = None) -> None:
        """Raise `TypeError` if `timezone` has a wrong type."""
        check_type("timezone", timezone, tzinfo | None)
        self._timezone = timezone
        self._last: _Reading | None = None
        self._latest = datetime.min  # noqa: DTZ901  the latest time stamp since `_last`, as `_Moment.utc`
        self._back = timedelta()  # the largest step back of the time stamps since `_last`
        self._before: _Reading | None = None  # the reading before `_last` if `_last` is doubtful
        self._again: _Reading | None = None  # a second list of the hour of `_last`, after the clock was set back
        self._older: _Reading | None = None  # a list of an hour before the hour of `_last`

    def update(self, measurement: Measurement) -> list[Hour]:
        """Return the hours that `measurement` completes: none, one, two or three.

        Two or three hours occur only at the end of DST and when a clock was set back. Give every push, because a time
        stamp without registers can also show that the clock was set back. Raises `TypeError` for other arguments.
        """
        check_type("measurement", measurement, Measurement)
        clock = _moment(measurement.energy_time or measurement.timestamp, self._timezone)
        if clock is None:
            return []
        if reading := _reading(measurement, clock):
            return self._take(reading)
        self._see(clock)
        return []

    def _see(self, clock: _Moment) -> None:
        if self._last and (clock.offset is None) is (self._last.hour.offset is None):
            self._back = max(self._back, self._latest - clock.utc)
            self._latest = max(self._latest, clock.utc)

    def _take(self, reading: _Reading) -> list[Hour]:
        last = self._last
        if last is None:
            return self._accept(reading)
        if last.meter_id and reading.meter_id and last.meter_id != reading.meter_id:
            return self._accept(reading, _gap(self._before or last, reading, Gap.METER_REPLACED))
        reading = reading._replace(meter_id=reading.meter_id or last.meter_id)
        if (last.hour.offset is None) is not (reading.hour.offset is None):
            return self._accept(reading, _gap(self._before or last, last, Gap.CLOCK_SET_BACK))
        if reading.hour.utc > last.hour.utc:
            return self._take_later(last, reading)
        if reading.hour.utc < last.hour.utc:
            return self._take_older(last, reading)
        if _has_risen(last, reading):
            self._take_again(last, reading)
        return []

    def _accept(self, reading: _Reading, *hours: Hour) -> list[Hour]:
        self._last, self._latest = reading, reading.clock
        self._back, self._before, self._again, self._older = timedelta(), None, None, None
        return list(hours)

    def _take_later(self, last: _Reading, reading: _Reading) -> list[Hour]:
        before, hours = self._before, self._next(last, reading)
        if before is None and (hours[0].gap or not _is_doubtful(reading.hour)):
            return self._accept(reading, *hours)
        if before is None:
            self._accept(reading)
            self._before = last
            return []
        is_first_pass = len(hours) > 1 or reading.hour.utc - last.hour.utc == _HOUR
        return self._accept(
            reading, *([_between(before, last), *hours] if is_first_pass else [_between(before, reading)])
        )

    def _next(self, last: _Reading, reading: _Reading) -> list[Hour]:
        """Return the hours between two readings."""
        if self._again is None:
            back = max(self._back, self._latest - reading.clock)
            return [_gap(last, reading, Gap.CLOCK_SET_BACK) if back > _CORRECTION else _between(last, reading)]
        if not _is_winter_after_summer(last.hour, reading.hour):
            return [_gap(last, reading, Gap.CLOCK_SET_BACK)]
        second_pass = self._again._replace(hour=_Moment(last.hour.utc + _HOUR, reading.hour.offset))
        return [_between(last, second_pass), _between(second_pass, reading)]

    def _take_older(self, last: _Reading, reading: _Reading) -> list[Hour]:
        """Take a list of an hour before the last hour.

        If the next list is of a later hour than this list, but still of an hour before the last hour, the clock was set
        back. Otherwise this list was only repeated.
        """
        older = self._older
        if older is None or reading.hour.utc <= older.hour.utc:
            self._older = reading
            return []
        gap = _gap(self._before or last, last, Gap.CLOCK_SET_BACK)
        return self._accept(reading, gap, _between(older, reading))

    def _take_again(self, last: _Reading, reading: _Reading) -> None:
        """Take a second list of the last hour. This list can be the first list after the clock was set back.

        The clock was set back if a time stamp since the last list was half an hour or more earlier than a time stamp
        before it. The clock was also set back if no other push arrived between the two lists and the time stamp of this
        list is not later than the time stamp of the last list.
        """
        is_next_and_not_later = self._latest == last.clock >= reading.clock
        self._see(_Moment(reading.clock, reading.hour.offset))
        if self._again is None and (is_next_and_not_later or self._back >= _SET_BACK):
            self._again = reading


def csv_lines(hours: Iterable[Hour], *, header: bool = True) -> Iterator[str]:
    """Yield the lines of a CSV file. Times are in ISO 8601, energies in Wh and varh. Unknown energies are empty."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    if header:
        yield writer.writerow(COLUMNS)
    for hour in hours:
        yield writer.writerow([_cell(value) for value in astuple(hour)])


class _Echo:
    """A file object for `csv.writer`. The method `write` returns the line instead of storing it."""

    write = staticmethod(str)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Gap) else value


def _moment(clock: datetime | None, zone: tzinfo | None) -> _Moment | None:
    """Return the time stamp in UTC.

    Return `None` if it is missing, or in the first or last year that `datetime` can represent.
    """
    if clock is None or not MINYEAR < clock.year < MAXYEAR:
        return None
    offset = (clock.replace(tzinfo=zone) if clock.tzinfo is None else clock).utcoffset()
    return _Moment(clock.replace(tzinfo=None) - (offset or timedelta()), offset)


def _reading(measurement: Measurement, clock: _Moment) -> _Reading | None:
    """Return the registers at a full hour.

    A register that is negative or not finite is impossible and is left out. Return `None` if the list contains no other
    registers, or if its time stamp is not in the first minute of an hour.
    """
    registers = [finite(getattr(measurement, name)) for name in _ENERGIES]
    energies = tuple(None if (register or 0) < 0 else register for register in registers)
    wall = clock.utc + (clock.offset or timedelta())
    late = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    if late >= _LATE or all(energy is None for energy in energies):
        return None
    return _Reading(clock._replace(utc=clock.utc - late), clock.utc, measurement.meter_id, energies)


def _between(last: _Reading, reading: _Reading) -> Hour:
    passed = reading.hour.utc - last.hour.utc
    if any(after < before for before, after in _pairs(last, reading)):
        return _gap(last, reading, Gap.REGISTER_DECREASED)
    if passed != _HOUR:
        return _gap(last, reading, Gap.MISSING if passed > _HOUR else Gap.CLOCK_SET_BACK)
    energies: dict[str, Any] = dict(zip(_ENERGIES, map(_difference, last.energies, reading.energies), strict=True))
    return Hour(start=last.hour.shown(), end=reading.hour.shown(), meter_id=reading.meter_id, **energies)


def _gap(last: _Reading, reading: _Reading, why: Gap) -> Hour:
    end = max(last.hour, reading.hour, key=lambda hour: hour.utc)
    return Hour(start=last.hour.shown(), end=end.shown(), meter_id=reading.meter_id, gap=why)


def _pairs(last: _Reading, reading: _Reading) -> list[tuple[float, float]]:
    pairs = zip(last.energies, reading.energies, strict=True)
    return [(before, after) for before, after in pairs if before is not None and after is not None]


def _has_risen(last: _Reading, reading: _Reading) -> bool:
    pairs = _pairs(last, reading)
    return any(after > before for before, after in pairs) and all(after >= before for before, after in pairs)


def _difference(before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    difference = after - before
    return round(difference, _DECIMALS) if isinstance(difference, float) else difference


def _is_doubtful(hour: _Moment) -> bool:
    """Return whether the local time can occur again: DST ends an hour later, on the last Sunday of October (Europe)."""
    is_last = (hour.utc + timedelta(days=7)).month > hour.utc.month
    return hour.offset is not None and is_last and (hour.utc.month, hour.utc.isoweekday(), hour.utc.hour) == _TWICE


def _is_winter_after_summer(before: _Moment, after: _Moment) -> bool:
    """Return whether the moments are more than one hour apart, and daylight saving time ended between them."""
    is_set_back = before.offset is not None and after.offset is not None and before.offset - after.offset == _HOUR
    return is_set_back and after.utc - before.utc > _HOUR
