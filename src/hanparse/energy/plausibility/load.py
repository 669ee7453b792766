"""Defines `Load`, which compares the apparent power from the powers with the bounds from voltages and currents.

The powers P and Q give the apparent power S = √(P² + Q²). Voltages and currents give bounds of S. Uᵢ·Iᵢ is the product
of the voltage and the current of one measuring system. A one-phase meter has one system, and a four-wire meter has
three systems. A three-wire meter has two systems, even if it measures L2: the L1 current with the voltage L1-L2, and
the L3 current with the voltage L2-L3 (Blondel's theorem).

* S ≤ ΣUᵢ·Iᵢ, because a sum of phasors is not longer than the sum of their lengths.
* S ≥ 0.7·(the largest product) − (the other products). The factor allows for harmonics: the currents contain harmonics,
  but P and Q do not. The difference allows for phases that export while other phases import. S can then be any value
  down to 0, unless one phase carries most of the current.

If S is outside the bounds, a quantity can be wrong by a power of ten. The limits of this module exclude other causes:

* Rounding. Currents have steps (0.1 A, or more with a scale). If a list contains one step on one phase and 0 on the
  other phases, the three phases together can carry 2.5 steps, or up to 4 steps if the meter truncates. So S counts as
  wrong only above five times the upper bound or below a third of the lower bound.
* Harmonics. Small electronic loads have distortion factors down to 0.1, but do not reach 1.5 kVA. The harmonics
  of larger loads are limited (EN 61000-3-2). So S is compared with the lower bound only if this bound is at
  least 1.5 kVA.
* A wrong factor. After the correction by a power of ten, S must be at least half of the bound that it violated, and at
  most 5 % above the upper bound. The 5 % allow for the accuracy of meters of class 1 to 2, and for the rounding of the
  powers.
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
_DISTORTION_FACTOR: Final = 0.7  # the lowest distortion factor of one phase above 1.5 kVA
_ORDINARY: Final = 0.5
_ACCURACY: Final = 1.05
_POWER_ENOUGH: Final = 500  # VA according to the powers: many steps of 1 W, even if a scale enlarges the steps
_CURRENT_ENOUGH: Final = 1500  # VA according to the currents: smaller loads can have any power factor
_POWERS_OF_TEN: Final = (1, 2, 3)  # 3 is the error of W sent as kW, or of mA sent as A; no source reports more


class Load(NamedTuple):
    """An instance holds the apparent power from the powers, and its bounds from voltages and currents, all in VA."""

    apparent: float
    least: float
    most: float

    def excess(self) -> int | None:
        """Return the exponent k if the apparent power is about 10^k times the power that voltages and currents give.

        The result is negative if the powers are too small for the currents, and 0 if powers and currents agree. The
        result is `None` if no power of ten makes them agree, or if the load is too small.
        """
        if self.apparent >= _POWER_ENOUGH and self.apparent > TOO_MUCH * self.most > 0:
            return next((k for k in _POWERS_OF_TEN if self._fits(0.1**k, _ORDINARY * self.most)), None)
        if self.least >= _CURRENT_ENOUGH and self.apparent < self.least / _TOO_LITTLE:
            return next((-k for k in _POWERS_OF_TEN if self._fits(10**k, _ORDINARY * self.least)), None)
        is_ordinary = self.apparent >= _POWER_ENOUGH and self._fits(1, self.most / TOO_MUCH)
        return 0 if is_ordinary else None

    def may_agree(self) -> bool:
        """Return whether powers and currents agree, or the load is too small to show that they do not."""
        excess = self.excess()
        return excess == 0 or (excess is None and self.apparent < _POWER_ENOUGH)

    def _fits(self, factor: float, least: float) -> bool:
        return least <= factor * self.apparent <= _ACCURACY * self.most


def load(m: Measurement, voltage_factor: float = 1) -> Load | None:
    """Return the load of this push, or `None` if active power, voltages or currents are missing."""
    products = _products(m)
    active, reactive = net(m, "active"), net(m, "reactive")
    if not products or active is None:
        return None
    products = [voltage_factor * product for product in products]
    most, greatest = sum(products), max(products)
    least = _DISTORTION_FACTOR * greatest - (most - greatest)
    if reactive is None:  # the load can be reactive, so only the upper bound applies
        least = 0.0
    return Load(math.hypot(active, reactive or 0), least, most)


def _products(m: Measurement) -> list[float]:
    """Return U·I in VA of every measuring system.

    Return an empty list if a current is missing, or if every voltage is missing or 0. If the voltage of a phase is
    missing or 0, the largest voltage of the other phases is used. The upper bound then remains valid.
    """
    currents = [value(m, f"current_l{phase}") for phase in systems(m)]
    measured = {phase: voltage for phase, voltage in voltages(m).items() if voltage}
    if not measured or None in currents:
        return []
    greatest = max(measured.values())
    pairs = zip(systems(m), currents, strict=True)
    return [measured.get(phase, greatest) * abs(current) for phase, current in pairs if current is not None]


def systems(m: Measurement) -> tuple[int, ...]:
    """Return the phases of the measuring systems.

    If the wiring is unknown, return the phases whose current is in the push.
    """
    if m.wiring:
        return _SYSTEMS[m.wiring]
    return tuple(phase for phase in PHASES if value(m, f"current_l{phase}") is not None)


def voltages(m: Measurement) -> dict[int, float]:
    """Return the voltages in the push by phase, including zeros."""
    return {phase: voltage for phase in PHASES if (voltage := value(m, f"voltage_l{phase}")) is not None}


def net(m: Measurement, kind: str, phase: str = "") -> float | None:
    """Return import − export of active or reactive power (`kind`).

    If only one direction is missing, it is taken as 0. If both are missing, return `None`.
    """
    plus, minus = value(m, f"{kind}_power_import{phase}"), value(m, f"{kind}_power_export{phase}")
    return None if plus is None and minus is None else (plus or 0) - (minus or 0)


def value(m: Measurement, name: str) -> float | None:
    """Return a field as a float, or `None` if it is missing or not finite.

    A float is used because a product of large floats is infinite, but a product of large integers and a float can raise
    an error.
    """
    number = finite(getattr(m, name))
    return None if number is None else float(number)
