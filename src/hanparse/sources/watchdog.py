"""Defines `Watchdog`, which computes how long a connection can be without a byte before the source closes it."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Final

_INTERVALS: Final = 3
"""The number of intervals without a byte after which a connection is closed."""


class Watchdog:
    """A `Watchdog` computes the longest permitted time in s without a byte.

    This time is `silence`, or three intervals of the meter if they are longer. The interval of the meter is the
    shortest interval between its last three or four bursts, so that one long gap has no influence. Before the third
    burst, the time is `silence`.

    A burst is the measurements of lists that the meter sends one after the other. It lasts less than a sixth of
    `silence`. If the meter sends a list more often than that, the intervals between bursts are less than a third of
    `silence`, so they do not change the limit.
    """

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._longest_burst = silence / (2 * _INTERVALS)
        self._bursts: deque[float] = deque(maxlen=_INTERVALS + 1)

    def arrived(self, now: float) -> None:
        """Record that a measurement arrived at `now`, in s of a clock that is never set back."""
        if not self._bursts or now - self._bursts[-1] >= self._longest_burst:
            self._bursts.append(now)

    @property
    def limit(self) -> float:
        """The longest permitted time in s without a byte."""
        if len(self._bursts) < _INTERVALS:
            return self._silence
        return max(self._silence, _INTERVALS * min(later - earlier for earlier, later in pairwise(self._bursts)))
