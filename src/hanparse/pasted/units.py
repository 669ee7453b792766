"""Finds the sound frames and APDUs in a text that also contains other words.

A *reading* returns the bytes of a text in one notation, as *pieces* (`hexdump.readings`). `pasted.sound` defines
*sound* bytes and a *unit*. *Known* units are those that were found earlier.

The search has rounds. A round applies all readings to samples of the text and selects the reading with the most sound
bytes. It then applies this reading to the whole text and keeps the units. The next round searches the remaining lines.
So one text may contain several notations, and few readings are applied to the whole of a long text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import hexdump
from hanparse.hexdump.text import MIN_BYTES, Piece
from hanparse.pasted.choice import CANDIDATES, FRAME_CANDIDATES, best_reading, without_remarks
from hanparse.pasted.rest import Rest
from hanparse.pasted.sound import HEAD_SIZE, content, frames, headers, is_head, is_repeated

if TYPE_CHECKING:
    import re

    from hanparse.pasted.choice import Apply, Finder
    from hanparse.pasted.sound import Unit

_HEAD_TEXT: Final = 600  # characters; they contain the head of an APDU even if each byte has other text in front of it


class Found(NamedTuple):
    """Holds the units of a text, in order, and the pieces of a reading that are in no unit."""

    units: list[Unit]
    spare: list[Piece]
    """The pieces that are in no unit. They are probably damaged dumps."""
    is_complete: bool = True
    """False if a part of the text still resembles bytes. For APDUs, only if it may belong to an APDU of `units`."""


def search(text: str, find: Finder, apply: Apply, known: Found | None = None) -> Found:
    """Return the units that `find` returns for the readings of a text.

    If `find` searches for APDUs, `known` contains the frames of the text, and these are not searched again. A reading
    may skip a part of an APDU, and no check sequence shows that. So `Found.is_complete` is false if the rest of the
    text contains a part that resembles bytes and may belong to one of the APDUs.
    """
    before = known.units if known else []
    others: list[Piece] = []  # the pieces of all rounds that are in no unit of `units`
    units: list[Unit] = []
    spare: list[Piece] = []
    rest = Rest(text, pieces_of(before))
    is_first, is_done = not before, False
    while is_first or not (is_done := not hexdump.LIKE_BYTES_ALONE.search(rest.text)):
        data = b"".join([unit.data for unit in before + units])
        candidates = FRAME_CANDIDATES if known is None else CANDIDATES
        if not (best := best_reading(rest.text, find, data, candidates, apply)):
            break
        is_bare, read, pieces, found = best
        spare = spare or rest.placed(_spare(pieces, found))
        earlier = sorted(units)
        starts = [unit.start for unit in earlier]
        for unit in found:
            placed = rest.placed(unit.pieces)
            at = bisect_right(starts, placed[-1].start) - 1
            if at >= 0 and earlier[at].data == unit.data and placed[0].start < earlier[at].pieces[-1].end:
                others += placed  # the same bytes in another notation, as binary digits beside hex digits
            else:
                units.append(unit._replace(start=placed[0].start, pieces=placed))
        others += [piece for piece in rest.placed(_spare(pieces, found)) if len(piece.data) > 1] if known else []
        whole = (read if is_first else without_remarks(text)) if is_bare else text
        rest = Rest(whole, sorted(pieces_of(before + units) + others))
        is_first = False
    units = _outermost(units) if known else units
    data = b"".join([unit.data for unit in before + units])
    while known and data and hexdump.LIKE_BYTES.search(rest.text) and (again := _repeated(rest.text, data, apply)):
        others += rest.placed(again)
        rest = Rest(text, sorted(pieces_of(before + units) + others))
    if known:
        left = hexdump.LIKE_BYTES.search(rest.text)
        is_done = not left or (bool(units) and _is_another(rest, left, units, others))
    return Found(sorted(units), _apart(text, spare, units), is_done)


def _outermost(units: list[Unit]) -> list[Unit]:
    """Return the APDUs, except those that another APDU contains: a log may contain each layer of a push."""
    contents = [content(unit) for unit in units]
    return [
        unit
        for at, unit in enumerate(units)
        if not any(contents[at] in other and contents[at] != other for other in contents)
    ]


def _repeated(text: str, known: bytes, apply: Apply) -> list[Piece]:
    """Return pieces that repeat bytes of `known` in another notation."""
    for candidate in CANDIDATES:
        pieces = apply(candidate.read, without_remarks(text) if candidate.is_bare else text)
        if pieces and is_repeated(pieces, known):
            return pieces
    return []


def damaged_frames(text: str, units: list[Unit], spare: list[Piece], apply: Apply) -> list[Piece]:
    """Return the pieces with a damaged frame that has a sound header. `units` and `spare` are not searched again."""
    rest = Rest(text, sorted(pieces_of(units) + spare))
    if not hexdump.LIKE_BYTES_ALONE.search(rest.text):
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
