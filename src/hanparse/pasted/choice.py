"""A text -> the units of it that are sound in some reading, whatever else it says.

A text is read in rounds. In each the reading is chosen in which most bytes of a sample are sound; then it reads the
whole text, and what is sound in it is kept. The next round reads the lines that are left. So a text may mix notations,
and a large one costs one reading, not all of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import hexdump
from hanparse.errors import HexDumpError
from hanparse.hexdump import remarks
from hanparse.hexdump.readings import READINGS
from hanparse.hexdump.text import COVER, MIN_BYTES, Piece, cover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.pasted.sound import Unit

    Finder = Callable[[list[Piece], bytes], list[Unit]]
    Reading = Callable[[str], list[Piece]]

_SAMPLES: Final = (1 << 12, 1 << 15)
"""Characters on which a reading is chosen; the second where nothing is sound in the first."""
_LINES: Final = re.compile(rf"^[^{COVER}]+$", re.MULTILINE)
_WORD: Final = re.compile(r"\w")
_APART: Final = f"\n{COVER}\n"


class Found(NamedTuple):
    """What is sound in a text, in its order, and what the first reading said besides."""

    units: list[Unit]
    spare: list[Piece]


class _Rest:
    """The lines of a text in which nothing was found yet, as a shorter text, and where they stand in the whole."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        covered = cover(text, pieces) if pieces else text
        kept = [*_left(covered)] if pieces else [(0, len(text))]
        self.text = _APART.join(covered[start:stop] for start, stop in kept)
        self._places, self._starts, at = [start for start, _ in kept], [0], 0
        for start, stop in kept:
            at += stop - start + len(_APART)
            self._starts.append(at)

    def placed(self, piece: Piece) -> Piece:
        """Return a piece of the shorter text with its place in the whole."""
        at = bisect_right(self._starts, piece.start) - 1
        moved = self._places[at] - self._starts[at]
        return piece._replace(start=piece.start + moved, end=piece.end + moved)


def _left(covered: str) -> Iterator[tuple[int, int]]:
    """Where the lines stand that have nothing covered, or something that looks like bytes."""
    places = [found.span() for found in _LINES.finditer(covered) if _WORD.search(found[0])]
    like = hexdump.LIKE_BYTES.finditer(covered)
    places += [(covered.rfind("\n", 0, found.start()) + 1, _line_end(covered, found.end())) for found in like]
    end = 0
    for start, stop in sorted(places):
        if start >= end:
            yield start, stop
            end = stop


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def search(text: str, find: Finder, known: Found | None = None) -> Found:
    """Return what `find` finds in the readings of a text, besides what is `known` of it."""
    before = known.units if known else []
    units: list[Unit] = []
    spare: list[Piece] = []
    rest = _Rest(text, _pieces(before))
    while _WORD.search(rest.text):
        data = b"".join([unit.data for unit in before + units])
        reading = _best(rest.text, find, data)
        pieces = reading(rest.text) if reading else []
        found = find(pieces, data)
        if not found:
            break
        spare = spare or [rest.placed(piece) for piece in _spare(pieces, found)]
        for unit in found:
            placed = [rest.placed(piece) for piece in unit.pieces]
            units.append(unit._replace(start=placed[0].start, pieces=placed))
        rest = _Rest(text, _pieces(before + units))
    return Found(sorted(units), _apart(spare, units))


def _pieces(units: list[Unit]) -> list[Piece]:
    return sorted(piece for unit in units for piece in unit.pieces)


def _spare(pieces: list[Piece], found: list[Unit]) -> list[Piece]:
    """The pieces that no unit has."""
    used = {piece.start for unit in found for piece in unit.pieces}
    return [piece for piece in pieces if piece.start not in used]


def _apart(spare: list[Piece], units: list[Unit]) -> list[Piece]:
    """The spare pieces that are damaged dumps: apart from `units`, longer than a number, and not said there."""
    pieces = _pieces(units)
    starts, ends = [piece.start for piece in pieces], [piece.end for piece in pieces]
    groups: dict[int, list[Piece]] = {}
    for piece in spare:
        place = bisect_right(ends, piece.start)
        if place == bisect_left(starts, piece.end):
            groups.setdefault(place, []).append(piece)
    known = b"".join([unit.data for unit in units])
    said = [(b"".join([piece.data for piece in group]), group) for group in groups.values()]
    return [piece for data, group in said if len(data) >= MIN_BYTES and data not in known for piece in group]


# --- the choice ------------------------------------------------------------------------------------------------------


def _bare(text: str) -> str:
    return cover(text, remarks.find(text), " ")


def _rules(text: str) -> list[Piece]:
    with suppress(HexDumpError):
        return hexdump.find(text)
    return []


def _best(text: str, find: Finder, known: bytes) -> Reading | None:
    """The reading in which most is sound, of a sample of `text` if one is enough."""
    for sample in _samples(text):
        best, most = None, 0
        for reading, said in _candidates(sample):
            if not (pieces := said()):
                continue
            units = find(pieces, known)
            size = sum(len(unit.data) for unit in units)
            if size > most:
                best, most = reading, size
                if _explains(sample, pieces, units):
                    return best
        if best:
            return best
    return None


def _candidates(text: str) -> Iterator[tuple[Reading, Callable[[], list[Piece]]]]:
    for read in READINGS:
        yield read, lambda read=read: read(text)
    yield _rules, lambda: _rules(text)
    bare = _bare(text)
    if bare != text:
        for read in READINGS:
            yield lambda whole, read=read: read(_bare(whole)), lambda read=read: read(bare)


def _samples(text: str) -> Iterator[str]:
    if len(text) > _SAMPLES[0]:
        hint = hexdump.LIKE_BYTES.search(text)
        start = text.rfind("\n", 0, hint.start()) + 1 if hint else 0
        for size in _SAMPLES:
            sample = text[start : start + size]
            yield sample[: max(sample.rfind("\n"), 0) or sample.rfind(" ") + 1 or size]
    yield text


def _explains(text: str, pieces: list[Piece], units: list[Unit]) -> bool:
    """Whether nothing that looks like bytes is left in front of the end of the last unit."""
    end = units[-1].pieces[-1].end
    unread = sum(len(piece.data) for piece in _spare(pieces, units) if piece.end <= end)
    return unread < MIN_BYTES and not hexdump.LIKE_BYTES.search(cover(text[:end], [p for p in pieces if p.end <= end]))
