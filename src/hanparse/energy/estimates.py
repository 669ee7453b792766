"""Estimates the values that a 3-wire meter does not measure: the L2 current and the voltage L1-L3.

`hanparse.energy.triangle` contains the method for the L2 current, and docs/accuracy.md gives the accuracy of the
estimate. `is_l2_ruled_out` uses the bounds of L2 to identify a meter that sends an L2 current but does not measure it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hanparse.energy import triangle
from hanparse.measurement import Estimate, Wiring
from hanparse.measurement.inputs import finite
from hanparse.measurement.record import kept_steps
from hanparse.obis import lookup, precedence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanparse.measurement import Measurement, Register

DISTORTION: Final = triangle.DISTORTION
"""The largest part of the gap that is attributed to harmonics, in VA. `hanparse.energy.triangle` defines the gap."""
CURRENT_STEP: Final = 0.1
"""The current step of Aidon meters in A. Dutch P1 meters and the E570 of Landis+Gyr have steps of 1 A."""
VOLTAGE_STEP: Final = 1.0
"""The voltage step of Kamstrup meters in V. No known meter has a coarser step."""

_LARGEST: Final = 1e75  # upper limit of a quantity; the products and squares of such numbers do not overflow
_QUANTITIES: Final = {
    "current": (("current_l1", "current_l2", "current_l3"), CURRENT_STEP),
    "voltage": (("voltage_l1", "voltage_l3"), VOLTAGE_STEP),
}


def line2_current(  # noqa: PLR0913  each is a register of the meter, and all are keyword arguments
    *,
    active_power: float,
    reactive_power: float,
    current_l1: float,
    current_l3: float,
    voltage_l1: float,
    voltage_l3: float,
    voltage_l2: float | None = None,
    distortion: float = DISTORTION,
    resolution: float = CURRENT_STEP,
    production: bool = False,
) -> Estimate:
    """Return the estimate of the L2 current of a 3-wire meter, in A.

    Powers are import − export in W and var, currents are in A, voltages in V, and `distortion` is in VA. Voltages have
    the names of `Measurement`: `voltage_l1` is L1-L2, `voltage_l2` is L1-L3, and `voltage_l3` is L2-L3. The angle
    between `voltage_l1` and `voltage_l3` is computed from `voltage_l2`. If `voltage_l2` is not measured (`None` or 0),
    the angle is taken as 60°. `distortion` is the largest part of the gap (see `hanparse.energy.triangle`) that is
    attributed to harmonics. If `distortion` is 0, the estimated value is exact for resistive loads.

    The true value is between the bounds `low` and `high` for every load. The bounds allow for an error of `resolution`
    A in each current, because the meter may round or truncate. In a house that does not produce power, the true value
    is mostly between `likely_low` and `likely_high` and rarely above `rare_high` (docs/accuracy.md). In a house that
    produces power (`production` is true, or the active power is below 0), `likely_low` is equal to `low`, and
    `likely_high` and `rare_high` are equal to `high`. If one current is 0, the value is the other current, and powers
    and voltages are not used.

    Raises `ValueError` for a value that is not finite and for a negative current, voltage, `distortion` or
    `resolution`. Also raises `ValueError` if `voltage_l1` or `voltage_l3` is 0 and both currents are above 0.
    """
    _check_signed(active_power=active_power, reactive_power=reactive_power)
    _check(current_l1=current_l1, current_l3=current_l3, voltage_l1=voltage_l1, voltage_l3=voltage_l3)
    _check(voltage_l2=voltage_l2 or 0, distortion=distortion, resolution=resolution)
    if current_l1 == 0 or current_l3 == 0:
        return triangle.one_is_zero(current_l1, current_l3, resolution)
    for name, voltage in (("voltage_l1", voltage_l1), ("voltage_l3", voltage_l3)):
        if voltage == 0:
            raise ValueError(f"expected a {name} above 0 with two currents above 0, found {voltage!r}")
    return triangle.current(
        active_power,
        reactive_power,
        current_l1,
        current_l3,
        voltage_l1,
        voltage_l3,
        voltage_l2 or 0,
        distortion,
        resolution,
        bounds_only=production,
    )


def line2_voltage(voltage_l1: float, voltage_l3: float, *, resolution: float = VOLTAGE_STEP) -> Estimate:
    """Return the estimate of the voltage L1-L3 from the voltages L1-L2 and L2-L3, all in V.

    The value is exact if the angle between these two voltages is 60°, as in a symmetrical net. The bounds are the
    difference and the sum of the two voltages. They allow for an error of `resolution` V in each voltage. Narrower
    bounds would be wrong for some nets. The likely limits are equal to the bounds. Raises `ValueError` for a value that
    is negative or not finite.
    """
    _check(voltage_l1=voltage_l1, voltage_l3=voltage_l3, resolution=resolution)
    return _third_voltage(voltage_l1, voltage_l3, resolution)


def estimate(measurement: Measurement, *, settled: bool = True, production: bool = False) -> Mapping[str, Estimate]:
    """Return the estimates by field name: of ``current_l2``, ``voltage_l2``, both or none.

    The result contains estimates only for 3-wire meters, and only for fields that the meter does not measure: the field
    is `None`, or `is_l2_ruled_out` returns true for the current. The push must contain all inputs of the estimate. The
    bounds allow for an error of one step in each input. This step is the step of the registers times the scale. This
    function raises no error. If an input of an estimate is impossible, such as a negative current, the result does not
    contain this estimate.

    `settled` is true if the powers and the currents of the push were measured at the same time. `production` is true if
    the house produces power. A single push does not show these two facts; `hanparse.energy.estimator.Estimator` derives
    them from the previous pushes. If `settled` is false or `production` is true, the likely limits are equal to the
    bounds.
    """
    bounds_only = production or not settled or shows_production(measurement)
    return estimates(measurement, bounds_only=bounds_only)


def estimates(m: Measurement, *, bounds_only: bool = False) -> dict[str, Estimate]:
    """Return the estimates as `estimate` does. If `bounds_only` is true, the likely limits are equal to the bounds."""
    if m.wiring is not Wiring.THREE_WIRE:
        return {}
    found: dict[str, Estimate] = {}
    if (m.current_l2 is None or is_l2_ruled_out(m)) and (current := _current(m, bounds_only=bounds_only)):
        found["current_l2"] = current
    if m.voltage_l2 is None and (voltage := _voltage(m)):
        found["voltage_l2"] = voltage
    return found


def estimates_without_likely_limits(m: Measurement) -> dict[str, Estimate]:
    """Return the estimates as `estimate` does, but with likely limits that are equal to the bounds."""
    return estimates(m, bounds_only=True)


def shows_production(measurement: Measurement) -> bool:
    """Return whether the house exports or has exported: the export power or the export energy is above 0."""
    power, energy = measurement.active_power_export, measurement.active_energy_export
    return bool((power and (finite(power) or 0) > 0) or (energy and (finite(energy) or 0) > 0))


def is_l2_ruled_out(measurement: Measurement) -> bool:
    """Return whether the L2 current is impossible on three wires, which shows that the meter does not measure L2.

    An L2 current is impossible if it is more than two steps of the resolution below ``|I1 - I3|``. The two steps are
    the possible errors of I1 and I3. The rule applies to every manufacturer. If the L2 current is 0 and this is
    possible, only the meter type shows whether the meter measures L2.
    """
    currents = [finite(value) for value in (measurement.current_l1, measurement.current_l2, measurement.current_l3)]
    if None in currents:
        return False
    one, two, three = (abs(current) for current in currents if current is not None)
    return two < abs(one - three) - 2 * current_step(measurement)


def current_step(measurement: Measurement) -> float:
    """Return the resolution of the currents in A: the step of the registers times the scale."""
    return _resolution(measurement, "current")


def _current(m: Measurement, *, bounds_only: bool) -> Estimate | None:
    one, three = m.current_l1, m.current_l3
    if one is None or three is None:
        return None
    try:
        step = _resolution(m, "current")
        if not (0 <= one <= _LARGEST and 0 <= three <= _LARGEST and 0 <= step <= _LARGEST):
            return None
        if one == 0 or three == 0:
            return triangle.one_is_zero(one, three, step)
        return _between_two(m, one, three, step, bounds_only=bounds_only)
    except OverflowError:  # an integer that is too large for a float
        return None


def _between_two(m: Measurement, one: float, three: float, step: float, *, bounds_only: bool) -> Estimate | None:
    """Return the estimate for two currents above 0.

    The result is `None` if a power or a voltage is missing or impossible.
    """
    imported, exported = m.active_power_import, m.active_power_export  # faster than the property `active_power`
    inductive, capacitive = m.reactive_power_import, m.reactive_power_export
    if imported is None or exported is None or inductive is None or capacitive is None:
        return None
    active, reactive = imported - exported, inductive - capacitive
    first, second, other = m.voltage_l1 or 0, m.voltage_l3 or 0, m.voltage_l2 or 0
    if not (0 < first <= _LARGEST and 0 < second <= _LARGEST and 0 <= other <= _LARGEST):
        return None
    if not (abs(active) <= _LARGEST and abs(reactive) <= _LARGEST):
        return None
    return triangle.current(
        active, reactive, one, three, first, second, other, DISTORTION, step, bounds_only=bounds_only
    )


def _voltage(m: Measurement) -> Estimate | None:
    first, second = m.voltage_l1, m.voltage_l3
    if first is None or second is None:
        return None
    try:
        step = _resolution(m, "voltage")
        is_possible = 0 <= first <= _LARGEST and 0 <= second <= _LARGEST and 0 <= step <= _LARGEST
        return _third_voltage(first, second, step) if is_possible else None
    except OverflowError:  # an integer that is too large for a float
        return None


def _third_voltage(first: float, second: float, step: float) -> Estimate:
    low, high = triangle.bounds(first, second, step)
    value = math.sqrt(first * first + second * second - first * second)  # by the law of cosines, for an angle of 60°
    return Estimate(max(low, min(value, high)), low, high, "line voltages 60° apart")


def _resolution(m: Measurement, quantity: str) -> float:
    """Return the step of the registers of ``current`` or ``voltage`` times the scale.

    Pushes of one kind have the same step, so the step is computed once.
    """
    steps = kept_steps(m)
    step = steps.get(quantity) if steps else None
    if step is None:
        fields, coarsest = _QUANTITIES[quantity]
        step = _step(m, fields, coarsest) * float(getattr(m.scale, quantity))
        if steps is not None:
            steps[quantity] = step
    return step


def _step(m: Measurement, fields: tuple[str, ...], coarsest: float) -> float:
    """Return the largest step of the registers that fill `fields`, or `coarsest` if no register has a scaler."""
    filling = registers_by_field(m)
    registers = [filling[name][0] for name in fields if name in filling]
    return max((ten(register.scaler) for register in registers if register.scaler is not None), default=coarsest)


def registers_by_field(m: Measurement) -> dict[str, list[Register]]:
    """Return the registers that can fill each field, in the order of `hanparse.obis.precedence`."""
    coded = [(register.obis, register) for register in m.registers if register.obis]
    filling: dict[str, list[Register]] = {}
    for obis, register in sorted(coded, key=lambda pair: precedence(pair[0])):
        if entry := lookup(obis, register.unit):
            filling.setdefault(entry.field, []).append(register)
    return filling


def ten(exponent: int) -> float:
    """Return ten to the power of `exponent`, or infinity if the power is too large for a float."""
    return float(f"1e{exponent}")


def _check(**quantities: float) -> None:
    for name, value in quantities.items():
        if not 0 <= value <= _LARGEST:
            raise ValueError(f"expected a finite {name} of 0 or more, found {value!r}")


def _check_signed(**quantities: float) -> None:
    for name, value in quantities.items():
        if not -_LARGEST <= value <= _LARGEST:
            raise ValueError(f"expected a finite {name}, found {value!r}")
