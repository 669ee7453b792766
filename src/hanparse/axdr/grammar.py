"""A-XDR bytes <-> typed values: every type of the Blue Book (4.1.5), each value with its place in the bytes.

The encoding is declared once, as construct grammar (the table at the end), and runs both ways; `hanparse.axdr.bounded`
keeps hostile bytes harmless.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, TypeVar

import construct as c

from hanparse.axdr.bounded import Bounded, build_all, parse_all
from hanparse.axdr.data import (
    AttributeDescriptor,
    CompactArray,
    Data,
    Date,
    DateTime,
    Tag,
    Time,
    TypeDescription,
    Untagged,
)

if TYPE_CHECKING:
    from hanparse.axdr.data import Value

_MAX_LENGTH_SIZE: Final = 8  # bytes; four are the most that were ever seen
_ATTRIBUTE: Final = 3, 2  # the depth and size of an attribute: a structure of two in an array in a structure
_LONG_FORM: Final = 0x80  # a first length byte from here on counts the length bytes that follow


def parse(data: bytes) -> Data:
    """The one value that `data` is. Raises `DecodeError`."""
    return parse_all(DATA, data)  # type: ignore[no-any-return]


def build(value: Data) -> bytes:
    """The bytes of a value. Raises `ValueError` when its tag cannot hold it."""
    return build_all(DATA, value)


# --- the grammar -----------------------------------------------------------------------------------------------------


class _Length(c.Construct):
    """One byte to 127, else 80 + n and n bytes."""

    def _parse(self, stream: Bounded, context: object, path: str) -> int:
        first: int = c.Byte._parse(stream, context, path)
        if first < _LONG_FORM:
            return first
        if first > _LONG_FORM + _MAX_LENGTH_SIZE:
            found = f"a length in {first - _LONG_FORM} bytes"
            stream.fail(f"{found}; expected {_MAX_LENGTH_SIZE} at most", stream.tell() - 1)
        return int.from_bytes(c.stream_read(stream, first - _LONG_FORM, path), "big")

    def _build(self, obj: int, stream: io.BytesIO, _context: object, _path: str) -> None:
        if obj < _LONG_FORM:
            stream.write(bytes([obj]))
        else:
            size = (obj.bit_length() + 7) // 8
            stream.write(bytes([_LONG_FORM | size]) + obj.to_bytes(size, "big"))


class _Octets(c.Construct):
    """A length and as many bytes."""

    def _parse(self, stream: Bounded, context: object, path: str) -> bytes:
        offset = stream.tell()
        length = LENGTH._parse(stream, context, path)
        stream.claim(length, f"a string of {length} bytes", offset)
        return stream.read(length)

    def _build(self, obj: bytes, stream: io.BytesIO, context: object, path: str) -> None:
        LENGTH._build(len(obj), stream, context, path)
        stream.write(obj)


class _Bits(c.Construct):
    """A length in bits and the bits, the first one highest in its byte."""

    def _parse(self, stream: Bounded, context: object, path: str) -> str:
        offset = stream.tell()
        bits = LENGTH._parse(stream, context, path)
        size = (bits + 7) // 8
        stream.claim(size, f"a bit-string of {bits} bits", offset)
        return "".join(f"{byte:08b}" for byte in stream.read(size))[:bits]

    def _build(self, obj: str, stream: io.BytesIO, context: object, path: str) -> None:
        size = (len(obj) + 7) // 8
        LENGTH._build(len(obj), stream, context, path)
        stream.write(int("0" + obj.ljust(8 * size, "0"), 2).to_bytes(size, "big"))


class _Elements(c.Construct):
    """A count and as many values."""

    def _parse(self, stream: Bounded, context: object, path: str) -> tuple[Data, ...]:
        offset = stream.tell()
        count = LENGTH._parse(stream, context, path)
        stream.claim(count, f"{count} elements", offset)
        stream.descend()
        untagged = stream.attributes and (stream.depth, count) == _ATTRIBUTE
        grammars = (UNTAGGED, DATA) if untagged else (DATA,) * count
        elements = tuple([grammar._parse(stream, context, path) for grammar in grammars])
        stream.depth -= 1
        return elements

    def _build(self, obj: tuple[Data, ...], stream: io.BytesIO, context: object, path: str) -> None:
        LENGTH._build(len(obj), stream, context, path)
        for element in obj:
            DATA._build(element, stream, context, path)


class _Data(c.Construct):
    """A tag and the value of its type; or that of a type that is known, without a tag."""

    def __init__(self, untagged: Untagged | None = None) -> None:
        super().__init__()
        self._untagged = untagged

    def _parse(self, stream: Bounded, context: object, path: str) -> Data:
        offset = stream.tell()
        tag = self._untagged or TAG._parse(stream, context, path)
        value = _parse_value(tag, stream, context, path)
        data = Data(tag, value, offset, stream.tell() - offset)
        stream.complete.append(data)
        return data

    def _build(self, obj: Data, stream: io.BytesIO, context: object, path: str) -> None:
        if isinstance(obj.tag, Tag):
            TAG._build(obj.tag, stream, context, path)
        TYPES[obj.tag]._build(obj.value, stream, context, path)


class _Tag(c.Construct):
    """One byte, one of `Tag`."""

    def _parse(self, stream: Bounded, context: object, path: str) -> Tag:
        sent = c.Byte._parse(stream, context, path)
        tag = _TAGS.get(sent)
        if tag is None:
            stream.fail(f"expected the tag of an A-XDR type, found {sent:02X}", stream.tell() - 1)
        return tag

    def _build(self, obj: Tag, stream: io.BytesIO, _context: object, _path: str) -> None:
        stream.write(bytes([obj]))


class _TypeDescription(c.Construct):
    """A tag; for an array also a count (16 bits) and one description, for a structure a number of descriptions."""

    def _parse(self, stream: Bounded, context: object, path: str) -> TypeDescription:
        offset = stream.tell()
        tag = TAG._parse(stream, context, path)
        if tag is Tag.COMPACT_ARRAY:
            stream.fail("a compact-array cannot hold another", offset)
        if tag not in (Tag.ARRAY, Tag.STRUCTURE):
            return TypeDescription(tag)
        stream.descend()
        count, number = (
            (c.Int16ub._parse(stream, context, path), 1)
            if tag is Tag.ARRAY
            else (0, LENGTH._parse(stream, context, path))
        )
        stream.claim(number, f"{number} type descriptions", offset)
        members = tuple([self._parse(stream, context, path) for _ in range(number)])
        stream.depth -= 1
        return TypeDescription(tag, members, count)

    def _build(self, obj: TypeDescription, stream: io.BytesIO, context: object, path: str) -> None:
        TAG._build(obj.tag, stream, context, path)
        if obj.tag is Tag.ARRAY:
            c.Int16ub._build(obj.count, stream, context, path)
        elif obj.tag is Tag.STRUCTURE:
            LENGTH._build(len(obj.members), stream, context, path)
        for member in obj.members:
            self._build(member, stream, context, path)


class _CompactArray(c.Construct):
    """A type description, a length in bytes, and elements without tags until the bytes are used up."""

    def _parse(self, stream: Bounded, context: object, path: str) -> CompactArray:
        description = DESCRIPTION._parse(stream, context, path)
        offset = stream.tell()
        length = LENGTH._parse(stream, context, path)
        stream.claim(length, f"a compact-array of {length} bytes", offset)
        end = stream.tell() + length
        elements = []
        while stream.tell() < end:
            elements.append(self._parse_element(description, stream, context, path))
        if stream.tell() > end:
            stream.fail(f"the last element of a compact-array ends {stream.tell() - end} bytes after it", end)
        return CompactArray(description, tuple(elements))

    def _parse_element(self, description: TypeDescription, stream: Bounded, context: object, path: str) -> Data:
        offset = stream.tell()
        stream.unfold()
        tag, members = description.tag, description.members
        value: Value
        if tag is Tag.ARRAY:
            value = tuple(self._parse_element(members[0], stream, context, path) for _ in range(description.count))
        elif tag is Tag.STRUCTURE:
            value = tuple(self._parse_element(member, stream, context, path) for member in members)
        else:
            value = _parse_value(tag, stream, context, path)
        return Data(tag, value, offset, stream.tell() - offset)

    def _build(self, obj: CompactArray, stream: io.BytesIO, context: object, path: str) -> None:
        DESCRIPTION._build(obj.description, stream, context, path)
        contents = io.BytesIO()
        for element in obj.elements:
            self._build_element(element, contents, context, path)
        OCTETS._build(contents.getvalue(), stream, context, path)

    def _build_element(self, element: Data, stream: io.BytesIO, context: object, path: str) -> None:
        if element.tag in (Tag.ARRAY, Tag.STRUCTURE):
            for member in element.value:  # type: ignore[union-attr]
                self._build_element(member, stream, context, path)  # type: ignore[arg-type]
        else:
            TYPES[element.tag]._build(element.value, stream, context, path)


def _parse_value(tag: Tag | Untagged, stream: Bounded, context: object, path: str) -> Value:
    offset = stream.tell()
    try:
        return TYPES[tag]._parse(stream, context, path)  # type: ignore[no-any-return]
    except c.StreamError:
        stream.fail(f"the bytes end inside the {tag} that begins here; cut off on the way", offset)


_Record = TypeVar("_Record", Date, Time, DateTime, AttributeDescriptor)


def _record(record: type[_Record], **fields: c.Construct) -> c.Construct:
    """A struct that reads into a named tuple; bytes where nothing else is said."""
    members = [name / fields.get(name, c.Byte) for name in record._fields]
    return c.ExprAdapter(
        c.Sequence(*members),
        decoder=lambda sent, _context: record(*sent),
        encoder=lambda value, _context: list(record(*value)),
    )


def _text(encoding: str) -> c.Construct:
    """Text that survives both ways even where the encoding does not know a byte."""
    return c.ExprAdapter(
        OCTETS,
        decoder=lambda sent, _context: sent.decode(encoding, "surrogateescape"),
        encoder=lambda value, _context: value.encode(encoding, "surrogateescape"),
    )


_TAGS: Final = {int(tag): tag for tag in Tag}
LENGTH: Final = _Length()
TAG: Final = _Tag()
OCTETS: Final = _Octets()
ELEMENTS: Final = _Elements()
DESCRIPTION: Final = _TypeDescription()
DATA: Final = _Data()
UNTAGGED: Final = _Data(Untagged.ATTRIBUTE_DESCRIPTOR)
DATE_TIME: Final = _record(DateTime, year=c.Int16ub, deviation=c.Int16sb)

TYPES: Final[dict[Tag | Untagged, c.Construct]] = {
    Tag.NULL_DATA: c.Pass,
    Tag.ARRAY: ELEMENTS,
    Tag.STRUCTURE: ELEMENTS,
    Tag.BOOLEAN: c.Flag,  # any byte but 0 is true
    Tag.BIT_STRING: _Bits(),
    Tag.DOUBLE_LONG: c.Int32sb,
    Tag.DOUBLE_LONG_UNSIGNED: c.Int32ub,
    Tag.OCTET_STRING: OCTETS,
    Tag.VISIBLE_STRING: _text("ascii"),
    Tag.UTF8_STRING: _text("utf-8"),
    Tag.BCD: c.Int8sb,  # an Integer8 in the ASN.1
    Tag.INTEGER: c.Int8sb,
    Tag.LONG: c.Int16sb,
    Tag.UNSIGNED: c.Int8ub,
    Tag.LONG_UNSIGNED: c.Int16ub,
    Tag.COMPACT_ARRAY: _CompactArray(),
    Tag.LONG64: c.Int64sb,
    Tag.LONG64_UNSIGNED: c.Int64ub,
    Tag.ENUM: c.Int8ub,
    Tag.FLOAT32: c.Float32b,
    Tag.FLOAT64: c.Float64b,
    Tag.DATE_TIME: DATE_TIME,
    Tag.DATE: _record(Date, year=c.Int16ub),
    Tag.TIME: _record(Time),
    Tag.DELTA_INTEGER: c.Int8sb,
    Tag.DELTA_LONG: c.Int16sb,
    Tag.DELTA_DOUBLE_LONG: c.Int32sb,
    Tag.DELTA_UNSIGNED: c.Int8ub,
    Tag.DELTA_LONG_UNSIGNED: c.Int16ub,
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: c.Int32ub,
    Tag.DONT_CARE: c.Pass,
    Untagged.ATTRIBUTE_DESCRIPTOR: _record(AttributeDescriptor, group=c.Int16ub, logical_name=c.Bytes(6)),
}
