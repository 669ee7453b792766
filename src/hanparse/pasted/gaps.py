"""Finds mistyped, masked and passed over bytes between the pieces of an APDU.

An APDU has no check sequence. Without one of its bytes it may still follow the grammar, and its values are then wrong.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse import hexdump
from hanparse.hexdump import masks
from hanparse.hexdump.text import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanparse.errors import HexDumpError
    from hanparse.hexdump.text import Piece
    from hanparse.pasted.sound import Unit

_HEADERS: Final = (b"\x0f", b"\xe6")  # of a data-notification and of an LLC PDU
_TEXT_LINE: Final = re.compile(r"\n([^\n]*\w[^\n]*)(?=\n)")
_DAMAGED_PAIRS: Final = r"[0-9A-Fa-f]*[G-Zg-z][0-9A-Fa-f]*(?!\w)"
_MISTYPED: Final = re.compile(
    rf"[^\w:=]*((?=\w*[0-9])(?=\w*[^\W\d])(?:\w{{2,3}}|{_DAMAGED_PAIRS}))[^\w:=]*|[^\w\n]*([^\W\d])[^\w\n]*"
)
_MISTYPED_GROUP: Final = re.compile(
    rf"(?<!\w)(?=(?:\w\w){{2,8}}(?!\w))(?=[A-Za-z]*[0-9][A-Za-z]*[0-9])(?!\w*[xX])({_DAMAGED_PAIRS})"
)
_PAIR: Final = "[0-9A-Fa-f]{2}"
_MISTYPED_PAIR: Final = r"((?:[0-9A-Fa-f][G-Zg-z]|[G-Zg-z][0-9A-Fa-f])(?!\w))"
_MISTYPED_IN_RUN: Final = re.compile(
    rf"(?<!\w)(?:{_MISTYPED_PAIR}(?:[ ,;]{{1,2}}{_PAIR}(?!\w)){{3}}|(?:{_PAIR}[ ,;]{{1,2}}){{3}}{_MISTYPED_PAIR})"
)
_MISTYPED_BEHIND_MARK: Final = re.compile(masks.MARK + _MISTYPED_PAIR)
_MASK_BEHIND_MARK: Final = re.compile(rf"{masks.MARK}({masks.MASK})(?!\w)|(XX|xx|\?\?)(?!\w)")
_PASSED_OVER_RUN: Final = re.compile(r"(?<!\w)((?:[0-9A-Fa-f]{1,2}[ ,;]{1,2}){4})")
_SIGN: Final = r"[ ,;]{1,2}"
_WORD: Final = r"((?=\w*[G-Zg-z])\w{1,3})"
_BYTE: Final = "[0-9A-Fa-f]{1,3}"
_MISTYPED_BEHIND: Final = re.compile(rf"{_SIGN}{_WORD}(?:{_SIGN}{_BYTE}(?!\w)){{2}}")
_MISTYPED_IN_FRONT: Final = re.compile(rf"(?<!\w)(?:{_BYTE}{_SIGN}){{2}}{_WORD}{_SIGN}\Z")
_IN_GAP: Final = (
    _MISTYPED.fullmatch, _MISTYPED_BEHIND.match, _MISTYPED_IN_FRONT.search, _MISTYPED_GROUP.search,
    _MISTYPED_IN_RUN.search, _MISTYPED_BEHIND_MARK.search, _MASK_BEHIND_MARK.search, _PASSED_OVER_RUN.search,
    hexdump.LIKE_BYTES_ALONE.search,
)  # fmt: skip


def without_gaps(text: str, apdus: list[Unit]) -> list[Unit]:
    """Return the APDUs without those that have a mistyped byte between two pieces.

    That is a short word such as ``0g6``, a group such as ``00g10600``, text that resembles bytes, or any line without a
    byte when each line has one byte. An APDU has no check sequence, and without one of its bytes it may still follow
    the grammar. A list without a header behind it may be a part of it. Raises `HexDumpError` for such a line if no APDU
    is left.
    """
    found = [find(text, apdu.pieces) for apdu in apdus]
    first = next((place for place, gap in enumerate(found) if gap), len(apdus))
    later = zip(apdus[first:], found[first:], strict=True)
    kept = [*apdus[:first], *(apdu for apdu, gap in later if not gap and apdu.pieces[0].data.startswith(_HEADERS))]
    if not kept and (line := found[first]):
        raise no_byte(text, line)
    return kept


def no_byte(text: str, found: re.Match[str]) -> HexDumpError:
    """Return the error for the text that `find` found."""
    word = found.lastindex or 0
    return failure(
        text, found.start(word), f"expected a byte of the frame or APDU around it, found {found[word].strip()!r}"
    )


def find(text: str, pieces: Sequence[Piece]) -> re.Match[str] | None:
    """Return the first text between two pieces that is a mistyped byte; `None` if there is none."""
    for piece, following in pairwise(pieces):
        is_one_a_line = len(piece.data) == len(following.data) == 1
        if is_one_a_line and (line := _TEXT_LINE.search(text, piece.end, following.start)):
            return line
        for look in _IN_GAP:
            if found := look(text, piece.end, following.start):
                return found
    return None
