from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Decoder, Estimate, Measurement, MeterState, Scale, Wiring
from hanparse.measurement.state import Identity

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WHO: dict[str, Any] = {
    "manufacturer": "Aidon",
    "model": "6534",
    "meter_id": "7359992890000017",
    "list_id": "AIDON_V0001",
    "wiring": Wiring.FOUR_WIRE,
}
POWER = Measurement(active_power_import=1500)
CURRENTS = Measurement(**WHO, active_power_import=1400, current_l1=3.0, voltage_l1=230.0)
REGISTERS = Measurement(
    timestamp=NOON, energy_time=NOON - 10 * SECOND, active_energy_import=1000, active_power_import=1300
)


def test_lists_in_parts_are_merged_and_the_latest_of_each_field_counts() -> None:
    state = MeterState()
    state.update(REGISTERS, NOON)
    state.update(CURRENTS, NOON + 5 * SECOND)
    merged = state.update(POWER, NOON + 7 * SECOND)
    assert merged == Measurement(
        **WHO,
        active_power_import=1500,
        current_l1=3.0,
        voltage_l1=230.0,
        active_energy_import=1000,
        energy_time=NOON - 10 * SECOND,
    )
    assert merged == state.measurement()
    assert merged.received == NOON + 7 * SECOND


def test_each_value_has_the_time_when_it_was_taken_and_when_it_came() -> None:
    state = MeterState()
    state.update(REGISTERS, NOON + 2 * SECOND)
    state.update(POWER, NOON + 4 * SECOND)
    found = state.latest()
    energy, power = found["active_energy_import"], found["active_power_import"]
    assert (energy.taken, energy.received, energy.time) == (NOON - 10 * SECOND, NOON + 2 * SECOND, NOON - 10 * SECOND)
    assert (power.taken, power.received, power.time) == (None, NOON + 4 * SECOND, NOON + 4 * SECOND)
    assert "timestamp" not in found


def test_the_time_of_arrival_is_that_of_the_measurement_unless_it_is_given() -> None:
    state = MeterState()
    assert state.update(POWER.__replace__(received=NOON)).received == NOON
    assert state.update(POWER.__replace__(received=NOON), NOON + SECOND).received == NOON + SECOND
    with pytest.raises(ValueError, match=r"expected the time when the push arrived: feed\(chunk, at="):
        state.update(POWER)


def test_a_timestamp_is_that_of_the_last_push_and_not_an_older_one() -> None:
    state = MeterState()
    assert state.update(REGISTERS, NOON).timestamp == NOON
    assert state.update(POWER, NOON + SECOND).timestamp is None


def test_nothing_is_kept_beyond_the_stated_age() -> None:
    state = MeterState(max_age=MINUTE)
    state.update(CURRENTS, NOON)
    state.update(POWER, NOON + MINUTE)
    assert state.measurement().current_l1 == 3.0
    assert state.update(POWER, NOON + MINUTE + SECOND) == POWER
    assert state.measurement(NOON + 3 * MINUTE) == Measurement()
    assert state.measurement(NOON + 3 * MINUTE).received is None
    assert state.latest() == {}


def test_an_hourly_list_that_is_lost_does_not_lose_the_registers() -> None:
    state = MeterState()
    state.update(REGISTERS, NOON)
    assert state.measurement(NOON + 2 * HOUR).active_energy_import == 1000
    assert state.measurement(NOON + 2 * HOUR + SECOND).active_energy_import is None


@pytest.mark.parametrize(
    "change",
    [{"meter_id": "7359992890000018"}, {"model": "6525"}, {"manufacturer": "Kaifa"}, {"wiring": Wiring.ONE_PHASE}],
)
def test_a_changed_meter_begins_anew(change: dict[str, Any]) -> None:
    state = MeterState()
    state.update(CURRENTS, NOON)
    other = Measurement(**change, active_power_import=1)
    assert state.update(other, NOON + SECOND) == other


def test_a_list_that_names_nobody_is_taken_for_the_meter_that_is_known() -> None:
    state = MeterState()
    state.update(CURRENTS, NOON)
    assert state.update(POWER, NOON + SECOND).meter_id == WHO["meter_id"]
    assert not Identity.of(CURRENTS).differs(Identity.of(POWER))
    assert Identity.of(POWER).joined(Identity.of(CURRENTS)) == Identity.of(CURRENTS)


@pytest.mark.parametrize(
    ("before", "then", "net"),
    [
        ({"active_power_import": 0, "active_power_export": 2000}, {"active_power_import": 500}, None),
        ({"active_power_import": 500, "active_power_export": 0}, {"active_power_export": 2000}, None),
        ({"active_power_import": 400, "active_power_export": 0}, {"active_power_import": 500}, 500),
        ({"active_power_import": 0, "active_power_export": 2000}, {"active_power_import": 0}, -2000),
        ({"active_power_import": 5, "active_power_export": 2}, {"active_power_import": 9, "active_power_export": 4}, 5),
    ],
)
def test_import_and_export_of_two_times_are_not_subtracted(
    before: dict[str, float], then: dict[str, float], net: float | None
) -> None:
    state = MeterState()
    state.update(Measurement(**before), NOON)  # type: ignore[arg-type]
    merged = state.update(Measurement(**then), NOON + 2 * SECOND)  # type: ignore[arg-type]
    assert merged.active_power == net
    assert {name: getattr(merged, name) for name in then} == then


