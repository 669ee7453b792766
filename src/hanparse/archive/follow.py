"""Follows frames with known first bytes, from each to the next: `follow`. Periodic sequences are followed at once.

A meter sends its lists in turn, so the first bytes of frames repeat with a period of a few frames. After some frames
with a period, all later frames with the same period are found in a few operations.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hanparse.layouts.carriers import START_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from re import Pattern

    from hanparse.archive.columns import Array

_SEEN: Final = 32
"""The number of frames in which a period is looked for."""
_AHEAD: Final = 256
"""The number of frames that are first looked at together; four times as many each time that all of them are there."""
_FIRST_BYTES: Final = (1 << 8 * START_SIZE) - 1


class Head(NamedTuple):
    """The first bytes of frames as a little-endian number, their size, and their number in the results."""

    octets: int
    size: int
    number: int


class Followed(NamedTuple):
    """Where frames seem to begin and end, the numbers of their heads, and whether the bytes end with a part of one."""

    starts: Array
    ends: Array
    heads: Array
    is_cut: bool


def follow(data: bytes, at: int, heads: Mapping[bytes, Head], search: Pattern[bytes], most: int) -> Followed:
    """Return the frames from `at` on, at most `most`. Where no frame follows, continue where `search` finds a head."""
    octets = np.frombuffer(data, np.uint8)
    starts: list[Array] = []
    numbers: list[Array] = []
    count, ahead, seen, is_cut = 0, _AHEAD, _SEEN, False
    while count < most and not is_cut:
        found, at, is_cut = _one_by_one(data, at, heads, min(seen, most - count))
        starts.append(np.array([start for start, _ in found], np.int64))
        numbers.append(np.array([head.number for _, head in found], np.int64))
        count += len(found)
        if len(found) < seen:
            if count >= most or is_cut or not (other := search.search(data, at)):
                break
            at, ahead = other.start(), _AHEAD
        elif not (period := _period(found[-_SEEN:])):
            seen = min(4 * seen, _AHEAD)
        else:
            stride = found[-1][0] - found[-1 - period][0]
            begins = _repeated(octets, found[-period:], stride, min(ahead, most - count) // period)
            starts.append(begins.ravel())
            numbers.append(np.tile(numbers[-1][-period:], len(begins)))
            count += begins.size
            at += stride * len(begins)
            ahead *= 4
    which = np.concatenate(numbers)
    sizes = np.array([head.size for head in heads.values()])
    begin = np.concatenate(starts)
    return Followed(begin, begin + sizes[which], which, is_cut)


def _one_by_one(
    data: bytes, at: int, heads: Mapping[bytes, Head], most: int
) -> tuple[list[tuple[int, Head]], int, bool]:
    """Return the frames, the end of the last one, and whether one more is not complete."""
    found: list[tuple[int, Head]] = []
    while len(found) < most:
        head = heads.get(data[at : at + START_SIZE])
        if head is None:
            head = heads.get(data[at - 1 : at - 1 + START_SIZE]) if at > 0 else None
            if head is None:
                break
            at -= 1  # the closing flag of the frame before is the opening flag
        if at + head.size > len(data):
            return found, at, True
        found.append((at, head))
        at += head.size
    return found, at, False


def _period(found: Sequence[tuple[int, Head]]) -> int:
    """Return the smallest period of the frames, 0 if there is none."""
    sizes = [(other - start, head) for (start, head), (other, _) in pairwise(found)]
    return next((period for period in range(1, len(sizes) // 2) if sizes[period:] == sizes[:-period]), 0)


def _repeated(octets: Array, last: Sequence[tuple[int, Head]], stride: int, most: int) -> Array:
    """Return where the frames begin that repeat the last ones, one row for each repetition."""
    end = last[-1][0] + last[-1][1].size
    rounds = min((len(octets) - end) // stride, most)
    good = np.ones(rounds, bool)
    for start, head in last:
        first = np.ndarray((rounds,), "<u4", octets, start + stride, (stride,))
        good &= (first & _FIRST_BYTES) == head.octets
    rounds = rounds if good.all() else int(good.argmin())
    begins: Array = np.array([start for start, _ in last]) + stride * np.arange(1, rounds + 1)[:, None]
    return begins
