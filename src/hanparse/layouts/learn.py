"""Defines `LayoutBuilder`. It finds the bytes of a push that can vary, and the fields that these bytes fill."""

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
"""The largest factor of a value. The product of this factor and a 64-bit integer is below the largest float."""
_VARYING_TEXTS: Final = frozenset({"meter_id"})  # all other texts determine how the list is read
_INVOKE_ID, _INVOKE_ID_SIZE = 1, 4  # index in the APDU, and number of bytes
# Index and size of the two parts of a date-time that can vary: from the low byte of the year to the second, and the
# status. Hundredths and deviation must be constant. The high byte of the year must be 07, which no text contains: the
# grammar reads a text at the beginning of a list as a list identifier, so a layout must not read such a text as a
# clock.
_CLOCK_VALUES: Final = ((1, WALL_CLOCK.size - 1), (DATE_TIME_FORMAT.size - 1, 1))
_YEARS: Final = range(0x0700, 0x0800)  # 1792 to 2047, the years with the high byte 07
_BLANK: Final = b" "
_CONSTANT_BYTE: Final = 0xFF  # a byte of the mask whose eight bits are constant


class NotLearnableError(Exception):
    """Raised for a push from which no layout can be derived."""


class Element(NamedTuple):
    """Describes a register whose value can vary.

    `position` is its position in the list. `value` is a function that reads the value from an APDU.
    """

    position: int
    value: Callable[[bytes], Plain]
    obis: Obis | None
    scaler: int | None
    unit: str | None


class LayoutBuilder:
    """Finds the bytes of an APDU that can vary, and the fields that these bytes fill.

    Raises `NotLearnableError` if a layout could read a similar push differently from the grammar and the profile.
    """

    def __init__(self, apdu: bytes, reading: Reading, scale: Scale, timezone: tzinfo | None) -> None:
        self.apdu, self.reading, self.timezone = apdu, reading, timezone
        self.constants: dict[str, Any] = {}
        self.numbers: list[Number] = []
        self.texts: dict[str, tuple[int, int]] = {}
        self.clocks: list[Clock] = []
        self.scale = scale
        self.unmeasured: list[str] = []
        """The names of fields in which the value 0 means that the meter does not measure the quantity."""
        self._constant_bits: list[tuple[int, int]] = []  # index of a variable byte, and its constant bits
        self._variable = [(_INVOKE_ID, _INVOKE_ID_SIZE)]  # index and number of bytes that can vary
        self._constant("manufacturer", reading.profile.manufacturer)
        self._constant("wiring", reading.model.wiring if reading.model else None)
        for name, source in reading.sources.items():
            if source.kind in (Kind.NUMBER, Kind.COUNT):
                self._number(name, source)
            elif source.kind is Kind.TEXT:
                self._text(name, source)
        self._times()
        # Integers that fill no field can vary, too, because they are values of registers. If an item is a structure
        # or an array, but not a value, all its parts are constant. An example is the push-object-list.
        for item in reading.items:
            parts = shapes.parts(item.data) if item.is_value else [item.data]
            self._variable += [(self._place(part), part.length - 1) for part in parts if part.tag in _FORMATS]
        for unit, resolution in reading.profile.higher_resolution.items():
            self._keep_resolution(resolution.limit, unscaled(reading.items, unit))

    def _mask(self) -> int:
        """Return an integer with the size of the APDU. Each constant bit is 1."""
        mask = bytearray(b"\xff" * len(self.apdu))
        for place, size in self._variable:
            mask[place : place + size] = bytes(size)
        for place, bits in self._constant_bits:
            mask[place] |= bits
        return int.from_bytes(mask, "big")

    def plan(self) -> Plan:
        """Return the plan: the constant bits, and the rules that read the values."""
        numbers = tuple(sorted(self.numbers))  # in the order of their indexes
        texts = tuple(self.texts.items())
        read = tuple(self.constants), numbers, texts, tuple(self.clocks), tuple(self.unmeasured)
        # Equal plans are shared, except plans with a time zone, because equal time zones can have different names.
        make = shared_plan if self.timezone is None else Plan
        return make(len(self.apdu), self._mask(), *read)

    def _constant(self, name: str, value: object) -> None:
        if value is not None:
            self.constants[name] = value

    def _place(self, data: Data) -> int:
        """Return the index of the byte after the tag of `data`."""
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

    def _keep_resolution(self, limit: int, sent: list[Data]) -> None:
        """Make bits constant, so that all pushes with the layout have the same resolution.

        The profile assumes a higher resolution if at least one of the numbers `sent` is not below `limit`, a power of
        two. In this case, the highest 1 bit of the first such number is constant, so that the number stays at least
        `limit`. Otherwise the bits with a value of at least `limit` are 0 in all numbers, and they are constant.
        """
        numbers = [(data, value) for data in sent if data.tag in _FORMATS and isinstance(value := data.value, int)]
        high = [(data, 1 << value.bit_length() - 1) for data, value in numbers if value >= limit][:1]
        low = [(data, -limit) for data, _ in numbers]
        for data, bits in high or low:
            size = data.length - 1
            constant = (bits | 1 << 8 * size - 1) % (1 << 8 * size)  # with the highest bit, which can be a sign bit
            self._constant_bits += enumerate(constant.to_bytes(size, "big"), self._place(data))

    def _text(self, name: str, source: Source) -> None:
        data = source.data
        size = len(data.value) if isinstance(data.value, bytes | str) else 0
        end = data.end
        push = self.reading.notification
        first = next(iter(shapes.elements(push.body)), None) if push else None
        # These texts are constant: a list identifier at the beginning, and values on which an OBIS code depends.
        fixed = [first, *(item.data for item in self.reading.items if item.depends_on_value)]
        varies = name in _VARYING_TEXTS and not any(data is other for other in fixed)
        if varies and data.tag is not Tag.UTF8_STRING and is_plain_text(self.apdu[end - size : end]):
            self.texts[name] = (end - size, end)
            self._variable.append((end - size, size))
        else:
            self._constant(name, values.text(data))

    def _times(self) -> None:
        """Add the date-time of the APDU and the clock in the list.

        The date-time of the APDU is the timestamp. If the APDU has no valid date-time, the clock in the list is also
        the timestamp.
        """
        listed = self.reading.sources.get("energy_time")
        push = self.reading.notification
        has_timestamp = False
        if push and push.date_time:
            has_timestamp = self._clock(push.date_time, push.body.offset, ("timestamp",))
        if listed and (clock_in_list := values.time(listed.data)):
            names = ("energy_time",) if has_timestamp else ("energy_time", "timestamp")
            self._clock(clock_in_list, listed.data.end, names)

    def _clock(self, sent: DateTime, end: int, names: tuple[str, ...]) -> bool:
        """Add the date-time that ends at the index `end` to the clocks, and return True.

        An impossible date-time is not added, so its bytes stay constant. Return False for such a date-time.
        """
        place, rule = end - DATE_TIME_FORMAT.size, self.reading.profile.clock
        if clock.resolve(sent, rule, self.timezone) is None:
            return False
        if sent.year not in _YEARS:
            raise NotLearnableError(f"a date-time in the year {sent.year} could be read as text")
        zone = clock.zone(sent.deviation, rule, self.timezone)
        self.clocks.append(Clock(place, clock.fraction(sent), zone, names))
        self._variable += [(place + start, size) for start, size in _CLOCK_VALUES]
        return True


