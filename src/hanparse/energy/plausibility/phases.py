"""Finds phases that are dead, phases that the meter does not measure, and phases that the wiring does not have.

On four wires, a dead phase has no voltage. Only a run of pushes shows that a phase with a current is dead. On three
wires, a dead phase lowers two line voltages and carries no current, while another phase carries a current. If L1 and L3
carry current and the voltage L1-L3 is 0, the meter sends 0 because it does not measure this voltage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.energy.plausibility.finding import Finding, Problem
from hanparse.energy.plausibility.load import PHASES, value, voltages
from hanparse.measurement import Wiring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.measurement import Measurement

_LOST: Final = 0.2  # of the greatest voltage; three-phase loads put a smaller voltage on a dead phase
_DOWN: Final = 0.75  # of the intact line voltage; with equal loads, both line voltages of a dead phase are half of it
_ALIVE: Final = 40  # V; less than the 57.7 V of a phase behind transformers
_SLACK: Final = 0.5  # A; allows for leakage to earth, and for RMS values that were measured at different times
_SLACK_OF_CURRENT: Final = 0.1
_FUSES: Final = "no factor can correct it: a fuse or a connection of L{} has failed or is missing"
_NO_CURRENT: Final = 0.1  # A; the coarsest current step of a meter
# Maps each phase to its two line voltages and to the opposite line voltage: 1 is `voltage_l1`, 2 is `voltage_l2`, etc.
_LINES: Final = {1: ((1, 2), 3), 2: ((1, 3), 2), 3: ((2, 3), 1)}
_LINE_NAMES: Final = {1: "L1-L2", 2: "L1-L3", 3: "L2-L3"}
_L1_L3: Final = 2


def phase_findings(m: Measurement) -> Iterator[Finding]:
    """Yield the findings about the phases of this push."""
    sent = voltages(m)
    if m.wiring is Wiring.ONE_PHASE:
        yield from _unexpected_phases(m)
    elif max(sent.values(), default=0) < _ALIVE:
        return
    elif m.wiring is Wiring.THREE_WIRE:
        yield from _three_wire(m, sent)
    else:
        yield from _four_wire(m, sent)


def in_a_run(m: Measurement) -> Iterator[Finding]:
    """Yield the findings that are certain only in a run of pushes.

    In a single push these findings can have other causes: RMS values that were measured at different times, or a phase
    that is failing at this moment.
    """
    for phase in _lost_voltages(m):
        if not _is_idle(m, phase):
            seen = f"{value(m, f'voltage_l{phase}'):g} V and {value(m, f'current_l{phase}'):g} A on L{phase}"
            yield Finding(Problem.DEAD_PHASE, seen, "a voltage where a current flows", _FUSES.format(phase))
    currents = [value(m, f"current_l{phase}") for phase in PHASES]
    if m.wiring is Wiring.THREE_WIRE and None not in currents:
        yield from _closing(*(abs(current) for current in currents if current is not None))


def _closing(line1: float, line2: float, line3: float) -> Iterator[Finding]:
    """Yield a finding if the sum of the three currents cannot be zero. Without a neutral the sum is zero."""
    slack = _SLACK + _SLACK_OF_CURRENT * max(line1, line2, line3)
    if abs(line1 - line3) - slack <= line2 <= line1 + line3 + slack:
        return
    if line2 == 0:
        yield _not_measured("current_l2", f"0 A in L2, {line1:g} A in L1 and {line3:g} A in L3")
        return
    low, high = abs(line1 - line3), line1 + line3
    yield _wrong_wiring(f"{line2:g} A in L2", f"{low:g} to {high:g} A according to L1 and L3, without a neutral")


def _lost_voltages(m: Measurement) -> list[int]:
    """Return the phases of a four-wire meter that have no voltage while another phase has a voltage."""
    sent = voltages(m)
    greatest = max(sent.values(), default=0)
    lost = [phase for phase, voltage in sent.items() if voltage < _LOST * greatest]
    if greatest < _ALIVE or m.wiring in (Wiring.ONE_PHASE, Wiring.THREE_WIRE):
        return []
    # If the wiring is unknown, the meter can be a 3-wire meter that sends 0 V for L2, or a one-phase meter that sends 0
    # V for L2 and L3.
    return lost if m.wiring or (len(lost) == 1 and lost != [2]) else []


def _is_idle(m: Measurement, phase: int) -> bool:
    """Return whether this phase carries no current, within the resolution of the coarsest meters.

    A missing current counts as no current.
    """
    return abs(value(m, f"current_l{phase}") or 0) <= _NO_CURRENT


def _unexpected_phases(m: Measurement) -> Iterator[Finding]:
    names = [f"{kind}_l{phase}" for kind in ("voltage", "current") for phase in (2, 3)]
    shown = [f"{name} = {number:g}" for name in names if (number := value(m, name))]
    if shown:
        yield _wrong_wiring(", ".join(shown), "nothing on L2 and L3 of a one-phase meter")


def _four_wire(m: Measurement, sent: dict[int, float]) -> Iterator[Finding]:
    for phase in _lost_voltages(m):
        if _is_idle(m, phase) and value(m, f"current_l{phase}") is not None:
            yield _dead_phase(phase, f"{sent[phase]:g} V and no current on L{phase}", f"{max(sent.values()):g} V")
    currents = [phase for phase in PHASES if value(m, f"current_l{phase}") is not None]
    if m.wiring is Wiring.FOUR_WIRE and 0 < len(currents) < len(PHASES):
        names = ", ".join(f"L{phase}" for phase in currents)
        yield _wrong_wiring(f"currents of {names} only", "three currents on a four-wire meter")


def _three_wire(m: Measurement, sent: dict[int, float]) -> Iterator[Finding]:
    idle = [phase for phase in PHASES if _is_idle(m, phase)]
    if len(idle) == len(PHASES):
        return
    shown = ", ".join(f"{_LINE_NAMES[line]} {voltage:g} V" for line, voltage in sent.items())
    for phase in idle:
        touching, opposite = _LINES[phase]
        intact = sent.get(opposite, 0)
        lowered = [sent[line] < _DOWN * intact for line in touching if line in sent]
        if lowered and all(lowered):
            yield _dead_phase(phase, f"{shown} and no current in L{phase}", f"{intact:g} V on all lines")
    if sent.get(_L1_L3) == 0 and not {1, 3} & set(idle):
        yield _not_measured("voltage_l2", f"{shown} while L1 and L3 carry current")


def _dead_phase(phase: int, seen: str, expected: str) -> Finding:
    """Return the finding that a phase has no voltage."""
    return Finding(Problem.DEAD_PHASE, seen, expected, _FUSES.format(phase))


def _not_measured(name: str, seen: str) -> Finding:
    """Return the finding that a field is always 0 because the meter does not measure the value."""
    remedy = f"no factor can correct it: the meter does not measure {name}, take it as None"
    return Finding(Problem.NOT_MEASURED, seen, "no value", remedy)


def _wrong_wiring(seen: str, expected: str) -> Finding:
    return Finding(
        Problem.WIRING,
        seen,
        expected,
        "no factor can correct it: the meter is not connected as its meter type requires",
    )
