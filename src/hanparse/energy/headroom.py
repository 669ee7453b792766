"""Measurements and their times in; out comes the current that a charger may take now without overloading the main fuse.

Why the figure is safe, as long as the meter's values are true: a load adds a phasor to the current of every line that
it is connected to and leaves the others as they are. A sum of phasors is never longer than their lengths together
(triangle inequality), whatever the angle between them. So a line that carries I can take fuse − I more, and a load on
two or three lines can take what the tightest of them leaves. The same inequality bounds a line that a 3-wire meter does
not measure: without a neutral the three currents add up to zero, so none is above the sum of the two others.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from statistics import median_low
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement import Measurement, Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINES: Final = {Wiring.ONE_PHASE: (1,), Wiring.THREE_WIRE: (1, 2, 3), Wiring.FOUR_WIRE: (1, 2, 3)}
_VOLTAGES: Final = {  # power of a load / (its current · the voltage of a list), by wiring and number of lines
    (Wiring.ONE_PHASE, 1): 1.0,
    (Wiring.THREE_WIRE, 2): 1.0,
    (Wiring.THREE_WIRE, 3): math.sqrt(3),
    (Wiring.FOUR_WIRE, 1): 1.0,
    (Wiring.FOUR_WIRE, 2): math.sqrt(3),
    (Wiring.FOUR_WIRE, 3): 3.0,
}
_NOMINAL_VOLTAGE: Final = 230.0  # V, for a list with currents and without voltages

# No source states a time-out. Norwegian meters send currents every 10 s. One list is lost when the hourly list takes
# its place and one to a bad checksum, so the third is waited for. Below 10 s the jitter of a network would count as a
# loss; above 60 s nobody watches the fuse any more: an overload blows it within minutes.
_INTERVAL: Final = timedelta(seconds=10)
_LISTS_AWAITED: Final = 3
_SHORTEST_LIMIT: Final = timedelta(seconds=10)
_LONGEST_LIMIT: Final = timedelta(seconds=60)
_GAPS_ENOUGH: Final = 3
_GAPS_KEPT: Final = 9


class Freshness(Enum):
    """What the meter's data are worth now."""

    NO_DATA = "no data yet"
    ACTIVE = "active"
    STALE = "stale"
    BAD_DATA = "bad data only"


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


class _Load(NamedTuple):
    """What a line carries at most, in A, and how that is known."""

    current: float
    source: str


class _Known(NamedTuple):
    """What the last list with currents said."""

    time: datetime
    loads: Mapping[int, _Load]
    power: float | None
    voltage: float
    charging: float


