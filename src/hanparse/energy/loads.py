"""Computes the largest current that may flow in each line, from a measurement and the wiring of the house.

The result is used to protect a fuse, so if several values are possible, this module uses the largest value. If a 3-wire
meter does not measure the current of a line, the other two currents give a bound. Without a neutral the sum of the
three currents is zero, so no current is above the sum of the other two currents. On three wires, an L2 current is not
used if it is impossible (`is_l2_ruled_out`). An L2 current of 0 is used only if the wiring of the meter type is known,
because meters that do not measure L2 can send 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.energy.estimates import CURRENT_STEP, current_step, is_l2_ruled_out, registers_by_field, ten
from hanparse.measurement import Wiring
from hanparse.measurement.inputs import finite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanparse.measurement import Estimate, Measurement, Register

LINES: Final = {Wiring.ONE_PHASE: (1,), Wiring.THREE_WIRE: (1, 2, 3), Wiring.FOUR_WIRE: (1, 2, 3)}
"""The lines of a house, by the wiring of the house."""
L2: Final = 2
_USUAL: Final = (207.0, 253.0)  # V, 230 V ± 10 % (EN 50160), for a push with currents and without voltages
_MAX_VOLTAGE: Final = 300.0  # V; a higher voltage, such as one with a wrong scaler, is not used


class Load(NamedTuple):
    """An instance holds the largest current that may flow in a line, in A. `source` explains the value in words."""

    current: float
    source: str


class Voltages(NamedTuple):
    """An instance holds the lowest and the highest voltage of a push, in V. Voltages of 0 are left out."""

    lowest: float
    highest: float


class LineLoads:
    """Computes the loads from the pushes of one meter, and stores whether the L2 current of this meter can be used.

    A meter that sends an impossible L2 current does not measure L2. So after an impossible L2 current, an L2 current of
    0 is not used until the meter sends a possible L2 current above 0.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._is_l2_doubted = False

    def read(self, measurement: Measurement, rare: Estimate | None = None) -> dict[int, Load]:
        """Return the load of each line whose current is measured or has a bound.

        The result is empty without a measured current. If the meter does not measure L2, the load of L2 is a current
        that L2 never exceeds. If the estimate `rare` is given and its `rare_high` is below its `high`, the load of L2
        is instead the current that L2 rarely exceeds.
        """
        lines = {*LINES[self._wiring], *LINES[measurement.wiring or self._wiring]}  # the wirings can differ
        currents = {line: _magnitude(getattr(measurement, f"current_l{line}")) for line in lines}
        for line, amps in _largest_of_several(measurement).items():
            if line in lines and amps > (currents[line] or 0.0):
                currents[line] = amps
                measurement, rare = measurement.with_estimates({}), None  # they are from the smaller current
        if Wiring.THREE_WIRE in (self._wiring, measurement.wiring) and not self._is_l2_measured(measurement):
            currents[L2] = None
        step, how = _step(measurement)
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
        return measurement.wiring is not None and not self._is_l2_doubted  # a meter that does not measure L2 can send 0

    def _unmeasured(
        self, line: int, measurement: Measurement, measured: Mapping[int, Load], rare: Estimate | None
    ) -> Load | None:
        """Return the load of an unmeasured line, or `None` if the current of the line has no bound.

        The current has a bound only without a neutral. So the wiring of the house must be three-wire, and the wiring of
        the meter type must be three-wire or unknown.
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
        first, second = sorted(measured)
        current = measured[first].current + measured[second].current
        return Load(current, f"not measured but never above L{first} + L{second} without a neutral")


def _largest_of_several(measurement: Measurement) -> dict[int, float]:
    """Return the largest current in A of each line for which the push contains several registers.

    The field contains the current of one of these registers, and the others can contradict it.
    """
    filling, ratio = registers_by_field(measurement), float(measurement.scale.current)
    largest: dict[int, float] = {}
    for line in (1, 2, 3):
        several = filling.get(f"current_l{line}", ())
        if len(several) > 1:
            largest[line] = max(_magnitude(_number(register) * ratio) or 0.0 for register in several)
    return largest


def _number(register: Register) -> float:
    """Return the number of a register in its unit, or 0 for a register without a finite number and a scaler."""
    value = _magnitude(register.value) if isinstance(register.value, int | float) else None
    return value * ten(register.scaler) if value is not None and register.scaler is not None else 0.0


def _step(measurement: Measurement) -> tuple[float, str]:
    """Return the step in A that is added to each measured current, and the source of the currents in words.

    The step is added if the currents are multiplied by the ratio of transformers, or if it is above the usual step.
    """
    step = current_step(measurement)
    if measurement.scale.current > 1:
        return step, f"measured, with a step of {step:g} A behind transformers"
    return (step, f"measured, with a step of {step:g} A") if step > CURRENT_STEP else (0.0, "measured")


def voltages(measurement: Measurement) -> Voltages:
    """Return the lowest and the highest voltage of a push, or 207 V and 253 V if the push contains no voltage.

    A voltage above 300 V counts as not contained.
    """
    sent = [_magnitude(getattr(measurement, f"voltage_l{line}")) for line in (1, 2, 3)]
    alive = [voltage for voltage in sent if voltage and voltage <= _MAX_VOLTAGE] or _USUAL
    return Voltages(min(alive), max(alive))


def net_power(measurement: Measurement) -> float | None:
    """Return import − export in W. Return `None` if the push contains no import and no export above 0.

    If a push contains only an import of 0, the result is 0 W. The short pushes of Norwegian meters do not contain the
    export, so the house can be exporting. The true net power is then below 0, and the result is an upper bound.
    """
    imported, exported = finite(measurement.active_power_import), finite(measurement.active_power_export)
    if imported is None:
        return -float(exported) if exported else None
    return float(imported) - float(exported or 0)


def _magnitude(value: float | None) -> float | None:
    """Return the magnitude as a float, or `None` for a missing value, NaN or infinity."""
    number = finite(value)
    return None if number is None else abs(float(number))
