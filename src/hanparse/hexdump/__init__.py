r"""Finds hex dumps in a text, such as a log or a message, and returns their bytes.

`read` finds the dumps of a text and joins their bytes in order. `parse` returns only the bytes. A *piece* is a part of
the text and the bytes that it contains (`hexdump.text.Piece`). The notations are:

==========================================================================================  ===================
``7EA02701``, ``7e a0 27``, ``7E:A0:27``, ``7e-a0``, ``0x7E, 0xA0``, ``\x7e\xa0``, ``7Eh``  `hexdump.plainhex`
The same in a log, an e-mail or a forum post                                                `hexdump.amongtext`
``b'~\xa0'``, ``bytearray(b'~')``, ``"\x7e\xa0"``: Python, C, Wireshark, ESPHome            `hexdump.literals`
``[126, 160]``, ``{0x7e, 0xa0}``, ``["7e", "a0"]``: JSON, C, Java, Go                       `hexdump.lists`
``00000000: 7ea0 2701  ~.'.``: xxd, hexdump, od, Wireshark, ESP-IDF                         `hexdump.tables`
``fqAnAQIBEFqH5ucAD0AAAAA=``                                                                `hexdump.base64words`
==========================================================================================  ===================

The docstring of each module contains the *rules* of its notations: the conditions under which text is a dump. The
modules are used in this order: tables, literals, lists, base64, hex digits. Each module skips the text in which an
earlier module found bytes. Comments and time stamps are removed before the search for lists (`hexdump.remarks`). The
most important rules are:

* The first column of a table is read as offsets if the difference of two consecutive offsets is the number of bytes
  between them. Otherwise it is read as bytes.
* Numbers like ``10 20 30`` are hex. Numbers in brackets, as in ``[10, 20, 30]``, are decimal. ``126, 160, 30`` without
  brackets is also decimal, because 126 is not a pair of hex digits.
* A text that contains only hex digits is hex, even if it is also valid base64.
* A dump of hex digits among other text has at least eight bytes. `Dump.passed_over` lists the text that is not part of
  a dump.

`hexdump.readings` defines *readings*: functions for more notations. These notations are ambiguous, so `hanparse.pasted`
uses a reading only if its bytes contain *sound* frames (frames with correct check sequences) or complete APDUs.

The quote marks of e-mail (``> ``) at the start of a line are ignored. The time of a search is linear in the length of
the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump import amongtext, base64words, lists, literals, plainhex, remarks, tables
from hanparse.hexdump.text import COVER, ENTITY, MIN_BYTES, Piece, around, byte_place, cover, failure, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.errors import HexDumpError

_ONLY_NOTES: Final = "expected a hex dump, found only comments and time stamps"
_FILE_NAME: Final = re.compile(r"\s*\S{0,250}(?:[/\\]\S{1,250}|\.\w{1,6})\s*")
_TOO_SHORT: Final = "among other text a dump has at least"
_PART: Final = re.compile(rf"[^\s{COVER}][^\n{COVER}]*")
_CHARACTER: Final = re.compile(r"\w")
_SIGN: Final = r"[ \t\xa0,:;.|\-'\"]"
_PAIR: Final = "(?:0x)?[0-9A-Fa-f]{2}"
_LIKE_BYTES: Final = (
    r"[0-9A-Fa-f](?<!\w.)(?<=(?=[0-9]{0,31}[A-Fa-f]).)[0-9A-Fa-f]{11}"
    r"|[0-9A-Fa-f](?<=(?=[0-9]{0,31}[A-Fa-f]).)[0-9A-Fa-f]{19}"
    rf"|[0-9A-Fa-f](?<!\w.)(?<=(?=(?:[0-9x]|{_SIGN}){{0,20}}[A-Fa-f](?![0-9A-Fa-f]*+[G-Zg-z_])).)(?:x[0-9A-Fa-f]{{2}}|[0-9A-Fa-f])"
    rf"(?:{_SIGN}{{0,6}}{_PAIR}){{3,}}?(?!\w)"
    rf"|[0-9A-Fa-f](?<!\w.)(?:x[0-9A-Fa-f]{{2}}|[0-9A-Fa-f])(?:{_SIGN}{{1,6}}{_PAIR}){{7,}}?(?!\w)"
)
_MARK: Final = r"(?:0[xX]|\\[xX]|\\u00|&[hH]|[$%{<\[(])[0-9A-Fa-f]{2}(?![0-9A-Fa-f])"
_MARKED: Final = rf"{_MARK}(?=[^\n]{{0,40}}?{_MARK})"
_DECIMAL: Final = r"[0-9]{1,3}(?:[ ,:;]{1,3}[0-9]{1,3}(?!\w)){8}"
_COLUMNS: Final = r"[0-9]{1,3}(?:[ \t|]{1,4}[0-9]{1,3}(?!\w)){8}"
_NUMBERS: Final = (
    r"\[[ ]?[0-9]{1,3}(?:,[ ]?[0-9]{1,3}(?!\w)){3}"
    r"|[0-9A-Fa-f]{2}[hH](?!\w)"
)
_REPEATED: Final = (
    r"(?:#x|'h|16#|x\"|\\u00)[0-9A-Fa-f]{2}|0[bB][01]{8}|[01]{4}[ ][01]{4}(?!\w)|(?:[01]{8}[ ,]){4}"
    rf"|(?:[0-9A-Fa-f]{{2}}[/_+]){{7}}|(?:{ENTITY}\s?){{4}}"
    r"|(?:=[0-9A-Fa-f]{2}){4}|(?:[#\\][0-9]{1,3}){4}|(?:\"[0-9]{1,7}\":[ ]?[0-9]{1,3},[ ]?){4}"
    r"|(?:[0-9]{1,7}\s{0,9}[:=]\s{0,9}[0-9]{1,3}\s{1,9}){8}"
)
_CODED: Final = r"[A-Za-z0-9+/_-]{38}"
_A_LINE: Final = r"[0-9A-Fa-f]{1,3}[^\w\n]{0,9}(?:\n(?:[^\n]{0,160}[^\w\n])?(?:0[xX])?[0-9A-Fa-f]{1,3}[^\w\n]{0,9}$){7}"
LIKE_BYTES: Final = re.compile(f"{_LIKE_BYTES}|{_DECIMAL}", re.DOTALL)
"""Matches text that resembles bytes. The pattern is for text on a line that also contains bytes of a dump."""
LIKE_BYTES_ALONE: Final = re.compile(
    f"{LIKE_BYTES.pattern}|{_MARKED}|{_REPEATED}|{_COLUMNS}|{_NUMBERS}|{_A_LINE}|{_CODED}", re.DOTALL | re.MULTILINE
)
"""Matches text that resembles bytes. The pattern is for lines that contain no bytes of a dump.

