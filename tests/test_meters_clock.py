"""A date-time as sent becomes the moment that the meter shows, by the rule of its profile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from bodies import NOT_SPECIFIED, sent
from hypothesis import given
from hypothesis import strategies as st

from hanparse.axdr.data import DateTime
from hanparse.meters import Profile, clock


@pytest.mark.parametrize(
    ("rule", "deviation", "expected"),
    [
        ("deviation", -60, "2024-07-01T12:00:00+01:00"),  # UTC = local + deviation
        ("deviation", -120, "2024-07-01T12:00:00+02:00"),
        ("deviation", 720, "2024-07-01T12:00:00-12:00"),
        ("deviation", NOT_SPECIFIED, "2024-07-01T12:00:00"),
        ("deviation", 721, "2024-07-01T12:00:00"),
        ("+01:00", 0, "2024-07-01T12:00:00+01:00"),
        ("+01:00", NOT_SPECIFIED, "2024-07-01T12:00:00+01:00"),
        ("-02:30", -60, "2024-07-01T12:00:00-02:30"),
        ("Europe/Oslo", NOT_SPECIFIED, "2024-07-01T12:00:00+02:00"),
        ("Europe/Oslo", -60, "2024-07-01T12:00:00+01:00"),
    ],
)
def test_a_clock_rule_says_which_clock_the_meter_shows(rule: str, deviation: int, expected: str) -> None:
    moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, deviation=deviation), rule)
    assert moment is not None
    assert moment.isoformat() == expected


@given(st.datetimes(datetime(1996, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001  wall clocks
def test_norwegian_local_time_is_what_the_time_zone_database_says(wall: datetime) -> None:
    wall = wall.replace(microsecond=0)
    moment = clock.resolve(sent(*wall.timetuple()[:6]), "Europe/Oslo")
    assert moment is not None
    assert moment.utcoffset() == wall.replace(tzinfo=ZoneInfo("Europe/Oslo")).utcoffset()


@pytest.mark.parametrize(
    ("wall", "offset"),
    [
        ((2024, 3, 31, 1, 59, 59), 1),
        ((2024, 3, 31, 3, 0, 0), 2),
        ((2024, 10, 27, 1, 59, 59), 2),
        ((2024, 10, 27, 2, 30, 0), 2),  # exists twice; the first pass
        ((2024, 10, 27, 3, 0, 0), 1),
    ],
)
def test_the_days_on_which_clocks_change_are_known(wall: tuple[int, ...], offset: int) -> None:
    moment = clock.resolve(sent(*wall), "Europe/Oslo")
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize(
    "wall",
    [
        (0xFFFF, 7, 1, 12, 0, 0),
        (2024, 0xFF, 1, 12, 0, 0),
        (2024, 0xFD, 1, 12, 0, 0),
        (2024, 7, 0xFE, 12, 0, 0),
        (2024, 7, 1, 0xFF, 0, 0),
        (2024, 7, 1, 12, 0xFF, 0),
        (2024, 7, 1, 12, 0, 0xFF),
        (2024, 2, 30, 12, 0, 0),
        (2024, 13, 1, 12, 0, 0),
        (0, 1, 1, 0, 0, 0),
        (2024, 7, 1, 24, 0, 0),
    ],
)
def test_a_moment_with_a_part_missing_or_impossible_is_none(wall: tuple[int, ...]) -> None:
    for rule in ("deviation", "+01:00", "Europe/Oslo"):
        assert clock.resolve(sent(*wall), rule) is None


@given(st.binary(min_size=12, max_size=12), st.sampled_from(["deviation", "+01:00", "Europe/Oslo"]))
def test_no_twelve_bytes_make_a_clock_raise(data: bytes, rule: str) -> None:
    moment = clock.resolve(DateTime.from_octets(data), rule)
    assert moment is None or moment.isoformat()


def test_weekday_zero_is_ignored_and_hundredths_count() -> None:
    moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, weekday=0, hundredths=25), "+01:00")
    assert moment == datetime(2024, 7, 1, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(("hundredths", "microsecond"), [(0, 0), (1, 10_000), (99, 990_000), (100, 0), (255, 0)])
def test_hundredths_go_from_0_to_99_and_others_are_not_specified(hundredths: int, microsecond: int) -> None:
    moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, hundredths=hundredths), "+01:00")
    assert moment
    assert (moment.second, moment.microsecond) == (0, microsecond)


def test_the_callers_time_zone_takes_the_place_of_every_rule() -> None:
    for rule in ("deviation", "+01:00", "Europe/Oslo"):
        moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, deviation=-60), rule, UTC)
        assert moment == datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("rule", ["", "CET", "01:00", "+1:00", "+24:00", "Europe/Paris"])
def test_a_clock_rule_that_is_none_is_a_value_error(rule: str) -> None:
    with pytest.raises(ValueError, match="clock rule"):
        Profile(manufacturer="X", clock=rule)


@pytest.mark.parametrize("rule", ["deviation", "+01:00", "-02:30", "+23:59", "Europe/Oslo"])
def test_a_clock_rule_of_the_document_is_taken_as_it_is_written(rule: str) -> None:
    assert Profile(manufacturer="X", clock=rule).clock == rule
    assert Profile(manufacturer="X").clock == "deviation"
