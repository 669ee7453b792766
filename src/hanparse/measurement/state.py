"""Defines `MeterState`, which keeps the latest value of each field of one meter, and the time of the value.

A *list* is the set of values in one push. A meter sends several kinds of lists: for example, the power every 2 s, the
currents every 10 s, and the energy registers every hour. If a list does not contain a field, the value from an earlier
list is kept until it is too old.
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
"""The default age above which a value is removed. Meters send registers every hour, and one list can be lost."""

_ESTIMATE: Final = "estimate of "
_KEPT_FIELDS: Final = (*(name for name in FIELDS if name != "timestamp"), "wiring")
_INPUTS: Final = tuple(f"{quantity}_l{line}" for quantity in ("current", "voltage") for line in (1, 2, 3))
"""The fields that an estimate is computed from. A change of the power alone does not remove an estimate: the estimate
is as old as the currents that are kept with it.
"""
_OPPOSITE_DIRECTION: Final = {"_import": "_export", "_export": "_import"}
_OPPOSITES: Final = {
    name: name.replace(direction, other)
    for name in FIELDS
    for direction, other in _OPPOSITE_DIRECTION.items()
    if f"_power{direction}" in name
}


class Identity(NamedTuple):
    """An instance holds the fields that identify a meter. A field is `None` if no list has contained it."""

    meter_id: str | None = None
    model: str | None = None
    manufacturer: str | None = None
    wiring: Wiring | None = None

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """Return the identity that a push contains."""
        return cls(*(getattr(measurement, name) for name in cls._fields))

    def differs(self, other: Self) -> bool:
        """Return whether the identities belong to two meters: a field is present in both, with different values."""
        return any(mine and theirs and mine != theirs for mine, theirs in zip(self, other, strict=True))

    def joined(self, other: Self) -> Self:
        """Return a copy of this identity, updated with the fields that are present in `other`."""
        return self._replace(**{name: value for name, value in other._asdict().items() if value})


class Latest(NamedTuple):
    """An instance holds the latest value of a field, the time of measurement, and the time of arrival."""

    value: Any
    taken: datetime | None
    """The time at which the meter measured the value, by the meter's clock; `None` if the list contains no time."""
    received: datetime

    @property
    def time(self) -> datetime:
        """The time at which the meter measured the value, or the time of arrival if the list contains no time."""
        return self.taken or self.received


class _Kept(NamedTuple):
    """An instance holds the latest value of a field, and `MeterState._ran` at the arrival of the value."""

    latest: Latest
    ran: timedelta


