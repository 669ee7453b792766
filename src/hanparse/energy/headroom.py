"""Defines `FuseGuard`, which computes the current that a charger may take now without overloading the main fuse.

T is the time of the last push. L is the last list (the values of one push) that contains currents. The guard guarantees
that its current is safe at T, under these conditions:

* The values in L and in all pushes after L are correct to one step of the meter. (If the meter measures with current
  transformers, the guard adds one step to each current.) If the house exports, the pushes contain the export. The
  voltage has not fallen since L.
* Between each two successive pushes after L that contain a power, one of two conditions is true: loads were only
  switched on, and only with power factor 1; or no line carries more current than before.
* The charger drew the current that the caller gave, at power factor 1.

The guarantee: if the charger draws `Headroom.current` at T, no line of the charger carries more than the rating of the
fuse. If a line of the charger carries more than the rating without the charger, the charger gets no current. The
guarantee requires the bound ``"high"``. With ``"rare"``, an unmeasured L2 can carry more than the guard assumes.

The reason: a load adds a phasor to the current of each line that it is connected to, and changes no other line. The
length of a sum of phasors is at most the sum of their lengths, at any angle (triangle inequality). So if a line carries
the current I, loads can add the current fuse − I. A load on two or three lines can draw the smallest of these
differences. A load that takes P watts at U volts, with power factor 1, draws at most P / U in a line.

The guarantee does not cover these cases until the next list with currents arrives. That list shows their effect:

* A load was switched on after T. Or a load was switched on and another load was switched off between two pushes.
* A load with a power factor below 1 was switched on after L, or the feed-in into a line has increased after L.
* A load or the charger was switched off after L, and its current had another phase than the current of its line.
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

_DATED_KEPT: Final = 9  # lists; a new list can repeat one of them: a gateway repeats messages, Aidon hourly lists
_LATE: Final = timedelta(minutes=30)  # a correction sets a clock back by seconds, the end of summer time by an hour


@dataclass(frozen=True, slots=True)
class Headroom:
    """An instance holds the current that a charger may take now, and the reason."""

    current: float
    """The current in A in each line of the charger, at least 0. The fallback if `freshness` is not `ACTIVE`."""
    freshness: Freshness
    why: str
    """The reason for `current` as a text: the values that determine `current`, or the data that are missing."""
    free: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    """The additional current in A that loads may draw, by line (1 is L1). Empty if `freshness` is not `ACTIVE`."""
    by_line: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}), compare=False, repr=False)
    """Current in A that all chargers together may draw, by line; `current` is the lowest for the charger's lines."""


class _Known(NamedTuple):
    """An instance holds the last list with currents, and the charging currents at its time, in A by line."""

    push: Measurement
    loads: Mapping[int, Load]
    voltages: Voltages
    charging: Mapping[int, float]


class _Power(NamedTuple):
    """An instance holds the power in W of the last push with a power, and the charging currents at that time."""

    net: float
    charging: Mapping[int, float]


