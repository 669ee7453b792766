"""What a charger's program needs beside the guard: power, shares, steps."""

from __future__ import annotations

import math
from cmath import rect
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nets import FOUR, NOON, ONE, PAIRS, THREE, at, measured

from hanparse.energy.chargers import Charger, Ramp, by_line, power_of_change, share
from hanparse.energy.headroom import Freshness, FuseGuard, Headroom
from hanparse.energy.loads import Voltages

if TYPE_CHECKING:
    from hanparse import Wiring

EVEN = Voltages(230, 230)
CONNECTIONS = [(1,), (2,), (3,), *PAIRS, (1, 2, 3), (2, 3, 1)]
CHARGERS = st.lists(
    st.builds(
        Charger, st.sampled_from(CONNECTIONS), st.sampled_from([0, 6.0, 8.0]), st.sampled_from([8.0, 16.0, 32.0])
    ),
    min_size=1,
    max_size=5,
)
LINES = st.tuples(*[st.floats(0, 63)] * 3).map(lambda amps: dict(enumerate(amps, 1)))


def free(may: dict[int, float], now: dict[int, float] | None = None) -> Headroom:
    """A headroom with so much for all chargers in each line, of which they take some now."""
    left = {line: max(0.0, amps - (now or {}).get(line, 0.0)) for line, amps in may.items()}
    return Headroom(min(may.values()), Freshness.ACTIVE, "", left, may)


@pytest.mark.parametrize(
    ("wiring", "change", "watts"),
    [
        (ONE, {1: 6}, 6 * 230),
        (THREE, {1: 6, 3: 6}, 6 * 230),  # between two lines of 230 V
        (THREE, {1: 6, 2: 6, 3: 6}, 6 * 230 * math.sqrt(3)),
        (FOUR, {2: 6}, 6 * 230),
        (FOUR, {1: 6, 2: 6}, 6 * 230 * math.sqrt(3)),  # between two lines of 400 V; two phases would take more
        (FOUR, {1: -6, 2: -6}, -6 * 2 * 230),  # two phases; between two lines it would be less
        (FOUR, {1: 6, 2: 6, 3: 6}, 6 * 3 * 230),
        (THREE, {1: 6, 2: 6, 3: 0}, 6 * 230),  # a car on one pair of three lines
        (FOUR, {1: 6, 2: 0, 3: 0}, 6 * 230 * math.sqrt(3) / 2),
        (None, {1: 6}, 6 * 115),
        (None, {1: -6}, -6 * 230),
    ],
)
def test_what_a_change_takes_at_least_is_its_power(wiring: Wiring, change: dict[int, float], watts: float) -> None:
    before, after = ({line: max(0, sign * amps) for line, amps in change.items()} for sign in (-1, 1))
    assert power_of_change(before, after, wiring, EVEN) == pytest.approx(watts)


def test_more_counts_by_the_lowest_voltage_and_less_by_the_highest() -> None:
    uneven = Voltages(220, 240)
    for wiring, lines, volts in ((FOUR, (1,), 1.0), (THREE, (1, 3), 1.0)):
        none, some = (dict.fromkeys(lines, amps) for amps in (0.0, 10.0))
        assert power_of_change(none, some, wiring, uneven) == pytest.approx(2200 * volts)
        assert power_of_change(some, none, wiring, uneven) == pytest.approx(-2400 * volts)


UNITS = st.lists(st.sampled_from([0, 6, 10, 16]) | st.floats(0, 32), min_size=3, max_size=3)


@given(UNITS, UNITS)
def test_on_three_wires_the_rise_is_not_above_the_power_of_resistive_units_and_equal_to_it_if_balanced(
    before: list[float], after: list[float]
) -> None:
    """Each unit is between two lines. The phasors of two units of a line are 60 degrees apart."""
    currents = [
        {line: abs(units[line - 1] + rect(units[line % 3], math.pi / 3)) for line in (1, 2, 3)}
        for units in (before, after)
    ]
    true = 230 * (sum(after) - sum(before))
    assert power_of_change(currents[0], currents[1], THREE, EVEN) <= true + 0.01
    balanced = [dict.fromkeys((1, 2, 3), units[0] * math.sqrt(3)) for units in (before, after)]
    found = power_of_change(balanced[0], balanced[1], THREE, EVEN)
    assert found == pytest.approx(3 * 230 * (after[0] - before[0]), abs=0.01)


