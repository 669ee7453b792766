from __future__ import annotations

import math
import struct
from itertools import pairwise

import pytest
from framefiles import SOUND
from hypothesis import given
from hypothesis import strategies as st

from hanparse import cosem
from hanparse.axdr import grammar
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
from hanparse.errors import DecodeError

# One line per type: its bytes, written down from the Blue Book, and what they mean.
EXAMPLES = [
    ("00", Tag.NULL_DATA, None),
    ("03 00", Tag.BOOLEAN, False),
    ("03 01", Tag.BOOLEAN, True),
    ("04 0A A5 40", Tag.BIT_STRING, "1010010101"),
    ("04 00", Tag.BIT_STRING, ""),
    ("05 FF FF FF FE", Tag.DOUBLE_LONG, -2),
    ("06 FF FF FF FE", Tag.DOUBLE_LONG_UNSIGNED, 4294967294),
    ("09 06 01 00 01 07 00 FF", Tag.OCTET_STRING, b"\x01\x00\x01\x07\x00\xff"),
    ("0A 04 36 35 32 35", Tag.VISIBLE_STRING, "6525"),
    ("0C 03 C3 A5 21", Tag.UTF8_STRING, "å!"),
    ("0D 12", Tag.BCD, 0x12),
    ("0F FE", Tag.INTEGER, -2),
    ("10 FF FE", Tag.LONG, -2),
    ("11 FE", Tag.UNSIGNED, 254),
    ("12 FF FE", Tag.LONG_UNSIGNED, 65534),
    ("14 FF FF FF FF FF FF FF FE", Tag.LONG64, -2),
    ("15 FF FF FF FF FF FF FF FE", Tag.LONG64_UNSIGNED, 2**64 - 2),
    ("16 1B", Tag.ENUM, 27),
    ("17 C0 20 00 00", Tag.FLOAT32, -2.5),
    ("18 40 09 21 FB 54 44 2D 18", Tag.FLOAT64, math.pi),
    (
        "19 07 E5 0A 1F 07 02 1E 0F FF FF C4 80",
        Tag.DATE_TIME,
        DateTime(2021, 10, 31, 7, 2, 30, 15, 255, -60, 0x80),
    ),
    ("1A 07 E5 0A FE FF", Tag.DATE, Date(2021, 10, 0xFE, 0xFF)),
    ("1B 02 1E 0F FF", Tag.TIME, Time(2, 30, 15, 255)),
    ("1C FE", Tag.DELTA_INTEGER, -2),
    ("1D FF FE", Tag.DELTA_LONG, -2),
    ("1E FF FF FF FE", Tag.DELTA_DOUBLE_LONG, -2),
    ("1F FE", Tag.DELTA_UNSIGNED, 254),
    ("20 FF FE", Tag.DELTA_LONG_UNSIGNED, 65534),
    ("21 FF FF FF FE", Tag.DELTA_DOUBLE_LONG_UNSIGNED, 4294967294),
    ("FF", Tag.DONT_CARE, None),
    ("01 02 0F 01 0F 02", Tag.ARRAY, (Data(Tag.INTEGER, 1), Data(Tag.INTEGER, 2))),
    ("02 02 0F FF 16 21", Tag.STRUCTURE, (Data(Tag.INTEGER, -1), Data(Tag.ENUM, 33))),
    (
        "13 12 04 00 01 00 02",
        Tag.COMPACT_ARRAY,
        CompactArray(TypeDescription(Tag.LONG_UNSIGNED), (Data(Tag.LONG_UNSIGNED, 1), Data(Tag.LONG_UNSIGNED, 2))),
    ),
    (
        "13 02 02 11 01 00 02 09 06 07 01 41 02 42 43",
        Tag.COMPACT_ARRAY,
        CompactArray(
            TypeDescription(
                Tag.STRUCTURE,
                (TypeDescription(Tag.UNSIGNED), TypeDescription(Tag.ARRAY, (TypeDescription(Tag.OCTET_STRING),), 2)),
            ),
            (
                Data(
                    Tag.STRUCTURE,
                    (
                        Data(Tag.UNSIGNED, 7),
                        Data(Tag.ARRAY, (Data(Tag.OCTET_STRING, b"A"), Data(Tag.OCTET_STRING, b"BC"))),
                    ),
                ),
            ),
        ),
    ),
]


def test_there_is_an_example_of_every_type() -> None:
    assert {tag for _, tag, _ in EXAMPLES} == set(Tag)


@pytest.mark.parametrize(("sent", "tag", "value"), EXAMPLES, ids=lambda example: str(example)[:20])
def test_a_type_is_read_and_written_as_the_blue_book_says(sent: str, tag: Tag, value: object) -> None:
    data = bytes.fromhex(sent)
    assert grammar.parse(data) == Data(tag, value)  # type: ignore[arg-type]
    assert grammar.build(Data(tag, value)) == data  # type: ignore[arg-type]


