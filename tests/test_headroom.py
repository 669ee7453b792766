from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from framefiles import SOUND, named
from nets import FOUR, NOON, ONE, THREE, at, guard, measured, power, told

from hanparse import Measurement, Scale, Wiring, decode
from hanparse.energy.headroom import Freshness, Headroom
from hanparse.measurement import Estimate


def test_an_overload_that_is_not_the_chargers_leaves_it_nothing_and_never_less() -> None:
    said = told(measured(40, None, 3, wiring=THREE), charger=(1, 3))
    assert said.current == 0
    assert said.free == {1: 0, 2: 0, 3: 22}


def test_a_rise_of_power_counts_on_every_line_until_currents_come_again() -> None:
    watch = guard(charger=(1, 3))
    watch.update(measured(5, None, 5, wiring=THREE, active_power_import=1000, voltage_l1=230), NOON)
    assert watch.headroom(NOON).current == 20
    watch.update(power(3300), at(2.5))
    risen = watch.headroom(at(2.5))
    assert risen.current == 10
    assert "10.00 A are reserved because the power has risen" in risen.why
    watch.update(power(400), at(5))
    assert watch.headroom(at(5)).current == 10  # the fall may be on another line
    watch.update(power(860), at(7.5))
    assert watch.headroom(at(7.5)).current == 8
    watch.update(measured(6, None, 5, wiring=THREE, active_power_import=1200, voltage_l1=230), at(10))
    assert watch.headroom(at(10)).current == 19


@pytest.mark.parametrize(
    ("wiring", "charger", "watts"),
    [
        (ONE, (1,), 230 * 6),
        (THREE, (1, 3), 230 * 6),
        (THREE, (1, 2, 3), 230 * 6 * math.sqrt(3)),
        (FOUR, (2,), 230 * 6),
        (FOUR, (1, 2), 400 * 6),
        (FOUR, (1, 2, 3), 3 * 230 * 6),
    ],
)
def test_a_rise_that_is_the_chargers_own_is_not_held_against_it(
    wiring: Wiring, charger: tuple[int, ...], watts: float
) -> None:
    watch = guard(wiring=wiring, charger=charger)
    watch.update(measured(3, 3, 3, active_power_import=700, voltage_l1=230), NOON)
    before = watch.headroom(NOON).current
    watch.update(power(700 + watts), at(2.5), charging=6)
    assert watch.headroom(at(2.5)).current == pytest.approx(before, abs=0.05)


def test_voltages_of_dead_phases_do_not_count_and_the_lowest_permitted_stands_in_for_missing_ones() -> None:
    for first, second, lowest in ((230, 0, 230), (None, None, 207)):
        watch = guard(wiring=FOUR)
        watch.update(measured(0, 0, 0, active_power_import=0, voltage_l1=first, voltage_l2=second), NOON)
        watch.update(power(2300), at(2))
        assert watch.headroom(at(2)).current == pytest.approx(25 - 2300 / lowest)


def test_power_alone_keeps_nothing_fresh() -> None:
    watch = guard()
    watch.update(power(500), NOON)
    said = watch.headroom(NOON)
    assert (said.current, said.freshness) == (6, Freshness.NO_DATA)
    assert "only power" in said.why
    watch.update(measured(1, 1, 1), at(2))
    watch.update(power(500), at(32))
    assert watch.freshness(at(32)) is Freshness.ACTIVE
    assert watch.freshness(at(32.1)) is Freshness.STALE


def test_without_data_the_charger_gets_the_fallback_and_the_reason_says_why() -> None:
    watch = guard(fallback=8)
    assert watch.headroom(NOON) == Headroom(8, Freshness.NO_DATA, "no list has arrived yet, fallback to 8 A")
    watch.bad_data(NOON)
    broken = watch.headroom(at(1))
    assert (broken.current, broken.freshness) == (8, Freshness.BAD_DATA)
    assert "no valid push" in broken.why
    watch.update(measured(24, 24, 24), at(10))
    assert watch.headroom(at(10)).freshness is Freshness.ACTIVE
    stale = watch.headroom(at(55))
    assert (stale.current, stale.freshness, stale.free) == (8, Freshness.STALE, {})
    assert stale.why == "the last list with currents is 45 s old, more than 30 s, fallback to 8 A"


