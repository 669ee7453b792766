"""Defines `LiveEnergy`, which computes the present values of energy registers between two pushes with registers.

A Norwegian meter sends its registers once an hour. A program that uses only these registers gets the energy of an hour
when the hour is over, and assigns it to the next hour. Between two pushes with registers, `LiveEnergy` adds the
integral of the power (trapezoidal rule) to the last register.

* A value never falls. If the next register is below the value, the value stays constant until the register plus the
  integral is above the value.
* The power is not integrated between two pushes with this power that are more than `MAX_GAP` apart. The value then
  stays constant, and the next register corrects the value. The power is not integrated, either, if the clock was set
  back between two such pushes, or if only one of their times has a zone.
* A power above `MAX_POWER` is impossible and is ignored.
* A register is ignored if it is lower than the last register, or if it is equal and its time is not later, because some
  Aidon meters send registers again.
* If another meter sends a register, it replaces the register of the previous meter. Only then can a value fall.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, Self

from hanparse.measurement import Measurement
from hanparse.measurement.inputs import CallersClock, check_type, finite, in_utc

MAX_GAP: Final = timedelta(seconds=60)
"""If two pushes with a power are more than this time apart, the power is not integrated.

Norwegian meters send a power every 10 s or more often.
"""

MAX_POWER: Final = 3 * 400.0 * 2500
"""A power above this limit, in W or var, is ignored.

The limit is the power of three phases of 400 V (the highest usual low voltage, 690 V between lines) with 2500 A, the
primary current of the largest usual current transformer (2500:5).
"""
_HOUR: Final = 3600.0
_DECIMALS: Final = 3  # mWh, as in hanparse.energy.hours
_POWERS: Final = {
    f"{kind}_energy_{direction}": f"{kind}_power_{direction}"
    for kind in ("active", "reactive")
    for direction in ("import", "export")
}


@dataclass(slots=True)
class _Counter:
    """An instance holds the last register, and `added`, the integral of the power since that register, in Wh or varh.

    `value` is the present value. `clock` is the time of the register by the meter's clock. `power` is the last power,
    and `time` is its time. Times are in UTC, or naive.
    """

    register: float | None = None
    clock: datetime | None = None
    added: float = 0.0
    value: float | None = None
    power: float | None = None
    time: datetime | None = None

    def add(self, power: float, time: datetime) -> None:
        """Add the integral of the power up to `time`. `power` is the power at `time`, in W or var."""
        passed = _passed(self.time, time)
        if self.power is not None and passed is not None and timedelta() < passed <= MAX_GAP:
            self.added += (self.power + power) / 2 * passed.total_seconds() / _HOUR
        if passed != timedelta():
            self.power, self.time = power, time
        self._raise()

    def set(self, register: float, clock: datetime | None) -> None:
        """Take a register that the meter sent. `clock` is the time of the register."""
        if self.register is not None:
            passed = _passed(self.clock, clock)
            is_newer = passed is not None and passed > timedelta()
            if register < self.register or (register == self.register and not is_newer):
                return
        else:
            self.value = None  # if there was a value without a register, it was from the previous meter
        self.register, self.clock, self.added = register, clock, 0.0
        self._raise()

    def _raise(self) -> None:
        if self.register is not None:
            self.value = max(self.register + self.added, self.value or 0.0)


class LiveEnergy:
    """Takes measurements and returns the present values of the registers, in Wh and varh.

    The result contains a register only after a push has contained this register. Use one object for each meter.
    """

    def __init__(self) -> None:
        self.meter_id: str | None = None
        """The meter id in the last push with a meter id; `None` if no push has contained a meter id."""
        self._counters = {name: _Counter() for name in _POWERS}
        self._callers_clock = CallersClock()

    def update(self, measurement: Measurement, at: datetime | None = None) -> dict[str, float]:
        """Take one measurement, and return `values`.

        `at` is the time of arrival. The default is `received` of the measurement, or else the time stamp of the meter.
        Give `at` for a meter that sends powers without a time stamp, such as Aidon in Norway. Raises `TypeError` for an
        argument of a wrong type, and if naive and aware times are mixed in `at`.
        """
        check_type("measurement", measurement, Measurement)
        if at is not None:
            time: datetime | None = self._callers_clock.instant(at)
        else:
            time = _utc(measurement.received or measurement.timestamp)
        self._see_meter(measurement)
        clock = _utc(measurement.energy_time or measurement.timestamp)
        for name, counter in self._counters.items():
            power = finite(getattr(measurement, _POWERS[name]))
            if power is not None and power <= MAX_POWER and time is not None:
                counter.add(max(power, 0.0), time)
            register = finite(getattr(measurement, name))
            if register is not None and register >= 0:
                counter.set(register, clock)
        return self.values

    def _see_meter(self, measurement: Measurement) -> None:
        meter_id = measurement.meter_id
        if meter_id is None or meter_id == self.meter_id:
            return
        if self.meter_id is not None:  # an old value remains until a register of the new meter replaces it
            for name, counter in self._counters.items():
                value = counter.value if getattr(measurement, name) is None else None
                self._counters[name] = _Counter(value=value)
        self.meter_id = meter_id

    @property
    def values(self) -> dict[str, float]:
        """The present values of the registers by field name, such as "active_energy_import"."""
        counters = self._counters.items()
        return {name: round(counter.value, _DECIMALS) for name, counter in counters if counter.value is not None}

    def to_dict(self) -> dict[str, Any]:
        """Return the state as a dictionary that can be stored as JSON. `from_dict` reads this dictionary."""
        counters = {name: _plain(counter) for name, counter in self._counters.items() if counter != _Counter()}
        return {"meter_id": self.meter_id, "counters": counters}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return an object with the state from `to_dict`. Raises `ValueError` for any other argument."""
        live = cls()
        try:
            meter_id, counters = state["meter_id"], dict(state["counters"])
            if not isinstance(meter_id, str | None):
                raise TypeError(meter_id)  # noqa: TRY301  the same error for every invalid state
            live.meter_id = meter_id
            live._counters |= {name: _counter(counters[name]) for name in _POWERS if name in counters}
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ValueError(f"expected a state from LiveEnergy.to_dict, found {state!r:.200}") from error
        return live


_TIMES: Final = ("clock", "time")


def _plain(counter: _Counter) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(counter).items()
    }


def _counter(state: dict[str, Any]) -> _Counter:
    """Return the counter with a state that `_plain` returned. Raises an error for any other state."""
    counter = _Counter(**state)
    for field in fields(counter):
        value = getattr(counter, field.name)
        if field.name in _TIMES:
            setattr(counter, field.name, None if value is None else in_utc(datetime.fromisoformat(value)))
        elif value is not None and not (math.isfinite(value) and value >= 0):
            raise ValueError(value)
    if counter.power is not None and counter.power > MAX_POWER:
        raise ValueError(counter.power)
    return counter if counter.added is not None else _Counter()


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else in_utc(time)


def _passed(before: datetime | None, now: datetime | None) -> timedelta | None:
    """Return the time from `before` to `now`. Return `None` if a time is missing, or if only one time has a zone."""
    if before is None or now is None or (before.tzinfo is None) is not (now.tzinfo is None):
        return None
    return now - before
