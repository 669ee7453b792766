"""A list is late by its time stamp, unless later lists show that the clock of the meter was set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Measurement
from hanparse.energy.order import Dated, Order

NOON = datetime(2024, 1, 15, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def dated(stamp: datetime | None, meter: str | None = None) -> Measurement:
    return Measurement(timestamp=stamp, current_l1=5, meter_id=meter)


def orders(*sent: tuple[float, float]) -> list[Order]:
    """What is said of lists, each with its time stamp and its arrival in s."""
    lists = Dated()
    return [lists.order(dated(at(stamp)), at(arrival), is_list=True) for stamp, arrival in sent]


def test_a_list_that_arrives_again_is_repeated() -> None:
    assert orders((0, 0), (10, 10), (0, 11)) == [Order.NEW, Order.NEW, Order.REPEATED]


@pytest.mark.parametrize(("back", "order"), [(1, Order.LATE), (1799, Order.LATE), (1800, Order.NEW), (3600, Order.NEW)])
def test_a_list_is_late_if_its_stamp_is_less_than_30_minutes_back(back: float, order: Order) -> None:
    assert orders((0, 0), (-back, 5)) == [Order.NEW, order]


def test_pushes_without_a_stamp_or_with_another_kind_of_stamp_are_new() -> None:
    lists = Dated()
    assert lists.order(dated(NOON), NOON, is_list=True) is Order.NEW
    for stamp in (None, datetime(2024, 1, 15, 11, 59)):  # noqa: DTZ001  a clock without a zone
        assert lists.order(dated(stamp), at(10), is_list=True) is Order.NEW


def test_a_list_of_another_meter_is_new_and_a_push_that_names_no_meter_is_compared() -> None:
    lists = Dated()
    assert lists.order(dated(NOON, "1"), NOON, is_list=True) is Order.NEW
    assert lists.order(dated(at(-10)), at(1), is_list=False) is Order.LATE
    assert lists.order(dated(at(-10), "2"), at(2), is_list=True) is Order.NEW


@given(st.integers(300, 1700), st.sampled_from([2.5, 5, 10, 60]), st.floats(0, 0.4))
def test_lists_whose_stamps_follow_the_clock_show_that_the_meter_was_set_back(
    back: int, interval: float, delay: float
) -> None:
    said = orders((0, 0), *((n * interval - back - 0.3, n * interval + delay * (n % 2)) for n in range(1, 9)))
    first = said.index(Order.NEW, 1)
    assert first >= 3
    assert first * interval <= max(10 + 2 * interval, 3 * interval)
    assert set(said[:first]) == {Order.NEW, Order.LATE}
    assert set(said[first:]) == {Order.NEW}


@given(st.integers(60, 1700), st.sampled_from([2.5, 10]), st.integers(3, 40))
def test_stored_lists_that_arrive_together_stay_late(back: int, interval: float, count: int) -> None:
    stored = [(n * interval - back, 1 + n / 100) for n in range(count) if n * interval < back]
    assert orders((0, 0), *stored)[1:] == [Order.LATE] * len(stored)


def test_late_lists_between_new_ones_stay_late() -> None:
    sent = [pair for n in range(1, 9) for pair in ((10 * n, 10 * n), (10 * n - 25, 10 * n + 1))]
    assert orders((0, 0), *sent)[1:] == [Order.NEW, Order.LATE] * 8


def test_a_naive_arrival_is_compared_with_stamps_of_any_kind() -> None:
    lists = Dated()
    assert lists.order(dated(NOON), NOON.replace(tzinfo=None), is_list=True) is Order.NEW
    said = [lists.order(dated(at(10 * n - 600)), at(10 * n).replace(tzinfo=None), is_list=True) for n in range(1, 5)]
    assert said == [Order.LATE, Order.LATE, Order.NEW, Order.NEW]
