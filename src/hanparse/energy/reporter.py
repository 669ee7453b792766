"""Measurements and their times in; out come the few values worth a report, as a radio sensor sends them.

The rules, parameters, ranges, defaults and number formats are those of a Z-Wave HAN sensor (Meter V5 reports): power,
voltage and current by hysteresis and interval, energy whenever its register changes. Only what a meter measured is
reported, every phase on its own, and only from the push that carries it: an old value is never sent as a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from hanparse.measurement import Measurement
from hanparse.measurement.inputs import CallersClock, check_type, finite

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mode(Enum):
    """How hysteresis and interval belong together; the sensor's manual allows both readings.

    A hysteresis of 0 leaves the interval alone to decide, in both.
    """

    EITHER = "at a change, and at the latest after the interval"
    BOTH = "at a change, but not before the interval is over"


class Cause(Enum):
    """Why a value is reported."""

    FIRST = "nothing was reported before"
    CHANGE = "it has changed by the hysteresis"
    INTERVAL = "the interval is over"


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """How a report carries a number: a signed integer of `size` bytes with `precision` decimals, in `unit`.

    `code` is the scale of the Meter V5 report for an electricity meter.
    """

    unit: str
    code: int
    precision: int
    size: int

    @property
    def limit(self) -> Decimal:
        """The largest magnitude that fits."""
        return Decimal(2 ** (8 * self.size - 1) - 1).scaleb(-self.precision)

    def encode(self, value: float) -> bytes:
        """The bytes of `value`, rounded to the nearest step. Raises `ValueError` outside ±`limit`."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError(f"expected a number of {self.unit}, found {type(value).__name__}")
        if not abs(value) <= float(self.limit):
            raise ValueError(f"expected -{self.limit} to {self.limit} {self.unit}, found {value!r}")
        steps = round(_exact(value).scaleb(self.precision))
        return steps.to_bytes(self.size, "big", signed=True)


# The manual's text gives one decimal to all four, its table gives each its own; the table is the one that can be meant.
KILOWATT_HOURS: Final = FixedPoint("kWh", 0x00, precision=2, size=4)
WATTS: Final = FixedPoint("W", 0x02, precision=0, size=4)
VOLTS: Final = FixedPoint("V", 0x04, precision=1, size=2)
AMPERES: Final = FixedPoint("A", 0x05, precision=1, size=2)


