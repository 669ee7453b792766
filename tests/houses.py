"""What the tests of a run need: the pushes of simulated houses, what makes them wrong, and what is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from wire import seeded

from hanparse import Measurement, Scale, Wiring
from hanparse.energy.plausibility import Finding, Plausibility
from hanparse.measurement import FIELD_UNITS, FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Push = tuple[Measurement, datetime]

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
INTERVAL = timedelta(seconds=10)
HOUR = 360  # pushes
SCALED = {"A": "current", "V": "voltage", "W": "power", "var": "power", "Wh": "energy", "varh": "energy"}


@cache
def house(pushes: int, **options: Any) -> tuple[Push, ...]:  # noqa: ANN401  as declared below
    """The pushes of `pushes_of_house`, which several tests share."""
    return tuple(pushes_of_house(pushes, **options))


def pushes_of_house(
    pushes: int, *, seed: int = 1, solar: float = 0, every: int = HOUR, battery: bool = False, idle: bool = False
) -> Iterator[Push]:
    """What an Aidon meter on four wires sends: P as the mean of 10 s, currents of the last half second in 0.1 A.

    Registers come with every push that `every` divides. `solar` W feed in on L1; a `battery` on L1 keeps the sum at 0.
    """
    dice, kettle, counted = seeded(seed), 0.0, [0.0, 0.0]
    before = 0.0
    for number in range(pushes):
        if number % 20 == 0:
            kettle = dice.choice([0.0, 0.0, 2000.0, 7000.0]) * (not idle)
        lines = [dice.gauss(500, 20) + kettle - solar, dice.gauss(250, 10), dice.gauss(400, 10)]
        if battery:
            lines[0] = -sum(lines[1:]) + dice.gauss(0, 20)
        power, before = (sum(lines) + before) / 2 if number % 20 == 0 else sum(lines), sum(lines)
        counted[power < 0] += abs(power) / 360
        fields: dict[str, Any] = {f"current_l{n}": round(abs(watts) / 218, 1) for n, watts in enumerate(lines, 1)}
        fields |= {f"voltage_l{n}": 230.0 for n in (1, 2, 3)}
        fields |= {"active_power_import": round(max(0, power)), "active_power_export": round(max(0, -power))}
        now = NOON + number * INTERVAL
        if number % every == 0:
            fields |= {"active_energy_import": counted[0] // 10 * 10, "active_energy_export": counted[1] // 10 * 10}
            fields |= {"energy_time": now}
        wiring = Wiring.FOUR_WIRE
        yield Measurement(**fields, reactive_power_import=200, reactive_power_export=0, wiring=wiring), now


def off_by(scale: Scale, pushes: Iterable[Push]) -> Iterator[Push]:
    """The same of a meter whose values are off by these factors."""
    for m, now in pushes:
        fields: dict[str, Any] = {name: value for name in FIELDS if (value := getattr(m, name)) is not None}
        for name in fields.keys() & FIELD_UNITS.keys():
            fields[name] *= getattr(scale, SCALED[FIELD_UNITS[name]])
        yield Measurement(wiring=m.wiring, **fields), now


def changed(pushes: Iterable[Push], **fields: object) -> Iterator[Push]:
    """The same with some fields as they are given here."""
    for m, now in pushes:
        yield Measurement(**{**{name: getattr(m, name) for name in (*FIELDS, "wiring")}, **fields}), now


def found(pushes: Iterable[Push]) -> list[Finding]:
    """Every finding of the run, in order."""
    run = Plausibility()
    return [finding for m, now in pushes for finding in run.update(m, now)]


def steady(count: int, apart: timedelta = INTERVAL, **fields: Any) -> Iterator[Push]:  # noqa: ANN401  fields have their own types
    """The same push again and again."""
    usual: dict[str, Any] = {"voltage_l1": 230.0, "voltage_l2": 230.0, "voltage_l3": 230.0, "active_power_import": 100}
    m = Measurement(**{**usual, "active_power_export": 0, **fields})
    return ((m, NOON + number * apart) for number in range(count))
