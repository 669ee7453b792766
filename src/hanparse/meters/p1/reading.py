"""Turns a P1 telegram into a `TelegramReading`, and a `TelegramReading` into a `Measurement`.

A *record* is one line of a telegram with its OBIS code. A *group* is the text in one pair of parentheses in a
record.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from hanparse.axdr.data import Data, Tag
from hanparse.measurement import Measurement, Register
from hanparse.meters.makers.flags import FLAGS
from hanparse.meters.p1 import records as lines
from hanparse.meters.p1 import values
from hanparse.meters.p1.values import Calendar
from hanparse.meters.profile import Profile
from hanparse.meters.read import Reading, apply, factor
from hanparse.meters.shapes import Item
from hanparse.meters.unknown import unknown_telegram
from hanparse.obis import Kind, Obis
from hanparse.obis.code import ELECTRICITY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, tzinfo
    from fractions import Fraction

    from hanparse.measurement import Scale
    from hanparse.meters.p1.records import Record
    from hanparse.p1 import Telegram

# The codes of the version of the P1 description: DSMR (NL, LU and others), e-MUCS (BE). Only telegrams of countries
# with Central European time contain one of them.
_VERSIONS: Final = (Obis.parse("1-3:0.2.8"), Obis.parse("0-0:96.1.4"))
_CENTRAL: Final = "Lux"  # the first letters of the identification in telegrams of Luxembourg
# The codes of the meter number, by priority: DSMR 4 and 5; DSMR 2.2 and Belgium; Luxembourg.
_METER_IDS: Final = tuple(map(Obis.parse, ("0-0:96.1.0", "0-0:96.1.1", "0-0:42.0.0")))
_CLOCK: Final = Obis.parse("0-0:1.0.0")
# Telegrams of optical ports contain the date and the time in two lines.
_DATE, _TIME = Obis.parse("1-0:0.9.2"), Obis.parse("1-0:0.9.1")
_TARIFF: Final = Obis.parse("0-0:96.14.0")
_BREAKER: Final = Obis.parse("0-0:96.3.10")
_MESSAGE: Final = Obis.parse("0-0:96.13.0")
_FAILURES: Final = Obis.parse("1-0:99.97.0")
_PEAK: Final = Obis.parse("1-0:1.6.0")
_PEAKS: Final = Obis.parse("0-0:98.1.0")

_T = TypeVar("_T")


class TelegramReading(NamedTuple):
    """An instance holds a telegram, its records, and a `Reading` with one item and one register for each record."""

    telegram: Telegram
    records: list[Record]
    reading: Reading

    def measurement(self, scale: Scale, timezone: tzinfo | None) -> Measurement:
        """Return the measurement for this scale. `timezone` is the zone of the meter's clock; `None` if not given."""
        return Measurement(**self.fields(scale, timezone), registers=self.reading.registers, scale=scale)

    def fields(self, scale: Scale, timezone: tzinfo | None) -> dict[str, Any]:
        """Return a dictionary of the fields. A field that the telegram does not contain is missing or `None`."""
        return self.reading.fields(scale, timezone) | self.composed(scale, timezone)

    def composed(self, scale: Scale, timezone: tzinfo | None) -> dict[str, Any]:
        """Return a dictionary of the texts, times, states, computed fields, and the tariff."""
        calendar = self.calendar(timezone)
        return self._single(calendar) | self._composed(calendar, factor(scale, "W"))

    def calendar(self, timezone: tzinfo | None) -> Calendar:
        """Return the `Calendar`, which determines the time zone of the times in this telegram."""
        return Calendar(_is_central(self.telegram, self.records), timezone)

    def clock(self, timezone: tzinfo | None) -> Record | None:
        """Return the record that contains date and time of the telegram; `None` if no single record contains both."""
        calendar = self.calendar(timezone)
        clocks = (record for record in self.records if record.obis == _CLOCK)
        return next((record for record in clocks if calendar.moment(record.groups[0])), None)

    def _single(self, calendar: Calendar) -> dict[str, Any]:
        """Return a dictionary of the fields that are a text, a state, the tariff, or the time of the telegram."""
        clock = self._first(_CLOCK, calendar.moment) or self._two_part_clock(calendar)
        meter = (self._first(code, values.identifier) for code in _METER_IDS)
        version = (self._first(code, values.version) for code in _VERSIONS)
        return {
            "timestamp": clock,
            "energy_time": clock,
            "meter_id": next(filter(None, meter), None),
            "p1_version": next(filter(None, version), None),
            "tariff": self._first(_TARIFF, values.tariff),
            "breaker": self._first(_BREAKER, values.breaker),
            "message": self._first(_MESSAGE, values.message),
        }

    def _composed(self, calendar: Calendar, power: float | Fraction) -> dict[str, Any]:
        """Return a dictionary of the fields that are computed from several groups or several records."""
        failures, peaks = self._groups(_FAILURES), self._groups(_PEAKS)
        peak, peak_time = lines.peak(self._groups(_PEAK) or (), calendar, power)
        meters = lines.submeters(self.records, calendar)
        gas, water = lines.latest(meters, "gas"), lines.latest(meters, "water")
        return {
            "peak_power": peak,
            "peak_power_time": peak_time,
            "power_failure_log": None if failures is None else lines.power_failures(failures, calendar),
            "peak_history": None if peaks is None else lines.peaks(peaks, calendar, power),
            "submeters": meters or None,
            "gas_volume": gas and gas.value,
            "gas_time": gas and gas.time,
            "water_volume": water and water.value,
            "water_time": water and water.time,
        }

    def _groups(self, code: Obis) -> tuple[str, ...] | None:
        """Return the groups of the first record with this code. For electricity, B can also be 1 (Switzerland)."""
        codes = (code, code._replace(b=1)) if code.a == ELECTRICITY else (code,)
        return next((record.groups for record in self.records if record.obis in codes), None)

    def _first(self, code: Obis, read: Callable[[str], _T | None]) -> _T | None:
        """Return the first value other than `None` that `read` returns for a record with this code, or else `None`."""
        results = (read(record.groups[0]) for record in self.records if record.obis == code)
        return next((value for value in results if value is not None), None)

    def _two_part_clock(self, calendar: Calendar) -> datetime | None:
        date, time = self._first(_DATE, values.plain), self._first(_TIME, values.plain)
        return calendar.moment(date + time) if date and time else None


