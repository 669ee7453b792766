"""As long as the meter's values are true, the house and what the charger is allowed stay below the fuse."""

from __future__ import annotations

import math
from cmath import rect
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nets import FOUR, PAIRS, THREE, at, connected, delta, guard, measured, told

from hanparse import Measurement, Wiring
from hanparse.measurement import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    Event = tuple[float, tuple[float | None, ...], float | None, float, Wiring | None]

ROUNDING = 1e-9
PHASORS = st.builds(rect, st.floats(0, 60), st.floats(0, math.tau))


def without_l2(currents: dict[int, float]) -> Measurement:
    return measured(currents[1], None, currents[3], wiring=THREE)


def with_l2(currents: dict[int, float]) -> Measurement:
    return measured(currents[1], currents[2], currents[3], wiring=THREE)


def with_estimate(currents: dict[int, float]) -> Measurement:
    high = currents[1] + currents[3] + 0.1
    estimate = Estimate(value=currents[1], low=abs(currents[1] - currents[3]), high=high, method="any")
    return measured(currents[1], None, currents[3], wiring=THREE, estimated={"current_l2": estimate})


@given(
    st.tuples(PHASORS, PHASORS, PHASORS),
    st.sampled_from([without_l2, with_l2, with_estimate]),
    st.sampled_from([*PAIRS, (1, 2, 3)]),
    st.floats(0, math.tau),
    st.sampled_from([1, -1]),
    st.floats(6, 125),
)
def test_on_a_delta_net_house_and_charger_stay_below_the_fuse_on_every_line(
    loads: tuple[complex, complex, complex],
    meter: Callable[[dict[int, float]], Measurement],
    charger: tuple[int, ...],
    angle: float,
    turn: int,
    fuse: float,
) -> None:
    house = delta(*loads)
    said = told(meter({line: abs(current) for line, current in house.items()}), fuse=fuse, charger=charger)
    added = connected(charger, rect(said.current, angle), turn)
    for line, current in house.items():
        assert abs(current + added[line]) <= max(fuse, abs(current)) + ROUNDING
        assert said.free[line] <= max(0, fuse - abs(current)) + ROUNDING


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("charger", [*PAIRS, (1, 2, 3)])
def test_l2_stays_below_the_fuse_for_every_angle_between_l1_and_l3(sign: int, charger: tuple[int, ...]) -> None:
    said = told(measured(12, None, 9, wiring=THREE), charger=charger)
    for degrees, angle in product(range(0, 181, 15), range(0, 360, 5)):
        one, three = rect(12, 0), rect(9, sign * math.radians(degrees))
        added = connected(charger, rect(said.current, math.radians(angle)), sign)
        assert abs(-one - three + added[2]) <= 25 + ROUNDING, (degrees, angle)


def test_the_bound_is_reached_so_that_nothing_is_given_away() -> None:
    said = told(measured(12, None, 9, wiring=THREE), charger=(1, 2))
    assert said.free == {1: 13, 2: 4, 3: 16}
    assert said.current == 4  # 12 A and 9 A in phase make 21 A in L2


def test_a_charger_between_l1_and_l3_is_not_held_back_by_l2() -> None:
    said = told(measured(20, None, 18, wiring=THREE), charger=(1, 3))
    assert said.free[2] == 0
    assert said.current == 5


@given(
    st.tuples(PHASORS, PHASORS, PHASORS), st.floats(0, math.tau), st.sampled_from([(1,), (2,), (3,), *PAIRS, (1, 2, 3)])
)
def test_on_a_star_net_house_and_charger_stay_below_the_fuse_on_every_line(
    house: tuple[complex, ...], angle: float, charger: tuple[int, ...]
) -> None:
    said = told(measured(*map(abs, house), wiring=FOUR), wiring=FOUR, charger=charger)
    for line in charger:
        current = house[line - 1]
        assert abs(current + rect(said.current, angle)) <= max(25, abs(current)) + ROUNDING


@given(st.tuples(PHASORS, PHASORS, PHASORS), st.floats(0, 25), st.floats(0, math.tau), st.sampled_from(PAIRS))
def test_a_charger_that_runs_already_may_grow_until_a_line_is_full(
    loads: tuple[complex, complex, complex], charging: float, angle: float, charger: tuple[int, int]
) -> None:
    house, running = delta(*loads), connected(charger, rect(charging, angle))
    now = {line: house[line] + running[line] for line in house}
    said = told(without_l2({line: abs(current) for line, current in now.items()}), charging, charger=charger)
    allowed = connected(charger, rect(said.current, angle))
    assert said.current <= 25
    for line in charger if said.current > charging else ():
        assert abs(house[line] + allowed[line]) <= 25 + ROUNDING


def test_an_overloaded_line_is_relieved_list_by_list_even_where_the_phasors_are_not_in_line() -> None:
    charging, house = 16.0, rect(20, math.pi / 3)  # a load on L1-L2 beside a charger on L1-L3
    watch = guard(charger=(1, 3))
    totals = []
    for seconds in range(0, 60, 10):
        totals.append(abs(house + charging))
        watch.update(measured(totals[-1], None, charging, wiring=THREE), at(seconds), charging=charging)
        charging = watch.headroom(at(seconds)).current
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > 31
    assert totals[-1] < 25.2


ANY_FLOAT = st.none() | st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf, 0])
EVENTS = st.lists(
    st.tuples(
        st.floats(-1e5, 1e5),
        st.tuples(ANY_FLOAT, ANY_FLOAT, ANY_FLOAT),
        ANY_FLOAT,
        st.floats(0, 1e6),
        st.sampled_from([None, *Wiring]),
    ),
    max_size=8,
)


@given(EVENTS, st.sampled_from(Wiring), st.floats(-1e5, 1e5))
def test_whatever_comes_the_figure_is_from_zero_to_the_fuse(events: list[Event], wiring: Wiring, when: float) -> None:
    watch = guard(wiring=wiring)
    for seconds, currents, power, charging, known in events:
        update = measured(*currents, active_power_import=power, voltage_l1=power, wiring=known)
        watch.update(update, at(seconds), charging=charging)
        for now in (at(seconds), at(when)):
            said = watch.headroom(now)
            assert 0 <= said.current <= 25
            assert all(0 <= free <= 25 for free in said.free.values())
            assert said.why
