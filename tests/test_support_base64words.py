from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.support.base64words import changed

KNOWN = b"\x73\x59\x99\x28\x12"
OTHER = b"\x10\x00\x00\x00\x17"
NUMBER = re.compile(rb"\d{6}|[0-9A-Fa-f]{8}")  # is replaced though nobody knows it


def replaced(text: bytes) -> bytes:
    new = bytearray(text)
    for start, word in changed(text, lambda sent: sent.replace(KNOWN, OTHER)):
        new[start : start + len(word)] = word
    return bytes(new)


@given(st.binary(min_size=4, max_size=20), st.binary(max_size=20), st.sampled_from([b"", b"x", b"id:", b"ab"]))
def test_what_is_known_is_replaced_wherever_it_is_in_base64(before: bytes, after: bytes, front: bytes) -> None:
    for encode, decode in ((b64encode, b64decode), (urlsafe_b64encode, urlsafe_b64decode)):
        text = front + encode(before + KNOWN + after)
        new = replaced(text)
        assert len(new) == len(text)
        assert KNOWN not in decode(new[len(front) :])
        if front in (b"", b"id:") and not NUMBER.search(before + KNOWN + after):
            assert decode(new[len(front) :]).replace(OTHER, KNOWN) == before + KNOWN + after


@pytest.mark.parametrize("number", [b"7359992812345678", b"DEADBEEF", b"123456"])
def test_a_number_that_is_not_known_is_replaced(number: bytes) -> None:
    new = b64decode(replaced(b64encode(b"meter " + number)))
    assert new.startswith(b"meter 1")
    assert number not in new


@pytest.mark.parametrize("text", [b"", b"good morning", b"AIDON_V0001 Kamstrup_V0001", b"6970631400000017", b"=" * 40])
def test_words_that_hold_no_number_stay(text: bytes) -> None:
    assert replaced(text) == text
