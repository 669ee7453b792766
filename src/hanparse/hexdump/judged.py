"""The readings of a text -> the one that a judge prefers.

Who calls knows what sound bytes are: frames whose check sequences fit, an APDU that the grammar takes to its last byte.
The reading of today's rules (`hanparse.hexdump.read` without a judge) comes first and is kept where no other is better.
Then what that one left is read as well, for a text may hold two notations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump.readings import READINGS, stretches
from hanparse.hexdump.text import MIN_BYTES, Piece, cover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROUNDS: Final = 4
"""Notations that one text may mix, and one round in which nothing more is found."""


class Verdict(NamedTuple):
    """What is sound in bytes."""

    score: tuple[int, ...]
    """First the pushes that can be read, then whatever else; the greater the better, all zero for nothing sound."""
    places: tuple[tuple[int, int], ...] = ()
    """Where it is, from a byte to behind another."""


if TYPE_CHECKING:
    Judge = Callable[[bytes], Verdict]


class Choice(NamedTuple):
    """One way to read a text: its bytes, the pieces that say them, and where in the bytes each piece begins."""

    data: bytes
    pieces: list[Piece]
    starts: list[int]

    @classmethod
    def of(cls, parts: list[list[Piece]], separator: bytes = b"") -> Choice:
        """The bytes of `parts` with `separator` between and around them."""
        data, starts = bytearray(separator), []
        for part in parts:
            for piece in part:
                starts.append(len(data))
                data += piece.data
            data += separator
        return cls(bytes(data), [piece for part in parts for piece in part], starts)

    def within(self, places: tuple[tuple[int, int], ...]) -> list[Piece]:
        """The pieces that say bytes at `places`, which are in order."""
        kept, at = [], 0
        for piece, start in zip(self.pieces, self.starts, strict=True):
            while at < len(places) and places[at][1] <= start:
                at += 1
            if at < len(places) and places[at][0] < start + len(piece.data):
                kept.append(piece)
        return kept


def choose(text: str, judge: Judge, first: Choice | None, separator: bytes) -> Choice | None:
    """The best choice, `first` unless another is better; `None` if nothing is sound in any.

    `separator` may stand between the stretches of a text and change nothing: the flag of frames that lack theirs.
    """
    best = first
    for _ in range(_ROUNDS):
        better = _better(text, best, judge, separator)
        if better is None:
            break
        best = better
    return best


def _better(text: str, best: Choice | None, judge: Judge, separator: bytes) -> Choice | None:
    """The best choice that is better than `best`: of all of `text`, or of what is not sound in it beside what is."""
    verdict = judge(best.data) if best else Verdict(())
    kept = best.within(verdict.places) if best else []
    found, least = None, verdict.score
    for source, others in [(text, []), (cover(text, kept), kept)] if kept else [(text, kept)]:
        for read in READINGS:
            pieces = read(source)
            for choice in _choices(text, sorted(pieces + others), judge, separator) if pieces else ():
                score = judge(choice.data).score
                if any(score) and score > least:
                    found, least = choice, score
    return found


def _choices(text: str, pieces: list[Piece], judge: Judge, separator: bytes) -> Iterator[Choice]:
    """The ways to put pieces together."""
    yield Choice.of([pieces])
    groups = stretches(text, pieces)
    outer = _without_inner(groups)
    if len(outer) < len(groups):
        yield Choice.of(outer)
    yield Choice.of(outer, separator)
    yield Choice.of([[piece] for piece in pieces], separator)
    if len(groups) > 1:
        read = _without_inner([group for group in groups if judge(_data(group)).score[0]])
        yield Choice.of(read)
        yield Choice.of(read, separator)


def _without_inner(groups: list[list[Piece]]) -> list[list[Piece]]:
    """The stretches without those that say a part of the last one again: a log of each layer of one push."""
    outer: list[list[Piece]] = []
    last = b""
    for group in groups:
        data = _data(group)
        if MIN_BYTES <= len(data) < len(last) and data in last:
            continue
        outer.append(group)
        last = data
    return outer


def _data(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)
