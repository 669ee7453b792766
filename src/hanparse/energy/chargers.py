"""Computes the power of chargers, their shares of one fuse, and limits that a charger can follow.

`FuseGuard` computes the current that all chargers may draw together. This module adds three parts: `Charger` maps the
lines of a charger to the lines of the meter, `share` divides the current among several chargers, and `Ramp` lets a
limit rise slowly. The module does no input or output and reads no clock.
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
"""The lowest current limit in A that a car accepts (IEC 61851-1). Below it a charger pauses."""
CHARGING: Final = "a charging current of 0 A or more"
"""The expected charging current in the error messages of this module and of `FuseGuard`."""
_BALANCED: Final = {  # least and most power in W per A of line current and V of the list, if all lines change equally
    (Wiring.ONE_PHASE, 1): (1.0, 1.0),
    (Wiring.THREE_WIRE, 2): (0.5, 0.5),
    (Wiring.THREE_WIRE, 3): (1 / math.sqrt(3), 1 / math.sqrt(3)),
    (Wiring.FOUR_WIRE, 1): (1.0, 1.0),
    (Wiring.FOUR_WIRE, 2): (math.sqrt(3) / 2, 1.0),  # one load between two lines, or two phases with a neutral
    (Wiring.FOUR_WIRE, 3): (1.0, 1.0),
}
_UNEVEN: Final = {Wiring.THREE_WIRE: (0.5, 1 / math.sqrt(3)), Wiring.FOUR_WIRE: (math.sqrt(3) / 2, 1.0)}
_ANY_WIRING: Final = (0.5, 1.0)
_EXHAUSTED: Final = 1e-9  # A; a smaller current counts as 0


@dataclass(frozen=True, slots=True)
class Charger:
    """A charger and the lines of the meter to which it is connected, in the order of its own L1, L2, L3.

    With ``(2, 3, 1)``, L1 of the charger is L2 of the meter. With ``(1, 3)``, the charger is between L1 and L3. The
    charger pauses below `least` A and never draws more than `most` A. Raises `ValueError` for lines that are unknown or
    repeated, for a negative current and for a `least` above `most`, and `TypeError` for an argument of another type.
    """

    lines: tuple[int, ...]
    least: float = LEAST
    most: float = 32.0

    def __post_init__(self) -> None:
        """Check the lines and the currents."""
        check_type("lines", self.lines, tuple)
        if not self.lines or len(set(self.lines)) < len(self.lines) or not set(self.lines) <= {1, 2, 3}:
            raise ValueError(f"expected one to three different lines of (1, 2, 3), found {self.lines!r}")
        least, most = amperes("a least current of 0 A or more", self.least), amperes("a most of 0 A or more", self.most)
        if least > most:
            raise ValueError(f"expected a least current of at most {most:g} A, found {least:g}")


def amperes(expected: str, value: float, high: float = math.inf) -> float:
    """Return `value`. Raises `TypeError` or `ValueError` with the text `expected` unless it is from 0 to `high`."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"expected {expected}, found {type(value).__name__}")
    if finite(value) is None or not 0 <= value <= high:
        raise ValueError(f"expected {expected}, found {value!r}")
    return value


def counts(wiring: Wiring) -> tuple[int, ...]:
    """Return the numbers of lines that a charger can use with this wiring."""
    return tuple(count for known, count in _BALANCED if known is wiring)


def power_of_change(change: Mapping[int, float], wiring: Wiring | None, voltages: Voltages) -> float:
    """Return the lower bound, in W, of the rise of the charging power after a change of the charging currents.

    `change` is the change in A of each line. `wiring` is `None` if it is unknown. The power factor is taken as 1.
    """
    if wiring is None:
        least, most = _ANY_WIRING
    elif len(set(change.values())) == 1:
        least, most = _BALANCED[wiring, len(change)]
    else:
        least, most = _UNEVEN[wiring]
    rise = sum(amps for amps in change.values() if amps > 0)
    fall = -sum(amps for amps in change.values() if amps < 0)
    return rise * voltages.lowest * least - fall * voltages.highest * most


def by_line(chargers: Sequence[Charger], drawn: Sequence[float]) -> dict[int, float]:
    """Return the current in A that all chargers draw together in each line of the meter.

    `drawn` contains the present current of each charger, in A per line. Raises `TypeError` for a current that is not a
    number, and `ValueError` for a negative current and for unequal numbers of chargers and currents.
    """
    found = dict.fromkeys((1, 2, 3), 0.0)
    for charger, current in zip(chargers, drawn, strict=True):
        for line in charger.lines:
            found[line] += amperes(CHARGING, current)
    return found


def share(headroom: Headroom, chargers: Sequence[Charger], drawn: Sequence[float]) -> tuple[float, ...]:
    """Return the current limit of each charger, in A per line, such that all chargers together keep to `headroom`.

    `drawn` contains the present current of each charger, in A per line. `headroom` is that of a `FuseGuard` with all
    lines as `charger`, to which the caller gives the result of `by_line` as `charging`. All chargers get the same
    limit, but no charger gets more than its `most` or than the free current of its lines. If this limit is below the
    `least` of some chargers, the last of these chargers pauses. The limit of a charger that pauses is 0. Raises
    `ValueError` for unequal numbers of chargers and currents.

    If one charger draws less, another charger gets this current only after a list of the meter shows that it is free.
    The reason is that on an IT net the currents of chargers are not in phase: 1 A less of one charger does not permit
    1 A more of another.
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
    """Increase all currents equally until a charger has its most or one of its lines is full (max-min fairness)."""
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


class Ramp:
    """A limit that follows the current that a charger may take: down at once, and up by at most `up` A per second.

    Below `least` A the charger pauses. It continues after at least `least` A have been available for the time `wait`,
    because frequent starts and stops wear out the contactor. Times are those of the caller's clock, as for `FuseGuard`.
    The limit does not rise when the clock is set back.
    """

    def __init__(self, *, up: float = 1.0, least: float = LEAST, wait: timedelta = timedelta(minutes=1)) -> None:
        """Raise `ValueError` for a negative `up` or `least`, and `TypeError` for an argument of another type."""
        self._up, self._least = amperes("a rise of 0 A/s or more", up), amperes("a least current of 0 A or more", least)
        check_type("wait", wait, timedelta)
        self._wait = wait
        self._clock = CallersClock()
        self._now: datetime | None = None
        self._is_paused, self._ready = True, wait  # `_ready`: time since the last current below `least`
        self._limit = 0.0

    def limit(self, current: float, now: datetime) -> float:
        """Return the limit in A for the charger at `now`: at most `current`, the current in A that it may take.

        Raises `TypeError` for an argument of another type and for a mix of naive and aware times, and `ValueError` for
        a `current` that is negative or not finite.
        """
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
