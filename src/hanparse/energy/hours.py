"""Measurements in, full hours out: what was consumed and produced in each hour, and a gap where nobody can say.

An hour is the difference of two registers that belong to two full hours, one after the other, of one meter.

* The clock in the list says which full hour a register belongs to, never the time of arrival: meters send the hourly
  list late, and Aidon sometimes sends that of the hour before once more.
* A list belongs to the full hour when its clock shows the first minute after it: Aidon shows the hour itself, Kaifa up
  to 10 s later, Kamstrup 5 to 55 s later. Of several lists in that minute the first counts (meters that send their
  registers with every push).
* What was counted over more than one hour is neither spread over the hours nor given to one of them: it is a gap.
* Hours are told apart in UTC. A day of 23 or 25 hours has as many records; the hour that exists twice is two records,
  with two offsets. Kaifa's lists do not say which pass of that hour they mean: there the second list of the same hour,
  with higher registers, waits for the next list, whose offset tells.
"""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from datetime import MAXYEAR, MINYEAR, datetime, timedelta, timezone, tzinfo
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement import Measurement
from hanparse.measurement.inputs import check_type, finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HOUR: Final = timedelta(hours=1)
_LATE: Final = timedelta(minutes=1)  # Kamstrup's hourly lists were seen at 00:05, 00:25, 00:35 and 00:55
_SET_BACK: Final = timedelta(minutes=30)  # clocks are corrected by seconds, daylight saving sets them back by an hour
_DECIMALS: Final = 3  # mWh: finer than any register, coarser than what is left over when floats are subtracted


class Gap(Enum):
    """Why there is no figure."""

    MISSING = "missing"
    """At least one hourly list did not come."""
    METER_REPLACED = "meter replaced"
    """Another meter counts now."""
    REGISTER_DECREASED = "register decreased"
    """A register is lower than before: it was reset, it ran over, or its power of ten is another one."""
    CLOCK_SET_BACK = "clock set back"
    """The meter's clock was set back, and nothing says by how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """The energy of one full hour in Wh and varh; or a gap, which may be longer, and has no figures.

    `start` and `end` carry the offset that the meter's clock had; they are naive where its zone is unknown. A figure is
    `None` where the meter does not send that register. After a clock was set back a gap may end where it starts.
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
"""The columns of the CSV, in their order."""
_ENERGIES: Final = COLUMNS[3:7]


class _Moment(NamedTuple):
    """What a clock shows: in UTC, and its offset; the wall clock and `None` where its zone is unknown."""

    utc: datetime
    offset: timedelta | None

    def shown(self) -> datetime:
        return self.utc if self.offset is None else (self.utc + self.offset).replace(tzinfo=timezone(self.offset))


class _Reading(NamedTuple):
    """The registers at a full hour, and the clock of the list that brought them."""

    hour: _Moment
    clock: datetime
    meter_id: str | None
    energies: tuple[float | None, ...]


