r"""Text as people have it, a hex dump in any notation or a log with dumps in it -> bytes.

`read` finds the dumps of a text and joins their bytes in order; `parse` gives the bytes alone. What is read:

==========================================================================================  ===================
``7EA02701``, ``7e a0 27``, ``7E:A0:27``, ``7e-a0``, ``0x7E, 0xA0``, ``\x7e\xa0``, ``7Eh``  `hexdump.plainhex`
the same in a log, an e-mail, a forum post                                                  `hexdump.amongtext`
``b'~\xa0'``, ``bytearray(b'~')``, ``"\x7e\xa0"``: Python, C, Wireshark, ESPHome            `hexdump.literals`
``[126, 160]``, ``{0x7e, 0xa0}``, ``["7e", "a0"]``: JSON, C, Java, Go                       `hexdump.lists`
``00000000: 7ea0 2701  ~.'.``: xxd, hexdump, od, Wireshark, ESP-IDF                         `hexdump.tables`
``fqAnAQIBEFqH5ucAD0AAAAA=``                                                                `hexdump.base64words`
==========================================================================================  ===================

Each of these modules states its rule. What one has found is hidden from the next, in this order: tables, literals,
lists, base64, hex digits. Comments and time stamps are passed over behind the literals (`hexdump.remarks`), but where a
text is nothing else, a dump that is commented out is read. So

* a first column is an offset only when it counts the bytes; otherwise it is data;
* digits alone, ``10 20 30``, are hex; in brackets ``[10, 20, 30]`` they are decimal, as is ``126, 160, 30`` without,
  because 126 is no pair of hex digits;
* a text of nothing but hex digits is hex, even if it is base64 as well;
* among other text a dump has at least eight bytes. What is passed over can be asked for: `Dump.passed_over`.

`hexdump.readings` reads more, which only sound frames can decide; `hanparse.pasted` chooses among its readings.

Quote marks of e-mail (``> ``) at the start of a line are blanks. The time is linear in the length of the text.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import HexDumpError
from hanparse.hexdump import amongtext, base64words, lists, literals, plainhex, remarks, tables
from hanparse.hexdump.text import COVER, MIN_BYTES, Piece, around, cover, failure, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONLY_NOTES: Final = "expected a hex dump, found only comments and time stamps"
_TOO_SHORT: Final = "among other text a dump has at least"
_PART: Final = re.compile(f"[^{COVER}]+")
_CHARACTER: Final = re.compile(r"\w")
_PAIRS: Final = r"(?:[ ,:;\-]{0,3}(?:0x)?[0-9A-Fa-f]{2})"
_LIKE_BYTES: Final = (
    rf"[0-9A-Fa-f](?<!\w.)(?<=(?=[0-9 ,:;\-x]{{0,20}}[A-Fa-f]).)(?:x[0-9A-Fa-f]{{2}}|[0-9A-Fa-f]){_PAIRS}{{3,}}(?!\w)"
    rf"|[0-9A-Fa-f](?<!\w.)(?:x[0-9A-Fa-f]{{2}}|[0-9A-Fa-f])(?:[ ,:;\-]{{1,3}}(?:0x)?[0-9A-Fa-f]{{2}}){{7,}}(?!\w)"
    r"|[0-9A-Fa-f](?<!\w.)(?<=(?=[0-9]{0,11}[A-Fa-f]).)[0-9A-Fa-f]{11}"
)
_MARKED: Final = r"(?:0[xX]|\\[xX]|\\u00|&[hH]|[$%{<\[(])[0-9A-Fa-f]{2}(?![0-9A-Fa-f])"
_NUMBERS: Final = r"[0-9]{1,3}(?:[ ,:;]{1,3}[0-9]{1,3}(?!\w)){8}|[0-9A-Fa-f]{2}[hH](?!\w)"
_CODED: Final = r"[A-Za-z0-9+/_-]{40}"
_A_LINE: Final = r"[0-9A-Fa-f]{1,3}[^\w\n]{0,9}(?:\n(?:[^\n]{0,160}[^\w\n])?[0-9A-Fa-f]{1,3}[^\w\n]{0,9}$){7}"
LIKE_BYTES: Final = re.compile(_LIKE_BYTES, re.DOTALL)
"""What looks as if it said bytes, though other bytes stand on its line."""
LIKE_BYTES_ALONE: Final = re.compile(f"{_LIKE_BYTES}|{_MARKED}|{_NUMBERS}|{_A_LINE}|{_CODED}", re.DOTALL | re.MULTILINE)
"""What looks as if it said bytes where no others stand on its line: also marked bytes, and one at the end of lines."""


class PassedOver(NamedTuple):
    """Text that is no part of a dump, and where its line begins with it; `line` and `column` count from 1."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Dump:
    """The bytes of all dumps in a text, in order."""

    data: bytes
    passed_over: tuple[PassedOver, ...] = ()
    """What was not read: prose, time stamps, comments. Punctuation alone is not listed."""
    style: str = ""
    """How the dumps were written: hex, table, literal, decimal, base64; several with commas, none for a blank text."""


