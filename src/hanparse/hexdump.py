"""A hex dump as text -> bytes."""

from __future__ import annotations

import re
from typing import Final

from hanparse.errors import HexDumpError

_NOT_HEX: Final = re.compile(r"[^0-9A-Fa-f\s]")


def parse(text: str) -> bytes:
    """The bytes that pairs of hex digits stand for, with any blanks and line breaks between digits.

    Raises `HexDumpError` with the line and column of what is no hex digit, or of the digit that has no partner.
    """
    stranger = _NOT_HEX.search(text)
    if stranger:
        raise _error(text, stranger.start(), f"expected hex digits and blanks, found {stranger[0]!r}")
    digits = "".join(text.split())
    if len(digits) % 2:
        last = len(text.rstrip()) - 1
        raise _error(
            text,
            last,
            f"expected two hex digits per byte, found an odd number, {len(digits)}; the last is {text[last]!r}",
        )
    return bytes.fromhex(digits)


def _error(text: str, position: int, what: str) -> HexDumpError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return HexDumpError(f"line {line}, column {column}: {what}", line=line, column=column)