@given(UNITS, st.integers(0, 2), st.sampled_from([0, 6, 10, 16]))
def test_on_three_wires_the_rise_is_not_too_high_for_the_sums_of_several_chargers(
    drawn: list[float], changed: int, amps: float
) -> None:
    """`by_line` adds up the currents as if they were in phase. One charger changes its current."""
    chargers = [Charger(lines) for lines in PAIRS]
    later = [amps if place == changed else current for place, current in enumerate(drawn)]
    before, after = by_line(chargers, drawn), by_line(chargers, later)
    found = power_of_change(before, after, THREE, EVEN)
    assert found <= 230 * (sum(later) - sum(drawn)) + 0.25 * 230  # currents within 0.5 A of each other count as equal


def test_currents_that_no_units_between_lines_draw_count_with_the_widest_limits() -> None:
    assert power_of_change({1: 0, 2: 0}, {1: 16, 2: 0}, THREE, EVEN) == 16 * 115
    assert power_of_change({1: 16, 2: 0}, {1: 0, 2: 0}, THREE, EVEN) == -16 * 230


def test_by_line_adds_up_what_chargers_draw_in_the_lines_of_the_meter() -> None:
    chargers = [Charger((2, 3, 1)), Charger((1, 3))]
    assert by_line(chargers, [10, 6]) == {1: 16, 2: 10, 3: 16}
    with pytest.raises(ValueError, match="a charging current of 0 A or more, found -1"):
        by_line(chargers, [10, -1])
    with pytest.raises(ValueError, match="zip"):
        by_line(chargers, [10])


@pytest.mark.parametrize(
    ("may", "chargers", "expected"),
    [
        ({1: 25, 2: 25, 3: 25}, [Charger((1,)), Charger((2,))], (25, 25)),  # no line in common
        ({1: 20, 2: 25, 3: 25}, [Charger((1,)), Charger((1, 2, 3))], (10, 10)),
        ({1: 20, 2: 25, 3: 25}, [Charger((1,), most=8), Charger((1, 2, 3))], (8, 12)),  # the rest is the other's
        ({1: 11, 2: 25, 3: 25}, [Charger((1,)), Charger((1,))], (11, 0)),  # not enough for both: the last pauses
        ({1: 17, 2: 25, 3: 25}, [Charger((1,)), Charger((1,)), Charger((1,))], (8.5, 8.5, 0)),
        ({1: 5, 2: 25, 3: 7}, [Charger((1,)), Charger((3,))], (0, 7)),
        ({1: 5, 2: 25, 3: 7}, [Charger((3,)), Charger((1, 3))], (7, 0)),  # pausing gives its line to the other
        ({1: 40, 2: 40, 3: 40}, [Charger((1,))], (32,)),
    ],
)
def test_each_gets_as_much_as_the_others_or_pauses(
    may: dict[int, float], chargers: list[Charger], expected: tuple[float, ...]
) -> None:
    assert share(free(may), chargers, [0] * len(chargers)) == pytest.approx(expected)


def test_what_one_gives_up_another_gets_after_the_meter_has_shown_that_it_is_free() -> None:
    chargers = [Charger((1,)), Charger((1,))]
    first = share(free({1: 20, 2: 25, 3: 25}, {1: 20}), chargers, [20, 0])
    assert first == (10, 0)
    assert share(free({1: 20, 2: 25, 3: 25}, {1: 10}), chargers, first) == (10, 10)


def test_while_nothing_fresh_is_known_all_chargers_share_the_fallback() -> None:
    guard = FuseGuard(25, FOUR, fallback=13)
    assert share(guard.headroom(NOON), [Charger((1,)), Charger((2, 3, 1)), Charger((1,))], [0, 0, 0]) == (6.5, 6.5, 0)
    guard = FuseGuard(25, FOUR, fallback=0)
    assert share(guard.headroom(NOON), [Charger((1,))], [10]) == (0,)


@given(LINES, CHARGERS, st.data())
def test_together_they_keep_to_every_line_and_each_to_its_own_limits(
    may: dict[int, float], chargers: list[Charger], data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(st.floats(0, 40), min_size=len(chargers), max_size=len(chargers)))
    now = by_line(chargers, drawn)
    headroom = free(may, now)
    limits = share(headroom, chargers, drawn)
    together, rises = by_line(chargers, limits), dict.fromkeys(may, 0.0)
    for charger, limit, before in zip(chargers, limits, drawn, strict=True):
        assert limit == 0 or charger.least <= limit <= charger.most
        for line in charger.lines:
            rises[line] += max(0.0, limit - before)
    for line, amps in may.items():
        assert together[line] <= amps + 1e-6
        assert rises[line] <= headroom.free[line] + 1e-6


