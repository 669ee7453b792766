"""A fall of power does not take back an earlier rise: it may be on another line.

Kettle on in L1 (+10 A), then a heater off in L2 (-10 A): the power is what it was, L1 is not.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from hanparse import Measurement, Wiring
from hanparse.energy.headroom import FuseGuard

START = datetime(2024, 1, 15, 18, tzinfo=UTC)


def test_a_fall_of_power_does_not_give_back_what_a_rise_has_set_aside() -> None:
    guard = FuseGuard(25, Wiring.FOUR_WIRE, charger=(1,))
    voltages: Any = {f"voltage_l{line}": 230 for line in (1, 2, 3)}
    guard.update(Measurement(current_l1=5, current_l2=10, current_l3=0, active_power_import=3450, **voltages), START)
    guard.update(Measurement(active_power_import=5750), START + timedelta(seconds=2.5))
    assert guard.headroom(START + timedelta(seconds=2.5)).current == 10
    guard.update(Measurement(active_power_import=3450), START + timedelta(seconds=5))
    assert guard.headroom(START + timedelta(seconds=5)).current <= 10
