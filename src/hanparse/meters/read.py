"""The one engine that applies a profile: data-notification -> `Reading`, element by element -> `Measurement`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.measurement import Measurement, Register
from hanparse.meters import clock, shapes, values
from hanparse.meters.report import unknown_meter
from hanparse.obis import Kind, lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from hanparse.cosem import DataNotification
    from hanparse.data import Data
    from hanparse.meters.profile import Model, Profile, Wire
    from hanparse.meters.shapes import Item
    from hanparse.scale import Scale

_SCALES: Final = {"A": "current", "V": "voltage", "W": "power", "var": "power", "Wh": "energy", "varh": "energy"}


class Source(NamedTuple):
    """How an element becomes a field: its place and value, its kind, and for a number the power of ten and the unit."""

    data: Data
    kind: Kind
    exponent: int = 0
    unit: str = ""


class Reading(NamedTuple):
    """A list as a profile reads it."""

    profile: Profile
    notification: DataNotification
    model: Model | None
    items: list[Item]
    registers: tuple[Register, ...]
    sources: dict[str, Source]

    def measurement(self, scale: Scale, timezone: tzinfo | None) -> Measurement:
        """The measurement, with the caller's factors and time zone."""
        fields: dict[str, Any] = {
            name: self._value(name, source, scale, timezone) for name, source in self.sources.items()
        }
        sent = self.notification.date_time
        timestamp = sent and clock.resolve(sent, self.profile.clock, timezone)
        fields["timestamp"] = timestamp or fields.get("energy_time")
        fields["manufacturer"] = self.profile.manufacturer
        wiring = self.model.wiring if self.model else None
        return Measurement(**fields, wiring=wiring, registers=self.registers)

    def _value(self, name: str, source: Source, scale: Scale, timezone: tzinfo | None) -> str | float | datetime | None:
        if source.kind is Kind.TEXT:
            return values.text(source.data)
        if source.kind is Kind.TIME:
            sent = values.time(source.data)
            return sent and clock.resolve(sent, self.profile.clock, timezone)
        raw = values.number(source.data)
        if raw is None or (raw == 0 and self.model and name in self.model.not_measured):
            return None
        return values.scaled(raw, source.exponent, factor(scale, source.unit))


def factor(scale: Scale, unit: str) -> float:
    """What `scale` multiplies a value of this unit with."""
    return float(getattr(scale, _SCALES[unit])) if unit in _SCALES else 1


def read(
    notification: DataNotification, profiles: Sequence[Profile], wire: Wire | None = None, known: Profile | None = None
) -> Reading:
    """The list as the first profile reads it that can.

    In this order: the list names its maker; lists on this wire are that maker's; `known`, the maker that was seen on
    this wire before; the list says everything itself. Raises `UnknownMeterError` when none can.
    """
    named = shapes.named(notification.body)
    list_id = _list_id(named, notification.body)
    for profile in _candidates(profiles, list_id, named, wire, known):
        for items in _lists(profile, named, notification.body):
            reading = _apply(profile, notification, items)
            if any(source.kind is Kind.NUMBER for source in reading.sources.values()):
                return reading
    raise unknown_meter(notification, named, list_id, wire)


def _list_id(named: list[Item] | None, body: Data) -> str | None:
    """The list version identifier: what has its code, or the text that stands first in a list without codes."""
    if named is None:
        return next((values.text(data) for data in shapes.elements(body)[:1]), None)
    return next((values.text(item.data) for item in named if _field(item) == "list_id"), None)


def _field(item: Item) -> str:
    entry = lookup(item.obis) if item.obis else None
    return entry.field if entry else ""


def _candidates(
    profiles: Sequence[Profile], list_id: str | None, named: list[Item] | None, wire: Wire | None, known: Profile | None
) -> Iterable[Profile]:
    if list_id:
        yield from (profile for profile in profiles if profile.claims(list_id))
    else:
        hinted = [*(profile for profile in profiles if wire in profile.wires), *([known] if known else [])]
        yield from (profile for profile in hinted if bool(profile.positions) is (named is None))
    yield from (profile for profile in profiles if not profile.list_ids and not profile.wires)


def _lists(profile: Profile, named: list[Item] | None, body: Data) -> list[list[Item]]:
    if named is not None:
        return [named]
    return [items for codes in profile.positions if (items := shapes.positional(body, codes))]


def _apply(profile: Profile, notification: DataNotification, items: list[Item]) -> Reading:
    name = next((values.text(item.data) for item in items if _field(item) == "model"), None)
    model = profile.model(name)
    exponents = {**profile.exponents, **(model.exponents if model else {})}
    sources: dict[str, Source] = {}
    registers = []
    for item in items:
        register, source = _element(item, exponents)
        registers.append(register)
        if source and source.data.value is not None:
            sources.setdefault(_field(item), source)
    return Reading(profile, notification, model, items, tuple(registers), sources)


def _element(item: Item, exponents: Mapping[str, int]) -> tuple[Register, Source | None]:
    """The register that an element is, and the source of a field where the registry knows one for it."""
    entry = lookup(item.obis) if item.obis else None
    unit = item.unit if item.unit is not None else entry and entry.unit
    exponent = item.scaler
    if exponent is None and unit and values.number(item.data) is not None:
        exponent = exponents.get(unit)
    register = Register(item.obis, values.plain(item.data), exponent, unit or None)
    if entry is None or not entry.field or not values.has_kind(item.data, entry.kind):
        return register, None
    if entry.kind is not Kind.NUMBER:
        return register, Source(item.data, entry.kind)
    if exponent is None or unit != entry.unit:  # without a scale, or in another unit, it is not that quantity
        return register, None
    return register, Source(item.data, entry.kind, exponent, entry.unit)
