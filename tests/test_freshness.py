from __future__ import annotations

from datetime import timedelta

import pytest
from nets import NOON, at

from hanparse.energy.freshness import Freshness, Watch


def listed(*seconds: float, limit: timedelta | None = None) -> Watch:
    """After lists with currents at these times."""
    watch = Watch(limit)
    for second in seconds:
        watch.run_to(at(second))
        watch.listed()
    return watch


def test_without_lists_there_are_no_data_and_after_noise_only_bad_data() -> None:
    watch = Watch(None)
    assert watch.freshness(NOON) is Freshness.NO_DATA
    watch.bad()
    assert watch.freshness(at(30)) is Freshness.BAD_DATA
    assert watch.freshness(at(30.1)) is Freshness.NO_DATA
    watch.bad()
    watch.good()
    assert watch.freshness(at(30.2)) is Freshness.NO_DATA


@pytest.mark.parametrize(
    ("seconds", "limit"),
    [((0,), 30), ((0, 1, 2, 3), 10), ((0, 5, 10, 15), 15), ((0, 10, 20, 40), 30), ((0, 60, 120, 180), 60)],
)
def test_the_limit_is_three_intervals_of_the_meter_within_what_a_fuse_stands(
    seconds: tuple[float, ...], limit: float
) -> None:
    watch = listed(*seconds)
    assert watch.limit == timedelta(seconds=limit)
    assert watch.freshness(at(seconds[-1] + limit)) is Freshness.ACTIVE
    assert watch.freshness(at(seconds[-1] + limit + 0.1)) is Freshness.STALE


def test_age_is_all_steps_forward_and_no_step_back() -> None:
    watch = listed(0, limit=timedelta(seconds=30))
    for second in (20, 0):  # 20 s passed, then the clock was set back
        watch.run_to(at(second))
    assert watch.freshness(at(10)) is Freshness.ACTIVE
    assert watch.freshness(at(11)) is Freshness.STALE
    assert watch.why_stale() == "the last list with currents is 31 s old, more than 30 s"


def test_a_list_of_the_future_is_stale_and_the_reason_is_the_clock() -> None:
    watch = listed(0)
    assert watch.freshness(at(-100)) is Freshness.STALE
    assert watch.why_stale() == "the last list with currents arrived 100 s after now: the clock was set back"


@pytest.mark.parametrize(("limit", "error"), [(timedelta(0), ValueError), (30, TypeError)])
def test_a_limit_is_a_duration_above_zero(limit: timedelta, error: type[Exception]) -> None:
    with pytest.raises(error):
        Watch(limit)