def test_estimates_are_carried_apart_from_what_was_measured() -> None:
    made = Estimate(1.5, 0, 3, "any")
    state = MeterState()
    state.update(CURRENTS.with_estimates({"current_l2": made}), NOON)
    merged = state.update(POWER, NOON + SECOND)
    assert (merged.estimated, merged.current_l2) == ({"current_l2": made}, None)
    assert "current_l2" not in state.latest()


@pytest.mark.parametrize("name", ["current_l1", "current_l2", "current_l3", "voltage_l1", "voltage_l2", "voltage_l3"])
def test_an_estimate_goes_when_a_newer_push_carries_one_of_its_inputs(name: str) -> None:
    state = MeterState()
    state.update(CURRENTS.with_estimates({"current_l2": Estimate(9, 0, 10.2, "any")}), NOON)
    newer = Measurement(**{name: 20.0})  # type: ignore[arg-type]
    assert state.update(newer, NOON + SECOND).estimated == {}
    again = Estimate(30, 10, 35, "any")
    assert state.update(newer.with_estimates({"current_l2": again}), NOON + 2 * SECOND).estimated["current_l2"] == again


def test_the_scale_and_the_kind_of_type_are_those_of_the_last_push() -> None:
    state = MeterState()
    merged = state.update(POWER.__replace__(scale=Scale.ct(20), made_for_transformers=True), NOON)
    assert (merged.scale, merged.made_for_transformers) == (Scale.ct(20), True)


def test_a_step_back_of_the_clock_makes_nothing_younger_and_a_zone_that_turns_makes_nothing_older() -> None:
    state = MeterState(max_age=MINUTE)
    state.update(CURRENTS, NOON)
    state.update(POWER, NOON + 50 * SECOND)
    state.update(POWER, NOON - HOUR)
    assert state.measurement(NOON - HOUR + 11 * SECOND).current_l1 is None
    oslo = ZoneInfo("Europe/Oslo")
    before = datetime(2024, 10, 27, 2, 59, 50, tzinfo=oslo, fold=0)
    state.update(CURRENTS, before)
    assert state.measurement(datetime(2024, 10, 27, 2, 0, 5, tzinfo=oslo, fold=1)).current_l1 == 3.0


def test_wrong_arguments_are_errors() -> None:
    with pytest.raises(TypeError, match="expected timedelta for the argument max_age"):
        MeterState(max_age=60)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_age above 0"):
        MeterState(max_age=timedelta(0))
    state = MeterState()
    with pytest.raises(TypeError, match="expected Measurement for the argument measurement"):
        state.update({}, NOON)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected datetime for the argument now"):
        state.update(POWER, 12)  # type: ignore[arg-type]
    state.update(POWER, NOON)
    with pytest.raises(TypeError, match="expected an aware datetime for the argument now"):
        state.update(POWER, NOON.replace(tzinfo=None))


def test_a_day_of_an_aidon_meter_has_identity_and_times_though_its_lists_have_neither() -> None:
    decoder, state, now = Decoder(), MeterState(), NOON
    for name in ("list3-6525-it", "list1-no", "list2-6525-it", "list1-no"):
        now += 2 * SECOND
        for push in decoder.feed(named(f"aidon/{name}").data, at=now):
            merged = state.update(push)
    assert (merged.model, merged.received, merged.timestamp) == ("6525", now, None)
    assert merged.current_l1 is not None
    assert merged.active_energy_import is not None
    assert state.latest()["current_l1"].time == now - 2 * SECOND


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "active_power_import": st.integers(0, 9),
        "active_power_export": st.integers(0, 9),
        "current_l1": st.floats(0, 9),
        "active_energy_import": st.integers(0, 9),
    },
)


@given(st.lists(st.tuples(FIELDS, st.integers(0, 90)), min_size=1, max_size=8))
def test_what_is_shown_is_the_newest_that_came_within_the_age(pushes: list[tuple[dict[str, float], int]]) -> None:
    state, now = MeterState(max_age=MINUTE), NOON
    came: list[tuple[datetime, dict[str, float]]] = []
    for fields, seconds in pushes:
        now += seconds * SECOND
        came.append((now, fields))
        merged = state.update(Measurement(**fields), now)  # type: ignore[arg-type]
        for name in ("current_l1", "active_energy_import"):
            recent = [push[name] for time, push in came if name in push and now - time <= MINUTE]
            assert getattr(merged, name) == (recent[-1] if recent else None)
        assert set(state.latest(now)) <= {name for time, push in came if now - time <= MINUTE for name in push}


def test_the_repr_of_a_state_shows_its_latest_values() -> None:
    state = MeterState()
    state.update(Measurement(active_power_import=740), datetime(2024, 7, 1, tzinfo=UTC))
    assert "active_power_import=740 W" in repr(state)
