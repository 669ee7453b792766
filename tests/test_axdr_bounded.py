"""Hostile bytes cost no more than they are long, and what was read before a fault is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_axdr_grammar import trees

from hanparse.axdr import grammar
from hanparse.axdr.bounded import Bounded, build_all, parse_all
from hanparse.axdr.data import CompactArray, Data, Partial, Tag, TypeDescription
from hanparse.errors import DecodeError


@pytest.mark.parametrize(
    ("sent", "offset", "words"),
    [
        ("", 0, "the bytes end too early"),
        ("00 00", 1, "after the last value, found 1"),
        ("09 04 41", 1, "a string of 4 bytes announced, but only 1 byte is left"),
        ("09 84 FF FF FF FF", 1, "a string of 4294967295 bytes announced"),
        ("04 09 00", 1, "a bit-string of 9 bits announced"),
        ("02 05 00 00", 1, "5 elements announced, but only 2 bytes are left"),
        ("01 84 7F FF FF FF", 1, "2147483647 elements announced"),
        ("13 02 05 11 00", 1, "5 type descriptions announced, but only 2 bytes are left"),
        ("13 11 05 01", 2, "a compact-array of 5 bytes announced"),
        ("01" * 40, 34, "at most 16 levels"),
        ("13 02 01 " + "02 01 " * 16, 34, "at most 16 levels"),
        ("13 01 FF FF 00 01 00", 6, "at most two values per byte"),
        ("13 01 FF FF 01 FF FF 00 01 00", 9, "at most two values per byte"),
        ("13 02 00 01 00", 4, "at most two values per byte"),
        ("02 02 09 7F" + "00" * 127 + "13 01 00 20 00 01 00", 137, "at most two values per byte"),
    ],
)
def test_what_the_bytes_cannot_keep_is_refused_at_its_place(sent: str, offset: int, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        parse_all(grammar.DATA, bytes.fromhex(sent))
    assert caught.value.offset == offset


def test_the_deepest_nesting_allowed_is_read() -> None:
    data = grammar.parse(b"\x01\x01" * 16 + b"\x00")
    for _ in range(16):
        assert isinstance(data.value, tuple)
        assert isinstance(data.value[0], Data)
        data = data.value[0]
    assert data == Data(Tag.NULL_DATA)


def items(data: Data) -> int:
    """How many values a value is."""
    parts = data.value.elements if isinstance(data.value, CompactArray) else data.value
    return 1 + sum(items(part) for part in parts if isinstance(part, Data)) if isinstance(parts, tuple) else 1


@given(st.binary(min_size=1, max_size=40), st.binary(max_size=10))
def test_a_compact_array_unfolds_into_two_items_per_byte_at_most(description: bytes, contents: bytes) -> None:
    sent = b"\x13" + description + bytes([len(contents)]) + contents
    try:
        data = grammar.parse(sent)
    except DecodeError:
        return
    assert items(data) - 1 <= 2 * len(sent)


def test_an_empty_compact_array_may_describe_anything() -> None:
    many = TypeDescription(Tag.ARRAY, (TypeDescription(Tag.ARRAY, (TypeDescription(Tag.LONG),), 0xFFFF),), 0xFFFF)
    assert grammar.parse(bytes.fromhex("13 01 FFFF 01 FFFF 10 00")).value == CompactArray(many, ())


# --- what was read before a fault ------------------------------------------------------------------------------------


def read_before_fault(sent: bytes) -> Partial | None:
    """The list that breaks off."""
    stream = Bounded(sent)
    with pytest.raises(DecodeError):
        stream.parse(grammar.DATA)
    return stream.partial


def test_an_open_list_has_the_elements_before_the_fault() -> None:
    partial = read_before_fault(bytes.fromhex("02 03  02 02 0F FF 16 21  01 02 11 07 07 00  06 00 00 00 00"))
    pair = Data(Tag.STRUCTURE, (Data(Tag.INTEGER, -1), Data(Tag.ENUM, 33)))
    assert partial == Partial(Tag.STRUCTURE, (pair, Partial(Tag.ARRAY, (Data(Tag.UNSIGNED, 7),))))
    assert (partial.offset, partial.end, partial.announced) == (0, 12, 3)
    assert isinstance(partial.value, tuple)
    inner = partial.value[1]
    assert isinstance(inner, Partial)
    assert (inner.offset, inner.end, inner.announced) == (8, 12, 2)


@pytest.mark.parametrize("sent", ["", "01", "02 05 00 00", "06 00", "09 02 41", "13 02 01 11 02 07"])
def test_what_has_no_element_to_open_leaves_nothing(sent: str) -> None:
    assert read_before_fault(bytes.fromhex(sent)) is None


def test_a_list_without_a_whole_element_ends_behind_its_count() -> None:
    partial = read_before_fault(bytes.fromhex("01 82 0001 06 00"))
    assert partial == Partial(Tag.ARRAY, ())
    assert (partial.offset, partial.end, partial.announced) == (0, 4, 1)


def check_prefix(part: Data, whole: Data) -> None:
    """`part` is what was read of `whole`."""
    assert (part.tag, part.offset) == (whole.tag, whole.offset)
    if not isinstance(part, Partial):
        assert part == whole
        return
    assert isinstance(part.value, tuple)
    assert isinstance(whole.value, tuple)
    assert part.announced == len(whole.value)
    for one, of in zip(part.value, whole.value, strict=False):
        assert isinstance(one, Data)
        assert isinstance(of, Data)
        check_prefix(one, of)
    assert not any(isinstance(one, Partial) for one in part.value[:-1])


@given(trees, st.integers(1, 200))
def test_what_was_read_of_a_cut_value_is_the_beginning_of_the_whole_one(data: Data, cut: int) -> None:
    whole = grammar.parse(grammar.build(data))
    sent = grammar.build(data)[:-cut]
    partial = read_before_fault(sent)
    if partial:
        check_prefix(partial, whole)
        assert partial.end <= len(sent)


def test_what_cannot_be_built_is_a_value_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"cannot be built as A-XDR: 'text' \("):
        build_all(grammar.DATA, "text")