def test_bad_data_beside_good_data_change_nothing_and_are_forgotten_with_the_next_good_push() -> None:
    watch = guard(stale_after=timedelta(seconds=20))
    watch.update(measured(1, 1, 1), NOON)
    watch.bad_data(at(19))
    assert watch.freshness(at(20)) is Freshness.ACTIVE
    assert watch.freshness(at(21)) is Freshness.BAD_DATA
    assert watch.freshness(at(40)) is Freshness.STALE
    watch.bad_data(at(50))
    watch.update(power(1), at(51))
    assert watch.freshness(at(51)) is Freshness.STALE


@pytest.mark.parametrize(("interval", "limit"), [(1, 10), (5, 15), (10, 30), (15, 45), (300, 60)])
def test_the_limit_follows_the_meters_own_interval(interval: float, limit: float) -> None:
    watch = guard()
    assert watch.stale_after == timedelta(seconds=30)
    for place in range(4):
        watch.update(measured(1, 1, 1), at(place * interval))
        watch.update(power(1), at((place + 0.25) * interval))
    assert watch.stale_after == timedelta(seconds=limit)


def test_a_lost_list_or_an_hour_of_silence_does_not_move_the_limit() -> None:
    watch = guard()
    for seconds in (0, 10, 20, 40, 50, 3650, 3660):
        watch.update(measured(1, 1, 1), at(seconds))
    assert watch.stale_after == timedelta(seconds=30)


def test_a_guard_shows_what_it_guards() -> None:
    assert repr(guard(charger=(1, 3))) == "<FuseGuard 25 A, THREE_WIRE, charger on L1, L3, fallback 6 A>"


def test_a_limit_that_was_given_holds() -> None:
    watch = guard(stale_after=timedelta(seconds=12))
    for seconds in range(0, 100, 10):
        watch.update(measured(1, 1, 1), at(seconds))
    assert watch.stale_after == timedelta(seconds=12)
    assert watch.freshness(at(102)) is Freshness.ACTIVE
    assert watch.freshness(at(102.5)) is Freshness.STALE


def test_a_clock_that_was_set_back_makes_data_stale_until_the_next_list() -> None:
    watch = guard()
    watch.update(measured(1, 1, 1), NOON)
    said = watch.headroom(at(-3600))
    assert said.freshness is Freshness.STALE
    assert "the clock was set back" in said.why
    watch.update(measured(1, 1, 1), at(-3590))
    assert watch.headroom(at(-3589)).freshness is Freshness.ACTIVE
    assert watch.stale_after == timedelta(seconds=30)


OSLO = ZoneInfo("Europe/Oslo")
FIRST_PASS = datetime(2024, 10, 27, 2, 30, tzinfo=OSLO)
SECOND_PASS = datetime(2024, 10, 27, 2, 30, 10, fold=1, tzinfo=OSLO)  # an hour and 10 s later


def test_data_of_the_first_pass_of_the_hour_that_exists_twice_are_stale_in_the_second() -> None:
    watch = guard()
    watch.update(measured(1, 1, 1), FIRST_PASS)
    assert watch.freshness(FIRST_PASS + timedelta(seconds=20)) is Freshness.ACTIVE
    stale = watch.headroom(SECOND_PASS)
    assert (stale.current, stale.freshness) == (6, Freshness.STALE)
    assert stale.why.startswith("the last list with currents is 3610 s old, more than 30 s")


def test_an_aware_clock_may_change_its_zone() -> None:
    watch = guard()
    watch.update(measured(1, 1, 1), at(0))
    assert watch.freshness(at(30).astimezone(OSLO)) is Freshness.ACTIVE
    assert watch.freshness(at(31).astimezone(OSLO)) is Freshness.STALE


def test_a_naive_clock_that_is_put_back_makes_nothing_young_again_that_was_seen_to_be_old() -> None:
    watch = guard()
    watch.update(measured(1, 1, 1), FIRST_PASS.replace(tzinfo=None))
    assert watch.freshness(FIRST_PASS.replace(tzinfo=None) + timedelta(seconds=31)) is Freshness.STALE
    said = watch.headroom(FIRST_PASS.replace(tzinfo=None) + timedelta(seconds=10))
    assert said.freshness is Freshness.STALE
    watch.update(measured(1, 1, 1), FIRST_PASS.replace(tzinfo=None) + timedelta(seconds=11))
    assert watch.freshness(FIRST_PASS.replace(tzinfo=None) + timedelta(seconds=12)) is Freshness.ACTIVE


