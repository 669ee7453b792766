"""Defines `Watch`, which computes the `Freshness` of the meter data from the arrival times of lists."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from enum import Enum
from statistics import median_low
from typing import Final

from hanparse.measurement.inputs import CallersClock, check_type

# No document gives a time limit. Norwegian meters send currents every 10 s. The hourly list can replace one of these
# lists, and a transmission error can destroy the next list. So data are stale only when the third list is missing, too.
# With a limit below 10 s, the jitter of a network would make the data stale. With a limit above 60 s, `FuseGuard` would
# react too late, because an overload blows a fuse within minutes.
_INTERVAL: Final = timedelta(seconds=10)
_LISTS_AWAITED: Final = 3
_SHORTEST_LIMIT: Final = timedelta(seconds=10)
_LONGEST_LIMIT: Final = timedelta(seconds=60)
_REPETITION: Final = timedelta(seconds=0.5)  # no meter sends currents more often than once a second
_GAPS_ENOUGH: Final = 3
_GAPS_KEPT: Final = 9


class Freshness(Enum):
    """The state of the meter data at one moment."""

    NO_DATA = "no data yet"
    ACTIVE = "active"
    STALE = "stale"
    BAD_DATA = "bad data only"


class Watch:
    """Measures the age of the last list (the values of one push) with currents, and compares the age with a limit.

    `limit` is the maximum age. The default (`None`) is three times the usual interval between lists with currents, but
    at least 10 s and at most 60 s. The age increases when the caller's clock moves forward. The age does not decrease
    when the clock is set back.
    """

    def __init__(self, limit: timedelta | None) -> None:
        self._given_limit = _checked_limit(limit)
        self._clock = CallersClock()
        self._now: datetime | None = None
        self._listed: datetime | None = None  # arrival of the last list with currents
        self._age = timedelta(0)  # the sum of all forward steps of the clock since `_listed`
        self._gaps: deque[timedelta] = deque(maxlen=_GAPS_KEPT)
        self._bad: datetime | None = None

    @property
    def limit(self) -> timedelta:
        """The maximum age of a list with currents."""
        if self._given_limit is not None:
            return self._given_limit
        interval = median_low(self._gaps) if len(self._gaps) >= _GAPS_ENOUGH else _INTERVAL
        return min(max(_LISTS_AWAITED * interval, _SHORTEST_LIMIT), _LONGEST_LIMIT)

    def run_to(self, now: datetime) -> datetime:
        """Increase the age of the last list by the time since the last call, and return `now` as an instant."""
        instant = self._clock.instant(now)
        self._age += max(timedelta(0), instant - (self._now or instant))
        self._now = instant
        return instant

    def good(self) -> None:
        """Record that a valid push has arrived."""
        self._bad = None

    def bad(self) -> None:
        """Record that bytes without a valid push have arrived."""
        self._bad = self._now

    def listed(self, *, is_same: bool = False) -> None:
        """Record that a list with currents has arrived. `is_same` is true if it is equal to the list before.

        A gateway can send each list twice. So an equal list is ignored if it follows within `_REPETITION`.
        """
        if is_same and self._age < _REPETITION:
            return
        if self._listed and self._age > timedelta(0):
            self._gaps.append(self._age)
        self._listed, self._age = self._now, timedelta(0)

    def freshness(self, now: datetime) -> Freshness:
        """Return the freshness at `now`.

        The data are also stale if the clock was set back, so that the last list with currents arrived more than `limit`
        after `now`.
        """
        instant, limit = self.run_to(now), self.limit
        if self._listed and self._age <= limit and abs(instant - self._listed) <= limit:
            return Freshness.ACTIVE
        if self._bad and abs(instant - self._bad) <= limit:
            return Freshness.BAD_DATA
        return Freshness.STALE if self._listed else Freshness.NO_DATA

    def why_stale(self) -> str:
        """Return the reason why the data are stale, as a text."""
        age, limit = self._age.total_seconds(), self.limit.total_seconds()
        ahead = (self._listed - self._now).total_seconds() if self._listed and self._now else 0
        if ahead > limit:
            return f"the last list with currents arrived {ahead:g} s after now: the clock was set back"
        return f"the last list with currents is {age:g} s old, more than {limit:g} s"


def _checked_limit(limit: timedelta | None) -> timedelta | None:
    if limit is None:
        return None
    check_type("stale_after", limit, timedelta)
    if limit <= timedelta(0):
        raise ValueError(f"expected stale_after above 0 s, found {limit}")
    return limit
