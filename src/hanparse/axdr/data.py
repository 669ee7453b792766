"""Defines Python types for COSEM data (Blue Book 4.1.5). `hanparse.axdr.grammar` defines their encoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from struct import Struct, calcsize
from typing import Final, NamedTuple, Self

from hanparse.errors import DecodeError


class Tag(IntEnum):
    """A `Tag` is the byte in front of a value. It identifies the type of the value (Blue Book 4.1.5)."""

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
        """Return the name in the Blue Book, for example ``double-long-unsigned``."""
        return self.name.lower().replace("_", "-")


LISTS: Final = (Tag.ARRAY, Tag.STRUCTURE)
"""The types of values that consist of elements. Each element has its own tag."""
NOT_SPECIFIED: Final = 0xFF
"""The value of an unspecified byte in a date, time or date-time (Blue Book 4.1.6.1)."""
NO_YEAR: Final = 0xFFFF
"""The value of an unspecified year."""
NO_DEVIATION: Final = -0x8000
"""The value of an unspecified deviation."""


class Untagged(Enum):
    """An `Untagged` is the type of a value without a tag."""

    ATTRIBUTE_DESCRIPTOR = "attribute-descriptor"

    def __str__(self) -> str:
        """Return the name of the type in the Green Book."""
        return self.value


class Date(NamedTuple):
    """A `Date` contains the fields of a date (five bytes) as the meter sent them. Weekday 1 is Monday.

    An unspecified year is `NO_YEAR`. Any other unspecified field is `NOT_SPECIFIED`.
    """

    year: int
    month: int
    day: int
    weekday: int


class Time(NamedTuple):
    """A `Time` contains the fields of a time (four bytes) as sent. An unspecified field is `NOT_SPECIFIED`."""

    hour: int
    minute: int
    second: int
    hundredths: int


class DateTime(NamedTuple):
    """A `DateTime` contains the fields of a date-time (twelve bytes) as the meter sent them.

    UTC is the local time plus `deviation` minutes. An unspecified year is `NO_YEAR`, an unspecified deviation is
    `NO_DEVIATION`, and any other unspecified field is `NOT_SPECIFIED`.
    """

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
        """Return the date-time in `octets`. Raises `DecodeError` if `octets` does not have twelve bytes."""
        if len(octets) != DATE_TIME_FORMAT.size:
            raise DecodeError(f"expected a date-time of {DATE_TIME_FORMAT.size} bytes, found {len(octets)}")
        return cls._make(DATE_TIME_FORMAT.unpack(octets))


class AttributeDescriptor(NamedTuple):
    """An `AttributeDescriptor` identifies the value that follows it in a push (Green Book, Cosem-Attribute-Descriptor).

    It has nine bytes. `instance_id` contains the six bytes of an OBIS code.
    """

    class_id: int
    instance_id: bytes
    attribute_id: int


class Scalar(NamedTuple):
    """A `Scalar` describes a type of fixed size.

    `format` is the format of a value in the module `struct`. The format does not contain the byte order, which is
    big-endian. `kind` is the use of the values, for example "integer" or "time". `short_name` is the name of the type
    in profiles (`hanparse.meters.profile.codes`).
    """

    format: str
    kind: str
    short_name: str = ""
    record: type[Date | Time | DateTime] | None = None
    """The named tuple for a value with several fields; `None` for a type whose values have one field."""

    @property
    def size(self) -> int:
        """Return the number of bytes of a value, without the tag."""
        return calcsize(f">{self.format}")

    @property
    def is_number(self) -> bool:
        """Return whether the values are quantities. Codes, states, deltas, digits and times are not quantities."""
        return self.kind in ("integer", "float")


SCALARS: Final[dict[Tag | Untagged, Scalar]] = {
    Tag.BOOLEAN: Scalar("?", "state", "bool"),  # any byte except 0 is true
    Tag.DOUBLE_LONG: Scalar("l", "integer", "i32"),
    Tag.DOUBLE_LONG_UNSIGNED: Scalar("L", "integer", "u32"),
    Tag.BCD: Scalar("b", "digits"),  # the ASN.1 definition of the type is Integer8
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
"""All tagged types of fixed size (Blue Book 4.1.5). Only this table defines their sizes and formats."""

DATE_TIME_FORMAT: Final = Struct(f">{SCALARS[Tag.DATE_TIME].format}")
WALL_CLOCK: Final = Struct(">HBBxBBB")
"""The format of the first eight bytes of a date-time: year, month, day, hour, minute, second. It skips the weekday."""


@dataclass(frozen=True, slots=True)
class TypeDescription:
    """A `TypeDescription` is the type of the elements of a compact-array.

    If the elements are structures, `members` contains the type of each value in a structure. If the elements are
    arrays, `members` contains one type, and each array has `count` values of this type.
    """

    tag: Tag
    members: tuple[TypeDescription, ...] = ()
    count: int = 0

    @property
    def items(self) -> int:
        """Return the number of values in one element. Each array or structure is counted as one more value."""
        return 1 + (self.count if self.tag is Tag.ARRAY else 1) * sum(member.items for member in self.members)


@dataclass(frozen=True, slots=True)
class CompactArray:
    """A `CompactArray` is the value of a compact-array: one type description, and elements of this type."""

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
"""The value of a `Data`.

The value of an octet-string is `bytes`. The value of a text is `str`. The value of a bit-string is also `str`, for
example ``"0101"``. The value of an array or structure is a tuple.
"""


@dataclass(frozen=True, slots=True)
class Data:
    """A `Data` contains one value and the type of the value.

    `offset` is the index of the first byte, which is the tag if the value has a tag. `length` is the number of bytes,
    with the tag. Comparisons ignore `offset` and `length`.
    """

    tag: Tag | Untagged
    value: Value = None
    offset: int = field(default=0, compare=False)
    length: int = field(default=0, compare=False)

    @property
    def end(self) -> int:
        """Return the index after the last byte of the value."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Partial(Data):
    """A `Partial` is an array or structure with an error in it. Its value contains the elements before the error.

    The last of these elements can be a `Partial`, too. `announced` is the count, that is, the number of elements that
    the array or structure should have. `length` is the number of bytes from the tag to the end of the last element.
    """

    announced: int = field(default=0, compare=False)
