"""Lengths, strings and named tuples are read and written as the Blue Book (4.1.5) says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.axdr.bounded import build_all, parse_all
from hanparse.axdr.data import Time
from hanparse.axdr.primitives import ASCII, BITS, LENGTH, OCTETS, UTF8, Record
from hanparse.errors import DecodeError


@pytest.mark.parametrize(
    ("sent", "length"), [("7F", 127), ("81 80", 128), ("82 0001", 1), ("88 00 00 00 00 00 00 00 01", 1)]
)
def test_a_length_is_read_in_any_form(sent: str, length: int) -> None:
    assert parse_all(LENGTH, bytes.fromhex(sent)) == length


@pytest.mark.parametrize(
    ("sent", "offset", "words"),
    [
        ("", 0, "the bytes end too early"),
        ("82 01", 2, "the bytes end too early"),
        ("89 00 00 00 00 00 00 00 00 01", 0, "expected a length in at most 8 bytes, found 9"),
        ("FF", 0, "expected a length in at most 8 bytes, found 127"),
    ],
)
def test_a_length_that_is_none_is_refused_at_its_place(sent: str, offset: int, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        parse_all(LENGTH, bytes.fromhex(sent))
    assert caught.value.offset == offset


@given(st.binary(max_size=300))
def test_octets_stay_what_they_are(octets: bytes) -> None:
    assert parse_all(OCTETS, build_all(OCTETS, octets)) == octets


@given(st.text("01", max_size=30))
def test_bits_are_sent_with_the_first_one_highest_and_zeros_behind_the_last(bits: str) -> None:
    sent = build_all(BITS, bits)
    assert sent[0] == len(bits)
    assert "".join(f"{byte:08b}" for byte in sent[1:]).rstrip("0") == bits.rstrip("0")
    assert parse_all(BITS, sent) == bits


@given(st.binary(max_size=20))
def test_text_keeps_bytes_that_its_encoding_does_not_know(octets: bytes) -> None:
    sent = bytes([len(octets)]) + octets
    for text in (ASCII, UTF8):
        assert build_all(text, parse_all(text, sent)) == sent


def test_a_record_has_its_parts_in_order_and_no_others() -> None:
    time = Record(Time, "BBBB")
    assert parse_all(time, bytes([2, 30, 15, 255])) == Time(2, 30, 15, 255)
    assert build_all(time, Time(2, 30, 15, 255)) == bytes([2, 30, 15, 255])
    with pytest.raises(ValueError, match="cannot be built"):
        build_all(time, (2, 30, 15))
    with pytest.raises(ValueError, match="cannot be built"):
        build_all(time, Time(2, 30, 15, 256))
