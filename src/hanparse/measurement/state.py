"""Measurements of one meter as they come -> the latest value of each field and its time: `MeterState`.

Lists come in parts: the power every two seconds, currents every ten, registers every hour. What a part does not carry
is kept from the part before, until it is too old.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from hanparse.measurement.inputs import CallersClock, check_type
from hanparse.measurement.measurement import FIELDS, Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanparse.measurement.parts import Wiring

MAX_AGE: Final = timedelta(hours=2)
"""Registers come every hour, and one hourly list may be lost."""

_ESTIMATE: Final = "estimate of "
_CARRIED: Final = (*(name for name in FIELDS if name != "timestamp"), "wiring")
_OTHER_WAY: Final = {"_import": "_export", "_export": "_import"}
_OPPOSITES: Final = {
    name: name.replace(way, other) for name in FIELDS for way, other in _OTHER_WAY.items() if f"_power{way}" in name
}


class Identity(NamedTuple):
    """What says which meter it is, as far as lists have said it."""

    meter_id: str | None = None
    model: str | None = None
    manufacturer: str | None = None
    wiring: Wiring | None = None

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """Return what a push says."""
        return cls(*(getattr(measurement, name) for name in cls._fields))

    def differs(self, other: Self) -> bool:
        """Return whether something that both say differs: it is another meter."""
        return any(one and two and one != two for one, two in zip(self, other, strict=True))

    def joined(self, other: Self) -> Self:
        """Return what either says."""
        return self._replace(**{name: said for name, said in other._asdict().items() if said})


class Latest(NamedTuple):
    """The latest value of a field, when it was taken by the meter's clock and when it came by the caller's."""

    value: Any
    taken: datetime | None
    """`None` where the list carries no time."""
    received: datetime

    @property
    def time(self) -> datetime:
        """When it was taken where the list says so, else when it came."""
        return self.taken or self.received


class _Kept(NamedTuple):
    """What came of a field, and how long the state had run then."""

    latest: Latest
    ran: timedelta


class MeterState:
    """Merges the lists of one meter: the latest value of each field and its time. No I/O, no clock.

    A value that no list has brought for `max_age` is dropped; so are number, type and maker of the meter, which are
    carried on until then. A list of another meter begins anew. Keep one state for each meter: lists that do not say
    which meter they are of are taken for this one's.

    Ages are counted by the caller's clock, the meter's may be wrong. A step forward makes what is known older, a step
    back does not make it younger. Raises `ValueError` for a `max_age` that is not above 0.
    """

    def __init__(self, *, max_age: timedelta = MAX_AGE) -> None:
        check_type("max_age", max_age, timedelta)
        if max_age <= timedelta(0):
            raise ValueError(f"expected a max_age above 0, found {max_age}")
        self._max_age = max_age
        self._clock = CallersClock()
        self._now: datetime | None = None
        self._ran = timedelta(0)
        self._kept: dict[str, _Kept] = {}
        self._last = Measurement()

    def update(self, measurement: Measurement, now: datetime | None = None) -> Measurement:
        """Take in a push that came at `now`, and return the latest values at that time as one measurement.

        `now` is `measurement.received` when it is left out (`Decoder.feed(chunk, at=...)`). Raises `ValueError` where
        neither is there, `TypeError` for arguments of another type and for naive times among aware ones.

        A power above 0 ends an older one in the other direction that is above 0 where the push does not say both:
        import − export would be a value of no time.
        """
        check_type("measurement", measurement, Measurement)
        now = measurement.received if now is None else now
        if now is None:
            raise ValueError("expected the time when the push came: feed(chunk, at=...) or update(measurement, now)")
        self._run_to(now)
        known = Identity(**{name: self._kept[name].latest.value for name in Identity._fields if name in self._kept})
        if known.differs(Identity.of(measurement)):
            self._kept.clear()
        for name, value in _values(measurement):
            self._end_opposite(measurement, name, value)
            self._kept[name] = _Kept(Latest(value, _taken(measurement, name), now), self._ran)
        self._last = measurement.__replace__(received=now)
        return self.measurement()

    def latest(self, now: datetime | None = None) -> Mapping[str, Latest]:
        """Return the latest value of each field by its name, with its times, at `now` or else at the last push."""
        if now is not None:
            self._run_to(now)
        return MappingProxyType({name: kept.latest for name, kept in self._kept.items() if name in _CARRIED})

    def measurement(self, now: datetime | None = None) -> Measurement:
        """Return the latest values as one measurement, at `now` or else at the last push.

        `timestamp`, `received`, `scale` and `made_for_transformers` are those of the last push, `energy_time` dates the
        energies. There are no registers: no list has carried all of it.
        """
        found = {name: latest.value for name, latest in self.latest(now).items()}
        if not found:
            return Measurement()
        last = self._last
        return Measurement(
            **found,
            timestamp=last.timestamp,
            received=last.received,
            estimated={
                name.removeprefix(_ESTIMATE): kept.latest.value
                for name, kept in self._kept.items()
                if name not in found
            },
            scale=last.scale,
            made_for_transformers=last.made_for_transformers,
        )

    def _run_to(self, now: datetime) -> None:
        """Let everything grow as old as it is at `now`, and drop what is too old."""
        instant = self._clock.instant(now)
        self._ran += max(timedelta(0), instant - (self._now or instant))
        self._now = instant
        self._kept = {name: kept for name, kept in self._kept.items() if self._ran - kept.ran <= self._max_age}

    def _end_opposite(self, measurement: Measurement, name: str, value: Any) -> None:  # noqa: ANN401  of the type of the field
        """Drop an older power in the other direction that cannot be beside this one."""
        opposite = _OPPOSITES.get(name, "")
        older = self._kept.get(opposite)
        if older and older.latest.value > 0 and value > 0 and getattr(measurement, opposite) is None:
            del self._kept[opposite]


def _values(measurement: Measurement) -> Iterator[tuple[str, Any]]:
    """Return what a push says of fields, by name, and its estimates, by a name that no field has."""
    yield from ((name, value) for name in _CARRIED if (value := getattr(measurement, name)) is not None)
    yield from ((f"{_ESTIMATE}{name}", value) for name, value in measurement.estimated.items())


def _taken(measurement: Measurement, name: str) -> datetime | None:
    """Return when the meter took a value; a list with registers may come late, its own clock dates them."""
    return (measurement.energy_time if "_energy_" in name else None) or measurement.timestamp
