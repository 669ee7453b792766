"""Chargers and what they draw -> power, shares of one fuse, and steps that a charger can follow. No I/O, no clock.

`FuseGuard` says what may flow to all chargers together; what is here is what a program needs beside it: which line of
the meter is L1 of the charger, how several chargers share, how a limit rises.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hanparse.measurement import Wiring
from hanparse.measurement.inputs import CallersClock, check_type, finite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hanparse.energy.headroom import Headroom
    from hanparse.energy.loads import Voltages

LEAST: Final = 6.0
"""A. No car can be told to take less (IEC 61851-1): below it a charger pauses."""
CHARGING: Final = "a charging current of 0 A or more"
"""What `FuseGuard` and those here expect a charger to draw."""
_BALANCED: Final = {  # W per A in each line and V of the list, least and most, where all its lines change alike
    (Wiring.ONE_PHASE, 1): (1.0, 1.0),
    (Wiring.THREE_WIRE, 2): (0.5, 0.5),
    (Wiring.THREE_WIRE, 3): (1 / math.sqrt(3), 1 / math.sqrt(3)),
    (Wiring.FOUR_WIRE, 1): (1.0, 1.0),
    (Wiring.FOUR_WIRE, 2): (math.sqrt(3) / 2, 1.0),  # between two lines, or two phases with a neutral
    (Wiring.FOUR_WIRE, 3): (1.0, 1.0),
}
_UNEVEN: Final = {Wiring.THREE_WIRE: (0.5, 1 / math.sqrt(3)), Wiring.FOUR_WIRE: (math.sqrt(3) / 2, 1.0)}
_ANY: Final = (0.5, 1.0)
_EXHAUSTED: Final = 1e-9  # A


@dataclass(frozen=True, slots=True)
class Charger:
    """One charger: the lines of the meter that it is connected to, in the order of its own L1, L2, L3.

    ``(2, 3, 1)`` is a charger whose L1 is L2 of the meter, ``(1, 3)`` one between L1 and L3. Below `least` A it pauses,
    above `most` A it does not go.
    """

    lines: tuple[int, ...]
    least: float = LEAST
    most: float = 32.0

    def __post_init__(self) -> None:
        """Check what is easily mistaken."""
        check_type("lines", self.lines, tuple)
        if not self.lines or len(set(self.lines)) < len(self.lines) or not set(self.lines) <= {1, 2, 3}:
            raise ValueError(f"expected one to three different lines of (1, 2, 3), found {self.lines!r}")
        least, most = amperes("a least current of 0 A or more", self.least), amperes("a most of 0 A or more", self.most)
        if least > most:
            raise ValueError(f"expected a least current of at most {most:g} A, found {least:g}")


def amperes(expected: str, value: float, high: float = math.inf) -> float:
    """The value, which is from 0 to `high`. Raises `TypeError` and `ValueError` that say what was `expected`."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"expected {expected}, found {type(value).__name__}")
    if finite(value) is None or not 0 <= value <= high:
        raise ValueError(f"expected {expected}, found {value!r}")
    return value


def counts(wiring: Wiring) -> tuple[int, ...]:
    """How many lines a charger may have."""
    return tuple(count for known, count in _BALANCED if known is wiring)


def power_of_change(change: Mapping[int, float], wiring: Wiring | None, voltages: Voltages) -> float:
    """W that chargers take more at least, whose currents have changed by so many A in each of their lines.

    `wiring` is `None` where nobody knows how they are connected. Power factors are 1.
    """
    if wiring is None:
        least, most = _ANY
    elif len(set(change.values())) == 1:
        least, most = _BALANCED[wiring, len(change)]
    else:
        least, most = _UNEVEN[wiring]
    more, less = (sum(max(0.0, sign * amps) for amps in change.values()) for sign in (1, -1))
    return more * voltages.lowest * least - less * voltages.highest * most


