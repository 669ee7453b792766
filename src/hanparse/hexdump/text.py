"""Text -> the same text with one kind of line end, in which every position keeps its line and column.

Every reader in this package takes a text and gives what it found in it. What one has found is covered before the next
looks, and a text never changes its length, so a position means the same to all of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import HexDumpError

if TYPE_CHECKING:
    from collections.abc import Sequence

COVER: Final = "\0"
"""Stands where something was found: no blank, no digit, nothing that a reader joins bytes over."""

MIN_BYTES: Final = 8
"""Fewer bytes than this among other text are a number, a date or a word; the smallest HDLC frame has 9."""

LONGEST_TABLE_LINE: Final = 2_000
"""Characters; xxd writes 256 bytes on a line at most, with their text that is 905."""

_SHOWN: Final = 20
"""Characters of a word before and after the one that is amiss."""

_INVISIBLE: Final = re.compile("[\u200b\u2060\ufeff]")
_COLOUR: Final = re.compile("\x1b\\[[0-9;]*+[A-Za-z]")
_QUOTED: Final = re.compile(r"^(?>(?:[ \t]*+>)+)", re.MULTILINE)
_UNPRINTABLE: Final = re.compile(rb"[^\x20-\x7e]")
_NOT_LINE_END: Final = re.compile(r"[^\n]")


class Piece(NamedTuple):
    """Bytes that were read, the part of the text that says them, and the notation: hex, table, literal..."""

    start: int
    end: int
    data: bytes
    style: str


Span = Piece | tuple[int, int]


def tidy(source: str) -> str:
    r"""`source` with ``\n`` as its only line end, blanks for colours, quote marks (``> ``) and what cannot be seen."""
    text = source.replace("\r\n", " \n")
    text = (text if text.isascii() else _INVISIBLE.sub(" ", text)).replace("\r", "\n")
    text = _COLOUR.sub(_blanks, text) if "\x1b" in text else text
    return _QUOTED.sub(_blanks, text) if ">" in text else text


def _blanks(found: re.Match[str]) -> str:
    return " " * len(found[0])


def cover(text: str, spans: Sequence[Span], mark: str = COVER) -> str:
    """`text` with `mark` for every character of `spans`, which are in order and apart. Line ends stay."""
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span[0]], _NOT_LINE_END.sub(mark, text[span[0] : span[1]])]
        end = span[1]
    return "".join(parts) + text[end:]


def failure(text: str, position: int, what: str) -> HexDumpError:
    """The error that says `what` is wrong at `position`."""
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return HexDumpError(f"line {line}, column {column}: {what}", line=line, column=column)


def around(text: str, position: int) -> str:
    """The character at `position`, and the word that it stands in, for a message."""
    character = text[position]
    before, after = text[max(0, position - _SHOWN) : position], text[position : position + _SHOWN]
    word = (before.split()[-1] if before[-1:].strip() else "") + after.split()[0]
    return repr(character) if word == character else f"{character!r} in {word!r}"


def shape(text: str) -> str:
    """What lines of one log have in common in front of their bytes: `text` without blanks, one 0 for any number."""
    return re.sub(r"[0-9]+", "0", "".join(text.split()))


def says(text: str, data: bytes) -> bool:
    """Whether `text` is the text column of a dump: `data` as characters, with a dot for each that cannot be printed."""
    said = _UNPRINTABLE.sub(b".", data).decode("ascii")
    return text.strip() in {said.strip(), f"|{said}|", f">{said}<"}
