"""Defines `Comparison`, which compares the energy registers with the integral of the power over time.

The integral uses the mean of each two successive powers. It is compared with the registers under three conditions:

* Successive pushes with the power are at most 90 s apart: the longest interval at which meters send the power (60 s),
  plus the delay of a network.
* The integral covers at least half an hour, and its energy or the energy according to the registers is at least half a
  kWh. This energy is 50 steps of the coarsest registers (10 Wh). Integral and registers then normally differ by a few
  per cent, so an error by a power of ten or by a transformer ratio can be recognised.
* The time between the two lists with registers is the same by the caller's clock and by the meter's clock, to within a
  minute, if both lists have a time. This excludes old lists: Aidon meters sometimes send the list of the previous hour
  again.

The result of one comparison is a *verdict*. A verdict is used only if the verdict before it has the same `excess`,
`ratio` and `swapped`.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.energy.plausibility.load import value
from hanparse.measurement.inputs import in_utc

if TYPE_CHECKING:
    from hanparse.measurement import Measurement

_LONGEST_INTERVAL: Final = timedelta(seconds=90)  # a minute, plus the delay of a network
_SHORTEST_SPAN: Final = timedelta(minutes=30)
_LONGEST_SPAN: Final = timedelta(days=1)
_SAME_TIME: Final = timedelta(minutes=1)  # tolerance: hourly lists arrive with delays of 5 to 55 s
_ENERGY_ENOUGH: Final = 500  # Wh
_TOLERANCE: Final = 1.15  # a factor for the error of the integral; the ratios 8 and 12 must not count as 10
_MOST_POWERS_OF_TEN: Final = 3
_RATIOS: Final = (3, 4, 5, 6, 8, 12, 15, 20, 25, 30, 40, 50, 60, 80, 120, 150, 160, 200, 240, 250, 300, 320, 400, 500)
"""The quotients of usual current transformers, 15:5 to 2500:5, without 10 and 100, which are powers of ten."""
_RATIO_TOLERANCE: Final = 1.08
_NOTHING: Final = 0.1  # an energy up to this share of the energy in the other direction is ignored
_SWAP_TOLERANCE: Final = 1.5


class Verdict(NamedTuple):
    """The result of a comparison is either `excess`, or `ratio`, or `swapped`."""

    excess: int | None = None
    """The exponent k if the energy according to the registers is about 10^k times the energy according to the power.

    The exponent is 0 if the two energies agree.
    """
    ratio: int | None = None
    """The transformer ratio that either the registers or the power include, but not both.

    The ratio is positive if only the registers include it, and negative if only the power includes it.
    """
    swapped: bool = False
    """True if the energy is an import by the registers and an export by the power, or the reverse."""
    registers: float = 0
    """The energy according to the registers, in Wh."""
    power: float = 0
    """The energy from the integral of the power, in Wh."""

    def agrees(self, other: Verdict | None) -> bool:
        """Return whether the other verdict has the same result. The energies can differ."""
        return other is not None and self[:3] == other[:3]


class _Sums(NamedTuple):
    """An instance holds the energies of one span of time, in Wh."""

    imported: float
    exported: float


class _Start(NamedTuple):
    """An instance holds the time and the registers at the start of an integral."""

    time: datetime
    clock: datetime | None
    """The meter's time in UTC, because local time jumps when daylight saving time begins or ends."""
    imported: float
    exported: float | None