def is_plain_text(octets: bytes) -> bool:
    """Return whether octets can only be text. Octets that begin with NUL or CR can also be an OBIS code."""
    return octets.isalnum() or (octets[:1] >= _BLANK and values.printable(octets) is not None)


def varying(reading: Reading, mask: bytes) -> list[Element] | None:
    """Return the registers with bits that can vary. Return `None` if one of them is neither integer nor string."""
    elements: list[Element] = []
    for position, (item, register) in enumerate(zip(reading.items, reading.registers, strict=True)):
        start = item.data.offset
        if any(byte != _CONSTANT_BYTE for byte in mask[start : item.data.end]):
            value = _plain(item.data)
            if value is None:
                return None
            elements.append(Element(position, value, register.obis, register.scaler, register.unit))
    return elements


def _plain(data: Data) -> Callable[[bytes], Plain] | None:
    """Return a function that reads the value of `data` from an APDU.

    Return `None` if `data` is not an integer, an octet-string or a visible-string.
    """
    start, end = data.offset + 1, data.end
    if data.tag in _FORMATS:
        unpack = Struct(f">{_FORMATS[data.tag]}").unpack_from
        return lambda apdu: unpack(apdu, start)[0]
    if data.tag is Tag.OCTET_STRING and isinstance(data.value, bytes):
        begin = end - len(data.value)
        return lambda apdu: apdu[begin:end]
    if data.tag is Tag.VISIBLE_STRING and isinstance(data.value, str):
        begin = end - len(data.value)
        return lambda apdu: apdu[begin:end].decode("ascii", "surrogateescape")
    return None
