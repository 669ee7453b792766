"""Defines `Model`, the state that `hanparse watch` shows. It has no I/O and no clock. The caller passes the time."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement import Measurement, MeterState
from hanparse.measurement.inputs import finite
from hanparse.wire.stats import Stats

if TYPE_CHECKING:
    from hanparse.diagnosis import Fault

WINDOW: Final = timedelta(minutes=10)
"""The length of time that the curve of the power shows."""
QUIET: Final = timedelta(seconds=30)
"""The longest normal time without a push. Most meters send a power at least every 10 s."""
_MAX_POWERS: Final = 4096  # enough for a power every 0.15 s during `WINDOW`; meters send at most one per second
_LARGEST_POWER: Final = 1e12  # W; larger values are ignored: 32 bits in W end at 4 GW
_MAX_CHANNELS: Final = 256  # a wildcard can match the topics of a large network


class Connection(NamedTuple):
    """The state of the connection to a meter, as a source reports it."""

    attempts: int = 0
    """The number of attempts to connect."""
    stats: Stats = Stats()
    faults: tuple[Fault, ...] = ()
    error: Exception | None = None
    """The reason why the last connection was lost."""


class Model:
    """A `Model` holds the state of a meter and of its connection.

    `title` is the name of the source, without a password. `fuse` is the rating of the main fuse in A, or `None`.
    `start` is the present time. All times have a zone.
    """

    def __init__(self, title: str, fuse: float | None, start: datetime) -> None:
        self.title = title
        self.fuse = fuse
        self.connection = Connection()
        self.powers: deque[tuple[datetime, float]] = deque(maxlen=_MAX_POWERS)
        """The powers of the last minutes in W with their times of arrival. An exported power is below 0."""
        self.last_push: datetime | None = None
        self.last_bytes: datetime | None = None
        self.is_ended = False
        self.channels: dict[str, None] = {}
        """The topics of the pushes. Only the meter of the first topic is shown."""
        self._start = start
        self._state = MeterState()

    def take(self, measurement: Measurement, now: datetime, channel: str = "") -> None:
        """Add a push that arrived at `now`. `channel` is its topic. If it is not the first topic, ignore the push."""
        if len(self.channels) < _MAX_CHANNELS:
            self.channels[channel] = None
        if channel != next(iter(self.channels)):
            return
        merged = self._state.update(measurement, now)
        self.last_push = now
        power = finite(merged.active_power_import if merged.active_power is None else merged.active_power)
        if power is not None and abs(power) <= _LARGEST_POWER:
            self.powers.append((now, power))

    def observe(self, connection: Connection, now: datetime) -> None:
        """Take the state of the connection at `now`, and remove powers that are too old for the curve."""
        if connection.stats.bytes != self.connection.stats.bytes:
            self.last_bytes = now
        self.connection = connection
        while self.powers and now - self.powers[0][0] > WINDOW:
            self.powers.popleft()

    def end(self, error: Exception | None) -> None:
        """Record that the source delivers no more pushes. `error` is the error that ended it, if there is one."""
        self.is_ended = True
        self.connection = self.connection._replace(error=error or self.connection.error)

    def measurement(self, now: datetime) -> Measurement:
        """Return the latest value of each field."""
        return self._state.measurement(now)

    def since(self, name: str, now: datetime) -> timedelta:
        """Return the time since the last value of a field arrived. Return 0 if no value has arrived."""
        latest = self._state.latest(now).get(name)
        return now - latest.received if latest else timedelta()

    def is_quiet(self, now: datetime) -> bool:
        """Return whether no push has arrived for longer than `QUIET`.

        Before the first push, the result is also True if the connection has an error, or a fault other than `no-bytes`.
        After the end of the source, the result is True if the source has never delivered a push.
        """
        if self.is_ended:
            return self.last_push is None
        faults = [fault for fault in self.connection.faults if fault.kind != "no-bytes"]  # normal before the first push
        has_failed = self.last_push is None and (self.connection.error is not None or bool(faults))
        return has_failed or now - (self.last_push or self._start) > QUIET
