"""Defines `Finder`, which finds and verifies all frames with learned layouts in a span of a window at once.

`hanparse.archive.capture` defines spans and windows. A frame is sound if a layout recognises it and its FCS fits.
Unless the text names another array, an index is an index in the window.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hanparse.archive.frames import WORD, FrameColumns
from hanparse.hdlc import FLAG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.archive.columns import Array
    from hanparse.layouts.carriers import PlainFrame
    from hanparse.layouts.store import Layouts

_TRIED: Final = 8
"""The largest number of layouts that the finder tries for frames with the same first bytes."""


class Part(NamedTuple):
    """A `Part` contains the sound frames of one layout."""

    columns: FrameColumns
    frames: Array
    """The indexes of the frames in `Candidates.starts`."""
    rows: Array
    """The bytes of the frames, one row for each frame."""


class Candidates(NamedTuple):
    """A `Candidates` contains the candidates in a span, and the sound frames among them.

    A candidate begins with the same bytes as the frames of a layout, and has their size.
    """

    starts: Array
    """The indexes of the first bytes of the candidates."""
    ends: Array
    """The indexes after the candidates."""
    sound: Array
    """The indexes in `starts` of the sound frames. Sound frames inside an earlier sound frame are omitted."""
    parts: list[Part]
    cut: int | None
    """The index of the first candidate that is cut off (see `Finder.find`); `None` if no candidate is cut off."""

    @property
    def runs(self) -> list[tuple[int, int, int, int]]:
        """Return the runs. A run is a sequence of sound frames without bytes between them.

        A run has four numbers. Two numbers are indexes in `sound`: the index of its first frame, and the index after
        its last frame. Two numbers are indexes in the window: the index of its first byte, and the index after its last
        byte.
        """
        starts, ends = self.starts[self.sound], self.ends[self.sound]
        breaks = np.flatnonzero(starts[1:] > ends[:-1]) + 1
        first, last = np.append(0, breaks), np.append(breaks, len(starts))
        return [*zip(first.tolist(), last.tolist(), starts[first].tolist(), ends[last - 1].tolist(), strict=True)]


class Finder:
    """A `Finder` finds the frames that the layouts of a decoder recognise."""

    def __init__(self, layouts: Layouts) -> None:
        self._layouts = layouts
        self._columns: dict[PlainFrame, FrameColumns] = {}
        self._unnamed: list[PlainFrame] = []
        self._state: tuple[object, ...] = ()

    @property
    def is_current(self) -> bool:
        """Return whether the decoder recognises the same frames as at the last call of `learn`."""
        return self._state == (self._layouts.changes, *(kind.last.profile for kind in self._unnamed))

    def learn(self) -> bool:
        """Prepare searches for the layouts that the decoder has learned so far. Return whether one can be searched."""
        if not self.is_current:
            starts = self._layouts.starts.items()
            tables = [_tried([*table]) for first, table in starts if isinstance(first, bytes)]
            self._unnamed = [kind for table in tables for kind in table if not kind.is_named]
            self._state = (self._layouts.changes, *(kind.last.profile for kind in self._unnamed))
            stable = [[kind for kind in table if self._is_stable(kind)] for table in tables]
            kinds = {kind: self._columns.get(kind) or FrameColumns(kind) for table in stable for kind in table}
            self._columns = kinds
            self._tables = [[kinds[kind] for kind in table if kinds[kind].is_exact] for table in stable]
            self._tables = [table for table in self._tables if table]
            heads = [table[0].kind.first_bytes for table in self._tables]
            self._search = re.compile(b"|".join(map(re.escape, heads)), re.DOTALL)
            self._sizes = np.array([table[0].kind.size for table in self._tables], np.int64)
            # the index in `_tables` by the two bytes after the flag; -1 if no table has these bytes
            self._numbers = np.full(1 << 16, -1, np.int16)
            self._numbers[[int.from_bytes(head[1:], "little") for head in heads]] = range(len(heads))
        return bool(self._tables)

    def _is_stable(self, kind: PlainFrame) -> bool:
        """Return whether the results of the layout are independent of earlier frames with other layouts."""
        last = kind.last
        return all(last is not other.last for other in self._unnamed) or (
            kind.maker is last.profile and (kind.is_named or kind.known is last.profile)
        )

    def next_start(self, data: bytes, at: int) -> int:
        """Return the index of the first candidate from `at` on, or the size of `data` if there is no candidate."""
        match = self._search.search(data, at)
        return match.start() if match else len(data)

    def find(self, octets: Array, start: int, stop: int) -> Candidates:
        """Return the candidates that begin in ``octets[start:stop]``. At least `WORD` bytes must follow `stop`.

        A candidate is cut off if fewer than `WORD` bytes follow it.
        """
        formats = np.ndarray((len(octets) - 2,), "<u2", octets, 1, (1,))
        starts = start + np.flatnonzero(octets[start:stop] == FLAG)
        numbers = self._numbers[formats[starts]]
        known = np.flatnonzero(numbers >= 0)  # an array of indexes is faster than one of booleans
        starts, numbers = starts.take(known), numbers.take(known)
        ends = starts + self._sizes.take(numbers)
        is_cut = ends > len(octets) - WORD
        is_sound = np.zeros(len(starts), bool)
        parts: list[Part] = []
        for number, table in enumerate(self._tables):
            frames = np.flatnonzero((numbers == number) & ~is_cut)
            for columns in table:
                if not len(frames):
                    break
                rows = _rows(octets, starts.take(frames), columns.width)
                good = columns.sound(rows)
                if len(good):
                    is_all = len(good) == len(frames)
                    parts.append(Part(columns, frames.take(good), rows if is_all else rows.take(good, axis=0)))
                    is_sound[parts[-1].frames] = True
                    frames = np.delete(frames, good)
        cut = int(starts[is_cut.argmax()]) if is_cut.any() else None
        return Candidates(starts, ends, _apart(starts, ends, np.flatnonzero(is_sound)), parts, cut)


def _rows(octets: Array, starts: Array, width: int) -> Array:
    """Return the bytes of the frames that begin at `starts`, one row for each frame."""
    windows = np.ndarray((len(octets) - width + 1,), f"V{width}", octets, 0, (1,))
    rows: Array = windows[starts].view(np.uint8).reshape(-1, width)
    return rows


def _apart(starts: Array, ends: Array, frames: Array) -> Array:
    """Return `frames` without each frame that begins inside an earlier frame. Two frames can share a flag."""
    if (starts[frames[1:]] >= ends[frames[:-1]] - 1).all():
        return frames
    end, apart = 0, []
    for frame in frames.tolist():
        if starts[frame] >= end - 1:
            end = ends[frame]
            apart.append(frame)
    return np.array(apart)


def _tried(kinds: Iterable[PlainFrame]) -> list[PlainFrame]:
    """Return the most recently used layouts, without those whose results depend on which layout is tried first."""
    recent = sorted(kinds, key=attrgetter("used"), reverse=True)[:_TRIED]
    return [kind for kind in recent if not any(_is_ambiguous(kind, other) for other in kinds)]


def _is_ambiguous(kind: PlainFrame, other: PlainFrame) -> bool:
    """Return whether a frame can fit both layouts, so that only its texts determine which layout recognises it."""
    both = kind.mask & other.mask
    return kind.texts != other.texts and not (kind.constant ^ other.constant) & both