def test_any_byte_but_zero_is_true() -> None:
    assert grammar.parse(b"\x03\xff").value is True


def test_lengths_in_a_longer_form_are_read() -> None:
    assert grammar.parse(bytes.fromhex("09 84 00000001 41")).value == b"A"
    assert grammar.parse(bytes.fromhex("09 88 0000000000000001 41")).value == b"A"
    assert grammar.parse(bytes.fromhex("02 82 0001 00")).value == (Data(Tag.NULL_DATA),)


def test_structures_beside_one_another_are_not_nested() -> None:
    pair = Data(Tag.STRUCTURE, (Data(Tag.UNSIGNED, 7),))
    assert grammar.parse(bytes.fromhex("02 14" + "02 01 11 07" * 20)).value == (pair,) * 20
    described = grammar.parse(bytes.fromhex("13 02 14" + "02 01 11" * 20 + "14" + "07" * 20)).value
    assert isinstance(described, CompactArray)
    assert described.elements == (Data(Tag.STRUCTURE, (pair,) * 20),)


PAIR = TypeDescription(Tag.STRUCTURE, (TypeDescription(Tag.UNSIGNED), TypeDescription(Tag.OCTET_STRING)))


def integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


byte = st.integers(0, 255)
scalars = st.one_of(
    st.sampled_from([Data(Tag.NULL_DATA), Data(Tag.DONT_CARE)]),
    st.builds(Data, st.just(Tag.BOOLEAN), st.booleans()),
    st.builds(Data, st.just(Tag.BIT_STRING), st.text("01", max_size=40)),
    st.builds(Data, st.just(Tag.OCTET_STRING), st.binary(max_size=300)),
    st.builds(
        Data, st.just(Tag.VISIBLE_STRING), st.binary(max_size=20).map(lambda b: b.decode("ascii", "surrogateescape"))
    ),
    st.builds(
        Data, st.just(Tag.UTF8_STRING), st.binary(max_size=20).map(lambda b: b.decode("utf-8", "surrogateescape"))
    ),
    *(
        st.builds(Data, st.just(tag), integers(bits, signed=signed))
        for tag, bits, signed in [
            (Tag.DOUBLE_LONG, 32, True),
            (Tag.DOUBLE_LONG_UNSIGNED, 32, False),
            (Tag.BCD, 8, True),
            (Tag.INTEGER, 8, True),
            (Tag.LONG, 16, True),
            (Tag.UNSIGNED, 8, False),
            (Tag.LONG_UNSIGNED, 16, False),
            (Tag.LONG64, 64, True),
            (Tag.LONG64_UNSIGNED, 64, False),
            (Tag.ENUM, 8, False),
            (Tag.DELTA_INTEGER, 8, True),
            (Tag.DELTA_DOUBLE_LONG_UNSIGNED, 32, False),
        ]
    ),
    st.builds(Data, st.just(Tag.FLOAT32), st.floats(width=32, allow_nan=False)),
    st.builds(Data, st.just(Tag.FLOAT64), st.floats(allow_nan=False)),
    st.builds(Data, st.just(Tag.DATE), st.builds(Date, st.integers(0, 0xFFFF), byte, byte, byte)),
    st.builds(Data, st.just(Tag.TIME), st.builds(Time, byte, byte, byte, byte)),
    st.builds(
        Data,
        st.just(Tag.DATE_TIME),
        st.builds(DateTime, st.integers(0, 0xFFFF), *[byte] * 7, st.integers(-(2**15), 2**15 - 1), byte),
    ),
)
trees = st.recursive(
    scalars,
    lambda inner: st.builds(Data, st.sampled_from([Tag.ARRAY, Tag.STRUCTURE]), st.lists(inner, max_size=5).map(tuple)),
    max_leaves=30,
)


@given(trees)
def test_parsing_what_was_built_gives_the_value(data: Data) -> None:
    assert grammar.parse(grammar.build(data)) == data


descriptions = st.recursive(
    st.sampled_from([Tag.UNSIGNED, Tag.LONG, Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.TIME]).map(TypeDescription),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda row: TypeDescription(Tag.STRUCTURE, tuple(row))),
        st.builds(lambda one, count: TypeDescription(Tag.ARRAY, (one,), count), inner, st.integers(1, 3)),
    ),
    max_leaves=5,
)
EXAMPLE_OF = {tag: Data(tag, value) for _, tag, value in EXAMPLES}


def element(description: TypeDescription) -> Data:
    """An element of this type."""
    if not description.members:
        return EXAMPLE_OF[description.tag]
    return Data(description.tag, tuple(map(element, description.members * (description.count or 1))))


@given(descriptions, st.integers(0, 3))
def test_a_compact_array_of_any_type_is_read_as_it_was_written(description: TypeDescription, count: int) -> None:
    data = Data(Tag.COMPACT_ARRAY, CompactArray(description, (element(description),) * count))
    assert grammar.parse(grammar.build(data)) == data


