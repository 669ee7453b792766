"""Finds impossible values in a single measurement (`check`).

A finding of a single push can have a harmless cause: Aidon meters average the power over the time between two pushes
and measure the current over half a second. So the power and the current of one push contradict each other if a large
load has just been switched. `hanparse.energy.plausibility.run` uses many pushes and so excludes this cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.energy.plausibility.balance import SWAPPED, Mismatch, conclude
from hanparse.energy.plausibility.finding import Finding, Problem
from hanparse.energy.plausibility.load import TOO_MUCH, load, net, systems, voltages
from hanparse.energy.plausibility.phases import phase_findings
from hanparse.measurement import Measurement, Scale
from hanparse.measurement.inputs import check_type

if TYPE_CHECKING:
    from collections.abc import Iterator

# V; voltages that can be correct, from secondary voltages of transformers (57.7 V) to nets with 400 V.
_VOLTAGES: Final = (50, 500)
# V; 230 to 400 V, extended by the limits of EN 50160 (10 %, or 15 % at the ends of lines) and by a margin.
_ORDINARY_VOLTAGES: Final = (180, 460)
_FACTORS: Final = (0.1, 0.01, 0.001, 10, 100, 1000)
_DIRECTION_ENOUGH: Final = 200  # W
_DIRECTION_EXACT: Final = 0.05  # of the sum: the rounding of three powers, and the accuracy of the meter


def check(measurement: Measurement) -> tuple[Finding, ...]:
    """Return the findings of one push. Raises `TypeError` for an argument that is not a `Measurement`."""
    check_type("measurement", measurement, Measurement)
    return (*steady(measurement), *conclude(mismatch(measurement), None))


def steady(m: Measurement) -> Iterator[Finding]:
    """Yield the findings that are certain even if the values of the push were measured at different times."""
    if factor := _voltage_factor(m):
        yield _voltage(m, factor)
    yield from _direction(m)
    yield from phase_findings(m)


def mismatch(m: Measurement) -> Mismatch | None:
    """Return the mismatch of powers and currents, or `None` if the push does not show whether there is a mismatch."""
    load_ = load(m, _voltage_factor(m) or 1)
    excess = load_.excess() if load_ else None
    return Mismatch(excess, load_) if load_ and excess is not None else None


def _voltage_factor(m: Measurement) -> float | None:
    """Return the power of ten that brings all voltages to 180 to 460 V, or `None` if the voltages can be correct.

    A meter behind voltage transformers can send high voltages. So a factor below 1 is returned only under two
    conditions. With the voltages as sent, power and current must not agree. With the corrected voltages, the power
    must not be too large for the currents, unless it is too large by a power of ten.
    """
    present = [voltage for voltage in voltages(m).values() if voltage]
    low, high = _VOLTAGES
    if not present or any(low <= voltage <= high for voltage in present):
        return None
    low, high = _ORDINARY_VOLTAGES
    factor = next((factor for factor in _FACTORS if all(low <= voltage * factor <= high for voltage in present)), None)
    if factor is None or factor > 1:
        return factor
    as_sent, corrected = load(m), load(m, factor)
    if not as_sent or as_sent.may_agree() or not corrected or not corrected.most:
        return None
    is_possible = corrected.apparent <= TOO_MUCH * corrected.most or corrected.excess() is not None
    return factor if is_possible else None


def _voltage(m: Measurement, factor: float) -> Finding:
    shown = " and ".join(f"{voltage:g} V" for voltage in voltages(m).values() if voltage)
    return Finding(
        Problem.VOLTAGE,
        f"{shown} in the list",
        "about 230 V or 400 V",
        f"voltage × {factor:g} corrects it",
        Scale(voltage=factor),
    )


def _direction(m: Measurement) -> Iterator[Finding]:
    """Yield a finding if the total power and the sum of the powers of the phases differ only in their sign."""
    parts = [net(m, "active", f"_l{phase}") for phase in systems(m)]
    measured = [part for part in parts if part is not None]
    total = net(m, "active")
    if total is None or not measured or len(measured) < len(parts) or abs(total) < _DIRECTION_ENOUGH:
        return
    if abs(sum(measured) + total) <= _DIRECTION_EXACT * abs(total):
        seen = f"the sum is {total:.0f} W (import − export), its phases add up to {sum(measured):.0f} W"
        yield Finding(Problem.DIRECTION, seen, "the same sign in both", SWAPPED)
