"""Compute the current that a charger may take now without overloading the main fuse: `FuseGuard`.

The guard gives a guarantee for the moment of the last push that it was given. The guarantee has three conditions:

* The values of the pushes from the last list with currents to that push are correct to one step of the meter (behind
  transformers the guard allows for the step). The voltage has not fallen since that list.
* Between any two successive pushes with a power since that list, loads were only switched on, with power factor 1, or
  no change left a line with more current than before. The pushes contain the export where the house exports.
* The charger drew the current that the caller gave, at power factor 1.

Then, at that moment, no line of the charger carries more than the rating of the fuse if the charger goes up to
`Headroom.current`. A line that was above the rating without the charger stays above it, but the charger adds nothing.
This applies with the bound ``"high"``. With ``"rare"``, an unmeasured L2 may carry more than the guard assumes for it.

The reason: a load adds a phasor to the current of each line that it is connected to, and changes no other line. The
length of a sum of phasors is at most the sum of their lengths, at any angle (triangle inequality). So a line that
carries I can take fuse − I more, and a load on two or three lines can take the smallest of these differences. A load
that was switched on and takes P W draws at most P / U in a line.

The guarantee does not cover loads that are switched on after the last push, or while another load is switched off
between two pushes. It does not cover the reactive part of loads that were switched on since the last list with
currents, or feed-in that has grown since, in its own line. If a current (of the charger or of another load) goes away,
and it was out of phase with the current of its line, the line may carry more. The next list with currents contains all
of these changes. The guard uses no list that is more than a minute old, unless `stale_after` is longer.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from hanparse.energy.chargers import CHARGING, amperes, counts, power_of_change
from hanparse.energy.estimator import Estimator
from hanparse.energy.freshness import Freshness as Freshness
from hanparse.energy.freshness import Watch
from hanparse.energy.loads import LINES, LineLoads, Load, Voltages, net_power, voltages
from hanparse.measurement import Measurement, Wiring
from hanparse.measurement.inputs import check_type, in_utc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_DATED_KEPT: Final = 9  # lists; a gateway repeats its last message, an Aidon meter the list of the previous hour
_LATE: Final = timedelta(minutes=30)  # corrections of a clock are seconds; the end of daylight saving is an hour


@dataclass(frozen=True, slots=True)
class Headroom:
    """A `Headroom` contains the current that a charger may take now, and the reason."""

    current: float
    """The current is in A per line of the charger, and never negative. Unless `freshness` is `ACTIVE`, it is the
    fallback.
    """
    freshness: Freshness
    why: str
    """This text explains the current by its inputs, or by the missing data."""
    free: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    """Any load may add this current, in A by line (1 is L1). The mapping is empty unless `freshness` is `ACTIVE`."""
    by_line: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)
    """All chargers together may draw this current, in A by line. `current` is the smallest of the charger's lines."""


class _Known(NamedTuple):
    """The last list with currents, and the charging currents in A by line at that time."""

    push: Measurement
    loads: Mapping[int, Load]
    voltages: Voltages
    charging: Mapping[int, float]


class _Power(NamedTuple):
    """The power in W of the last push with a power, and the charging currents by line at that time."""

    net: float
    charging: Mapping[int, float]


