"""Turns a COSEM date-time into a `datetime`, according to the clock rule of the profile.

A clock rule defines the time zone of the meter's clock. A rule is one of these texts:

* ``"deviation"``: the date-time contains its deviation, and UTC = local time + deviation (Blue Book 4.1.6.1). The
  `datetime` is naive if the deviation is not specified.
* ``"+01:00"`` or any other offset: local time = UTC + offset, all year. The deviation and the DST bit are ignored.
* ``"Europe/Oslo"``: the deviation applies as in the first rule. If the deviation is not specified, the clock shows
  Central European time with DST (daylight saving time). According to directive 2000/84/EC, DST begins on the last
  Sunday of March at 01:00 UTC, and ends on the last Sunday of October at 01:00 UTC. When DST ends, one local hour
  occurs twice. A time in this hour is assigned to the first occurrence of the hour (``fold=0``), because lists with
  this rule contain no DST bit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hanparse.axdr.data import DateTime

AS_SENT: Final = "deviation"
NORMAL_TIME: Final = "+01:00"
LOCAL_TIME: Final = "Europe/Oslo"

Zone = tzinfo | Callable[[int, int, int, int], tzinfo | None] | None
"""The time zone of a clock, or a function that returns it for a year, month, day and hour; `None` if unknown."""

_FIXED: Final = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)")
_MAX_DEVIATION: Final = 720  # minutes; 8000 hex (-32768) is the value for a deviation that is not specified
_HUNDREDTHS: Final = 100  # hundredths in one second; 255 is the value for hundredths that are not specified
_CET: Final = timezone(timedelta(hours=1))
_CEST: Final = timezone(timedelta(hours=2))
_MARCH, _OCTOBER, _SUNDAY = 3, 10, 6


def check(rule: str) -> None:
    """Raise `ValueError` if `rule` is not a clock rule."""
    if rule not in (AS_SENT, LOCAL_TIME) and not _FIXED.fullmatch(rule):
        message = f"expected a clock rule such as {AS_SENT}, {NORMAL_TIME} or {LOCAL_TIME}, found {rule!r}"
        raise ValueError(message)


def resolve(sent: DateTime, rule: str, override: tzinfo | None = None) -> datetime | None:
    """Return the moment of a date-time. Return `None` if the date or the time of day is incomplete or impossible.

    If `override` is given, the clock shows the time of this time zone, and `rule` is ignored. The weekday is ignored,
    because Aidon meters send 0 for it. Hundredths that are not specified are read as 0.
    """
    wall = sent.year, sent.month, sent.day, sent.hour, sent.minute, sent.second
    return moment(wall, fraction(sent), zone(sent.deviation, rule, override))


def fraction(sent: DateTime) -> int:
    """Return the microseconds of a date-time; 0 if the hundredths are not specified."""
    return sent.hundredths * 10_000 if sent.hundredths < _HUNDREDTHS else 0


def moment(wall: tuple[int, ...], microsecond: int, zone: Zone) -> datetime | None:
    """Return the moment of a local time (year, month, day, hour, minute, second); `None` if there is no such time."""
    year, month, day, hour, minute, second = wall
    try:
        at = zone(year, month, day, hour) if callable(zone) else zone
        return datetime(year, month, day, hour, minute, second, microsecond, at)
    except ValueError:
        return None


def zone(deviation: int, rule: str, override: tzinfo | None) -> Zone:
    """Return `override` or, if it is `None`, the time zone that `rule` defines. The result is always hashable."""
    if override is None:
        return _zone(deviation, rule)
    return override if isinstance(override, Hashable) else lambda *_wall: override


@lru_cache(maxsize=64)
def _zone(deviation: int, rule: str) -> Zone:
    found: tzinfo | None = None
    if fixed := _FIXED.fullmatch(rule):
        sign, hours, minutes = fixed.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        found = timezone(offset if sign == "+" else -offset)
    elif abs(deviation) <= _MAX_DEVIATION:
        found = timezone(timedelta(minutes=-deviation))
    elif rule == LOCAL_TIME:
        return _central_european
    return found


@lru_cache(maxsize=64)
def _central_european(year: int, month: int, day: int, hour: int) -> timezone:
    """Return CET or CEST. In March, clocks are set from 02:00 to 03:00; in October, from 03:00 back to 02:00."""
    begin = (_MARCH, _last_sunday(year, _MARCH), 3)
    end = (_OCTOBER, _last_sunday(year, _OCTOBER), 3)
    return _CEST if begin <= (month, day, hour) < end else _CET


def _last_sunday(year: int, month: int) -> int:
    return 31 - (date(year, month, 31).weekday() - _SUNDAY) % 7  # March and October have 31 days