def parse(text: str) -> bytes:
    """The bytes of all dumps in `text`, in order; none for a blank text.

    Raises `HexDumpError` with the line and column at which the text stops being a dump, `TypeError` for no text.
    """
    return _find(_tidy(text)).data


def read(text: str) -> Dump:
    """What `parse` gives, with what was passed over and how the dumps were written. Raises what `parse` raises."""
    tidied = _tidy(text)
    return _find(tidied).dump(tidied)


def find(text: str) -> list[Piece]:
    """The dumps in a text that is tidy (`hexdump.text.tidy`). Raises what `parse` raises."""
    return _find(text).pieces


def dump(text: str, pieces: list[Piece], data: bytes) -> Dump:
    """The dump that `pieces` of `text` say is `data`."""
    return Dump(data, tuple(_passed_over(cover(text, pieces))), _style(pieces))


def like_bytes(text: str) -> bool:
    """Whether text that was passed over looks as if it said bytes."""
    return LIKE_BYTES.search(text) is not None


class _Found(NamedTuple):
    """What was found in a text, in the order in which it was looked for; `notes` may stand among `lists_and_digits`."""

    tables_and_literals: list[Piece]
    notes: list[tuple[int, int]]
    lists_and_digits: list[Piece]

    @property
    def pieces(self) -> list[Piece]:
        """All of them, in the order of the text."""
        return sorted(self.tables_and_literals + self.lists_and_digits)

    @property
    def data(self) -> bytes:
        """The bytes of all."""
        return b"".join(piece.data for piece in self.pieces)

    def dump(self, text: str) -> Dump:
        """The dump that this is of `text`."""
        return Dump(self.data, tuple(_passed_over(self.left(text))), _style(self.pieces))

    def left(self, text: str) -> str:
        """`text` with everything covered but what was passed over."""
        seen = cover(text, self.tables_and_literals)
        left = cover(seen, self.lists_and_digits)
        parts, end = [], 0
        for start, stop in self.notes:
            parts += [left[end:start], seen[start:stop]]
            end = stop
        return "".join(parts) + left[end:]


def _style(pieces: list[Piece]) -> str:
    return ", ".join(dict.fromkeys(piece.style for piece in pieces))


def _tidy(text: str) -> str:
    if not isinstance(text, str):
        message = f"expected a hex dump as str, found {type(text).__name__}"
        raise TypeError(message)
    return tidy(text)


def _find(text: str) -> _Found:
    if not text.strip():
        return _Found([], [], [])
    return _beside_comments(text) or _commented_out(text)


def _commented_out(text: str) -> _Found:
    """What is found in a text of nothing but comments and time stamps, if it is a dump."""
    with suppress(HexDumpError):
        found = _beside_comments(remarks.uncommented(text))
        if found and len(found.data) >= MIN_BYTES:
            return found
    raise failure(text, text.find(text.strip()), _ONLY_NOTES)


def _beside_comments(text: str) -> _Found | None:
    first = tables.find(text)
    rest = cover(text, first)
    second = literals.find(rest)
    rest = cover(rest, second)
    notes = remarks.find(rest)
    rest = cover(rest, notes, " ")
    if not rest.strip():
        return None
    early, late = sorted(first + second), []
    for find in (lists.find, base64words.find):
        pieces = find(rest)
        rest = cover(rest, pieces)
        late += pieces
    late += _digits(rest, alone=not early and not late)
    return _Found(early, notes, sorted(late))


def _digits(text: str, *, alone: bool) -> list[Piece]:
    """The bytes of hex digits: of all of `text` if it is `alone` and has nothing else, of the dumps in it if not."""
    digits = plainhex.digits_only(text)
    stranger = plainhex.stranger(digits)
    if alone and not stranger:
        return [plainhex.with_marks(text, lists.decimals(digits) or plainhex.read(digits))]
    pieces = amongtext.find(digits)
    if alone and stranger and not pieces:
        raise _no_dump(digits, stranger)
    return [plainhex.with_marks(text, piece) for piece in pieces]


def _no_dump(text: str, stranger: re.Match[str]) -> HexDumpError:
    what = f"expected hex digits, found {around(text, stranger.start())}; {_TOO_SHORT}"
    return failure(text, stranger.start(), f"{what} {MIN_BYTES} bytes, and hanparse.hexdump lists the notations")


def says_no_dump(error: HexDumpError) -> bool:
    """Whether a text has no dump at all, so that no part of it has one; otherwise a dump in it is damaged."""
    return any(words in str(error) for words in (_ONLY_NOTES, _TOO_SHORT))


def _passed_over(left: str) -> Iterator[PassedOver]:
    for number, line in enumerate(left.split("\n"), 1):
        for part in _PART.finditer(line):
            if _CHARACTER.search(part[0]):
                blanks = len(part[0]) - len(part[0].lstrip())
                yield PassedOver(number, part.start() + blanks + 1, part[0].strip())
