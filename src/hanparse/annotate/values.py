"""The values of a push -> words: name of the code, number with scaler and unit, moment, and the field each became."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.axdr.data import NO_DEVIATION, NO_YEAR, NOT_SPECIFIED, AttributeDescriptor, Data, DateTime, Tag
from hanparse.measurement import FIELD_UNITS, Measurement, Register
from hanparse.meters import Reading, clock, values
from hanparse.obis import Kind, Obis, code_in, lookup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from hanparse.meters.shapes import Item

_MAX_TEXT: Final = 120
_WEEKDAYS: Final = ("", " Monday", " Tuesday", " Wednesday", " Thursday", " Friday", " Saturday", " Sunday")
_STATUS: Final = {
    0x01: "invalid",
    0x02: "doubtful",
    0x04: "different clock base",
    0x08: "invalid clock status",
    0x80: "daylight saving",
}  # Blue Book 4.1.6.1


class _Element(NamedTuple):
    """An element of a list that has a code, its register, and the field of which it is the source."""

    data: Data
    obis: Obis
    register: Register
    field: str = ""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What the values of one push mean, as far as is known.

    `elements` are found by their place in `apdu`. `reading` is the list as a profile reads it, `became` the measurement
    that was made of it with the caller's `timezone`.
    """

    apdu: bytes
    elements: dict[int, _Element]
    reading: Reading | None = None
    became: Measurement | None = None
    timezone: tzinfo | None = None

    @classmethod
    def of_reading(
        cls, apdu: bytes, reading: Reading, became: Measurement | None, timezone: tzinfo | None
    ) -> Interpretation:
        """What a profile says of the list."""
        fields = {source.data.offset: name for name, source in reading.sources.items()}
        elements = (
            _Element(item.data, item.obis, register, fields.get(item.data.offset, ""))
            for item, register in zip(reading.items, reading.registers, strict=True)
            if item.obis
        )
        return cls(apdu, _by_place(elements), reading, became, timezone)

    @classmethod
    def of_items(cls, apdu: bytes, items: Iterable[Item]) -> Interpretation:
        """What the list says itself."""
        elements = (
            _Element(item.data, item.obis, Register(item.obis, None, item.scaler, item.unit))
            for item in items
            if item.obis
        )
        return cls(apdu, _by_place(elements))

    @property
    def summary(self) -> str:
        """The maker, the meter, the time and the power of the push; nothing if no measurement was made of it."""
        if self.became is None:
            return ""
        meter = " ".join(name for name in (self.became.manufacturer, self.became.model) if name)
        moment, power = self.became.timestamp, self.became.active_power_import
        told = (meter or "no maker named", moment and moment.isoformat(), "" if power is None else f"{power} W import")
        return ", ".join(part for part in told if part)

    def value(self, data: Data) -> str:
        """What an element says: its name, if its code does not stand before it, its value, and its field."""
        element = self.elements.get(data.offset)
        if element is None:
            return shown(data)
        before = (data.offset, data.offset - 1)  # between the code of an attribute and its value stands its number
        coded = any(self.apdu.endswith(bytes(element.obis), 0, end) for end in before)
        name = "" if coded else f"{_described(element.obis)}: "
        return f"{name}{self._said(element)}{self._field(element)}"

    def date_time(self, sent: DateTime) -> str:
        """What the date-time of the APDU says."""
        dated = self.became and self._moment(sent)
        return f"{_as_sent(sent)}{self._by_rule(sent)}{' -> timestamp' if dated else ''}"

    def _moment(self, sent: DateTime | None) -> datetime | None:
        return clock.resolve(sent, self.reading.profile.clock, self.timezone) if sent and self.reading else None

    def _by_rule(self, sent: DateTime) -> str:
        if self.reading is None:
            return ""
        rule = "in the given time zone" if self.timezone is not None else f"by clock rule {self.reading.profile.clock}"
        moment = self._moment(sent)
        return f"; {rule} {moment.isoformat() if moment else 'no moment'}"

    def _said(self, element: _Element) -> str:
        entry = lookup(element.obis)
        sent = values.time(element.data)
        if entry and entry.kind is Kind.TIME and sent:
            return _as_sent(sent) + self._by_rule(sent)
        raw = values.number(element.data)
        return shown(element.data) if raw is None else _quantity(raw, element.register)

    def _field(self, element: _Element) -> str:
        """The field of the measurement, with its value where that is another than was sent."""
        if not element.field or not self.became or not self.reading:
            return ""
        value, source = getattr(self.became, element.field), self.reading.sources[element.field]
        if value is None:
            return f" -> {element.field} None{', 0 is not measured' if self._not_measured(element.field) else ''}"
        if source.kind is Kind.TIME and not self._moment(self.reading.date_time):
            return f" -> {element.field}, timestamp"
        raw = values.number(source.data)
        if source.kind is Kind.NUMBER and raw is not None and value != values.scaled(raw, source.exponent):
            return f" -> {element.field} {value} {FIELD_UNITS[element.field]} by the given scale"
        return f" -> {element.field}"

    def _not_measured(self, field: str) -> bool:
        model = self.reading and self.reading.model
        return bool(model and field in model.not_measured)