@given(st.tuples(*[st.builds(rect, st.floats(0, 40), st.floats(0, math.tau))] * 3), CHARGERS, st.data())
def test_a_house_and_its_chargers_stay_below_the_fuse_on_every_line_of_a_star_net(
    house: tuple[complex, ...], chargers: list[Charger], data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(st.floats(0, 32), min_size=len(chargers), max_size=len(chargers)))
    now, guard = by_line(chargers, drawn), FuseGuard(63, FOUR)
    carried = [abs(current + now[line]) for line, current in enumerate(house, 1)]
    guard.update(measured(*carried, wiring=FOUR), NOON, charging=[now[line] for line in (1, 2, 3)])
    limits = share(guard.headroom(NOON), chargers, drawn)
    after = by_line(chargers, [max(limit, before) for limit, before in zip(limits, drawn, strict=True)])
    for line, current in enumerate(house, 1):  # also while those that are to take less have not followed
        assert abs(current + after[line]) <= max(63, carried[line - 1]) + 1e-6


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, -1, 10**400])
@pytest.mark.parametrize("place", [0, 1])
def test_a_current_that_no_charger_can_draw_is_refused_by_share_as_by_by_line(wrong: float, place: int) -> None:
    chargers, drawn = [Charger((1,)), Charger((1, 2, 3))], [6.0, 6.0]
    drawn[place] = wrong
    for refuses in (lambda: share(free({1: 20, 2: 20, 3: 20}), chargers, drawn), lambda: by_line(chargers, drawn)):
        with pytest.raises(ValueError, match="a charging current of 0 A or more"):
            refuses()


@pytest.mark.parametrize("lines", [(), (0,), (4,), (1, 1), (1, 2, 3, 1)])
def test_lines_that_no_net_has_are_refused(lines: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="different lines"):
        Charger(lines)


def test_a_least_above_the_most_is_refused_and_so_are_other_types() -> None:
    with pytest.raises(ValueError, match="a least current of at most 5 A, found 6"):
        Charger((1,), most=5)
    wrong: Any = [1]
    with pytest.raises(TypeError):
        Charger(wrong)
    with pytest.raises(TypeError):
        Ramp(wait=wrong)
    with pytest.raises(ValueError, match="a rise of 0 A/s or more"):
        Ramp(up=math.nan)


def test_a_ramp_falls_at_once_and_rises_slowly() -> None:
    ramp = Ramp(up=0.5)
    told = [(ramp.limit(may, at(seconds))) for seconds, may in ((0, 20), (1, 20), (3, 20), (4, 6.2), (5, 20), (60, 20))]
    assert told == [6, 6.5, 7.5, 6.2, 6.7, 20]


def test_below_the_least_a_ramp_pauses_and_waits_before_it_goes_on() -> None:
    ramp = Ramp(wait=timedelta(seconds=10))
    steps = [(0, 10), (1, 5.9), (2, 10), (8, 10), (9, 5), (10, 10), (18, 10), (19, 10)]
    assert [ramp.limit(may, at(seconds)) for seconds, may in steps] == [6, 0, 0, 0, 0, 0, 0, 6]


def test_a_charger_that_needs_no_least_current_rises_from_nothing() -> None:
    ramp = Ramp(least=0)
    assert [ramp.limit(2, at(seconds)) for seconds in range(4)] == [0, 1, 2, 2]


def test_a_clock_that_is_set_back_lets_nothing_rise() -> None:
    ramp = Ramp(wait=timedelta(0))
    assert [ramp.limit(20, at(seconds)) for seconds in (100, 0, 0, 1)] == [6, 6, 6, 7]


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0, 63)), max_size=30), st.floats(0, 5), st.floats(0, 10))
def test_a_ramp_never_says_more_than_the_charger_may_take(
    calls: list[tuple[float, float]], up: float, least: float
) -> None:
    ramp, seconds, before = Ramp(up=up, least=least, wait=timedelta(seconds=20)), 0.0, 0.0
    for passed, may in calls:
        seconds += passed
        told = ramp.limit(may, at(seconds))
        assert told == 0 or least <= told <= may
        assert told <= max(before, least) + up * max(0, passed) + 1e-3
        before = told
