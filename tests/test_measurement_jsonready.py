from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Estimate, Measurement, Obis, Register, Wiring
from hanparse.measurement import jsonready

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)
CODES = st.builds(Obis, st.integers(0, 15), *[st.integers(0, 255)] * 5)
REGISTERS = st.builds(Register, st.none() | CODES, PLAIN, st.none() | st.integers(-128, 127), st.none() | st.text())


@given(st.lists(REGISTERS, max_size=4))
def test_registers_come_back_from_json_as_they_were(registers: list[Register]) -> None:
    sent = json.loads(json.dumps([jsonready.from_register(register) for register in registers], allow_nan=False))
    again = jsonready.arguments({"registers": sent})["registers"]
    assert again == tuple(registers)
    assert repr(again) == repr(tuple(registers))  # 1 is equal to True and to 1.0


def test_a_number_that_json_does_not_have_comes_back() -> None:
    sent = jsonready.from_register(Register(None, math.nan))
    assert sent == {"value": {"float": "nan"}}
    (again,) = jsonready.arguments({"registers": [sent]})["registers"]
    assert math.isnan(again.value)


def test_wiring_is_read_by_its_name_and_estimates_by_their_parts() -> None:
    parts = {"value": 1.5, "low": 0.0, "high": 3.0, "method": "any"}
    found = jsonready.arguments({"wiring": "THREE_WIRE", "estimated": {"current_l2": parts}})
    assert found == {"wiring": Wiring.THREE_WIRE, "estimated": {"current_l2": Estimate(1.5, 0.0, 3.0, "any")}}


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("wiring", "TN", ValueError),
        ("registers", {"value": 1}, TypeError),
        ("registers", [5], TypeError),
        ("registers", [{}], TypeError),
        ("registers", [{"value": 1, "scalar": 0}], TypeError),
        ("registers", [{"value": 1, "obis": 5}], TypeError),
        ("registers", [{"value": 1, "obis": "1.7"}], ValueError),
        ("registers", [{"value": {"hex": "0"}}], ValueError),
        ("registers", [{"value": {"hex": 5}}], ValueError),
        ("registers", [{"value": {}}], ValueError),
        ("registers", [{"value": {"float": "x"}}], ValueError),
        ("registers", [{"value": object()}], TypeError),
        ("estimated", [], TypeError),
        ("estimated", {"current_l2": {"value": 1}}, TypeError),
        ("scale", {"current": "x"}, ValueError),
        ("scale", {"current": "1/0"}, ValueError),
        ("scale", {"curent": 1}, TypeError),
        ("timestamp", "2024-13-01", ValueError),
    ],
)
def test_what_cannot_be_read_is_an_error(name: str, value: Any, error: type[Exception]) -> None:  # noqa: ANN401
    with pytest.raises(error):
        jsonready.arguments({name: value})


CLOCK = "2024-01-15T12:00:00+01:00"
ESTIMATE = {"value": 5, "low": 0, "high": 8.5, "method": "m", "likely_low": 1, "likely_high": 6, "rare_high": 7}
COMPLETE: dict[str, tuple[Any, dict[str, Any]]] = {
    "registers": (lambda parts: [parts], {"obis": "1-0:31.7.0", "value": 1, "scaler": -1, "unit": "A"}),
    "estimated": (lambda parts: {"current_l2": parts}, ESTIMATE),
    "security": (
        lambda parts: parts,
        {"system_title": "00", "security_control": 0x30, "invocation_counter": 7, "verified": True},
    ),
    "power_failure_log": (lambda parts: [parts], {"end": CLOCK, "seconds": 5}),
    "peak_history": (lambda parts: [parts], {"month_end": CLOCK, "time": CLOCK, "power": 5.5}),
    "submeters": (
        lambda parts: [parts],
        {"channel": 1, "kind": "gas", "id": "1", "time": CLOCK, "value": 5.5, "unit": "m³"},
    ),
}
PARTS = [
    (field, name) for field, (_, parts) in COMPLETE.items() for name in parts if (field, name) != ("registers", "value")
]


@pytest.mark.parametrize(("field", "part"), PARTS)
def test_a_part_of_a_wrong_type_is_an_error(field: str, part: str) -> None:
    wrap, parts = COMPLETE[field]
    assert Measurement.from_dict({field: wrap(parts)})
    is_text = isinstance(parts[part], str)
    wrong: list[Any] = [[], {}, 1.5 if is_text else "x", *([] if parts[part] is True else [True])]
    for value in wrong:
        with pytest.raises(TypeError):
            Measurement.from_dict({field: wrap({**parts, part: value})})


@pytest.mark.parametrize("name", [field.name for field in Measurement.fields()])
def test_a_bool_is_no_value_of_a_field(name: str) -> None:
    with pytest.raises(TypeError):
        Measurement.from_dict({name: True})


@pytest.mark.parametrize("part", ["value", "low", "high", "likely_low", "likely_high", "rare_high"])
@pytest.mark.parametrize("wrong", [-1, 100, math.nan, math.inf, -math.inf, 10**400])
def test_an_estimate_has_finite_limits_in_order(part: str, wrong: float) -> None:
    if (part, wrong) == ("high", 100):
        return
    with pytest.raises(ValueError, match="expected an estimate with finite limits in the order 0, low, value, high"):
        Measurement.from_dict({"estimated": {"current_l2": {**ESTIMATE, part: wrong}}})
