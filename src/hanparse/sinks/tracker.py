"""Defines `Tracker`, which converts measurements to updates.

The tracker gives each meter a name, and computes the registers of the meter between two hourly lists.

A list is the set of values that a meter sends in one push. A channel is a topic of a broker; other sources have only
one channel, whose name is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hanparse.energy import LiveEnergy
from hanparse.measurement.inputs import finite, in_utc
from hanparse.sinks.update import ESTIMATED, NUMBERS, REGISTERS, Identity, Update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanparse.measurement import Measurement

NAMELESS: Final = timedelta(seconds=30)
"""The longest time for which pushes wait for the meter id. Norwegian meters send a list with their id every 10 s."""
MAX_HELD: Final = 64
"""The largest number of pushes that wait for the meter id.

A meter that sends one push per second sends 30 in `NAMELESS`.
"""
MAX_METERS: Final = 256
"""The largest number of meter ids and of channels. Damaged or forged pushes must not occupy memory without a limit."""
UNNAMED: Final = "meter"
"""The name of a meter that sends no id, if the source has no topics."""


@dataclass
class _Meter:
    """Holds the state of one meter, which `Tracker.to_dict` returns for saving."""

    energy: LiveEnergy = field(default_factory=LiveEnergy)
    registers: dict[str, float] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    def add(self, measurement: Measurement, at: datetime | None) -> None:
        """Add a push.

        A register that `LiveEnergy` does not compute has the value that the meter sent last. No register falls.
        """
        sent = {name: finite(getattr(measurement, name)) for name in REGISTERS}
        present = {name: value for name, value in sent.items() if value is not None}
        for name, value in (present | self.energy.update(measurement, at)).items():
            self.registers[name] = max(value, self.registers.get(name, value))


@dataclass
class _Channel:
    """Holds the meter of one channel, or the pushes that arrived before its meter was known."""

    meter: Identity | None = None
    held: list[tuple[Measurement, datetime]] = field(default_factory=list)


class Tracker:
    """A `Tracker` takes the measurements of all channels of a source and returns the updates for the sinks.

    Some lists do not contain the meter id. So the tracker holds back the pushes before the first id. If a meter sends
    registers before an id, or no id within `NAMELESS` or within `MAX_HELD` pushes, its name is the name of its channel
    until an id arrives. If the name of the channel is empty, the name of the meter is `UNNAMED`.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """Continue from `state`, the result of `to_dict`.

        Raises `ValueError` if `state` cannot be a result of `to_dict`.
        """
        self.dropped = 0
        """The number of measurements without an update, because there were too many meters or channels."""
        self._channels: dict[str, _Channel] = {}
        saved = {"meters": {}} if state is None else state
        try:
            self._meters = {str(name): _restored(one) for name, one in dict(saved["meters"]).items()}
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise ValueError(f"expected a state that the bridge saved, found {str(state)!r:.200}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the state of all meters as a dictionary that JSON can represent."""
        return {"meters": {name: _plain(meter) for name, meter in self._meters.items()}}

    def update(self, measurement: Measurement, channel: str = "") -> list[Update]:
        """Take one measurement, and return its update after the updates of the pushes that were held back.

        Return no updates if this push is held back, or if there are too many meters or channels.
        """
        entry = self._channel_of(channel, measurement.meter_id)
        if entry is None:
            self.dropped += 1
            return []
        at = _time(measurement) or datetime.now(UTC)
        if measurement.meter_id is not None:
            if entry.meter is None or not entry.meter.is_id or entry.meter.name != measurement.meter_id:
                entry.meter = Identity(measurement.meter_id)
        elif entry.meter is None:
            entry.held.append((measurement, at))
            if not _is_nameless(entry):
                return []
            return self._release(entry, channel)
        held, entry.held = entry.held, []
        return [self._update_of(entry, *push) for push in (*held, (measurement, at))]

    def _channel_of(self, channel: str, meter_id: str | None) -> _Channel | None:
        """Return the channel of a measurement.

        Return `None` if the channel or the meter is new and there are already `MAX_METERS` channels or meters.
        """
        is_new = meter_id is not None and meter_id not in self._meters
        if (is_new and len(self._meters) >= MAX_METERS) or (
            channel not in self._channels and len(self._channels) >= MAX_METERS
        ):
            return None
        return self._channels.setdefault(channel, _Channel())

    def flush(self) -> list[Update]:
        """Return the updates of the pushes that are held back at the end of the source."""
        return [update for name, entry in self._channels.items() if entry.held for update in self._release(entry, name)]

    def _release(self, entry: _Channel, channel: str) -> list[Update]:
        entry.meter = Identity(channel or UNNAMED, is_id=False)
        held, entry.held = entry.held, []
        return [self._update_of(entry, *push) for push in held]

    def _update_of(self, entry: _Channel, measurement: Measurement, at: datetime) -> Update:
        identity = entry.meter = _described(entry.meter or Identity(UNNAMED, is_id=False), measurement)
        meter = self._meters.setdefault(identity.name, _Meter())
        meter.add(measurement, _time(measurement))
        update = Update(identity, measurement, at, dict(meter.registers))
        meter.shown |= update.numbers().keys() | update.estimates().keys()
        return Update(identity, measurement, at, update.registers, frozenset(meter.shown))


def _time(measurement: Measurement) -> datetime | None:
    """Return the time of arrival, or else the time in the list. Return `None` for a time without a zone."""
    time = measurement.received or measurement.timestamp
    time = None if time is None else in_utc(time)
    return None if time is None or time.tzinfo is None else time


def _is_nameless(entry: _Channel) -> bool:
    """Return whether the pushes that are held back show that the meter sends no id.

    They do if the last one has registers, if they span `NAMELESS`, or if there are `MAX_HELD` of them.
    """
    (_, first), (last, now) = entry.held[0], entry.held[-1]
    has_registers = any(getattr(last, name) is not None for name in REGISTERS)
    return has_registers or now - first >= NAMELESS or len(entry.held) >= MAX_HELD


def _described(identity: Identity, measurement: Measurement) -> Identity:
    """Return the identity with the manufacturer, model and list identifier of the measurement, if it contains them."""
    m = measurement
    return identity._replace(
        manufacturer=m.manufacturer or identity.manufacturer,
        model=m.model or identity.model,
        list_id=m.list_id or identity.list_id,
    )


def _plain(meter: _Meter) -> dict[str, Any]:
    return {"energy": meter.energy.to_dict(), "registers": meter.registers, "shown": sorted(meter.shown)}


def _restored(state: Mapping[str, Any]) -> _Meter:
    registers = {name: float(value) for name, value in dict(state["registers"]).items() if name in REGISTERS}
    if any(finite(value) is None for value in registers.values()):
        raise ValueError(registers)
    shown = {name for name in map(str, state["shown"]) if name.removesuffix(ESTIMATED) in NUMBERS}
    return _Meter(LiveEnergy.from_dict(state["energy"]), registers, shown)
