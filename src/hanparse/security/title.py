"""Converts system titles to text and back. A system title consists of eight bytes that identify a meter."""

from __future__ import annotations

import re
from typing import Final

SIZE: Final = 8
_LETTERS: Final = 3  # the FLAG association assigns three letters to each manufacturer
_TEXT: Final = re.compile(rf"[A-Za-z]{{{_LETTERS}}}[0-9A-Fa-f]{{{2 * (SIZE - _LETTERS)}}}")
_HEX: Final = re.compile(rf"[0-9A-Fa-f]{{{2 * SIZE}}}")
_BETWEEN: Final = re.compile(r"^\s*0[xX]|[\s:-]")


def title_text(title: bytes) -> str:
    """Return the title as three letters and ten hex digits, for example KAM4500000017.

    If the title does not begin with three letters, return only hex digits.
    """
    letters = title[:_LETTERS]
    if len(title) == SIZE and letters.isalpha():
        return letters.decode("ascii") + title[_LETTERS:].hex().upper()
    return title.hex().upper()


def parse_title(value: object) -> bytes:
    """Parse a system title from eight bytes, from 16 hex digits, or from three letters and ten hex digits.

    Blanks, colons, dashes and a leading ``0x`` are ignored. Raises `ValueError` for any other text or size. Raises
    `TypeError` for any other type.
    """
    if isinstance(value, str):
        text = _BETWEEN.sub("", value)
        if _TEXT.fullmatch(text):
            return text[:_LETTERS].encode("ascii") + bytes.fromhex(text[_LETTERS:])
        if _HEX.fullmatch(text):
            return bytes.fromhex(text)
        raise ValueError(f"expected a system title, such as 4B414D4500000017 or KAM4500000017, found {value!r}")
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"expected a system title as bytes or str, found {type(value).__name__}")
    if len(value) != SIZE:
        raise ValueError(f"expected a system title of {SIZE} bytes, found {len(value)}")
    return bytes(value)
