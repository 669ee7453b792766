from __future__ import annotations

import copy
import json
import pickle
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from framefiles import SOUND, named

from hanparse import Estimate, Measurement, Obis, Register, Scale, Wiring, decode, decode_all
from hanparse.measurement import FIELDS, Plain

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


@pytest.mark.parametrize("made", [copy.copy, copy.deepcopy, lambda push: pickle.loads(pickle.dumps(push))])
def test_copies_and_pickles_are_equal_and_know_when_it_came_and_its_scale(made: Any) -> None:  # noqa: ANN401
    push = SAMPLE.__replace__(received=NOON, scale=Scale.ct(20), made_for_transformers=True)
    again = made(push)
    assert again == push
    assert (again.received, again.scale, again.made_for_transformers) == (NOON, Scale.ct(20), True)


SPECIAL = [float("nan"), -float("nan"), float("inf"), -float("inf"), -0.0, 1.5, True, (1, (float("nan"), b"x"))]


@pytest.mark.parametrize("value", SPECIAL, ids=repr)
def test_a_register_and_its_measurement_equal_their_copies_whatever_number_was_sent(value: Plain) -> None:
    register = Register(Obis.parse("1.7.0"), value, 0, "W")
    for whole in (register, Measurement(registers=(register,))):
        for twin in (copy.copy(whole), copy.deepcopy(whole), pickle.loads(pickle.dumps(whole))):
            assert (twin == whole, twin != whole, hash(twin) == hash(whole)) == (True, False, True)
    other = register._replace(value=7)
    assert (register == other, register != other, register == "W") == (False, True, False)
    assert register == tuple(register)
    assert tuple(register) == register


def test_a_field_that_is_no_number_equals_its_copy() -> None:
    nan = float("nan")
    estimated = {"current_l2": Estimate(nan, nan, nan, "m")}
    measurement = Measurement(power_factor=nan, estimated=estimated)
    twin = pickle.loads(pickle.dumps(measurement))
    assert (twin == measurement, twin != measurement, hash(twin) == hash(measurement)) == (True, False, True)


@pytest.mark.parametrize("bits", ["7FC00000", "FFC00001", "7F800000", "FF800000", "80000000"])
def test_a_push_with_a_special_float_equals_itself_read_again_and_pickled(bits: str) -> None:
    apdu = bytes.fromhex("0F 00000000 00 01 02 02 03 09 06 01 00 01 07 00 FF 12 0001 02 02 0F 00 16 1B")
    apdu += bytes.fromhex("02 03 09 06 01 00 02 07 00 FF 17" + bits + "02 02 0F 00 16 1B")
    first, second = decode(apdu), decode(apdu)
    assert first == second == pickle.loads(pickle.dumps(first))
    assert hash(first) == hash(second)
    assert first.active_power_import == 1
    assert first.active_power_export == (0 if bits == "80000000" else None)


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


def test_times_are_datetimes_in_the_dictionary_where_that_is_asked_for() -> None:
    assert SAMPLE.to_dict(iso=False)["timestamp"] == NOON


def test_wiring_and_registers_with_their_scale_are_in_the_dictionary_on_request() -> None:
    frame = named("kaifa/full-se-ma304t4-ct").data
    found = decode(frame, scale=Scale.ct("150:7")).to_dict(wiring=True, registers=True)
    assert found["wiring"] == "FOUR_WIRE"
    assert found["registers"][0] == {"obis": "1-1:0.2.129", "value": {"hex": b"KFM_001".hex()}}
    assert found["registers"][3] == {"obis": "1-0:1.7.0", "value": 1500, "scaler": 0, "unit": "W"}
    assert found["scale"] == {"current": "150/7", "voltage": 1, "power": "150/7", "energy": "150/7"}
    assert found["made_for_transformers"] is True
    assert {"wiring", "registers", "scale", "made_for_transformers"}.isdisjoint(decode(frame).to_dict())


def test_a_dictionary_that_went_through_json_becomes_an_equal_measurement() -> None:
    for file in SOUND:
        for push in decode_all(file.data, scale=Scale.ct("150:7"), estimate=True):
            sent = json.loads(json.dumps(push.to_dict(wiring=True, registers=True), allow_nan=False))
            again = Measurement.from_dict(sent)
            assert again == push
            assert (again.scale, again.made_for_transformers) == (push.scale, push.made_for_transformers)
            types = {name: type(getattr(push, name)) for name in FIELDS}
            assert {name: type(getattr(again, name)) for name in FIELDS} == types
            short = push.__replace__(registers=(), wiring=None)
            assert Measurement.from_dict(json.loads(json.dumps(push.to_dict()))) == short


def test_received_is_in_the_dictionary_and_in_repr_where_it_was_given() -> None:
    push = SAMPLE.__replace__(received=NOON)
    assert push.to_dict()["received"] == "2024-07-01T12:00:00+00:00"
    assert Measurement.from_dict(push.to_dict()).received == NOON
    assert repr(push).endswith("current_l1=9.3 A, received=2024-07-01 12:00:00+00:00)")
    assert "received" not in SAMPLE.to_dict()


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([], TypeError, "expected a dictionary, found list"),
        ({"curent_l1": 1}, TypeError, r"no field curent_l1; did you mean current_l1\?"),
        ({"current_l1": "1"}, TypeError, "expected float for the argument current_l1, found str"),
        ({"timestamp": "yesterday"}, ValueError, "yesterday"),
        ({"received": 5}, TypeError, "expected datetime for the argument received, found int"),
    ],
)
def test_a_dictionary_that_no_measurement_gave_is_an_error(data: Any, error: type[Exception], message: str) -> None:  # noqa: ANN401
    with pytest.raises(error, match=message):
        Measurement.from_dict(data)


def test_replace_changes_what_is_named_and_keeps_the_rest() -> None:
    full = SAMPLE.__replace__(received=NOON, scale=Scale.ct(20), estimated={"current_l2": Estimate(1, 0, 2, "any")})
    changed = full.__replace__(current_l1=5, model="6525")
    assert (changed.current_l1, changed.model, changed.active_power_import) == (5, "6525", 1362)
    kept = ("registers", "estimated", "received", "scale", "wiring", "timestamp")
    assert [getattr(changed, name) for name in kept] == [getattr(full, name) for name in kept]
    assert full.__replace__(current_l1=None).current_l1 is None
    assert full.with_estimates({}).estimated == {}
    if sys.version_info >= (3, 13):
        assert copy.replace(full, current_l1=5) == full.__replace__(current_l1=5)


def test_match_takes_fields_by_name() -> None:
    match SAMPLE:
        case Measurement(current_l1=float(current), wiring=Wiring.ONE_PHASE):
            assert current == 9.3
        case _:
            pytest.fail("no match")


def test_the_table_of_a_notebook_shows_an_estimate_of_a_field_without_a_unit() -> None:
    measurement = Measurement(estimated={"power_factor": Estimate(0.98, 0, 1, "made up")})
    assert "<td>0.980</td>" in measurement._repr_html_()


@pytest.mark.parametrize("parts", [{}, {"system_title": ""}, {"name": 1}, [], None])
def test_a_dictionary_with_an_incomplete_security_is_a_type_error(parts: object) -> None:
    with pytest.raises(TypeError, match="for a Security"):
        Measurement.from_dict({"security": parts})
