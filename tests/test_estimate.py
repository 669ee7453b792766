from __future__ import annotations

import math
from cmath import rect
from typing import Any

import pytest
from framefiles import SOUND, named
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Measurement, Obis, Register, Scale, Wiring, decode
from hanparse.energy.estimates import CURRENT_STEP, estimate, is_l2_ruled_out, line2_current, line2_voltage

PHASORS = st.builds(rect, st.floats(0, 200), st.floats(-math.pi, math.pi))
READINGS: dict[str, Any] = {
    "active_power_import": 2300,
    "active_power_export": 0,
    "reactive_power_import": 0,
    "reactive_power_export": 0,
    "current_l1": 5.0,
    "current_l3": 6.0,
    "voltage_l1": 230.0,
    "voltage_l3": 230.0,
    "wiring": Wiring.THREE_WIRE,
}
INPUTS: dict[str, Any] = {
    "active_power": 2300.0,
    "reactive_power": 0.0,
    "current_l1": 5.0,
    "current_l3": 6.0,
    "voltage_l1": 230.0,
    "voltage_l3": 230.0,
}


@pytest.mark.parametrize(
    ("active_power", "expected"),
    [(math.sqrt(3) * 230 * 10, 10), (2 * 230 * 10, math.sqrt(300)), (230 * 10, 0)],
    ids=["three equal loads", "equal loads L1-L2 and L2-L3", "one load L1-L3"],
)
def test_what_can_be_worked_out_by_hand_comes_out(active_power: float, expected: float) -> None:
    inputs = INPUTS | {"active_power": active_power, "current_l1": 10.0, "current_l3": 10.0}
    made = line2_current(**inputs, distortion=0)
    assert made.value == pytest.approx(expected, abs=1e-6)
    assert (made.low, made.method) == (0, "phasor triangle")
    assert made.high == pytest.approx(20.2)


@given(PHASORS, PHASORS, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.sampled_from([0.001, 0.01, 0.1, 2]))
def test_whatever_the_loads_are_the_bounds_hold_however_the_meter_rounds(
    i1: complex, i3: complex, active_power: float, reactive_power: float, step: float
) -> None:
    inputs = INPUTS | {"active_power": active_power, "reactive_power": reactive_power}
    for cut in (round, math.floor, math.ceil):
        currents = {"current_l1": cut(abs(i1) / step) * step, "current_l3": cut(abs(i3) / step) * step}
        made = line2_current(**inputs | currents, resolution=step)
        assert made.low <= abs(i1 + i3) <= made.high
        assert made.low <= made.value <= made.high


@given(st.fixed_dictionaries(dict.fromkeys(INPUTS, st.floats()), optional={"voltage_l2": st.floats()}))
def test_any_numbers_give_a_finite_estimate_inside_its_bounds_or_a_value_error(inputs: dict[str, Any]) -> None:
    try:
        made = line2_current(**inputs)
    except ValueError:
        return
    assert 0 <= made.low <= made.value <= made.high < math.inf


@given(st.fixed_dictionaries(dict.fromkeys(INPUTS, st.floats(0, 1e75)), optional={"voltage_l2": st.floats(0, 1e75)}))
def test_tiny_and_huge_numbers_neither_divide_by_zero_nor_overflow(inputs: dict[str, Any]) -> None:
    if inputs["voltage_l1"] and inputs["voltage_l3"]:
        made = line2_current(**inputs)
        assert 0 <= made.low <= made.value <= made.high < math.inf


def test_apparent_powers_too_small_for_a_float_do_not_divide_by_zero() -> None:
    tiny: dict[str, Any] = dict.fromkeys(("current_l1", "current_l3", "voltage_l1", "voltage_l3"), 1e-200)
    made = line2_current(active_power=0, reactive_power=0, **tiny, distortion=0)
    assert 0 <= made.low <= made.value <= made.high


@pytest.mark.parametrize("name", ["active_power", "reactive_power"])
def test_what_is_taken_as_import_is_taken_as_export(name: str) -> None:
    for sign in (1, -1):
        line2_current(**INPUTS | {name: sign * 1e75})
        with pytest.raises(ValueError, match=f"finite {name}"):
            line2_current(**INPUTS | {name: sign * 1e76})


