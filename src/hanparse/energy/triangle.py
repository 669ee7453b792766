"""Computes the L2 current of a 3-wire meter, its bounds and its likely limits, from numbers.

A meter without a neutral needs only two measuring systems, in L1 and L3, and many meters send only these two currents.
The third current follows from the phasors: I1 + I2 + I3 = 0. The lengths of I1 and I3 are known. A triangle of apparent
powers gives the angle between them. One system carries a = U(L1-L2)·I1, the other b = U(L2-L3)·I3, and the total P and
Q of both make S. So a, b and S are the sides of a triangle. Its exterior angle δ is the difference of the two phase
shifts: the angle between the currents is δ larger than the angle between the voltages L1-L2 and L3-L2, which is about
60°. The gap g measures how far S is below a + b:

    g² = (a + b)² - S²        sin δ/2 = g / 2√ab        I2² = I1² + I3² + 2·I1·I3·cos(60° + δ)

The lengths alone do not distinguish δ from -δ. Every mix of resistive loads has +δ, so the module uses +δ.

Real currents contain harmonics. I1 and I3 include them, P and Q do not. So harmonics widen the gap, and the computed I2
becomes too low. No list shows how much of the gap is due to harmonics. In homes with a measured L2 and in simulated
homes, it is a share of the gap, up to the limit `distortion`. The module subtracts this part h at right angles:
√(g² - h²).

The likely limits are computed from the same triangle, with a gap that is smaller by a number of VA (at the smallest,
the gap of the other root -δ) and with 2 % for the error of the meter. They rely on measured and simulated homes without
production, and on lists whose values are of the same moment. For other lists the likely limits are equal to the bounds.

The bounds are independent of this model: three phasors with the sum zero make a triangle, whatever the loads are. So
|I1 - I3| ≤ I2 ≤ I1 + I3. docs/accuracy.md gives the accuracy of all values and the method of the test.
"""

from __future__ import annotations

from math import hypot, inf, sqrt
from typing import Final, NamedTuple

from hanparse.measurement import Estimate

DISTORTION: Final = 500.0
"""The largest part of the gap that counts as harmonics, in VA. Homes with larger loads need values around it."""
_SHARE: Final = 0.65  # of the gap counts as harmonics: 0.42 of its square, as in simulated and measured homes
_LIKELY: Final = 500.0  # VA; the error of the gap is smaller in 99 of 100 measured operating points
_RARE: Final = 3000.0  # VA; with this error of the gap, 1 of 1,000 simulated pushes had a larger L2
_METER_ERROR: Final = 0.02
_METHOD: Final = "phasor triangle"


class Angle(NamedTuple):
    """An angle from 0 to 180°, given by its cosine and its sine."""

    cos: float
    sin: float


_SYMMETRIC: Final = Angle(0.5, sqrt(3) / 2)  # 60°, between the voltages L1-L2 and L3-L2 of a symmetrical net


def bounds(one: float, other: float, step: float) -> tuple[float, float]:
    """Return the smallest and the largest third side of a triangle. Each of the other sides may be one step off."""
    least = abs(one - other) - 2 * step
    return least if least > 0 else 0.0, one + other + 2 * step


def one_is_zero(one: float, other: float, step: float) -> Estimate:
    """Return the estimate of L2 for two currents of which one is 0. Its value is the other current."""
    return Estimate(one + other, *bounds(one, other, step), "one current is zero")


def current(  # noqa: PLR0913, PLR0917  each is a value of the list
    active_power: float,
    reactive_power: float,
    current_l1: float,
    current_l3: float,
    voltage_l1: float,
    voltage_l3: float,
    voltage_l2: float,
    distortion: float,
    step: float,
    *,
    bounds_only: bool,
) -> Estimate:
    """Return the estimate of L2 for two currents above 0. `bounds_only` sets the likely limits to the bounds.

    Currents, bounds and `step` are in A, voltages in V, powers in W and var, and `distortion` is in VA. A `voltage_l2`
    of 0 means that it is not measured. No argument may be above 1e75, because larger numbers would overflow.
    """
    first, second = voltage_l1 * current_l1, voltage_l3 * current_l3
    apparent = hypot(active_power, reactive_power)
    missing = first + second - apparent
    gap = sqrt(missing * (first + second + apparent)) if missing > 0 else 0.0
    harmonics = min(distortion, _SHARE * gap)
    widest = 2 * sqrt(first) * sqrt(second) or inf  # a product too small for a float: any gap counts as none
    angle = angle_between(voltage_l1, voltage_l3, voltage_l2) if voltage_l2 else _SYMMETRIC
    low, high = bounds(current_l1, current_l3, step)
    part = sqrt((gap - harmonics) * (gap + harmonics))
    value = _within(low, _resultant(current_l1, current_l3, angle, part / widest), high)
    if bounds_only or active_power < 0:
        return Estimate(value, low, high, _METHOD)
    least = (1 - _METER_ERROR) * _resultant(current_l1, current_l3, angle, gap / widest, to_half_turn=True) - 2 * step
    part = gap - _LIKELY if 2 * gap > _LIKELY else -gap
    likely = _within(value, _resultant(current_l1, current_l3, angle, part / widest), inf)
    part = gap - _RARE if 2 * gap > _RARE else -gap
    rare = _within(likely, _resultant(current_l1, current_l3, angle, part / widest), inf)
    likely_high = _within(0.0, (1 + _METER_ERROR) * likely + 2 * step, high)
    rare_high = _within(0.0, (1 + _METER_ERROR) * rare + 2 * step, high)
    return Estimate(value, low, high, _METHOD, _within(low, least, value), likely_high, rare_high)


def _within(low: float, value: float, high: float) -> float:
    if value < low:
        return low
    return value if value < high else high  # noqa: FURB136  min and max take longer than the triangle


def _resultant(one: float, other: float, angle: Angle, half: float, *, to_half_turn: bool = False) -> float:
    """Return the length of the sum of two currents. The angle between them is the angle of the voltages plus δ.

    `half` is sin δ/2; a value beyond ±1 counts as ±1. An angle below 0 counts as 0. With `to_half_turn`, an angle above
    180° counts as 180°, because the sum would increase again beyond it.
    """
    if not -1.0 <= half <= 1.0:
        half = 1.0 if half > 0 else -1.0
    cos, sin = angle
    cosine, sine = 1 - 2 * half * half, 2 * half * sqrt((1 - half) * (1 + half))
    across = sin * cosine + cos * sine
    if across <= 0:
        if half < 0:
            return one + other
        if half > 0 and to_half_turn:
            return abs(one - other)
    return hypot(one + other * (cos * cosine - sin * sine), other * across)


def angle_between(one: float, other: float, opposite: float) -> Angle:
    """Return the angle between two sides of a triangle that `opposite` closes.

    The angle is 0 or 180° if the sides make no triangle. The function checks this first, so that no later expression
    divides by 0 or overflows.
    """
    if opposite >= one + other:
        return Angle(-1.0, 0.0)
    if opposite <= abs(one - other):
        return Angle(1.0, 0.0)
    short, long = (one, other) if one < other else (other, one)
    more = (opposite - (long - short)) / short * ((opposite + (long - short)) / long) / 2
    cosine = max(-1.0, 1 - more)
    return Angle(cosine, sqrt((1 - cosine) * (1 + cosine)))