def _parameter(number: int, low: int, high: int, default: int, unit: str) -> int:
    return field(default=default, metadata={"number": number, "low": low, "high": high, "unit": unit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The sensor's configuration parameters 1 to 5, in its own units; a hysteresis of 0 is switched off.

    Raises `ValueError` that names the range for a value outside it, `TypeError` for what is no whole number.
    """

    power_hysteresis: int = _parameter(1, 0, 100_000, 200, "W")
    voltage_hysteresis: int = _parameter(2, 0, 420, 5, "V")
    current_hysteresis: int = _parameter(3, 0, 65_535, 20, "tenths of an ampere")
    power_interval: int = _parameter(4, 10, 65_535, 10, "s")
    voltage_current_interval: int = _parameter(5, 10, 65_535, 300, "s")

    def __post_init__(self) -> None:
        """Check the ranges."""
        for each in fields(self):
            value, low, high = getattr(self, each.name), each.metadata["low"], each.metadata["high"]
            expected = f"{low} to {high} {each.metadata['unit']} as {each.name} (parameter {each.metadata['number']})"
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"expected a whole number, {expected}, found {type(value).__name__}")
            if not low <= value <= high:
                raise ValueError(f"expected {expected}, found {value}")

    @classmethod
    def numbered(cls, values: Mapping[int, int]) -> Self:
        """The parameters by their numbers, such as ``{1: 500, 4: 60}``. Raises `ValueError` for other numbers."""
        names = {each.metadata["number"]: each.name for each in fields(cls)}
        if unknown := values.keys() - names.keys():
            raise ValueError(f"expected parameters {min(names)} to {max(names)}, found {sorted(unknown)}")
        return cls(**{names[number]: value for number, value in values.items()})


class Report(NamedTuple):
    """One value worth sending."""

    field: str
    """The field of `Measurement` that it comes from, which also says the phase."""
    value: float
    """In the unit of `scale`."""
    scale: FixedPoint
    cause: Cause

    @property
    def data(self) -> bytes:
        """The value as the report carries it. Raises `ValueError` when it does not fit."""
        return self.scale.encode(self.value)


class _Rule(NamedTuple):
    """What makes a field worth a report; `None` as hysteresis: any change does, and no interval."""

    scale: FixedPoint
    hysteresis: Decimal | None
    interval: timedelta


class _Last(NamedTuple):
    """What was last reported of a field."""

    value: float
    time: datetime


class Reporter:
    """Takes measurements, gives the reports that the sensor would send; the first value of a field is always one."""

    def __init__(self, parameters: Parameters | None = None, mode: Mode = Mode.EITHER) -> None:
        """Raise `TypeError` for arguments of another type."""
        parameters = Parameters() if parameters is None else parameters
        for name, value, kind in (("parameters", parameters, Parameters), ("mode", mode, Mode)):
            check_type(name, value, kind)
        self._mode = mode
        self._clock = CallersClock()
        self._rules = _rules(parameters)
        self._last: dict[str, _Last] = {}

    def update(self, measurement: Measurement, now: datetime) -> list[Report]:
        """The reports that this push at `now` gives rise to.

        A list's own `timestamp` is the better `now` where every list has one: it does not jitter, so that an interval
        of 10 s meets lists that come every 10 s. A clock that goes backwards counts as an interval that is over. Of
        aware times the instants count; naive and aware ones mixed are a `TypeError`.
        """
        check_type("measurement", measurement, Measurement)
        instant = self._clock.instant(now)
        reports = []
        for name, rule in self._rules.items():
            value = _value(measurement, name)
            if value is not None and (cause := self._cause(name, rule, value, instant)):
                self._last[name] = _Last(value, instant)
                reports.append(Report(name, value, rule.scale, cause))
        return reports

    def _cause(self, name: str, rule: _Rule, value: float, now: datetime) -> Cause | None:
        last = self._last.get(name)
        if last is None:
            return Cause.FIRST
        if rule.hysteresis is None:
            return Cause.CHANGE if value != last.value else None
        over = not timedelta(0) <= now - last.time < rule.interval
        changed = rule.hysteresis > 0 and abs(_exact(value) - _exact(last.value)) >= rule.hysteresis
        if self._mode is Mode.BOTH and rule.hysteresis:
            return Cause.CHANGE if changed and over else None
        if changed:
            return Cause.CHANGE
        return Cause.INTERVAL if over else None


def serial_halves(meter_id: str) -> tuple[int, int]:
    """The meter id as the sensor's read-only parameters 9 and 10: its first and its last eight digits as numbers.

    That reading is a guess: the manual says "first half" and "last half" in four bytes each, not how. Eight decimal
    digits fit; sixteen characters would not. Write them back with ``f"{half:08}"``. Raises `ValueError` unless the id
    has 16 digits.
    """
    check_type("meter_id", meter_id, str)
    if not re.fullmatch(r"[0-9]{16}", meter_id):
        raise ValueError(f"expected a meter id of 16 digits, found {meter_id!r}")
    return int(meter_id[:8]), int(meter_id[8:])


def _rules(parameters: Parameters) -> dict[str, _Rule]:
    """The rule of every field that the sensor reports."""
    often, seldom = (timedelta(seconds=s) for s in (parameters.power_interval, parameters.voltage_current_interval))
    voltage = _Rule(VOLTS, Decimal(parameters.voltage_hysteresis), seldom)
    current = _Rule(AMPERES, Decimal(parameters.current_hysteresis) / 10, seldom)
    return {
        "active_energy_import": _Rule(KILOWATT_HOURS, None, timedelta(0)),
        "active_power_import": _Rule(WATTS, Decimal(parameters.power_hysteresis), often),
        **{f"voltage_l{line}": voltage for line in (1, 2, 3)},
        **{f"current_l{line}": current for line in (1, 2, 3)},
    }


def _value(measurement: Measurement, name: str) -> float | None:
    """The field in the unit of its report; `None` as well for a float that is no number."""
    value: float | None = finite(getattr(measurement, name))
    if value is None:
        return None
    return value / 1000 if name == "active_energy_import" else value


def _exact(value: float) -> Decimal:
    """The decimal that the meter sent: 2.3 − 0.3 is 2, which it is not in binary."""
    return Decimal(str(value))
