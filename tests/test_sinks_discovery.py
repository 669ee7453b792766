"""The messages of the MQTT sink: topics, states, and the device discovery of Home Assistant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from updates import update, update_of_frame, updates_of

from hanparse.sinks.discovery import Message, Topics, discovery, flat, states
from hanparse.sinks.update import Identity

if TYPE_CHECKING:
    from hanparse.sinks.update import Update

KAIFA = updates_of("kaifa", 12)
METERS = {
    "kaifa MA304H4": (KAIFA[-1], 14),
    "kamstrup": (updates_of("kamstrup", 4)[-1], 14),
    "aidon, three phases": (updates_of("aidon", 12)[-1], 14),
    "aidon, one phase": (update_of_frame("aidon/list3-6515-1phase"), 10),
    "kaifa, three wires": (update_of_frame("kaifa/list2-ma304h3e-it"), 10),
}


def config(one: Update, silence: float = 60) -> dict[str, Any]:
    message = discovery(one, "hanparse", "homeassistant", "hanparse/7/status", silence)
    found: dict[str, Any] = json.loads(message.payload)
    assert message.retain
    return found


@pytest.mark.parametrize(("one", "count"), METERS.values(), ids=METERS)
def test_a_meter_has_one_entity_for_each_number_that_it_has_shown(one: Update, count: int) -> None:
    components = config(one)["components"]
    assert len(components) == count
    assert set(components) == one.shown
    assert len({entity["unique_id"] for entity in components.values()}) == count
    assert len({entity["name"] for entity in components.values()}) == count


def test_a_discovery_describes_the_meter() -> None:
    found = config(KAIFA[-1])
    assert found["device"] == {
        "identifiers": ["hanparse_6970631400000017"],
        "name": "Kaifa MA304H4",
        "manufacturer": "Kaifa",
        "model": "MA304H4",
        "serial_number": "6970631400000017",
        "sw_version": "KFM_001",
    }
    assert found["availability_topic"] == "hanparse/7/status"
    assert found["origin"]["name"] == "hanparse"


def test_an_entity_has_the_properties_of_its_field() -> None:
    components = config(KAIFA[-1], silence=30)["components"]
    assert components["current_l2"] == {
        "platform": "sensor",
        "unique_id": "hanparse_6970631400000017_current_l2",
        "name": "Current L2",
        "state_topic": "hanparse/6970631400000017/state",
        "value_template": "{{ value_json.current_l2 | is_defined }}",
        "unit_of_measurement": "A",
        "device_class": "current",
        "state_class": "measurement",
        "suggested_display_precision": 2,
        "expire_after": 30,
    }
    energy = components["active_energy_import"]
    assert (energy["state_topic"], energy["expire_after"]) == ("hanparse/6970631400000017/energy", 3900)
    assert (energy["device_class"], energy["state_class"]) == ("energy", "total_increasing")


def test_an_estimate_is_an_entity_of_its_own_that_the_user_enables() -> None:
    components = config(update_of_frame("kaifa/list2-ma304h3e-it"))["components"]
    assert "voltage_l2" not in components
    estimated = components["voltage_l2_estimated"]
    assert estimated["name"] == "Voltage L2 (estimated)"
    assert estimated["enabled_by_default"] is False
    assert estimated["value_template"] == "{{ value_json.estimated.voltage_l2.value | is_defined }}"


def test_a_push_without_a_new_field_does_not_change_the_discovery() -> None:
    named = [one for one in KAIFA if "active_energy_import" in one.shown]
    assert len(named) > 1
    assert len({json.dumps(config(one)) for one in named}) == 1


def test_bridges_with_different_bases_share_a_device_only_if_the_meter_sent_its_id() -> None:
    for is_id, count in ((True, 1), (False, 3)):
        meter = Identity("meter", is_id=is_id)
        assert len({Topics(base, meter).config("homeassistant") for base in ("hanparse", "home", "house")}) == count
        assert Topics("hanparse", meter).config("homeassistant") == "homeassistant/device/hanparse_meter/config"
    one = replace(update(active_power_import=5), meter=Identity("meter", is_id=False))
    found = [json.loads(discovery(one, base, "homeassistant", "x", 60).payload) for base in ("hanparse", "home")]
    assert found[0]["device"]["identifiers"] != found[1]["device"]["identifiers"]
    ids = {config["components"]["active_power_import"]["unique_id"] for config in found}
    assert len(ids) == 2


def test_the_state_has_what_the_push_contains_and_the_registers_are_apart_and_kept() -> None:
    one = update(5, active_power_import=0, active_energy_import=7, model="X")
    state, energy = states(one, "base")
    assert state.topic == "base/7/state"
    assert json.loads(state.payload) == {
        "meter_id": "7",
        "model": "X",
        "active_power_import": 0,
        "received": "2026-01-15T12:00:05+00:00",
    }
    assert energy == Message("base/7/energy", '{"active_energy_import": 7.0}', retain=True)
    assert len(states(update(active_power_import=5), "base")) == 1


def test_flat_topics_have_numbers_alone_and_nothing_that_is_absent() -> None:
    one = update(active_power_import=5, active_power_export=7, active_energy_import=9, meter_id="a-b")
    assert flat(one, "base") == [
        Message("base/a-b/active_power_import", "5"),
        Message("base/a-b/active_power_export", "7"),
        Message("base/a-b/active_energy_import", "9.0", retain=True),
        Message("base/a-b/active_power", "-2"),
    ]
