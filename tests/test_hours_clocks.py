from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import pytest
from hourly import CEST, CET, HOUR, NOON, hours, power, push, told

from hanparse.energy.hours import Gap

if TYPE_CHECKING:
    from hanparse import Measurement

SUMMER_ENDS = datetime(2024, 10, 27, 1, tzinfo=UTC)
SUMMER_BEGINS = datetime(2024, 3, 31, 1, tzinfo=UTC)
TWICE = datetime(2024, 10, 27, 2)  # noqa: DTZ001  a wall clock


def kaifa(moment: datetime) -> datetime:
    """What a clock with local time shows, as hanparse resolves it: the hour that exists twice is its first pass."""
    offset = CEST if SUMMER_BEGINS <= moment < SUMMER_ENDS else CET
    wall = moment.astimezone(offset).replace(tzinfo=None)
    return wall.replace(tzinfo=CEST if TWICE <= wall < TWICE + HOUR else offset)


def lists(first: datetime, count: int, every: int = 3600) -> list[tuple[datetime, int]]:
    """Moments and registers, which count one more each hour: 0, 100, 201, 303, …"""
    moments = [first + number * timedelta(seconds=every) for number in range(count)]
    return [(moment, 100 * n + n * (n - 1) // 2) for n, moment in enumerate(moments)]


NIGHT = [
    ("00:00+0200", "01:00+0200", 100),
    ("01:00+0200", "02:00+0200", 101),
    ("02:00+0200", "02:00+0100", 102),
    ("02:00+0100", "03:00+0100", 103),
    ("03:00+0100", "04:00+0100", 104),
]
MIDNIGHT = SUMMER_ENDS - 3 * HOUR


def test_a_day_of_25_hours_has_25_records_though_the_clock_shows_one_hour_twice() -> None:
    pushes = [push(kaifa(moment), register) for moment, register in lists(MIDNIGHT, 26)]
    assert told(pushes)[:5] == NIGHT
    assert [hour.active_energy_import for hour in hours(pushes)] == list(range(100, 125))
    assert sum(((hour.end - hour.start) for hour in hours(pushes)), timedelta()) == 25 * HOUR


@pytest.mark.parametrize("seconds", [2, 10, 900])
def test_the_pushes_between_hourly_lists_make_no_difference_to_it(seconds: int) -> None:
    pushes = []
    for moment, register in lists(MIDNIGHT, 6):
        pushes.append(push(kaifa(moment), register))
        pushes += [power(kaifa(moment + timedelta(seconds=passed))) for passed in range(seconds, 3600, seconds)]
    assert told(pushes) == NIGHT


def test_registers_in_every_push_make_no_difference_to_it() -> None:
    pushes = [push(kaifa(MIDNIGHT + n * timedelta(seconds=10)), n) for n in range(5 * 360 + 1)]
    assert told(pushes) == [(start, end, 360) for start, end, _ in NIGHT]


def test_clocks_with_their_deviation_and_clocks_in_normal_time_have_nothing_to_resolve() -> None:
    sent = lists(MIDNIGHT, 6)
    deviating = [push(moment.astimezone(CEST if moment < SUMMER_ENDS else CET), register) for moment, register in sent]
    assert told(deviating) == NIGHT
    normal = [push(moment.astimezone(CET), register) for moment, register in sent]
    assert [figure for _, _, figure in told(normal)] == [100, 101, 102, 103, 104]


def test_a_list_that_is_missing_that_night_makes_a_gap_and_never_a_wrong_figure() -> None:
    sent = lists(MIDNIGHT, 8)
    for missing in range(1, 7):
        pushes: list[Measurement] = []
        for number, (moment, register) in enumerate(sent):
            pushes += [push(kaifa(moment), register)] * (number != missing)
            pushes += [power(kaifa(moment + timedelta(minutes=minutes))) for minutes in range(1, 60)]
        figures = {(start, end): figure for start, end, figure in told(pushes)}
        right = dict(zip([(start, end) for start, end, _ in NIGHT], range(100, 105), strict=True))
        assert all(isinstance(figure, Gap) or right.get(hour, figure) == figure for hour, figure in figures.items())
        assert sum(isinstance(figure, Gap) for figure in figures.values()) in (1, 2)


def test_a_day_of_23_hours_has_23_records() -> None:
    pushes = [push(kaifa(moment), register) for moment, register in lists(SUMMER_BEGINS - 2 * HOUR, 24)]
    assert told(pushes)[:3] == [
        ("00:00+0100", "01:00+0100", 100),
        ("01:00+0100", "03:00+0200", 101),
        ("03:00+0200", "04:00+0200", 102),
    ]
    assert [hour.active_energy_import for hour in hours(pushes)] == list(range(100, 123))
    assert {hour.end - hour.start for hour in hours(pushes)} == {HOUR}


class Oslo(tzinfo):
    """Local time of 2024, which a caller gives for clocks without a zone."""

    def utcoffset(self, wall: datetime | None) -> timedelta:
        assert wall
        plain = wall.replace(tzinfo=None)
        begin = datetime(2024, 3, 31, 2)  # noqa: DTZ001  a wall clock
        is_summer = begin <= plain < TWICE or (TWICE <= plain < TWICE + HOUR and not wall.fold)
        return timedelta(hours=1 + is_summer)

    def dst(self, wall: datetime | None) -> timedelta:
        return self.utcoffset(wall) - HOUR

    def tzname(self, _: datetime | None) -> str:
        return "Oslo"


def test_clocks_without_a_zone_take_that_of_the_caller() -> None:
    pushes = [push(kaifa(moment).replace(tzinfo=None), register) for moment, register in lists(MIDNIGHT, 6)]
    assert told(pushes, Oslo()) == NIGHT


def test_clocks_without_any_zone_jump_into_gaps_and_never_into_wrong_figures() -> None:
    autumn = [push(kaifa(moment).replace(tzinfo=None), register) for moment, register in lists(MIDNIGHT, 6)]
    assert told(autumn) == [
        ("00:00", "01:00", 100),
        ("01:00", "02:00", 101),
        ("02:00", "03:00", Gap.CLOCK_SET_BACK),
        ("03:00", "04:00", 104),
    ]
    spring = [push(kaifa(m).replace(tzinfo=None), register) for m, register in lists(SUMMER_BEGINS - 2 * HOUR, 4)]
    assert told(spring) == [("00:00", "01:00", 100), ("01:00", "03:00", Gap.MISSING), ("03:00", "04:00", 102)]


def test_a_clock_that_loses_or_gains_its_zone_makes_a_gap() -> None:
    naive = NOON.replace(tzinfo=None)
    pushes = [push(NOON, 1), power(naive), push(naive + HOUR, 2), push(naive + 2 * HOUR, 5), push(NOON + 3 * HOUR, 6)]
    assert [figure for _, _, figure in told(pushes)] == [Gap.CLOCK_SET_BACK, 3, Gap.CLOCK_SET_BACK]


@pytest.mark.parametrize("back", [1, 2, 30, 24 * 365])
@pytest.mark.parametrize("with_pushes_between", [True, False])
def test_a_clock_that_is_set_back_makes_gaps_and_then_right_figures(back: int, with_pushes_between: bool) -> None:
    pushes: list[Measurement] = []
    for number in range(12):
        clock = NOON + (number - back * (number > 5)) * HOUR
        pushes.append(push(clock, 1000 * number))
        if with_pushes_between:  # set back at half past five
            behind = [clock + timedelta(minutes=m) - (number == 5 and m >= 25) * back * HOUR for m in range(1, 60)]
            pushes += [power(moment) for moment in behind]
    figures = [figure for _, _, figure in told(pushes)]
    assert figures[:5] == [1000] * 5
    assert set(figures) == {1000, Gap.CLOCK_SET_BACK}
    assert figures[-3:] == [1000] * 3


def test_a_list_from_long_ago_sent_once_more_is_passed_over() -> None:
    pushes = [push(NOON + n * HOUR, n) for n in range(5)]
    assert len(hours([*pushes, pushes[1], push(NOON + 5 * HOUR, 5), pushes[2], push(NOON + 6 * HOUR, 6)])) == 6


@pytest.mark.parametrize("year", [1, 9999])
def test_clocks_at_the_ends_of_the_calendar_are_not_read(year: int) -> None:
    edge = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, 23 if year > 1 else 0, tzinfo=CET)
    assert hours([push(edge, 1), push(edge.replace(tzinfo=CEST), 2), push(edge.replace(tzinfo=None), 3)]) == []


@pytest.mark.parametrize("minutes", [3, 10, 29, 30, 59])
def test_a_step_back_of_minutes_before_an_hourly_list_makes_a_gap_and_no_hour_with_two_hours(minutes: int) -> None:
    """The first list of 02:00 is lost, and pushes arrive again only with the second list of 02:00."""
    first = SUMMER_ENDS - 2 * HOUR
    seen = [first + n * timedelta(minutes=1) for n in range(1, 61 + minutes) if n != 60]
    pushes = [push(kaifa(first), 1000), *(power(kaifa(moment)) for moment in seen)]
    pushes += [push(kaifa(SUMMER_ENDS), 2000), push(kaifa(SUMMER_ENDS + HOUR), 2500)]
    assert all(isinstance(figure, Gap) for _, _, figure in told(pushes))


def test_a_correction_by_seconds_makes_no_gap() -> None:
    pushes = [push(NOON, 0), power(NOON + timedelta(minutes=30)), power(NOON + timedelta(minutes=29, seconds=15))]
    assert told([*pushes, push(NOON + HOUR, 7)]) == [("12:00+0100", "13:00+0100", 7)]


@pytest.mark.parametrize("seen", [range(1, 60), range(1, 62), range(0)])
def test_a_pass_that_is_skipped_as_a_whole_makes_a_gap(seen: range) -> None:
    """Nothing arrives between the last minute in `seen` and the second list of 02:00, so no step back is seen."""
    first = SUMMER_ENDS - 2 * HOUR
    pushes = [push(kaifa(first), 1000), *(power(kaifa(first + n * timedelta(minutes=1))) for n in seen if n != 60)]
    pushes += [push(kaifa(SUMMER_ENDS + n * HOUR), 2000 + 500 * n) for n in range(3)]
    assert told(pushes) == [("01:00+0200", "03:00+0100", Gap.MISSING), ("03:00+0100", "04:00+0100", 500)]
