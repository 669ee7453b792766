"""System titles: eight bytes that name a meter <-> the text that people read and write."""

from __future__ import annotations

import re
from typing import Final

SIZE: Final = 8
_LETTERS: Final = 3  # of the maker (FLAG association)
_TEXT: Final = re.compile(rf"[A-Za-z]{{{_LETTERS}}}[0-9A-Fa-f]{{{2 * (SIZE - _LETTERS)}}}")
_HEX: Final = re.compile(rf"[0-9A-Fa-f]{{{2 * SIZE}}}")
_BETWEEN: Final = re.compile(r"[\s:-]|^\s*0[xX]")


def title_text(title: bytes) -> str:
    """The letters of the maker and the rest as hex digits, such as KAM4500000017; all as hex where there are none."""
    letters = title[:_LETTERS]
    if len(title) == SIZE and letters.isalpha():
        return letters.decode("ascii") + title[_LETTERS:].hex().upper()
    return title.hex().upper()


def parse_title(value: object) -> bytes:
    """The eight bytes of a system title: as bytes, as 16 hex digits, or as three letters and ten hex digits.

    Raises `ValueError` for another text or size, `TypeError` for another type.
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
