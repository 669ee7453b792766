"""The types of the Blue Book (4.1.5) and what is stated of them once."""

from __future__ import annotations

import pytest

from hanparse.axdr.data import (
    NO_DEVIATION,
    NO_YEAR,
    NOT_SPECIFIED,
    SCALARS,
    WALL_CLOCK,
    Data,
    DateTime,
    Partial,
    Tag,
    TypeDescription,
    Untagged,
)
from hanparse.errors import DecodeError

# Blue Book 4.1.5, table of the common data types: bits of those that have a fixed size.
BITS = {
    "boolean": 8,
    "double-long": 32,
    "double-long-unsigned": 32,
    "bcd": 8,
    "integer": 8,
    "long": 16,
    "unsigned": 8,
    "long-unsigned": 16,
    "long64": 64,
    "long64-unsigned": 64,
    "enum": 8,
    "float32": 32,
    "float64": 64,
    "date-time": 96,
    "date": 40,
    "time": 32,
    "delta-integer": 8,
    "delta-long": 16,
    "delta-double-long": 32,
    "delta-unsigned": 8,
    "delta-long-unsigned": 16,
    "delta-double-long-unsigned": 32,
}
OPEN = {"null-data", "array", "structure", "bit-string", "octet-string", "visible-string", "utf8-string"}
OPEN |= {"compact-array", "dont-care"}


def test_every_type_of_fixed_size_has_the_size_of_the_blue_book() -> None:
    assert {str(tag): 8 * scalar.size for tag, scalar in SCALARS.items()} == BITS
    assert {str(tag) for tag in Tag} == BITS.keys() | OPEN


def test_what_is_signed_in_the_blue_book_has_a_signed_format() -> None:
    integers = {str(tag): scalar.format.islower() for tag, scalar in SCALARS.items() if scalar.kind == "integer"}
    assert {name for name, is_signed in integers.items() if is_signed} == {"integer", "long", "double-long", "long64"}
    assert {name for name, is_signed in integers.items() if not is_signed} == {
        *("unsigned", "long-unsigned", "double-long-unsigned", "long64-unsigned"),
    }


def test_codes_states_and_differences_are_no_numbers() -> None:
    others = {str(tag) for tag, scalar in SCALARS.items() if not scalar.is_number}
    assert {name for name in others if not name.startswith("delta-")} == {
        *("boolean", "enum", "bcd", "date-time", "date", "time"),
    }
    assert sum(name.startswith("delta-") for name in others) == 6


def test_a_short_name_is_the_sign_and_the_bits_of_an_integer() -> None:
    for tag, scalar in SCALARS.items():
        if scalar.kind == "integer":
            assert scalar.short_name == f"{'i' if scalar.format.islower() else 'u'}{BITS[str(tag)]}"


def test_a_tag_has_the_name_that_the_blue_book_writes() -> None:
    assert str(Tag.DOUBLE_LONG_UNSIGNED) == "double-long-unsigned"
    assert str(Untagged.ATTRIBUTE_DESCRIPTOR) == "attribute-descriptor"


CLOCK = bytes.fromhex("07E1 09 0F 05 05 21 28 FF 8000 00")  # 2017-09-15, a Friday, 05:33:40


def test_twelve_octets_are_a_date_time() -> None:
    assert DateTime.from_octets(CLOCK) == DateTime(2017, 9, 15, 5, 5, 33, 40, NOT_SPECIFIED, NO_DEVIATION, 0)
    assert DateTime.from_octets(b"\xff" * 12).year == NO_YEAR
    assert DateTime.from_octets(bytes(9) + b"\xff\xc4\x80")[-2:] == (-60, 0x80)


@pytest.mark.parametrize("size", [0, 11, 13])
def test_other_than_twelve_octets_are_none(size: int) -> None:
    with pytest.raises(DecodeError, match=f"expected a date-time of 12 bytes, found {size}"):
        DateTime.from_octets(bytes(size))


def test_a_wall_clock_is_a_date_time_without_weekday() -> None:
    assert WALL_CLOCK.unpack_from(CLOCK) == (2017, 9, 15, 5, 33, 40)


def test_an_element_of_a_compact_array_is_as_many_values_as_its_type_says() -> None:
    byte = TypeDescription(Tag.UNSIGNED)
    assert byte.items == 1
    assert TypeDescription(Tag.STRUCTURE, (byte, TypeDescription(Tag.ARRAY, (byte,), 5))).items == 8
    assert TypeDescription(Tag.STRUCTURE).items == 1


def test_places_take_no_part_in_comparisons() -> None:
    assert Data(Tag.UNSIGNED, 7, 3, 2) == Data(Tag.UNSIGNED, 7)
    assert Data(Tag.UNSIGNED, 7, 3, 2).end == 5
    assert Data(Tag.ARRAY, ()) != Partial(Tag.ARRAY, ())
