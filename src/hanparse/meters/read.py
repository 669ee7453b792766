"""Selects the profile that can read a data-notification, and creates a `Reading`, from which a `Measurement` is made.

A *list* is the content of one push: a sequence of elements. A `Profile` describes the lists of one maker. An `Item` is
an element of a list with its OBIS code.
"""

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
    """An instance holds the element that fills a field. The power of ten `exponent` and `unit` are for numbers."""

    data: Data
    kind: Kind
    exponent: int = 0
    unit: str = ""

    @property
    def is_float(self) -> bool:
        """True if the value of the field is always a float, even if it is a whole number."""
        return self.kind is Kind.NUMBER and self.unit not in WHOLE_UNITS


class Reading(NamedTuple):
    """An instance holds a list that `profile` has read: the items, the registers, and the `Source` of each field."""

    profile: Profile
    model: Model | None
    items: list[Item]
    registers: tuple[Register, ...]
    sources: dict[str, Source]
    notification: DataNotification | None = None
    """The APDU that contained the list; `None` for a P1 telegram."""
    is_named: bool = False
    """True if the list names its maker. The profile then does not depend on the link or on an earlier push."""

    @property
    def date_time(self) -> DateTime | None:
        """The date-time of the APDU; `None` if the APDU contains no date-time."""
        return self.notification.date_time if self.notification else None

    def measurement(self, scale: Scale, timezone: tzinfo | None) -> Measurement:
        """Return the measurement for this scale. `timezone` is the zone of the meter's clock; `None` if not given."""
        return Measurement(
            **self.fields(scale, timezone),
            wiring=self.model.wiring if self.model else None,
            registers=self.registers,
            scale=scale,
            made_for_transformers=self.made_for_transformers,
        )

    def fields(self, scale: Scale, timezone: tzinfo | None) -> dict[str, Any]:
        """Return a dictionary of the fields of the measurement."""
        fields: dict[str, Any] = {
            name: self._value(name, source, scale, timezone) for name, source in self.sources.items()
        }
        timestamp = self.date_time and clock.resolve(self.date_time, self.profile.clock, timezone)
        fields["timestamp"] = timestamp or fields.get("energy_time")
        fields["manufacturer"] = self.profile.manufacturer
        return fields

    @property
    def made_for_transformers(self) -> bool:
        """True if the meter type is made for current transformers."""
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
    """Return the factor in `scale` for values in `unit`; 1 for a unit to which no factor applies."""
    ratio: float | Fraction = getattr(scale, _SCALES[unit]) if unit in _SCALES else 1
    return ratio


def read(
    notification: DataNotification, profiles: Sequence[Profile], link: Link | None = None, known: Profile | None = None
) -> Reading:
    """Read the list with the first profile that can read it.

    The function tries the profiles in this order:

    1. the profiles of the maker that the list names. If it names no maker: the profiles that contain this link in
       `links`, then `known`, the profile of the last maker on this link (`LastMakers`). If there are none: the profiles
       that contain the push setup of the list in `setups`;
    2. the profiles that recognise the elements of the list;
    3. the profiles that read lists of attribute descriptors and values;
    4. the general profiles, which read lists of any maker that contain codes, scalers and units.

    A profile can read a list if at least one number fills a field, or if `_has_known_number` is true. Raises
    `UnknownMeterError` if no profile can read the list.
    """
    named = shapes.named(notification.body)
    list_id = _list_id(named, notification.body)
    context = _Context(notification.body, named, list_id, link, known)
    for profile, items, is_named in _candidates(profiles, context):
        reading = apply(profile, items)._replace(notification=notification, is_named=is_named)
        if any(source.kind is Kind.NUMBER for source in reading.sources.values()) or _has_known_number(profile, items):
            return reading
    raise unknown_meter(notification, named, list_id, link)


def _has_known_number(profile: Profile, items: Iterable[Item]) -> bool:
    """Return whether the profile has a manufacturer, and the registry contains the code of a number in the list.

    A number with a known code does not always fill a field. For example, it can be the value of a sub-meter.
    """
    registered = (item for item in items if item.entry)
    return profile.manufacturer is not None and any(values.number(item.data) is not None for item in registered)


class _Context(NamedTuple):
    """An instance holds a list and the facts that identify its maker.

    `named` contains the items of a list with OBIS codes, and is `None` for a list without codes. `known` is the profile
    of the last maker on this link.
    """

    body: Data
    named: list[Item] | None
    list_id: str | None
    link: Link | None
    known: Profile | None


def _list_id(named: list[Item] | None, body: Data) -> str | None:
    """Return the list identifier: the text with code 0.2.129 or, in a list without codes, the text at the beginning."""
    if named is None:
        return next((values.text(data) for data in shapes.elements(body)[:1]), None)
    return _text_of(named, "list_id")


def _text_of(items: Iterable[Item], field: str) -> str | None:
    return next((values.text(item.data) for item in sorted(items, key=_precedence) if _field(item) == field), None)


def _precedence(item: Item) -> int:
    return precedence(item.obis) if item.obis else 0


def _field(item: Item) -> str:
    return item.entry.field if item.entry else ""


