from __future__ import annotations

import csv
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from framefiles import SOUND, FrameFile, named
from hypothesis import given
from hypothesis import strategies as st
from sweeps import cases

from hanparse import Measurement, Scale, Wiring, decode
from hanparse.energy.plausibility import Plausibility, Problem, check, corrected_scale
from hanparse.measurement import FIELD_UNITS, FIELDS

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
PUSH = timedelta(seconds=10)
REFERENCE = Path(__file__).parent / "data" / "it_three_wire_reference.csv"
FOUR_WIRE = named("kamstrup/push-dk-3phase").data  # sends everything, also per phase
ONE_PHASE = named("kamstrup/list2-1phase-nulls").data  # 45 A


def problems(measurement: Measurement) -> list[Problem]:
    return [finding.problem for finding in check(measurement)]


def one_phase(**fields: Any) -> Measurement:  # noqa: ANN401  fields have their own types
    """3 kW at 230 V, 13 A; or what `fields` say."""
    usual = {"active_power_import": 3000, "active_power_export": 0, "reactive_power_import": 200}
    return Measurement(wiring=Wiring.ONE_PHASE, **{**usual, "current_l1": 13.1, "voltage_l1": 230.0, **fields})


def four_wire(**fields: Any) -> Measurement:  # noqa: ANN401  the same
    """3.9 kW on three phases, or what `fields` say."""
    usual = {"active_power_import": 3900, "active_power_export": 0, "reactive_power_import": 300}
    currents = {"current_l1": 10.0, "current_l2": 2.0, "current_l3": 5.0}
    voltages = {"voltage_l1": 230.0, "voltage_l2": 231.0, "voltage_l3": 229.0}
    return Measurement(**{**usual, **currents, **voltages, "wiring": Wiring.FOUR_WIRE, **fields})


def three_wire(**fields: Any) -> Measurement:  # noqa: ANN401  the same
    """2.4 kW without a neutral, or what `fields` say."""
    usual = {"active_power_import": 2400, "active_power_export": 0, "current_l1": 8.0, "current_l3": 4.0}
    voltages = {"voltage_l1": 230.0, "voltage_l2": 231.0, "voltage_l3": 229.0}
    return Measurement(**{**usual, **voltages, "wiring": Wiring.THREE_WIRE, **fields})


TWO_OF_THREE = "landis_gyr/ch-e450-vse2026"  # a real meter of which L3 is not connected


@pytest.mark.parametrize("file", [file for file in SOUND if file.name != TWO_OF_THREE], ids=lambda file: file.name)
def test_nothing_is_found_in_a_sound_frame(file: FrameFile) -> None:
    assert check(decode(file.data)) == ()


def test_a_real_meter_with_a_phase_that_is_not_connected_has_a_dead_phase() -> None:
    (finding,) = check(decode(named(TWO_OF_THREE).data))
    assert finding.problem is Problem.DEAD_PHASE
    assert "L3" in finding.seen


def test_nothing_is_found_in_a_run_of_all_sound_frames_whatever_meters_they_come_from() -> None:
    run = Plausibility()
    for number, file in enumerate(SOUND * cases(4)):
        assert run.update(decode(file.data), NOON + number * PUSH) == []


@pytest.mark.parametrize(
    ("off", "problem", "mending"),
    [
        (Scale(power=10), Problem.POWER, Scale(power=0.1)),
        (Scale(power=100), Problem.POWER, Scale(power=0.01)),
        (Scale(power=1000), Problem.POWER, Scale(power=0.001)),
        (Scale(current=10), Problem.CURRENT, Scale(current=0.1)),
        (Scale(current=1000), Problem.CURRENT, Scale(current=0.001)),
        (Scale(voltage=10), Problem.VOLTAGE, Scale(voltage=0.1)),
        (Scale(voltage=100), Problem.VOLTAGE, Scale(voltage=0.01)),
        (Scale(voltage=0.1), Problem.VOLTAGE, Scale(voltage=10)),
    ],
)
def test_what_is_off_by_a_power_of_ten_is_found_with_the_scale_that_mends_it(
    off: Scale, problem: Problem, mending: Scale
) -> None:
    frame = ONE_PHASE if problem is Problem.CURRENT else FOUR_WIRE
    finding = check(decode(frame, scale=off))[0]
    assert (finding.problem, finding.scale) == (problem, mending)
    assert check(decode(frame, scale=corrected_scale([finding], off))) == ()


