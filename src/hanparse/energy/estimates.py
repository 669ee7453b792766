"""A `Measurement` of a 3-wire meter -> `Estimate`s of what that meter does not measure: L2 current, L1-L3 voltage.

A meter without a neutral needs no more than two measuring systems, in L1 and L3, and many send only those two currents.
The third follows from the phasors: I1 + I2 + I3 = 0. Their lengths are known; the angle between I1 and I3 is found in a
triangle of apparent powers. One system carries a = U(L1-L2)·I1, the other b = U(L2-L3)·I3, and together they make the
S of the total P and Q. So a, b and S are the sides of a triangle. Its exterior angle δ is the difference of the two
phase shifts: the currents are δ further apart than the voltages L1-L2 and L3-L2, which themselves are about 60° apart.

    I2² = I1² + I3² + 2·I1·I3·cos(60° + δ)        cos δ = (S² - a² - b²) / 2ab

The lengths alone do not tell δ from -δ. Every mix of resistive loads has +δ, so that is what is taken.

Real currents carry harmonics. They are in I1 and I3 but not in P and Q, so S comes out too short and I2 too low. The
`distortion` makes up for it: so much apparent power, in VA, is added to S at right angles.

The bounds need none of this. Whatever the loads are, three phasors that add up to zero make a triangle:
|I1 - I3| ≤ I2 ≤ I1 + I3. docs/accuracy.md says how good the estimates are and how that was judged.

The same bounds tell a meter that sends an L2 current without measuring it (`is_l2_ruled_out`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hanparse.measurement import Estimate, Wiring
from hanparse.measurement.inputs import finite
from hanparse.obis import lookup, precedence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanparse.measurement import Measurement, Register

DISTORTION: Final = 350.0
"""VA. Between what the homes needed whose meters do measure L2 (docs/accuracy.md)."""
CURRENT_STEP: Final = 0.1
"""A. Aidon's, the coarsest of the known meters."""
VOLTAGE_STEP: Final = 1.0
"""V. Kamstrup's, the coarsest of the known meters."""

_LARGEST: Final = 1e75  # of a quantity; the products and squares of such numbers are still floats
_SYMMETRIC: Final = math.radians(60)  # between the voltages L1-L2 and L3-L2 of a symmetrical net
_CURRENTS: Final = ("current_l1", "current_l2", "current_l3")
_VOLTAGES: Final = ("voltage_l1", "voltage_l3")


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
) -> Estimate:
    """The L2 current in A of a 3-wire meter, from W, var (both import − export), A, V and VA.

    Voltages are named as on `Measurement`: L1 is L1-L2, L2 is L1-L3, L3 is L2-L3. Where `voltage_l2` is sent, it
    gives the true angle between the other two; `None` and 0 stand for not measured, then 60° is assumed.

    The bounds hold for every load. They allow each current to be off by one step of its `resolution` in A, however the
    meter rounds. A current of 0 makes the value that of the other line, whatever powers and voltages are.

    Raises `ValueError` for what is not finite, for a negative current, voltage, distortion or resolution, and for
    a voltage of 0 on L1 or L3 beside two currents.
    """
    _check_signed(active_power=active_power, reactive_power=reactive_power)
    _check(current_l1=current_l1, current_l3=current_l3, voltage_l1=voltage_l1, voltage_l3=voltage_l3)
    _check(voltage_l2=voltage_l2 or 0, distortion=distortion, resolution=resolution)
    low, high = abs(current_l1 - current_l3) - 2 * resolution, current_l1 + current_l3 + 2 * resolution
    if current_l1 == 0 or current_l3 == 0:
        return _estimate(current_l1 + current_l3, low, high, "one current is zero")
    for name, voltage in (("voltage_l1", voltage_l1), ("voltage_l3", voltage_l3)):
        if voltage == 0:
            raise ValueError(f"expected a {name} above 0 where there are two currents, found {voltage!r}")
    between_voltages = math.pi - _exterior_angle(voltage_l1, voltage_l3, voltage_l2) if voltage_l2 else _SYMMETRIC
    apparent_power = math.hypot(active_power, reactive_power, distortion)
    delta = _exterior_angle(voltage_l1 * current_l1, voltage_l3 * current_l3, apparent_power)
    return _estimate(_resultant(current_l1, current_l3, between_voltages + delta), low, high, "phasor triangle")


