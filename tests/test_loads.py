"""What each line carries at most: the rules that the guard rests on, one by one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st
from nets import FOUR, ONE, THREE, measured

from hanparse import Measurement, Obis, Register, Scale, Wiring, decode
from hanparse.energy.estimates import estimate
from hanparse.energy.loads import LineLoads, net_power, voltages
from hanparse.measurement import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable


def carried(measurement: Measurement, wiring: Wiring = THREE) -> dict[int, float]:
    return {line: load.current for line, load in LineLoads(wiring).read(measurement).items()}


def sent_in_steps(raw: tuple[int | None, ...], scaler: int, ratio: float, **fields: Any) -> Measurement:  # noqa: ANN401
    """A push of a meter behind transformers of this ratio, in whole steps."""
    codes = ("31.7.0", "51.7.0", "71.7.0")
    there = [(line, sent) for line, sent in enumerate(raw) if sent is not None]
    registers = tuple(Register(Obis.parse(codes[line]), sent, scaler, "A") for line, sent in there)
    currents: Any = {f"current_l{line + 1}": sent * 10.0**scaler * ratio for line, sent in there}
    return Measurement(**currents, **fields, registers=registers, scale=Scale.ct(ratio))


@pytest.mark.parametrize("wiring", [THREE, None])
@pytest.mark.parametrize("current", [0, 5, 9.79])
def test_an_l2_that_the_others_rule_out_is_bounded_by_them(current: float, wiring: Wiring | None) -> None:
    assert carried(measured(20, current, 10, wiring=wiring)) == {1: 20, 2: 30, 3: 10}


@pytest.mark.parametrize("current", [9.81, 10, 30, 40])
def test_an_l2_that_is_possible_or_too_high_counts_as_it_is(current: float) -> None:
    assert carried(measured(20, current, 10, wiring=THREE)) == {1: 20, 2: current, 3: 10}


def test_where_house_and_meter_differ_about_the_neutral_an_l2_that_is_ruled_out_may_be_anything() -> None:
    assert carried(measured(20, 0, 10, wiring=FOUR), THREE) == {1: 20, 3: 10}
    assert carried(measured(20, 0, 10, wiring=THREE), FOUR) == {1: 20, 3: 10}
    assert carried(measured(20, 0, 10, wiring=FOUR), FOUR) == {1: 20, 2: 0, 3: 10}
    high = Estimate(value=15, low=10, high=30.2, method="any")
    sent = measured(20, None, 10, wiring=THREE, estimated={"current_l2": high})
    assert carried(sent, FOUR) == {1: 20, 3: 10}  # the estimate holds without a neutral only


def test_a_zero_that_is_possible_is_not_believed_of_a_meter_that_has_sent_one_that_is_not() -> None:
    meter = LineLoads(THREE)
    balanced, wrong, right = (measured(20, l2, l3, wiring=THREE) for l2, l3 in ((0, 20), (0, 10), (25, 10)))
    for push, second in ((balanced, 0), (wrong, 30), (balanced, 40), (wrong, 30), (right, 25), (balanced, 0)):
        assert meter.read(push)[2].current == second


@given(
    st.tuples(*[st.floats(0, 4)] * 2),
    st.floats(0, math.tau),
    st.sampled_from([-1, -2, -3]),
    st.sampled_from([2, 20, 40.5, 600]),
    st.sampled_from([round, math.floor, math.ceil]),
    st.booleans(),
)
def test_behind_transformers_no_line_carries_more_than_is_said_however_the_meter_rounds(
    lengths: tuple[float, float],
    angle: float,
    scaler: int,
    ratio: float,
    cut: Callable[[float], int],
    with_estimate: bool,
) -> None:
    secondary = complex(lengths[0]), lengths[1] * complex(math.cos(angle), math.sin(angle))
    raw = [cut(abs(current) / 10.0**scaler) for current in secondary]
    push = sent_in_steps((raw[0], None, raw[1]), scaler, ratio, wiring=THREE, voltage_l1=230, voltage_l3=230)
    if with_estimate:
        push = push.with_estimates(estimate(push))
    loads = carried(push)
    one, three = (ratio * current for current in secondary)
    for line, true in ((1, one), (2, -one - three), (3, three)):
        assert abs(true) <= loads[line] + 1e-6


def test_one_step_of_the_scaled_resolution_is_added_and_named_behind_transformers_only() -> None:
    frame = named("aidon/list2-6540-it-ct").data
    assert carried(decode(frame)) == {1: 1.7, 2: pytest.approx(3.8), 3: 2.1}
    loads = LineLoads(THREE).read(decode(frame, scale=Scale.ct("100:5")))
    assert {line: load.current for line, load in loads.items()} == {1: 36, 2: 80, 3: 44}  # 17, 21 and 2 steps of 2 A
    assert loads[1].source == "measured, with a step of 2 A behind transformers"
    assert carried(decode(frame, scale=Scale(current=0.5)))[1] == 0.85


def test_a_list_of_zeros_has_the_step_of_its_ratio_as_any_other() -> None:
    meter = LineLoads(FOUR)
    behind = meter.read(sent_in_steps((0, 0, 0), -1, 20))
    assert [load.current for load in behind.values()] == [pytest.approx(2)] * 3
    assert {load.current for load in meter.read(sent_in_steps((0, 0, 0), -1, 1)).values()} == {0}


@pytest.mark.parametrize("wiring", list(Wiring))
@pytest.mark.parametrize("absurd", [10**400, -(10**400), math.nan, math.inf])
def test_a_current_beyond_all_floats_is_not_known(wiring: Wiring, absurd: float) -> None:
    assert 1 not in carried(measured(absurd, None, None), wiring)
    assert carried(measured(None, None, None), wiring) == {}
    assert carried(measured(absurd, absurd, absurd), wiring) == {}


def test_the_lowest_and_the_highest_voltage_are_those_of_lines_that_live() -> None:
    assert voltages(measured(voltage_l1=228, voltage_l2=0, voltage_l3=231)) == (228, 231)
    assert voltages(measured(voltage_l1=math.nan, voltage_l2=10**400)) == (207, 253)


@pytest.mark.parametrize(
    ("imported", "exported", "net"),
    [
        (500, None, 500),
        (500, 0, 500),
        (0, 700, -700),
        (None, 700, -700),
        (None, 0, None),  # the import is not 0 for that
        (None, None, None),
        (0, None, 0),
        (math.nan, 3, -3),
        (10**400, 3, -3),
        (10**308, 0.5, 1e308),
    ],
)
def test_the_power_of_a_push_is_import_less_export(
    imported: float | None, exported: float | None, net: float | None
) -> None:
    assert net_power(Measurement(active_power_import=imported, active_power_export=exported)) == net


def test_a_one_phase_house_has_one_line() -> None:
    assert carried(measured(5, 6, 7), ONE) == {1: 5}


@pytest.mark.parametrize("sent", [{}, {"voltage_l1": 0.0}, {"voltage_l1": 23000.0, "voltage_l2": math.nan}])
def test_without_a_possible_voltage_the_limits_of_en_50160_count(sent: dict[str, Any]) -> None:
    assert voltages(Measurement(current_l1=5.0, **sent)) == (207, 253)


@pytest.mark.parametrize("name", ["p1/nl-dsmr50-document", "landis_gyr/ch-e570"])
def test_the_step_of_a_meter_that_sends_whole_amperes_is_added(name: str) -> None:
    push = decode(named(name).data)
    loads = LineLoads(FOUR).read(push)
    assert loads[1].current == (push.current_l1 or 0) + 1
    assert loads[1].source == "measured, with a step of 1 A"


@given(
    st.permutations([5.0, 25.0, -30.0]),
    st.sampled_from(["31.7.0", "51.7.0", "71.7.0"]),
    st.sampled_from(["1-0", "1-1"]),
    st.sampled_from([1, 20]),
)
def test_of_several_elements_with_the_current_of_a_line_the_largest_counts(
    sent: list[float], code: str, channel: str, ratio: float
) -> None:
    """The field has the first one; the elements can have the same code, or the same code in another channel."""
    line = int(code[0]) // 2
    codes = (f"1-0:{code}", f"{channel}:{code}", f"1-0:{code}")
    registers = tuple(Register(Obis.parse(one), 10 * amps, -1, "A") for one, amps in zip(codes, sent, strict=True))
    without_a_number = tuple(Register(Obis.parse(codes[0]), value, -1, "A") for value in ("x", math.nan, 10**400))
    field: Any = {f"current_l{line}": sent[0] * ratio}
    push = Measurement(**field, registers=(*registers, *without_a_number), scale=Scale.ct(ratio))
    step = 0.1 * ratio if ratio > 1 else 0
    assert carried(push, FOUR) == {line: pytest.approx(30 * ratio + step)}


def test_a_current_in_another_element_than_that_of_a_field_without_a_value_counts() -> None:
    code = Obis.parse("51.7.0")
    registers = (Register(code, 0, -1, "A"), Register(code, 250, -1, "A"))
    push = Measurement(current_l1=5.0, current_l3=30.0, wiring=FOUR, registers=registers)
    assert carried(push, FOUR) == {1: 5, 2: 25, 3: 30}


@pytest.mark.parametrize("with_rare", [True, False])
def test_an_estimate_from_the_smaller_of_two_contradicting_currents_is_no_bound_of_l2(with_rare: bool) -> None:
    code = Obis.parse("31.7.0")
    registers = (Register(code, 50, -1, "A"), Register(code, 250, -1, "A"))
    push = Measurement(current_l1=5.0, current_l3=10.0, wiring=THREE, registers=registers)
    push = push.with_estimates(estimate(push))
    rare = Estimate(value=12, low=5, high=15.2, method="any", rare_high=13) if with_rare else None
    loads = LineLoads(THREE).read(push, rare)
    assert {line: load.current for line, load in loads.items()} == {1: 25, 2: 35, 3: 10}
