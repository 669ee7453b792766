"""How measurements become updates: the name of the meter, registers that run on, and the saved state."""

from __future__ import annotations

import json
import math
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from updates import at, update_of_frame, updates_of

from hanparse import Measurement
from hanparse.energy import LiveEnergy
from hanparse.sinks.tracker import MAX_METERS, NAMELESS, Tracker
from hanparse.sinks.update import Identity, as_json


def test_pushes_before_the_meter_id_are_held_back_and_get_its_name() -> None:
    tracker = Tracker()
    assert tracker.update(Measurement(active_power_import=1, received=at(0))) == []
    assert tracker.update(Measurement(active_power_import=2, received=at(2))) == []
    found = tracker.update(Measurement(active_power_import=3, meter_id="7", model="X", received=at(4)))
    assert [one.numbers() for one in found] == [{"active_power_import": power} for power in (1, 2, 3)]
    assert {one.meter.name for one in found} == {"7"}
    after = tracker.update(Measurement(active_power_import=4, received=at(6)))
    assert [one.meter for one in after] == [Identity("7", None, "X", None)]


def test_a_meter_that_sends_registers_without_an_id_is_named_at_once() -> None:
    found = updates_of("p1", 2)
    assert [one.meter.name for one in found] == ["meter", "meter"]


def test_a_meter_that_sends_no_id_is_named_after_its_channel_or_meter_in_time() -> None:
    for channel, name in (("", "meter"), ("pulse/7", "pulse/7")):
        tracker, early = Tracker(), Measurement(active_power_import=1, received=at(0))
        assert tracker.update(early, channel) == []
        late = Measurement(active_power_import=1, received=at(0) + NAMELESS)
        assert [one.meter.name for one in tracker.update(late, channel)] == [name] * 2


def test_pushes_of_a_file_that_ends_before_a_meter_id_are_not_lost() -> None:
    tracker = Tracker()
    assert tracker.update(Measurement(active_power_import=1)) == []
    assert [one.meter.name for one in tracker.flush()] == ["meter"]
    assert tracker.flush() == []


def test_no_stream_without_an_id_is_held_back_without_a_limit() -> None:
    tracker = Tracker()
    found = [len(tracker.update(Measurement(active_power_import=1, received=at(0)))) for _ in range(200)]
    assert sum(found) == 200


def test_there_are_never_more_meters_or_channels_than_the_limit() -> None:
    tracker = Tracker()
    meters = [tracker.update(Measurement(meter_id=f"{number}", received=at(0))) for number in range(2 * MAX_METERS)]
    assert sum(map(len, meters)) == len(tracker.to_dict()["meters"]) == MAX_METERS
    assert tracker.dropped == MAX_METERS
    assert len(tracker.update(Measurement(meter_id="0", received=at(1)))) == 1  # it is known
    tracker = Tracker()
    named = [tracker.update(Measurement(meter_id="7", received=at(0)), f"{number}") for number in range(2 * MAX_METERS)]
    assert sum(map(len, named)) == MAX_METERS


def test_two_channels_are_two_meters() -> None:
    tracker = Tracker()
    for channel, meter in (("a", "1"), ("b", "2")):
        tracker.update(Measurement(meter_id=meter, received=at(0)), channel)
    found = [tracker.update(Measurement(active_power_import=1, received=at(1)), channel)[0] for channel in "ab"]
    assert [one.meter.name for one in found] == ["1", "2"]


def test_another_meter_on_the_same_channel_has_registers_of_its_own() -> None:
    tracker = Tracker()
    tracker.update(Measurement(meter_id="1", active_energy_import=9000, received=at(0)))
    (other,) = tracker.update(Measurement(meter_id="2", active_energy_import=5, received=at(1)))
    assert other.numbers() == {"active_energy_import": 5}


