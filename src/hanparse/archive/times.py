"""Wall clocks in arrays -> times in UTC and in the zone of the meter, in microseconds since 1970."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hanparse.archive.columns import EPOCH, MICROSECOND, Values
from hanparse.meters import clock

if TYPE_CHECKING:
    from hanparse.archive.columns import Array
    from hanparse.layouts.plan import Clock
    from hanparse.meters.clock import Zone

_UNKNOWN: Final = 1 << 62
_SHORTEST_MONTH: Final = 28
_END_OF_HOUR: Final = timedelta(minutes=59, seconds=59)


def exist(year: Array, month: Array, day: Array, hour: Array, minute: Array, second: Array) -> Array:
    """Return which wall clocks show a time that exists; those of a month with fewer than 31 days one by one."""
    limits = ((year, 10_000), (month, 13), (day, 32), (hour, 24), (minute, 60), (second, 60))
    good: Array = np.logical_and.reduce([part < limit for part, limit in limits]) & (year > 0) & (month > 0) & (day > 0)
    for row in np.flatnonzero(good & (day > _SHORTEST_MONTH)):
        good[row] = _is_day(int(year[row]), int(month[row]), int(day[row]))
    return good


@cache
def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime(year, month, day)  # noqa: DTZ001  a date
    except ValueError:
        return False
    return True


def moments(
    found: Clock, year: Array, month: Array, day: Array, hour: Array, minute: Array, second: Array
) -> tuple[Values, Values]:
    """Return the times in UTC and the wall clocks; the zone is looked up once for each run of equal hours."""
    key = ((year * 16 + month) * 32 + day) * 32 + hour
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    hours = [(int(year[at]), int(month[at]), int(day[at]), int(hour[at]), found.zone) for at in starts.tolist()]
    begins, ends, walls = (np.array(part) for part in zip(*map(_hour, *zip(*hours, strict=True)), strict=True))
    counts = np.diff(np.append(starts, len(key)))
    local = np.repeat(walls, counts) + (minute * 60 + second) * 1_000_000 + found.microsecond
    offset = np.repeat(begins, counts)
    for row in np.flatnonzero(np.repeat(begins != ends, counts)):
        offset[row] = _offset(EPOCH + int(local[row]) * MICROSECOND, found.zone)
    known = offset != _UNKNOWN
    return Values(local - offset, None if known.all() else known), Values(local)


@lru_cache(maxsize=4096)
def _hour(year: int, month: int, day: int, hour: int, zone: Zone) -> tuple[int, int, int]:
    """Return the offsets of the zone when an hour begins and ends, and its begin, all in microseconds."""
    begin = datetime(year, month, day, hour)  # noqa: DTZ001  a wall clock
    return _offset(begin, zone), _offset(begin + _END_OF_HOUR, zone), (begin - EPOCH) // MICROSECOND


def _offset(wall: datetime, zone: Zone) -> int:
    moment = clock.moment(wall.timetuple()[:6], wall.microsecond, zone)
    offset = None if moment is None else moment.utcoffset()
    return _UNKNOWN if offset is None else offset // MICROSECOND