def test_naive_and_aware_times_mixed_are_a_type_error_that_says_so() -> None:
    naive = NOON.replace(tzinfo=None)
    watch = guard()
    watch.update(measured(1, 1, 1), NOON)
    for method in (watch.headroom, watch.freshness, watch.bad_data, lambda now: watch.update(power(1), now)):
        with pytest.raises(TypeError, match="expected an aware datetime for the argument now"):
            method(naive)
    assert watch.freshness(at(1)) is Freshness.ACTIVE


def test_a_list_that_is_sent_again_makes_old_currents_neither_fresh_nor_true() -> None:
    first, second = (measured(l1, 5, 5, active_power_import=p, timestamp=at(0)) for l1, p in ((5, 0), (20, 3450)))
    watch = guard(wiring=FOUR)
    watch.update(first, at(0))
    watch.update(second, at(10))
    watch.update(first, at(20))  # a gateway that repeats itself, a retained message of a broker
    assert watch.headroom(at(20)).current == 5
    assert watch.freshness(at(40)) is Freshness.ACTIVE
    assert watch.freshness(at(40.1)) is Freshness.STALE
    watch.update(second, at(41))
    assert watch.freshness(at(41)) is Freshness.STALE


def test_an_undated_list_that_comes_again_gives_nothing_back_of_what_was_set_aside() -> None:
    watch, push = guard(wiring=FOUR, charger=(1,)), measured(5, 5, 5, active_power_import=3450, voltage_l1=230)
    watch.update(push, NOON)
    watch.update(power(5750), at(2.5))
    watch.update(push, at(5))
    assert watch.headroom(at(5)).current == 10
    watch.update(power(5750), at(7.5))
    assert watch.headroom(at(7.5)).current == 10
    assert watch.freshness(at(35)) is Freshness.ACTIVE  # a house in which nothing changes sends the same list, too
    watch.update(measured(15, 5, 5, active_power_import=5750, voltage_l1=230), at(10))
    assert watch.headroom(at(10)).current == 10


@pytest.mark.parametrize("before", [None, 1000])
def test_a_list_with_currents_and_no_power_does_not_switch_the_set_aside_off(before: float | None) -> None:
    watch = guard(wiring=FOUR, charger=(1,))
    if before:
        watch.update(power(before), at(-2.5))
    watch.update(measured(5, 5, 5, voltage_l1=230), NOON)
    assert watch.headroom(NOON).current == 20
    watch.update(power(3300), at(2.5))
    assert watch.headroom(at(2.5)).current == pytest.approx(20 - 3300 / 230)  # the list does not tell its power


def test_what_feeds_in_hides_no_rise() -> None:
    watch = guard(wiring=FOUR, charger=(1,))
    sent = {"active_power_import": 0, "active_power_export": 2300, "voltage_l1": 230}
    watch.update(measured(5, 10, 0, **sent), NOON)
    watch.update(Measurement(active_power_import=0, active_power_export=0), at(2.5))
    assert watch.headroom(at(2.5)).current == 10
    watch.update(power(0), at(5))  # a short list that does not say the export
    assert watch.headroom(at(5)).current == 10


def test_what_the_charger_takes_less_is_taken_by_something_else_where_the_power_stays() -> None:
    watch = guard(wiring=FOUR, charger=(1,))
    watch.update(measured(15, 5, 5, active_power_import=5000, voltage_l1=225, voltage_l2=230), NOON, charging=10)
    watch.update(power(5000), at(2.5), charging=0)
    assert watch.headroom(at(2.5)).current == pytest.approx(20 - 10 * 230 / 225)  # the fall by the higher voltage


def test_free_is_what_any_load_may_add_to_what_the_charger_takes_by_now() -> None:
    watch = guard(wiring=FOUR, charger=(1,))
    watch.update(measured(5, 5, 5, active_power_import=3450, voltage_l1=230), NOON)
    watch.update(power(3450 + 2300), at(2.5), charging=10)
    said = watch.headroom(at(2.5))
    assert (said.current, said.free) == (20, {1: 10, 2: 20, 3: 20})


def test_behind_transformers_one_step_of_what_the_meter_sends_is_taken_off() -> None:
    frame = named("aidon/list2-6540-it-ct").data  # 1.7 A and 2.1 A in steps of 0.1 A
    said = told(decode(frame, scale=Scale.ct("100:5")), fuse=100, charger=(1, 3))
    assert said.free == {1: 100 - 34 - 2, 2: 100 - 76 - 4, 3: 100 - 42 - 2}
    assert said.current == 56
    assert "measured, with a step of 2 A behind transformers" in said.why
    assert told(decode(frame), fuse=100).free[1] == 100 - 1.7


