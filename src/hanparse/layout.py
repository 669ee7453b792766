"""What a push taught -> the next one like it, in microseconds: `Layout`, and `Layouts`, the bounded store of a decoder.

A meter repeats itself. Tags, lengths, OBIS codes, scalers and units of a list are the same bytes every time; what
changes is values, and a value stands where it stood. So a frame that the grammar and a profile have read teaches a
`Layout`:

* which bits are constant: all but those of values, the invoke id and the FCS. The next frame of the same length is
  taken as one big number, masked, and compared with the constants in one operation. That covers flags, header, HCS,
  tags, lengths, codes, scalers, units, null-data, the list identifier, the meter type. The FCS is computed.
* where each value stands, as `struct` formats, and what makes it a field: a factor, a divisor, the clock rule.

Nothing here is written by hand and nothing knows a maker: a layout comes from the tree of the grammar, with its places,
and the reading of the profile. What a layout cannot promise to read as they would is not learned: a float, a value
whose meaning hangs on its size, a push in segments. What does not fit goes the long way, to the same result or error.
"""

from __future__ import annotations

import contextlib
from operator import mul, truediv
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.crc import x25
from hanparse.data import Tag
from hanparse.measurement import Measurement
from hanparse.meters import clock, shapes, values
from hanparse.meters.read import factor, read
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from hanparse.data import Data, DateTime
    from hanparse.measurement import Register
    from hanparse.meters import Reading
    from hanparse.meters.read import Source
    from hanparse.scale import Scale

LENGTHS: Final = 8
"""Frame lengths that a store remembers; a meter sends two or three."""
VARIANTS: Final = 4
"""Layouts of one length: another meter, another type, a changed deviation."""

_RESIDUE: Final = 0x0F47  # what CRC-16/X-25 gives over data and its own check sequence
_FORMATS: Final = {
    Tag.INTEGER: "b",
    Tag.LONG: "h",
    Tag.DOUBLE_LONG: "i",
    Tag.LONG64: "q",
    Tag.UNSIGNED: "B",
    Tag.LONG_UNSIGNED: "H",
    Tag.DOUBLE_LONG_UNSIGNED: "I",
    Tag.LONG64_UNSIGNED: "Q",
}
_LARGEST_FACTOR: Final = 10**200  # with any 64-bit value far below the largest float
_VARYING_TEXTS: Final = frozenset({"meter_id"})  # the other texts decide how the list is read
_INVOKE_ID, _INVOKE_ID_SIZE = 1, 4  # in the APDU
_FCS_AND_FLAG, _FCS_SIZE = 3, 2  # at the end of the frame
_WALL_CLOCK: Final = Struct(">HBBxBBB")  # year, month, day, (weekday,) hour, minute, second of a date-time
_DATE_TIME_SIZE: Final = 12
# Of a date-time, year to second and status may vary; hundredths and deviation are meaning.
_CLOCK_VALUES: Final = ((0, 8), (11, 1))


class NotLearnableError(Exception):
    """A push holds something that a layout cannot promise to read as the grammar does."""


class _Number(NamedTuple):
    """A field that is an integer: its place and format in the frame, and the ratio that makes it a value."""

    place: int
    format: str
    name: str
    numerator: int
    denominator: int


class _Clock(NamedTuple):
    """A date-time that fields show: its place in the frame, and what of it is constant."""

    place: int
    microsecond: int
    deviation: int
    names: tuple[str, ...]


