"""Defines `Reporter`, which selects the values of a measurement that a Z-Wave HAN sensor would report.

The manual of the sensor (Heatit Z-HAN) defines the rules, parameters, ranges, defaults and number formats (reports of
the Z-Wave command class Meter, version 5). An energy is reported when its register changes. For a power, a voltage or a
current, two parameters determine when it is reported. The *hysteresis* is the smallest change that is reported. The
*interval* is a minimum or maximum time between two reports of a value. `Mode` selects how the two parameters are
combined. The reporter uses only values of the present push, and reports each phase separately.
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
    """The rule that combines hysteresis and interval. The manual of the sensor can be understood in these two ways.

    If the hysteresis is 0, only the interval applies, in both modes.
    """

    EITHER = "at a change, and at the latest after the interval"
    BOTH = "at a change, but not before the interval is over"


class Cause(Enum):
    """The reason for a report."""

    FIRST = "nothing was reported before"
    CHANGE = "it has changed by the hysteresis"
    INTERVAL = "the interval is over"


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """An instance is a number format: a signed integer of `size` bytes with `precision` decimals, in `unit`.

    `code` is the number of the unit in a Meter V5 report of an electricity meter, where the number is called *scale*.
    """

    unit: str
    code: int
    precision: int
    size: int

    @property
    def limit(self) -> Decimal:
        """The largest positive number that the format can represent, in `unit`."""
        return Decimal(2 ** (8 * self.size - 1) - 1).scaleb(-self.precision)

    def encode(self, value: float) -> bytes:
        """Return the bytes of `value`, rounded to the nearest step.

        Raises `TypeError` if `value` is not a number, and `ValueError` if the number is outside ±`limit`.
        """
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError(f"expected a number of {self.unit}, found {type(value).__name__}")
        if not abs(value) <= float(self.limit):
            raise ValueError(f"expected -{self.limit} to {self.limit} {self.unit}, found {value!r}")
        steps = round(_exact(value).scaleb(self.precision))
        return steps.to_bytes(self.size, "big", signed=True)


# The text of the manual gives one decimal for all four units. A table in the manual gives a precision for each unit,
# and this module uses the table.
KILOWATT_HOURS: Final = FixedPoint("kWh", 0x00, precision=2, size=4)
WATTS: Final = FixedPoint("W", 0x02, precision=0, size=4)
VOLTS: Final = FixedPoint("V", 0x04, precision=1, size=2)
AMPERES: Final = FixedPoint("A", 0x05, precision=1, size=2)


def _parameter(number: int, low: int, high: int, default: int, unit: str) -> int:
    return field(default=default, metadata={"number": number, "low": low, "high": high, "unit": unit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The configuration parameters 1 to 5 of the sensor, in the units of the sensor.

    If a hysteresis is 0, only the interval applies. Raises `ValueError` for a value outside its range, and `TypeError`
    for a value that is not a whole number.
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
                raise TypeError(f"expected a whole number from {expected}, found {type(value).__name__}")
            if not low <= value <= high:
                raise ValueError(f"expected {expected}, found {value}")

    @classmethod
    def numbered(cls, values: Mapping[int, int]) -> Self:
        """Return the parameters. `values` maps the numbers of parameters to values, such as ``{1: 500, 4: 60}``.

        Raises `ValueError` for a number other than 1 to 5 and for a value outside its range. Raises `TypeError` if
        a value is not a whole number.
        """
        names = {each.metadata["number"]: each.name for each in fields(cls)}
        if unknown := values.keys() - names.keys():
            raise ValueError(f"expected parameters {min(names)} to {max(names)}, found {sorted(unknown)}")
        return cls(**{names[number]: value for number, value in values.items()})


class Report(NamedTuple):
    """An instance holds one value that the sensor would send."""

    field: str
    """The name of the field of `Measurement`. The name includes the phase."""
    value: float
    """The value in the unit of `scale`."""
    scale: FixedPoint
    cause: Cause

    @property
    def data(self) -> bytes:
        """The bytes of the value in the report. Raises `ValueError` if the value is outside the range of `scale`."""
        return self.scale.encode(self.value)


class _Rule(NamedTuple):
    """The rule for the reports of a field.

    If `hysteresis` is `None`, every change is reported and `interval` is not used.
    """

    scale: FixedPoint
    hysteresis: Decimal | None
    interval: timedelta


class _Last(NamedTuple):
    """An instance holds the value and the time of the last report of a field."""

    value: float
    time: datetime


class Reporter:
    """Takes measurements and returns the reports that the sensor would send.

    The first value of a field is always reported.
    """

    def __init__(self, parameters: Parameters | None = None, mode: Mode = Mode.EITHER) -> None:
        """Raise `TypeError` for an argument of a wrong type."""
        parameters = Parameters() if parameters is None else parameters
        for name, value, kind in (("parameters", parameters, Parameters), ("mode", mode, Mode)):
            check_type(name, value, kind)
        self._mode = mode
        self._clock = CallersClock()
        self._rules = _rules(parameters)
        self._last: dict[str, _Last] = {}

    def update(self, measurement: Measurement, now: datetime) -> list[Report]:
        """Return the reports for this push at `now`.

        If every push contains a `timestamp`, give the time stamp as `now`, because time stamps have no jitter. Then, if
        the meter sends a push every 10 s and the interval is 10 s, every push is reported. If `now` is earlier than the
        last report, the interval counts as over. Aware times are compared as instants. Raises `TypeError` for an
        argument of a wrong type and for a mix of naive and aware times.
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
    """Return the meter id as the read-only parameters 9 and 10 of the sensor.

    The result is the first and the last eight digits as numbers. This interpretation is a guess. The manual mentions
    only a "first half" and a "last half" of the id, with four bytes each. A number of eight decimal digits fits into
    four bytes, but eight characters do not. ``f"{half:08}"`` returns the eight digits of a half. Raises `ValueError` if
    the id does not have 16 digits, and `TypeError` if the id is not a string.
    """
    check_type("meter_id", meter_id, str)
    if not re.fullmatch(r"[0-9]{16}", meter_id):
        raise ValueError(f"expected a meter id of 16 digits, found {meter_id!r}")
    return int(meter_id[:8]), int(meter_id[8:])


def _rules(parameters: Parameters) -> dict[str, _Rule]:
    """Return the rule of every field that the sensor reports."""
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
    """Return the value of a field in the unit of the report, or `None` if it is missing, NaN or infinite."""
    value: float | None = finite(getattr(measurement, name))
    if value is None:
        return None
    return value / 1000 if name == "active_energy_import" else value


def _exact(value: float) -> Decimal:
    """Return the decimal number that the meter sent. As decimal numbers, 2.3 − 0.3 is 2; as binary floats it is not."""
    return Decimal(str(value))
