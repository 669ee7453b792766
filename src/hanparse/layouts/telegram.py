"""Defines `TelegramLayout`. It decodes a P1 telegram that differs from an earlier telegram only in some digits.

The digits of the clock, of the CRC, and of the numbers that fill fields can vary. All other bytes are constant: codes,
units, decimal points, texts, and the readings of sub-meters. A telegram has the layout of an earlier telegram if two
conditions are true:

* All constant bytes are the same.
* Without the CRC, the telegrams are the same if each digit in them is replaced with 0. So every byte that varies is
  still a digit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.layouts.carriers import START_SIZE
from hanparse.layouts.learn import LARGEST_FACTOR, NotLearnableError
from hanparse.measurement.order import Order
from hanparse.meters import values
from hanparse.meters.p1 import read_telegram
from hanparse.meters.read import factor
from hanparse.obis import Kind
from hanparse.p1 import Telegram
from hanparse.wire.crc import arc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from hanparse.layouts.store import Layouts
    from hanparse.measurement import Measurement, Register, Scale
    from hanparse.meters.p1 import TelegramReading
    from hanparse.meters.p1.records import Record

_CRC_SIZE: Final = 4
_ZEROS: Final = bytes.maketrans(b"0123456789", b"0000000000")
_CLOCK_DIGITS: Final = 12
_DIGITS: Final = re.compile(rb"(\d{1,18})(?:\.(\d{1,9}))?(?=[*)])")
_CLOCK: Final = re.compile(rb"\d{12}[SW]?\)")
_TIMES: Final = ("timestamp", "energy_time")
_from_bytes: Final = int.from_bytes


class _Number(NamedTuple):
    """Describes a number in a telegram.

    `whole` and `decimals` are the indexes of the digits before and after the decimal point. The value of the field is
    the number without its decimal point, times `numerator`, divided by `denominator`.
    """

    name: str
    whole: slice
    decimals: slice
    numerator: int
    denominator: int
    is_divided: bool

    def value(self, raw: bytes) -> int | float:
        """Return the value of the field. `raw` contains the bytes of a telegram."""
        product = int(raw[self.whole] + raw[self.decimals]) * self.numerator
        return product / self.denominator if self.is_divided else product


class TelegramLayout:
    """Contains the constant bytes of a telegram, and the indexes of its values."""

    head = b""
    made_for_transformers = False
    steps = None

    def __init__(self, reading: TelegramReading, scale: Scale, timezone: tzinfo | None) -> None:
        """Raise `NotLearnableError` unless the telegram ends with four digits of a CRC that fits its bytes as sent."""
        raw = reading.telegram.raw
        self.first_bytes = raw[:START_SIZE]
        if not _has_sound_crc(raw):
            raise NotLearnableError("the CRC does not fit the bytes as sent")
        self.size, self.used, self.scale, self._timezone = len(raw), 0, scale, timezone
        self._calendar = reading.calendar(timezone)
        self._numbers = tuple(_numbers(reading, scale, timezone))
        self._clock = _clock(reading, timezone)
        digits = [part for number in self._numbers for part in (number.whole, number.decimals)]
        mask = bytearray(b"\xff" * len(raw))
        for part in (*digits, *self._clock, slice(len(raw) - _CRC_SIZE, None)):
            mask[part] = bytes(len(mask[part]))
        self._mask = _from_bytes(mask)
        self._constant = _from_bytes(raw) & self._mask
        self._zeroed = raw[:-_CRC_SIZE].translate(_ZEROS)
        times = _TIMES if self._clock else ()
        varying = (*(number.name for number in self._numbers), *times)
        constants = {name: value for name, value in reading.fields(scale, timezone).items() if name not in varying}
        self._constants = tuple(constants.values())
        self.numbers = range(len(constants), len(constants) + len(self._numbers))
        self.index = {name: place for place, name in enumerate((*constants, *varying))}
        self.order = Order(self.index)

    def measure(self, layouts: Layouts, data: bytes, at: int) -> Measurement | None:
        """Return the measurement in the telegram at ``data[at]``.

        Return `None` if the telegram does not have this layout, or if its CRC does not fit.
        """
        raw = data[at : at + self.size]
        fits = (
            _from_bytes(raw) & self._mask == self._constant
            and raw[:-_CRC_SIZE].translate(_ZEROS) == self._zeroed
            and _has_sound_crc(raw)
        )
        return layouts.recognise(self, raw) if fits else None

    def awaited(self, _data: bytes, _at: int) -> int:
        """Return 0, because an incomplete telegram is not compared: the link layer of P1 reads its bytes one by one."""
        return 0

    @property
    def identity(self) -> tuple[object, ...]:
        """Return a key. Layouts with equal keys recognise the same telegrams, so only the latest layout is stored."""
        return self._mask, self._constant, self._zeroed

    def values(self, raw: bytes) -> list[Any]:
        """Return the values of a telegram in the order of `index`."""
        result = [*self._constants, *(number.value(raw) for number in self._numbers)]
        for clock in self._clock:
            text = raw[clock.start : clock.stop + 1].rstrip(b")")  # the digits, and S (summer) or W (winter)
            moment = self._calendar.moment(text.decode("ascii"))
            if moment is None:  # the digits are an impossible time, so the profile searches for another time
                return [getattr(self._read(raw), name) for name in self.index]
            result += [moment] * len(_TIMES)
        return result

    def number(self, raw: bytes, position: int) -> float:
        """Return the value at `position`, which is one of the positions in `numbers`."""
        return self._numbers[position - self.numbers.start].value(raw)

    def registers(self, raw: bytes) -> tuple[Register, ...]:
        """Return the lines with a code as registers."""
        return self._read(raw).registers

    def _read(self, raw: bytes) -> Measurement:
        return read_telegram(Telegram.read(raw)).measurement(self.scale, self._timezone)


def _numbers(reading: TelegramReading, scale: Scale, timezone: tzinfo | None) -> Iterator[_Number]:
    """Yield the numbers that fill a field. A value that is computed from several lines is not included."""
    composed = reading.composed(scale, timezone)
    records = {record.offset: record for record in reading.records}
    for name, source in reading.reading.sources.items():
        place = _place(reading, records[source.data.offset])
        digits = place is not None and _DIGITS.match(reading.telegram.raw, place)
        if name in composed or source.kind not in (Kind.NUMBER, Kind.COUNT) or not digits:
            continue
        numerator, denominator = values.ratio(source.exponent, factor(scale, source.unit))
        if max(numerator, denominator) <= LARGEST_FACTOR:
            is_divided = denominator > 1 or source.is_float
            yield _Number(name, slice(*digits.span(1)), slice(*digits.span(2)), numerator, denominator, is_divided)


def _clock(reading: TelegramReading, timezone: tzinfo | None) -> tuple[slice, ...]:
    """Return the slice of the digits of the clock, in a tuple. It is empty if the time is not on one line."""
    record = reading.clock(timezone)
    place = _place(reading, record) if record else None
    if place is None or not _CLOCK.match(reading.telegram.raw, place):
        return ()
    return (slice(place, place + _CLOCK_DIGITS),)


def _place(reading: TelegramReading, record: Record) -> int | None:
    """Return the index of the value of a record in the telegram. Return `None` if the record has several values.

    Also return `None` if the text of the record differs from the sent bytes, for example by its line ends.
    """
    start = record.offset - reading.telegram.offset
    is_as_sent = reading.telegram.raw.startswith(record.text.encode("ascii"), start)
    return start + record.text.index("(") + 1 if len(record.groups) == 1 and is_as_sent else None


def _has_sound_crc(raw: bytes) -> bool:
    """Return whether a telegram ends with four digits of a CRC that fits."""
    return raw[-_CRC_SIZE - 1 : -_CRC_SIZE] == b"!" and b"%04X" % arc(raw[:-_CRC_SIZE]) == raw[-_CRC_SIZE:]
