"""Defines `Dated`, which finds repeated and late pushes by their time stamps."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement.inputs import in_utc

if TYPE_CHECKING:
    from datetime import datetime

    from hanparse.measurement import Measurement

_KEPT: Final = 9  # lists; a new list can repeat one of them: a gateway repeats messages, Aidon hourly lists
_LATE: Final = timedelta(minutes=30)  # a correction sets a clock back by seconds, the end of summer time by an hour
_LISTS_ENOUGH: Final = 3
_TIME_ENOUGH: Final = timedelta(seconds=10)
_JITTER: Final = timedelta(seconds=5)


class Order(Enum):
    """The order of a push and the last dated list."""

    NEW = "newer, or the order is not known"
    LATE = "older"
    REPEATED = "the same"


class _Late(NamedTuple):
    """An instance holds the arrival of a late list by the caller's clock, and the arrival minus its time stamp."""

    arrival: datetime
    age: timedelta


class Dated:
    """Holds the last lists with a time stamp.

    A push is late if its time stamp is less than 30 minutes before that of the last list of the same meter. A meter
    whose clock was set back sends only late lists. So if at least three successive lists within at least 10 s are late,
    and their time stamps follow the caller's clock, the last of them is new. A gateway that sends many stored lists at
    once does not follow the clock.
    """

    def __init__(self) -> None:
        self._lists: deque[Measurement] = deque(maxlen=_KEPT)
        self._late: list[_Late] = []

    def order(self, measurement: Measurement, arrival: datetime, *, is_list: bool) -> Order:
        """Return the order of a push that arrived at `arrival` (in UTC, or naive). Store the push if it is a new list.

        `is_list` is true if the push contains currents.
        """
        time = measurement.timestamp
        if time is None:
            return Order.NEW
        if measurement in self._lists:
            return Order.REPEATED
        if self._is_late(measurement, time) and not (is_list and self._is_set_back(time, arrival)):
            return Order.LATE
        if is_list:
            self._late.clear()
            self._lists.append(measurement)
        return Order.NEW

    def _is_late(self, measurement: Measurement, time: datetime) -> bool:
        last = self._lists[-1] if self._lists else None
        if last is None or last.timestamp is None or (last.timestamp.tzinfo is None) is not (time.tzinfo is None):
            return False
        if last.meter_id and measurement.meter_id and last.meter_id != measurement.meter_id:
            return False
        return timedelta(0) < in_utc(last.timestamp) - in_utc(time) < _LATE

    def _is_set_back(self, time: datetime, arrival: datetime) -> bool:
        """Store a late list. Return whether the late lists so far show that the clock of the meter was set back."""
        late = _Late(arrival, arrival.replace(tzinfo=None) - in_utc(time).replace(tzinfo=None))
        fitting = [each for each in self._late if abs(each.age - late.age) <= _JITTER]
        self._late = [*fitting[-_KEPT:], late]
        return len(self._late) >= _LISTS_ENOUGH and arrival - self._late[0].arrival >= _TIME_ENOUGH
