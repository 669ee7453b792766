"""Finds mistyped and masked bytes between the pieces of a dump, and bytes that the reading skipped.

A *reading* returns the bytes of a text as *pieces* (`hexdump.readings`). An APDU has no check sequence. If a reading
skips a byte of an APDU, the rest of the APDU can still follow the grammar, and its values are then wrong.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import hexdump
from hanparse.hexdump import masks
from hanparse.hexdump.text import failure
from hanparse.pasted import replaced
from hanparse.wire.identify import DATA_NOTIFICATION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanparse.errors import HexDumpError
    from hanparse.hexdump.text import Piece
    from hanparse.pasted.sound import Unit

    Look = Callable[[str, int, int], re.Match[str] | None]

_HEADERS: Final = (DATA_NOTIFICATION, b"\xe6")  # of an APDU and of an LLC PDU
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
_WORD: Final = r"((?=\w*[G-Zg-z])\w{1,3})"
_BYTE: Final = "[0-9A-Fa-f]{1,3}"
_MISTYPED_BEHIND_KEY: Final = re.compile(rf'"[0-9]{{1,7}}":[ ]?{_WORD}(?!\w)')  # as in {"0": 126, "1": g0}
_BYTES: Final = re.compile(rf"((?:(?<!\w){_PAIR}(?!\w)[ ,;:]*){{4}})")
_SEPARATOR: Final = re.compile(r"\w([^\w\n]+)\w")
_SEPARATOR_OF_LINES: Final = re.compile(r"\w(\W+)\w")
_IN_GAP: Final = (
    _MISTYPED.fullmatch, _MISTYPED_GROUP.search, _MISTYPED_IN_RUN.search, _MISTYPED_BEHIND_MARK.search,
    _MASK_BEHIND_MARK.search, _MISTYPED_BEHIND_KEY.search, hexdump.LIKE_BYTES_ALONE.search,
)  # fmt: skip


def without_gaps(text: str, apdus: list[Unit]) -> list[Unit]:
    """Return the APDUs without those that have a mistyped byte between two pieces.

    A mistyped byte is a short word such as ``0g6``, a group such as ``00g10600``, or other text that resembles bytes.
    If each line has one byte, a line of other text counts as a mistyped byte. A list without a header behind a damaged
    APDU is also removed, because it can be a part of this APDU. Raises `HexDumpError` for the first mistyped byte if no
    APDU remains.
    """
    ends = [0, *(apdu.pieces[-1].end for apdu in apdus)]
    found = [
        find(text, apdu.pieces) or replaced.unusual(text, apdu.pieces) or _above(text, end, apdu)
        for end, apdu in zip(ends, apdus, strict=False)
    ]
    first = next((place for place, gap in enumerate(found) if gap), len(apdus))
    later = zip(apdus[first:], found[first:], strict=True)
    kept = [*apdus[:first], *(apdu for apdu, gap in later if not gap and apdu.pieces[0].data.startswith(_HEADERS))]
    if not kept and (line := found[first]):
        raise no_byte(text, line)
    return kept


def _above(text: str, end: int, apdu: Unit) -> re.Match[str] | None:
    """Return bytes on the line above a list without a header. They can be the damaged header of the list.

    `end` is the position at which the APDU before the list ends.
    """
    if apdu.pieces[0].data.startswith(_HEADERS):
        return None
    stop = len(text[: text.rfind("\n", 0, apdu.start) + 1].rstrip())
    return _BYTES.search(text, max(end, text.rfind("\n", 0, stop) + 1), stop)


def no_byte(text: str, found: re.Match[str]) -> HexDumpError:
    """Return the error for the text that `find` found."""
    word = found.lastindex or 0
    return failure(
        text, found.start(word), f"expected a byte of the frame or APDU around it, found {found[word].strip()!r}"
    )


def find(text: str, pieces: Sequence[Piece]) -> re.Match[str] | None:
    """Return the first mistyped byte between two pieces, or `None` if no byte is mistyped.

    Also return a mistyped byte or other bytes in front of the first piece, on the same line.
    """
    if not pieces:
        return None
    start = pieces[0].start
    in_front = _beside(_separator(text, pieces[0])).front(text, text.rfind("\n", 0, start) + 1, start)
    between = next((gap for two in pairwise(pieces) if (gap := _between(text, *two))), None)
    found = [gap for gap in (in_front, between, replaced.find(text, pieces)) if gap]
    return min(found, key=lambda gap: gap.start(gap.lastindex or 0), default=None)


def _between(text: str, piece: Piece, following: Piece) -> re.Match[str] | None:
    separator = _separator(text, piece) or _separator(text, following)
    is_one_a_line = "\n" in separator or len(piece.data) == len(following.data) == 1
    if is_one_a_line and (line := _TEXT_LINE.search(text, piece.end, following.start)):
        return line
    same = f"0x{piece.data.hex()}"  # the byte is shown twice, as in 0b01111110 (0x7E), so this text is not a gap
    words = _beside(separator)
    for look in (*_IN_GAP, words.behind, words.before, words.run):
        found = look(text, piece.end, following.start)
        if found and found[found.lastindex or 0].lower() != same:
            return found
    return None


def _separator(text: str, piece: Piece) -> str:
    """Return the text between the first two words of a line of a piece, or of the piece if each line has one word.

    Return nothing if the piece has one word.
    """
    span = text, piece.start, piece.end
    found = _SEPARATOR.search(*span) or _SEPARATOR_OF_LINES.search(*span)
    return found[1] if found else ""


class _Beside(NamedTuple):
    """Holds functions that find text with the same separators as the bytes next to it.

    `behind` and `before` find a mistyped byte next to a piece. `run` finds a *run*: four bytes that a reading skipped.
    `front` finds either of them in front of the first piece.
    """

    behind: Look
    before: Look
    front: Look
    run: Look


@lru_cache(maxsize=64)
def _beside(separator: str) -> _Beside:
    sign = re.escape(separator) if separator.strip(" ") else "[ ,;]{1,2}"
    exact = re.escape(separator) or sign
    either = f"(?:{sign}|{exact})"
    run = rf"(?<!\w)((?:{_BYTE}{either}){{4}})"
    in_front = rf"(?<!\w)(?:{_BYTE}{either}){{2,}}{_WORD}{either}\Z"
    return _Beside(
        re.compile(rf"{either}{_WORD}{either}(?:{_BYTE}(?!\w)|\Z)").match,
        re.compile(rf"{in_front}|(?<!\w){_BYTE}{exact}{_WORD}{exact}\Z").search,
        re.compile(rf"{in_front}|{run}").search,
        re.compile(run).search,
    )
