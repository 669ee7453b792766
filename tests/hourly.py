"""What the tests of the hours need: hourly lists, pushes between them, and what is told of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any

from hanparse import Measurement
from hanparse.energy.hours import Gap, Hour, HourlyEnergy

if TYPE_CHECKING:
    from collections.abc import Iterable

CET, CEST = timezone(timedelta(hours=1)), timezone(timedelta(hours=2))
NOON = datetime(2024, 1, 15, 12, tzinfo=CET)
HOUR = timedelta(hours=1)


def push(clock: datetime | None, imported: float | None = None, **fields: Any) -> Measurement:  # noqa: ANN401  as declared
    """An hourly list."""
    return Measurement(timestamp=clock, energy_time=clock, active_energy_import=imported, **fields)


def power(clock: datetime) -> Measurement:
    """A push between hourly lists, with a time stamp."""
    return Measurement(timestamp=clock, active_power_import=500)


def hours(pushes: Iterable[Measurement], zone: tzinfo | None = None) -> list[Hour]:
    """What they complete."""
    meter = HourlyEnergy(timezone=zone)
    return [hour for m in pushes for hour in meter.update(m)]


def told(pushes: Iterable[Measurement], zone: tzinfo | None = None) -> list[tuple[str, str, float | Gap | None]]:
    """Start, end, and consumption or why there is none."""
    return [
        (f"{hour.start:%H:%M%z}", f"{hour.end:%H:%M%z}", hour.gap or hour.active_energy_import)
        for hour in hours(pushes, zone)
    ]