class HourlyEnergy:
    """Takes in measurements and gives the hours that they complete. Keeps three readings at most, for any stream.

    `timezone` is the zone of clocks that come without one. Without it they are taken as a clock that never jumps: where
    it does jump there is a gap, not a wrong figure.
    """

    def __init__(self, *, timezone: tzinfo | None = None) -> None:
        """Raise `TypeError` for a time zone of another type."""
        check_type("timezone", timezone, tzinfo | None)
        self._timezone = timezone
        self._last: _Reading | None = None
        self._latest = datetime.min  # noqa: DTZ901  the latest clock seen since `_last`, as `_Moment.utc`
        self._set_back = False  # whether a clock since then was behind it
        self._again: _Reading | None = None  # the hour of `_last` once more, by a clock that was set back
        self._older: _Reading | None = None  # a list from before `_last`

    def update(self, measurement: Measurement) -> list[Hour]:
        """The hours that `measurement` completes: none, one, or two after the hour that exists twice.

        Every push may be given. Those without registers are of use as well, their time stamps show a clock set back.
        """
        check_type("measurement", measurement, Measurement)
        clock = _moment(measurement.energy_time or measurement.timestamp, self._timezone)
        if clock is None:
            return []
        reading = _reading(measurement, clock)
        if reading is None:
            self._see(clock)
            return []
        return self._take(reading)

    def _see(self, clock: _Moment) -> None:
        if self._last and (clock.offset is None) is (self._last.hour.offset is None):
            self._set_back |= self._latest - clock.utc >= _SET_BACK
            self._latest = max(self._latest, clock.utc)

    def _take(self, reading: _Reading) -> list[Hour]:
        last = self._last
        if last is None:
            return self._accept(reading)
        if last.meter_id and reading.meter_id and last.meter_id != reading.meter_id:
            return self._accept(reading, _gap(last, reading, Gap.METER_REPLACED))
        reading = reading._replace(meter_id=reading.meter_id or last.meter_id)
        if (last.hour.offset is None) is not (reading.hour.offset is None):
            return self._accept(reading, _gap(last, last, Gap.CLOCK_SET_BACK))
        if reading.hour.utc > last.hour.utc:
            return self._accept(reading, *self._next(last, reading))
        if reading.hour.utc < last.hour.utc:
            return self._take_older(last, reading)
        if _has_risen(last, reading):
            self._take_again(last, reading)
        return []

    def _accept(self, reading: _Reading, *hours: Hour) -> list[Hour]:
        self._last, self._latest = reading, reading.clock
        self._set_back, self._again, self._older = False, None, None
        return list(hours)

    def _next(self, last: _Reading, reading: _Reading) -> list[Hour]:
        """What lies between two full hours."""
        if self._again is None:
            set_back = self._set_back or self._latest - reading.clock >= _SET_BACK
            return [_gap(last, reading, Gap.CLOCK_SET_BACK) if set_back else _between(last, reading)]
        if not _is_winter_after_summer(last.hour, reading.hour):
            return [_gap(last, reading, Gap.CLOCK_SET_BACK)]
        second_pass = self._again._replace(hour=_Moment(last.hour.utc + _HOUR, reading.hour.offset))
        return [_between(last, second_pass), _between(second_pass, reading)]

    def _take_older(self, last: _Reading, reading: _Reading) -> list[Hour]:
        """An old list is one sent again; a second one that goes on from it shows that the clock was set back."""
        older = self._older
        if older is None or reading.hour.utc <= older.hour.utc:
            self._older = reading
            return []
        return self._accept(reading, _gap(last, last, Gap.CLOCK_SET_BACK), _between(older, reading))

    def _take_again(self, last: _Reading, reading: _Reading) -> None:
        """A later list of the same hour: one of many pushes, or the clock was set back in between.

        Put back it was when a clock shows so, or when this one is not later and no other clock came in between.
        """
        alone = self._latest == last.clock >= reading.clock
        self._see(_Moment(reading.clock, reading.hour.offset))
        if self._again is None and (alone or self._set_back):
            self._again = reading


def csv_lines(hours: Iterable[Hour], *, header: bool = True) -> Iterator[str]:
    """The lines of a CSV file, one at a time: times in ISO 8601, Wh and varh, nothing where there is no figure."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    if header:
        yield writer.writerow(COLUMNS)
    for hour in hours:
        yield writer.writerow([_cell(value) for value in astuple(hour)])


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Gap) else value


def _moment(clock: datetime | None, zone: tzinfo | None) -> _Moment | None:
    """The clock in UTC; `None` without one, or at the ends of the calendar, where UTC may have no name for it."""
    if clock is None or not MINYEAR < clock.year < MAXYEAR:
        return None
    offset = (clock.replace(tzinfo=zone) if clock.tzinfo is None else clock).utcoffset()
    return _Moment(clock.replace(tzinfo=None) - (offset or timedelta()), offset)


def _reading(measurement: Measurement, clock: _Moment) -> _Reading | None:
    """The registers at a full hour; `None` where there are none, or at another time."""
    energies = tuple(finite(getattr(measurement, name)) for name in _ENERGIES)
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
    active_import, active_export, reactive_import, reactive_export = map(_difference, last.energies, reading.energies)
    return Hour(
        start=last.hour.shown(),
        end=reading.hour.shown(),
        meter_id=reading.meter_id,
        active_energy_import=active_import,
        active_energy_export=active_export,
        reactive_energy_import=reactive_import,
        reactive_energy_export=reactive_export,
    )


def _gap(last: _Reading, reading: _Reading, why: Gap) -> Hour:
    end = max(last.hour, reading.hour, key=lambda hour: hour.utc)
    return Hour(start=last.hour.shown(), end=end.shown(), meter_id=reading.meter_id, gap=why)


def _pairs(last: _Reading, reading: _Reading) -> Iterator[tuple[float, float]]:
    for before, after in zip(last.energies, reading.energies, strict=True):
        if before is not None and after is not None:
            yield before, after


def _has_risen(last: _Reading, reading: _Reading) -> bool:
    pairs = list(_pairs(last, reading))
    return any(after > before for before, after in pairs) and all(after >= before for before, after in pairs)


def _difference(before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    difference = after - before
    return round(difference, _DECIMALS) if isinstance(difference, float) else difference


def _is_winter_after_summer(before: _Moment, after: _Moment) -> bool:
    """Whether the clock was set back by an hour, and the hour that exists twice lies between."""
    turned = before.offset is not None and after.offset is not None and before.offset - after.offset == _HOUR
    return turned and after.utc - before.utc > _HOUR
