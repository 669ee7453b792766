"""Divides the current of one fuse among several chargers, and limits how fast the current of a charger rises.

`FuseGuard` computes the current that all chargers together may draw. `Charger` maps the lines of a charger (L1 to L3)
to the lines of the meter. `share` divides the current among the chargers. `Ramp` lets a limit rise slowly. The module
does no input or output and reads no clock.
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
"""The lowest current limit in A that a car accepts (IEC 61851-1). If the limit is lower, the charger must pause."""
CHARGING: Final = "a charging current of 0 A or more"
"""The expected charging current in the error messages of this module and of `FuseGuard`."""
# By wiring and number of lines: the least and the most power in W per line, if each current rises by 1 A at 1 V.
_BALANCED: Final = {
    (Wiring.ONE_PHASE, 1): (1.0, 1.0),
    (Wiring.THREE_WIRE, 2): (0.5, 0.5),
    (Wiring.THREE_WIRE, 3): (1 / math.sqrt(3), 1 / math.sqrt(3)),
    (Wiring.FOUR_WIRE, 1): (1.0, 1.0),
    (Wiring.FOUR_WIRE, 2): (math.sqrt(3) / 2, 1.0),  # least: one load between two lines; most: two loads to neutral
    (Wiring.FOUR_WIRE, 3): (1.0, 1.0),
}
_UNEVEN: Final = (math.sqrt(3) / 2, 1.0)  # on four wires
_ANY_WIRING: Final = (0.5, 1.0)
_PAIR: Final = 2  # lines of a charger between two lines
_SEPARATE: Final = (_BALANCED[Wiring.THREE_WIRE, 2][0], _BALANCED[Wiring.THREE_WIRE, 3][1])
_ROUNDED: Final = 0.5  # A; three equal currents, and three currents whose sum is 0, are accepted with this error
_EXHAUSTED: Final = 1e-9  # A; a smaller current is taken as 0


@dataclass(frozen=True, slots=True)
class Charger:
    """An instance describes a charger.

    `lines` contains the lines of the meter to which L1, L2 and L3 of the charger are connected. With ``(2, 3, 1)``, L1
    of the charger is L2 of the meter. With ``(1, 3)``, the charger uses only L1 and L3 of the meter. The charger pauses
    below `least` A and never draws more than `most` A. Raises `ValueError` for missing, unknown or repeated lines, for
    a current that is negative or not finite, and for a `least` above `most`. Raises `TypeError` for an argument of a
    wrong type.
    """

    lines: tuple[int, ...]
    least: float = LEAST
    most: float = 32.0

    def __post_init__(self) -> None:
        """Check the lines and the currents."""
        check_type("lines", self.lines, tuple)
        if not self.lines or len(set(self.lines)) < len(self.lines) or not set(self.lines) <= {1, 2, 3}:
            raise ValueError(f"expected one to three different lines of (1, 2, 3), found {self.lines!r}")
        least, most = (
            amperes("a least current of 0 A or more", self.least),
            amperes("a largest current of 0 A or more", self.most),
        )
        if least > most:
            raise ValueError(f"expected a least current of at most {most:g} A, found {least:g}")


def amperes(expected: str, value: float, high: float = math.inf) -> float:
    """Return `value` if it is from 0 to `high`. Otherwise raise an error with `expected` in its message."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"expected {expected}, found {type(value).__name__}")
    if finite(value) is None or not 0 <= value <= high:
        raise ValueError(f"expected {expected}, found {value!r}")
    return value


def counts(wiring: Wiring) -> tuple[int, ...]:
    """Return the possible numbers of lines of a charger in a house with this wiring, such as ``(2, 3)``."""
    return tuple(count for known, count in _BALANCED if known is wiring)


def power_of_change(
    before: Mapping[int, float], after: Mapping[int, float], wiring: Wiring | None, voltages: Voltages
) -> float:
    """Return the smallest rise of the charging power, in W, between two moments.

    `before` and `after` give the charging current in each line, in A. The result is below 0 if the power may have
    fallen. `wiring` is `None` if it is unknown. The power factor is taken as 1.
    """
    changes = [amps - before[line] for line, amps in after.items()]
    if wiring is Wiring.THREE_WIRE:
        return _on_three_wires(before, after, changes, voltages)
    if wiring is None:
        limits = _ANY_WIRING
    elif len(set(changes)) == 1:
        limits = _BALANCED[wiring, len(changes)]
    else:
        limits = _UNEVEN
    return _smallest_rise(changes, limits, voltages)


def _smallest_rise(changes: Sequence[float], limits: tuple[float, float], voltages: Voltages) -> float:
    least, most = limits
    rise = sum(amps for amps in changes if amps > 0)
    fall = -sum(amps for amps in changes if amps < 0)
    return rise * voltages.lowest * least - fall * voltages.highest * most


def _on_three_wires(
    before: Mapping[int, float], after: Mapping[int, float], changes: Sequence[float], voltages: Voltages
) -> float:
    """Return the smallest rise for the currents of one charger and for the sums of the currents of several chargers.

    `by_line` adds up the currents of several chargers as if they were in phase. So these sums can be too high, and
    `_between_lines` is then wrong. The power of each of these chargers follows from the limits in `_SEPARATE`.
    """
    first, second = _between_lines(before), _between_lines(after)
    if first is None or second is None:
        return _smallest_rise(changes, _ANY_WIRING, voltages)
    risen = (second - first) * (voltages.lowest if second > first else voltages.highest)
    if len(changes) == _PAIR or (_is_balanced(before) and _is_balanced(after)):
        return risen
    return min(risen, _smallest_rise(changes, _SEPARATE, voltages))


