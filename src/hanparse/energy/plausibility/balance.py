"""Determines whether the powers, the currents or the energies are wrong, and by which factor.

If the powers and the currents contradict each other by a power of ten, one of the two quantities is wrong. The quantity
that agrees with the energy registers is correct. If the registers agree with neither quantity, or are missing, this
module assumes that the quantity that is too large for the other is wrong: some Kamstrup meters send powers or currents
with one digit too many, and no known meter sends them with one digit too few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.energy.plausibility.finding import Finding, Problem
from hanparse.measurement import Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.energy.plausibility.energy import Verdict
    from hanparse.energy.plausibility.load import Load

SWAPPED: Final = "no factor can correct it: import and export are connected in reverse, or the profile swaps them"


class Mismatch(NamedTuple):
    """An instance holds the load, and the exponent `excess`.

    The powers are about 10 to the power of `excess` times the powers that the currents give. `excess` is negative if
    the powers are too small for the currents, and 0 if powers and currents agree.
    """

    excess: int
    load: Load


def conclude(mismatch: Mismatch | None, verdict: Verdict | None) -> Iterator[Finding]:
    """Yield the findings from the mismatch of powers and currents, and from the verdict on energy and power."""
    above = mismatch.excess if mismatch else 0
    energy = verdict.excess if verdict else None
    power_is_off = (above != 0 and energy == -above) or (above > 0 and energy != 0)
    if mismatch and above:
        yield _powers_and_currents(mismatch, power_is_off=power_is_off, is_certain=energy in (0, -above))
    if verdict is None:
        return
    if verdict.swapped:
        yield _swapped(verdict)
    if verdict.ratio:
        yield _transformers(verdict, verdict.ratio)
    remaining = (energy or 0) + (above if power_is_off else 0)
    if energy is not None and remaining:
        yield _energy(verdict, remaining)


def _powers_and_currents(mismatch: Mismatch, *, power_is_off: bool, is_certain: bool) -> Finding:
    excess, load = mismatch
    bounds = f"at most {load.most:.0f} VA" if excess > 0 else f"{load.least:.0f} to {load.most:.0f} VA"
    power, current = f"power × {_ten(-excess):g}", f"current × {_ten(excess):g}"
    blamed, other = (power, current) if power_is_off else (current, power)
    witness = "currents" if power_is_off else "powers"
    why = f"the energy agrees with the {witness}" if is_certain else f"or {other}: compare with the meter's display"
    return Finding(
        Problem.POWER if power_is_off else Problem.CURRENT,
        f"the powers give {load.apparent:.0f} VA",
        f"{bounds} according to voltages and currents",
        f"{blamed} corrects it ({why})",
        Scale(power=_ten(-excess)) if power_is_off else Scale(current=_ten(excess)),
    )


def _energy(verdict: Verdict, excess: int) -> Finding:
    return Finding(
        Problem.ENERGY,
        f"the registers counted {verdict.registers:.0f} Wh",
        f"{verdict.registers * _ten(-excess):.0f} Wh according to the power in the same time",
        f"energy × {_ten(-excess):g} corrects it",
        Scale(energy=_ten(-excess)),
    )


def _transformers(verdict: Verdict, ratio: int) -> Finding:
    """Return the finding that only the registers, or only the powers, include the transformer ratio."""
    factors = f"power and current × {ratio}" if ratio > 0 else f"energy × {-ratio}"
    return Finding(
        Problem.TRANSFORMER,
        f"the registers counted {verdict.registers:.0f} Wh",
        f"{verdict.power:.0f} Wh according to the power in the same time",
        f"{factors} corrects it, if the ratio on the plates of the current transformers is {abs(ratio)}",
        Scale(power=ratio, current=ratio) if ratio > 0 else Scale(energy=-ratio),
    )


def _swapped(verdict: Verdict) -> Finding:
    return Finding(
        Problem.DIRECTION,
        f"{verdict.power:.0f} Wh of power, {verdict.registers:.0f} Wh in the registers of the other direction",
        "the same direction in both",
        SWAPPED,
    )


def _ten(exponent: int) -> float:
    """Return ten to the power of `exponent`, as an integer if `exponent` is not negative."""
    return float(f"1e{exponent}") if exponent < 0 else int(10**exponent)
