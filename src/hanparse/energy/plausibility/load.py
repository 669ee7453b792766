"""Computes the load of a measurement twice, by powers and by voltages and currents, and compares the results.

Powers P and Q make S = √(P² + Q²). Voltages and currents bound S. Uᵢ·Iᵢ are the products of the measuring systems.

* S ≤ ΣUᵢ·Iᵢ, because a sum of phasors is not longer than the sum of their lengths. One phase has one system; four wires
  have three systems. Three wires have two systems, of L1 and L3 with the line voltages L1-L2 and L2-L3 (Blondel),
  whether L2 is measured or not.
* S ≥ 0.7·U·I of the largest product − the other products. The factor allows for harmonics, which the currents contain
  and P and Q do not. The difference allows for phases that export while others import: S can then be any value down to
  0, unless one phase carries most of the current.

A mismatch has these other possible causes, which must be excluded first:

* Rounding. Currents have steps (0.1 A, or more with a scale). If a list contains one step on one phase and 0 on the
  others, the three phases may carry 2.5 steps, or up to 4 if the meter truncates. So rounding explains neither powers
  of five times the bound nor powers of a third of the minimum.
* Harmonics. Small electronic loads have distortion factors down to 0.1, but do not reach 1.5 kVA. Loads above 1.5 kVA
  must keep their harmonics low (EN 61000-3-2).
* A wrong factor. The corrected load must be an ordinary load: at least half of the load that the currents can carry,
  and at most 5 % above it (the accuracy of meters of class 1 to 2, and the rounding of the powers).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement import Wiring
from hanparse.measurement.inputs import finite

if TYPE_CHECKING:
    from hanparse.measurement import Measurement

PHASES: Final = (1, 2, 3)
_SYSTEMS: Final = {Wiring.ONE_PHASE: (1,), Wiring.THREE_WIRE: (1, 3), Wiring.FOUR_WIRE: PHASES}
TOO_MUCH: Final = 5  # times the bound
_TOO_LITTLE: Final = 3  # times the bound
_DISTORTION_FACTOR: Final = 0.7  # the distortion factor of one phase above 1.5 kVA
_ORDINARY: Final = 0.5
_ACCURACY: Final = 1.05
_POWER_ENOUGH: Final = 500  # VA by the powers: many steps of 1 W, also with a scale
_CURRENT_ENOUGH: Final = 1500  # VA by one phase alone: smaller loads may have any power factor
_POWERS_OF_TEN: Final = (1, 2, 3)  # W for kW and mA for A are 3; no source reports more


class Load(NamedTuple):
    """The apparent power by the powers, and its bounds by voltages and currents, all in VA."""

    apparent: float
    least: float
    most: float

    def excess(self) -> int | None:
        """Return the number of powers of ten by which the powers exceed the currents; negative if they are below.

        It is 0 if they agree. It is `None` if no power of ten makes them agree, or if the load is too small for a
        decision.
        """
        if self.apparent >= _POWER_ENOUGH and self.apparent > TOO_MUCH * self.most > 0:
            return next((k for k in _POWERS_OF_TEN if self._fits(0.1**k, _ORDINARY * self.most)), None)
        if self.least >= _CURRENT_ENOUGH and self.apparent < self.least / _TOO_LITTLE:
            return next((-k for k in _POWERS_OF_TEN if self._fits(10**k, _ORDINARY * self.least)), None)
        is_ordinary = self.apparent >= _POWER_ENOUGH and self._fits(1, self.most / TOO_MUCH)
        return 0 if is_ordinary else None

    def _fits(self, factor: float, least: float) -> bool:
        return least <= factor * self.apparent <= _ACCURACY * self.most


def load(m: Measurement, voltage_factor: float = 1) -> Load | None:
    """Return the load of this push, or `None` if powers, voltages or currents are missing."""
    products = _products(m)
    active, reactive = net(m, "active"), net(m, "reactive")
    if not products or active is None:
        return None
    products = [voltage_factor * product for product in products]
    most, greatest = sum(products), max(products)
    least = _DISTORTION_FACTOR * greatest - (most - greatest)
    if reactive is None:  # the load may be reactive, so only the upper bound applies
        least = 0.0
    return Load(math.hypot(active, reactive or 0), least, most)


def _products(m: Measurement) -> list[float]:
    """Return U·I in VA of every measuring system, or an empty list if a voltage or current is missing.

    A phase without a voltage counts with the largest voltage of the other phases, so that the upper bound remains
    valid.
    """
    currents = [value(m, f"current_l{phase}") for phase in systems(m)]
    measured = {phase: voltage for phase, voltage in voltages(m).items() if voltage}
    if not measured or None in currents:
        return []
    greatest = max(measured.values())
    pairs = zip(systems(m), currents, strict=True)
    return [measured.get(phase, greatest) * abs(current) for phase, current in pairs if current is not None]


def systems(m: Measurement) -> tuple[int, ...]:
    """Return the phases of the measuring systems; for an unknown wiring, the phases with a current."""
    if m.wiring:
        return _SYSTEMS[m.wiring]
    return tuple(phase for phase in PHASES if value(m, f"current_l{phase}") is not None)


def voltages(m: Measurement) -> dict[int, float]:
    """Return the voltages in the push by phase, including zeros."""
    return {phase: voltage for phase in PHASES if (voltage := value(m, f"voltage_l{phase}")) is not None}


def net(m: Measurement, kind: str, phase: str = "") -> float | None:
    """Return import − export of one kind of power, even if the push contains only one of the two."""
    plus, minus = value(m, f"{kind}_power_import{phase}"), value(m, f"{kind}_power_export{phase}")
    return None if plus is None and minus is None else (plus or 0) - (minus or 0)


def value(m: Measurement, name: str) -> float | None:
    """Return a field as a finite float. Large products become infinite as floats and raise errors as integers."""
    number = finite(getattr(m, name))
    return None if number is None else float(number)
