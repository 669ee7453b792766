"""Reads and writes a length or count, as it precedes strings, arrays and ciphered contents, without a grammar."""

from __future__ import annotations

from typing import Final

LONG_FORM: Final = 0x80
"""A smaller first byte is the length. Otherwise its low 7 bits are the number of length bytes (Blue Book 4.1.5)."""
MAX_SIZE: Final = 8
"""The maximum number of length bytes after the first byte; known meters send at most four."""


def length_at(data: bytes, at: int) -> tuple[int, int]:
    """Return the length or count at `at` and the position after it; −1 and the end of `data` if it cannot be read."""
    first = data[at] if at < len(data) else LONG_FORM + MAX_SIZE + 1
    if first < LONG_FORM:
        return first, at + 1
    after = at + 1 + first - LONG_FORM
    if after > len(data) or first > LONG_FORM + MAX_SIZE:
        return -1, len(data)
    return int.from_bytes(data[at + 1 : after], "big"), after


def length_bytes(length: int) -> bytes:
    """Return the shortest form of a length or count."""
    if length < LONG_FORM:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([LONG_FORM | size]) + length.to_bytes(size, "big")