def test_a_current_too_small_and_a_power_too_large_look_alike_and_the_finding_says_so() -> None:
    (finding,) = check(one_phase(current_l1=1.3))
    assert finding.problem is Problem.POWER
    assert str(finding) == (
        "power off by a power of ten: the powers give 3007 VA; expected at most 299 VA according to "
        "voltages and currents; power × 0.1 corrects it (or current × 10: compare with the meter's display)"
    )


def test_a_wrong_voltage_does_not_hide_a_wrong_power() -> None:
    off = Scale(voltage=100, power=10)
    found = check(decode(FOUR_WIRE, scale=off))
    assert [finding.problem for finding in found] == [Problem.VOLTAGE, Problem.POWER]
    assert corrected_scale(found, off) == Scale()


@given(
    current=st.floats(0.01, 100),
    voltage=st.floats(195, 253),
    power_factor=st.floats(0.1, 1),
    distortion=st.floats(0.5, 1),
    step=st.sampled_from([0.001, 0.01, 0.1, 2, 20]),
)
def test_no_load_on_one_phase_is_found_whatever_its_power_factor_and_the_step_of_its_current(
    current: float, voltage: float, power_factor: float, distortion: float, step: float
) -> None:
    apparent = voltage * current * distortion
    sent = round(math.floor(current / step) * step, 3)
    active, reactive = round(apparent * power_factor), round(apparent * math.sqrt(1 - power_factor**2))
    m = one_phase(
        active_power_import=active, reactive_power_import=reactive, current_l1=sent, voltage_l1=round(voltage, 1)
    )
    assert check(m) == ()


currents = st.tuples(*[st.tuples(st.floats(0, 60), st.floats(0, 2 * math.pi), st.floats(0.7, 1))] * 3)


@given(currents, st.sampled_from([0.01, 0.1, 2]))
def test_no_load_or_generation_on_three_phases_is_found_though_phases_cancel(
    phases: tuple[tuple[float, float, float], ...], step: float
) -> None:
    active = sum(230 * current * math.cos(angle) * share for current, angle, share in phases)
    reactive = sum(230 * current * math.sin(angle) * share for current, angle, share in phases)
    sent = {f"current_l{n}": round(phase[0] / step) * step for n, phase in enumerate(phases, 1)}
    powers = {"active_power_import": max(0, round(active)), "active_power_export": max(0, round(-active))}
    assert check(four_wire(**sent, **powers, reactive_power_import=reactive)) == ()


@given(currents)
def test_no_load_between_three_wires_is_found(phases: tuple[tuple[float, float, float], ...]) -> None:
    line = [230 * complex(math.cos(a), math.sin(a)) for a in (0, -math.pi / 3, math.pi / 3)]  # L1-L2, L1-L3, L2-L3
    line[2] = line[1] - line[0]
    loads = [
        current * u / 230 * complex(math.cos(a), -math.sin(a)) for u, (current, a, _) in zip(line, phases, strict=True)
    ]
    at_l1, at_l3 = loads[0] + loads[1], -loads[1] - loads[2]
    power = line[0] * at_l1.conjugate() - line[2] * at_l3.conjugate()
    powers = {"active_power_import": max(0, power.real), "active_power_export": max(0, -power.real)}
    m = three_wire(**powers, reactive_power_import=power.imag, current_l1=abs(at_l1), current_l3=abs(at_l3))
    assert check(m) == ()


def test_nothing_is_found_in_384_real_measurements_of_a_three_wire_meter_nor_in_a_run_of_them() -> None:
    run = Plausibility()
    for number, row in enumerate(csv.reader(REFERENCE.read_text("utf-8").splitlines()[1:])):
        active, reactive, line1, line2, line3, voltage1, voltage3 = map(float, row)
        m = Measurement(
            active_power_import=active,
            reactive_power_import=reactive,
            current_l1=line1,
            current_l2=line2,
            current_l3=line3,
            voltage_l1=voltage1,
            voltage_l3=voltage3,
            wiring=Wiring.THREE_WIRE,
        )
        assert check(m) == ()
        assert run.update(m, NOON + number * PUSH) == []


