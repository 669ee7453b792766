"""Applies profiles: a data-notification becomes a `Reading`, and each of its elements a field of a `Measurement`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.measurement import Measurement, Register
from hanparse.meters import clock, shapes, values
from hanparse.meters.profile import exponent as profile_exponent
from hanparse.meters.unknown import unknown_meter
from hanparse.obis import WHOLE_UNITS, Kind, Obis, precedence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo
    from fractions import Fraction

    from hanparse.axdr.data import Data, DateTime
    from hanparse.cosem import DataNotification
    from hanparse.measurement import Scale
    from hanparse.meters.profile import Model, Place, Profile
    from hanparse.meters.shapes import Item
    from hanparse.wire.link import Link

_DEVICE_NAME: Final = Obis.parse("0-0:42.0.0")
_SCALES: Final = {
    "A": "current",
    "V": "voltage",
    **dict.fromkeys(("W", "var", "VA"), "power"),
    **dict.fromkeys(("Wh", "varh", "VAh"), "energy"),
}


class Source(NamedTuple):
    """An element that becomes a field: its data, its kind, and for a number the power of ten and the unit."""

    data: Data
    kind: Kind
    exponent: int = 0
    unit: str = ""

    @property
    def is_float(self) -> bool:
        """True where the field is a float even if the number is whole."""
        return self.kind is Kind.NUMBER and self.unit not in WHOLE_UNITS


class Reading(NamedTuple):
    """A list as a profile reads it."""

    profile: Profile
    model: Model | None
    items: list[Item]
    registers: tuple[Register, ...]
    sources: dict[str, Source]
    notification: DataNotification | None = None
    """The APDU that contained the list; `None` for a P1 telegram."""
    is_named: bool = False
    """True where the list names its maker, so that neither its link nor an earlier push decides how it is read."""

    @property
    def date_time(self) -> DateTime | None:
        """The date-time of the APDU, if it has one."""
        return self.notification.date_time if self.notification else None

    def measurement(self, scale: Scale, timezone: tzinfo | None) -> Measurement:
        """Return the measurement, with the caller's factors and time zone."""
        return Measurement(
            **self.fields(scale, timezone),
            wiring=self.model.wiring if self.model else None,
            registers=self.registers,
            scale=scale,
            made_for_transformers=self.made_for_transformers,
        )

    def fields(self, scale: Scale, timezone: tzinfo | None) -> dict[str, Any]:
        """Return the fields of the measurement, by name."""
        fields: dict[str, Any] = {
            name: self._value(name, source, scale, timezone) for name, source in self.sources.items()
        }
        timestamp = self.date_time and clock.resolve(self.date_time, self.profile.clock, timezone)
        fields["timestamp"] = timestamp or fields.get("energy_time")
        fields["manufacturer"] = self.profile.manufacturer
        return fields

    @property
    def made_for_transformers(self) -> bool:
        """True where the meter type is made for current transformers."""
        return bool(self.model and self.model.transformers)

    def _value(self, name: str, source: Source, scale: Scale, timezone: tzinfo | None) -> str | float | datetime | None:
        if source.kind is Kind.TEXT:
            return values.text(source.data)
        if source.kind is Kind.TIME:
            sent = values.time(source.data)
            return sent and clock.resolve(sent, self.profile.clock, timezone)
        raw = values.number(source.data)
        if source.kind is Kind.COUNT:
            return raw
        if raw is None or (raw == 0 and self.model and name in self.model.not_measured):
            return None
        return values.scaled(raw, source.exponent, factor(scale, source.unit), is_float=source.is_float)


def factor(scale: Scale, unit: str) -> float | Fraction:
    """Return the factor of `scale` for a value of this unit."""
    ratio: float | Fraction = getattr(scale, _SCALES[unit]) if unit in _SCALES else 1
    return ratio


def read(
    notification: DataNotification, profiles: Sequence[Profile], link: Link | None = None, known: Profile | None = None
) -> Reading:
    """Return the list as the first profile reads it that can.

    Profiles are asked in this order: those of the maker that the list names; those of the link; `known`, the maker
    whose push came on this link before; those that recognise the elements of the list; and the general profile, which
    reads lists that contain codes, scalers and units. Raises `UnknownMeterError` when no profile reads the list.
    """
    named = shapes.named(notification.body)
    list_id = _list_id(named, notification.body)
    asked = _Context(notification.body, named, list_id, link, known)
    for profile, items, is_named in _candidates(profiles, asked):
        reading = apply(profile, items)._replace(notification=notification, is_named=is_named)
        if any(source.kind is Kind.NUMBER for source in reading.sources.values()) or _knows(profile, items):
            return reading
    raise unknown_meter(notification, named, list_id, link)


def _knows(profile: Profile, items: Iterable[Item]) -> bool:
    """Return whether the maker is known, and so is a number that fills no field, such as the value of another meter."""
    known = (item for item in items if item.entry)
    return profile.manufacturer is not None and any(values.number(item.data) is not None for item in known)


class _Context(NamedTuple):
    """A list and the facts that identify its maker: items, identifier, link, and the known maker of the link."""

    body: Data
    named: list[Item] | None
    list_id: str | None
    link: Link | None
    known: Profile | None


def _list_id(named: list[Item] | None, body: Data) -> str | None:
    """Return the list version identifier: the text with its code, or the first element of a list without codes."""
    if named is None:
        return next((values.text(data) for data in shapes.elements(body)[:1]), None)
    return _text_of(named, "list_id")


def _text_of(items: Iterable[Item], field: str) -> str | None:
    return next((values.text(item.data) for item in sorted(items, key=_precedence) if _field(item) == field), None)