def by_line(chargers: Sequence[Charger], drawn: Sequence[float]) -> dict[int, float]:
    """A that all chargers draw together in each line of the meter, from what each draws in each of its lines."""
    found = dict.fromkeys((1, 2, 3), 0.0)
    for charger, current in zip(chargers, drawn, strict=True):
        for line in charger.lines:
            found[line] += amperes(CHARGING, current)
    return found


def share(headroom: Headroom, chargers: Sequence[Charger], drawn: Sequence[float]) -> tuple[float, ...]:
    """A for each charger in each of its lines, so that together they keep to `headroom`, from what each draws now.

    The guard has all lines as its `charger`, and was told as `charging` what all draw in each line (`by_line`). Each
    gets as much as the others, up to what it can take and its lines have. Where that is below the least current of one,
    the last of those pauses. What one is to give up another gets when the meter has shown that it is free: on an IT net
    their currents are not in phase, so less of one does not make room for as much of the other.
    """
    targets = _targets(headroom.by_line, chargers)
    wanted = [max(0.0, target - now) for target, now in zip(targets, drawn, strict=True)]
    rises = _filled(dict(headroom.free or headroom.by_line), chargers, wanted)
    limits = [min(target, now + rise) for target, now, rise in zip(targets, drawn, rises, strict=True)]
    return tuple(0.0 if limit < charger.least else limit for limit, charger in zip(limits, chargers, strict=True))


def _targets(free: Mapping[int, float], chargers: Sequence[Charger]) -> list[float]:
    most = [charger.most for charger in chargers]
    while True:
        found = _filled(dict(free), chargers, most)
        short = [place for place, charger in enumerate(chargers) if most[place] and found[place] < charger.least]
        if not short:
            return found
        most[short[-1]] = 0.0


def _filled(free: dict[int, float], chargers: Sequence[Charger], most: Sequence[float]) -> list[float]:
    """As much for each as for the others, until it has its most or a line of it is full (max-min fairness)."""
    found = [0.0] * len(chargers)
    rising = {place for place, amps in enumerate(most) if amps > 0}
    while rising := {
        place for place in rising if all(free.get(line, 0) > _EXHAUSTED for line in chargers[place].lines)
    }:
        users = {line: sum(line in chargers[place].lines for place in rising) for line in free}
        step = min(free[line] / users[line] for line in free if users[line])
        step = min(step, *(most[place] - found[place] for place in rising))
        for place in rising:
            found[place] += step
            for line in chargers[place].lines:
                free[line] -= step
        rising = {place for place in rising if most[place] - found[place] > _EXHAUSTED}
    return found


def _least(free: Mapping[int, float], charger: Charger) -> float:
    return min(free.get(line, 0.0) for line in charger.lines)


class Ramp:
    """Follows what a charger may take: down at once, up by `up` A a second, and not below `least`: then it pauses.

    After a pause it goes on when there was enough for `wait`, so that no contactor is worn out by a current that
    comes and goes. Times are the caller's, as for `FuseGuard`; a clock that is set back lets nothing rise.
    """

    def __init__(self, *, up: float = 1.0, least: float = LEAST, wait: timedelta = timedelta(minutes=1)) -> None:
        """Raise `ValueError` for what is negative, `TypeError` for arguments of another type."""
        self._up, self._least = amperes("a rise of 0 A/s or more", up), amperes("a least current of 0 A or more", least)
        check_type("wait", wait, timedelta)
        self._wait = wait
        self._clock = CallersClock()
        self._now: datetime | None = None
        self._is_paused, self._ready = True, wait  # how long ago there was too little
        self._limit = 0.0

    def limit(self, current: float, now: datetime) -> float:
        """What the charger is to be told at `now`, when it may take `current` A: never more than that."""
        amps, instant = amperes("a current of 0 A or more", current), self._clock.instant(now)
        passed = max(timedelta(0), instant - (self._now or instant))
        self._now = instant
        self._ready += passed
        if amps < self._least:
            self._is_paused, self._ready, self._limit = True, timedelta(0), 0.0
        elif not self._is_paused:
            self._limit = min(amps, self._limit + self._up * passed.total_seconds())
        elif self._ready >= self._wait:
            self._is_paused, self._limit = False, self._least
        return self._limit
