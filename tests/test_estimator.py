from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from framefiles import named
from wire import check_sequence

from hanparse import Decoder, Measurement, Wiring
from hanparse.energy.estimates import estimate
from hanparse.energy.estimator import METERS, Estimator

if TYPE_CHECKING:
    from hanparse.measurement import Estimate

LIST: dict[str, Any] = {
    "active_power_import": 8000,
    "active_power_export": 0,
    "reactive_power_import": 300,
    "reactive_power_export": 0,
    "current_l1": 22.0,
    "current_l3": 20.0,
    "voltage_l1": 230.0,
    "voltage_l2": 230.0,
    "voltage_l3": 230.0,
    "wiring": Wiring.THREE_WIRE,
    "meter_id": "1",
}


def push(**fields: Any) -> Measurement:  # noqa: ANN401  each has its own type
    return Measurement(**LIST | fields)


def power(watts: float, **fields: Any) -> Measurement:  # noqa: ANN401  the same
    """A push of the power alone, as list 1."""
    return Measurement(active_power_import=watts, **fields)


def last(*pushes: Measurement) -> Estimate:
    """The estimate of the last one, after the others."""
    estimator = Estimator()
    return [estimator.update(one) for one in pushes][-1]["current_l2"]


def is_bounded_only(made: Estimate) -> bool:
    return (made.likely_low, made.likely_high, made.rare_high) == (made.low, made.high, made.high)


def test_a_first_list_gets_what_it_would_get_alone() -> None:
    assert Estimator().update(push()) == estimate(push())
    assert not is_bounded_only(last(push()))


@pytest.mark.parametrize(
    ("before", "now", "is_steady"),
    [
        (613, 3655, False),  # the example of the recording, two seconds apart
        (3655, 613, False),
        (8000, 8000, True),
        (7620, 8000, True),  # 4.99 % of 7,620 W
        (7619, 8000, False),
        (8401, 8000, False),
        (8400, 8000, True),
        (500, 550, True),
        (500, 551, False),
        (100, 50, True),
    ],
)
def test_a_list_after_a_step_of_the_power_gets_the_bounds_alone(before: float, now: float, is_steady: bool) -> None:
    for first in (power(before), push(active_power_import=before)):
        assert is_bounded_only(last(first, push(active_power_import=now))) is not is_steady


def test_the_list_after_next_is_steady_again() -> None:
    assert not is_bounded_only(last(power(613), power(8000), push()))


def test_a_push_without_a_power_leaves_the_power_before_it_to_the_next() -> None:
    assert is_bounded_only(last(power(613), Measurement(voltage_l1=230), push()))


def test_the_value_and_the_bounds_do_not_hang_on_what_came_before() -> None:
    alone = estimate(push())["current_l2"]
    assert last(power(613), push())[:4] == last(power(0, active_power_export=5), push())[:4] == alone[:4]


@pytest.mark.parametrize(
    "exporting",
    [
        power(0, active_power_export=5),
        push(active_power_import=0, active_power_export=700),
        push(active_energy_export=10),
        Measurement(active_energy_export=0.5),
    ],
)
def test_an_export_that_was_seen_once_counts_for_good(exporting: Measurement) -> None:
    assert is_bounded_only(last(exporting, push(), *[push()] * 5))


def test_a_list_that_says_itself_that_the_house_produces_gets_the_bounds_alone() -> None:
    assert is_bounded_only(last(push(active_energy_export=10)))
    assert is_bounded_only(estimate(push(active_energy_export=10))["current_l2"])


def test_exports_of_zero_are_no_production() -> None:
    assert not is_bounded_only(last(power(8000, active_power_export=0), push(active_energy_export=0)))


def test_each_meter_of_a_stream_has_its_own_production_and_its_own_power_before() -> None:
    sunny, other = push(meter_id="2", active_power_export=5), push()
    assert not is_bounded_only(last(sunny, other))
    assert is_bounded_only(last(sunny, other, push(meter_id="2")))
    assert not is_bounded_only(last(push(meter_id="2", active_power_import=100), other))
    assert is_bounded_only(last(other, push(meter_id="2"), power(100), push(meter_id="2")))  # list 1 of 2
    assert not is_bounded_only(last(other, push(meter_id="2"), power(100), other))


def test_what_came_before_the_meter_was_named_is_of_the_first_that_is() -> None:
    assert is_bounded_only(last(power(0, active_power_export=5), push()))
    assert not is_bounded_only(last(power(0, active_power_export=5), push(), push(meter_id="2")))


def test_meters_without_end_take_no_memory_and_get_the_bounds_alone() -> None:
    estimator = Estimator()
    for number in range(10 * METERS):
        made = estimator.update(push(meter_id=str(number)))["current_l2"]
        assert is_bounded_only(made) is (number >= METERS)
    assert len(estimator._meters) == METERS  # noqa: SLF001  what grows would grow here
    assert not is_bounded_only(estimator.update(push(meter_id="0"))["current_l2"])


@pytest.mark.parametrize("watts", [float("nan"), float("inf"), 10**400])
def test_a_power_that_is_no_number_says_nothing(watts: float) -> None:
    assert not is_bounded_only(last(power(8000), power(watts), push()))
    assert not is_bounded_only(last(power(8000, active_power_export=watts), push()))


def with_power(frame: bytes, code: bytes, watts: int) -> bytes:
    """A frame of Aidon with another power."""
    at = frame.index(bytes([1, 0, *code, 7, 0, 255])) + 6
    assert frame[at - 1 : at + 1] == b"\xff\x06"  # u32
    sent = frame[:at] + frame[at : at + 1] + watts.to_bytes(4, "big") + frame[at + 5 :]
    return sent[:-3] + check_sequence(sent[1:-3]) + b"\x7e"


def test_a_decoder_with_estimates_remembers_the_pushes_before() -> None:
    frame = named("aidon/list2-6525-it").data
    step, export = with_power(frame, b"\1", 5000), with_power(frame, b"\2", 300)
    decoder = Decoder(estimate=True)
    found = [decoder.feed(sent)[0].estimated["current_l2"] for sent in (frame, frame, step, step, export, frame)]
    assert [is_bounded_only(made) for made in found] == [False, False, True, False, True, True]
    assert [made.value for made in found[:2]] == [found[-1].value] * 2
    for twin in (copy.deepcopy(decoder), pickle.loads(pickle.dumps(decoder))):
        assert is_bounded_only(twin.feed(frame)[0].estimated["current_l2"])
    assert not is_bounded_only(Decoder(estimate=True).feed(frame)[0].estimated["current_l2"])


def test_estimates_of_a_decoder_are_made_once_and_by_what_was_known_when_the_push_came() -> None:
    frame = named("aidon/list2-6525-it").data
    decoder = Decoder(estimate=True)
    first, _, after = (decoder.feed(sent)[0] for sent in (frame, with_power(frame, b"\2", 300), frame))
    assert first.estimated is first.estimated
    assert not is_bounded_only(first.estimated["current_l2"])  # asked for after the export was seen
    assert is_bounded_only(after.estimated["current_l2"])
    assert pickle.loads(pickle.dumps(after)).estimated == after.estimated
    assert Decoder(estimate=True).feed(named("aidon/list2-6534-tn").data)[0].estimated == {}