def _precedence(item: Item) -> int:
    return precedence(item.obis) if item.obis else 0


def _field(item: Item) -> str:
    return item.entry.field if item.entry else ""


def _candidates(profiles: Sequence[Profile], asked: _Context) -> Iterable[tuple[Profile, list[Item], bool]]:
    """Return every profile that may read the list, in the order of choice, with its items and `Reading.is_named`."""
    for profile in _profiles_by_identity(profiles, asked):
        is_named = bool(asked.list_id) or _devices(profiles, _device(asked)) == [profile]
        yield from ((profile, items, is_named) for items in _lists(profile, asked))
    for profile, signature in _signatures(profiles, asked):
        if items := shapes.signed(asked.body, asked.named, signature):
            yield profile, items, False
    if items := shapes.attributes(asked.body):
        yield from ((profile, items, False) for profile in profiles if profile.attributes)
    if asked.named is not None:
        yield from ((profile, asked.named, False) for profile in profiles if profile.is_general)


def _signatures(profiles: Sequence[Profile], asked: _Context) -> Iterable[tuple[Profile, tuple[Place, ...]]]:
    """Return the signatures that apply, the signatures of the profiles of this link first."""
    here = [profile for profile in profiles if asked.link in profile.links or profile is asked.known]
    anywhere = [profile for profile in profiles if not profile.links and profile is not asked.known]
    yield from ((profile, signature) for profile in (*here, *anywhere) for signature in profile.signatures)
    if asked.link is None and asked.known is None and asked.named is None:
        yield from ((profile, signature) for profile in profiles for signature in profile.unframed)


def _profiles_by_identity(profiles: Sequence[Profile], asked: _Context) -> Iterable[Profile]:
    """Return the profiles of the maker that the identifier, else the device, the link or the push setup tells."""
    if asked.list_id:
        return [profile for profile in profiles if profile.claims(asked.list_id)]
    device = _device(asked)
    on_wire = [
        *(profile for profile in profiles if asked.link in profile.links),
        *([asked.known] if asked.known else []),
    ]
    setup = str(asked.named[0].obis) if asked.named else ""
    if device:
        anywhere = [profile for profile in profiles if setup in profile.setups or not profile.links]
        return _devices((*on_wire, *anywhere), device)
    if found := [profile for profile in on_wire if bool(profile.positions) is (asked.named is None)]:
        return found
    return [profile for profile in profiles if setup in profile.setups and not profile.devices]


def _devices(profiles: Iterable[Profile], device: str) -> list[Profile]:
    """Return the profiles of the maker that a logical device name names."""
    return [profile for profile in profiles if device.startswith(profile.devices)]


def _device(asked: _Context) -> str:
    """Return the logical device name, or nothing."""
    return next((values.text(item.data) for item in asked.named or () if item.obis == _DEVICE_NAME), None) or ""


def _lists(profile: Profile, asked: _Context) -> list[list[Item]]:
    if asked.named is not None:
        return [asked.named]
    found = [items for places in profile.positions if (items := shapes.positional(asked.body, places))]
    return found if len(found) == 1 else []  # null-data at the end may hide which list it is


def apply(profile: Profile, items: list[Item]) -> Reading:
    """Return the items as `profile` reads them: each becomes a register, and the first for a field is its source."""
    model = profile.model(_text_of(items, "model"))
    resolved = _higher_resolution(profile, items)
    coarse = {**profile.exponents, **(model.exponents if model else {})}
    exponents = {key: power for key, power in coarse.items() if key.partition("/")[0] not in resolved} | resolved
    found = [(item, *_element(item, exponents)) for item in items]
    sources: dict[str, Source] = {}
    for item, _, source in sorted(found, key=lambda one: _precedence(one[0])):
        if source and source.data.value is not None:
            sources.setdefault(_field(item), source)
    return Reading(profile, model, items, tuple(register for _, register, _ in found), sources)


def _higher_resolution(profile: Profile, items: list[Item]) -> dict[str, int]:
    """Return the powers of ten of the units in which a number shows that the list has smaller steps."""
    return {
        unit: other.exponent
        for unit, other in profile.higher_resolution.items()
        if any((values.number(data) or 0) >= other.limit for data in unscaled(items, unit))
    }


def unscaled(items: Iterable[Item], unit: str) -> list[Data]:
    """Return the values of this unit that have no scaler."""
    return [item.data for item in items if item.scaler is None and _unit(item) == unit]


def _unit(item: Item) -> str:
    """Return the unit in the list, else the unit that the code implies."""
    return item.unit if item.unit is not None else item.entry.unit if item.entry else ""


def _element(item: Item, exponents: Mapping[str, int]) -> tuple[Register, Source | None]:
    """Return the register of an element, and the source of its field where the registry has one."""
    entry = item.entry
    unit = _unit(item)
    exponent = item.scaler
    is_number = entry is not None and bool(entry.field) and entry.kind is Kind.NUMBER
    if exponent is None and (unit or is_number) and values.number(item.data) is not None:
        exponent = profile_exponent(exponents, unit, item.data.tag)
    register = Register(item.obis, values.plain(item.data), exponent, unit or None)
    if entry is None or not entry.field or not values.has_kind(item.data, entry.kind):
        return register, None
    if entry.kind is not Kind.NUMBER:
        return register, Source(item.data, entry.kind)
    if exponent is None or unit != entry.unit:  # without a scaler, or in another unit, it is not that quantity
        return register, None
    return register, Source(item.data, entry.kind, exponent, entry.unit)
