"""A `Measurement` of a 3-wire meter -> `Estimate`s of what that meter does not measure: L2 current, L1-L3 voltage.

How the L2 current is found, `hanparse.energy.triangle` says. docs/accuracy.md says how good it is.

The same bounds tell a meter that sends an L2 current without measuring it (`is_l2_ruled_out`).
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
"""VA. The most that is taken for harmonics."""
CURRENT_STEP: Final = 0.1
"""A. Aidon's, the coarsest of the known meters."""
VOLTAGE_STEP: Final = 1.0
"""V. Kamstrup's, the coarsest of the known meters."""

_LARGEST: Final = 1e75  # of a quantity; the products and squares of such numbers are still floats
_QUANTITIES: Final = {
    "current": (("current_l1", "current_l2", "current_l3"), CURRENT_STEP),
    "voltage": (("voltage_l1", "voltage_l3"), VOLTAGE_STEP),
}


def line2_current(  # noqa: PLR0913  each is a register of the meter, and all go by name
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
    """The L2 current in A of a 3-wire meter, from W, var (both import − export), A, V and VA.

    Voltages are named as on `Measurement`: L1 is L1-L2, L2 is L1-L3, L3 is L2-L3. Where `voltage_l2` is sent, it
    gives the true angle between the other two; `None` and 0 stand for not measured, then 60° is assumed. `distortion`
    is the most that harmonics are taken for; with 0 the value is exact for loads without any.

    `low` and `high` hold for every load. They allow each current to be off by one step of its `resolution` in A,
    however the meter rounds. The true value is mostly between `likely_low` and `likely_high` and rarely above
    `rare_high`, in a house that does not produce; where it does (`production`, or an active power below 0) these three
    are `low` and `high`. A current of 0 makes the value that of the other line, whatever powers and voltages are.

    Raises `ValueError` for what is not finite, for a negative current, voltage, distortion or resolution, and for
    a voltage of 0 on L1 or L3 beside two currents.
    """
    _check_signed(active_power=active_power, reactive_power=reactive_power)
    _check(current_l1=current_l1, current_l3=current_l3, voltage_l1=voltage_l1, voltage_l3=voltage_l3)
    _check(voltage_l2=voltage_l2 or 0, distortion=distortion, resolution=resolution)
    if current_l1 == 0 or current_l3 == 0:
        return triangle.one_is_zero(current_l1, current_l3, resolution)
    for name, voltage in (("voltage_l1", voltage_l1), ("voltage_l3", voltage_l3)):
        if voltage == 0:
            raise ValueError(f"expected a {name} above 0 where there are two currents, found {voltage!r}")
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
    """The voltage L1-L3 in V, from L1-L2 and L2-L3: exact where these two are 60° apart, as in a symmetrical net.

    The bounds are those of any three voltages around a loop, each allowed to be off by one step of its `resolution` in
    V. They are wide, as nothing else is certain, and nothing is said of what is likely. Raises `ValueError` for what is
    negative or not finite.
    """
    _check(voltage_l1=voltage_l1, voltage_l3=voltage_l3, resolution=resolution)
    return _third_voltage(voltage_l1, voltage_l3, resolution)


def estimate(measurement: Measurement, *, settled: bool = True, production: bool = False) -> Mapping[str, Estimate]:
    """What the meter does not measure, by the name of its field: ``current_l2``, ``voltage_l2``, or nothing.

    Only a 3-wire meter gets estimates, only for what it does not measure, and only when the list has what they are made
    from. A field that is `None` is not measured, nor is an L2 current that `is_l2_ruled_out`. The resolution is that of
    the registers, times the scale. Raises nothing: values that no 3-wire meter should send, such as a negative current,
    get no estimate.

    One list does not show whether its powers and currents are of one moment (`settled`), and not always whether the
    house has `production`. `hanparse.energy.estimator.Estimator` knows both from the pushes before; the likely limits
    are the bounds where a load was switched just then, and where the house produces.
    """
    bounds_only = production or not settled or shows_production(measurement)
    return estimates(measurement, bounds_only=bounds_only)


def estimates(m: Measurement, *, bounds_only: bool = False) -> dict[str, Estimate]:
    """The same for those who know whether there is more to say than the bounds."""
    if m.wiring is not Wiring.THREE_WIRE:
        return {}
    found: dict[str, Estimate] = {}
    if (m.current_l2 is None or is_l2_ruled_out(m)) and (current := _current(m, bounds_only=bounds_only)):
        found["current_l2"] = current
    if m.voltage_l2 is None and (voltage := _voltage(m)):
        found["voltage_l2"] = voltage
    return found


def estimates_without_likely_limits(m: Measurement) -> dict[str, Estimate]:
    """The same where only the bounds hold."""
    return estimates(m, bounds_only=True)


def shows_production(measurement: Measurement) -> bool:
    """Whether the push says that the house feeds in, or ever has: a power or an energy of the export is above 0."""
    power, energy = measurement.active_power_export, measurement.active_energy_export
    return bool((power and (finite(power) or 0) > 0) or (energy and (finite(energy) or 0) > 0))


def is_l2_ruled_out(measurement: Measurement) -> bool:
    """Whether three wires cannot carry the L2 current that was sent beside those of L1 and L3: it is not measured.

    It is below ``|I1 - I3|`` by more than two steps of the resolution: each of the two currents may be off by one. The
    rule holds for every maker. Whether a 0 that is possible was measured does not show in the push; the meter's type
    tells.
    """
    currents = [finite(value) for value in (measurement.current_l1, measurement.current_l2, measurement.current_l3)]
    if None in currents:
        return False
    one, two, three = (abs(current) for current in currents if current is not None)
    return two < abs(one - three) - 2 * current_step(measurement)


def current_step(measurement: Measurement) -> float:
    """The resolution of the currents in A: the step of the registers, times the scale."""
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
    except OverflowError:  # an integer beyond all floats
        return None


def _between_two(m: Measurement, one: float, three: float, step: float, *, bounds_only: bool) -> Estimate | None:
    """The same where both currents are above 0: then powers and voltages are needed."""
    imported, exported = m.active_power_import, m.active_power_export  # in less time than `active_power`
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
    except OverflowError:  # an integer beyond all floats
        return None


def _third_voltage(first: float, second: float, step: float) -> Estimate:
    low, high = triangle.bounds(first, second, step)
    value = math.sqrt(first * first + second * second - first * second)  # 60° apart
    return Estimate(max(low, min(value, high)), low, high, "line voltages 60° apart")


def _resolution(m: Measurement, quantity: str) -> float:
    """The step of the registers of ``current`` or ``voltage``, times the scale; the same for all pushes of a kind."""
    kept = kept_steps(m)
    step = kept.get(quantity) if kept else None
    if step is None:
        fields, coarsest = _QUANTITIES[quantity]
        step = _step(m, fields, coarsest) * float(getattr(m.scale, quantity))
        if kept is not None:
            kept[quantity] = step
    return step


def _step(m: Measurement, fields: tuple[str, ...], coarsest: float) -> float:
    """The greatest step of the registers that fill `fields`, as sent; `coarsest` where none is stated."""
    filling = _registers(m)
    sent = [filling[name] for name in fields if name in filling]
    return max((_ten(register.scaler) for register in sent if register.scaler is not None), default=coarsest)


def _registers(m: Measurement) -> dict[str, Register]:
    """Return the registers by the field that they fill, chosen as the engine chooses (`hanparse.obis.precedence`)."""
    coded = [(register.obis, register) for register in m.registers if register.obis]
    filling: dict[str, Register] = {}
    for obis, register in sorted(coded, key=lambda pair: precedence(pair[0])):
        if entry := lookup(obis, register.unit):
            filling.setdefault(entry.field, register)
    return filling


def _ten(exponent: int) -> float:
    """A power of ten; infinite beyond all floats."""
    return float(f"1e{exponent}")


def _check(**quantities: float) -> None:
    for name, value in quantities.items():
        if not 0 <= value <= _LARGEST:
            raise ValueError(f"expected a finite {name} of 0 or more, found {value!r}")


def _check_signed(**quantities: float) -> None:
    for name, value in quantities.items():
        if not -_LARGEST <= value <= _LARGEST:
            raise ValueError(f"expected a finite {name}, found {value!r}")