class FuseGuard:
    """A `FuseGuard` takes measurements and returns the current that the charger may take under the main fuse.

    `fuse` is the rating in A. `wiring` is the wiring of the house. `charger` contains the lines that the charger draws
    from: ``(1, 3)`` for one phase between L1 and L3 of an IT net, ``(1,)`` for one phase of a TN net. The default is
    all lines. `fallback` is the current limit in A without fresh data; a car accepts no limit below 6 A. `stale_after`
    is the maximum age of a list. Its default is three intervals between the lists of this meter, at least 10 s and at
    most 60 s.

    `bound` selects the current that the guard assumes for an L2 that the meter does not measure. ``"high"`` is the
    current that L2 never exceeds. ``"rare"`` is the current that L2 exceeded in about 1 of 1,000 simulated pushes of
    houses without production. It gives a charger more current and a weaker guarantee (docs/accuracy.md). When a load
    has just been switched, and when the house produces, ``"rare"`` equals ``"high"``.

    `now` is the time of the caller's clock. The guard compares instants, so aware times of any zone are possible; UTC
    is best. The guard takes naive times as a clock that never jumps. If that clock is set back, the age of the data
    does not fall, provided that the guard is called between the last list and the change. Raises `TypeError` for a mix
    of naive and aware times and for an argument of another type, and `ValueError` for an argument outside its range.
    """

    def __init__(
        self,
        fuse: float,
        wiring: Wiring,
        *,
        charger: tuple[int, ...] | None = None,
        fallback: float = 6,
        stale_after: timedelta | None = None,
        bound: Literal["high", "rare"] = "high",
    ) -> None:
        check_type("wiring", wiring, Wiring)
        self._fuse = amperes("a fuse above 0 A", fuse)
        if fuse == 0:
            raise ValueError("expected a fuse above 0 A, found 0")
        self._wiring = wiring
        self._charger = _checked_lines(LINES[wiring] if charger is None else charger, wiring)
        self._fallback = amperes(f"a fallback from 0 A to the fuse, {fuse:g} A", fallback, fuse)
        self._watch = Watch(stale_after)
        self._dated: deque[Measurement] = deque(maxlen=_DATED_KEPT)
        self._loads = LineLoads(wiring)
        self._estimator = _checked_estimator(bound)
        self._known: _Known | None = None
        self._power: _Power | None = None
        self._rise = 0.0  # rise of the current since the last list with currents, in A
        self._drawn: Mapping[int, float] = dict.fromkeys(self._charger, 0.0)  # charging current at the last push, in A

    def __repr__(self) -> str:
        """Return the fuse, the wiring and the lines of the charger."""
        lines = ", ".join(f"L{line}" for line in self._charger)
        return f"<FuseGuard {self._fuse:g} A, {self._wiring.name}, charger on {lines}, fallback {self._fallback:g} A>"

    def update(self, measurement: Measurement, now: datetime, *, charging: float | Sequence[float] = 0) -> None:
        """Take a valid push that arrived at `now`, and reserve current if its power has risen.

        Call this method once for each push, on arrival. Do not give it a measurement that `MeterState` merged. A push
        with a time stamp changes nothing if it is a repeated list with currents, or if its time stamp is less than 30
        minutes before that of the last list. A list without a time stamp that equals the last one, with the same
        `charging`, counts as fresh, but the current that the guard has reserved since then stays reserved.

        `charging` is the current in A that the charger drew in each of its lines when the meter made the push. It is
        one number, or one number for each line in the order of `charger`. Give the current that the charger itself
        measures, never its limit; if the current changed, give the lower value. The meter measures this current too,
        and the charger may keep it. Raises `TypeError` for an argument of another type, and `ValueError` for a negative
        current, NaN or a wrong count.
        """
        check_type("measurement", measurement, Measurement)
        drawn = _checked_charging(charging, self._charger)
        self._watch.run_to(now)
        self._watch.good()
        if measurement.timestamp and self._is_old(measurement, measurement.timestamp):
            return
        self._drawn = drawn
        rare = self._estimator.update(measurement).get("current_l2") if self._estimator else None
        loads = self._loads.read(measurement, rare)
        is_same = self._known and (self._known.push, self._known.charging) == (measurement, drawn)
        if loads:
            self._watch.listed()
            if measurement.timestamp:
                self._dated.append(measurement)
            self._known = _Known(measurement, loads, voltages(measurement), drawn)
        if not (loads and is_same):
            self._count(net_power(measurement), drawn, is_new_list=bool(loads))

    def bad_data(self, now: datetime) -> None:
        """Record that bytes without a valid push arrived at `now`. `Decoder(on_error=...)` reports them."""
        self._watch.run_to(now)
        self._watch.bad()

    @property
    def stale_after(self) -> timedelta:
        """Return the maximum age of a list with currents. It follows the interval of the meter unless it was given."""
        return self._watch.limit

    def freshness(self, now: datetime) -> Freshness:
        """Return the freshness of the data at `now`.

        A list with an arrival time more than `stale_after` after `now` is stale, because the clock was set back.
        """
        return self._watch.freshness(now)

    def headroom(self, now: datetime) -> Headroom:
        """Return the current that the charger may take at `now`."""
        freshness = self.freshness(now)
        if freshness is not Freshness.ACTIVE or not self._known:
            why = f"{self._missing(freshness)}, fallback to {self._fallback:g} A"
            return Headroom(self._fallback, freshness, why, by_line=dict.fromkeys(LINES[self._wiring], self._fallback))
        known = self._known
        concerned = self._concerned(known)
        free = {line: self._free(known.loads.get(line)) for line in {*LINES[self._wiring], *concerned}}
        may = {line: min(max(0.0, _own(known, line) + amps), self._fuse) for line, amps in free.items()}
        tightest = min(concerned, key=lambda line: _own(known, line) + free[line])
        more = {line: max(0.0, self._drawn[line] - known.charging[line]) for line in self._charger}
        available = {line: max(0.0, free[line] - more.get(line, 0.0)) for line in LINES[self._wiring]}
        why = self._reason(tightest, known)
        return Headroom(may[tightest], freshness, why, MappingProxyType(available), MappingProxyType(may))

    def _is_old(self, measurement: Measurement, time: datetime) -> bool:
        """Return whether the push is a repetition, or arrived late, from before the last list of this meter."""
        last = self._dated[-1] if self._dated else None
        if last is None or last.timestamp is None or measurement in self._dated:
            return last is not None
        if last.meter_id != measurement.meter_id or (last.timestamp.tzinfo is None) is not (time.tzinfo is None):
            return False
        return timedelta(0) < in_utc(last.timestamp) - in_utc(time) < _LATE

    def _concerned(self, known: _Known) -> set[int]:
        """Return the lines that the charger may be connected to: all lines if the meter type contradicts `wiring`."""
        sent = known.push.wiring
        return {*LINES[self._wiring], *LINES[sent]} if sent and self._is_contradicted(known) else set(self._charger)

    def _is_contradicted(self, known: _Known) -> bool:
        return known.push.wiring not in (None, self._wiring)

    def _count(self, net: float | None, drawn: Mapping[int, float], *, is_new_list: bool) -> None:
        """Add the rise of the power since the last list with currents. A new list contains the rise in its currents."""
        if is_new_list:
            self._rise = 0.0
        elif net is not None and self._known:
            self._rise += self._risen(self._known, _Power(net, drawn))
        if net is not None:
            self._power = _Power(net, drawn)

    def _free(self, load: Load | None) -> float:
        """Return the free current in A, negative above the fuse, and -inf for a line without a known current."""
        return self._fuse - load.current - self._rise if load else -math.inf

    def _risen(self, known: _Known, power: _Power) -> float:
        """Return the current in A that the rise of the power since the previous push may add to each line.

        The rise does not include additional power of the charger, because the charging current includes it. If the
        charger drew less, another load drew the difference. A fall does not count, because it may be on another line.
        Before the first push with a power, the previous power is taken as 0.
        """
        before = self._power or _Power(0.0, known.charging)
        change = {line: amps - before.charging[line] for line, amps in power.charging.items()}
        own = power_of_change(change, None if self._is_contradicted(known) else self._wiring, known.voltages)
        return max(0.0, power.net - before.net - own) / known.voltages.lowest

    def _reason(self, line: int, known: _Known) -> str:
        meter = (
            f", and the meter is {known.push.wiring.value}"
            if known.push.wiring and self._is_contradicted(known)
            else ""
        )
        if line not in known.loads:
            missing = f"L{line} is not in the meter's list and the other lines do not bound it, so nothing may be added"
            return missing + meter
        load = known.loads[line]
        parts = [f"L{line} is the tightest line with {load.current:.2f} A of {self._fuse:g} A, {load.source}"]
        if own := _own(known, line):
            parts.append(f"{own:g} A of it taken as the charger's own")
        if self._rise:
            parts.append(f"and {self._rise:.2f} A are set aside because the power has risen since")
        return ", ".join(parts) + meter

    def _missing(self, freshness: Freshness) -> str:
        if freshness is Freshness.BAD_DATA:
            return "bytes come but nothing sound is in them"
        if self._known is None:
            return "no list with currents has come yet, only power" if self._power else "no list has come yet"
        return self._watch.why_stale()


