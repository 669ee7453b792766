"""Defines COSEM data as Python values: the types of the Blue Book (4.1.5), without their encoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from struct import Struct, calcsize
from typing import Final, NamedTuple, Self

from hanparse.errors import DecodeError


class Tag(IntEnum):
    """The byte in front of every value that identifies its type (Blue Book 4.1.5)."""

    NULL_DATA = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    COMPACT_ARRAY = 19
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DELTA_INTEGER = 28
    DELTA_LONG = 29
    DELTA_DOUBLE_LONG = 30
    DELTA_UNSIGNED = 31
    DELTA_LONG_UNSIGNED = 32
    DELTA_DOUBLE_LONG_UNSIGNED = 33
    DONT_CARE = 255

    def __str__(self) -> str:
        """Return the name as in the Blue Book: ``double-long-unsigned``."""
        return self.name.lower().replace("_", "-")


LISTS: Final = (Tag.ARRAY, Tag.STRUCTURE)
"""The types of values that consist of elements, each with a tag of its own."""
NOT_SPECIFIED: Final = 0xFF
"""The value of a byte of a date, time or date-time that is not specified (Blue Book 4.1.6.1)."""
NO_YEAR: Final = 0xFFFF
"""The value of a year that is not specified."""
NO_DEVIATION: Final = -0x8000
"""The value of a deviation that is not specified."""


class Untagged(Enum):
    """The type of a value without a tag."""

    ATTRIBUTE_DESCRIPTOR = "attribute-descriptor"

    def __str__(self) -> str:
        """Return the name of the type, as `Tag` does."""
        return self.value


class Date(NamedTuple):
    """A date as the meter sent it (five bytes). Weekday 1 is Monday; see `NO_YEAR` and `NOT_SPECIFIED`."""

    year: int
    month: int
    day: int
    weekday: int


class Time(NamedTuple):
    """A time as the meter sent it (four bytes); see `NOT_SPECIFIED`."""

    hour: int
    minute: int
    second: int
    hundredths: int


class DateTime(NamedTuple):
    """A date-time as the meter sent it (twelve bytes). UTC = local time + `deviation` minutes; see `NO_DEVIATION`."""

    year: int
    month: int
    day: int
    weekday: int
    hour: int
    minute: int
    second: int
    hundredths: int
    deviation: int
    status: int

    @classmethod
    def from_octets(cls, octets: bytes) -> Self:
        """Return the date-time in an octet-string. Raises `DecodeError` unless the octet-string has twelve bytes."""
        if len(octets) != DATE_TIME_FORMAT.size:
            raise DecodeError(f"expected a date-time of {DATE_TIME_FORMAT.size} bytes, found {len(octets)}")
        return cls._make(DATE_TIME_FORMAT.unpack(octets))


class AttributeDescriptor(NamedTuple):
    """Nine bytes that identify the next value (Green Book, Cosem-Attribute-Descriptor). `instance_id` is a code."""

    class_id: int
    instance_id: bytes
    attribute_id: int


class Scalar(NamedTuple):
    """A type of fixed size: its `struct` format (big-endian), its kind, and its short name in profiles."""

    format: str
    kind: str
    short_name: str = ""
    record: type[Date | Time | DateTime] | None = None
    """The named tuple of a value that has several parts; `None` for other types."""

    @property
    def size(self) -> int:
        """The number of bytes after the tag."""
        return calcsize(f">{self.format}")

    @property
    def is_number(self) -> bool:
        """True if the values are quantities. Codes, states and deltas are no quantities."""
        return self.kind in ("integer", "float")


SCALARS: Final[dict[Tag | Untagged, Scalar]] = {
    Tag.BOOLEAN: Scalar("?", "state", "bool"),  # any byte but 0 is true
    Tag.DOUBLE_LONG: Scalar("l", "integer", "i32"),
    Tag.DOUBLE_LONG_UNSIGNED: Scalar("L", "integer", "u32"),
    Tag.BCD: Scalar("b", "digits"),  # an Integer8 in the ASN.1
    Tag.INTEGER: Scalar("b", "integer", "i8"),
    Tag.LONG: Scalar("h", "integer", "i16"),
    Tag.UNSIGNED: Scalar("B", "integer", "u8"),
    Tag.LONG_UNSIGNED: Scalar("H", "integer", "u16"),
    Tag.LONG64: Scalar("q", "integer", "i64"),
    Tag.LONG64_UNSIGNED: Scalar("Q", "integer", "u64"),
    Tag.ENUM: Scalar("B", "code", "enum"),
    Tag.FLOAT32: Scalar("f", "float"),
    Tag.FLOAT64: Scalar("d", "float"),
    Tag.DATE_TIME: Scalar("HBBBBBBBhB", "time", record=DateTime),
    Tag.DATE: Scalar("HBBB", "time", record=Date),
    Tag.TIME: Scalar("BBBB", "time", record=Time),
    Tag.DELTA_INTEGER: Scalar("b", "delta"),
    Tag.DELTA_LONG: Scalar("h", "delta"),
    Tag.DELTA_DOUBLE_LONG: Scalar("l", "delta"),
    Tag.DELTA_UNSIGNED: Scalar("B", "delta"),
    Tag.DELTA_LONG_UNSIGNED: Scalar("H", "delta"),
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: Scalar("L", "delta"),
}
"""All types of fixed size (Blue Book 4.1.5). Every other module takes these facts from this table."""

DATE_TIME_FORMAT: Final = Struct(f">{SCALARS[Tag.DATE_TIME].format}")
WALL_CLOCK: Final = Struct(">HBBxBBB")
"""The format of the year, month, day, hour, minute and second of a date-time; the weekday is left out."""


@dataclass(frozen=True, slots=True)
class TypeDescription:
    """The type of the elements of a compact-array.

    If the elements are structures, `members` are the types in a structure. If they are arrays, `members` has one type,
    and each array contains `count` values of this type.
    """

    tag: Tag
    members: tuple[TypeDescription, ...] = ()
    count: int = 0

    @property
    def items(self) -> int:
        """The number of values in one element, including the element itself."""
        return 1 + (self.count if self.tag is Tag.ARRAY else 1) * sum(member.items for member in self.members)


@dataclass(frozen=True, slots=True)
class CompactArray:
    """The value of a compact-array: one type description and the elements, which have no tags."""

    description: TypeDescription
    elements: tuple[Data, ...]


Value = (
    None
    | bool
    | int
    | float
    | str
    | bytes
    | Date
    | Time
    | DateTime
    | AttributeDescriptor
    | CompactArray
    | tuple["Data", ...]
)
"""The value of a `Data`: `bytes` for octet-string, `str` for text and bit-string (``"0101"``), a tuple for lists."""


@dataclass(frozen=True, slots=True)
class Data:
    """One value and its type. `offset` and `length` are those of its bytes with the tag; comparisons ignore them."""

    tag: Tag | Untagged
    value: Value = None
    offset: int = field(default=0, compare=False)
    length: int = field(default=0, compare=False)

    @property
    def end(self) -> int:
        """The index after the last byte of the value."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Partial(Data):
    """An array or structure that is not complete. Its value contains the elements that were parsed.

    The last element may be `Partial`, too. `announced` is the count in front of the elements. `length` includes the
    bytes up to the last parsed element.
    """

    announced: int = field(default=0, compare=False)
