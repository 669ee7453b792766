"""Base64 -> bytes, where a word is no hex, no prose and no path.

A word is base64 if it has 24 or more characters in whole groups of four, letters beyond F in both cases, which hex with
a typing error does not have, and a digit, ``+``, ``/`` or ``=``, which prose does not have. A shorter word belongs to
it when it is alone on the line below a word of 60 or more characters, as base64 is wrapped at 64 or 76.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Final

from hanparse.hexdump.text import Piece

_MIN_LENGTH: Final = 24
_WRAPPED: Final = 60
_WORD: Final = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/]{2,}+={0,2}(?![\w+/=])")
_NEXT_LINE: Final = re.compile(r"[ \t]*+\n[ \t]*+")
_LINE_END: Final = re.compile(r"[ \t]*+$", re.MULTILINE)
_MARKS: Final = (re.compile("[G-Z]"), re.compile("[g-z]"), re.compile("[0-9+/=]"))


def decode(word: str) -> bytes | None:
    """The bytes of `word`, None if it is not base64."""
    if len(word) < _MIN_LENGTH or not _WORD.fullmatch(word) or not all(mark.search(word) for mark in _MARKS):
        return None
    return _bytes(word)


def find(text: str) -> list[Piece]:
    """The words of base64 in `text`."""
    pieces: list[Piece] = []
    for word in _WORD.finditer(text):
        data = _bytes(word[0]) if pieces and _goes_on(text, pieces[-1], word) else decode(word[0])
        if data is not None:
            pieces.append(Piece(*word.span(), data, "base64"))
    return pieces


def _goes_on(text: str, above: Piece, word: re.Match[str]) -> bool:
    if above.end - above.start < _WRAPPED or not _NEXT_LINE.fullmatch(text, above.end, word.start()):
        return False
    return len(word[0]) <= above.end - above.start and _LINE_END.match(text, word.end()) is not None


def _bytes(word: str) -> bytes | None:
    """The bytes of `word` if it is what encoding them gives."""
    if len(word) % 4:
        return None
    data = b64decode(word)
    return data if b64encode(data) == word.encode("ascii") else None
