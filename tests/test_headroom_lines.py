"""Bounds of L2, lines of a charger one by one, lists that come late."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from nets import FOUR, NOON, ONE, THREE, at, guard, measured, power, told

from hanparse import Measurement, Wiring
from hanparse.energy.estimates import estimate
from hanparse.energy.headroom import FuseGuard, Headroom
from hanparse.measurement import Estimate

LARGE: dict[str, Any] = {  # 8 kW of which S lacks 2 kVA: I1 + I3 is 42 A, L2 likely 23 A
    "active_power_import": 8000,
    "active_power_export": 0,
    "reactive_power_import": 300,
    "reactive_power_export": 0,
    "voltage_l1": 230.0,
    "voltage_l2": 230.0,
    "voltage_l3": 230.0,
    "wiring": THREE,
}


def large(**fields: Any) -> Measurement:  # noqa: ANN401  each has its own type
    return measured(22.0, None, 20.0, **LARGE | fields)


def rare(*pushes: Measurement, **options: Any) -> Headroom:  # noqa: ANN401  those of a guard
    watch = FuseGuard(63, THREE, bound="rare", **options)
    for place, push in enumerate(pushes):
        watch.update(push, at(10 * place))
    return watch.headroom(at(10 * (len(pushes) - 1)))


def test_the_bound_is_the_high_one_unless_the_caller_says_otherwise() -> None:
    made = estimate(large())["current_l2"]
    assert made.rare_high < made.high - 5
    for options in ({}, {"bound": "high"}):
        watch = FuseGuard(63, THREE, **options)  # type: ignore[arg-type]
        watch.update(large(estimated={"current_l2": made}), NOON)
        assert watch.headroom(NOON).free[2] == pytest.approx(63 - made.high)
    assert rare(large()).free[2] == pytest.approx(63 - made.rare_high)
    assert rare(large()).why == (
        f"L2 is the tightest line with {made.rare_high:.2f} A of 63 A, the limit of an estimate that is rarely exceeded"
    )


def test_the_rare_bound_needs_no_estimates_and_never_counts_on_a_lower_one_that_comes_with_the_push() -> None:
    made = estimate(large())["current_l2"]
    for given, counted in (
        (made, made.rare_high),
        (made._replace(rare_high=made.value), made.rare_high),
        (made._replace(rare_high=math.nan), made.rare_high),
        (Estimate(made.value, made.low, made.high, "another"), made.high),
    ):
        assert rare(large(estimated={"current_l2": given})).free[2] == pytest.approx(63 - counted)


@pytest.mark.parametrize(
    "pushes",
    [
        (power(500), large()),  # a load was switched just then
        (Measurement(active_power_export=5), large(), large()),
        (large(active_energy_export=10),),
        (large(reactive_power_import=None),),  # nothing to make an estimate of
        (large(wiring=None),),
    ],
)
def test_where_the_house_produces_or_the_power_moves_the_rare_bound_is_the_high_one(
    pushes: tuple[Measurement, ...],
) -> None:
    assert rare(*pushes).free[2] == pytest.approx(63 - 42, abs=0.21)


def test_the_rare_bound_changes_nothing_where_l2_is_measured_or_there_is_a_neutral() -> None:
    for wiring, push in ((THREE, measured(22.0, 25.0, 20.0, **LARGE)), (FOUR, measured(22.0, 25.0, 20.0))):
        watch = FuseGuard(63, wiring, bound="rare")
        watch.update(push, NOON)
        assert watch.headroom(NOON).free == {1: 41, 2: 38, 3: 43}


def test_another_bound_is_refused() -> None:
    other: Any = "likely"
    with pytest.raises(ValueError, match="'high' or 'rare' as bound, found 'likely'"):
        FuseGuard(25, THREE, bound=other)
    number: Any = 3
    with pytest.raises(TypeError):
        FuseGuard(25, THREE, bound=number)


def test_each_line_of_a_charger_may_draw_a_current_of_its_own_in_the_order_of_the_charger() -> None:
    watch = guard(wiring=FOUR, charger=(2, 3, 1))  # L1 of the charger is L2 of the meter
    watch.update(measured(20, 21, 10, wiring=FOUR), NOON, charging=(16, 0, 2))
    said = watch.headroom(NOON)
    assert said.by_line == {1: 7, 2: 20, 3: 15}
    assert said.current == 7
    assert said.why.startswith("L1 is the tightest line with 20.00 A of 25 A, measured, including 2 A of the charger")


def test_by_line_has_the_fallback_while_nothing_fresh_is_known_and_never_more_than_the_fuse() -> None:
    watch = guard(wiring=FOUR, fallback=8)
    assert watch.headroom(NOON).by_line == {1: 8, 2: 8, 3: 8}
    watch.update(measured(5, 30, 0, wiring=FOUR), NOON, charging=(20, 0, 0))
    assert watch.headroom(NOON).by_line == {1: 25, 2: 0, 3: 25}


def test_what_a_car_on_one_line_of_three_takes_more_is_not_held_against_it() -> None:
    watch = guard(wiring=FOUR)
    watch.update(measured(3, 3, 3, active_power_import=700, voltage_l1=230), NOON)
    watch.update(power(700 + 230 * 16), at(2.5), charging=(16, 0, 0))
    assert watch.headroom(at(2.5)).current == pytest.approx(22 - 16 * (1 - math.sqrt(3) / 2))  # it might be a pair
    assert watch.headroom(at(2.5)).free[1] == pytest.approx(6 - 16 * (1 - math.sqrt(3) / 2))


@pytest.mark.parametrize(
    ("charging", "error"), [((1, 2), ValueError), ((1, 2, -1), ValueError), ((1, 2, "3"), TypeError)]
)
def test_currents_that_are_not_one_for_each_line_are_refused(charging: Any, error: type[Exception]) -> None:  # noqa: ANN401
    with pytest.raises(error):
        guard().update(measured(1, 1, 1), NOON, charging=charging)


def test_a_list_that_comes_late_makes_nothing_older_true_again() -> None:
    watch = guard(wiring=FOUR)
    sent = ((5, at(0)), (20, at(10)))
    late, latest = (measured(l1, 5, 5, timestamp=time, meter_id="1") for l1, time in sent)
    watch.update(latest, at(10))
    watch.update(late, at(11))
    assert watch.headroom(at(11)).current == 5
    watch.update(measured(5, 5, 5, timestamp=at(0), meter_id="2"), at(12))  # another meter, with a clock of its own
    assert watch.headroom(at(12)).current == 20


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(0), -timedelta(seconds=10)])
def test_a_clock_of_the_meter_that_is_set_back_or_stands_still_makes_no_list_late(back: timedelta) -> None:
    watch = guard(wiring=FOUR)
    watch.update(measured(20, 5, 5, timestamp=at(0)), at(0))
    watch.update(measured(5, 5, 5, timestamp=at(0) - back), at(10))
    assert watch.headroom(at(10)).current == 20


def test_times_of_lists_that_cannot_be_compared_make_no_list_late() -> None:
    watch = guard(wiring=FOUR)
    watch.update(measured(20, 5, 5, timestamp=datetime(2024, 1, 15, 12, tzinfo=UTC)), at(0))
    watch.update(measured(5, 5, 5, timestamp=datetime(2024, 1, 15, 11, 59)), at(10))  # noqa: DTZ001  that is the point
    assert watch.headroom(at(10)).current == 20


@pytest.mark.parametrize(
    ("said", "push", "current"),
    [
        (FOUR, measured(5, 20, 5, wiring=THREE), 5),  # a charger on L1 of a delta net draws from another line, too
        (FOUR, measured(5, None, 5, wiring=THREE), 0),
        (ONE, measured(5, 20, 10, wiring=FOUR), 5),
        (ONE, measured(5, wiring=FOUR), 0),
        (ONE, measured(5, 0, 0, wiring=FOUR), 20),  # a house of one phase behind a meter for three
    ],
)
def test_a_wiring_that_the_meter_contradicts_makes_every_line_count(
    said: Wiring, push: Measurement, current: float
) -> None:
    found = told(push, wiring=said, charger=(1,))
    assert found.current == current
    assert push.wiring
    assert found.why.endswith(f", and the meter is {push.wiring.value}")
