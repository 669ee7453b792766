"""Powers, currents and voltages of a 3-wire meter -> the L2 current, its bounds and its likely limits, as numbers.

A meter without a neutral needs no more than two measuring systems, in L1 and L3, and many send only those two currents.
The third follows from the phasors: I1 + I2 + I3 = 0. Their lengths are known; the angle between I1 and I3 is found in a
triangle of apparent powers. One system carries a = U(L1-L2)·I1, the other b = U(L2-L3)·I3, and together they make the
S of the total P and Q. So a, b and S are the sides of a triangle. Its exterior angle δ is the difference of the two
phase shifts: the currents are δ further apart than the voltages L1-L2 and L3-L2, which themselves are about 60° apart.
What S lacks to a + b is called the gap g here:

    g² = (a + b)² - S²        sin δ/2 = g / 2√ab        I2² = I1² + I3² + 2·I1·I3·cos(60° + δ)

The lengths alone do not tell δ from -δ. Every mix of resistive loads has +δ, so that is what is taken.

Real currents carry harmonics. They are in I1 and I3 but not in P and Q, so they widen the gap, and I2 comes out too
low. How much of the gap is theirs no list tells: homes whose meters do measure L2 and simulated ones agree on a share
of the gap up to a ceiling, the `distortion`. That share is taken out of g at right angles.

The likely limits are the same triangle again, with a gap that is up to so many VA too wide, down to the other root -δ;
2 % are for the error of the meter. They rest on the loads that homes have. A house that produces is not among them, nor
a list whose values are not of one moment: for these the likely limits are the bounds.

The bounds need none of this. Whatever the loads are, three phasors that add up to zero make a triangle:
|I1 - I3| ≤ I2 ≤ I1 + I3. docs/accuracy.md says how good all of it is and how that was judged.
"""

from __future__ import annotations

from math import hypot, inf, sqrt
from typing import Final, NamedTuple

from hanparse.measurement import Estimate

DISTORTION: Final = 500.0
"""VA. The most of the gap that is taken as harmonics: between what the homes with larger loads needed."""
_SHARE: Final = 0.65  # of the gap is taken as harmonics; 0.42 of its square, the share in simulated and measured homes
_LIKELY: Final = 500.0  # VA that the gap may be too wide: 99 of 100 measured operating points
_RARE: Final = 3000.0  # VA; above it L2 was in 1 of 1,000 simulated pushes
_METER_ERROR: Final = 0.02
_METHOD: Final = "phasor triangle"


class Angle(NamedTuple):
    """An angle from 0 to 180°, by its cosine and its sine."""

    cos: float
    sin: float


_SYMMETRIC: Final = Angle(0.5, sqrt(3) / 2)  # 60°, between the voltages L1-L2 and L3-L2 of a symmetrical net


def bounds(one: float, other: float, step: float) -> tuple[float, float]:
    """What the third side of a triangle is at least and at most, where each of the two may be off by one step."""
    least = abs(one - other) - 2 * step
    return least if least > 0 else 0.0, one + other + 2 * step


def one_is_zero(one: float, other: float, step: float) -> Estimate:
    """What L2 carries where one of the two currents is 0: the other one."""
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
    """What L2 carries between two currents above 0; `bounds_only` where the likely limits have nothing to rest on.

    A `voltage_l2` of 0 is one that is not measured. No number may be above 1e75, so that nothing here overflows.
    """
    first, second = voltage_l1 * current_l1, voltage_l3 * current_l3
    apparent = hypot(active_power, reactive_power)
    missing = first + second - apparent
    gap = sqrt(missing * (first + second + apparent)) if missing > 0 else 0.0
    harmonics = min(distortion, _SHARE * gap)
    widest = 2 * sqrt(first) * sqrt(second) or inf  # too small for a float: any gap is none
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
    """The sum of two currents whose angle is that of the voltages and δ on top; `half` is sin δ/2, beyond ±1 it is ±1.

    An angle below 0 counts as 0, and one above 180° as 180° if asked for: there the sum would turn round.
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
    """The angle between two sides of a triangle that `opposite` closes; 0 or 180° where they make none.

    Sides that make no triangle lie flat. They are sorted out first, so nothing below divides by 0 or overflows.
    """
    if opposite >= one + other:
        return Angle(-1.0, 0.0)
    if opposite <= abs(one - other):
        return Angle(1.0, 0.0)
    short, long = (one, other) if one < other else (other, one)
    more = (opposite - (long - short)) / short * ((opposite + (long - short)) / long) / 2
    cosine = max(-1.0, 1 - more)
    return Angle(cosine, sqrt((1 - cosine) * (1 + cosine)))