class FuseGuard:
    """Keeps a charger under the main fuse: takes what the meter says, gives the current that the charger may take.

    `fuse` is its rating in A, `wiring` how the house is connected, `charger` the lines that the charger draws from:
    ``(1, 3)`` for one phase between L1 and L3 of an IT net, ``(1,)`` for one phase of a TN net; when left out, all.
    `fallback` A is what the charger gets while nothing fresh is known; 6 A is the least that a car can be told to take.
    `stale_after` says when a list is too old; when left out it is three intervals of this meter's own lists, but never
    below 10 s or above 60 s. Raises `ValueError` for what no house has, `TypeError` for arguments of another type.
    """

    def __init__(
        self,
        fuse: float,
        wiring: Wiring,
        *,
        charger: tuple[int, ...] | None = None,
        fallback: float = 6,
        stale_after: timedelta | None = None,
    ) -> None:
        _check_type("wiring", wiring, Wiring)
        self._fuse = _number("a fuse above 0 A", fuse)
        if fuse == 0:
            raise ValueError("expected a fuse above 0 A, found 0")
        self._wiring = wiring
        self._charger = _checked_lines(_LINES[wiring] if charger is None else charger, wiring)
        self._fallback = _number(f"a fallback from 0 A to the fuse, {fuse:g} A", fallback, fuse)
        self._limit = _checked_limit(stale_after)
        self._gaps: deque[timedelta] = deque(maxlen=_GAPS_KEPT)
        self._known: _Known | None = None
        self._since: tuple[float, float] | None = None  # power and charging current of the last list without currents
        self._bad: datetime | None = None

    def update(self, measurement: Measurement, now: datetime, *, charging: float = 0) -> None:
        """Take in a sound push that came at `now`, on the caller's clock; UTC is best, it has no hour twice.

        `charging` is the current in A that the charger drew in each of its lines when the push was made: what it
        measures of itself, the lower value where it changed, never what it was told to take. The meter measures it too,
        and the charger may keep it. Raises `TypeError` for arguments of another type, `ValueError` for a current that
        is negative or no number.
        """
        _check_type("measurement", measurement, Measurement)
        _check_type("now", now, datetime)
        drawn = _number("a charging current of 0 A or more", charging)
        power = _finite(measurement.active_power_import)
        if loads := _loads(measurement, self._wiring):
            self._learn(now)
            self._known = _Known(now, loads, power, _lowest_voltage(measurement), drawn)
            self._since = None
        elif power is not None:
            self._since = power, drawn
        self._bad = None

    def bad_data(self, now: datetime) -> None:
        """Take note that bytes came at `now` with nothing sound in them (`Decoder(on_error=...)` tells)."""
        _check_type("now", now, datetime)
        self._bad = now

    @property
    def stale_after(self) -> timedelta:
        """How old a list with currents may be; follows the meter's own interval unless it was given."""
        if self._limit is not None:
            return self._limit
        interval = median_low(self._gaps) if len(self._gaps) >= _GAPS_ENOUGH else _INTERVAL
        return min(max(_LISTS_AWAITED * interval, _SHORTEST_LIMIT), _LONGEST_LIMIT)

    def freshness(self, now: datetime) -> Freshness:
        """What is known at `now`. A clock that was set back makes what it dated stale, not young."""
        _check_type("now", now, datetime)
        if self._known and abs(now - self._known.time) <= self.stale_after:
            return Freshness.ACTIVE
        if self._bad and abs(now - self._bad) <= self.stale_after:
            return Freshness.BAD_DATA
        return Freshness.STALE if self._known else Freshness.NO_DATA

    def headroom(self, now: datetime) -> Headroom:
        """What the charger may take at `now`."""
        freshness = self.freshness(now)
        if freshness is not Freshness.ACTIVE or not self._known:
            why = f"{self._missing(freshness, now)}, fallback to {self._fallback:g} A"
            return Headroom(self._fallback, freshness, why)
        rise = self._rise(self._known)
        free = {line: self._free(self._known.loads.get(line), rise) for line in _LINES[self._wiring]}
        tightest = min(self._charger, key=free.__getitem__)
        current = min(max(0.0, self._known.charging + free[tightest]), self._fuse)
        why = self._reason(tightest, self._known, rise)
        available = {line: max(0.0, amperes) for line, amperes in free.items()}
        return Headroom(current, freshness, why, MappingProxyType(available))

    def _learn(self, now: datetime) -> None:
        if self._known and (gap := now - self._known.time) > timedelta(0):
            self._gaps.append(gap)

    def _free(self, load: _Load | None, rise: float) -> float:
        """A under the fuse, negative above it; nothing that a charger could add to on a line that nobody knows."""
        return self._fuse - load.current - rise if load else -math.inf

    def _rise(self, known: _Known) -> float:
        """A that every line may carry on top since the last list with currents, because the power has risen.

        A load of P W that was switched on draws at most P / U in a line. What the charger itself has taken more is not
        counted, it stands in its own current. A fall is not counted either: it may be on another line.
        """
        if self._since is None or known.power is None:
            return 0.0
        power, charging = self._since
        own = (charging - known.charging) * known.voltage * _VOLTAGES[self._wiring, len(self._charger)]
        return max(0.0, power - known.power - own) / known.voltage

    def _reason(self, line: int, known: _Known, rise: float) -> str:
        if line not in known.loads:
            return f"L{line} is not in the meter's list and the other lines do not bound it, so nothing may be added"
        load = known.loads[line]
        parts = [f"L{line} is the tightest line with {load.current:.2f} A of {self._fuse:g} A, {load.source}"]
        if known.charging:
            parts.append(f"{known.charging:g} A of it taken as the charger's own")
        if rise:
            parts.append(f"and {rise:.2f} A are set aside because the power has risen since")
        return ", ".join(parts)

    def _missing(self, freshness: Freshness, now: datetime) -> str:
        if freshness is Freshness.BAD_DATA:
            return "bytes come but nothing sound is in them"
        if self._known is None:
            return "no list with currents has come yet, only power" if self._since else "no list has come yet"
        age, limit = (now - self._known.time).total_seconds(), self.stale_after.total_seconds()
        if age < 0:
            return f"the last list with currents is dated {-age:g} s after now, the clock was set back"
        return f"the last list with currents is {age:g} s old, more than {limit:g} s"


