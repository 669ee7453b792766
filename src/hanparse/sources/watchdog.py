"""Decides how long a connection may be silent: `Watchdog`."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Final

_INTERVALS: Final = 3
"""The number of pushes that may be missing, and of the intervals that show how often a meter sends."""


class Watchdog:
    """The longest time in s without a byte: `silence`, or three intervals of a meter that sends more rarely.

    The shortest of the last three intervals counts, so that one long gap is no interval of the meter.
    """

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._arrivals: deque[float] = deque(maxlen=_INTERVALS + 1)

    def arrived(self, now: float) -> None:
        """Note that a measurement arrived at `now`, in s of a clock that never goes back."""
        self._arrivals.append(now)

    @property
    def limit(self) -> float:
        """The longest time in s without a byte."""
        if len(self._arrivals) < _INTERVALS:
            return self._silence
        return max(self._silence, _INTERVALS * min(later - earlier for earlier, later in pairwise(self._arrivals)))
