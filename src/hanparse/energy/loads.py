"""Computes the largest current that each line may carry, from a measurement and the wiring of the house.

The result protects a fuse, so the larger of two possible values counts. If a 3-wire meter does not measure a line, the
other two lines give a bound: without a neutral the sum of the three currents is zero, so no current is above the sum of
the other two. The L2 current of a meter does not count if `is_l2_ruled_out` returns true. An L2 current of 0 counts
only if the meter type is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.energy.estimates import current_step, is_l2_ruled_out
from hanparse.measurement import Wiring
from hanparse.measurement.inputs import finite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanparse.measurement import Estimate, Measurement

LINES: Final = {Wiring.ONE_PHASE: (1,), Wiring.THREE_WIRE: (1, 2, 3), Wiring.FOUR_WIRE: (1, 2, 3)}
"""The lines of a house for each wiring."""
L2: Final = 2
_NOMINAL_VOLTAGE: Final = 230.0  # V, for a list with currents and without voltages


class Load(NamedTuple):
    """The largest current that a line may carry, in A, and the source of this value."""

    current: float
    source: str


class Voltages(NamedTuple):
    """The lowest and the highest voltage of a list, in V. A voltage of 0 does not count."""

    lowest: float
    highest: float


class LineLoads:
    """Computes the loads from the lists of one meter, and remembers whether the meter measures L2.

    A meter that sends an impossible L2 current does not measure L2. From then on, an L2 current of 0 does not count,
    even if it is possible, until the meter sends a possible L2 current above 0.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._is_l2_doubted = False

    def read(self, measurement: Measurement, rare: Estimate | None = None) -> dict[int, Load]:
        """Return the load of each line that the push determines; an empty result for a list without currents.

        With an estimate `rare`, an unmeasured L2 counts as the current that L2 rarely exceeds. Without it, L2 counts as
        the current that it never exceeds.
        """
        lines = {*LINES[self._wiring], *LINES[measurement.wiring or self._wiring]}  # of both, if the wirings differ
        currents = {line: _magnitude(getattr(measurement, f"current_l{line}")) for line in lines}
        if Wiring.THREE_WIRE in (self._wiring, measurement.wiring) and not self._is_l2_measured(measurement):
            currents[L2] = None
        step = current_step(measurement) if measurement.scale.current > 1 else 0.0
        how = f"measured, with a step of {step:g} A behind transformers" if step else "measured"
        measured = {line: Load(sent + step, how) for line, sent in currents.items() if sent is not None}
        loads = dict(measured)
        for line in currents.keys() - measured.keys() if measured else ():
            if load := self._unmeasured(line, measurement, measured, rare if line == L2 else None):
                loads[line] = load
        return loads

    def _is_l2_measured(self, measurement: Measurement) -> bool:
        if is_l2_ruled_out(measurement):
            self._is_l2_doubted = True
            return False
        if measurement.current_l2:
            self._is_l2_doubted = False
            return True
        return measurement.wiring is not None and not self._is_l2_doubted  # a 0 of an unknown type may be unmeasured

    def _unmeasured(
        self, line: int, measurement: Measurement, measured: Mapping[int, Load], rare: Estimate | None
    ) -> Load | None:
        """Return the load of an unmeasured line, or `None` if it has no bound.

        There is a bound only if the house has three wires, and the meter type is unknown or has three wires, too. With
        a neutral the line may carry any current.
        """
        if self._wiring is not Wiring.THREE_WIRE or measurement.wiring not in (None, Wiring.THREE_WIRE):
            return None
        estimate = measurement.estimated.get(f"current_l{line}")
        if rare and rare.rare_high < rare.high:
            worse = max(rare.rare_high, estimate.rare_high) if estimate else rare.rare_high
            return Load(worse, "the limit of an estimate that is rarely exceeded")
        if estimate and (high := finite(estimate.high)) is not None:
            return Load(high, "the upper bound of an estimate")
        if len(measured) < 2:  # noqa: PLR2004
            return None
        one, other = sorted(measured)
        current = measured[one].current + measured[other].current
        return Load(current, f"not measured but never above L{one} + L{other} without a neutral")


def voltages(measurement: Measurement) -> Voltages:
    """Return the voltages of a list, or 230 V if it contains none."""
    sent = [_magnitude(getattr(measurement, f"voltage_l{line}")) for line in (1, 2, 3)]
    alive = [voltage for voltage in sent if voltage] or [_NOMINAL_VOLTAGE]
    return Voltages(min(alive), max(alive))


def net_power(measurement: Measurement) -> float | None:
    """Return import − export in W, or `None` without an import and without an export above 0.

    If a push contains only an import of 0, the result is 0 W, the largest possible value: Norwegian short lists do not
    contain the export.
    """
    imported, exported = finite(measurement.active_power_import), finite(measurement.active_power_export)
    if imported is None:
        return -float(exported) if exported else None
    return float(imported) - float(exported or 0)


def _magnitude(value: float | None) -> float | None:
    """Return the magnitude as a float, or `None` for a missing value, NaN or infinity."""
    number = finite(value)
    return None if number is None else abs(float(number))
