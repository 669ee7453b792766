"""Measurements and their times in; out comes the current that a charger may take now without overloading the main fuse.

What is promised, and why it holds. Take the last push that the guard was given. If

* its values, and those since the last list with currents, are true up to the step of the meter (behind transformers
  that step is taken off), and the voltage has not fallen since;
* since that list, between any two pushes that say the power, either loads only went on, at power factor 1, or nothing
  changed but what leaves no line with more current than before; and the pushes say the export where there is any;
* the charger drew what the caller says, at power factor 1,

then at the moment of that push no line that the charger is connected to carries more than the fuse if the charger goes
up to `Headroom.current`. Lines that were above the fuse without the charger stay so; the figure does not add to them.
That is so with the bound ``"high"``. With ``"rare"`` an L2 that is not measured may carry more than what it counts as.

A load adds a phasor to the current of every line that it is connected to and leaves the others as they are. A sum of
phasors is never longer than their lengths together (triangle inequality), whatever the angle between them. So a line
that carries I can take fuse − I more, and a load on two or three lines can take what the tightest of them leaves. What
was switched on and takes P W draws at most P / U in a line.

What is not promised: what is switched on after the last push; what went on while something else went off between two
pushes; the reactive part of what went on since the last list with currents; feed-in that has grown since, in its own
line; a line that carries more because a current went away that was out of phase with its own, the charger's or another.
The next list with currents shows all of it, and none is used that is more than a minute old.
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

_DATED_KEPT: Final = 9  # a gateway repeats its last message, an Aidon meter the list of the hour before
_LATE: Final = timedelta(minutes=30)  # clocks are corrected by seconds, daylight saving sets them back by an hour


@dataclass(frozen=True, slots=True)
class Headroom:
    """What a charger may take now, and why."""

    current: float
    """A, in each of the charger's lines; the fallback unless `freshness` is `ACTIVE`. Never negative."""
    freshness: Freshness
    why: str
    """The figure in words: what it was made from, or what is missing."""
    free: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    """A, by line (1 is L1): what any load may add there, on top of what the line carries. Empty unless `ACTIVE`."""
    by_line: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)
    """A, by line: what all that is told as `charging` may be there; `current` is the least of the charger's lines."""


class _Known(NamedTuple):
    """What the last list with currents said."""

    push: Measurement
    loads: Mapping[int, Load]
    voltages: Voltages
    charging: Mapping[int, float]


class _Power(NamedTuple):
    """What the last push with a power said, in W, and what the charger drew then, by line."""

    net: float
    charging: Mapping[int, float]


class FuseGuard:
    """Keeps a charger under the main fuse: takes what the meter says, gives the current that the charger may take.

    `fuse` is its rating in A, `wiring` how the house is connected, `charger` the lines that the charger draws from:
    ``(1, 3)`` for one phase between L1 and L3 of an IT net, ``(1,)`` for one phase of a TN net; when left out, all.
    `fallback` A is what the charger gets while nothing fresh is known; 6 A is the least that a car can be told to take.
    `stale_after` says when a list is too old; when left out it is three intervals of this meter's own lists, but never
    below 10 s or above 60 s. `bound` says what an L2 counts as that the meter does not measure: ``"high"``, what it
    never passes, or ``"rare"``, what it passed in about 1 of 1,000 simulated pushes of houses without production, which
    gives a charger more and promises less (docs/accuracy.md); where a load was switched just then, and where the house
    produces, it is ``"high"``. Raises `ValueError` for what no house has, `TypeError` for arguments of another type.

    `now` is the caller's clock: instants count, so aware times of any zone will do, UTC is best. Naive times are taken
    as a clock that never jumps; where it is put back the data are as old as they were at least, if the guard is asked
    in between. Naive and aware times mixed are a `TypeError`.
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
        self._rise = 0.0  # A, since the last list with currents
        self._drawn: Mapping[int, float] = dict.fromkeys(self._charger, 0.0)  # A, at the last push

    def update(self, measurement: Measurement, now: datetime, *, charging: float | Sequence[float] = 0) -> None:
        """Take in a sound push that came at `now`. Give each push once, when it comes, and none merged by `MeterState`.

        A list with currents that carries its own time and comes again changes nothing, nor does one that is older than
        the last. One that carries no time and is the same as the last counts as fresh, but what was set aside since
        stays set aside.

        `charging` is the current in A that the charger drew in each of its lines when the push was made, one number, or
        one for each line in the order of `charger`: what it measures of itself, the lower value where it changed, never
        what it was told to take. The meter measures it too, and the charger may keep it. Raises `TypeError` for
        arguments of another type, `ValueError` for a current that is negative or no number.
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
        """Take note that bytes came at `now` with nothing sound in them (`Decoder(on_error=...)` tells)."""
        self._watch.run_to(now)
        self._watch.bad()

    @property
    def stale_after(self) -> timedelta:
        """How old a list with currents may be; follows the meter's own interval unless it was given."""
        return self._watch.limit

    def freshness(self, now: datetime) -> Freshness:
        """What is known at `now`. A clock that was set back makes what it dated stale, not young."""
        return self._watch.freshness(now)

    def headroom(self, now: datetime) -> Headroom:
        """What the charger may take at `now`."""
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
        """Whether it was here before, or is a late one, from before the last list of this meter."""
        last = self._dated[-1] if self._dated else None
        if last is None or last.timestamp is None or measurement in self._dated:
            return last is not None
        if last.meter_id != measurement.meter_id or (last.timestamp.tzinfo is None) is not (time.tzinfo is None):
            return False
        return timedelta(0) < in_utc(last.timestamp) - in_utc(time) < _LATE

    def _concerned(self, known: _Known) -> set[int]:
        """The lines that the charger may be connected to: all, where the meter's type contradicts what was said."""
        sent = known.push.wiring
        return {*LINES[self._wiring], *LINES[sent]} if sent and self._is_contradicted(known) else set(self._charger)

    def _is_contradicted(self, known: _Known) -> bool:
        return known.push.wiring not in (None, self._wiring)

    def _count(self, net: float | None, drawn: Mapping[int, float], *, is_new_list: bool) -> None:
        """Add up what has risen since the last list with currents; a new list shows it in its currents."""
        if is_new_list:
            self._rise = 0.0
        elif net is not None and self._known:
            self._rise += self._risen(self._known, _Power(net, drawn))
        if net is not None:
            self._power = _Power(net, drawn)

    def _free(self, load: Load | None) -> float:
        """A under the fuse, negative above it; nothing that a charger could add to on a line that nobody knows."""
        return self._fuse - load.current - self._rise if load else -math.inf

    def _risen(self, known: _Known, power: _Power) -> float:
        """A that every line may carry on top since the push before, because the power has risen.

        What the charger itself has taken more is not counted, it is in its own current; what it has taken less was
        taken by something else. A fall is not counted either: it may be on another line. Before the first push with a
        power it is taken as 0.
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
    """What the charger drew of it; the least of its lines for one that it is not said to be connected to."""
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
