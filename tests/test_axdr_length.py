"""A length is read and written as the Blue Book (4.1.5) says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.axdr.length import length_at, length_bytes

LENGTHS = [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65536, "83010000")]


@pytest.mark.parametrize(("length", "sent"), LENGTHS)
def test_a_length_is_written_in_the_shortest_form(length: int, sent: str) -> None:
    assert length_bytes(length) == bytes.fromhex(sent)
    assert length_at(bytes.fromhex(sent), 0) == (length, len(sent) // 2)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=5), st.binary(max_size=5))
def test_a_length_is_read_where_it_is(length: int, before: bytes, after: bytes) -> None:
    sent = length_bytes(length)
    assert length_at(before + sent + after, len(before)) == (length, len(before) + len(sent))


@pytest.mark.parametrize(("sent", "length"), [("84 00000001", 1), ("82 0001", 1), ("81 00", 0), ("80", 0)])
def test_a_longer_form_is_read(sent: str, length: int) -> None:
    data = bytes.fromhex(sent)
    assert length_at(data, 0) == (length, len(data))


@pytest.mark.parametrize("sent", ["", "81", "84 000000", "89 00 00 00 00 00 00 00 00 01"])
def test_a_length_that_is_cut_off_or_too_long_is_none(sent: str) -> None:
    data = bytes.fromhex(sent)
    assert length_at(data, 0) == (-1, len(data))
