from __future__ import annotations

import math
from typing import Any

import fuzz_estimate
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import seeded

from hanparse.energy.estimates import line2_current
from hanparse.energy.triangle import angle_between

ROW: dict[str, Any] = {
    "active_power": 8000.0,
    "reactive_power": 300.0,
    "current_l1": 22.0,
    "current_l3": 20.0,
    "voltage_l1": 230.0,
    "voltage_l3": 230.0,
    "resolution": 0.001,
}
NUMBERS = st.floats(-1e75, 1e75)
SIZES = st.floats(0, 1e75)


def by_the_paper(
    *,
    active_power: float,
    reactive_power: float,
    current_l1: float,
    current_l3: float,
    voltage_l1: float,
    voltage_l3: float,
    resolution: float,
) -> tuple[float, ...]:
    """Value, likely_low, likely_high and rare_high by vectors and the law of cosines: no gap, no half angles."""
    a, b = voltage_l1 * current_l1, voltage_l3 * current_l3
    gap = math.sqrt((a + b) ** 2 - active_power**2 - reactive_power**2)

    def current(part: float) -> float:
        apparent_squared = (a + b) ** 2 - part**2
        delta = math.copysign(math.acos((apparent_squared - a * a - b * b) / (2 * a * b)), part)
        return abs(current_l1 + current_l3 * complex(math.cos(math.pi / 3 + delta), math.sin(math.pi / 3 + delta)))

    value = current(math.sqrt(gap**2 - min(0.65 * gap, 500) ** 2))
    likely_low = 0.98 * current(gap) - 2 * resolution
    highs = [1.02 * current(max(-gap, gap - wide)) + 2 * resolution for wide in (500, 3000)]
    bound = current_l1 + current_l3 + 2 * resolution
    return value, likely_low, *(min(high, bound) for high in highs)


@given(st.floats(2, 60), st.floats(0.5, 2), st.floats(2, 30), st.floats(-15, 15))
def test_value_and_likely_limits_are_those_of_the_research(one: float, ratio: float, delta: float, lag: float) -> None:
    a, b = 230 * one, 230 * one * ratio
    apparent = math.sqrt(a * a + b * b + 2 * a * b * math.cos(math.radians(delta)))
    active, reactive = (apparent * part(math.radians(lag)) for part in (math.cos, math.sin))
    inputs = ROW | {
        "active_power": active,
        "reactive_power": reactive,
        "current_l1": one,
        "current_l3": one * ratio,
    }
    made = line2_current(**inputs)
    found = made.value, made.likely_low, made.likely_high, made.rare_high
    assert found == pytest.approx(by_the_paper(**inputs), rel=1e-6)


def test_any_numbers_of_a_home_and_beyond_keep_value_and_limits_in_order() -> None:
    rng = seeded(21)
    for _ in range(3000):  # a hundred thousand by tests/fuzz_estimate.py
        fuzz_estimate.check(fuzz_estimate.case(rng))


@given(st.tuples(NUMBERS, NUMBERS), st.tuples(SIZES, SIZES, SIZES), st.tuples(SIZES, SIZES), SIZES, SIZES)
def test_numbers_of_every_size_keep_value_and_limits_in_order(
    powers: tuple[float, float],
    voltages: tuple[float, float, float],
    currents: tuple[float, float],
    distortion: float,
    resolution: float,
) -> None:
    inputs: dict[str, Any] = dict(zip(("active_power", "reactive_power"), powers, strict=True))
    inputs |= dict(zip(("voltage_l1", "voltage_l2", "voltage_l3"), voltages, strict=True))
    inputs |= dict(zip(("current_l1", "current_l3"), currents, strict=True))
    fuzz_estimate.check(inputs | {"distortion": distortion, "resolution": resolution, "production": False})


@pytest.mark.parametrize("produces", [{"production": True}, {"active_power": -8000.0}])
def test_in_a_house_that_produces_nothing_is_likely_but_the_bounds(produces: dict[str, Any]) -> None:
    made, without = line2_current(**ROW | produces), line2_current(**ROW)
    assert (made.likely_low, made.likely_high, made.rare_high) == (made.low, made.high, made.high)
    assert (made.value, made.low, made.high) == (without.value, without.low, without.high)
    assert without.low < without.likely_low < without.value < without.likely_high < without.rare_high < without.high


def test_where_one_current_is_zero_nothing_is_likely_but_the_bounds() -> None:
    made = line2_current(**ROW | {"current_l3": 0.0})
    assert (made.likely_low, made.likely_high, made.rare_high) == (made.low, made.high, made.high)


def test_harmonics_are_taken_for_a_share_of_the_gap_up_to_the_distortion() -> None:
    wide = ROW | {"active_power": 8500.0}  # a gap of 4.5 kVA: 0.65 of it is more than 500 VA
    narrow = ROW | {"active_power": 9656.0, "reactive_power": 0.0}  # a gap of 278 VA: 0.65 of it is 180 VA
    assert line2_current(**wide, distortion=500) != line2_current(**wide, distortion=501)
    assert line2_current(**narrow, distortion=181) == line2_current(**narrow, distortion=5000)
    assert line2_current(**narrow, distortion=179) != line2_current(**narrow, distortion=5000)


@pytest.mark.parametrize(
    ("sides", "degrees"),
    [((1, 1, 1), 60), ((3, 4, 5), 90), ((1, 1, math.sqrt(3)), 120), ((2, 3, 5), 180), ((2, 3, 9), 180), ((2, 3, 1), 0)],
)
def test_the_angle_between_two_sides_is_that_of_the_triangle(sides: tuple[float, ...], degrees: float) -> None:
    one, other, opposite = sides
    found = angle_between(one, other, opposite)
    assert math.degrees(math.atan2(found.sin, found.cos)) == pytest.approx(degrees)
    assert found.cos**2 + found.sin**2 == pytest.approx(1)


def test_voltages_that_make_no_triangle_lie_flat_and_the_worse_end_of_an_angle_that_turns_round_counts() -> None:
    """S = 0, so δ is ±180°; the voltages are 180° apart in the first case and 0° in the second."""
    flat = ROW | {"active_power": 0.0, "reactive_power": 0.0, "current_l1": 10.0, "current_l3": 8.0}
    opposed = line2_current(**flat, voltage_l2=500.0)
    assert opposed.value == pytest.approx(18, abs=0.1)
    assert opposed.likely_low == opposed.low == pytest.approx(1.998)
    aligned = line2_current(**flat | {"voltage_l1": 2.0, "voltage_l2": 40.0})
    assert aligned.value == pytest.approx(2)
    assert aligned.rare_high == aligned.high == pytest.approx(18.002)