def _by_place(elements: Iterable[_Element]) -> dict[int, _Element]:
    return {element.data.offset: element for element in elements}


def _described(obis: Obis) -> str:
    entry = lookup(obis)
    return f"{obis} {entry.description}" if entry else f"{obis} (not in the registry)"


def _quantity(raw: float, register: Register) -> str:
    unit = f" {register.unit}" if register.unit else ""
    if register.scaler is None:
        return f"{raw}{unit}, scaler not known" if unit else str(raw)
    if register.scaler == 0:
        return f"{raw}{unit}"
    return f"{raw} x 10^{register.scaler} = {values.scaled(raw, register.scaler)}{unit}"


def shown(data: Data) -> str:
    """A value, no list, by its type alone."""
    text, value = values.text(data), data.value
    if text is not None:
        return _shortened(f'"{text}"')
    if isinstance(value, DateTime):
        return _as_sent(value)
    if isinstance(value, AttributeDescriptor):
        return f"class {value.class_id}, {_octets(value.instance_id)}, attribute {value.attribute_id}"
    if isinstance(value, bytes):
        sent = values.time(data)
        is_clock = sent and clock.resolve(sent, clock.AS_SENT)
        return _as_sent(sent) if sent and is_clock else _octets(value)
    if value is None:
        return "no value"
    return _shortened(ascii(value) if isinstance(value, str) and data.tag is not Tag.BIT_STRING else str(value))


def _octets(octets: bytes) -> str:
    """Octets that are no text and no clock: a code, or bytes."""
    code = code_in(octets)
    return _described(code) if code else f"{len(octets)} byte{'s' * (len(octets) != 1)}"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."


def _as_sent(sent: DateTime) -> str:
    """A date-time part by part; question marks where a part is not specified."""
    year = "????" if sent.year == NO_YEAR else f"{sent.year:04}"
    date = f"{year}-{_two(sent.month)}-{_two(sent.day)}"
    time = f"{_two(sent.hour)}:{_two(sent.minute)}:{_two(sent.second)}"
    hundredths = "" if sent.hundredths in (0, NOT_SPECIFIED) else f".{sent.hundredths:02}"
    weekday = _WEEKDAYS[sent.weekday] if sent.weekday < len(_WEEKDAYS) else ""
    unknown = sent.deviation == NO_DEVIATION
    deviation = "deviation not specified" if unknown else f"deviation {sent.deviation} min"
    return f"{date} {time}{hundredths}{weekday}, {deviation}, {_status(sent.status)}"


def _two(part: int) -> str:
    return "??" if part == NOT_SPECIFIED else f"{part:02}"


def _status(status: int) -> str:
    if status == NOT_SPECIFIED:
        return "status not specified"
    names = ", ".join(name for bit, name in _STATUS.items() if status & bit)
    return f"status {status:02X} ({names})" if names else f"status {status:02X}"
