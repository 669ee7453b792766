"""Reads and writes, without construct, the length or count before a string, an array, a structure or ciphered bytes."""

from __future__ import annotations

from typing import Final

LONG_FORM: Final = 0x80
"""If the first byte is below this value, it is the length.

Otherwise, the low 7 bits of the first byte are a number of bytes. The length is in this number of bytes after the first
byte.
"""
MAX_SIZE: Final = 8
"""The maximum number of bytes after the first byte. The meters that hanparse reads send at most four such bytes."""


def length_at(data: bytes, at: int) -> tuple[int, int]:
    """Return the length or count at index `at`, and the index of the byte after it.

    Return −1 and ``len(data)`` if the bytes of the length are cut off, or are more than `MAX_SIZE`.
    """
    if at >= len(data):
        return -1, len(data)
    first = data[at]
    if first < LONG_FORM:
        return first, at + 1
    after = at + 1 + first - LONG_FORM
    if after > len(data) or first > LONG_FORM + MAX_SIZE:
        return -1, len(data)
    return int.from_bytes(data[at + 1 : after], "big"), after


def length_bytes(length: int) -> bytes:
    """Return the shortest encoding of a length or count."""
    if length < LONG_FORM:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([LONG_FORM | size]) + length.to_bytes(size, "big")
