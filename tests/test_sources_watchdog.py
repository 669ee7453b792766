"""The longest silence of a connection: as given, or three intervals of a meter that sends rarely."""

from __future__ import annotations

import pytest

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
        ([0, 2, 3604, 7204], 60),
        ([0, 300, 600, 900, 902], 60),  # a meter that sends each 2 s now
    ],
)
def test_the_limit_is_the_silence_or_three_intervals(arrivals: list[float], limit: float) -> None:
    watchdog = Watchdog(60)
    for now in arrivals:
        watchdog.arrived(now)
    assert watchdog.limit == limit
