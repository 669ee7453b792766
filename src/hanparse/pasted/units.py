"""Finds the sound frames and APDUs in a text that also contains other words.

A *reading* returns the bytes of a text in one notation, as *pieces* (`hexdump.readings`). `pasted.sound` defines
*sound* bytes and a *unit*. *Known* units are those that were found earlier.

The search has rounds. A round applies all readings to samples of the text and selects the reading with the most sound
bytes. It then applies this reading to the whole text and keeps the units. The next round searches the remaining lines.
So one text may contain several notations, and few readings are applied to the whole of a long text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import hexdump
from hanparse.hexdump.text import MIN_BYTES, Piece
from hanparse.pasted.apdus import content, is_repeated
from hanparse.pasted.choice import CANDIDATES, FRAME_CANDIDATES, best_reading, without_remarks
from hanparse.pasted.rest import Rest
from hanparse.pasted.sound import HEAD_SIZE, frames, headers, is_head
from hanparse.wire.llc import strip_llc

if TYPE_CHECKING:
    from hanparse.pasted.choice import Apply, Finder
    from hanparse.pasted.sound import Unit

_NUMBER: Final = 2  # the largest number of bytes in a number beside an APDU
_SHORT: Final = 1 << 12  # characters; the readings need some milliseconds for them
_WORD: Final = re.compile(r"\w")
_HEAD_TEXT: Final = 600  # characters; they contain the head of an APDU even if each byte has other text in front of it


class Found(NamedTuple):
    """Holds the units of a text, in order, and the pieces of a reading that are in no unit."""

    units: list[Unit]
    spare: list[Piece]
    """The pieces that are in no unit. They are probably damaged dumps."""
    is_complete: bool = True
    """False if a part of the text still resembles bytes. For APDUs, only if it may belong to an APDU of `units`."""


def may_contain_bytes(text: str) -> bool:
    """Return whether the readings are worth their time. All of a short text is searched."""
    return bool((_WORD if len(text) <= _SHORT else hexdump.LIKE_BYTES_ALONE).search(text))


def search(text: str, find: Finder, apply: Apply, known: Found | None = None) -> Found:
    """Return the units that `find` returns for the readings of a text.

    If `find` searches for APDUs, `known` contains the frames of the text, and these are not searched again. A reading
    may skip a part of an APDU, and no check sequence shows that. So `Found.is_complete` is false if the rest of the
    text contains a part that resembles bytes and may belong to one of the APDUs.
    """
    rounds = _Rounds(text, apply, known)
    while not (is_done := rounds.is_done) and rounds.take(find):
        pass
    if known:
        is_done = rounds.end()
    return Found(sorted(rounds.units), _apart(text, rounds.spare, rounds.units), is_done)


class _Rounds:
    """Holds the state of a search.

    `units` are the units of all rounds. `spare` are the pieces of the first reading that are in no unit. `_rest` is the
    part of the text for the next round. It contains no piece of the units, and none of `_others`.
    """

    def __init__(self, text: str, apply: Apply, known: Found | None) -> None:
        self._apply = apply
        self._text = self._whole = text  # `_whole` lacks the remarks as soon as a reading without them has units
        self._is_for_frames = known is None
        self._known = known.units if known else []
        self._is_first = not self._known
        self.units: list[Unit] = []
        self.spare: list[Piece] = []
        self._others: list[Piece] = []
        self._rest = Rest(text, pieces_of(self._known))

    @property
    def is_done(self) -> bool:
        """Return whether no part of the text may contain bytes after the first round."""
        return not self._is_first and not may_contain_bytes(self._rest.text)

    def take(self, find: Finder) -> bool:
        """Find units in the rest of the text. Return whether a reading has units."""
        candidates = FRAME_CANDIDATES if self._is_for_frames else CANDIDATES
        best = best_reading(self._rest.text, find, self._data(), candidates, self._apply)
        if not best:
            return False
        is_bare, read, pieces, found = best
        self.spare = self.spare or self._rest.placed(_spare(pieces, found))
        if self._is_for_frames:
            found = _whole_dumps(read, found) if self._is_first else found
        else:
            self._others += self._rest.placed(_in_no_apdu(pieces, found))
        self._add(found)
        if is_bare and self._whole is self._text:
            self._whole = read if self._is_first else without_remarks(self._text)
        self._set_rest()
        self._is_first = False
        return True

    def _add(self, found: list[Unit]) -> None:
        earlier = sorted(self.units)
        starts = [unit.start for unit in earlier]
        for unit in found:
            placed = self._rest.placed(unit.pieces)
            at = bisect_right(starts, placed[-1].start) - 1
            if at >= 0 and earlier[at].data == unit.data and placed[0].start < earlier[at].pieces[-1].end:
                self._others += placed  # the same bytes in another notation, as binary digits beside hex digits
            else:
                self.units.append(unit._replace(start=placed[0].start, pieces=placed))

    def end(self) -> bool:
        """End a search for APDUs. Return whether no other text may belong to one of the APDUs."""
        self.units = _outermost(self.units)
        data = self._data()
        while data and hexdump.LIKE_BYTES.search(self._rest.text) and (again := self._repeated(data)):
            self._others += self._rest.placed(again)
            self._set_rest()
        left = hexdump.LIKE_BYTES.search(self._rest.text)
        return not left or (bool(self.units) and _is_another(self._rest, left, self.units, self._others))

    def _repeated(self, known: bytes) -> list[Piece]:
        """Return pieces of the rest that repeat bytes of `known` in another notation."""
        text = self._rest.text
        for candidate in CANDIDATES:
            pieces = self._apply(candidate.read, without_remarks(text) if candidate.is_bare else text)
            if pieces and is_repeated(pieces, known):
                return pieces
        return []

    def _data(self) -> bytes:
        return b"".join([unit.data for unit in self._known + self.units])

    def _set_rest(self) -> None:
        self._rest = Rest(self._whole, sorted(pieces_of(self._known + self.units) + self._others))


def _whole_dumps(text: str, units: list[Unit]) -> list[Unit]:
    """Return the units that are not a part of a dump in another notation, or all units if each may be such a part.

    A unit may be such a part if it has bytes that are not sound, and a line next to it resembles bytes.
    """
    ends = [0, *(unit.pieces[-1].end for unit in units)]
    starts = [*(unit.pieces[0].start for unit in units), len(text)]
    kept = [
        unit
        for at, unit in enumerate(units)
        if len(unit.data) == unit.size
        or not (
            _resembles_bytes(text, max(ends[at], _line_above(text, starts[at])), starts[at])
            or _resembles_bytes(text, ends[at + 1], min(starts[at + 1], _line_below(text, ends[at + 1])))
        )
    ]
    return kept or units


def _resembles_bytes(text: str, start: int, end: int) -> bool:
    return bool(hexdump.LIKE_BYTES.search(text, start, end))


def _line_above(text: str, at: int) -> int:
    """Return the start of the line above the line at `at`."""
    return text.rfind("\n", 0, max(0, text.rfind("\n", 0, at))) + 1


def _line_below(text: str, at: int) -> int:
    """Return the end of the line below the line at `at`."""
    end = text.find("\n", at)
    end = text.find("\n", end + 1) if end >= 0 else end
    return end if end >= 0 else len(text)


def _outermost(units: list[Unit]) -> list[Unit]:
    """Return the APDUs, except those that another APDU contains: a log may contain each layer of a push."""
    contents = [content(unit) for unit in units]
    return [
        unit
        for at, unit in enumerate(units)
        if not any(contents[at] in other and contents[at] != other for other in contents)
    ]


def damaged_frames(text: str, units: list[Unit], spare: list[Piece], apply: Apply) -> list[Piece]:
    """Return the pieces with a damaged frame that has a sound header. `units` and `spare` are not searched again."""
    rest = Rest(text, sorted(pieces_of(units) + spare))
    if not may_contain_bytes(rest.text):
        return []
    best = best_reading(rest.text, headers, b"", CANDIDATES, apply)
    if not best or frames(best.pieces):  # these frames were found in another notation
        return []
    return rest.placed(best.units[0].pieces)


def _is_another(rest: Rest, left: re.Match[str], units: list[Unit], others: list[Piece]) -> bool:
    """Return whether the text that still resembles bytes is a part of another, damaged APDU behind `units`.

    This is so if the first bytes behind `units`, in a piece of `others` or in this text, are the head of an APDU.
    """
    end = max((unit.pieces[-1].end for unit in units), default=len(rest.text))
    start = rest.placed([Piece(left.start(), left.end(), b"", "")])[0].start
    if behind := [piece for piece in sorted(others) if end <= piece.start < start]:
        return _is_head(behind)
    line = rest.text.rfind("\n", 0, left.start()) + 1
    text = rest.text[line : line + _HEAD_TEXT]
    return start >= end and any(_is_head(candidate.read(text)) for candidate in CANDIDATES)


def _is_head(pieces: list[Piece]) -> bool:
    head = b"".join([piece.data for piece in pieces])[:HEAD_SIZE]
    return len(head) == HEAD_SIZE and is_head(head)


def pieces_of(units: list[Unit]) -> list[Piece]:
    """Return the pieces of all units, in order."""
    return sorted(piece for unit in units for piece in unit.pieces)


def _spare(pieces: list[Piece], found: list[Unit]) -> list[Piece]:
    """Return the pieces that are in no unit."""
    used = {piece.start for unit in found for piece in unit.pieces}
    return [piece for piece in pieces if piece.start not in used]


def _in_no_apdu(pieces: list[Piece], found: list[Unit]) -> list[Piece]:
    """Return the pieces that are in no APDU and are not searched again.

    A short piece is searched again: it may be the last two numbers of a list. If the pieces behind the last APDU begin
    with the head of another APDU, they are also searched again: a reading of one notation may find some rows of an APDU
    that is in another notation. A layer of the last APDU is not searched again.
    """
    end = found[-1].pieces[-1].end
    spare = _spare(pieces, found)
    behind = [piece for piece in spare if piece.start >= end]
    layer = strip_llc(b"".join([piece.data for piece in behind]))
    is_another = _is_head(behind) and not layer.startswith(content(found[-1]))
    return [piece for piece in spare if len(piece.data) > _NUMBER and not (is_another and piece.start >= end)]


def _apart(text: str, spare: list[Piece], units: list[Unit]) -> list[Piece]:
    """Return the spare pieces that are probably damaged dumps.

    Such pieces do not overlap `units`, have `MIN_BYTES` or more bytes, and do not repeat bytes of the units. A short
    piece on the line of a longer one is a number.
    """
    if not spare:
        return []
    pieces = pieces_of(units)
    starts, ends = [piece.start for piece in pieces], [piece.end for piece in pieces]
    longest: dict[int, int] = {}
    for piece in pieces + spare:
        line = text.rfind("\n", 0, piece.start)
        longest[line] = max(longest.get(line, 0), len(piece.data))
    groups: dict[int, list[Piece]] = {}
    for piece in spare:
        if len(piece.data) < min(MIN_BYTES, longest[text.rfind("\n", 0, piece.start)]):
            continue
        place = bisect_right(ends, piece.start)
        if place == bisect_left(starts, piece.end):
            groups.setdefault(place, []).append(piece)
    known = b"".join([unit.data for unit in units])
    others = [(b"".join([piece.data for piece in group]), group) for group in groups.values()]
    return [piece for data, group in others if len(data) >= MIN_BYTES and data not in known for piece in group]
