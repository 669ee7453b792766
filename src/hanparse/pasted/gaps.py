"""Finds mistyped and masked bytes between the pieces of a dump, and bytes that the reading skipped.

An APDU has no check sequence. If a reading skips one of its bytes, the rest can still follow the grammar, and its
values are then wrong.
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
_GROUP: Final = "[0-9A-Fa-f]{4}"
_MISTYPED_GROUP: Final = re.compile(
    rf"(?<!\w)(?=(?:\w\w){{2,8}}(?!\w))(?!\w*[xX])"
    rf"(?:(?=[A-Za-z]*[0-9][A-Za-z]*[0-9])|(?<={_GROUP}[ ])|(?=\w+[ ]{_GROUP}(?!\w)))({_DAMAGED_PAIRS})"
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
_MISTYPED_IN_FRONT: Final = re.compile(
    rf"(?<!\w)(?:(?:{_BYTE}{_SIGN}){{2}}{_WORD}|{_PAIR}{_SIGN}{_MISTYPED_PAIR}){_SIGN}\Z"
)
_IN_GAP: Final = (
    _MISTYPED.fullmatch, _MISTYPED_BEHIND.match, _MISTYPED_IN_FRONT.search, _MISTYPED_GROUP.search,
    _MISTYPED_IN_RUN.search, _MISTYPED_BEHIND_MARK.search, _MASK_BEHIND_MARK.search, _PASSED_OVER_RUN.search,
    hexdump.LIKE_BYTES_ALONE.search,
)  # fmt: skip


def without_gaps(text: str, apdus: list[Unit]) -> list[Unit]:
    """Return the APDUs without those that have a mistyped byte between two pieces.

    A mistyped byte is a short word such as ``0g6``, a group such as ``00g10600``, or other text that resembles bytes.
    If each line has one byte, a line without a byte is also mistyped. A list without a header behind a damaged APDU is
    removed, too, because it can be a part of this APDU. Raises `HexDumpError` for the mistyped byte if no APDU remains.
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
    """Return the first mistyped byte between two pieces, or `None` if no byte is mistyped."""
    for piece, following in pairwise(pieces):
        is_one_a_line = len(piece.data) == len(following.data) == 1
        if is_one_a_line and (line := _TEXT_LINE.search(text, piece.end, following.start)):
            return line
        same = f"0x{piece.data.hex()}"  # as in 0b01111110 (0x7E)
        for look in _IN_GAP:
            found = look(text, piece.end, following.start)
            if found and found[found.lastindex or 0].lower() != same:
                return found
    return None
