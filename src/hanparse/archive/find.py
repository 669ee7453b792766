"""Finds the frames that have learned layouts in a window of a capture, all at once: `Finder`."""

from __future__ import annotations

import re
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hanparse.archive.frames import WORD, FrameColumns
from hanparse.hdlc import FLAG

if TYPE_CHECKING:
    from hanparse.archive.columns import Array
    from hanparse.layouts.carriers import PlainFrame
    from hanparse.layouts.store import Layouts
    from hanparse.meters import Profile

_TRIED: Final = 8
"""The layouts that are tried for frames with the same first bytes."""


class Part(NamedTuple):
    """The frames of one layout: their indices in `Found`, and their bytes, a row each."""

    columns: FrameColumns
    frames: Array
    rows: Array


class Found(NamedTuple):
    """Where frames of known layouts may begin and end, in the order of the capture, and which of them are sound."""

    starts: Array
    ends: Array
    sound: Array
    """The indices of the sound frames, without those that begin in an earlier one."""
    parts: list[Part]
    """The sound frames of each layout."""
    is_cut: Array
    """True for a frame of which the window contains the begin alone."""

    @property
    def runs(self) -> list[tuple[int, int, int, int]]:
        """Runs of sound frames without a gap: the indices in `sound` of the first and behind the last, and the bytes."""
        starts, ends = self.starts[self.sound], self.ends[self.sound]
        breaks = np.flatnonzero(starts[1:] > ends[:-1]) + 1
        first, last = np.append(0, breaks), np.append(breaks, len(starts))
        return [*zip(first.tolist(), last.tolist(), starts[first].tolist(), ends[last - 1].tolist(), strict=True)]


class Finder:
    """Finds frames of the layouts that a decoder has learned."""

    def __init__(self, layouts: Layouts) -> None:
        self._layouts = layouts
        self._changes = -1
        self._known: dict[PlainFrame, FrameColumns] = {}

    @property
    def is_current(self) -> bool:
        """Whether the frames that were found mean the same to the decoder as when they were found."""
        return self._changes == self._layouts.changes and self._makers() == self._seen

    def _makers(self) -> list[Profile | None]:
        return [last.profile for last in self._unnamed]

    def learn(self) -> bool:
        """Take over the layouts of plain frames of the decoder. Return whether there are any."""
        if self._changes != self._layouts.changes:
            self._changes = self._layouts.changes
            tables = [_tried([*table]) for start, table in self._layouts.starts.items() if isinstance(start, bytes)]
            known = {kind: self._known.get(kind) or FrameColumns(kind) for table in tables for kind in table}
            self._known = {kind: columns for kind, columns in known.items() if columns.is_exact}
            self._tables = [found for table in tables if (found := [kind for kind in table if kind in self._known])]
            self._unnamed = list({kind.last for kind in known if not kind.is_named})
            self._sizes = np.array([table[0].size for table in self._tables], np.int64)
            self._numbers = np.full(1 << 16, -1, np.int16)  # by the format field
            for number, table in enumerate(self._tables):
                self._numbers[int.from_bytes(table[0].first_bytes[1:], "little")] = number
            heads = [re.escape(table[0].first_bytes) for table in self._tables]
            self._search = re.compile(b"|".join(heads), re.DOTALL)
        self._seen = self._makers()
        return bool(self._tables)

    def next_start(self, data: bytes, start: int) -> int:
        """Return the first place from `start` on where such a frame may begin; the size of `data` if there is none."""
        found = self._search.search(data, start)
        return found.start() if found else len(data)

    def find(self, octets: Array, start: int, stop: int) -> Found:
        """Return the frames that begin in ``octets[start:stop]``, and are followed by `WORD` bytes, as `stop` is."""
        formats = np.ndarray((len(octets) - 2,), "<u2", octets, 1, (1,))
        starts = start + np.flatnonzero(octets[start:stop] == FLAG)
        numbers = self._numbers[formats[starts]]
        known = np.flatnonzero(numbers >= 0)  # faster than the array of booleans as an index
        starts, numbers = starts.take(known), numbers.take(known)
        ends = starts + self._sizes.take(numbers)
        is_cut = ends > len(octets) - WORD
        is_sound = np.zeros(len(starts), bool)
        parts: list[Part] = []
        for number, table in enumerate(self._tables):
            frames = np.flatnonzero((numbers == number) & ~is_cut)
            for kind in filter(self._is_stable, table):
                if len(frames):
                    columns = self._known[kind]
                    rows = _rows(octets, starts[frames], columns.width)
                    good = columns.sound(rows)
                    if len(good):
                        is_all = len(good) == len(frames)
                        parts.append(Part(columns, frames.take(good), rows if is_all else rows.take(good, axis=0)))
                        is_sound[parts[-1].frames] = True
                        frames = np.delete(frames, good)
        return Found(starts, ends, _apart(starts, ends, np.flatnonzero(is_sound)), parts, is_cut)

    def _is_stable(self, kind: PlainFrame) -> bool:
        """Return whether the layout recognises frames whatever frames of other layouts come before them."""
        last = kind.last
        return last not in self._unnamed or (
            kind.maker is last.profile and (kind.is_named or kind.known is last.profile)
        )


def _rows(octets: Array, starts: Array, width: int) -> Array:
    """Return the frames that begin at `starts`, one in each row."""
    windows = np.ndarray((len(octets) - width + 1,), f"V{width}", octets, 0, (1,))
    found: Array = windows[starts].view(np.uint8).reshape(-1, width)
    return found


def _apart(starts: Array, ends: Array, frames: Array) -> Array:
    """Return the frames without those that begin in an earlier one."""
    if (starts[frames[1:]] >= ends[frames[:-1]] - 1).all():
        return frames
    end, apart = 0, []
    for frame in frames.tolist():
        if starts[frame] >= end - 1:  # the closing flag of a frame may be the opening flag of the next one
            end = ends[frame]
            apart.append(frame)
    return np.array(apart)


def _tried(kinds: list[PlainFrame]) -> list[PlainFrame]:
    """Return the layouts that are tried in turn: without those for which the choice between two may matter."""
    recent = sorted(kinds, key=attrgetter("used"), reverse=True)[:_TRIED]
    return [kind for kind in recent if not any(_is_ambiguous(kind, other) for other in kinds)]


def _is_ambiguous(kind: PlainFrame, other: PlainFrame) -> bool:
    """Return whether a frame can have both layouts, and its texts decide whether each of them recognises it."""
    both = kind.mask & other.mask
    return kind.texts != other.texts and not (kind.constant ^ other.constant) & both