class Layout:
    """One kind of push of one length."""

    def __init__(self, lesson: _Lesson) -> None:
        """Arrange what was learned so that reading it is a handful of operations."""
        size = len(lesson.frame)
        whole = [number for number in lesson.numbers if number.numerator == number.denominator == 1]
        multiplied = [number for number in lesson.numbers if number.numerator != 1 and number.denominator == 1]
        divided = [number for number in lesson.numbers if number.denominator != 1]
        self._start, self._profile, self._timezone = lesson.start, lesson.reading.profile, lesson.timezone
        self._mask, self._expected = lesson.mask()
        self._constants = tuple(lesson.constants.values())
        self._whole, self._multiplied, self._divided = (_unpack(part, size) for part in (whole, multiplied, divided))
        self._factors = tuple(number.numerator for number in multiplied)
        numerators = tuple(number.numerator for number in divided)
        self._numerators = numerators if set(numerators) - {1} else ()  # mostly nothing is to be multiplied
        self._divisors = tuple(number.denominator for number in divided)
        self._texts = tuple(lesson.texts.values())
        self._clocks = tuple(lesson.clocks)
        numbers = (number.name for number in (*whole, *multiplied, *divided))
        times = (name for found in lesson.clocks for name in found.names)
        names = (*lesson.constants, *numbers, *lesson.texts, *times)
        self.index: Mapping[str, int] = {name: place for place, name in enumerate(names)}

    def read(self, frame: bytes) -> Measurement | None:
        """The measurement in a frame of the same length; `None` when it is not of this kind, or damaged."""
        if int.from_bytes(frame, "big") & self._mask != self._expected or x25(frame[1:-1]) != _RESIDUE:
            return None
        found = self._constants + self._whole(frame)
        if self._factors:
            found += tuple(map(mul, self._multiplied(frame), self._factors))
        if self._divisors:
            raws = self._divided(frame)
            found += tuple(map(truediv, map(mul, raws, self._numerators) if self._numerators else raws, self._divisors))
        for start, end in self._texts:
            text = values.printable(frame[start:end])
            if text is None:
                return None
            found += (text,)
        for place, microsecond, deviation, names in self._clocks:
            wall = _WALL_CLOCK.unpack_from(frame, place)
            moment = clock.moment(wall, microsecond, deviation, self._profile.clock, self._timezone)
            if moment is None:
                return None
            found += (moment,) * len(names)
        return Measurement.of(self, found, frame)

    def registers(self, push: bytes) -> tuple[Register, ...]:
        """Every element of a frame that `read` has read, by the grammar."""
        from hanparse import cosem  # noqa: PLC0415  see hanparse.frame

        notification = cosem.parse(push[self._start : -_FCS_AND_FLAG])
        return read(notification, (self._profile,), known=self._profile).registers


class _Lesson:
    """Goes through what was read and notes which bytes may vary and what becomes of them."""

    def __init__(self, frame: bytes, start: int, reading: Reading, scale: Scale, timezone: tzinfo | None) -> None:
        self.frame, self.start, self.reading, self.timezone = frame, start, reading, timezone
        self.constants: dict[str, Any] = {}
        self.numbers: list[_Number] = []
        self.texts: dict[str, tuple[int, int]] = {}
        self.clocks: list[_Clock] = []
        self._scale = scale
        self._pinned: set[int] = set()  # zeros that mean not measured
        self._free = [(start + _INVOKE_ID, _INVOKE_ID_SIZE), (len(frame) - _FCS_AND_FLAG, _FCS_SIZE)]
        self._constant("manufacturer", reading.profile.manufacturer)
        self._constant("wiring", reading.model.wiring if reading.model else None)
        for name, source in reading.sources.items():
            if source.kind is Kind.NUMBER:
                self._number(name, source)
            elif source.kind is Kind.TEXT:
                self._text(name, source)
        self._times()
        for item in reading.items:  # numbers that are no field may vary as well: registers are made from the frame
            if item.data.offset not in self._pinned:
                parts = _numbers(item.data) if item.is_value else [item.data]  # else perhaps the push-object-list
                self._free += [(self._place(part), part.length - 1) for part in parts if part.tag in _FORMATS]

    def mask(self) -> tuple[int, int]:
        """Which bits of the frame are constant, and what they are."""
        mask = bytearray(b"\xff" * len(self.frame))
        for place, size in self._free:
            mask[place : place + size] = bytes(size)
        constant = int.from_bytes(mask, "big")
        return constant, int.from_bytes(self.frame, "big") & constant

    def _constant(self, name: str, value: object) -> None:
        if value is not None:
            self.constants[name] = value

    def _place(self, data: Data) -> int:
        """Where in the frame the value stands that follows the tag of `data`."""
        return self.start + data.offset + 1

    def _number(self, name: str, source: Source) -> None:
        model, data = self.reading.model, source.data
        if model and name in model.not_measured:
            if data.value:
                raise NotLearnableError(f"{name} is measured here and may be 0 for not measured next time")
            self._pinned.add(data.offset)
            return
        numerator, denominator = values.ratio(source.exponent, factor(self._scale, source.unit))
        if data.tag not in _FORMATS or max(numerator, denominator) > _LARGEST_FACTOR:
            raise NotLearnableError(f"{name} is a {data.tag} with the ratio {numerator}/{denominator}")
        self.numbers.append(_Number(self._place(data), _FORMATS[data.tag], name, numerator, denominator))

    def _text(self, name: str, source: Source) -> None:
        text, data = values.text(source.data), source.data
        size = len(data.value) if isinstance(data.value, bytes | str) else 0
        if text and name in _VARYING_TEXTS and data.tag is not Tag.UTF8_STRING:
            end = self.start + data.offset + data.length
            self.texts[name] = (end - size, end)
            self._free.append((end - size, size))
        else:
            self._constant(name, text)

    def _times(self) -> None:
        """The date-time of the APDU and the clock in the list, and which of them is the timestamp."""
        listed = self.reading.sources.get("energy_time")
        body, sent = self.reading.notification.body, self.reading.notification.date_time
        taken = sent is not None and self._clock(sent, self.start + body.offset, ("timestamp",))
        if listed and (clock_in_list := values.time(listed.data)):
            end = self.start + listed.data.offset + listed.data.length
            self._clock(clock_in_list, end, ("energy_time",) if taken else ("energy_time", "timestamp"))

    def _clock(self, sent: DateTime, end: int, names: tuple[str, ...]) -> bool:
        """Note the date-time that ends before `end`; one that shows no moment is constant."""
        place = end - _DATE_TIME_SIZE
        if clock.resolve(sent, self.reading.profile.clock, self.timezone) is None:
            return False
        self.clocks.append(_Clock(place, clock.fraction(sent), sent.deviation, names))
        self._free += [(place + start, size) for start, size in _CLOCK_VALUES]
        return True