def _is_balanced(currents: Mapping[int, float]) -> bool:
    return max(currents.values()) - min(currents.values()) <= _ROUNDED


def _between_lines(currents: Mapping[int, float]) -> float | None:
    """Return the power of loads between lines in W for 1 V, or `None` if the sum of the currents cannot be 0.

    The loads are resistive, so the current of each load is in phase with the voltage between its lines. If a, b and c
    are the currents of the three loads, the current of a line is √(a² + b² + ab). The sum of the squares of the line
    currents and the area of the triangle that they form give the sum a + b + c.
    """
    first, second, third = sorted([*currents.values(), 0.0, 0.0][:3])
    if third - first - second > _ROUNDED:
        return None
    half = (first + second + third) / 2
    area = math.sqrt(max(0.0, half * (half - first) * (half - second) * (half - third)))
    return math.sqrt((first**2 + second**2 + third**2) / 2 + 2 * math.sqrt(3) * area)


def by_line(chargers: Sequence[Charger], drawn: Sequence[float]) -> dict[int, float]:
    """Return, for each line of the meter, the current in A that all chargers draw together.

    `drawn` contains the present current of each charger, in A per line. Raises `TypeError` for a current that is not a
    number, and `ValueError` for a negative current and for unequal numbers of chargers and currents.
    """
    currents = dict.fromkeys((1, 2, 3), 0.0)
    for charger, current in zip(chargers, drawn, strict=True):
        for line in charger.lines:
            currents[line] += amperes(CHARGING, current)
    return currents


def share(headroom: Headroom, chargers: Sequence[Charger], drawn: Sequence[float]) -> tuple[float, ...]:
    """Return the current limit of each charger, in A per line.

    The chargers together draw at most the current in `headroom`. `drawn` contains the present current of each charger,
    in A per line. `headroom` is the result of a `FuseGuard` with all lines as `charger`. The caller must give the
    result of `by_line` to this guard as `charging`. All chargers get the same limit, but no charger gets more than its
    `most`, or more than its lines permit. If the limits of some chargers are below their `least`, the last of these
    chargers pauses, and the other chargers share its current. This is repeated until no limit is below `least`. The
    limit of a charger that pauses is 0. Raises the same errors as `by_line`.

    If a charger draws less than before, other chargers get its current only after a list of the meter (the values of
    one push) has shown that the current is free. The reason: the currents of chargers on an IT grid are not in phase,
    so if one charger draws 1 A less, another charger cannot always draw 1 A more.
    """
    targets = _targets(headroom.by_line, chargers)
    drawn = [amperes(CHARGING, current) for current in drawn]
    wanted = [max(0.0, target - now) for target, now in zip(targets, drawn, strict=True)]
    rises = _filled(dict(headroom.free or headroom.by_line), chargers, wanted)
    limits = [min(target, now + rise) for target, now, rise in zip(targets, drawn, rises, strict=True)]
    return tuple(0.0 if limit < charger.least else limit for limit, charger in zip(limits, chargers, strict=True))


def _targets(free: Mapping[int, float], chargers: Sequence[Charger]) -> list[float]:
    most = [charger.most for charger in chargers]
    while True:
        limits = _filled(dict(free), chargers, most)
        below_least = [index for index, charger in enumerate(chargers) if most[index] and limits[index] < charger.least]
        if not below_least:
            return limits
        most[below_least[-1]] = 0.0


def _filled(free: dict[int, float], chargers: Sequence[Charger], most: Sequence[float]) -> list[float]:
    """Return the current of each charger.

    All currents rise equally from 0. The current of a charger stops at its value in `most`, or when one of its lines
    has no free current left (max-min fairness).
    """
    currents = [0.0] * len(chargers)
    rising = {index for index, amps in enumerate(most) if amps > 0}
    while rising := {
        index for index in rising if all(free.get(line, 0) > _EXHAUSTED for line in chargers[index].lines)
    }:
        users = {line: sum(line in chargers[index].lines for index in rising) for line in free}
        step = min(free[line] / users[line] for line in free if users[line])
        step = min(step, *(most[index] - currents[index] for index in rising))
        for index in rising:
            currents[index] += step
            for line in chargers[index].lines:
                free[line] -= step
        rising = {index for index in rising if most[index] - currents[index] > _EXHAUSTED}
    return currents


class Ramp:
    """Computes a limit that follows the available current: it falls at once, and rises by at most `up` A per second.

    If the available current is below `least` A, the charger pauses. The charger continues when at least `least` A have
    been available for the time `wait`, because frequent starts and stops wear out the contactor. The caller gives the
    times, as for `FuseGuard`. The first limit is `least` A, or 0 A if less is available. The limit does not rise when
    the caller's clock is set back.
    """

    def __init__(self, *, up: float = 1.0, least: float = LEAST, wait: timedelta = timedelta(minutes=1)) -> None:
        """Raise `ValueError` for an `up` or `least` that is negative or not finite.

        Raise `TypeError` for an argument of a wrong type.
        """
        self._up, self._least = amperes("a rise of 0 A/s or more", up), amperes("a least current of 0 A or more", least)
        check_type("wait", wait, timedelta)
        self._wait = wait
        self._clock = CallersClock()
        self._now: datetime | None = None
        self._is_paused, self._ready = True, wait  # `_ready`: time since the last current below `least`
        self._limit = 0.0

    def limit(self, current: float, now: datetime) -> float:
        """Return the limit in A for the charger at `now`. `current` is the available current in A.

        Raises `TypeError` for an argument of a wrong type and for a mix of naive and aware times. Raises `ValueError`
        for a `current` that is negative or not finite.
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
