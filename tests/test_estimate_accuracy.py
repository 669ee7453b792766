from __future__ import annotations

import csv
import math
from cmath import rect
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st
from wire import seeded

from hanparse.energy.estimates import DISTORTION, line2_current, line2_voltage

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from hanparse.measurement import Estimate

REFERENCE = Path(__file__).parent / "data" / "it_three_wire_reference.csv"


class Net(NamedTuple):
    """The line voltages of an IT net as phasors, in the direction of the loads between them."""

    v12: complex
    v23: complex
    v31: complex

    def inputs(self, i12: complex, i23: complex, i31: complex) -> tuple[dict[str, Any], float]:
        """What two measuring systems see of three delta loads (Aron's circuit), and the L2 current."""
        i1, i2, i3 = i12 - i31, i23 - i12, i31 - i23
        power = self.v12 * i1.conjugate() - self.v23 * i3.conjugate()
        voltages = {"voltage_l1": abs(self.v12), "voltage_l2": abs(self.v31), "voltage_l3": abs(self.v23)}
        currents = {"current_l1": abs(i1), "current_l3": abs(i3)}
        return {"active_power": power.real, "reactive_power": power.imag, **currents, **voltages}, abs(i2)


SYMMETRIC = Net(*(rect(230, math.radians(angle)) for angle in (0, -120, 120)))


def unbalanced(source: random.Random) -> Net:
    """A net whose star voltages are off by some 2 V in size and direction."""
    v1, v2, v3 = (
        rect(133, math.radians(angle)) + source.gauss(0, 2) + source.gauss(0, 2) * 1j for angle in (0, 240, 120)
    )
    return Net(v1 - v2, v2 - v3, v3 - v1)


def as_sent(inputs: dict[str, Any]) -> dict[str, Any]:
    """As Aidon sends it: whole watts, tenths of A and V."""
    return {name: round(value, 0 if name.endswith("power") else 1) for name, value in inputs.items()}


def simulated(
    net: Callable[[random.Random], Net],
    angle: float = 0,
    *,
    signs: tuple[int, ...] = (1,),
    without: str = "",
    distortion: float = 0,
) -> list[tuple[Estimate, float]]:
    """The estimate and the truth of 5,000 times three loads of 0 to 20 A that lag by up to `angle` degrees.

    A load of sign −1 produces.
    """
    source = seeded(6)
    found = []
    for _ in range(5000):
        place = net(source)
        lags = [rect(source.uniform(0, 20), math.radians(source.uniform(-angle, 0))) for _ in place]
        loads = [lag * source.choice(signs) * volts / abs(volts) for lag, volts in zip(lags, place, strict=True)]
        inputs, truth = place.inputs(*loads)
        sent = {name: value for name, value in as_sent(inputs).items() if name != without}
        found.append((line2_current(**sent, distortion=distortion), truth))
    return found


def sizes(found: list[tuple[Estimate, float]]) -> list[float]:
    return [abs(made.value - truth) for made, truth in found]


def reference(distortion: float = DISTORTION) -> list[tuple[Estimate, float]]:
    """The estimate and what the meter measured, for 384 lists of a Kaifa MA304H3E, which measures L2."""
    with REFERENCE.open(encoding="ascii", newline="") as file:
        rows: list[dict[str, Any]] = [
            {name[: name.rindex("_")]: float(value) for name, value in row.items()} for row in csv.DictReader(file)
        ]
    truths = [row.pop("current_l2") for row in rows]
    return [
        (line2_current(**row, distortion=distortion, resolution=0.001), truth)
        for row, truth in zip(rows, truths, strict=True)
    ]


def test_on_a_real_meter_that_measures_l2_the_median_error_is_well_under_a_quarter_of_an_ampere() -> None:
    found = reference()
    assert len(found) == 384
    assert median(sizes(found)) < 0.21
    assert quantiles(sizes(found), n=20)[-1] < 0.45


def test_on_a_real_meter_no_measured_l2_current_is_outside_the_bounds() -> None:
    assert all(made.low <= truth <= made.high for made, truth in reference())


def test_without_the_allowance_a_real_home_reads_low() -> None:
    assert median(made.value - truth for made, truth in reference(distortion=0)) == pytest.approx(-0.47, abs=0.005)


def test_resistive_loads_as_aidon_sends_them_are_found_within_a_twentieth_of_an_ampere() -> None:
    found = simulated(lambda _: SYMMETRIC)
    assert median(sizes(found)) <= 0.05
    assert quantiles(sizes(found), n=20)[-1] < 0.25
    assert all(made.low <= truth <= made.high for made, truth in found)


def test_a_net_out_of_balance_costs_nothing_when_the_meter_sends_all_three_voltages() -> None:
    all_voltages, two_voltages = simulated(unbalanced), simulated(unbalanced, without="voltage_l2")
    assert median(sizes(all_voltages)) <= 0.05
    assert 0.1 < median(sizes(two_voltages)) < 0.2
    assert all(made.low <= truth <= made.high for made, truth in all_voltages + two_voltages)


def test_the_allowance_reads_a_little_high_where_there_are_no_harmonics() -> None:
    assert 0.05 < median(made.value - truth for made, truth in simulated(lambda _: SYMMETRIC, distortion=350)) < 0.1


def test_motors_now_and_then_take_the_other_root_and_stay_inside_the_bounds() -> None:
    found = simulated(lambda _: SYMMETRIC, angle=37)  # power factors 0.8 to 1
    assert median(sizes(found)) <= 0.05
    assert 0.01 < sum(size > 0.5 for size in sizes(found)) / len(found) < 0.06
    assert all(made.low <= truth <= made.high for made, truth in found)


def test_production_beside_loads_takes_the_other_root_often_and_stays_inside_the_bounds() -> None:
    found = simulated(lambda _: SYMMETRIC, signs=(1, -1))
    assert 0.2 < sum(size > 0.5 for size in sizes(found)) / len(found) < 0.35
    assert all(made.low <= truth <= made.high for made, truth in found)


@pytest.mark.parametrize("name", ["aidon/list2-6525-it", "aidon/list3-6525-it"])
def test_a_real_net_is_symmetrical_enough_to_find_its_third_voltage_within_a_few_volts(name: str) -> None:
    expect = named(name).expect
    assert expect
    made = line2_voltage(expect["voltage_l1"], expect["voltage_l3"], resolution=0.1)
    assert made.value == pytest.approx(expect["voltage_l2"], abs=2)


@given(st.tuples(*[st.floats(0, 100)] * 3))
def test_any_resistive_delta_load_is_found_exactly(amperes: tuple[float, float, float]) -> None:
    loads = (size * volts / abs(volts) for size, volts in zip(amperes, SYMMETRIC, strict=True))
    inputs, truth = SYMMETRIC.inputs(*loads)
    assert line2_current(**inputs, distortion=0).value == pytest.approx(truth, abs=1e-4)
