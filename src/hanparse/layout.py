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

from hanparse.crc import SOUND, frame_register
from hanparse.data import Tag
from hanparse.measurement import Measurement, blank, fill_kind, fill_state
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
_from_bytes: Final = int.from_bytes
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
    zone: clock.Zone
    names: tuple[str, ...]


class Layout:
    """One kind of push of one length, and how its values are read."""

    def __init__(self, lesson: _Lesson) -> None:
        """Arrange what was learned so that reading it is a handful of operations."""
        size = len(lesson.frame)
        whole = [number for number in lesson.numbers if number.numerator == number.denominator == 1]
        multiplied = [number for number in lesson.numbers if number.numerator != 1 and number.denominator == 1]
        divided = [number for number in lesson.numbers if number.denominator != 1]
        self._start, self._profile = lesson.start, lesson.reading.profile
        self._scale, self._timezone = lesson.scale, lesson.timezone
        self.mask, self.constant = lesson.mask()
        self.used = 0
        self._constants = tuple(lesson.constants.values())
        self._whole, self._multiplied, self._divided = (_unpack(part, size) for part in (whole, multiplied, divided))
        self._factors = tuple(number.numerator for number in multiplied)
        numerators = tuple(number.numerator for number in divided)
        self._numerators = numerators if set(numerators) - {1} else ()  # mostly nothing is to be multiplied
        self._divisors = tuple(number.denominator for number in divided)
        self.texts = tuple(lesson.texts.values())
        self._clocks = tuple(lesson.clocks)
        numbers = (number.name for number in (*whole, *multiplied, *divided))
        times = (name for found in lesson.clocks for name in found.names)
        names = (*lesson.constants, *numbers, *lesson.texts, *times)
        self.index: Mapping[str, int] = {name: place for place, name in enumerate(names)}

    def is_legible(self, frame: bytes) -> bool:
        """Whether every text that may vary is one; whose list it is may hang on that."""
        for start, end in self.texts:
            if not frame[start:end].isalnum() and values.printable(frame[start:end]) is None:
                return False
        return True

    def values(self, frame: bytes) -> tuple[Any, ...]:
        """What `index` names, from a frame that is of this kind."""
        found = self._constants + self._whole(frame)
        if self._factors:
            found += tuple(map(mul, self._multiplied(frame), self._factors))
        if self._divisors:
            raws = self._divided(frame)
            found += tuple(map(truediv, map(mul, raws, self._numerators) if self._numerators else raws, self._divisors))
        for start, end in self.texts:
            found += (values.printable(frame[start:end]),)
        for place, microsecond, zone, names in self._clocks:
            moment = clock.moment(_WALL_CLOCK.unpack_from(frame, place), microsecond, zone)
            if moment is None:
                return self._long_way(frame)
            found += (moment,) * len(names)
        return found

    def registers(self, frame: bytes) -> tuple[Register, ...]:
        """Every element of a frame that is of this kind, by the grammar."""
        return self._reading(frame).registers

    def _long_way(self, frame: bytes) -> tuple[Any, ...]:
        """`values` where a clock shows no moment: what is shown in its place, the profile knows."""
        measurement = self._reading(frame).measurement(self._scale, self._timezone)
        return tuple(getattr(measurement, name) for name in self.index)

    def _reading(self, frame: bytes) -> Reading:
        from hanparse import cosem  # noqa: PLC0415  see hanparse.frame

        return read(cosem.parse(frame[self._start : -_FCS_AND_FLAG]), (self._profile,), known=self._profile)


class _Lesson:
    """Goes through what was read and notes which bytes may vary and what becomes of them."""

    def __init__(self, frame: bytes, start: int, reading: Reading, scale: Scale, timezone: tzinfo | None) -> None:
        self.frame, self.start, self.reading, self.timezone = frame, start, reading, timezone
        self.constants: dict[str, Any] = {}
        self.numbers: list[_Number] = []
        self.texts: dict[str, tuple[int, int]] = {}
        self.clocks: list[_Clock] = []
        self.scale = scale
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
        numerator, denominator = values.ratio(source.exponent, factor(self.scale, source.unit))
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
        place, rule = end - _DATE_TIME_SIZE, self.reading.profile.clock
        if clock.resolve(sent, rule, self.timezone) is None:
            return False
        zone = clock.zone(sent.deviation, rule, self.timezone)
        self.clocks.append(_Clock(place, clock.fraction(sent), zone, names))
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


class Shelf:
    """The layouts of one frame length, `VARIANTS` at most."""

    def __init__(self, size: int, store: Layouts) -> None:
        """A shelf without layouts, of a store that says what is long ago."""
        self.size = size
        self.head = b""
        """What stands before the APDU in the frame that was learned last."""
        self.layouts: list[Layout] = []
        self._store = store

    def read(self, frame: bytes) -> Measurement | None:
        """The measurement in a sound frame that is like one that was learned; its values are read when asked for."""
        number = _from_bytes(frame, "big")
        for layout in self.layouts:
            if (
                number & layout.mask == layout.constant
                and frame_register(frame) == SOUND
                and (not layout.texts or layout.is_legible(frame))
            ):
                layout.used = self._store.learned
                measurement = blank(Measurement)
                fill_kind(measurement, layout)
                fill_state(measurement, frame)
                return measurement
        return None

    def put(self, layout: Layout) -> None:
        """One more; the least recently used goes when there are too many."""
        self.layouts = [layout, *sorted(self.layouts, key=_used, reverse=True)][:VARIANTS]


class Layouts(dict[bytes, Shelf]):
    """What a decoder has learned, by format field: `LENGTHS` shelves; the one that was used least recently goes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.learned = 0
        """How many frames were learned; what is used notes it, and it counts as the time of use."""

    def learn(self, frame: bytes, start: int, reading: Reading, scale: Scale, timezone: tzinfo | None) -> None:
        """Learn from a frame whose APDU begins at `start` and was read as `reading`, if it can be learned."""
        with contextlib.suppress(NotLearnableError):
            layout = Layout(_Lesson(frame, start, reading, scale, timezone))
            layout.used = self.learned = self.learned + 1
            shelf = self._shelf(frame)
            shelf.head = frame[:start]
            shelf.put(layout)

    def _shelf(self, frame: bytes) -> Shelf:
        format_field = frame[1:3]
        if format_field not in self:
            if len(self) == LENGTHS:
                del self[min(self, key=lambda one: max(map(_used, self[one].layouts)))]
            self[format_field] = Shelf(len(frame), self)
        return self[format_field]

    def __reduce__(self) -> tuple[type[Layouts], tuple[()]]:
        """A decoder that is copied or pickled learns anew."""
        return Layouts, ()


def _used(layout: Layout) -> int:
    return layout.used