def line2_voltage(voltage_l1: float, voltage_l3: float, *, resolution: float = VOLTAGE_STEP) -> Estimate:
    """The voltage L1-L3 in V, from L1-L2 and L2-L3: exact where these two are 60° apart, as in a symmetrical net.

    The bounds are those of any three voltages around a loop, each allowed to be off by one step of its `resolution` in
    V. They are wide, as nothing else is certain. Raises `ValueError` for what is negative or not finite.
    """
    _check(voltage_l1=voltage_l1, voltage_l3=voltage_l3, resolution=resolution)
    low, high = abs(voltage_l1 - voltage_l3) - 2 * resolution, voltage_l1 + voltage_l3 + 2 * resolution
    return _estimate(_resultant(voltage_l1, voltage_l3, math.pi - _SYMMETRIC), low, high, "line voltages 60° apart")


def estimate(measurement: Measurement) -> Mapping[str, Estimate]:
    """What the meter does not measure, by the name of its field: ``current_l2``, ``voltage_l2``, or nothing.

    Only a 3-wire meter gets estimates, only for what it does not measure, and only when the list has what they are made
    from. A field that is `None` is not measured, nor is an L2 current that `is_l2_ruled_out`. The resolution is that of
    the registers, times the scale. Raises nothing: values that no 3-wire meter should send, such as a negative current,
    get no estimate.
    """
    if measurement.wiring is not Wiring.THREE_WIRE:
        return {}
    current = _current(measurement) if measurement.current_l2 is None or is_l2_ruled_out(measurement) else None
    voltage = _voltage(measurement) if measurement.voltage_l2 is None else None
    found = {"current_l2": current, "voltage_l2": voltage}
    return {name: made for name, made in found.items() if made}


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
    return _step(measurement, _CURRENTS, CURRENT_STEP) * float(measurement.scale.current)


def _current(m: Measurement) -> Estimate | None:
    if m.current_l1 is None or m.current_l3 is None:
        return None
    try:
        others = (m.active_power, m.reactive_power, m.voltage_l1, m.voltage_l3)
        if None in others and m.current_l1 and m.current_l3:
            return None
        active_power, reactive_power, voltage_l1, voltage_l3 = (value or 0 for value in others)
        return line2_current(
            active_power=active_power,
            reactive_power=reactive_power,
            current_l1=m.current_l1,
            current_l3=m.current_l3,
            voltage_l1=voltage_l1,
            voltage_l2=m.voltage_l2,
            voltage_l3=voltage_l3,
            resolution=current_step(m),
        )
    except (ValueError, OverflowError):  # the second: an integer beyond all floats
        return None


def _voltage(m: Measurement) -> Estimate | None:
    if m.voltage_l1 is None or m.voltage_l3 is None:
        return None
    try:
        step = _step(m, _VOLTAGES, VOLTAGE_STEP) * float(m.scale.voltage)
        return line2_voltage(m.voltage_l1, m.voltage_l3, resolution=step)
    except (ValueError, OverflowError):  # the second: an integer beyond all floats
        return None


def _step(m: Measurement, fields: Sequence[str], coarsest: float) -> float:
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


def _exterior_angle(side: float, other: float, opposite: float) -> float:
    """How far one side turns from the direction of the other, in a triangle that `opposite` closes; from 0 to π.

    Sides that make no triangle lie flat. They are sorted out first, so nothing below divides by 0 or overflows.
    """
    if opposite >= side + other:
        return 0.0
    if opposite <= abs(side - other):
        return math.pi
    short, long = sorted((side, other))
    cosine = (opposite - (long - short)) / short * ((opposite + (long - short)) / long) / 2 - 1
    return math.acos(max(-1.0, min(cosine, 1.0)))


def _resultant(side: float, other: float, angle: float) -> float:
    return math.hypot(side + other * math.cos(angle), other * math.sin(angle))


def _estimate(value: float, low: float, high: float, method: str) -> Estimate:
    low = max(low, 0.0)
    return Estimate(value=max(low, min(value, high)), low=low, high=high, method=method)


def _check(**quantities: float) -> None:
    for name, value in quantities.items():
        if not 0 <= value <= _LARGEST:
            raise ValueError(f"expected a finite {name} of 0 or more, found {value!r}")


def _check_signed(**quantities: float) -> None:
    for name, value in quantities.items():
        if not -_LARGEST <= value <= _LARGEST:
            raise ValueError(f"expected a finite {name}, found {value!r}")
