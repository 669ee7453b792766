"""Powers, currents and voltages of a 3-wire meter -> the L2 current, its bounds and its likely limits, as numbers.

A meter without a neutral needs no more than two measuring systems, in L1 and L3, and many send only those two currents.
The third follows from the phasors: I1 + I2 + I3 = 0. Their lengths are known; the angle between I1 and I3 is found in a
triangle of apparent powers. One system carries a = U(L1-L2)·I1, the other b = U(L2-L3)·I3, and together they make the
S of the total P and Q. So a, b and S are the sides of a triangle. Its exterior angle δ is the difference of the two
phase shifts: the currents are δ further apart than the voltages L1-L2 and L3-L2, which themselves are about 60° apart.
What S lacks to a + b is called the gap g here:

    g² = (a + b)² - S²        δ = 2·asin(g / 2√ab)        I2² = I1² + I3² + 2·I1·I3·cos(60° + δ)

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

from math import acos, asin, cos, hypot, inf, pi, radians, sin, sqrt
from typing import Final, NamedTuple

DISTORTION: Final = 500.0
"""VA. The most of the gap that is taken as harmonics: between what the homes with larger loads needed."""
_SHARE: Final = 0.65  # of the gap is taken as harmonics; 0.42 of its square, the share in simulated and measured homes
_LIKELY: Final = 500.0  # VA that the gap may be too wide: 99 of 100 measured operating points
_RARE: Final = 3000.0  # VA; above it L2 was in 1 of 1,000 simulated pushes
_METER_ERROR: Final = 0.02
_SYMMETRIC: Final = radians(60)  # between the voltages L1-L2 and L3-L2 of a symmetrical net


class Currents(NamedTuple):
    """What L2 carries, in A, as `Estimate` has it."""

    value: float
    low: float
    high: float
    likely_low: float
    likely_high: float
    rare_high: float


def bounds(one: float, other: float, step: float) -> tuple[float, float]:
    """What the third side of a triangle is at least and at most, where each of the two may be off by one step."""
    return max(abs(one - other) - 2 * step, 0.0), one + other + 2 * step


def one_is_zero(one: float, other: float, step: float) -> Currents:
    """What L2 carries where one of the two currents is 0: the other one."""
    low, high = bounds(one, other, step)
    return Currents(one + other, low, high, low, high, high)


def currents(  # noqa: PLR0913  each is a value of the list
    active_power: float,
    reactive_power: float,
    current_l1: float,
    current_l3: float,
    voltage_l1: float,
    voltage_l3: float,
    voltage_l2: float,
    *,
    distortion: float,
    step: float,
    bounds_only: bool,
) -> Currents:
    """What L2 carries between two currents above 0; `bounds_only` where the likely limits have nothing to rest on.

    A `voltage_l2` of 0 is one that is not measured. No number may be above 1e75, so that nothing here overflows.
    """
    low, high = bounds(current_l1, current_l3, step)
    first, second = voltage_l1 * current_l1, voltage_l3 * current_l3
    missing = first + second - (apparent := hypot(active_power, reactive_power))
    gap = sqrt(missing * (first + second + apparent)) if missing > 0 else 0.0
    widest = 2 * sqrt(first) * sqrt(second)
    between = angle_between(voltage_l1, voltage_l3, voltage_l2) if voltage_l2 else _SYMMETRIC

    def resultant(part: float, most: float = inf) -> float:
        half = asin(max(-1.0, min(part / widest, 1.0))) if widest else 0.0  # 0 if too small for a float
        angle = min(max(between + 2 * half, 0.0), most)
        return hypot(current_l1 + current_l3 * cos(angle), current_l3 * sin(angle))

    harmonics = min(_SHARE * gap, distortion)
    value = min(max(resultant(sqrt((gap - harmonics) * (gap + harmonics))), low), high)
    if bounds_only or active_power < 0:
        return Currents(value, low, high, low, high, high)
    least = (1 - _METER_ERROR) * resultant(gap, pi) - 2 * step
    likely = max(value, resultant(max(-gap, gap - _LIKELY)))
    rare = max(likely, resultant(max(-gap, gap - _RARE)))
    likely_high, rare_high = (min((1 + _METER_ERROR) * most + 2 * step, high) for most in (likely, rare))
    return Currents(value, low, high, min(max(least, low), value), likely_high, rare_high)


def angle_between(one: float, other: float, opposite: float) -> float:
    """The angle between two sides of a triangle that `opposite` closes; 0 or π where they make none.

    Sides that make no triangle lie flat. They are sorted out first, so nothing below divides by 0 or overflows.
    """
    if opposite >= one + other:
        return pi
    if opposite <= abs(one - other):
        return 0.0
    short, long = sorted((one, other))
    cosine = (opposite - (long - short)) / short * ((opposite + (long - short)) / long) / 2 - 1
    return pi - acos(max(-1.0, min(cosine, 1.0)))