It also matches bytes with a prefix or suffix, decimal numbers, base64, and eight lines that each end with one byte.
"""
_LIKE_BYTES_OR_MARKED: Final = re.compile(
    rf"{LIKE_BYTES.pattern}|{_MARKED}|{_COLUMNS}|(?:\\[0-9]{{1,3}}){{3}}", re.DOTALL
)
_LAST_BYTE: Final = re.compile(r"(?:(?<!\w)|0[xX])[0-9A-Fa-f]{2}\W*\Z")
_LETTER: Final = re.compile(r"[A-Fa-f][0-9A-Fa-f]?\W*\Z")


class PassedOver(NamedTuple):
    """Holds text that is not part of a dump, and the place at which it begins. `line` and `column` count from 1."""

    line: int
    column: int
    text: str


class Unsound(NamedTuple):
    """Holds bytes without a sound frame, their offset in `Dump.data`, and the place at which their text begins."""

    line: int
    column: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Dump:
    """Holds the bytes of all dumps in a text, in order."""

    data: bytes
    left: str = field(default="", repr=False)
    """The text, with `COVER` in place of each character of a dump."""
    style: str = ""
    """The notations, separated by commas: hex, table, rows, literal, decimal, base64, binary, octal, P1.

    Can be empty.
    """
    unsound: tuple[Unsound, ...] = ()
    """The bytes in which `hanparse.pasted` found no sound frame. Each part after the first may begin with a frame."""
    text: str = field(default="", repr=False)
    """The text that contains the dumps, as a result of `hexdump.text.tidy`."""
    pieces: tuple[tuple[int, Piece], ...] = field(default=(), repr=False)
    """The pieces of `text`, each behind the offset of its first byte in `data`."""

    @cached_property
    def _without_remarks(self) -> str:
        return cover(self.text, remarks.find(self.text), " ")

    def place(self, offset: int) -> tuple[int, int] | None:
        """Return the line and the column of the byte of `data` at `offset`, as `hexdump.text.byte_place` does.

        The place of an `offset` behind the last byte is that of the last byte. Return `None` if there are no bytes.
        """
        at = bisect_right(self.pieces, offset, key=itemgetter(0)) - 1
        if at < 0 or not self.pieces[at][1].data:
            return None
        start, piece = self.pieces[at]
        return byte_place(self._without_remarks, piece, min(offset - start, len(piece.data) - 1))

    @cached_property
    def passed_over(self) -> tuple[PassedOver, ...]:
        """The text that is not part of a dump: prose, time stamps, comments. Text of only punctuation is not listed."""
        return tuple(_passed_over(self.left))

    @property
    def resembling_bytes(self) -> Iterator[PassedOver]:
        """The text of `passed_over` that resembles bytes.

        Eight or more consecutive lines that each end with one byte resemble bytes if one of these bytes has a letter.
        If no single one of these lines resembles bytes, only the first line is returned.
        """
        for _, block in groupby(enumerate(self.passed_over), key=_block):
            parts = [part for _, part in block]
            like = [part for part in parts if _LIKE_BYTES_OR_MARKED.search(part.text)]
            is_byte_a_line = len(parts) >= MIN_BYTES and any(_LETTER.search(part.text) for part in parts)
            yield from like or (parts[:1] if is_byte_a_line else [])


def parse(text: str) -> bytes:
    """Return the bytes of all dumps in `text`, in order. The result is empty for a blank text.

    Raises `HexDumpError` with the line and column of the problem if the text contains no dump or a damaged dump, and
    `TypeError` if `text` is not a `str`.
    """
    return read(text).data


def read(text: str) -> Dump:
    """Return the bytes of all dumps in `text`, their notations, and the text that is not part of a dump.

    Raises the same errors as `parse`.
    """
    if not isinstance(text, str):
        message = f"expected a hex dump as str, found {type(text).__name__}"
        raise TypeError(message)
    return read_with_pieces(tidy(text))[0]


def read_with_pieces(text: str) -> tuple[Dump, list[Piece]]:
    """Return the result of `read` and the dumps as pieces. `text` is a result of `hexdump.text.tidy`."""
    pieces = find(text)
    return dump(text, b"".join(piece.data for piece in pieces), [*with_offsets(pieces)]), pieces


def with_offsets(pieces: list[Piece], offset: int = 0) -> Iterator[tuple[int, Piece]]:
    """Yield each of `pieces` behind the offset of its first byte. `offset` is that of the first piece."""
    return zip(accumulate((len(piece.data) for piece in pieces), initial=offset), pieces, strict=False)


def dump(text: str, data: bytes, pieces: list[tuple[int, Piece]]) -> Dump:
    """Return a dump with the bytes `data` and with `pieces` as in `Dump.pieces`. `passed_over` lists all other text."""
    covered = cover(text, sorted(piece for _, piece in pieces))
    style = ", ".join(dict.fromkeys(piece.style for _, piece in pieces))
    return Dump(data, covered, style, text=text, pieces=tuple(pieces))


def _block(numbered: tuple[int, PassedOver]) -> tuple[int, int]:
    """Return a key for `groupby`: the same pair for all lines in a sequence of lines that end with a byte."""
    number, part = numbered
    return (0, part.line - number) if _LAST_BYTE.search(part.text) else (1, number)


def find(text: str) -> list[Piece]:
    """Return the dumps in `text`, a result of `hexdump.text.tidy`. Raises the same errors as `parse`."""
    if not text.strip():
        return []
    pieces, rest = _search(text, (tables.find, literals.find))
    rest = cover(rest, remarks.find(rest), " ")
    if not rest.strip():
        raise failure(text, text.find(text.strip()), _ONLY_NOTES)
    more, rest = _search(rest, (lists.find, base64words.certain))
    pieces += more
    return sorted(pieces + _digits(rest, alone=not pieces))


def _search(text: str, notations: tuple[Callable[[str], list[Piece]], ...]) -> tuple[list[Piece], str]:
    """Return the dumps in these notations, and `text` with the dumps covered."""
    pieces: list[Piece] = []
    for find_pieces in notations:
        found = find_pieces(text)
        text = cover(text, found)
        pieces += found
    return pieces, text


def _digits(text: str, *, alone: bool) -> list[Piece]:
    """Return the hex digits in `text` as pieces. `alone` is true if no other notation was found.

    If `alone` is true and `text` contains only hex digits, it is one dump. Otherwise each dump needs `MIN_BYTES` bytes.
    """
    digits = plainhex.digits_only(text)
    stranger = plainhex.stranger(digits)
    if alone and not stranger:
        return [plainhex.with_marks(digits, lists.decimals(digits) or plainhex.read(digits))]
    pieces = amongtext.find(digits)
    if alone and stranger and not pieces:
        raise _no_dump(digits, stranger)
    return [plainhex.with_marks(digits, piece) for piece in pieces]


def _no_dump(text: str, stranger: re.Match[str]) -> HexDumpError:
    what = f"expected hex digits, found {around(text, stranger.start())}; {_TOO_SHORT}"
    advice = f"{MIN_BYTES} bytes, and hanparse.hexdump lists the notations"
    if _FILE_NAME.fullmatch(text):
        advice += "; if this is the name of a file, give what is in the file"
    return failure(text, stranger.start(), f"{what} {advice}")


def says_no_dump(error: HexDumpError) -> bool:
    """Return whether `error` means that the text contains no dump. Other errors mean that a dump is damaged."""
    return any(words in str(error) for words in (_ONLY_NOTES, _TOO_SHORT))


def _passed_over(left: str) -> Iterator[PassedOver]:
    line, line_start = 1, 0
    for part in _PART.finditer(left):
        if _CHARACTER.search(part[0]):
            start = part.start()
            line += left.count("\n", line_start, start)
            line_start = left.rfind("\n", line_start, start) + 1 or line_start
            yield PassedOver(line, start - line_start + 1, part[0].rstrip())