def _numbers(data: Data) -> Iterator[Data]:
    """`data`, and what it holds as far down as it goes."""
    yield data
    for element in shapes.elements(data):
        yield from _numbers(element)


def _unpack(numbers: list[_Number], size: int) -> Callable[[bytes], tuple[int, ...]]:
    """What takes the numbers, in their order, out of a frame of this size."""
    parts, end = [], 0
    for number in numbers:
        parts.append(f"{number.place - end}x{number.format}")
        end = number.place + Struct(f">{number.format}").size
    return Struct(f">{''.join(parts)}{size - end}x").unpack


class Layouts:
    """What a decoder has learned: `VARIANTS` of each of `LENGTHS`, the least recently used of them goes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._variants: dict[int, list[Layout]] = {}
        self._latest = 0  # the length that was used last

    def find(self, frame: bytes) -> Measurement | None:
        """The measurement in a frame that is like one that was learned."""
        variants = self._variants.get(len(frame), [])
        for layout in variants:
            measurement = layout.read(frame)
            if measurement is not None:
                if layout is not variants[0]:
                    self._use(len(frame), layout)
                elif len(frame) != self._latest:
                    self._latest = len(frame)
                    self._variants[self._latest] = self._variants.pop(self._latest)
                return measurement
        return None

    def learn(self, frame: bytes, start: int, reading: Reading, scale: Scale, timezone: tzinfo | None) -> None:
        """Learn from a frame whose APDU begins at `start` and was read as `reading`, if it can be learned."""
        with contextlib.suppress(NotLearnableError):
            self._use(len(frame), Layout(_Lesson(frame, start, reading, scale, timezone)))

    def clear(self) -> None:
        """Forget everything."""
        self._variants.clear()

    def _use(self, length: int, layout: Layout) -> None:
        variants = self._variants.pop(length, [])
        self._variants[length] = [layout, *(other for other in variants if other is not layout)][:VARIANTS]
        self._latest = length
        if len(self._variants) > LENGTHS:
            del self._variants[next(iter(self._variants))]

    def __reduce__(self) -> tuple[type[Layouts], tuple[()]]:
        """A decoder that is copied or pickled learns anew."""
        return Layouts, ()