def read_telegram(telegram: Telegram) -> TelegramReading:
    """Read a telegram.

    Raises `UnknownMeterError` if no value of `Kind.NUMBER` in it fills a field and no sub-meter has a reading.
    """
    records = lines.records(telegram)
    reading = apply(_profile(telegram.flag.upper()), [_item(record) for record in records])
    registers = tuple(map(_register, records, reading.registers))
    result = TelegramReading(telegram, records, reading._replace(registers=registers))
    has_numbers = any(source.kind is Kind.NUMBER for source in reading.sources.values())
    if has_numbers or any(meter.value is not None for meter in lines.submeters(records, Calendar())):
        return result
    raise unknown_telegram(reading.items, telegram.flag)


@lru_cache(maxsize=64)
def _profile(flag: str) -> Profile:
    return Profile(manufacturer=FLAGS.get(flag))


def _is_central(telegram: Telegram, records: Iterable[Record]) -> bool:
    """Return whether the telegram is from a country with Central European time (see `_VERSIONS` and `_CENTRAL`)."""
    return telegram.flag == _CENTRAL or any(record.obis in _VERSIONS for record in records)


def _item(record: Record) -> Item:
    """Return the item of a record. Its data is a number with scaler and SI unit, or else a text (see `_is_number`)."""
    text = lines.value_of(record.groups) if record.obis else record.text
    item = Item(record.obis, Data(Tag.VISIBLE_STRING, text, record.offset, len(record.text)), unit="")
    number = values.number(text) if record.obis else None
    if number is None or not (number.unit or _is_number(item, number)):
        return item
    data = Data(Tag.LONG64, number.digits, record.offset, len(record.text))
    return Item(record.obis, data, number.exponent, number.unit)


def _is_number(item: Item, number: values.Number) -> bool:
    """Return whether digits without a unit are a number, and not a text. The code of the item determines this."""
    kind = item.entry and item.entry.kind
    return kind is Kind.NUMBER or (kind is Kind.COUNT and number.exponent == 0 <= number.digits)


def _register(record: Record, register: Register) -> Register:
    """Return the register of a record. If the record has several groups, the value is the tuple of all groups."""
    return Register(record.obis, record.groups) if len(record.groups) > 1 else register
