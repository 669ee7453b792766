"""What a field of a `Measurement` holds that is more than a number, a text or a time."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  get_type_hints is for users, too
from enum import StrEnum
from typing import NamedTuple


class Breaker(StrEnum):
    """The state of the breaker in the meter (disconnect control, Blue Book 4.5.8)."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    READY = "ready"
    """Disconnected; the consumer may connect it by hand."""


class PowerFailure(NamedTuple):
    """One long power failure: its end, and how many seconds it lasted."""

    end: datetime
    seconds: int


class Peak(NamedTuple):
    """The highest quarter-hour average of a month: end of the month, end of the quarter hour, power in W."""

    month_end: datetime
    time: datetime
    power: float


class Submeter(NamedTuple):
    """A meter that is read by this one: on which channel, what it measures, its number, its last reading and unit.

    `kind` is ``"gas"``, ``"water"``, ``"heat"``, ``"electricity"``, or the number of another kind (EN 13757-3), `None`
    where the telegram does not tell. `unit` is ``"m³"``, ``"J"`` or ``"Wh"``. `time`, `value` and `unit` are `None`
    while it was never read.
    """

    channel: int
    kind: str | int | None = None
    id: str | None = None
    time: datetime | None = None
    value: float | None = None
    unit: str | None = None
