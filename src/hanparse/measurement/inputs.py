"""What a caller gives: measurements, times, numbers -> checked types, instants, finite numbers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from types import UnionType

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_Number = TypeVar("_Number", int, float)


class CallersClock:
    """The times of one caller as instants, so that they may be compared and subtracted.

    Python compares and subtracts two times of the same time zone by their wall clocks. In the hour that exists twice
    they are an hour apart and look equal.
    """

    def __init__(self) -> None:
        self._is_aware: bool | None = None

    def instant(self, now: datetime) -> datetime:
        """The instant of `now` as `in_utc` gives it. Raises `TypeError` for naive times among aware ones."""
        check_type("now", now, datetime)
        found = in_utc(now)
        is_aware = found.tzinfo is not None
        if self._is_aware is None:
            self._is_aware = is_aware
        elif self._is_aware is not is_aware:
            before, this = ("an aware", "a naive") if self._is_aware else ("a naive", "an aware")
            raise TypeError(
                f"expected {before} datetime as now, like those before, found {this} one: {now!r}. "
                "The two cannot be compared; give datetime.now(UTC) each time"
            )
        return found


def in_utc(time: datetime) -> datetime:
    """The instant of an aware time, in UTC; a naive time as it is, its zone is not known.

    An instant beyond the calendar of Python is the first or the last one in it.
    """
    wall, offset = time.replace(tzinfo=None, fold=0), time.utcoffset()
    if offset is None:
        return wall
    try:
        return (wall - offset).replace(tzinfo=UTC)
    except OverflowError:
        return _FIRST if offset > timedelta(0) else _LAST


def finite(number: _Number | None) -> _Number | None:
    """The number; `None` for a float that is no number, and for an integer beyond all floats."""
    try:
        return number if number is not None and math.isfinite(number) else None
    except OverflowError:
        return None


def check_type(name: str, value: object, kind: type | UnionType) -> None:
    """Raise `TypeError` where the value of an argument is of another type."""
    if not isinstance(value, kind):
        expected = kind.__name__ if isinstance(kind, type) else kind
        raise TypeError(f"expected a {expected} as {name}, found {type(value).__name__}")
