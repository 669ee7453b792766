"""What is reserved for a rise of the power, by the formula P / U of the page about charging."""

from __future__ import annotations

import pytest

from hanparse import Wiring
from hanparse.energy.loads import Voltages
from hanparse.energy.reserve import Reserve, each

VOLTS = Voltages(230.0, 230.0)
NONE = {1: 0.0}


def added(reserve: Reserve, net: float | None, charging: float = 0.0) -> float:
    reserve.add(net, {1: charging}, Wiring.ONE_PHASE, VOLTS)
    return reserve.amps


def test_a_rise_is_reserved_and_a_fall_releases_nothing() -> None:
    reserve = Reserve()
    reserve.restart(1000, NONE, 0)
    assert added(reserve, 3300) == pytest.approx(10)
    assert added(reserve, 1000) == pytest.approx(10)
    assert added(reserve, 2150) == pytest.approx(15)
    assert added(reserve, None) == pytest.approx(15)
    reserve.restart(2150, NONE, 0)
    assert reserve.amps == 0


@pytest.mark.parametrize(("before", "export", "reserved"), [(4830, 0, 21), (-100, 2300, 31), (None, 2300, 21)])
def test_after_a_list_without_a_power_the_power_counts_from_the_lowest_that_is_possible(
    before: float | None, export: float, reserved: float
) -> None:
    reserve = Reserve()
    reserve.restart(before, NONE, 0)
    reserve.restart(None, NONE, export)
    assert added(reserve, 4830) == pytest.approx(reserved)


def test_what_the_charger_takes_more_is_not_reserved_and_what_it_takes_less_is() -> None:
    reserve = Reserve()
    reserve.restart(0, {1: 10.0}, 0)
    assert added(reserve, 2300, charging=20) == 0
    assert added(reserve, 2300, charging=10) == pytest.approx(10)


def test_after_an_equal_list_with_another_charging_current_the_worse_of_both_cases_counts() -> None:
    """The charger takes 10 A more and a load of 10 A goes off, so the list is the same. Then a load of 25 A goes on."""
    reserve = Reserve()
    reserve.restart(2300, {1: 6.0}, 0)
    added(reserve, 2300 + 2300, charging=16)
    reserve.doubt(2300, {1: 16.0})
    assert added(reserve, 2300 + 5750, charging=16) >= 25


def test_whether_a_power_has_arrived_is_known() -> None:
    reserve = Reserve()
    reserve.restart(None, NONE, 0)
    assert not reserve.has_power
    added(reserve, 0)
    assert reserve.has_power


def test_the_currents_of_each_line_are_compared() -> None:
    assert each(min, {1: 3.0, 2: 5.0}, {1: 4.0, 2: 4.0}) == {1: 3.0, 2: 4.0}