class Comparison:
    """Integrates the power of successive pushes and compares the integral with the registers."""

    def __init__(self) -> None:
        self.verdict: Verdict | None = None
        self._before: Verdict | None = None
        self._start: _Start | None = None
        self._last: tuple[datetime, float, float] | None = None
        self._imported = self._exported = 0.0  # Wh

    def update(self, m: Measurement, now: datetime) -> None:
        """Take the push that arrived at `now`."""
        imported, exported = value(m, "active_power_import"), value(m, "active_power_export")
        if imported is None:
            return
        self._sum_up(now, imported, exported or 0)
        energy = value(m, "active_energy_import")
        if energy is not None:
            clock = m.energy_time or m.timestamp
            self._compare(_Start(now, clock and in_utc(clock), energy, value(m, "active_energy_export")))

    def _sum_up(self, now: datetime, imported: float, exported: float) -> None:
        last, self._last = self._last, (now, imported, exported)
        if last is None:
            return
        passed = now - last[0]
        if not timedelta() <= passed <= _LONGEST_INTERVAL:
            self._start = None
            return
        hours = passed / timedelta(hours=1)
        self._imported += hours * (last[1] + imported) / 2
        self._exported += hours * (last[2] + exported) / 2

    def _compare(self, end: _Start) -> None:
        start = self._start
        if start is None or end.imported < start.imported or not _is_same_time(start, end):
            # A repeated list has the same time as the list at the start. The integral then continues.
            if start is None or end.clock is None or end.clock != start.clock:
                self._begin(end)
            return
        span = end.time - start.time
        counted = _Sums(end.imported - start.imported, (end.exported or 0) - (start.exported or 0))
        powers = _Sums(self._imported, self._exported)
        is_enough = span >= _SHORTEST_SPAN and max(*counted, *powers) >= _ENERGY_ENOUGH
        if is_enough:
            self._take(judge(counted, powers))
        if is_enough or span >= _LONGEST_SPAN:
            self._begin(end)

    def _begin(self, start: _Start) -> None:
        self._start = start
        self._imported = self._exported = 0.0

    def _take(self, verdict: Verdict | None) -> None:
        if verdict and verdict.agrees(self._before):
            self.verdict = verdict
        self._before = verdict


def judge(counted: _Sums, powers: _Sums) -> Verdict | None:
    """Return the verdict on the energies of the registers and of the power, or `None` if the result is not clear.

    The result is `None` if registers and power both show only export. It is also `None` if the house imported and
    exported. Some meters then count the import and the export of each
    phase separately. Other meters count only the import or export of the sum of the phases. So the registers can be
    correct and still differ from the integral.
    """
    for one, other in ((0, 1), (1, 0)):
        if powers[one] >= _ENERGY_ENOUGH and _only(one, powers) and _only(other, counted):
            fits = abs(_decades(counted[other] / powers[one])) <= _decades(_SWAP_TOLERANCE)
            return Verdict(swapped=True, registers=counted[other], power=powers[one]) if fits else None
    if not (_only(0, powers) and _only(0, counted)):
        return None
    excess, ratio = _factors(counted.imported / powers.imported)
    if excess is None and ratio is None:
        return None
    return Verdict(excess, ratio, registers=counted.imported, power=powers.imported)


def _only(direction: int, sums: _Sums) -> bool:
    """Return whether nearly all energy was in this direction."""
    return sums[direction] > 0 and sums[1 - direction] <= _NOTHING * sums[direction]


def _factors(quotient: float) -> tuple[int | None, int | None]:
    """Return the exponent k of a quotient that is about 10^k, and the transformer ratio of any other quotient.

    The exponent is -3 to 3. There is a ratio if the quotient or its reciprocal is about a usual ratio; the ratio is
    negative for a quotient below 1. At least one of the two values is `None`.
    """
    decades = _decades(quotient)
    if math.isnan(decades):
        return None, None
    excess = round(decades)
    if abs(decades - excess) <= _decades(_TOLERANCE):
        return (excess if abs(excess) <= _MOST_POWERS_OF_TEN else None), None
    ratio = min(_RATIOS, key=lambda ratio: abs(abs(decades) - _decades(ratio)))
    if abs(abs(decades) - _decades(ratio)) > _decades(_RATIO_TOLERANCE):
        return None, None
    return None, ratio if quotient > 1 else -ratio


def _decades(quotient: float) -> float:
    """Return the decimal logarithm. Return NaN for a quotient that is 0, negative, infinite or NaN."""
    return math.log10(quotient) if 0 < quotient < math.inf else math.nan


def _is_same_time(start: _Start, end: _Start) -> bool:
    """Return whether the time from `start` to `end` is the same by the meter's and the caller's clock, or unknown."""
    if start.clock is None or end.clock is None:
        return True
    if (start.clock.tzinfo is None) is not (end.clock.tzinfo is None):
        return False
    return abs((end.clock - start.clock) - (end.time - start.time)) <= _SAME_TIME