def _own(known: _Known, line: int) -> float:
    """Return the charging current of a line; for another line, the smallest charging current of the charger's lines."""
    return known.charging.get(line, min(known.charging.values()))


def _checked_charging(charging: float | Sequence[float], lines: tuple[int, ...]) -> dict[int, float]:
    drawn = charging if isinstance(charging, list | tuple) else [charging] * len(lines)
    if len(drawn) != len(lines):
        raise ValueError(f"expected one charging current for each line of {lines!r}, found {len(drawn)}")
    return {line: amperes(CHARGING, amps) for line, amps in zip(lines, drawn, strict=True)}


def _checked_lines(lines: tuple[int, ...], wiring: Wiring) -> tuple[int, ...]:
    check_type("charger", lines, tuple)
    possible = counts(wiring)
    if len(lines) not in possible or len(set(lines)) < len(lines) or not set(lines) <= set(LINES[wiring]):
        numbers = " or ".join(map(str, possible))
        expected = f"{numbers} different lines of {LINES[wiring]} for a charger on {wiring.value}"
        raise ValueError(f"expected {expected}, found {lines!r}")
    return lines


def _checked_estimator(bound: str) -> Estimator | None:
    check_type("bound", bound, str)
    if bound not in ("high", "rare"):
        raise ValueError(f"expected 'high' or 'rare' as bound, found {bound!r}")
    return Estimator() if bound == "rare" else None
