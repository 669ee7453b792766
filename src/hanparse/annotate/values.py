"""Describes each value of a push as text: the name of its code, its number with scaler and unit, its field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.axdr.data import NO_DEVIATION, NO_YEAR, NOT_SPECIFIED, AttributeDescriptor, Data, DateTime, Tag
from hanparse.measurement import FIELD_UNITS, Measurement, Register
from hanparse.meters import Reading, clock, values
from hanparse.obis import Kind, Obis, code_in, lookup
from hanparse.wording import counted

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
    """Describes an element of a list. `field` is the field of `Measurement` that the element fills, or empty."""

    data: Data
    obis: Obis
    register: Register
    field: str = ""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """Describes the values of one push.

    `elements` maps the index of each element in `apdu` to the element. `reading` is the result of a profile, and
    `measurement` is the measurement that `reading` gives with `timezone`. Both are `None` if no profile reads the list.
    `measurement` is also `None` for a damaged payload.
    """

    apdu: bytes
    elements: dict[int, _Element]
    reading: Reading | None = None
    measurement: Measurement | None = None
    timezone: tzinfo | None = None

    @classmethod
    def of_reading(
        cls, apdu: bytes, reading: Reading, measurement: Measurement | None, timezone: tzinfo | None
    ) -> Interpretation:
        """Return the interpretation of a list that a profile reads."""
        fields = {source.data.offset: name for name, source in reading.sources.items()}
        elements = (
            _Element(item.data, item.obis, register, fields.get(item.data.offset, ""))
            for item, register in zip(reading.items, reading.registers, strict=True)
            if item.obis
        )
        return cls(apdu, _by_offset(elements), reading, measurement, timezone)

    @classmethod
    def of_items(cls, apdu: bytes, items: Iterable[Item]) -> Interpretation:
        """Return the interpretation of a list that no profile reads, from the codes, scalers and units in the list."""
        elements = (
            _Element(item.data, item.obis, Register(item.obis, None, item.scaler, item.unit))
            for item in items
            if item.obis
        )
        return cls(apdu, _by_offset(elements))

    @property
    def summary(self) -> str:
        """Return the manufacturer, meter type, time and power of the push. The text is empty without a measurement."""
        if self.measurement is None:
            return ""
        meter = " ".join(name for name in (self.measurement.manufacturer, self.measurement.model) if name)
        moment, power = self.measurement.timestamp, self.measurement.active_power_import
        import_text = "" if power is None else f"{power} W import"
        parts = (meter or "unknown manufacturer", moment and moment.isoformat(), import_text)
        return ", ".join(part for part in parts if part)

    def value(self, data: Data) -> str:
        """Return the name, value and field of an element.

        If its code is directly before its value, the name is omitted, because the explanation of the code contains the
        name.
        """
        element = self.elements.get(data.offset)
        if element is None:
            return shown(data)
        ends = (data.offset, data.offset - 1)  # in an attribute descriptor, attribute_id is between code and value
        follows_code = any(self.apdu.endswith(bytes(element.obis), 0, end) for end in ends)
        name = "" if follows_code else f"{_described(element.obis)}: "
        return f"{name}{self._described_value(element)}{self._field(element)}"

    def date_time(self, sent: DateTime) -> str:
        """Return the date-time of the APDU as text."""
        dated = self.measurement and self._moment(sent)
        return f"{_as_sent(sent)}{self._by_rule(sent)}{' -> timestamp' if dated else ''}"

    def _moment(self, sent: DateTime | None) -> datetime | None:
        return clock.resolve(sent, self.reading.profile.clock, self.timezone) if sent and self.reading else None

    def _by_rule(self, sent: DateTime) -> str:
        if self.reading is None:
            return ""
        rule = f"clock rule {self.reading.profile.clock}" if self.timezone is None else "the option timezone"
        moment = self._moment(sent)
        return f"; with {rule}: {moment.isoformat() if moment else 'no valid time'}"

    def _described_value(self, element: _Element) -> str:
        entry = lookup(element.obis)
        sent = values.time(element.data)
        if entry and entry.kind is Kind.TIME and sent:
            return _as_sent(sent) + self._by_rule(sent)
        raw = values.number(element.data)
        return shown(element.data) if raw is None else _quantity(raw, element.register)

    def _field(self, element: _Element) -> str:
        """Return an arrow and the name of the field. Add the field's value if it differs from the element's."""
        if not element.field or not self.measurement or not self.reading:
            return ""
        value, source = getattr(self.measurement, element.field), self.reading.sources[element.field]
        if value is None:
            return f" -> {element.field} None{', 0 means not measured' if self._not_measured(element.field) else ''}"
        if source.kind is Kind.TIME and not self._moment(self.reading.date_time):
            return f" -> {element.field}, timestamp"
        raw = values.number(source.data)
        if source.kind is Kind.NUMBER and raw is not None and value != values.scaled(raw, source.exponent):
            return f" -> {element.field} {value} {FIELD_UNITS[element.field]} with the given scale"
        return f" -> {element.field}"

    def _not_measured(self, field: str) -> bool:
        model = self.reading and self.reading.model
        return bool(model and field in model.not_measured)


def _by_offset(elements: Iterable[_Element]) -> dict[int, _Element]:
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
    """Return the text for a value alone, without its code, scaler and unit. `data` is not a list."""
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
    """Return the text for octets that are neither text nor date-time: their OBIS code, or how many octets there are."""
    code = code_in(octets)
    return _described(code) if code else counted(len(octets), "byte")


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."


def _as_sent(sent: DateTime) -> str:
    """Return the parts of a date-time as sent. Question marks replace the parts that are not specified."""
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