class FuseGuard:
    """Takes measurements and returns the current that the charger may take without overloading the main fuse.

    `fuse` is the rating in A. `wiring` is the wiring of the house. `charger` contains the lines that the charger is
    connected to: ``(1, 3)`` for a one-phase charger between L1 and L3 of an IT grid, ``(1,)`` for a one-phase charger
    in a TN grid. The default is all lines. `fallback` is the current in A that the guard permits without fresh data; a
    car accepts no limit below 6 A. `stale_after` is the maximum age of the last list with currents. The default is
    three times the interval between these lists, but at least 10 s and at most 60 s.

    `bound` selects the current that the guard assumes in L2 if the meter does not measure L2. ``"high"`` is the current
    that L2 never exceeds. ``"rare"`` is a lower current that L2 exceeded in about 1 of 1,000 simulated pushes of houses
    without production. So ``"rare"`` permits more charging current, with a weaker guarantee (docs/accuracy.md). If a
    load has just been switched or if the house produces power, ``"rare"`` equals ``"high"``.

    The argument `now` of the methods is the time of the caller's clock. Aware times of different zones are compared
    correctly; UTC is best. Give naive times only from a clock that never jumps. If the clock is set back, the age of
    the data does not decrease, provided that a method was called between the last list and the change. Raises
    `TypeError` for a mix of naive and aware times and for an argument of a wrong type. Raises `ValueError` for an
    argument outside its range.
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
        """Take a valid push that arrived at `now`. Reserve current for a rise of the power since the previous push.

        Call this method once for each push, on arrival. Do not give a measurement that `MeterState` merged. A repeated
        list with a time stamp is ignored. A push is also ignored if its time stamp is less than 30 minutes before the
        time stamp of the last list. If a list without a time stamp equals the previous list, and the two `charging` are
        equal, too, the guard cannot know whether the list is repeated. The list then counts as fresh data, but the
        reserved current remains reserved.

        `charging` is the current in A that the charger drew in its lines when the meter made the push. Give one number
        for all lines, or one number for each line in the order of `charger`. Give the current that the charger
        measures, never its limit. If the current has changed since the push, give the lower value. The currents in the
        list include the charging current, so the guard adds `charging` to the current that it permits. Raises
        `TypeError` for an argument of a wrong type, and `ValueError` for a negative current, NaN or a wrong number of
        currents.
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
            self._add_rise(net_power(measurement), drawn, is_new_list=bool(loads))

    def bad_data(self, now: datetime) -> None:
        """Record that bytes without a valid push arrived at `now`. `on_error` of `Decoder` reports these bytes."""
        self._watch.run_to(now)
        self._watch.bad()

    @property
    def stale_after(self) -> timedelta:
        """The maximum age of a list with currents, as given or as computed from the intervals between lists."""
        return self._watch.limit

    def freshness(self, now: datetime) -> Freshness:
        """Return the freshness of the data at `now`.

        The data are also stale if the clock was set back, so that the last list with currents arrived more than
        `stale_after` after `now`.
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
        """Return whether the push repeats a list, or is up to `_LATE` older than the last list of the same meter."""
        last = self._dated[-1] if self._dated else None
        if last is None or last.timestamp is None or measurement in self._dated:
            return last is not None
        if last.meter_id != measurement.meter_id or (last.timestamp.tzinfo is None) is not (time.tzinfo is None):
            return False
        return timedelta(0) < in_utc(last.timestamp) - in_utc(time) < _LATE

    def _concerned(self, known: _Known) -> set[int]:
        """Return the lines of the charger. If the meter has another wiring, return all lines of both wirings."""
        other = self._other_wiring(known)
        return {*LINES[self._wiring], *LINES[other]} if other else set(self._charger)

    def _other_wiring(self, known: _Known) -> Wiring | None:
        return None if known.push.wiring is self._wiring else known.push.wiring

    def _add_rise(self, net: float | None, drawn: Mapping[int, float], *, is_new_list: bool) -> None:
        """Add the rise of the power to the reserved current. A new list sets it to 0: the list includes the rises."""
        if is_new_list:
            self._rise = 0.0
        elif net is not None and self._known:
            self._rise += self._risen(self._known, _Power(net, drawn))
        if net is not None:
            self._power = _Power(net, drawn)

    def _free(self, load: Load | None) -> float:
        """Return the free current in A: below 0 if the fuse is overloaded, -inf if the current is unknown."""
        return self._fuse - load.current - self._rise if load else -math.inf

    def _risen(self, known: _Known, power: _Power) -> float:
        """Return the current in A that the rise of the power since the previous push can add to a line.

        If the charger drew more power than before, the difference is subtracted, because `charging` includes it. If the
        charger drew less, the difference is added, because other loads have drawn this power. If the power has fallen,
        the result is 0, because it can have fallen in another line. The power before the first push is taken as 0.
        """
        before = self._power or _Power(0.0, known.charging)
        change = {line: amps - before.charging[line] for line, amps in power.charging.items()}
        own = power_of_change(change, None if self._other_wiring(known) else self._wiring, known.voltages)
        return max(0.0, power.net - before.net - own) / known.voltages.lowest

    def _reason(self, line: int, known: _Known) -> str:
        other = self._other_wiring(known)
        meter = f", and the meter is {other.value}" if other else ""
        if line not in known.loads:
            missing = f"the list has no current of L{line}, and the other lines do not limit it: no load may be added"
            return missing + meter
        load = known.loads[line]
        parts = [f"L{line} is the tightest line with {load.current:.2f} A of {self._fuse:g} A, {load.source}"]
        if own := _own(known, line):
            parts.append(f"including {own:g} A of the charger")
        if self._rise:
            parts.append(f"and {self._rise:.2f} A are reserved because the power has risen since the list")
        return ", ".join(parts) + meter

    def _missing(self, freshness: Freshness) -> str:
        if freshness is Freshness.BAD_DATA:
            return "bytes arrive, but no valid push"
        if self._known is None:
            return "no list with currents has arrived yet, only powers" if self._power else "no list has arrived yet"
        return self._watch.why_stale()


def _own(known: _Known, line: int) -> float:
    """Return the charging current in a line; if the charger does not use the line, the smallest charging current."""
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
