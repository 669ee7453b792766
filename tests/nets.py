"""What the tests of the headroom need: measurements with these currents, guards, phasors in the lines of a net."""

from __future__ import annotations

import math
from cmath import rect
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from hanparse import Measurement, Wiring
from hanparse.energy.headroom import FuseGuard, Headroom

if TYPE_CHECKING:
    Lines = dict[int, complex]

NOON = datetime(2024, 1, 15, 12, tzinfo=UTC)
ONE, THREE, FOUR = Wiring.ONE_PHASE, Wiring.THREE_WIRE, Wiring.FOUR_WIRE
PAIRS = ((1, 2), (1, 3), (2, 3))


class Options(TypedDict, total=False):
    """Those of a guard; the fuse is 25 A and the net IT when they are left out."""

    fuse: float
    wiring: Wiring
    charger: tuple[int, ...] | None
    fallback: float
    stale_after: timedelta | None


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def measured(*currents: float | None, **fields: object) -> Measurement:
    """A push with these currents of L1, L2, L3."""
    values: dict[str, Any] = fields | {f"current_l{line}": current for line, current in enumerate(currents, 1)}
    return Measurement(**values)


def power(watts: float) -> Measurement:
    """A push without currents, such as list 1."""
    return Measurement(active_power_import=watts)


def guard(**options: Unpack[Options]) -> FuseGuard:
    """A new guard."""
    return FuseGuard(**({"fuse": 25, "wiring": THREE} | options))


def told(measurement: Measurement, charging: float = 0, **options: Unpack[Options]) -> Headroom:
    """What a new guard says of this measurement at once."""
    new = guard(**options)
    new.update(measurement, NOON, charging=charging)
    return new.headroom(NOON)


def delta(i12: complex, i23: complex, i31: complex) -> Lines:
    """Currents in the lines of loads between the lines, by Kirchhoff."""
    return {1: i12 - i31, 2: i23 - i12, 3: i31 - i23}


def connected(lines: tuple[int, ...], current: complex, turn: int = 1) -> Lines:
    """What a load adds to each line: in and out on two; three phases turning either way on three."""
    if len(lines) == 2:
        return {1: 0, 2: 0, 3: 0} | {lines[0]: current, lines[1]: -current}
    return {line: current * rect(1, turn * line * math.tau / 3) for line in (1, 2, 3)}
