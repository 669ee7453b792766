"""Derives from a decoded push which bytes of the next one like it may vary: `LayoutBuilder`.

The builder walks over the tree of the grammar and the reading of the profile. It notes which bytes of the APDU may
vary, and which field each of them becomes. It refuses a push that a layout could not always read as the grammar does.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.axdr.data import DATE_TIME_FORMAT, SCALARS, WALL_CLOCK, Tag
from hanparse.layouts.plan import Clock, Number, Plan, shared_plan
from hanparse.meters import clock, shapes, values
from hanparse.meters.read import factor, unscaled
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from hanparse.axdr.data import Data, DateTime
    from hanparse.measurement import Plain, Scale
    from hanparse.meters import Reading
    from hanparse.meters.read import Source
    from hanparse.obis import Obis

_FORMATS: Final = {tag: scalar.format for tag, scalar in SCALARS.items() if scalar.kind == "integer"}
LARGEST_FACTOR: Final = 10**200
"""The largest factor of a value; its product with any 64-bit value is far below the largest float."""
_VARYING_TEXTS: Final = frozenset({"meter_id"})  # the other texts decide how the list is read
_INVOKE_ID, _INVOKE_ID_SIZE = 1, 4  # in the APDU
# Of a date-time, year to second and status may vary; hundredths and deviation are meaning. The high byte of the year
# stays as it is, 07, so that no clock in front of a list can be the text that identifies it.
_CLOCK_VALUES: Final = ((1, WALL_CLOCK.size - 1), (DATE_TIME_FORMAT.size - 1, 1))
_CENTURIES: Final = range(0x0700, 0x0800)  # years with that high byte, 1792 to 2047
_BLANK: Final = b" "
_ALL: Final = 0xFF  # eight constant bits


class NotLearnableError(Exception):
    """A push contains an element that a layout could read otherwise than the grammar does."""


class Element(NamedTuple):
    """A register whose value may vary: its place in the list, the function that reads its value, its constant parts."""

    position: int
    value: Callable[[bytes], Plain]
    obis: Obis | None
    scaler: int | None
    unit: str | None


class LayoutBuilder:
    """Notes which bytes of an APDU may vary, and which field each of them becomes.

    Raises `NotLearnableError` when a layout could not read every such push as the grammar and the profile do.
    """

    def __init__(self, apdu: bytes, reading: Reading, scale: Scale, timezone: tzinfo | None) -> None:
        self.apdu, self.reading, self.timezone = apdu, reading, timezone
        self.constants: dict[str, Any] = {}
        self.numbers: list[Number] = []
        self.texts: dict[str, tuple[int, int]] = {}
        self.clocks: list[Clock] = []
        self.scale = scale
        self.unmeasured: list[str] = []
        """The fields in which a 0 means not measured."""
        self._bits: list[tuple[int, int]] = []  # of numbers that may vary: a place, and bits of its byte that may not
        self._free = [(_INVOKE_ID, _INVOKE_ID_SIZE)]
        self._constant("manufacturer", reading.profile.manufacturer)
        self._constant("wiring", reading.model.wiring if reading.model else None)
        for name, source in reading.sources.items():
            if source.kind in (Kind.NUMBER, Kind.COUNT):
                self._number(name, source)
            elif source.kind is Kind.TEXT:
                self._text(name, source)
        self._times()
        for item in reading.items:  # numbers that are no field may vary as well: registers are made from the APDU
            parts = shapes.parts(item.data) if item.is_value else [item.data]  # else perhaps the push-object-list
            self._free += [(self._place(part), part.length - 1) for part in parts if part.tag in _FORMATS]
        for unit, other in reading.profile.higher_resolution.items():
            self._hold(other.limit, unscaled(reading.items, unit))

    def _mask(self) -> int:
        """Return which bits of the APDU are constant, as ones."""
        mask = bytearray(b"\xff" * len(self.apdu))
        for place, size in self._free:
            mask[place : place + size] = bytes(size)
        for place, bits in self._bits:
            mask[place] |= bits
        return int.from_bytes(mask, "big")

    def plan(self) -> Plan:
        """Return which bits are constant, and how the values are read."""
        numbers = tuple(sorted(self.numbers))  # by place
        texts = tuple(self.texts.items())
        read = tuple(self.constants), numbers, texts, tuple(self.clocks), tuple(self.unmeasured)
        # A time zone of the caller may equal another one that has a different name.
        make = shared_plan if self.timezone is None else Plan
        return make(len(self.apdu), self._mask(), *read)

    def _constant(self, name: str, value: object) -> None:
        if value is not None:
            self.constants[name] = value

    def _place(self, data: Data) -> int:
        """Return where the value of `data` begins, after its tag."""
        return data.offset + 1

    def _number(self, name: str, source: Source) -> None:
        model, data = self.reading.model, source.data
        if model and name in model.not_measured:
            self.unmeasured.append(name)
        numerator, denominator = values.ratio(source.exponent, factor(self.scale, source.unit))
        if data.tag not in _FORMATS or max(numerator, denominator) > LARGEST_FACTOR:
            raise NotLearnableError(f"{name} is a {data.tag} with the ratio {numerator}/{denominator}")
        is_divided = denominator > 1 or source.is_float
        self.numbers.append(Number(self._place(data), _FORMATS[data.tag], name, numerator, denominator, is_divided))

    def _hold(self, limit: int, sent: list[Data]) -> None:
        """Keep the numbers on their side of a power of two: all below it, or the first one that is not."""
        numbers = [(data, value) for data in sent if data.tag in _FORMATS and isinstance(value := data.value, int)]
        beyond = [(data, 1 << value.bit_length() - 1) for data, value in numbers if value >= limit][:1]
        below = [(data, -limit) for data, _ in numbers]  # the bits of `limit` and all above it
        for data, bits in beyond or below:
            size = data.length - 1
            held = (bits | 1 << 8 * size - 1) % (1 << 8 * size)  # with the highest bit, which may be a sign
            self._bits += [(self._place(data) + place, byte) for place, byte in enumerate(held.to_bytes(size, "big"))]

    def _text(self, name: str, source: Source) -> None:
        data = source.data
        size = len(data.value) if isinstance(data.value, bytes | str) else 0
        end = data.offset + data.length
        push = self.reading.notification
        first = next(iter(shapes.elements(push.body)), None) if push else None
        # The first element may be taken for the identifier of the list; the codes of others may depend on their value.
        fixed = [first, *(item.data for item in self.reading.items if item.depends_on_value)]
        varies = name in _VARYING_TEXTS and not any(data is other for other in fixed)
        if varies and data.tag is not Tag.UTF8_STRING and is_plain_text(self.apdu[end - size : end]):
            self.texts[name] = (end - size, end)
            self._free.append((end - size, size))
        else:
            self._constant(name, values.text(data))

    def _times(self) -> None:
        """The date-time of the APDU and the clock in the list, and which of them is the timestamp."""
        listed = self.reading.sources.get("energy_time")
        push = self.reading.notification
        taken = bool(push and push.date_time and self._clock(push.date_time, push.body.offset, ("timestamp",)))
        if listed and (clock_in_list := values.time(listed.data)):
            end = listed.data.offset + listed.data.length
            self._clock(clock_in_list, end, ("energy_time",) if taken else ("energy_time", "timestamp"))

    def _clock(self, sent: DateTime, end: int, names: tuple[str, ...]) -> bool:
        """Note the date-time that ends before `end`; one that shows no moment is constant."""
        place, rule = end - DATE_TIME_FORMAT.size, self.reading.profile.clock
        if clock.resolve(sent, rule, self.timezone) is None:
            return False
        if sent.year not in _CENTURIES:
            raise NotLearnableError(f"a date-time in the year {sent.year} may read as a text")
        zone = clock.zone(sent.deviation, rule, self.timezone)
        self.clocks.append(Clock(place, clock.fraction(sent), zone, names))
        self._free += [(place + start, size) for start, size in _CLOCK_VALUES]
        return True


def is_plain_text(octets: bytes) -> bool:
    """Return whether octets are a text and nothing else. Six octets that begin with NUL or CR are also a code."""
    return octets.isalnum() or (octets[:1] >= _BLANK and values.printable(octets) is not None)


def varying(reading: Reading, mask: bytes) -> list[Element] | None:
    """Return the registers that have a bit which is no one in `mask`; `None` when one of them is no plain value."""
    found: list[Element] = []
    for position, (item, register) in enumerate(zip(reading.items, reading.registers, strict=True)):
        start = item.data.offset
        if any(byte != _ALL for byte in mask[start : start + item.data.length]):
            value = _plain(item.data, start)
            if value is None:
                return None
            found.append(Element(position, value, register.obis, register.scaler, register.unit))
    return found


def _plain(data: Data, start: int) -> Callable[[bytes], Plain] | None:
    """Return the function that reads the value of an element that begins at `start` of an APDU."""
    end = start + data.length
    if data.tag in _FORMATS:
        unpack = Struct(f">{_FORMATS[data.tag]}").unpack_from
        return lambda apdu: unpack(apdu, start + 1)[0]
    if data.tag is Tag.OCTET_STRING and isinstance(data.value, bytes):
        begin = end - len(data.value)
        return lambda apdu: apdu[begin:end]
    if data.tag is Tag.VISIBLE_STRING and isinstance(data.value, str):
        begin = end - len(data.value)
        return lambda apdu: apdu[begin:end].decode("ascii", "surrogateescape")
    return None
