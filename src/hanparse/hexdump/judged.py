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

    Judge = Callable[[bytes], tuple[int, ...]]
    """How sound bytes are: first the pushes that can be read, then whatever else; all zero where nothing is sound."""

_ROUNDS: Final = 3
"""Notations that one text may mix."""


class Choice(NamedTuple):
    """One way to read a text, and what the judge says of it."""

    score: tuple[int, ...]
    data: bytes
    pieces: list[Piece]


def choose(text: str, judge: Judge, first: Choice | None, separator: bytes) -> Choice | None:
    """The best choice, `first` unless another is better; `None` if nothing is sound in any.

    `separator` may stand between the stretches of a text and change nothing: the flag of frames that lack theirs.
    """
    best = first
    for _ in range(_ROUNDS):
        kept = best.pieces if best and any(best.score) else []
        better = _better(text, kept, best, judge, separator)
        if better is None:
            break
        best = better
    return best


def _better(text: str, kept: list[Piece], best: Choice | None, judge: Judge, separator: bytes) -> Choice | None:
    """The best choice that is better than `best`: a reading of all of `text`, or of what `kept` leaves of it."""
    found = None
    least = best.score if best else ()
    sources = [(text, []), (cover(text, kept), kept)] if kept else [(text, kept)]
    for source, others in sources:
        for read in READINGS:
            pieces = read(source)
            for data, chosen in _joined(text, sorted(pieces + others), judge, separator) if pieces else ():
                score = judge(data)
                if any(score) and score > least:
                    found, least = Choice(score, data, chosen), score
    return found


def _joined(text: str, pieces: list[Piece], judge: Judge, separator: bytes) -> Iterator[tuple[bytes, list[Piece]]]:
    """The ways to put pieces together."""
    yield _data(pieces), pieces
    groups = stretches(text, pieces)
    outer = _without_inner(groups)
    flat = [piece for group in outer for piece in group]
    if len(flat) < len(pieces):
        yield _data(flat), flat
    for parts in ([_data(group) for group in outer], [piece.data for piece in pieces]):
        yield separator + separator.join(parts) + separator, pieces
    if len(groups) > 1:
        read = _without_inner([group for group in groups if judge(_data(group))[0]])
        flat = [piece for group in read for piece in group]
        yield _data(flat), flat


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
