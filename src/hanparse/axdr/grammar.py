"""Parses A-XDR bytes to typed values with their positions, and builds the bytes of values.

The table at the end of the module declares all types of Blue Book 4.1.5 with the library construct. Construct uses the
same declaration to parse and to build. This package defines its own subclasses of `construct.Construct` for two
reasons: each value needs its position, and the sizes of arrays, structures and compact-arrays must be limited. Without
these subclasses, the code would be a quarter shorter and ten times slower, and the error messages would not contain the
lengths and counts in the bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import construct as c

from hanparse.axdr.bounded import Bounded, build_all, parse_all
from hanparse.axdr.data import LISTS, SCALARS, CompactArray, Data, Partial, Tag, TypeDescription, Untagged
from hanparse.axdr.primitives import ASCII, BITS, LENGTH, OCTETS, UTF8, Record
from hanparse.errors import DecodeError
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse(data: bytes) -> Data:
    """Return the value that `data` encodes. Raises `DecodeError` if `data` is not exactly one value."""
    return parse_all(DATA, data)  # type: ignore[no-any-return]


def build(value: Data) -> bytes:
    """Return the bytes of a value. Raises `ValueError` if the value does not fit its tag."""
    return build_all(DATA, value)


# --- the constructs --------------------------------------------------------------------------------------------------


class _Tag(c.Construct):
    """Reads and writes a `Tag`, one byte."""

    def _parse(self, stream: Bounded, _context: object, path: str) -> Tag:
        found = c.stream_read(stream, TAG_SIZE, path)
        tag = _TAGS.get(found)
        if tag is None:
            stream.fail(f"expected the tag of an A-XDR type, found {found.hex().upper()}", stream.tell() - TAG_SIZE)
        return tag

    def _build(self, obj: Tag | Untagged, stream: io.BytesIO, _context: object, _path: str) -> None:
        stream.write(bytes([obj]))  # type: ignore[list-item]  # an Untagged raises TypeError


class Node(c.Construct):
    """Reads and writes a value with `grammar`. Only this construct creates `Data`, which contains the position.

    (After an error, `_Elements` creates a `Partial`.)

    `tag_size` is the number of bytes of the tag, which was read before the value. It is 0 for a value without a tag.
    The position of a value is the index of its first byte, with the tag.
    """

    def __init__(self, tag: Tag | Untagged, grammar: c.Construct, tag_size: int = 0) -> None:
        super().__init__()
        self.tag = tag
        self.grammar = grammar
        self._tag_size = tag_size

    def _parse(self, stream: Bounded, context: object, path: str) -> Data:
        offset = stream.tell() - self._tag_size
        try:
            value = self.grammar._parse(stream, context, path)
        except c.StreamError:
            stream.fail(f"the bytes end inside the {self.tag} that begins here; the input is cut off", offset)
        return Data(self.tag, value, offset, stream.tell() - offset)

    def _build(self, obj: Data, stream: io.BytesIO, context: object, path: str) -> None:
        if obj.tag is not self.tag:
            raise ValueError(f"expected the type {self.tag}, found {obj.tag}")
        self.grammar._build(obj.value, stream, context, path)


class _Data(c.Construct):
    """Reads and writes a tag and a value. `types` maps each tag to the grammar of the values with this tag."""

    def __init__(self, types: Mapping[Tag | Untagged, Node]) -> None:
        super().__init__()
        self._types = types

    def _parse(self, stream: Bounded, context: object, path: str) -> Data:
        return self._types[TAG._parse(stream, context, path)]._parse(stream, context, path)

    def _build(self, obj: Data, stream: io.BytesIO, context: object, path: str) -> None:
        TAG._build(obj.tag, stream, context, path)
        self._types[obj.tag]._build(obj, stream, context, path)


class _Elements(c.Construct):
    """Reads and writes a count and the elements of an array or structure.

    If the count equals the number of grammars in `row`, each element has the grammar at its position in `row`.
    Otherwise all elements have the grammar `each`, or `DATA` if `each` is `None`.
    """

    def __init__(self, tag: Tag, row: tuple[c.Construct, ...] = (), each: c.Construct | None = None) -> None:
        super().__init__()
        self._tag = tag
        self._row = row
        self._each = each

    def _grammars(self, count: int) -> tuple[c.Construct, ...]:
        return self._row if count == len(self._row) else (self._each or DATA,) * count

    def _parse(self, stream: Bounded, context: object, path: str) -> tuple[Data, ...]:
        start = stream.tell()
        count = LENGTH._parse(stream, context, path)
        stream.claim(count, f"{count} elements", start)
        elements: list[Data] = []
        first = stream.tell()
        try:
            stream.descend()
            for grammar in self._grammars(count):
                elements.append(grammar._parse(stream, context, path))  # noqa: PERF401  needed after an error
        except (DecodeError, c.StreamError):
            elements += [stream.partial] if stream.partial else []
            offset, end = start - TAG_SIZE, elements[-1].end if elements else first
            stream.partial = Partial(self._tag, tuple(elements), offset, end - offset, count)
            raise
        stream.depth -= 1
        return tuple(elements)

    def _build(self, obj: tuple[Data, ...], stream: io.BytesIO, context: object, path: str) -> None:
        LENGTH._build(len(obj), stream, context, path)
        for grammar, element in zip(self._grammars(len(obj)), obj, strict=True):
            grammar._build(element, stream, context, path)


def variant(tag: Tag, row: tuple[c.Construct, ...] = (), each: c.Construct | None = None) -> c.Construct:
    """Return a grammar for any value. `row` and `each` (see `_Elements`) apply if the value has this `tag`."""
    return _Data({**TYPES, tag: Node(tag, _Elements(tag, row, each), TAG_SIZE)})


class _TypeDescription(c.Construct):
    """Reads and writes a type description (Blue Book 4.1.5).

    A type description begins with a tag. After the tag of an array, a count of 16 bits and one type description follow.
    After the tag of a structure, the number of its type descriptions and the type descriptions follow.
    """

    def _parse(self, stream: Bounded, context: object, path: str) -> TypeDescription:
        offset = stream.tell()
        tag = TAG._parse(stream, context, path)
        if tag is Tag.COMPACT_ARRAY:
            stream.fail("a compact-array cannot have elements of type compact-array", offset)
        if tag not in LISTS:
            return TypeDescription(tag)
        stream.descend()
        count = c.Int16ub._parse(stream, context, path) if tag is Tag.ARRAY else 0
        number = 1 if tag is Tag.ARRAY else LENGTH._parse(stream, context, path)
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


class _Members(c.Construct):
    """Reads and writes an array or structure inside a compact-array. It has no tags and no count.

    It consists of one value for each grammar in `row`, repeated `times` times.
    """

    def __init__(self, row: tuple[c.Construct, ...], times: int) -> None:
        super().__init__()
        self._row = row
        self._times = times

    def _parse(self, stream: Bounded, context: object, path: str) -> tuple[Data, ...]:
        return tuple([grammar._parse(stream, context, path) for _ in range(self._times) for grammar in self._row])

    def _build(self, obj: tuple[Data, ...], stream: io.BytesIO, context: object, path: str) -> None:
        for grammar, member in zip(self._row * self._times, obj, strict=True):
            grammar._build(member, stream, context, path)


def _element(description: TypeDescription) -> Node:
    """Return the grammar of an element of a compact-array. The element contains no tags."""
    tag = description.tag
    if tag not in LISTS:
        return Node(tag, TYPES[tag].grammar)
    row = tuple(_element(member) for member in description.members)
    return Node(tag, _Members(row, description.count if tag is Tag.ARRAY else 1))


class _CompactArray(c.Construct):
    """Reads and writes a compact-array: a type description, a length in bytes, and elements without tags.

    The length is the number of bytes of all elements together.
    """

    def _parse(self, stream: Bounded, context: object, path: str) -> CompactArray:
        start = stream.tell() - TAG_SIZE
        description = DESCRIPTION._parse(stream, context, path)
        offset = stream.tell()
        length = LENGTH._parse(stream, context, path)
        stream.claim(length, f"a compact-array of {length} bytes", offset)
        end = stream.tell() + length
        most = 2 * (end - start) // description.items
        element = _element(description)
        elements: list[Data] = []
        while stream.tell() < end:
            if len(elements) == most:
                stream.fail("expected at most two values per byte in a compact-array, found more; it is damaged")
            elements.append(element._parse(stream, context, path))
        if stream.tell() > end:
            more = Count(stream.tell() - end)
            stream.fail(f"the last element of a compact-array has {more} {more:byte|bytes} too many", end)
        return CompactArray(description, tuple(elements))

    def _build(self, obj: CompactArray, stream: io.BytesIO, context: object, path: str) -> None:
        DESCRIPTION._build(obj.description, stream, context, path)
        contents = io.BytesIO()
        for element in obj.elements:
            _element(obj.description)._build(element, contents, context, path)
        OCTETS._build(contents.getvalue(), stream, context, path)


# --- the types -------------------------------------------------------------------------------------------------------

_TAGS: Final = {bytes([tag]): tag for tag in Tag}
TAG_SIZE: Final = 1
TAG: Final = _Tag()
DESCRIPTION: Final = _TypeDescription()

_GRAMMARS: Final[dict[Tag | Untagged, c.Construct]] = {
    Tag.NULL_DATA: c.Pass,
    Tag.ARRAY: _Elements(Tag.ARRAY),
    Tag.STRUCTURE: _Elements(Tag.STRUCTURE),
    Tag.BIT_STRING: BITS,
    Tag.OCTET_STRING: OCTETS,
    Tag.VISIBLE_STRING: ASCII,
    Tag.UTF8_STRING: UTF8,
    Tag.COMPACT_ARRAY: _CompactArray(),
    Tag.DONT_CARE: c.Pass,
    **{
        tag: Record(scalar.record, scalar.format) if scalar.record else c.FormatField(">", scalar.format)
        for tag, scalar in SCALARS.items()
    },
}
TYPES: Final = {tag: Node(tag, grammar, TAG_SIZE) for tag, grammar in _GRAMMARS.items()}
DATA: Final = _Data(TYPES)
DATE_TIME: Final = TYPES[Tag.DATE_TIME].grammar
