"""One measurement -> its load, told twice: by powers, and by voltages and currents; and how far the two are apart.

Powers P and Q make S = √(P² + Q²). Voltages and currents bound it. With the products Uᵢ·Iᵢ of the measuring systems,

* S ≤ ΣUᵢ·Iᵢ: a sum of phasors is not longer than their lengths together. One system on one phase; three on four wires;
  on three wires the two of L1 and L3 with the line voltages L1-L2 and L2-L3 (Blondel), whether L2 is measured or not.
* S ≥ 0.7·U·I of the greatest − the others. The factor is for harmonics, which the currents contain and P and Q do not;
  the difference is for phases that export while others import, so that S may be anything down to 0 unless one phase
  carries most.

What must be explained away before a factor is blamed:

* Rounding. Currents come in steps (0.1 A, more behind a scale). Where all that is sent is one step on one phase,
  three phases may carry 2.5 steps, or up to 4 if the meter cuts off. So five times too much is no rounding, nor is a
  third of the least.
* Harmonics. Small electronics have distortion factors down to 0.1, but do not make 1.5 kVA; what does is bound to keep
  its harmonics low (EN 61000-3-2).
* The factor that corrects must give a load like others: at least half of what the currents can carry, at most all of it
  and 5 % (the accuracy of class 1 to 2 meters, and the rounding of the powers).
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
TOO_MUCH: Final = 5  # times
_TOO_LITTLE: Final = 3  # times
_DISTORTION_FACTOR: Final = 0.7  # of what one phase carries above 1.5 kVA
_ORDINARY: Final = 0.5
_ACCURACY: Final = 1.05
_POWER_ENOUGH: Final = 500  # VA by the powers: many steps of 1 W, also behind a scale
_CURRENT_ENOUGH: Final = 1500  # VA by one phase alone: small loads may have any power factor
_POWERS_OF_TEN: Final = (1, 2, 3)  # W for kW and mA for A are 3; more has not been reported


class Load(NamedTuple):
    """All in VA: what the powers make, and between what the voltages and currents allow."""

    apparent: float
    least: float
    most: float

    def excess(self) -> int | None:
        """By how many powers of ten the powers are above the currents; below is negative.

        0 where they fit, `None` where they fit by no power of ten or are too small to tell.
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
    """The load of this push; `None` where one of the two ways to tell it is missing."""
    products = _products(m)
    active, reactive = net(m, "active"), net(m, "reactive")
    if not products or active is None:
        return None
    products = [voltage_factor * product for product in products]
    most, greatest = sum(products), max(products)
    least = _DISTORTION_FACTOR * greatest - (most - greatest)
    if reactive is None:  # the load may be reactive; only the upper bound counts
        least = 0.0
    return Load(math.hypot(active, reactive or 0), least, most)


def _products(m: Measurement) -> list[float]:
    """U·I of every measuring system; none where one is missing.

    A phase without a voltage counts with the greatest of the others, so that the upper bound stays one.
    """
    currents = [value(m, f"current_l{phase}") for phase in systems(m)]
    measured = {phase: voltage for phase, voltage in voltages(m).items() if voltage}
    if not measured or None in currents:
        return []
    greatest = max(measured.values())
    pairs = zip(systems(m), currents, strict=True)
    return [measured.get(phase, greatest) * abs(current) for phase, current in pairs if current is not None]


def systems(m: Measurement) -> tuple[int, ...]:
    """The phases of the measuring systems; where the wiring is not known, those with a current."""
    if m.wiring:
        return _SYSTEMS[m.wiring]
    return tuple(phase for phase in PHASES if value(m, f"current_l{phase}") is not None)


def voltages(m: Measurement) -> dict[int, float]:
    """The voltages that are sent, zeros as well."""
    return {phase: voltage for phase in PHASES if (voltage := value(m, f"voltage_l{phase}")) is not None}


def net(m: Measurement, kind: str, phase: str = "") -> float | None:
    """Import − export of one kind of power, also where the meter sends one of them only."""
    plus, minus = value(m, f"{kind}_power_import{phase}"), value(m, f"{kind}_power_export{phase}")
    return None if plus is None and minus is None else (plus or 0) - (minus or 0)


def value(m: Measurement, name: str) -> float | None:
    """A field as a finite float; a product of floats that is too large is infinite, one of integers is an error."""
    number = finite(getattr(m, name))
    return None if number is None else float(number)