@pytest.mark.parametrize("absurd", [10**400, -(10**400)], ids=["huge", "huge and negative"])
@pytest.mark.parametrize(
    "name",
    ["current_l1", "current_l2", "voltage_l1", "active_power_import", "active_power_export", "reactive_power_import"],
)
@pytest.mark.parametrize("wiring", list(Wiring))
def test_an_integer_beyond_all_floats_raises_nothing_and_is_not_believed(
    wiring: Wiring, name: str, absurd: int
) -> None:
    watch = guard(wiring=wiring)
    sent: dict[str, Any] = {"current_l1": 1, "current_l2": 1, "current_l3": 1, "active_power_import": 1, name: absurd}
    alone: dict[str, Any] = {name: absurd}
    for push in (Measurement(**sent), Measurement(**alone), Measurement(**sent)):
        watch.update(push, NOON)
        assert 0 <= watch.headroom(NOON).current <= 25
    if name == "current_l1" and wiring is not ONE:
        assert watch.headroom(NOON).free[1] == (23 if wiring is THREE else 0)


def test_the_reason_names_the_tightest_line_and_how_its_current_is_known() -> None:
    assert told(measured(12, None, 9, wiring=THREE)).why == (
        "L2 is the tightest line with 21.00 A of 25 A, not measured but never above L1 + L3 without a neutral"
    )
    assert told(measured(12, 3, 9, wiring=THREE), 4).why == (
        "L1 is the tightest line with 12.00 A of 25 A, measured, including 4 A of the charger"
    )
    bounds = Estimate(value=15, low=3, high=21.1, method="any")
    estimated = told(measured(12, None, 9, wiring=THREE, estimated={"current_l2": bounds}))
    assert estimated.why == "L2 is the tightest line with 21.10 A of 25 A, the upper bound of an estimate"


@pytest.mark.parametrize(
    ("measurement", "wiring"),
    [
        (measured(5, None, 5, wiring=FOUR), FOUR),  # with a neutral L2 may carry anything
        (measured(5, None, 5, wiring=FOUR), THREE),  # the meter's type says that there is one
        (measured(5, None, None, wiring=THREE), THREE),  # two are unknown
        (measured(5, math.nan, 5, wiring=FOUR), FOUR),
    ],
)
def test_nothing_is_added_to_a_line_that_nobody_knows(measurement: Measurement, wiring: Wiring) -> None:
    said = told(measurement, wiring=wiring)
    assert (said.current, said.free[1], said.free[2]) == (0, 20, 0)
    assert "the list has no current of L2" in said.why


def test_any_one_line_of_a_delta_net_is_bounded_by_the_two_others() -> None:
    assert told(measured(None, 4, 5, wiring=THREE)).free[1] == 16
    assert told(measured(4, 5, None)).free[3] == 16


def test_zero_in_l2_is_believed_only_of_a_three_wire_meter_whose_type_is_known() -> None:
    assert told(measured(8, 0, 8)).free[2] == 9
    assert told(measured(8, 0, 8, wiring=THREE)).free[2] == 25
    assert told(measured(8, 0, 8), wiring=FOUR).free[2] == 25


def test_the_sign_of_a_current_says_nothing_about_the_fuse() -> None:
    assert told(measured(-20, 3, -5, wiring=FOUR), wiring=FOUR).free == {1: 5, 2: 22, 3: 20}


def test_a_one_phase_house_has_one_line() -> None:
    said = told(measured(7.5, wiring=ONE), wiring=ONE)
    assert said.free == {1: 17.5}
    assert said.current == 17.5


def test_real_pushes_leave_the_fuse_less_what_they_say() -> None:
    for file in SOUND:
        measurement = decode(file.data)
        said = told(measurement, fuse=10_000, wiring=measurement.wiring or FOUR)
        expect = file.expect or {}
        sent = {line: expect[f"current_l{line}"] for line in (1, 2, 3) if f"current_l{line}" in expect}
        assert said.freshness is (Freshness.ACTIVE if sent else Freshness.NO_DATA)
        if measurement.wiring is THREE and sent.get(2) == 0 and abs(sent[1] - sent[3]) > 1:
            sent[2] = sent[1] + sent[3]  # the one frame in which L2 cannot be 0: it may carry as much
        step = 1 if file.name.startswith("landis_gyr/ch-e570") else 0  # it sends whole amperes
        for line, current in sent.items():
            assert said.free[line] == pytest.approx(10_000 - abs(current) - step)  # negative in export on some meters


