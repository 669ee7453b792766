"""Defines `changed`, which replaces the identifiers of meters in base64 text."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final

from hanparse.wire import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WORD: Final = re.compile(rb"[A-Za-z0-9+/_-]{8,}")  # a number of six digits has eight characters in base64
_NUMBER: Final = re.compile(rb"\d{%d,}|(?<![0-9A-Za-z])[0-9A-Fa-f]{8,}(?![0-9A-Za-z])" % ids.IDENTIFYING_DIGITS)
_URL_SAFE: Final = (b"-_", b"+/")  # RFC 4648, section 5
_QUARTET: Final = 4


def changed(text: bytes, replace: Callable[[bytes], bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the index of each base64 word that contains an identifier, and the word that replaces it.

    `replace` takes decoded octets, and returns them with replaced known identifiers. `changed` also replaces other
    numbers and hex digits that look like an identifier. Up to three other characters can be directly before the base64
    text. So `changed` tries each of the first four characters of a word as the start of the base64 text.
    """
    for match in _WORD.finditer(text):
        for shift in range(_QUARTET):
            word = match[0][shift:]
            new = _changed(word, replace)
            if new != word:
                yield match.start() + shift, new
                break


def _changed(word: bytes, replace: Callable[[bytes], bytes]) -> bytes:
    word_size = len(word) - (len(word) % _QUARTET == 1)  # the last character of 4n + 1 characters encodes no octet
    is_url_safe = any(character in word for character in _URL_SAFE[0])
    plain = word[:word_size].translate(bytes.maketrans(*_URL_SAFE))
    old = b64decode(plain + b"=" * (-word_size % _QUARTET))
    new = _NUMBER.sub(lambda match: ids.replacement(match[0]), replace(old))
    if new == old:
        return word
    written = b64encode(new)[:word_size]
    return (written.translate(bytes.maketrans(*reversed(_URL_SAFE))) if is_url_safe else written) + word[word_size:]