def _candidates(profiles: Sequence[Profile], context: _Context) -> Iterable[tuple[Profile, list[Item], bool]]:
    """Yield each profile that can apply, in the order of `read`, with the items of the list and `Reading.is_named`."""
    for profile in _profiles_by_identity(profiles, context):
        is_named = bool(context.list_id) or _devices(profiles, _device(context)) == [profile]
        yield from ((profile, items, is_named) for items in _lists(profile, context))
    for profile, signature in _signatures(profiles, context):
        if items := shapes.signed(context.body, context.named, signature):
            yield profile, items, False
    if items := shapes.attributes(context.body):
        yield from ((profile, items, False) for profile in profiles if profile.attributes)
    if context.named is not None:
        yield from ((profile, context.named, False) for profile in profiles if profile.is_general)


def _signatures(profiles: Sequence[Profile], context: _Context) -> Iterable[tuple[Profile, tuple[Place, ...]]]:
    """Yield each signature that can apply, with its profile. The profiles of this link precede all other profiles."""
    on_link = [profile for profile in profiles if context.link in profile.links or profile is context.known]
    on_any_link = [profile for profile in profiles if not profile.links and profile is not context.known]
    yield from ((profile, signature) for profile in (*on_link, *on_any_link) for signature in profile.signatures)
    if context.link is None and context.known is None and context.named is None:
        yield from ((profile, signature) for profile in profiles for signature in profile.unframed)


def _profiles_by_identity(profiles: Sequence[Profile], context: _Context) -> Iterable[Profile]:
    """Return the profiles of the maker that the list identifier, logical device name, link or push setup identifies.

    If the list contains a list identifier or a device name, no later fact is used. The push setup is used only if no
    profile fits the link. The profile of the last maker on the link fits the link, too.
    """
    if context.list_id:
        return [profile for profile in profiles if profile.claims(context.list_id)]
    device = _device(context)
    on_link = [
        *(profile for profile in profiles if context.link in profile.links),
        *([context.known] if context.known else []),
    ]
    setup = str(context.named[0].obis) if context.named else ""
    if device:
        on_any_link = [profile for profile in profiles if setup in profile.setups or not profile.links]
        return _devices((*on_link, *on_any_link), device)
    if matching := [profile for profile in on_link if bool(profile.positions) is (context.named is None)]:
        return matching
    return [profile for profile in profiles if setup in profile.setups and not profile.devices]


def _devices(profiles: Iterable[Profile], device: str) -> list[Profile]:
    """Return the profiles whose `devices` contain a prefix of this logical device name."""
    return [profile for profile in profiles if device.startswith(profile.devices)]


def _device(context: _Context) -> str:
    """Return the logical device name, or an empty text if the list contains no device name."""
    return next((values.text(item.data) for item in context.named or () if item.obis == _DEVICE_NAME), None) or ""


def _lists(profile: Profile, context: _Context) -> list[list[Item]]:
    if context.named is not None:
        return [context.named]
    item_lists = [items for places in profile.positions if (items := shapes.positional(context.body, places))]
    # If several lists match, because null-data is at their ends, none of them is used.
    return item_lists if len(item_lists) == 1 else []


def apply(profile: Profile, items: list[Item]) -> Reading:
    """Read the items with `profile`. The reading contains a register for each item, and a source for each field.

    If several items can fill one field, `hanparse.obis.precedence` selects one of them.
    """
    model = profile.model(_text_of(items, "model"))
    resolved = _higher_resolution(profile, items)
    coarse = {**profile.exponents, **(model.exponents if model else {})}
    exponents = {key: power for key, power in coarse.items() if key.partition("/")[0] not in resolved} | resolved
    elements = [(item, *_element(item, exponents)) for item in items]
    sources: dict[str, Source] = {}
    for item, _, source in sorted(elements, key=lambda element: _precedence(element[0])):
        if source and source.data.value is not None:
            sources.setdefault(_field(item), source)
    return Reading(profile, model, items, tuple(register for _, register, _ in elements), sources)


def _higher_resolution(profile: Profile, items: list[Item]) -> dict[str, int]:
    """Return the `HigherResolution.exponent` of each unit in which a number is not below the limit."""
    return {
        unit: other.exponent
        for unit, other in profile.higher_resolution.items()
        if any((values.number(data) or 0) >= other.limit for data in unscaled(items, unit))
    }


def unscaled(items: Iterable[Item], unit: str) -> list[Data]:
    """Return the data of the items that have this unit and no scaler."""
    return [item.data for item in items if item.scaler is None and _unit(item) == unit]


def _unit(item: Item) -> str:
    """Return the unit of the item in the list. If it is missing there, return its unit in the registry of codes."""
    return item.unit if item.unit is not None else item.entry.unit if item.entry else ""


def _element(item: Item, exponents: Mapping[str, int]) -> tuple[Register, Source | None]:
    """Return the register of an item and the source of its field. The source is `None` if the item fills no field."""
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
    if exponent is None or unit != entry.unit:  # the scaler is unknown, or the code has another meaning in this unit
        return register, None
    return register, Source(item.data, entry.kind, exponent, entry.unit)
