"""Find base64 words in a text and decode them. A word that may be hex, prose or a path is not decoded.

A base64 word meets all of these conditions:

* It has 24 or more characters, in whole groups of four.
* It has an uppercase and a lowercase letter beyond F. Hex digits with a typing error do not have both.
* It has a digit, ``+``, ``/`` or ``=``. Prose does not have them inside a word.

Base64 is wrapped after 64 or 76 characters. So a word below a base64 word of 60 or more characters may be shorter. It
is decoded when it is alone on the next line.
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
    """Return the bytes of `word`, or None when it is not a base64 word."""
    if len(word) < _MIN_LENGTH or not _WORD.fullmatch(word) or not all(mark.search(word) for mark in _MARKS):
        return None
    return _bytes(word)


def find(text: str) -> list[Piece]:
    """Return the base64 words in `text`, in order."""
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
    """Return the decoded bytes, or None when encoding them again does not result in `word`."""
    if len(word) % 4:
        return None
    data = b64decode(word)
    return data if b64encode(data) == word.encode("ascii") else None
