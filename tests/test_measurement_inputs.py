from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.measurement.inputs import CallersClock, check_type, finite, in_utc

LONG_AGO, FAR_OFF = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1900, 2100))
OSLO = ZoneInfo("Europe/Oslo")
ZONES = st.sampled_from([UTC, OSLO, ZoneInfo("Australia/Lord_Howe"), timezone(timedelta(hours=-12))])


class Nowhere(tzinfo):
    """A zone that does not know its offset: such a time is naive for Python, too."""

    def utcoffset(self, _when: datetime | None) -> None:
        return None

    def dst(self, _when: datetime | None) -> None:
        return None

    def tzname(self, _when: datetime | None) -> None:
        return None


@given(st.datetimes(LONG_AGO, FAR_OFF, timezones=ZONES))
def test_an_aware_time_is_the_instant_in_utc(when: datetime) -> None:
    assert in_utc(when).tzinfo is UTC
    assert in_utc(when).timestamp() == when.timestamp()


def test_the_hour_that_exists_twice_is_two_hours() -> None:
    first = datetime(2024, 10, 27, 2, 30, tzinfo=OSLO)
    assert in_utc(first.replace(fold=1)) - in_utc(first) == timedelta(hours=1)
    assert first.replace(fold=1) - first == timedelta(0)  # what Python says of the wall clocks


def test_a_naive_time_stays_as_it_is() -> None:
    naive = datetime(2024, 10, 27, 2, 30)  # noqa: DTZ001  that is what this is about
    assert in_utc(naive) == in_utc(naive.replace(fold=1)) == in_utc(naive.replace(tzinfo=Nowhere())) == naive


@pytest.mark.parametrize("hours", [-14, 14])
def test_an_instant_beyond_the_calendar_is_its_end(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    first, last = datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)
    end = first if hours > 0 else last
    assert in_utc(end) == end.replace(tzinfo=UTC)


def test_naive_and_aware_times_mixed_are_a_type_error_that_says_so() -> None:
    aware, naive = datetime(2024, 1, 15, tzinfo=UTC), datetime(2024, 1, 15)  # noqa: DTZ001  the same
    for first, second, message in (
        (aware, naive, "expected an aware datetime for the argument now, as in the first call, found a naive datetime"),
        (naive, aware, "expected a naive datetime for the argument now, as in the first call, found an aware datetime"),
    ):
        clock = CallersClock()
        clock.instant(first)
        with pytest.raises(TypeError, match=message):
            clock.instant(second)
        clock.instant(first)


@pytest.mark.parametrize("number", [0, -1, 2.5, 10**308, 1e308])
def test_a_number_that_a_float_can_be_is_given_back_as_it_is(number: float) -> None:
    assert finite(number) is number


@pytest.mark.parametrize("number", [None, math.nan, math.inf, -math.inf, 10**309, -(10**400)])
def test_what_no_float_can_be_is_none(number: float | None) -> None:
    assert finite(number) is None


def test_an_argument_of_another_type_is_named() -> None:
    check_type("fuse", 25, int)
    with pytest.raises(TypeError, match="expected int for the argument fuse, found str"):
        check_type("fuse", "25", int)
