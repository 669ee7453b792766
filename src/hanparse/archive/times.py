"""Converts arrays of wall clocks to times in UTC and to local times, in microseconds since 1970.

A wall clock is one integer: the eight bytes of a date-time from the year to the second. The conversion looks up the
time zone once for each run of wall clocks with the same hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hanparse.archive.columns import EPOCH, MICROSECOND, Values
from hanparse.meters import clock

if TYPE_CHECKING:
    from hanparse.archive.columns import Array
    from hanparse.meters.clock import Zone

_UNKNOWN: Final = 1 << 62  # in place of a UTC offset, if the time zone is unknown
_SIXTY: Final = 60
_HOUR: Final = 0xFFFF_FFFF_00FF  # the mask of year, month, day and hour; 00 removes the weekday
_END_OF_HOUR: Final = timedelta(minutes=59, seconds=59)


def exist(walls: Array, zone: Zone) -> Array:
    """Return for each wall clock whether its time exists. February 30 and minute 60 do not exist."""
    hours, counts = _hours(walls, zone)
    good: Array = (walls >> 8 & 0xFF) < _SIXTY
    if None in hours:
        good &= np.repeat([hour is not None for hour in hours], counts)
    good &= (walls & 0xFF) < _SIXTY
    return good


def moments(walls: Array, microsecond: int, zone: Zone) -> tuple[Values, Values]:
    """Return the times in UTC and the local times of wall clocks, which must exist.

    A time in UTC is null if the time zone is unknown.
    """
    hours, counts = _hours(walls, zone)
    first, last, begin = np.array(hours, np.int64).T
    local = ((walls >> 8 & 0xFF) * _SIXTY + (walls & 0xFF)) * 1_000_000 + microsecond
    local += np.repeat(begin, counts)
    offset = np.repeat(first, counts)
    if (first != last).any():
        for row in np.flatnonzero(np.repeat(first != last, counts)):
            offset[row] = _offset(EPOCH + int(local[row]) * MICROSECOND, zone)
    known = offset != _UNKNOWN
    return Values(local - offset, None if known.all() else known), Values(local)


def _hours(walls: Array, zone: Zone) -> tuple[list[tuple[int, int, int] | None], Array]:
    """Return the result of `_hour` for each run of wall clocks with the same hour, and the lengths of the runs."""
    hours = walls >> 16 & _HOUR
    starts = np.flatnonzero(np.append(True, hours[1:] != hours[:-1]))
    return [_hour(hour, zone) for hour in hours[starts].tolist()], np.diff(np.append(starts, len(hours)))


@lru_cache(maxsize=4096)
def _hour(hour: int, zone: Zone) -> tuple[int, int, int] | None:
    """Return three numbers in microseconds for an hour; `None` if the hour does not exist.

    They are the UTC offset at the start of the hour, the UTC offset at its end, and the local time of the start.
    """
    try:
        begin = datetime(hour >> 32, hour >> 24 & 0xFF, hour >> 16 & 0xFF, hour & 0xFF)  # noqa: DTZ001  a wall clock
    except ValueError:
        return None
    return _offset(begin, zone), _offset(begin + _END_OF_HOUR, zone), (begin - EPOCH) // MICROSECOND


def _offset(wall: datetime, zone: Zone) -> int:
    moment = clock.moment(wall.timetuple()[:6], wall.microsecond, zone)
    offset = None if moment is None else moment.utcoffset()
    return _UNKNOWN if offset is None else offset // MICROSECOND
