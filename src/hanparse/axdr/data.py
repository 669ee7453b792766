"""COSEM data as Python values: the types of the Blue Book (4.1.5), without their encoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import NamedTuple


class Tag(IntEnum):
    """The byte before every value that says its type."""

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
        """The name as the Blue Book writes it: ``double-long-unsigned``."""
        return self.name.lower().replace("_", "-")


class Untagged(Enum):
    """What stands in a push without a tag."""

    ATTRIBUTE_DESCRIPTOR = "attribute-descriptor"

    def __str__(self) -> str:
        """The name, as of a `Tag`."""
        return self.value


class Date(NamedTuple):
    """Five bytes as sent: year FFFF, and FF elsewhere, is not specified; weekday 1 is Monday."""

    year: int
    month: int
    day: int
    weekday: int


class Time(NamedTuple):
    """Four bytes as sent: FF is not specified."""

    hour: int
    minute: int
    second: int
    hundredths: int


class DateTime(NamedTuple):
    """Twelve bytes as sent: deviation in minutes, UTC = local + deviation, 8000 (−32768) is not specified."""

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


class AttributeDescriptor(NamedTuple):
    """Nine bytes that name what follows: class, logical name, attribute (Green Book, cosem-attribute-descriptor)."""

    group: int
    logical_name: bytes
    attribute: int


@dataclass(frozen=True, slots=True)
class TypeDescription:
    """What a compact-array says of its elements: `members` of a structure, or `count` times one member."""

    tag: Tag
    members: tuple[TypeDescription, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class CompactArray:
    """The value of a compact-array: one description, then elements that were sent without tags."""

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
"""What a `Data` holds: octet-string as bytes, texts as str, bit-string as ``"0101"``, array and structure as tuples."""


@dataclass(frozen=True, slots=True)
class Data:
    """One value. `offset` and `length` say where it stands, with its tag; they take no part in comparisons."""

    tag: Tag | Untagged
    value: Value = None
    offset: int = field(default=0, compare=False)
    length: int = field(default=0, compare=False)
