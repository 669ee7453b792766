"""Defines `Capture`, which reads the pushes of one capture.

A decoder learns a layout from a push. The layout decodes later frames that differ from this push only in their values.
`Capture` finds and decodes many frames with learned layouts at once. The decoder reads all other bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np

from hanparse.archive.columns import Values
from hanparse.archive.decoder import ArchiveDecoder
from hanparse.archive.find import Finder
from hanparse.archive.frames import WORD
from hanparse.archive.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from hanparse.archive.columns import Array
    from hanparse.archive.find import Candidates
    from hanparse.decoder import Options

_PIECE, _LARGEST_PIECE = 1 << 10, 1 << 16  # the smallest and largest number of bytes that the decoder reads at once
_SPAN, _LARGEST_SPAN = 1 << 15, 1 << 20  # the smallest and largest number of bytes of one search for frames


class Capture:
    """A `Capture` reads one capture in windows, each of which is a sequence of bytes in memory.

    A span is a part of a window. `Capture` finds and verifies all frames with learned layouts in a span at once, and
    the decoder passes over these frames: it does not read their bytes. If only damaged frames are between two of these
    frames, the decoder counts their errors. If another frame may be between them, the decoder reads the bytes between
    them.
    """

    def __init__(self, schema: pa.Schema, source: str | None, limit: int, **options: Unpack[Options]) -> None:
        self.decoder = ArchiveDecoder(**options)
        self._finder = Finder(self.decoder.layouts)
        self._rows = Rows(schema, source, limit)
        self._data, self._base = b"", 0  # the window, and the position of its first byte in the capture
        self._octets: Array = np.frombuffer(b"", np.uint8)  # the bytes of the window as an array
        self._at = 0  # an index in the window: the decoder has read or passed over all bytes before it
        self._next = self._done = 0  # the positions of `StreamReader.bounds` as indexes in the window
        self._piece, self._span, self._is_worthwhile = _PIECE, _SPAN, True

    def batches(self, read: Callable[[int], bytes], window: int) -> Iterator[pa.RecordBatch]:
        """Yield the batches of the bytes that `read` returns. The capture ends when `read` returns no bytes."""
        while fresh := read(window):
            self._move(fresh)
            while self._at < len(self._data) and self._advance():
                if self._rows.is_full:
                    yield from self._rows.batches()
        self._feed(len(self._data))
        self._rows.add(self.decoder.flush(), self.decoder.positions)
        yield from self._rows.batches()

    def _move(self, fresh: bytes) -> None:
        """Begin the next window with the bytes that the decoder has not read, and `fresh`.

        The window also contains the last flag of the previous window, because this flag may open the next frame.
        """
        first = min(self._next, self._at)
        self._data = self._data[first:] + fresh
        self._octets = np.frombuffer(self._data, np.uint8)
        self._base += first
        self._at, self._next, self._done = self._at - first, self._next - first, self._done - first

    def _advance(self) -> bool:
        """Find frames in a span of the window, or let the decoder read a piece of the window.

        Return false if the next bytes of the capture are needed first: the window ends inside a frame with a learned
        layout, or has too few bytes for a search.
        """
        has_layouts = self._finder.learn()
        if has_layouts and self.decoder.can_pass and self._is_worthwhile:
            return self._find()
        stop = self._at + self._piece
        self._feed(self._finder.next_start(self._data, stop) if has_layouts else min(stop, len(self._data)))
        self._piece, self._span, self._is_worthwhile = min(2 * self._piece, _LARGEST_PIECE), _SPAN, True
        return True

    def _find(self) -> bool:
        """Find frames in a span of the window and add their rows.

        Return false if the first frame is cut off, or if the window has too few bytes for a search.
        """
        begin, stop = self._at, min(self._next + self._span, len(self._data) - WORD)
        if stop <= begin:
            return False
        candidates = self._finder.find(self._octets, self._next, stop)
        feeds = self._take(candidates) if len(candidates.sound) else 0
        if candidates.cut is not None and candidates.cut <= self._at == begin:
            return False
        self._is_worthwhile = self._at - begin > (stop - begin) // 2 and 2 * feeds < len(candidates.sound)
        if self._is_worthwhile:
            self._piece, self._span = _PIECE, min(4 * self._span, _LARGEST_SPAN)
        return True

    def _feed(self, stop: int) -> None:
        """Let the decoder read the window up to the index `stop`."""
        measurements = self.decoder.feed(self._data[self._at : stop])
        self._rows.add(measurements, self.decoder.positions)
        self._at = stop
        self._next, self._done = (position - self._base for position in self.decoder.reader.bounds)

    def _take(self, candidates: Candidates) -> int:
        """Add the rows of `candidates.runs`. Stop if the bytes between two runs changed the layouts of the decoder.

        Return the number of runs for which the decoder read bytes.
        """
        numbers = np.full(len(candidates.starts), -1)  # the number of the row of each frame; -1 without a row
        taken = skipped = feeds = 0
        for first, last, start, end in candidates.runs:
            frame, at = first, start
            if not self.decoder.count_damage(self._data, self._base, self._next, start):
                self._pass(candidates, taken, first, skipped, numbers)
                self._feed(start)
                frame, at = self._read(candidates, first, last)
                taken, skipped, feeds = frame, 0, feeds + 1
                if not self._finder.is_current:
                    break
            if frame < last:
                skipped += max(at - self._done, 0)
                self._at, self._next, self._done = end, end - 1, end
        else:
            self._pass(candidates, taken, len(candidates.sound), skipped, numbers)
        self._keep(candidates, numbers)
        return feeds

    def _read(self, candidates: Candidates, first: int, last: int) -> tuple[int, int]:
        """Let the decoder read frames of a run until it can pass over the next frame.

        Return the index of this next frame in `candidates.sound`, and the index of its first byte in the window.
        """
        for frame in range(first, last):
            start = int(candidates.starts[candidates.sound[frame]])
            if self.decoder.can_pass and self._next <= start:
                return frame, start
            self._feed(int(candidates.ends[candidates.sound[frame]]))
        return last, self._at

    def _pass(self, candidates: Candidates, first: int, last: int, skipped: int, numbers: Array) -> None:
        """Let the decoder pass over frames, and over `skipped` bytes between them. Give each frame a row number."""
        if first < last:
            frames, row = candidates.sound[first:last], self._rows.count
            numbers[frames] = np.arange(row, row + len(frames))
            latest = {part.columns.kind: int(numbers[part.frames].max()) - row for part in candidates.parts}
            self.decoder.reader.pass_over(self._base + int(candidates.ends[frames[-1]]), skipped)
            self.decoder.layouts.count(len(frames), {kind: at for kind, at in latest.items() if at >= 0})
            self._rows.count += len(frames)

    def _keep(self, candidates: Candidates, numbers: Array) -> None:
        """Put the values of the frames with a row number into their rows."""
        for part in candidates.parts:
            taken = np.flatnonzero(numbers[part.frames] >= 0)
            if len(taken):
                frames = part.frames.take(taken)
                rows = part.rows if len(taken) == len(part.rows) else part.rows.take(taken, axis=0)
                position = Values(candidates.starts[frames] + self._base)
                self._rows.put(numbers[frames], {"position": position, **part.columns.columns(rows)})
