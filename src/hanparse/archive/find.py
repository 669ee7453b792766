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


class Found(NamedTuple):
    """Frames in the order of the capture, none of which overlaps another."""

    starts: Array
    ends: Array
    kinds: Array
    """The index in `columns` of the layout of each frame."""
    columns: list[FrameColumns]
    cut: int | None
    """Where the first frame begins of which the window contains the begin alone."""

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Frames that follow each other without a gap, from the first one to the one after the last one."""
        breaks = np.flatnonzero(self.starts[1:] > self.ends[:-1]) + 1
        return [*pairwise([0, *breaks.tolist(), len(self.starts)])]


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
        starts, numbers = starts[numbers >= 0], numbers[numbers >= 0]
        ends = starts + self._sizes[numbers]
        is_cut = ends > len(octets) - WORD
        numbers[is_cut] = -1
        kinds = np.full(len(starts), -1, np.int16)
        columns: list[FrameColumns] = []
        for number, table in enumerate(self._tables):
            places = np.flatnonzero(numbers == number)
            for kind in filter(self._is_stable, table):
                if len(places):
                    columns.append(self._known[kind])
                    good = columns[-1].sound(rows(octets, starts[places], columns[-1].width))
                    kinds[places[good]] = len(columns) - 1
                    places = places[~good]
        good = _apart(starts, ends, kinds >= 0)
        cut = int(starts[is_cut.argmax()]) if is_cut.any() else None
        return Found(starts[good], ends[good], kinds[good], columns, cut)

    def _is_stable(self, kind: PlainFrame) -> bool:
        """Return whether the layout recognises frames whatever frames of other layouts come before them."""
        last = kind.last
        return last not in self._unnamed or (
            kind.maker is last.profile and (kind.is_named or kind.known is last.profile)
        )


def rows(octets: Array, starts: Array, width: int) -> Array:
    """Return the frames that begin at `starts`, one in each row."""
    windows = np.ndarray((len(octets) - width + 1,), f"V{width}", octets, 0, (1,))
    found: Array = windows[starts].view(np.uint8).reshape(-1, width)
    return found


def _apart(starts: Array, ends: Array, good: Array) -> Array:
    """Return the indices of the frames that are good, without those that begin in an earlier one."""
    found = np.flatnonzero(good)
    if (starts[found[1:]] < ends[found[:-1]] - 1).any():
        end, apart = 0, []
        for index in found.tolist():
            if starts[index] >= end - 1:  # the closing flag of a frame may be the opening flag of the next one
                end = ends[index]
                apart.append(index)
        found = np.array(apart)
    return found


def _tried(kinds: list[PlainFrame]) -> list[PlainFrame]:
    """Return the layouts that are tried in turn: without those for which the choice between two may matter."""
    recent = sorted(kinds, key=attrgetter("used"), reverse=True)[:_TRIED]
    return [kind for kind in recent if not any(_is_ambiguous(kind, other) for other in kinds)]


def _is_ambiguous(kind: PlainFrame, other: PlainFrame) -> bool:
    """Return whether a frame can have both layouts, and its texts decide whether each of them recognises it."""
    both = kind.mask & other.mask
    return kind.texts != other.texts and not (kind.constant ^ other.constant) & both