@pytest.mark.parametrize(("current_l1", "current_l3"), [(4.0, 0.0), (0.0, 4.0), (0.0, 0.0)])
def test_no_current_on_one_line_makes_l2_the_other_whatever_else_is_known(current_l1: float, current_l3: float) -> None:
    inputs = INPUTS | {"current_l1": current_l1, "current_l3": current_l3, "voltage_l1": 0.0, "active_power": 0.0}
    made = line2_current(**inputs)
    assert made.value == max(current_l1, current_l3)
    assert made.low == max(made.value - 2 * CURRENT_STEP, 0)
    assert made.high == made.value + 2 * CURRENT_STEP
    assert made.method == "one current is zero"


@pytest.mark.parametrize("name", [*INPUTS, "voltage_l2", "distortion", "resolution"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_value_error_that_names_it(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"finite {name} .*{value}|finite {name}, found {value}"):
        line2_current(**INPUTS | {name: value})


@pytest.mark.parametrize("name", ["current_l1", "current_l3", "voltage_l1", "voltage_l2", "voltage_l3", "distortion"])
def test_what_cannot_be_negative_is_a_value_error_that_names_it(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} of 0 or more, found -1"):
        line2_current(**INPUTS | {name: -1})


@pytest.mark.parametrize("name", ["voltage_l1", "voltage_l3"])
def test_two_currents_at_no_voltage_are_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} above 0"):
        line2_current(**INPUTS | {name: 0})


def test_the_third_voltage_of_a_symmetrical_net_is_that_of_the_others() -> None:
    made = line2_voltage(231.0, 231.0)
    assert made.value == pytest.approx(231)
    assert made.method == "line voltages 60° apart"
    assert line2_voltage(0, 0).value == 0


@given(PHASORS, PHASORS)
def test_the_third_voltage_is_inside_its_bounds_whatever_the_angles(v12: complex, v23: complex) -> None:
    made = line2_voltage(round(abs(v12)), round(abs(v23)))
    assert made.low <= abs(v12 + v23) <= made.high


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_a_voltage_that_cannot_be_is_a_value_error_that_names_it(value: float) -> None:
    with pytest.raises(ValueError, match="voltage_l1"):
        line2_voltage(value, 230)
    with pytest.raises(ValueError, match="voltage_l3"):
        line2_voltage(230, value)


def test_a_frame_gets_an_estimate_where_it_lacks_l2_between_l1_and_l3_and_nowhere_else() -> None:
    for file in SOUND:
        expect = file.expect or {}
        lacking = {
            f"{quantity}_l2"
            for quantity in ("current", "voltage")
            if {f"{quantity}_l1", f"{quantity}_l3"} <= expect.keys() and f"{quantity}_l2" not in expect
        }
        if file.name == "kamstrup/three_wire_zero":
            lacking = {"current_l2"}  # 20 A, 0 A, 10 A: not measured
        if file.name == "embriq/list2-no-type":
            lacking = set()  # how that meter is wired is not said
        found = estimate(decode(file.data))
        assert found.keys() == lacking
        assert all(0 <= made.low <= made.value <= made.high for made in found.values())


@pytest.mark.parametrize("wiring", [Wiring.FOUR_WIRE, Wiring.ONE_PHASE, None])
def test_only_a_meter_known_to_have_three_wires_gets_estimates(wiring: Wiring | None) -> None:
    assert estimate(Measurement(**READINGS | {"wiring": wiring})) == {}
    assert estimate(Measurement(**READINGS)).keys() == {"current_l2", "voltage_l2"}


def test_what_is_measured_is_not_estimated() -> None:
    for current in (1.0, 0.8, 5.5, 11.0):  # two steps of 0.1 A below |5 - 6| may be the rounding of the meter
        assert estimate(Measurement(**READINGS, current_l2=current, voltage_l2=230)) == {}


@pytest.mark.parametrize("current", [0.0, 0.3, 0.79])
def test_an_l2_current_that_the_other_two_rule_out_is_estimated(current: float) -> None:
    sent = Measurement(**READINGS, current_l2=current, voltage_l2=230)
    assert is_l2_ruled_out(sent)
    assert estimate(sent)["current_l2"] == line2_current(**INPUTS, voltage_l2=230)


@given(
    st.tuples(*[st.integers(0, 400)] * 3).filter(any), st.sampled_from([0, -1, -2, -3]), st.sampled_from([1, 20, 0.5])
)
def test_l2_is_ruled_out_below_the_difference_of_the_others_by_more_than_two_steps_whatever_the_scale(
    raw: tuple[int, int, int], scaler: int, ratio: float
) -> None:
    codes = ("31.7.0", "51.7.0", "71.7.0")
    registers = tuple(Register(Obis.parse(code), sent, scaler, "A") for code, sent in zip(codes, raw, strict=True))
    currents: Any = {f"current_l{line}": sent * 10.0**scaler * ratio for line, sent in enumerate(raw, 1)}
    least = abs(raw[0] - raw[2]) - 2  # in steps
    if raw[1] != least:
        sent = Measurement(**currents, registers=registers, scale=Scale(current=ratio))
        assert is_l2_ruled_out(sent) is (raw[1] < least)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, 10**400])
