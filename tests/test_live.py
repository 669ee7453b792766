"""The registers between the lists that contain them.

The loads are made here, second by second: a base load, a heater that switches, a cooker that pulses. The register of
the simulated meter is the exact integral, so it judges the result.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import seeded

from hanparse import Decoder, Measurement
from hanparse.energy.live import MAX_GAP, MAX_POWER, LiveEnergy
from hanparse.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NAME = "active_energy_import"


def power(time: datetime | None, watts: float, **fields: Any) -> Measurement:  # noqa: ANN401  as declared
    return Measurement(timestamp=time, active_power_import=watts, **fields)


def register(time: datetime | None, energy: float, watts: float | None = None, **fields: Any) -> Measurement:  # noqa: ANN401
    return Measurement(
        timestamp=time, energy_time=time, active_energy_import=energy, active_power_import=watts, **fields
    )


def run(live: LiveEnergy, start: datetime, seconds: int, watts: float, step: int = 10) -> float | None:
    """Send the same power for some time."""
    for passed in range(0, seconds + 1, step):
        live.update(power(start + passed * SECOND, watts))
    return live.values.get(NAME)


@dataclass
class Load:
    """The power of a home, second by second."""

    rng: Random
    heater: bool = False
    cooker: bool = False

    def watts(self, second: int) -> int:
        self.heater ^= self.rng.random() < 1 / 300
        self.cooker ^= self.rng.random() < 1 / 15
        return 400 + second % 7 + 2000 * self.heater + 1500 * self.cooker


def pushes(seed: int, cadence: int, mean: int, hours: int) -> Iterator[tuple[Measurement, float]]:
    """Yield the pushes of some hours with the true energy; a power is the mean of `mean` s, a register whole Wh."""
    load, energy = Load(seeded(seed)), 12_345_000.0
    last = [0] * mean
    for second in range(hours * 3600 + 1):
        last = [*last[1:], load.watts(second)]
        watts, time = round(sum(last) / mean), NOON + second * SECOND
        energy += last[-1] / 3600
        if second % 3600 == 0:
            yield register(time, int(energy), watts), energy
        elif second % cadence == 0:
            yield power(time, watts), energy


# --- the value


def test_there_is_no_value_before_a_register() -> None:
    live = LiveEnergy()
    assert live.values == {}
    assert run(live, NOON, 600, 1000) is None


def test_a_constant_power_is_added_to_the_register() -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 3600))
    assert run(live, NOON, 600, 3600) == 5600


def test_every_direction_has_its_register() -> None:
    live = LiveEnergy()
    live.update(Measurement(timestamp=NOON, active_energy_export=100, reactive_energy_import=7, active_energy_import=1))
    for passed in range(0, 61, 10):
        live.update(
            Measurement(
                timestamp=NOON + passed * SECOND,
                active_power_import=0,
                active_power_export=3600,
                reactive_power_import=600,
            )
        )
    assert live.values == {"active_energy_import": 1, "active_energy_export": 160, "reactive_energy_import": 17}


@pytest.mark.parametrize(("cadence", "mean"), [(2, 1), (2, 2), (10, 10)])
@pytest.mark.parametrize("seed", range(4))
def test_the_error_before_each_register_is_small_and_the_value_never_falls(cadence: int, mean: int, seed: int) -> None:
    live, last, true, begin = LiveEnergy(), 0.0, 0.0, 0.0
    for measurement, energy in pushes(seed, cadence, mean, 3):
        sent = measurement.active_energy_import
        if sent is not None and begin:
            assert abs(last - true) <= 0.003 * (true - begin) + 2
        value = live.update(measurement)[NAME]
        assert value >= last
        if sent is not None:
            assert sent <= value <= sent + 3 + 0.003 * (energy - begin if begin else 0)
            begin = energy
        last, true = value, energy


@pytest.mark.parametrize(("meter", "step"), [("kaifa", 1), ("embriq", 1), ("aidon", 10), ("kamstrup", 10)])
def test_the_registers_of_each_maker_run_on_between_its_hourly_lists(meter: str, step: int) -> None:
    """`step` is that of the registers in Wh; the powers are constant between two pushes of a simulated meter."""
    live, decoder, last, registers = LiveEnergy(), Decoder(), 0.0, [0.0]
    for push in takewhile(lambda push: push.seconds < 2 * 3600, simulate(meter, start=NOON, seed=3)):
        (measurement,) = decoder.feed(push.data) + decoder.flush()
        value = live.update(measurement, NOON + push.seconds * SECOND).get(NAME, 0.0)
        assert value >= last
        sent = measurement.active_energy_import
        if sent is not None and len(registers) > 1:
            assert abs(last - sent) <= 0.003 * (sent - registers[-1]) + 2 + 2 * step + LAST_INTERVAL
        if sent is not None:
            registers.append(sent)
        last = value
    assert len(registers) == 3


LAST_INTERVAL = 10 * 5000 / 3600
"""The energy in Wh of the last 10 s before a register, at the largest power of the simulated meter."""


# --- what is not bridged, and what never falls


def test_a_long_gap_is_not_bridged_and_the_next_register_corrects() -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 3600))
    run(live, NOON, 60, 3600)
    assert live.update(power(NOON + 3 * HOUR, 3600))[NAME] == 5060
    assert live.update(register(NOON + 3 * HOUR + 10 * SECOND, 9000))[NAME] == 9000


def test_the_longest_gap_that_is_bridged_is_a_minute() -> None:
    for passed, value in ((MAX_GAP, 5060), (MAX_GAP + SECOND, 5000)):
        live = LiveEnergy()
        live.update(register(NOON, 5000, 3600))
        assert live.update(power(NOON + passed, 3600))[NAME] == value


def test_a_register_below_the_value_holds_it_until_it_is_passed() -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 3600))
    assert run(live, NOON, 3600, 3600) == 8600
    later = NOON + HOUR
    assert live.update(register(later, 8590, 3600))[NAME] == 8600
    assert run(live, later, 10, 3600) == 8600
    assert live.update(power(later + 20 * SECOND, 3600))[NAME] == 8610


def test_a_list_that_is_sent_again_changes_nothing() -> None:
    live, again = LiveEnergy(), register(NOON, 5000, 3600)
    live.update(again)
    run(live, NOON, 600, 3600)
    for stale in (register(NOON, 5000), register(NOON - HOUR, 4000), register(None, 5000)):
        assert live.update(stale)[NAME] == 5600
    assert live.update(power(NOON + 610 * SECOND, 3600))[NAME] == 5610


def test_an_hour_without_consumption_has_an_equal_register_and_starts_the_integral_again() -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 0))
    live.update(register(NOON + HOUR, 5000, 3600))
    assert run(live, NOON + HOUR, 60, 3600) == 5060


@pytest.mark.parametrize("zone", [None, timezone(HOUR)])
def test_a_clock_that_is_put_back_is_a_gap(zone: timezone | None) -> None:
    start = datetime(2026, 10, 25, 2, 59, tzinfo=zone)
    live = LiveEnergy()
    live.update(register(start, 5000, 3600))
    assert run(live, start, 60, 3600) == 5060
    assert run(live, start - HOUR, 60, 3600) == 5120
    assert live.update(register(start - HOUR + 60 * SECOND, 5130))[NAME] == 5130


def test_the_zone_of_an_arrival_does_not_matter() -> None:
    live = LiveEnergy()
    live.update(register(None, 5000, 3600), NOON)
    live.update(power(None, 3600), (NOON + 10 * SECOND).astimezone(timezone(2 * HOUR)))
    assert live.values == {NAME: 5010}


def test_powers_without_any_time_add_nothing() -> None:
    live = LiveEnergy()
    live.update(register(None, 5000, 3600))
    assert live.update(power(None, 3600)) == {NAME: 5000}


def test_a_change_between_clocks_with_and_without_zone_is_a_gap() -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 3600))
    assert live.update(power((NOON + 10 * SECOND).replace(tzinfo=None), 3600)) == {NAME: 5000}


def test_the_values_stay_until_the_registers_of_another_meter_arrive() -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 3600, meter_id="1"))
    live.update(power(NOON + 10 * SECOND, 3600, meter_id="1"))
    assert live.update(power(NOON + 20 * SECOND, 3600, meter_id="2")) == {NAME: 5010}
    assert live.update(power(NOON + 30 * SECOND, 3600)) == {NAME: 5010}
    assert live.update(register(NOON + 40 * SECOND, 7)) == {NAME: 7}
    assert live.update(register(NOON + 50 * SECOND, 3, meter_id="3")) == {NAME: 3}
    assert live.meter_id == "3"


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -5.0, 10**400])
def test_impossible_numbers_are_passed_over(wrong: float) -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 3600))
    live.update(power(NOON + 10 * SECOND, 3600))
    try:
        measurements = [power(NOON + 20 * SECOND, wrong), register(NOON + 20 * SECOND, wrong)]
    except (ValueError, TypeError, OverflowError):
        return  # Measurement refuses it
    for measurement in measurements:
        live.update(measurement)
    assert 5010 <= live.values[NAME] <= 5020


@pytest.mark.parametrize("wrong", [float(0xFFFFFFFF), 0x7FFFFFFF, 1e308, MAX_POWER * 1.01])
def test_a_power_above_every_transformer_adds_nothing(wrong: float) -> None:
    live = LiveEnergy()
    live.update(register(NOON, 5000, 3600))
    for passed, watts in ((10, wrong), (20, wrong), (30, 3600)):
        live.update(power(NOON + passed * SECOND, watts))
    assert live.values == {NAME: 5030}
    assert live.update(register(NOON + HOUR, 6000)) == {NAME: 6000}


def test_other_types_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="expected Measurement"):
        LiveEnergy().update(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        LiveEnergy().update(power(NOON, 1), "12:00")  # type: ignore[arg-type]
    live = LiveEnergy()
    live.update(power(None, 1), NOON)
    with pytest.raises(TypeError, match="naive"):
        live.update(power(None, 1), NOON.replace(tzinfo=None))


# --- the state


def test_a_saved_state_continues_as_if_nothing_had_happened() -> None:
    whole, saved = LiveEnergy(), LiveEnergy()
    for number, (measurement, _) in enumerate(pushes(7, 10, 10, 2)):
        whole.update(measurement)
        saved.update(measurement)
        if number % 37 == 0:
            saved = LiveEnergy.from_dict(json.loads(json.dumps(saved.to_dict())))
    assert saved.values == whole.values
    assert saved.to_dict() == whole.to_dict()


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        {},
        {"meter_id": 5, "counters": {}},
        {"meter_id": None, "counters": 5},
        {"meter_id": None, "counters": {NAME: None}},
        {"meter_id": None, "counters": {NAME: {"other": 1}}},
        {"meter_id": None, "counters": {NAME: {"register": "5"}}},
        {"meter_id": None, "counters": {NAME: {"register": float("nan")}}},
        {"meter_id": None, "counters": {NAME: {"value": -1.0}}},
        {"meter_id": None, "counters": {NAME: {"power": 1e9}}},
        {"meter_id": None, "counters": {NAME: {"time": "yesterday"}}},
        {"meter_id": None, "counters": {NAME: {"time": 5}}},
    ],
)
def test_a_damaged_state_is_a_value_error(state: Any) -> None:  # noqa: ANN401  what a file may hold
    with pytest.raises(ValueError, match=r"expected a state from LiveEnergy\.to_dict"):
        LiveEnergy.from_dict(state)


# --- any order


TIMES = st.none() | st.integers(-7200, 7200).map(lambda s: NOON + s * SECOND)
NUMBERS = st.none() | st.integers(0, 20_000)


@given(st.lists(st.tuples(TIMES, NUMBERS, NUMBERS, TIMES, st.booleans()), max_size=40))
def test_a_value_never_falls_and_survives_a_restart(events: list[tuple[Any, ...]]) -> None:
    live, last = LiveEnergy(), 0.0
    for clock, watts, energy, at, restarts in events:
        value = live.update(register(clock, energy, watts, meter_id="1"), at).get(NAME, 0.0)
        assert value >= last
        assert energy is None or value >= energy
        last = value
        if restarts:
            live = LiveEnergy.from_dict(json.loads(json.dumps(live.to_dict())))


@given(st.lists(st.tuples(st.floats(), st.none() | st.floats()), max_size=20))
def test_no_number_makes_a_state_that_cannot_be_restored(events: list[tuple[float, float | None]]) -> None:
    live = LiveEnergy()
    for number, (watts, energy) in enumerate(events):
        time = NOON + number * SECOND
        live.update(Measurement(timestamp=time, active_power_import=watts, active_energy_import=energy))
    state = json.loads(json.dumps(live.to_dict(), allow_nan=False))
    assert LiveEnergy.from_dict(state).to_dict() == live.to_dict()
