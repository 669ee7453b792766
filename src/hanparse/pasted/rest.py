"""Defines `Rest`, the parts of a text that the search has not read yet. `hexdump.text` defines *piece*."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from hanparse import hexdump
from hanparse.hexdump.text import COVER, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHARACTER: Final = re.compile(r"\w")
_SHORTEST: Final = 8  # characters; text that resembles bytes has at least this length
_APART: Final = f"\n{COVER}\n"


class Rest:
    """Holds the lines of a text without `pieces`, and text that resembles bytes on the lines with `pieces`.

    Together they are a shorter text, in which the positions are different.
    """

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        kept = [*_left(text, pieces)] if pieces else [(0, len(text))]
        self.text = _APART.join([text[start:stop] for start, stop in kept])
        self._places, self._starts, at = [start for start, _ in kept], [0], 0
        for start, stop in kept:
            at += stop - start + len(_APART)
            self._starts.append(at)

    def placed(self, pieces: list[Piece]) -> list[Piece]:
        """Return pieces of the shorter text with their positions in the whole text."""
        return pieces if self._places == [0] else [self._placed(piece) for piece in pieces]

    def _placed(self, piece: Piece) -> Piece:
        at = min(bisect_right(self._starts, piece.start), len(self._places)) - 1
        moved = self._places[at] - self._starts[at]
        return Piece(piece.start + moved, piece.end + moved, piece.data, piece.style) if moved else piece


def _left(text: str, pieces: list[Piece]) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each line without pieces, and of text on other lines that resembles bytes."""
    end = 0
    for start, stop in [*((piece.start, piece.end) for piece in pieces), (len(text), len(text))]:
        first = text.find("\n", end, start) if end else -1
        last = text.rfind("\n", end, start) if start < len(text) else start
        first = first if first >= 0 else end - 1
        if first >= last:  # no line end, or only one
            first = last = start
        if first - end >= _SHORTEST and hexdump.LIKE_BYTES.search(text[end:first]):
            yield end, first
        if start - end > 1 and _CHARACTER.search(text, first + 1, last):
            yield first + 1, last
        if start - last > _SHORTEST and hexdump.LIKE_BYTES.search(text[last + 1 : start]):
            yield last + 1, start
        end = stop
