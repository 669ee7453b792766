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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from hanparse.energy.byline import ByLine
from hanparse.energy.chargers import CHARGING, amperes, counts
from hanparse.energy.estimator import Estimator
from hanparse.energy.freshness import Freshness as Freshness
from hanparse.energy.freshness import Watch
from hanparse.energy.loads import LINES, LineLoads, Load, Voltages, net_power, voltages
from hanparse.energy.order import Dated, Order
from hanparse.energy.reserve import Reserve, each
from hanparse.measurement import Measurement, Wiring
from hanparse.measurement.inputs import check_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Headroom:
    """An instance holds the current that a charger may take now, and the reason."""

    current: float
    """The current in A in each line of the charger, at least 0. The fallback if `freshness` is not `ACTIVE`."""
    freshness: Freshness
    why: str
    """The reason for `current` as a text: the values that determine `current`, or the data that are missing."""
    free: Mapping[int, float] = field(default_factory=ByLine)
    """The additional current in A that loads may draw, by line (1 is L1). Empty if `freshness` is not `ACTIVE`."""
    by_line: Mapping[int, float] = field(default_factory=ByLine, compare=False, repr=False)
    """Current in A that all chargers together may draw, by line; `current` is the lowest for the charger's lines."""


class _Known(NamedTuple):
    """An instance holds the last list with currents, and the charging currents at its time, in A by line."""

    push: Measurement
    loads: Mapping[int, Load]
    voltages: Voltages
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
        self._dated = Dated()
        self._loads = LineLoads(wiring)
        self._estimator = _checked_estimator(bound)
        self._known: _Known | None = None
        self._reserve = Reserve()
        self._drawn: Mapping[int, float] = dict.fromkeys(self._charger, 0.0)  # charging current at the last push, in A

    def __repr__(self) -> str:
        """Return the fuse, the wiring and the lines of the charger."""
        lines = ", ".join(f"L{line}" for line in self._charger)
        return f"<FuseGuard {self._fuse:g} A, {self._wiring.name}, charger on {lines}, fallback {self._fallback:g} A>"

    def update(self, measurement: Measurement, now: datetime, *, charging: float | Sequence[float] = 0) -> None:
        """Take a valid push that arrived at `now`. Reserve current for a rise of the power since the previous push.

        Call this method once for each push, on arrival. Do not give a measurement that `MeterState` merged. A repeated
        list with a time stamp is ignored. A push is late if its time stamp is less than 30 minutes before that of the
        last list. The guard uses the higher currents of a late list, and the rise of the power in a late push, but a
        late list is not fresh data. `energy.order` contains the rule for a meter whose clock was set back. If a list
        without a time stamp equals the previous list, the guard cannot know whether the list is repeated. The list then
        counts as fresh data, but the reserved current remains reserved, and the guard uses the lower `charging`.

        `charging` is the current in A that the charger drew in its lines when the meter made the push. Give one number
        for all lines, or one number for each line in the order of `charger`. Give the current that the charger
        measures, never its limit. If the current has changed since the push, give the lower value. The currents in the
        list include the charging current, so the guard adds `charging` to the current that it permits. Raises
        `TypeError` for an argument of a wrong type, and `ValueError` for a negative current, NaN or a wrong number of
        currents.
        """
        check_type("measurement", measurement, Measurement)
        drawn = _checked_charging(charging, self._charger)
        instant = self._watch.run_to(now)
        self._watch.good()
        loads, net = self._loads.read(measurement), net_power(measurement)
        order = self._dated.order(measurement, instant, is_list=bool(loads))
        if order is Order.REPEATED:
            return
        self._drawn = drawn
        if order is Order.LATE:
            self._take_late(loads, drawn, net)
            return
        if self._estimator and (rare := self._estimator.update(measurement).get("current_l2")):
            loads = self._loads.read(measurement, rare)
        if loads:
            self._take_list(measurement, loads, drawn)
        else:
            self._add_rise(net, drawn)

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
            return Headroom(
                self._fallback, freshness, why, by_line=ByLine(dict.fromkeys(LINES[self._wiring], self._fallback))
            )
        known = self._known
        concerned = self._concerned(known)
        own = self._own(known)
        free = {line: self._free(known.loads.get(line)) for line in {*LINES[self._wiring], *concerned}}
        may = {line: min(max(0.0, own.get(line, 0.0) + amps), self._fuse) for line, amps in free.items()}
        tightest = min(concerned, key=lambda line: own[line] + free[line])
        more = {line: max(0.0, self._drawn[line] - known.charging[line]) for line in self._charger}
        available = {line: max(0.0, free[line] - more.get(line, 0.0)) for line in LINES[self._wiring]}
        why = self._reason(tightest, known)
        return Headroom(may[tightest], freshness, why, ByLine(available), ByLine(may))

    def _take_list(self, push: Measurement, loads: Mapping[int, Load], drawn: Mapping[int, float]) -> None:
        known, net = self._known, net_power(push)
        if known and known.push == push:
            self._watch.listed(is_same=True)
            if drawn != known.charging:
                self._known = known._replace(charging=each(min, drawn, known.charging))
                self._reserve.doubt(net, drawn)
        else:
            self._watch.listed()
            self._known = _Known(push, loads, voltages(push), drawn)
            self._reserve.restart(net, drawn, self._most_export(self._known))

    def _take_late(self, loads: Mapping[int, Load], drawn: Mapping[int, float], net: float | None) -> None:
        """Take a push that is older than the last list. It can only reduce the current that the guard permits."""
        if known := self._known:
            worse = {line: max(load, known.loads.get(line, load)) for line, load in loads.items()}
            charging = each(min, drawn, known.charging) if loads else known.charging
            self._known = known._replace(loads={**known.loads, **worse}, charging=charging)
        self._add_rise(net, drawn)

    def _concerned(self, known: _Known) -> set[int]:
        """Return the lines of the charger. If the meter has another wiring, return all lines of both wirings."""
        other = self._other_wiring(known)
        return {*LINES[self._wiring], *LINES[other]} if other else set(self._charger)

    def _own(self, known: _Known) -> dict[int, float]:
        """Return the charging current by line.

        If the meter has another wiring, a line without the charger gets the smallest charging current.
        """
        smallest = min(known.charging.values())
        others = dict.fromkeys(self._concerned(known), smallest) if self._other_wiring(known) else {}
        return {**others, **known.charging}

    def _other_wiring(self, known: _Known) -> Wiring | None:
        return None if known.push.wiring is self._wiring else known.push.wiring

    def _add_rise(self, net: float | None, drawn: Mapping[int, float]) -> None:
        if known := self._known:
            self._reserve.add(net, drawn, None if self._other_wiring(known) else self._wiring, known.voltages)
        elif net is not None:
            self._reserve.restart(net, drawn, 0.0)

    def _most_export(self, known: _Known) -> float:
        """Return the largest power in W that the currents of a list can feed in."""
        amps = sum(known.loads[line].current if line in known.loads else self._fuse for line in LINES[self._wiring])
        return known.voltages.highest * amps

    def _free(self, load: Load | None) -> float:
        """Return the free current in A: below 0 if the fuse is overloaded, -inf if the current is unknown."""
        return self._fuse - load.current - self._reserve.amps if load else -math.inf

    def _reason(self, line: int, known: _Known) -> str:
        other = self._other_wiring(known)
        meter = f", and the meter is {other.value}" if other else ""
        if line not in known.loads:
            missing = f"the list has no current of L{line}, and the other lines do not limit it: no load may be added"
            return missing + meter
        load = known.loads[line]
        parts = [f"L{line} is the tightest line with {load.current:.2f} A of {self._fuse:g} A, {load.source}"]
        if own := self._own(known)[line]:
            parts.append(f"including {own:g} A of the charger")
        if self._reserve.amps:
            parts.append(f"and {self._reserve.amps:.2f} A are reserved because the power has risen since the list")
        return ", ".join(parts) + meter

    def _missing(self, freshness: Freshness) -> str:
        if freshness is Freshness.BAD_DATA:
            return "bytes arrive, but no valid push"
        if self._known is None:
            return (
                "no list with currents has arrived yet, only powers"
                if self._reserve.has_power
                else "no list has arrived yet"
            )
        return self._watch.why_stale()


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
