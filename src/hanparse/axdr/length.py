"""The length or count before a string, an array or a ciphered content: bytes <-> number, also without the grammar."""

from __future__ import annotations

from typing import Final

LONG_FORM: Final = 0x80
"""A first byte from here on counts the length bytes that follow it (Blue Book 4.1.5)."""
MAX_SIZE: Final = 8
"""Length bytes behind the first; four are the most that were ever seen."""


def length_at(data: bytes, at: int) -> tuple[int, int]:
    """The length or count at `at` and the position behind it; −1 and the end of `data` when there is none."""
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