def test_registers_run_on_with_the_power() -> None:
    tracker = Tracker()
    tracker.update(Measurement(meter_id="7", active_energy_import=1000, active_power_import=3600, received=at(0)))
    (one,) = tracker.update(Measurement(active_power_import=3600, received=at(10)))
    assert one.numbers() == {"active_power_import": 3600, "active_energy_import": 1010.0}
    assert one.document()["active_energy_import"] == 1010.0
    assert not one.has_registers


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-100, 4000)), max_size=20))
def test_no_register_of_a_meter_ever_falls(pushes: list[tuple[int, int, int]]) -> None:
    tracker, now = Tracker(), at(0)
    before: dict[str, float] = {}
    for energy, gas, seconds in pushes:
        now += timedelta(seconds=seconds)
        push = Measurement(
            meter_id="7", active_energy_import=energy, active_power_import=gas, gas_volume=gas / 1000, received=now
        )
        (one,) = tracker.update(push)
        assert all(one.registers[name] >= value for name, value in before.items())
        before = dict(one.registers)


def test_a_state_that_went_through_json_continues() -> None:
    tracker = Tracker()
    tracker.update(Measurement(meter_id="7", active_energy_import=1000, active_power_import=3600, received=at(0)))
    (before,) = tracker.update(Measurement(active_power_import=3600, voltage_l1=230.0, received=at(10)))
    again = Tracker(json.loads(json.dumps(tracker.to_dict())))
    (after,) = again.update(Measurement(meter_id="7", active_power_import=3600, received=at(20)))
    assert after.registers == {"active_energy_import": 1020.0}
    assert before.shown == after.shown == {"active_energy_import", "active_power_import", "voltage_l1"}


def saved(**parts: object) -> dict[str, object]:
    """A state with one meter that has these parts."""
    return {"meters": {"7": {"energy": LiveEnergy().to_dict(), "registers": {}, "shown": []} | parts}}


@pytest.mark.parametrize(
    "state",
    [
        [],
        {},
        {"meters": 5},
        {"meters": {"7": {}}},
        saved(energy={}),
        saved(registers={"gas_volume": "x"}),
        saved(registers={"gas_volume": math.inf}),
        saved(registers={"gas_volume": 10**400}),
        saved(shown=5),
    ],
)
def test_another_state_is_a_value_error(state: Any) -> None:  # noqa: ANN401  any type of JSON
    with pytest.raises(ValueError, match="expected a state that the bridge saved"):
        Tracker(state)


def test_a_saved_field_that_does_not_exist_is_left_out() -> None:
    tracker = Tracker(saved(registers={"x": 5}, shown=["x", "current_l2_estimated"]))
    (found,) = tracker.update(Measurement(meter_id="7", received=at(0)))
    assert found.shown == {"current_l2_estimated"}
    assert found.registers == {}


def test_a_field_that_is_absent_is_in_no_form_and_an_estimate_has_a_name_of_its_own() -> None:
    one = update_of_frame("kaifa/list2-ma304h3e-it")
    assert one.measurement.voltage_l2 is None
    assert "voltage_l2" not in one.numbers()
    assert "voltage_l2" not in one.document()
    assert set(one.estimates()) == {"voltage_l2_estimated"} | ({"current_l2_estimated"} & set(one.estimates()))
    assert one.document()["estimated"]["voltage_l2"]["value"] == one.estimates()["voltage_l2_estimated"]


def test_a_value_that_is_not_a_number_is_absent() -> None:
    (one,) = Tracker().update(Measurement(meter_id="7", current_l1=math.nan, voltage_l1=math.inf, received=at(0)))
    assert one.numbers() == {}
    assert as_json(one.document()) == '{"meter_id": "7", "received": "2026-01-15T12:00:00+00:00"}'


def test_the_name_of_a_meter_is_safe_in_a_topic() -> None:
    names = ("a/+#ø 1", "a/1", "a 1", "a_1", "a__1", "ø", "/", "pulse/7", "pulse_7", "7", "A-1")
    keys = [Identity(name).key for name in names]
    assert all(re.fullmatch("[a-zA-Z0-9_-]+", key) for key in keys)
    assert len({*keys}) == len(names)  # the topics of two meters differ
    assert [Identity(name).key for name in ("a_1", "7", "A-1")] == ["a_1", "7", "A-1"]


def test_a_name_is_a_meter_id_only_if_the_meter_sent_it() -> None:
    tracker = Tracker()
    registers = Measurement(active_energy_import=1000, received=at(0))
    assert [one.meter.is_id for one in tracker.update(registers, "7")] == [False]
    assert [one.meter.is_id for one in tracker.update(Measurement(meter_id="7", received=at(1)), "7")] == [True]
    assert [one.meter.is_id for one in tracker.update(registers, "7")] == [True]
