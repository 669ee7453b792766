from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Estimate, Measurement, Obis, Register, Scale, Wiring
from hanparse.measurement import FIELD_UNITS, FIELDS
from hanparse.obis import Kind

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
SAMPLE = Measurement(
    manufacturer="Aidon",
    timestamp=NOON,
    active_power_import=1362,
    active_power_export=0,
    current_l1=9.3,
    wiring=Wiring.ONE_PHASE,
    registers=(Register(Obis.parse("1.7.0"), 1362, 0, "W"),),
)


def test_what_a_push_does_not_carry_is_none() -> None:
    assert Measurement().voltage_l1 is None
    assert Measurement().wiring is None
    assert Measurement().registers == ()
    assert SAMPLE.active_power_export == 0


def test_a_measurement_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        SAMPLE.active_power_import = 1  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        SAMPLE.colour = "red"
    with pytest.raises(AttributeError, match="immutable"):
        del SAMPLE.active_power_import


def test_a_name_that_is_no_field_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="no field activ_power"):
        Measurement(activ_power=1)  # type: ignore[call-arg]


def test_net_power_needs_both_directions() -> None:
    assert Measurement(active_power_import=0, active_power_export=250).active_power == -250
    assert Measurement(reactive_power_import=3, reactive_power_export=1).reactive_power == 2
    assert Measurement(active_power_import=5).active_power is None
    assert Measurement().reactive_power is None


def test_equal_measurements_have_equal_hashes_and_others_differ() -> None:
    twin = Measurement(**{name: getattr(SAMPLE, name) for name in (*FIELDS, "wiring", "registers")})
    assert twin == SAMPLE
    assert hash(twin) == hash(SAMPLE)
    assert Measurement(active_power_import=1) != Measurement(active_power_import=2)
    assert Measurement(wiring=Wiring.FOUR_WIRE) != Measurement()
    assert SAMPLE != "something else"


def test_copies_and_pickles_are_equal() -> None:
    assert copy.copy(SAMPLE) == copy.deepcopy(SAMPLE) == pickle.loads(pickle.dumps(SAMPLE)) == SAMPLE


def test_the_dictionary_holds_the_fields_that_are_there_ready_for_json() -> None:
    expected = {
        "manufacturer": "Aidon",
        "timestamp": "2024-07-01T12:00:00+00:00",
        "active_power_import": 1362,
        "active_power_export": 0,
        "current_l1": 9.3,
    }
    assert SAMPLE.to_dict() == expected
    assert json.loads(json.dumps(SAMPLE.to_dict())) == expected


def test_it_reads_on_one_line_with_units() -> None:
    assert repr(SAMPLE) == (
        "Measurement(manufacturer='Aidon', timestamp=2024-07-01 12:00:00+00:00, "
        "active_power_import=1362 W, active_power_export=0 W, current_l1=9.3 A)"
    )


def test_it_is_a_table_in_a_notebook() -> None:
    html = SAMPLE.with_estimates({"current_l2": Estimate(1.5, 0, 3, "<method>")})._repr_html_()
    assert html.startswith("<table><tr><th>manufacturer</th><td>Aidon</td></tr>")
    assert "<tr><th>current_l1</th><td>9.3 A</td></tr>" in html
    assert "<tr><th>current_l2 (estimated)</th><td>1.500 A</td></tr>" in html
    assert "&lt;b&gt;" in Measurement(model="<b>")._repr_html_()


def test_every_number_has_a_unit() -> None:
    numbers = {field.name for field in Measurement.fields() if field.kind is Kind.NUMBER}
    factors = {"power_factor", "power_factor_l1", "power_factor_l2", "power_factor_l3"}
    assert set(FIELD_UNITS) == numbers - factors


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [("100:5", 20), ("50:1", 50), ("150:4", 37.5), (20, 20), ("20", 20), (" 150 : 5 ", 30), (2.5, 2.5)],
)
def test_a_transformer_ratio_scales_current_power_and_energy_but_not_voltage(ratio: str | float, factor: float) -> None:
    assert Scale.ct(ratio) == Scale(current=factor, power=factor, energy=factor, voltage=1)


@pytest.mark.parametrize(
    "ratio", ["", "abc", "100:0", "0:5", "-100:5", "100:5:1", "nan", "inf", 0, -1, float("nan"), float("inf")]
)
def test_a_ratio_that_is_not_positive_and_finite_is_a_value_error(ratio: str | float) -> None:
    with pytest.raises(ValueError, match="ratio"):
        Scale.ct(ratio)


@given(st.sampled_from(["current", "voltage", "power", "energy"]), st.floats(max_value=0) | st.just(float("nan")))
def test_every_factor_is_checked(name: str, factor: float) -> None:
    with pytest.raises(ValueError, match=name):
        Scale(**{name: factor})


@pytest.mark.parametrize("wrong", [None, [20], "20"])
def test_a_factor_that_is_no_number_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="expected a number as power ratio"):
        Scale(power=wrong)  # type: ignore[arg-type]