@pytest.mark.parametrize(
    "m",
    [
        Measurement(),
        Measurement(active_power_import=280),
        one_phase(current_l1=0.0),
        one_phase(voltage_l1=0),
        one_phase(active_power_import=float("nan"), current_l1=float("inf")),
        one_phase(active_power_import=0, reactive_power_import=0, current_l1=0.0, voltage_l1=0),
        one_phase(active_power_import=30, reactive_power_import=None, current_l1=13.0),  # all of it may be reactive
        four_wire(active_power_import=0, reactive_power_import=90, current_l1=16.0, current_l2=8.0, current_l3=8.0),
        Measurement(voltage_l1=12700.0, current_l1=30.0, active_power_import=380000),  # behind voltage transformers
        Measurement(voltage_l1=23000.0),
        one_phase(voltage_l1=3464.0, current_l1=0.3, active_power_import=400),  # a light load behind transformers
        Measurement(voltage_l1=700.0, current_l1=1.0, active_power_import=600),
        Measurement(voltage_l1=57.7, current_l1=1.0, active_power_import=50),
    ],
)
def test_nothing_is_found_where_nothing_can_be_told(m: Measurement) -> None:
    assert check(m) == ()


def test_import_and_export_are_swapped_where_the_phases_say_the_opposite() -> None:
    m = decode(FOUR_WIRE)
    fields = {name: getattr(m, name) for name in FIELDS}
    swapped = {**fields, "active_power_import": 0, "active_power_export": fields["active_power_import"]}
    assert problems(Measurement(**swapped)) == [Problem.DIRECTION]
    assert problems(Measurement(**fields)) == []


@pytest.mark.parametrize(
    ("m", "expected"),
    [
        (four_wire(voltage_l2=0.0, current_l2=0.0), [Problem.DEAD_PHASE]),
        (four_wire(voltage_l1=17.0, current_l1=0.0, active_power_import=1500), [Problem.DEAD_PHASE]),
        (four_wire(voltage_l1=None, current_l1=None), [Problem.WIRING]),
        (four_wire(wiring=None, voltage_l3=0.0, current_l3=0.0), [Problem.DEAD_PHASE]),
        (four_wire(wiring=None, voltage_l2=0.0, current_l2=0.0), []),  # a meter on three wires may send that
        (four_wire(wiring=None, voltage_l2=0, voltage_l3=0, current_l2=0, current_l3=0), []),  # one on one phase
        (three_wire(voltage_l2=0.0), [Problem.NOT_MEASURED]),
        (three_wire(voltage_l2=None), []),
        (three_wire(voltage_l1=110.0, voltage_l2=121.0, current_l1=0.0, active_power_import=800), [Problem.DEAD_PHASE]),
        (three_wire(voltage_l3=60.0, voltage_l2=None, current_l3=0.0, active_power_import=800), [Problem.DEAD_PHASE]),
        (three_wire(voltage_l1=110.0, voltage_l2=121.0), []),  # a line under load
        (
            three_wire(voltage_l1=0, voltage_l2=0, voltage_l3=0, current_l1=0.0, current_l3=0.0, active_power_import=0),
            [],
        ),
        (one_phase(voltage_l2=230.0), [Problem.WIRING]),
        (one_phase(voltage_l2=0, current_l2=0.0, current_l3=0.0), []),
    ],
)
def test_a_dead_phase_is_told_from_one_that_is_not_measured_and_one_that_is_not_there(
    m: Measurement, expected: list[Problem]
) -> None:
    assert problems(m) == expected


@given(
    st.dictionaries(
        st.sampled_from([name for name in FIELDS if name in FIELD_UNITS]),
        st.none()
        | st.floats()
        | st.integers(-(10**200), 10**200)
        | st.integers(10**300, 10**400)
        | st.sampled_from([0, 23, 230, 2300, 1e308, 5e-324]),
        max_size=20,
    ),
    st.none() | st.sampled_from(Wiring),
)
def test_no_numbers_raise_anything(fields: dict[str, Any], wiring: Wiring | None) -> None:
    m = Measurement(wiring=wiring, **fields)
    run = Plausibility()
    for number in range(62):
        run.update(m, NOON + number * timedelta(seconds=70))
    for finding in check(m):
        assert str(finding)


@pytest.mark.parametrize("wrong", [None, {}, "7E A0"])
def test_what_is_no_measurement_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="expected Measurement"):
        check(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected Measurement"):
        Plausibility().update(wrong, NOON)  # type: ignore[arg-type]


def test_the_scale_to_decode_with_is_the_one_of_before_and_the_factors_on_top() -> None:
    off = Scale(current=20, power=200, voltage=100, energy=20)
    found = check(four_wire(voltage_l1=23000.0, voltage_l2=23100.0, voltage_l3=22900.0, active_power_import=39000))
    assert [finding.problem for finding in found] == [Problem.VOLTAGE, Problem.POWER]
    assert corrected_scale(found, off) == Scale(current=20, power=20, voltage=1, energy=20)
    assert corrected_scale([]) == Scale()