def _loads(measurement: Measurement, wiring: Wiring) -> dict[int, _Load]:
    """What each line carries, as far as the push tells; nothing for a list without currents."""
    currents = {line: _finite(getattr(measurement, f"current_l{line}")) for line in _LINES[wiring]}
    if wiring is Wiring.THREE_WIRE and measurement.wiring is None and currents[2] == 0:
        currents[2] = None  # many 3-wire meters send 0 for an L2 that they do not measure; this one's type is not known
    measured = {line: current for line, current in currents.items() if current is not None}
    loads = {line: _Load(current, "measured") for line, current in measured.items()}
    for line in currents.keys() - measured.keys() if measured else ():
        if load := _unmeasured(line, measurement, measured, wiring):
            loads[line] = load
    return loads


def _unmeasured(line: int, measurement: Measurement, measured: Mapping[int, float], wiring: Wiring) -> _Load | None:
    estimate = measurement.estimated.get(f"current_l{line}")
    if estimate and (high := _finite(estimate.high)) is not None:
        return _Load(high, "the upper bound of an estimate")
    if wiring is not Wiring.THREE_WIRE or measurement.wiring not in (None, wiring) or len(measured) < 2:  # noqa: PLR2004
        return None
    one, other = sorted(measured)
    return _Load(measured[one] + measured[other], f"not measured but never above L{one} + L{other} without a neutral")


def _lowest_voltage(measurement: Measurement) -> float:
    voltages = (_finite(getattr(measurement, f"voltage_l{line}")) for line in (1, 2, 3))
    return min((voltage for voltage in voltages if voltage), default=_NOMINAL_VOLTAGE)


def _finite(value: float | None) -> float | None:
    """The magnitude, whatever the direction; a meter can send a float that is no number."""
    return abs(value) if value is not None and math.isfinite(value) else None


def _check_type(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"expected a {kind.__name__} as {name}, found {type(value).__name__}")


def _number(expected: str, value: float, high: float = math.inf) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"expected {expected}, found {type(value).__name__}")
    if not (0 <= value <= high and math.isfinite(value)):
        raise ValueError(f"expected {expected}, found {value!r}")
    return value


def _checked_lines(lines: tuple[int, ...], wiring: Wiring) -> tuple[int, ...]:
    _check_type("charger", lines, tuple)
    possible = sorted(number for known, number in _VOLTAGES if known is wiring)
    if len(lines) not in possible or len(set(lines)) < len(lines) or not set(lines) <= set(_LINES[wiring]):
        numbers = " or ".join(map(str, possible))
        expected = f"{numbers} different lines of {_LINES[wiring]} for a charger on {wiring.value}"
        raise ValueError(f"expected {expected}, found {lines!r}")
    return lines


def _checked_limit(limit: timedelta | None) -> timedelta | None:
    if limit is None:
        return None
    _check_type("stale_after", limit, timedelta)
    if limit <= timedelta(0):
        raise ValueError(f"expected stale_after above 0 s, found {limit}")
    return limit