class MeterState:
    """Keeps the latest value of each field of one meter. Has no I/O and reads no clock.

    A value is removed if no list has contained its field for longer than `max_age`. This rule applies to the number,
    type and manufacturer of the meter, too. If a list contains the identity of another meter, all values are removed.
    Use one `MeterState` for each meter, because the values of a list without an identity are added to the values of the
    last meter.

    The age of a value is measured with the caller's clock, because the clock of the meter can be wrong. If the caller's
    clock is set forward, all values become older. If the clock is set back, the ages do not change. Raises `ValueError`
    for a `max_age` that is not above 0.
    """

    def __init__(self, *, max_age: timedelta = MAX_AGE) -> None:
        check_type("max_age", max_age, timedelta)
        if max_age <= timedelta(0):
            raise ValueError(f"expected a max_age above 0, found {max_age}")
        self._max_age = max_age
        self._clock = CallersClock()
        self._now: datetime | None = None
        self._ran = timedelta(0)  # the sum of all increases of the caller's clock
        self._kept: dict[str, _Kept] = {}
        self._last = Measurement()

    def __repr__(self) -> str:
        """Return the latest values as a measurement."""
        return f"<MeterState {self.measurement()!r}>"

    def update(self, measurement: Measurement, now: datetime | None = None) -> Measurement:
        """Add a push that arrived at `now`, and return the latest values at that time as one measurement.

        The default of `now` is `measurement.received`, which `Decoder.feed(chunk, at=...)` sets. Raises `ValueError` if
        both are `None`. Raises `TypeError` for an argument of a wrong type, and if the caller mixes naive and aware
        times.

        A push can contain the power of only one direction (import or export). If this power is above 0, an older power
        above 0 in the other direction is removed. Otherwise `Measurement.active_power` would be the difference between
        powers at different times. If a push contains a current or a voltage of a line, the older estimates are removed,
        because they were computed from older currents and voltages.
        """
        check_type("measurement", measurement, Measurement)
        now = measurement.received if now is None else now
        if now is None:
            raise ValueError("expected the time when the push arrived: feed(chunk, at=...) or update(measurement, now)")
        self._run_to(now)
        identity = Identity(**{name: self._kept[name].latest.value for name in Identity._fields if name in self._kept})
        if identity.differs(Identity.of(measurement)):
            self._kept.clear()
        if any(getattr(measurement, name) is not None for name in _INPUTS):
            self._kept = {name: kept for name, kept in self._kept.items() if not name.startswith(_ESTIMATE)}
        for name, value in _values(measurement):
            self._drop_opposite(measurement, name, value)
            self._kept[name] = _Kept(Latest(value, _taken(measurement, name), now), self._ran)
        self._last = measurement.__replace__(received=now)
        return self.measurement()

    def latest(self, now: datetime | None = None) -> Mapping[str, Latest]:
        """Return the latest value of each field at `now`, with its times. The default is the `now` of the last call."""
        if now is not None:
            self._run_to(now)
        return MappingProxyType({name: kept.latest for name, kept in self._kept.items() if name in _KEPT_FIELDS})

    def measurement(self, now: datetime | None = None) -> Measurement:
        """Return the latest values at `now` as one measurement. The default is the `now` of the last call.

        `timestamp`, `received`, `scale` and `made_for_transformers` are from the last push. `energy_time` is the time
        of the energy registers. `registers` is empty, because the values are from several lists.
        """
        values = {name: latest.value for name, latest in self.latest(now).items()}
        if not values:
            return Measurement()
        last = self._last
        return Measurement(
            **values,
            timestamp=last.timestamp,
            received=last.received,
            estimated={
                name.removeprefix(_ESTIMATE): kept.latest.value
                for name, kept in self._kept.items()
                if name not in values
            },
            scale=last.scale,
            made_for_transformers=last.made_for_transformers,
        )

    def _run_to(self, now: datetime) -> None:
        """Add the time since the last call to `_ran`, and remove the values that are older than `max_age`."""
        instant = self._clock.instant(now)
        self._ran += max(timedelta(0), instant - (self._now or instant))
        self._now = instant
        self._kept = {name: kept for name, kept in self._kept.items() if self._ran - kept.ran <= self._max_age}

    def _drop_opposite(self, measurement: Measurement, name: str, value: Any) -> None:  # noqa: ANN401  any value of a field
        """Remove the stored power of the other direction if it is out of date.

        It is out of date if both powers are above 0 and the push contains only the power `name`.
        """
        opposite = _OPPOSITES.get(name, "")
        older = self._kept.get(opposite)
        if older and older.latest.value > 0 and value > 0 and getattr(measurement, opposite) is None:
            del self._kept[opposite]


def _values(measurement: Measurement) -> Iterator[tuple[str, Any]]:
    """Yield the name and value of each field and each estimate of a push. The names of estimates get a prefix."""
    yield from ((name, value) for name in _KEPT_FIELDS if (value := getattr(measurement, name)) is not None)
    yield from ((f"{_ESTIMATE}{name}", value) for name, value in measurement.estimated.items())


def _taken(measurement: Measurement, name: str) -> datetime | None:
    """Return the time of measurement: `energy_time` for energy registers, or else `timestamp`.

    The `timestamp` of a list can be later than the time of its energy registers.
    """
    return (measurement.energy_time if "_energy_" in name else None) or measurement.timestamp