@pytest.mark.parametrize("name", ["current_l1", "current_l2", "current_l3"])
def test_a_current_that_is_not_there_rules_nothing_out(name: str, value: float | None) -> None:
    sent: dict[str, Any] = {"current_l1": 20, "current_l2": 0, "current_l3": 10, name: value}
    assert not is_l2_ruled_out(Measurement(**sent))


ABSURD = st.sampled_from([10**400, -(10**400), 10**308, 2**63, 1e308, -1e308, 5e-324, math.nan, math.inf, 0, 1])


@given(
    st.dictionaries(st.sampled_from(list(READINGS)[:-1]), ABSURD),
    ABSURD,
    st.sampled_from([-(10**6), -128, 0, 127, 999]),
)
def test_absurd_numbers_give_an_estimate_within_its_bounds_or_none_and_no_error(
    fields: dict[str, float], sent: float, scaler: int
) -> None:
    registers = tuple(Register(Obis.parse(code), sent, scaler, "A") for code in ("31.7.0", "71.7.0", "1.7.0"))
    found = estimate(Measurement(**{**READINGS, **fields, "registers": registers}))
    assert all(0 <= made.low <= made.value <= made.high for made in found.values())


@pytest.mark.parametrize("name", [name for name in READINGS if name != "wiring"])
def test_a_value_that_is_missing_leaves_no_estimate_made_from_it(name: str) -> None:
    found = estimate(Measurement(**READINGS | {name: None}))
    assert "current_l2" not in found
    assert ("voltage_l2" in found) == (not name.startswith("voltage"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, value) for name in READINGS if name != "wiring" for value in (math.nan, math.inf)],
        *[(name, value) for name in ("current_l1", "current_l3", "voltage_l1", "voltage_l3") for value in (-1, 1e300)],
        *[(name, 0) for name in ("voltage_l1", "voltage_l3")],
    ],
)
def test_a_value_that_nothing_can_be_made_from_gives_no_estimate_and_no_error(name: str, value: float) -> None:
    assert "current_l2" not in estimate(Measurement(**READINGS | {name: value}))


def test_no_current_on_one_line_needs_neither_powers_nor_voltages() -> None:
    made = estimate(Measurement(current_l1=0.0, current_l3=7.1, wiring=Wiring.THREE_WIRE))
    assert made["current_l2"].value == 7.1


def test_the_voltage_between_l1_and_l3_is_used_where_it_is_sent() -> None:
    with_it = estimate(Measurement(**READINGS, voltage_l2=236.0))["current_l2"]
    assert with_it == line2_current(**INPUTS, voltage_l2=236.0)
    assert with_it != estimate(Measurement(**READINGS))["current_l2"]


def slack(measurement: Measurement) -> float:
    """How far the upper bound is from the sum of the currents."""
    assert measurement.current_l1 is not None
    assert measurement.current_l3 is not None
    return estimate(measurement)["current_l2"].high - measurement.current_l1 - measurement.current_l3


