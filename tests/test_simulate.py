"""The pushes of a simulated meter: hanparse reads them, and their values agree with each other.

The lists are compared with frame files that come from documents and from real meters of the same kind: the same codes,
types, scalers and units in the same order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from itertools import islice, takewhile
from typing import Any

import pytest
from framefiles import named

from hanparse import Decoder, Measurement, cosem, decode
from hanparse.axdr.data import Data
from hanparse.simulate import METERS, Faults, Push, simulate

START = datetime(2026, 1, 1, 12)  # noqa: DTZ001  the clock of a meter
HOUR = 3600


def pushes(meter: str, seconds: float, **options: Any) -> list[Push]:  # noqa: ANN401  as declared
    return list(takewhile(lambda push: push.seconds <= seconds, simulate(meter, start=START, **options)))


@cache
def measurements(meter: str, seconds: float) -> list[tuple[float, Measurement]]:
    decoder = Decoder()
    found = []
    for push in pushes(meter, seconds):
        decoded = decoder.feed(push.data) + decoder.flush()
        assert len(decoded) == 1, push
        found.append((push.seconds, decoded[0]))
    assert decoder.last_error is None
    return found


def shape(data: Data) -> object:
    """Return types, codes, scalers and units of a list, without its values."""
    if isinstance(data.value, tuple):
        elements = [one for one in data.value if isinstance(one, Data)]
        is_described = len(elements) == 2 and all(not isinstance(one.value, tuple | bytes | str) for one in elements)
        return data.tag, tuple((one.tag, one.value) if is_described else shape(one) for one in elements)
    if isinstance(data.value, bytes) and len(data.value) == 6:
        return data.tag, data.value
    return data.tag


@pytest.mark.parametrize(
    ("meter", "seconds", "file"),
    [
        ("aidon", 2.5, "aidon/list1-no"),
        ("aidon", 0, "aidon/list2-6534-tn"),
        ("aidon", 10, "aidon/list3-6534-tn"),
        ("embriq", 0, "embriq/list2-zmf-tn"),
        ("embriq", 10, "embriq/list3-zmf-tn"),
        ("kaifa", 2, "kaifa/list1-no"),
        ("kaifa", 0, "kaifa/list2-ma304h4-tn"),
        ("kaifa", 10, "kaifa/list3-ma304h4-tn"),
        ("kamstrup", 0, "kamstrup/list1-3phase"),
        ("kamstrup", 5, "kamstrup/list2-3phase"),
    ],
)
def test_a_list_has_the_structure_of_the_meter_that_it_simulates(meter: str, seconds: float, file: str) -> None:
    (data,) = [push.data for push in pushes(meter, seconds) if push.seconds == seconds]
    apdu = data[data.index(b"\xe6\xe7\x00") + 3 : -3]
    assert shape(cosem.parse(apdu).body) == shape(cosem.parse(named(file).apdu).body)
    expected = named(file).data
    assert data[3 : data.index(b"\xe6\xe7\x00") - 2] == expected[3 : expected.index(b"\xe6\xe7\x00") - 2]


def test_a_telegram_has_the_lines_of_the_swedish_recommendation() -> None:
    (push,) = pushes("p1", 0)
    expected = named("p1/se-landis-gyr").data

    def codes(telegram: bytes) -> list[str]:
        return [line.partition("(")[0] for line in telegram.decode().split("\r\n")[:-2]]

    assert codes(push.data) == codes(expected)
    assert list(map(len, push.data.split(b"\r\n"))) == list(map(len, expected.split(b"\r\n")))


@pytest.mark.parametrize(
    ("meter", "times"),
    [
        ("aidon", [0, 2.5, 5, 7.5, 10, 12.5]),
        ("embriq", [0, 2, 4, 6, 8, 10, 12]),
        ("kaifa", [0, 2, 4, 6, 8, 10, 12]),
        ("kamstrup", [0, 5, 10]),
        ("p1", [0, 10]),
    ],
)
def test_a_meter_sends_in_its_cadence(meter: str, times: list[float]) -> None:
    assert [push.seconds for push in pushes(meter, 12.5)] == times


@pytest.mark.parametrize(("meter", "manufacturer"), [("aidon", "Aidon"), ("embriq", "Landis+Gyr"), ("kaifa", "Kaifa")])
def test_registers_are_sent_once_an_hour_and_belong_to_the_full_hour(meter: str, manufacturer: str) -> None:
    sent = [(at, m) for at, m in measurements(meter, HOUR + 60) if m.active_energy_import is not None]
    assert [at for at, _ in sent] == [10, HOUR + 10]
    assert {m.manufacturer for _, m in sent} == {manufacturer}
    assert [m.energy_time and m.energy_time.hour for _, m in sent] == [12, 13]


@pytest.mark.parametrize(("meter", "step"), [("aidon", 2.5), ("embriq", 2), ("kaifa", 2), ("p1", 10)])
def test_registers_are_the_integral_of_the_powers(meter: str, step: float) -> None:
    found = measurements(meter, HOUR + 60)
    used = sum((m.active_power_import or 0) * step / HOUR for at, m in found if at < HOUR)
    late = 0 if meter == "p1" else 10
    first, last = (m.active_energy_import for at, m in found if at in (late, HOUR + late))
    assert first is not None
    assert last is not None
    assert last - first == pytest.approx(used, abs=11 if meter == "aidon" else 1.5)  # Aidon sends steps of 10 Wh


@pytest.mark.parametrize("meter", METERS)
def test_the_registers_of_one_list_that_is_sent_often_grow_with_the_energy(meter: str) -> None:
    lists = Decoder().feed(b"".join(push.data for push in pushes(meter, HOUR - 1, every=60)))
    registers = [one.active_energy_import for one in lists if one.active_energy_import is not None]
    assert len(registers) == 60
    used = sum(one.active_power_import or 0 for one in lists[:-1]) * 60 / HOUR  # Wh, at the power of each minute
    assert registers[-1] - registers[0] == pytest.approx(used, abs=11)  # Aidon and Kamstrup send steps of 10 Wh
    assert sorted(registers) == registers
    latest = lists[-1].energy_time or lists[-1].timestamp
    assert latest is not None
    assert latest.replace(tzinfo=None) == START + timedelta(minutes=59)


@pytest.mark.parametrize("meter", METERS)
def test_currents_voltages_and_powers_agree(meter: str) -> None:
    for _, m in measurements(meter, 600):
        if m.current_l1 is None:
            continue
        apparent = sum(
            current * voltage
            for current, voltage in (
                (m.current_l1, m.voltage_l1),
                (m.current_l2, m.voltage_l2),
                (m.current_l3, m.voltage_l3),
            )
            if current is not None and voltage is not None
        )
        measured = ((m.active_power_import or 0) ** 2 + (m.reactive_power_import or 0) ** 2) ** 0.5
        assert measured - 60 <= apparent <= measured * 1.3 + 60  # currents are sent in steps of up to 0.1 A


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def data(seed: int) -> list[bytes]:
        return [push.data for push in islice(simulate("kaifa", seed=seed, faults=Faults(0.5, 0.2, 0.2, 0.1)), 500)]

    assert data(1) == data(1)
    assert data(1) != data(2)


def test_faults_cost_only_the_pushes_that_they_hit() -> None:
    faults = Faults(noise=0.3, damaged=0.1, cut=0.1, lost=0.1)
    sound = {push.seconds: push.data for push in pushes("kaifa", HOUR)}
    stream = pushes("kaifa", HOUR, faults=faults)
    intact = [push.seconds for push in stream if push.data.endswith(sound[push.seconds])]
    assert 0.5 < len(intact) / len(sound) < 0.8
    decoder = Decoder()
    found = decoder.feed(b"".join(push.data for push in stream)) + decoder.flush()
    all_sent = {m.timestamp: m for m in Decoder().feed(b"".join(sound.values()))}
    expected = {m.timestamp for m in Decoder().feed(b"".join(sound[seconds] for seconds in intact))}
    assert expected <= {m.timestamp for m in found}  # and those that lost a flag beside the flag of another frame
    assert [all_sent[m.timestamp] for m in found] == found


def test_the_clock_of_the_meter_may_have_any_start() -> None:
    first = next(iter(simulate("kaifa", start=datetime(2026, 5, 17, 23, 59, 57))))  # noqa: DTZ001  see START
    assert str(decode(first.data).timestamp)[:19] == "2026-05-17 23:59:50"


def test_wrong_arguments_are_errors() -> None:
    with pytest.raises(
        ValueError, match="expected one of aidon, embriq, kaifa, kamstrup, p1 for the argument meter, found 'nokia'"
    ):
        simulate("nokia")
    with pytest.raises(ValueError, match="probabilities from 0 to 1"):
        simulate("kaifa", faults=Faults(noise=2))
    with pytest.raises(TypeError):
        simulate("kaifa", start="noon")  # type: ignore[arg-type]
