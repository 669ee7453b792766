"""Computes the L2 current of a 3-wire meter from the other values of one push (`current`).

A meter without a neutral needs only two measuring systems, in L1 and L3. Many meters send only these two currents. The
third current follows from the phasors, because I1 + I2 + I3 = 0. The meter sends the lengths of the phasors I1 and I3.
The angle between the two phasors follows from a triangle of apparent powers:

* One system has the apparent power a = U(L1-L2)·I1, the other system has b = U(L2-L3)·I3.
* The powers P and Q of the meter give the total apparent power S = √(P² + Q²). a, b and S are the sides of a triangle.
* The exterior angle δ between the sides a and b is the difference between the phase shifts of the two systems.
* The angle between the voltages L1-L2 and L3-L2 is about 60°. So the angle between the currents is 60° + δ.

The gap g shows how much a + b is above S, and gives δ and I2:

    g² = (a + b)² - S²        sin δ/2 = g / 2√ab        I2² = I1² + I3² + 2·I1·I3·cos(60° + δ)

The lengths do not distinguish δ from -δ. Every mix of resistive loads has +δ, so this module uses +δ.

Real currents contain harmonics. I1 and I3 include the harmonics, but P and Q do not. So harmonics increase the gap, and
I2 computed with the complete gap is too low. A push does not show which part of the gap is due to harmonics. This
module assumes that the part h due to harmonics is a fixed share of the gap, but at most `distortion`. The share was
determined from measured and simulated homes. The gap without harmonics is computed as √(g² - h²), because this module
assumes a right angle between the two parts.

The likely limits are computed from the same triangle: `likely_low` with the complete gap, `likely_high` and `rare_high`
with a gap that is smaller by `_LIKELY` or `_RARE` VA, but not below -g. They allow for an error of the meter of 2 %.
These numbers were determined from measured and simulated homes without production, with pushes whose values were
measured at the same time. For other pushes, the likely limits are equal to the bounds.

The bounds do not depend on this model. For any loads, three phasors with the sum zero make a triangle, so the bounds
are |I1 - I3| and I1 + I3. docs/accuracy.md gives the accuracy of all values, and the method of the test.
"""

from __future__ import annotations

from math import hypot, inf, sqrt
from typing import Final, NamedTuple

from hanparse.measurement import Estimate

DISTORTION: Final = 500.0
"""The largest part of the gap that is attributed to harmonics, in VA. docs/accuracy.md compares several values."""
_SHARE: Final = 0.65  # h / g (h² / g² is 0.42); determined from simulated and measured homes
_LIKELY: Final = 500.0  # VA; the error of the gap is smaller in 99 of 100 measured operating points
_RARE: Final = 3000.0  # VA; with this error of the gap, L2 was larger than `rare_high` in 1 of 1,000 simulated pushes
_METER_ERROR: Final = 0.02
_METHOD: Final = "phasor triangle"


class Angle(NamedTuple):
    """An instance holds the cosine and the sine of an angle from 0 to 180°."""

    cos: float
    sin: float


_SYMMETRIC: Final = Angle(0.5, sqrt(3) / 2)  # 60°: the angle between the voltages L1-L2 and L3-L2 of a symmetrical net


def bounds(one: float, other: float, step: float) -> tuple[float, float]:
    """Return the smallest and the largest third side of a triangle with the sides `one` and `other`.

    Each of these two sides can have an error of one `step`.
    """
    least = abs(one - other) - 2 * step
    return least if least > 0 else 0.0, one + other + 2 * step


def one_is_zero(one: float, other: float, step: float) -> Estimate:
    """Return the estimate of L2 if at least one of the two currents is 0. The value is the other current."""
    return Estimate(one + other, *bounds(one, other, step), "one current is zero")


def current(  # noqa: PLR0913, PLR0917  each is a value of the push
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
    """Return the estimate of L2 for two currents above 0.

    If `bounds_only` is true, the likely limits are equal to the bounds. Currents and `step` are in A, voltages in V,
    powers in W and var, and `distortion` is in VA. `voltage_l2` is 0 if the meter does not measure this voltage.
    Arguments must be at most 1e75, because larger numbers would overflow.
    """
    first, second = voltage_l1 * current_l1, voltage_l3 * current_l3
    apparent = hypot(active_power, reactive_power)
    missing = first + second - apparent
    gap = sqrt(missing * (first + second + apparent)) if missing > 0 else 0.0
    harmonics = min(distortion, _SHARE * gap)
    widest = 2 * sqrt(first) * sqrt(second) or inf  # the product can be too small for a float; `part / inf` is then 0
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
    """Return the length of the sum of two currents. The angle between the currents is `angle` plus δ.

    `half` is sin(δ/2). It is limited to ±1. The sum of the two angles is limited to at least 0. If `to_half_turn` is
    true, the sum is also limited to at most 180°, because the sum of the currents is smallest at 180°.
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
    """Return the angle between the sides `one` and `other` of a triangle. `opposite` is the third side.

    If the sides do not make a triangle, the angle is 0 or 180°. This case is checked first, so that the later
    expressions cannot divide by 0 or overflow.
    """
    if opposite >= one + other:
        return Angle(-1.0, 0.0)
    if opposite <= abs(one - other):
        return Angle(1.0, 0.0)
    short, long = (one, other) if one < other else (other, one)
    more = (opposite - (long - short)) / short * ((opposite + (long - short)) / long) / 2
    cosine = max(-1.0, 1 - more)
    return Angle(cosine, sqrt((1 - cosine) * (1 + cosine)))