@pytest.mark.parametrize(
    ("name", "step"),
    [("aidon/list2-6525-it", 0.1), ("embriq/list2-zff-it", 0.01), ("kaifa/list2-ma304t3-it-ct", 0.001)],
)
@pytest.mark.parametrize("ratio", [1, 20, 1.5])
def test_the_bounds_allow_for_the_resolution_of_the_meter_and_the_transformer(
    name: str, step: float, ratio: float
) -> None:
    assert slack(decode(named(name).data, scale=Scale.ct(ratio))) == pytest.approx(2 * step * ratio)


def test_a_measurement_without_registers_is_taken_as_the_coarsest_meter() -> None:
    assert slack(Measurement(**READINGS)) == pytest.approx(2 * 0.1)  # Aidon sends tenths of A
    assert estimate(Measurement(**READINGS))["voltage_l2"].high == 230 + 230 + 2  # Kamstrup sends whole V


@pytest.mark.parametrize(
    ("code", "field", "high"),
    [
        ("31.7.0", "current_l2", 5 + 6 + 2 * 0.01),
        ("71.7.0", "current_l2", 5 + 6 + 2 * 0.01),
        ("32.7.0", "voltage_l2", 230 + 230 + 2 * 0.01),
        ("72.7.0", "voltage_l2", 230 + 230 + 2 * 0.01),
    ],
)
def test_one_register_of_the_two_shows_the_resolution_of_both(code: str, field: str, high: float) -> None:
    name = {"3": "_l1", "7": "_l3"}[code[0]]
    sent = round(READINGS[field.replace("_l2", name)] * 100)
    registers = (Register(Obis.parse(code), sent, -2, None),)
    assert estimate(Measurement(**READINGS | {"registers": registers}))[field].high == pytest.approx(high, abs=1e-9)


def test_a_register_that_is_no_number_says_nothing_about_the_scale() -> None:
    registers = (Register(Obis.parse("31.7.0"), "five", -1, "A"), Register(Obis.parse("71.7.0"), 6, 0, "A"))
    assert slack(Measurement(**READINGS | {"registers": registers})) == pytest.approx(2 * 1)


def test_the_coarser_of_two_registers_counts() -> None:
    registers = (Register(Obis.parse("31.7.0"), 50, -1, "A"), Register(Obis.parse("71.7.0"), 600, -2, "A"))
    assert slack(Measurement(**READINGS | {"registers": registers})) == pytest.approx(2 * 0.1)


def test_the_allowance_is_500_volt_ampere_unless_the_caller_says_otherwise() -> None:
    assert line2_current(**INPUTS) == line2_current(**INPUTS, distortion=500)
    assert line2_current(**INPUTS) != line2_current(**INPUTS, distortion=501)


def test_the_scale_counts_also_where_both_currents_are_zero() -> None:
    registers = tuple(Register(Obis.parse(code), 0, -1, "A") for code in ("31.7.0", "71.7.0"))
    readings = READINGS | {"current_l1": 0.0, "current_l3": 0.0, "registers": registers, "scale": Scale.ct(20)}
    assert slack(Measurement(**readings)) == pytest.approx(2 * 0.1 * 20)


def test_the_step_of_voltages_behind_voltage_transformers_is_theirs_whatever_the_powers_are_multiplied_with() -> None:
    registers = tuple(Register(Obis.parse(code), 2300, -1, "V") for code in ("32.7.0", "72.7.0"))
    readings = READINGS | {"registers": registers, "scale": Scale(voltage=100, current=20, power=2000)}
    assert estimate(Measurement(**readings))["voltage_l2"].high == pytest.approx(230 + 230 + 2 * 0.1 * 100)


def test_registers_that_fill_no_field_say_nothing_about_the_resolution() -> None:
    noise = (
        Register(None, 50, -3),
        Register(Obis.parse("0-0:31.7.0"), 50, 0, "A"),
        Register(Obis.parse("1-0:31.7.0*0"), 50, 0, "A"),
        Register(Obis.parse("71.7.0"), "six", None, None),
    )
    readings = READINGS | {"registers": (*noise, Register(Obis.parse("31.7.0"), 500, -2, "A"), *noise)}
    assert slack(Measurement(**readings)) == pytest.approx(0.02)