def test_the_it_meter_of_aidon_leaves_what_its_two_currents_leave() -> None:
    said = told(decode(named("aidon/list2-6525-it").data))
    assert said.free == pytest.approx({1: 25 - 1.3, 2: 25 - 2.2, 3: 25 - 0.9})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fuse": 0}, "a fuse above 0 A, found 0"),
        ({"fuse": -25}, "a fuse above 0 A, found -25"),
        ({"fuse": math.nan}, "a fuse above 0 A, found nan"),
        ({"fuse": 10**400}, "a fuse above 0 A, found 1000"),
        ({"fallback": 10**400}, "a fallback from 0 A to the fuse, 25 A, found 1000"),
        ({"fallback": -1}, "a fallback from 0 A to the fuse, 25 A, found -1"),
        ({"fallback": 26}, "a fallback from 0 A to the fuse, 25 A, found 26"),
        ({"charger": (1,)}, "2 or 3 different lines"),
        ({"charger": (1, 1)}, "2 or 3 different lines"),
        ({"charger": (1, 4)}, "2 or 3 different lines"),
        ({"wiring": ONE, "charger": (2,)}, "1 different lines"),
        ({"stale_after": timedelta(0)}, "stale_after above 0 s"),
    ],
)
def test_what_no_house_has_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        guard(**options)


def test_wrong_types_are_type_errors() -> None:
    wrong: list[dict[str, Any]] = [
        {"fuse": "25"},
        {"fuse": True},
        {"wiring": "IT"},
        {"charger": [1, 3]},
        {"stale_after": 30},
    ]
    for options in wrong:
        with pytest.raises(TypeError):
            guard(**options)
    watch: Any = guard()
    for method, *arguments in (
        (watch.update, {}, NOON),
        (watch.update, measured(1), 12.5),
        (watch.bad_data, 12.5),
        (watch.headroom, 12.5),
    ):
        with pytest.raises(TypeError):
            method(*arguments)
    with pytest.raises(TypeError):
        watch.update(measured(1), NOON, charging="6")


@pytest.mark.parametrize("charging", [-1, math.nan, math.inf, 10**400])
def test_a_charging_current_is_a_magnitude(charging: float) -> None:
    with pytest.raises(ValueError, match="a charging current of 0 A or more"):
        guard().update(measured(1), NOON, charging=charging)


@pytest.mark.parametrize("charging", [6, 6.1, 16])
def test_a_list_that_may_be_repeated_keeps_the_set_aside_whatever_the_charger_draws_now(charging: float) -> None:
    watch = guard(wiring=ONE)
    push = Measurement(current_l1=10, voltage_l1=230, active_power_import=2300)
    watch.update(push, NOON, charging=6)
    watch.update(power(4600), at(2.5), charging=6)
    watch.update(push, at(3), charging=charging)
    assert watch.headroom(at(3)).current == pytest.approx(25 - 10 - 10 + 6)


def test_lists_that_arrive_twice_do_not_shorten_the_time_for_which_a_list_counts() -> None:
    watch = guard(wiring=ONE)
    push = Measurement(current_l1=25, voltage_l1=230, active_power_import=5750)
    for number in range(12):
        watch.update(push, at(10 * number))
        watch.update(push, at(10 * number + 0.2))
    assert watch.stale_after == timedelta(seconds=30)


def test_a_meter_whose_clock_was_set_back_is_believed_where_it_shows_more_and_then_wholly() -> None:
    watch = guard(wiring=ONE)
    sent: dict[str, Any] = {"voltage_l1": 230, "active_power_import": 1150, "active_power_export": 0}
    watch.update(Measurement(timestamp=at(0), current_l1=5, **sent), NOON)
    found = []
    for number, current in enumerate([25, 15, 10, 10, 10], 1):
        watch.update(Measurement(timestamp=at(10 * number - 1200), current_l1=current, **sent), at(10 * number))
        found.append(watch.headroom(at(10 * number)).current)
    assert found == [0, 0, 15, 15, 15]
    assert watch.freshness(at(60)) is Freshness.ACTIVE


def test_a_line_without_the_charger_is_not_credited_with_what_it_draws() -> None:
    watch = guard(wiring=FOUR, charger=(1,))
    watch.update(measured(15, 20, 5), NOON, charging=10)
    assert watch.headroom(NOON).by_line == {1: 20, 2: 5, 3: 20}
