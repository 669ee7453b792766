"""A measurement and the wiring of the house -> what each line carries at most, for what keeps a fuse whole.

Of two readings the worse one counts. A line that a 3-wire meter does not measure is bounded by the others: without a
neutral the three currents add up to zero, so none is above the sum of the two others. What a meter says of L2 is not
believed where `is_l2_ruled_out` says so, nor is a 0 that nobody documents as measured.
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
"""The lines of a house."""
L2: Final = 2
_NOMINAL_VOLTAGE: Final = 230.0  # V, for a list with currents and without voltages


class Load(NamedTuple):
    """What a line carries at most, in A, and how that is known."""

    current: float
    source: str


class Voltages(NamedTuple):
    """The lowest and the highest voltage of a list in V; a dead line does not count."""

    lowest: float
    highest: float


class LineLoads:
    """Reads the lists of one meter; what one list shows of the meter counts for the next ones.

    A meter that has sent an L2 current that cannot be sends it without measuring it. From then on its 0 is not believed
    even where it is possible, until it sends an L2 current that is possible and not 0.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._is_l2_doubted = False

    def read(self, measurement: Measurement, rare: Estimate | None = None) -> dict[int, Load]:
        """What each line carries, as far as the push tells; nothing for a list without currents.

        With an estimate `rare` of L2 that line counts as what L2 rarely passes; else as what it never passes.
        """
        lines = {
            *LINES[self._wiring],
            *LINES[measurement.wiring or self._wiring],
        }  # where they differ, all that is sent
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
        return measurement.wiring is not None and not self._is_l2_doubted  # without a type nobody knows about a 0

    def _unmeasured(
        self, line: int, measurement: Measurement, measured: Mapping[int, Load], rare: Estimate | None
    ) -> Load | None:
        """Nothing on four wires, by the house or by the meter: with a neutral the line may carry anything."""
        if self._wiring is not Wiring.THREE_WIRE or measurement.wiring not in (None, Wiring.THREE_WIRE):
            return None
        estimate = measurement.estimated.get(f"current_l{line}")
        if rare and rare.rare_high < rare.high:
            worse = max(rare.rare_high, estimate.rare_high) if estimate else rare.rare_high
            return Load(worse, "what an estimate says is rarely passed")
        if estimate and (high := finite(estimate.high)) is not None:
            return Load(high, "the upper bound of an estimate")
        if len(measured) < 2:  # noqa: PLR2004
            return None
        one, other = sorted(measured)
        current = measured[one].current + measured[other].current
        return Load(current, f"not measured but never above L{one} + L{other} without a neutral")


def voltages(measurement: Measurement) -> Voltages:
    """Those of a list, 230 V where it has none."""
    sent = [_magnitude(getattr(measurement, f"voltage_l{line}")) for line in (1, 2, 3)]
    alive = [voltage for voltage in sent if voltage] or [_NOMINAL_VOLTAGE]
    return Voltages(min(alive), max(alive))


def net_power(measurement: Measurement) -> float | None:
    """Import − export in W; `None` where the push says nothing of it.

    An import of 0 alone is taken as 0 W, the most that it can be: Norwegian short lists do not say the export.
    """
    imported, exported = finite(measurement.active_power_import), finite(measurement.active_power_export)
    if imported is None:
        return -float(exported) if exported else None
    return float(imported) - float(exported or 0)


def _magnitude(value: float | None) -> float | None:
    """Whatever the direction, as a float; a meter can send a float that is no number."""
    number = finite(value)
    return None if number is None else abs(float(number))
