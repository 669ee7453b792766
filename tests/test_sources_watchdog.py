"""The longest silence of a connection: as given, or three intervals of a meter that sends rarely."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.sources.watchdog import Watchdog


@pytest.mark.parametrize(
    ("arrivals", "limit"),
    [
        ([], 60),
        ([0], 60),
        ([0, 300], 60),  # one interval may be a gap
        ([0, 2, 4, 6, 8], 60),
        ([0, 10, 20, 30], 60),
        ([0, 30, 60, 90], 90),
        ([0, 300, 600], 900),
        ([0, 300, 601, 902], 900),
        ([0, 2, 4, 3604], 60),  # an hour without a connection
        ([0, 10, 3610, 7210], 60),
        ([*range(0, 20, 2), 3600, 3602, 7200, 7202], 60),
        ([0, 300, 600, 900, *range(902, 912, 2)], 60),  # a meter that sends each 2 s now
        ([0, 0.3, 120, 120.3, 240, 240.3], 360),  # two lists one after the other
        ([0, 3, 6, 120, 123, 126, 240, 243, 246], 360),  # three lists that take some seconds each, as at 2400 baud
    ],
)
def test_the_limit_is_the_silence_or_three_intervals(arrivals: list[float], limit: float) -> None:
    watchdog = Watchdog(60)
    for now in arrivals:
        watchdog.arrived(now)
    assert watchdog.limit == limit


@given(silence=st.floats(0.1, 1000), share=st.floats(0.01, 1 / 3, exclude_max=True), count=st.integers(3, 100))
def test_a_meter_that_sends_steadily_within_a_third_of_the_silence_does_not_change_the_limit(
    silence: float, share: float, count: int
) -> None:
    watchdog = Watchdog(silence)
    for number in range(count):
        watchdog.arrived(number * share * silence)
        assert watchdog.limit == pytest.approx(silence)


@given(
    interval=st.floats(60, 3600),
    lists=st.lists(st.floats(0, 10, exclude_max=True), min_size=1, max_size=4).map(sorted),
    count=st.integers(3, 10),
)
def test_lists_in_one_burst_are_one_push_of_the_interval(interval: float, lists: list[float], count: int) -> None:
    watchdog = Watchdog(60)
    for number in range(count):
        for delay in lists:
            watchdog.arrived(number * interval + delay - lists[0])
    assert watchdog.limit == pytest.approx(3 * interval)
