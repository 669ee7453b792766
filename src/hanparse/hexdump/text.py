"""Prepares a text for the modules of this package, and defines the functions that all of them use.

Each module of this package searches a text for one notation. The text that it has found is then covered (`COVER`
replaces it), so that the next module does not find it again. A *piece* is a part of the text and its bytes (`Piece`).
`tidy` and `cover` keep the lines and columns of the text. So all modules use the same positions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import HexDumpError

if TYPE_CHECKING:
    from collections.abc import Sequence

COVER: Final = "\0"
"""This character replaces text that was found. It is not a blank or a digit, and no notation has it between bytes."""

MIN_BYTES: Final = 8
"""Among other text, a dump of hex digits has at least this number of bytes. Fewer can be a number, a date or a word.

The smallest HDLC frame has 9 bytes.
"""

LONGEST_TABLE_LINE: Final = 2_000
"""A line of a table has at most this number of characters. A line of xxd has at most 256 bytes or 905 characters."""

_SHOWN: Final = 20
"""An error message contains at most this number of characters of a word before and after the wrong character."""

_BLANKS: Final = (
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u200b\u2060\ufeff"
)
_ASCII: Final = str.maketrans(
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, _BLANKS), " ") | {0x3001: ","}
)
"""Full-width characters, blanks and invisible characters, and the ASCII character that replaces each of them."""
_TYPESET: Final = str.maketrans("\u201c\u201d\u201e\xab\xbb\u2018\u2019\u201a\xb7\u2010\u2011", '"""""' + "'''.--")
_LINE_WITHOUT_ESCAPES: Final = re.compile(r"(?:(?<=[\r\n])|\A)[^\\{%\r\n]+(?![^\r\n])")
"""Matches a line without the signs of escapes. Beside an escape, a curly quote can be a byte in Windows-1252."""
_COLOUR: Final = re.compile("\x1b\\[[0-9;]*+[A-Za-z]")
ENTITY: Final = "&#(?:[xX][0-9A-Fa-f]{1,2}|[0-9]{1,3});"
"""Matches a character of HTML that is written as its number. It can be a byte."""
_NO_BLANK: Final = re.compile(rf"(?!&#(?:160|[xX][aA]0|34|39);){ENTITY}")
_HTML: Final = re.compile(
    rf"(?P<bytes>(?>(?:{ENTITY}\s*+){{{MIN_BYTES},}}))"
    r"|&(?:nbsp|#160|#x[aA]0|ensp|emsp|thinsp|quot|#34|#39);"
    r"|</?(?:b|br|code|div|em|font|i|li|mark|p|pre|span|strong|t[dhr]|u)(?:[ ][^<>\n]{0,80})?[ ]?/?>"
)
_WORD: Final = re.compile(r"\S+")
_QUOTED: Final = re.compile(r"^(?>(?:[ \t]*+>)+)", re.MULTILINE)
_WORDS: Final = re.compile(r"\w+")
_HEX_DIGIT: Final = re.compile("[0-9A-Fa-f]")
_UNPRINTABLE: Final = re.compile(rb"[^\x20-\x7e]")


class Piece(NamedTuple):
    """Holds bytes, the start and end of the text that contains them, and the notation (see `Dump.style`)."""

    start: int
    end: int
    data: bytes
    style: str


Span = Piece | tuple[int, int]


def tidy(source: str) -> str:
    r"""Return `source` with ``\n`` as its only line end.

    Blanks replace colour codes, the quote marks of e-mail (``> ``), invisible characters, and tags and blanks of HTML.
    They do not replace `MIN_BYTES` or more characters that are written as numbers (``&#126;&#160;``): these are bytes.
    ASCII characters replace full-width characters, curly quotes and the other blanks of Unicode.
    """
    text = source.replace("\r\n", " \n")
    text = (text if text.isascii() else _in_ascii(text)).replace("\r", "\n")
    text = _COLOUR.sub(_blanks, text) if "\x1b" in text else text
    text = _QUOTED.sub(_blanks, text) if ">" in text else text
    return _HTML.sub(_without_html, text) if "&" in text or "</" in text or "<br" in text else text


def _in_ascii(text: str) -> str:
    text = text.translate(_ASCII)
    return _LINE_WITHOUT_ESCAPES.sub(lambda line: line[0].translate(_TYPESET), text)


def _without_html(found: re.Match[str]) -> str:
    if not found["bytes"]:
        return _blanks(found)
    return found[0] if _NO_BLANK.search(found[0]) else _WORD.sub(_blanks, found[0])


def _blanks(found: re.Match[str]) -> str:
    return " " * len(found[0])


def cover(text: str, spans: Sequence[Span], mark: str = COVER) -> str:
    """Return `text` with `mark` in place of every character of `spans`, except line ends.

    The spans must be in order and must not overlap.
    """
    parts, end = [], 0
    for span in spans:
        lines = text[span[0] : span[1]].split("\n")
        parts += [text[end : span[0]], "\n".join([mark * len(line) for line in lines])]
        end = span[1]
    return "".join(parts) + text[end:]


def failure(text: str, position: int, what: str) -> HexDumpError:
    """Return an error with the message `what` and the line and column of `position`."""
    line, column = place(text, position)
    return HexDumpError(f"line {line}, column {column}: {what}", line=line, column=column)


def place(text: str, position: int) -> tuple[int, int]:
    """Return the line and the column of a position. Both count from 1."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def byte_place(text: str, piece: Piece, index: int) -> tuple[int, int]:
    """Return the line and the column of a byte of `piece`. Both count from 1.

    If the notation does not show where the byte is, return the place at which the piece begins.
    """
    size = len(piece.data)
    if piece.style == "table":
        row = r"\W*".join(f"{byte:02x}" for byte in piece.data[: index + 1])
        found = re.compile(row, re.IGNORECASE).search(text, piece.start, piece.end)
        return place(text, found.end() - 2 if found else piece.start)
    words = [word.start() for word in _WORDS.finditer(text, piece.start, piece.end)]
    if not len(words) % size:
        return place(text, words[index * len(words) // size])
    digits = [digit.start() for digit in _HEX_DIGIT.finditer(text, piece.start, piece.end)]
    at = digits[2 * index : 2 * index + 2]
    if len(digits) == 2 * size and int(text[at[0]] + text[at[1]], 16) == piece.data[index]:
        return place(text, at[0])
    return place(text, piece.start)


def around(text: str, position: int) -> str:
    """Return the character at `position` and the word that contains it, for an error message."""
    character = text[position]
    before, after = text[max(0, position - _SHOWN) : position], text[position : position + _SHOWN]
    word = (before.split()[-1] if before[-1:].strip() else "") + after.split()[0]
    return repr(character) if word == character else f"{character!r} in {word!r}"


def shape(text: str) -> str:
    """Return `text` without blanks and with one 0 in place of each number.

    For the text in front of the bytes, the result is the same on all lines of a log.
    """
    return re.sub(r"[0-9]+", "0", "".join(text.split()))


def says(text: str, data: bytes) -> bool:
    """Return whether `text` is the text column for `data`: its ASCII characters, with a dot for each other byte.

    Some programs print a blank behind the first eight characters.
    """
    said = _UNPRINTABLE.sub(b".", data).decode("ascii")
    shown = text.strip()
    return any(
        shown in {each.strip(), f"|{each}|", f"|{each}", f">{each}<"} for each in (said, f"{said[:8]} {said[8:]}")
    )