def test_the_elements_of_a_compact_array_have_their_places() -> None:
    sent = bytes.fromhex("13 02 02 11 09 07  01 02 4142 02 01 43")
    array = grammar.parse(sent).value
    assert isinstance(array, CompactArray)
    assert [(one.offset, one.length) for one in array.elements] == [(6, 4), (10, 3)]
    members = [part for one in array.elements for part in one.value]  # type: ignore[union-attr]
    assert [(part.offset, part.end) for part in members if isinstance(part, Data)] == [
        *((6, 7), (7, 10)),
        *((10, 11), (11, 13)),
    ]


def places(data: Data) -> list[tuple[int, int]]:
    """The bytes that are a value's own: its tag and length, and for a plain value all of it."""
    if data.tag not in (Tag.ARRAY, Tag.STRUCTURE):
        return [(data.offset, data.offset + data.length)]
    assert isinstance(data.value, tuple)
    elements = [element for element in data.value if isinstance(element, Data)]
    end = elements[0].offset if elements else data.offset + data.length
    return [(data.offset, end), *(place for element in elements for place in places(element))]


@given(trees)
def test_the_places_of_values_cover_every_byte_exactly_once(data: Data) -> None:
    sent = grammar.build(data)
    covered = places(grammar.parse(sent))
    assert covered[0][0] == 0
    assert covered[-1][1] == len(sent)
    assert all(end == start for (_, end), (start, _) in pairwise(covered))


@pytest.mark.parametrize(
    ("sent", "offset", "words"),
    [
        ("07", 0, "tag of an A-XDR type, found 07"),
        ("02 02 00 08", 3, "tag of an A-XDR type, found 08"),
        ("06 00 00", 0, "end inside the double-long-unsigned"),
        ("09", 0, "end inside the octet-string"),
        ("09 82 00", 0, "end inside the octet-string"),
        ("02 02 11 07", 0, "end inside the structure"),
        ("09 89 00 00 00 00 00 00 00 00 01 41", 1, "expected a length in at most 8 bytes, found 9"),
        ("13 13 00", 1, "a compact-array cannot have elements of type compact-array"),
        ("13 12 03 00 01 00 00", 6, "the last element of a compact-array has 1 byte too many"),
    ],
)
def test_bytes_that_cannot_be_are_refused_at_their_place(sent: str, offset: int, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        grammar.parse(bytes.fromhex(sent))
    assert caught.value.offset == offset


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda data: b"\x13" + data))
def test_any_bytes_are_read_or_refused_with_a_decode_error(data: bytes) -> None:
    try:
        grammar.parse(data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)


@given(st.data())
def test_a_real_list_with_bytes_changed_is_read_or_refused_with_a_decode_error(data: st.DataObject) -> None:
    apdu = bytearray(data.draw(st.sampled_from(SOUND)).apdu)
    for _ in range(data.draw(st.integers(1, 3))):
        apdu[data.draw(st.integers(0, len(apdu) - 1))] = data.draw(byte)
    try:
        cosem.parse(bytes(apdu))
    except DecodeError as error:
        assert 0 <= error.offset <= len(apdu)


@pytest.mark.parametrize(
    "data",
    [
        Data(Tag.LONG, 40_000),
        Data(Tag.OCTET_STRING, 5),
        Data(Tag.VISIBLE_STRING, b"bytes"),
        Data(Tag.VISIBLE_STRING, "å"),
        Data(Tag.BIT_STRING, "012"),
        Data(Tag.DATE_TIME, None),
        Data(Tag.STRUCTURE, None),
        Data(Tag.STRUCTURE, (Data(Tag.UNSIGNED, -1),)),
        Data(Tag.TIME, (1, 2)),  # type: ignore[arg-type]
        Data(Tag.DATE_TIME, DateTime(2024, 13, 1, 1, 0, 0, 0, 0, 40_000, 0)),
        Data(Untagged.ATTRIBUTE_DESCRIPTOR, AttributeDescriptor(3, bytes(6), 2)),
        Data(Tag.COMPACT_ARRAY, CompactArray(TypeDescription(Tag.LONG), (Data(Tag.UNSIGNED, 1),))),
        Data(Tag.COMPACT_ARRAY, CompactArray(PAIR, (Data(Tag.STRUCTURE, (Data(Tag.UNSIGNED, 1),)),))),
    ],
)
def test_a_value_that_its_tag_cannot_hold_is_a_value_error(data: Data) -> None:
    with pytest.raises(ValueError, match="cannot be built as A-XDR"):
        grammar.build(data)


def test_floats_are_ieee_754() -> None:
    assert grammar.parse(b"\x17" + struct.pack(">f", math.inf)).value == math.inf
    value = grammar.parse(b"\x18" + struct.pack(">d", math.nan)).value
    assert isinstance(value, float)
    assert math.isnan(value)
