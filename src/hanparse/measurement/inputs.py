"""Checks the arguments of a caller, and converts times so that they can be compared."""

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
    """Converts the times of one caller to UTC, so that they can be compared and subtracted.

    If two times have the same time zone, Python compares and subtracts their local times. At the end of daylight saving
    time, one local hour occurs twice. Two moments that are an hour apart can then have the same local time.
    """

    def __init__(self) -> None:
        self._is_aware: bool | None = None

    def instant(self, now: datetime) -> datetime:
        """Return `now` in UTC (see `in_utc`).

        Raises `TypeError` if one call passes an aware time and another call passes a naive time.
        """
        check_type("now", now, datetime)
        instant = in_utc(now)
        is_aware = instant.tzinfo is not None
        if self._is_aware is None:
            self._is_aware = is_aware
        elif self._is_aware is not is_aware:
            first, this = ("an aware", "a naive") if self._is_aware else ("a naive", "an aware")
            raise TypeError(
                f"expected {first} datetime for the argument now, as in the first call, "
                f"found {this} datetime: {now!r}. "
                "Naive and aware times cannot be compared; pass datetime.now(UTC) in each call"
            )
        return instant


def in_utc(time: datetime) -> datetime:
    """Convert an aware time to UTC. Return a naive time unchanged, because its time zone is unknown.

    If the time in UTC is outside the years 1 to 9999, return the first or last time that Python can represent.
    """
    wall, offset = time.replace(tzinfo=None, fold=0), time.utcoffset()
    if offset is None:
        return wall
    try:
        return (wall - offset).replace(tzinfo=UTC)
    except OverflowError:
        return _FIRST if offset > timedelta(0) else _LAST


def finite(number: _Number | None) -> _Number | None:
    """Return the number. Return `None` for NaN, infinity, and an integer that is too large for a float."""
    try:
        return number if number is not None and math.isfinite(number) else None
    except OverflowError:
        return None


def check_type(name: str, value: object, kind: type | UnionType) -> None:
    """Raise `TypeError` if the value of the argument `name` does not have the type `kind`. A bool is not an int."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        expected = kind.__name__ if isinstance(kind, type) else kind
        raise TypeError(f"expected {expected} for the argument {name}, found {type(value).__name__}")
