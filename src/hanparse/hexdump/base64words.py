"""Finds base64 words in a text and decodes them. A word is in the standard alphabet or in the alphabet of URLs.

`certain` and `long` return words as pieces (`text.Piece`). `long` returns all words of 20 or more characters. `certain`
returns only the words that are not hex, prose or a path. Such a word meets all of these conditions:

* It has 24 or more characters, in whole groups of four, in the standard alphabet.
* It has an uppercase and a lowercase letter beyond F. Hex digits with a typing error do not have both.
* It has a digit, ``+``, ``/`` or ``=``. Prose does not have them inside a word.

Base64 is wrapped after 64 or 76 characters, and the last line can be shorter. So a word below a base64 word of 60 or
more characters need not meet these conditions if it is alone on its line and consists of whole groups of four.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hanparse.hexdump.text import Piece

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD: Final = re.compile(r"(?<![\w+/=.-])[\w+/-]{2,}={0,2}(?![\w+/=])", re.ASCII)
_CERTAIN: Final = re.compile(r"(?=.*[G-Z])(?=.*[g-z])(?=.*[0-9+/=])(?:[A-Za-z0-9+/=]{4}){6,}")
_LONG: Final = re.compile("[^=]{20,}=*")
_WRAPPED: Final = 60
_NEXT_LINE: Final = re.compile(r"[ \t]*+\n[ \t]*+")
_LINE_END: Final = re.compile(r"[ \t]*+$", re.MULTILINE)


def decode(word: str) -> bytes | None:
    """Return the bytes of `word`, or `None` if it is not certain that the word is base64."""
    pieces = certain(word)
    return pieces[0].data if pieces and pieces[0].end == len(word) else None


def certain(text: str) -> list[Piece]:
    """Return the words in `text` that are certainly base64, in order."""
    return _find(text, _CERTAIN.fullmatch)


def long(text: str) -> list[Piece]:
    """Return the words in `text` that are long enough for a frame or an APDU, in order."""
    return _find(text, _LONG.fullmatch)


def _find(text: str, is_coded: Callable[[str], object]) -> list[Piece]:
    pieces: list[Piece] = []
    for word in _WORD.finditer(text):
        if is_coded(word[0]) or (pieces and _goes_on(text, pieces[-1], word)):
            with suppress(ValueError):
                digits = word[0].rstrip("=").replace("+", "-").replace("/", "_")
                data = urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
                pieces.append(Piece(*word.span(), data, "base64"))
    return pieces


def _goes_on(text: str, above: Piece, word: re.Match[str]) -> bool:
    if above.end - above.start < _WRAPPED or len(word[0]) % 4:
        return False
    return bool(_NEXT_LINE.fullmatch(text, above.end, word.start()) and _LINE_END.match(text, word.end()))
