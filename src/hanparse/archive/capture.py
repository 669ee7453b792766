"""Reads one capture: runs of frames that have learned layouts at once, all other bytes by the decoder: `Capture`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

import numpy as np

from hanparse.archive.columns import Piece, Values, from_measurements, record_batch
from hanparse.archive.decoder import ArchiveDecoder
from hanparse.archive.find import Finder
from hanparse.archive.frames import WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from hanparse.archive.columns import Array
    from hanparse.archive.find import Found
    from hanparse.decoder import Options
    from hanparse.measurement import Measurement

_ALONE: Final = 1 << 12  # measurements that are held
_PIECE, _LARGEST_PIECE = 1 << 10, 1 << 16  # bytes that the decoder reads at once
_SPAN, _LARGEST_SPAN = 1 << 15, 1 << 20  # bytes in which frames are looked for at once


class Capture:
    """Reads the bytes of one capture in windows.

    All frames with learned layouts in a part of the window are found and verified at once. The decoder passes over
    them. It counts the errors between them, and reads bytes that may be another frame.
    """

    def __init__(self, schema: pa.Schema, source: str | None, limit: int, **options: Unpack[Options]) -> None:
        self.decoder = ArchiveDecoder(**options)
        self._finder = Finder(self.decoder.layouts)
        self._schema, self._source, self._limit = schema, source, limit
        self._data, self._base = b"", 0  # the window, and its position in the capture
        self._octets: Array = np.frombuffer(b"", np.uint8)  # those of the window
        self._at = 0  # up to here in the window, the decoder has read or passed over all bytes
        self._next = self._done = 0  # where the next frame may begin; where all bytes before are delivered or skipped
        self._piece, self._span = _PIECE, _SPAN
        self._is_worthwhile = True  # to look for frames
        self._begin()

    def _begin(self) -> None:
        self._rows = 0  # of the batch to come
        self._pieces: list[Piece] = []
        self._alone: list[tuple[int, int, Measurement]] = []  # row, position, and what the decoder returned

    def batches(self, read: Callable[[int], bytes], window: int) -> Iterator[pa.RecordBatch]:
        """Return the batches of the bytes that `read` returns, until it returns none."""
        while fresh := read(window):
            self._move(fresh)
            while self._at < len(self._data) and self._advance():
                if self._rows >= self._limit:
                    yield from self._batches()
        self._feed(len(self._data))
        self._keep(self.decoder.flush())
        yield from self._batches()

    def _move(self, fresh: bytes) -> None:
        """Begin the next window, with the flag that may open its first frame."""
        first = min(self._next, self._at)
        self._data = self._data[first:] + fresh
        self._octets = np.frombuffer(self._data, np.uint8)
        self._base += first
        self._at, self._next, self._done = self._at - first, self._next - first, self._done - first

    def _advance(self) -> bool:
        """Read some of the window. Return false if it ends with a part of a known frame."""
        has_layouts = self._finder.learn()
        if has_layouts and self.decoder.can_pass and self._is_worthwhile:
            return self._find()
        stop = self._at + self._piece
        self._feed(self._finder.next_start(self._data, stop) if has_layouts else min(stop, len(self._data)))
        self._piece, self._span, self._is_worthwhile = min(2 * self._piece, _LARGEST_PIECE), _SPAN, True
        return True

    def _find(self) -> bool:
        """Look for frames in some of the window, and take them. Return false if a part of a frame has to wait."""
        begin, stop = self._at, min(self._next + self._span, len(self._data) - WORD)
        if stop <= begin:
            return False
        found = self._finder.find(self._octets, self._next, stop)
        feeds = self._take(found) if len(found.sound) else 0
        if found.cut is not None and found.cut <= self._at == begin:
            return False
        self._is_worthwhile = self._at - begin > (stop - begin) // 2 and 2 * feeds < len(found.sound)
        if self._is_worthwhile:
            self._piece, self._span = _PIECE, min(4 * self._span, _LARGEST_SPAN)
        return True

    def _feed(self, stop: int) -> None:
        """Let the decoder read up to a place of the window."""
        found = self.decoder.feed(self._data[self._at : stop])
        self._at = stop
        self._next, self._done = (position - self._base for position in self.decoder.reader.bounds)
        if found:
            self._keep(found)

    def _keep(self, found: list[Measurement]) -> None:
        self._alone += zip(range(self._rows, self._rows + len(found)), self.decoder.places, found, strict=True)
        self._rows += len(found)
        self.decoder.places.clear()
        if len(self._alone) >= _ALONE:
            self._convert()

    def _convert(self) -> None:
        """Convert the measurements that the decoder returned to columns, which need less memory."""
        if self._alone:
            numbers, positions, measurements = zip(*self._alone, strict=True)
            columns = {"position": Values(np.array(positions)), **from_measurements(measurements)}
            self._pieces.append(Piece(_sliced(np.array(numbers)), columns))
            self._alone = []

    def _take(self, found: Found) -> int:
        """Take runs of frames. The decoder reads what may be a frame between them, until it learns from that.

        Return how many times the decoder had to read.
        """
        numbers = np.full(len(found.starts), -1)  # of the rows
        taken = skipped = feeds = 0
        for first, last, start, end in found.runs:
            frame = first
            if not self.decoder.count_damage(self._data, self._base, self._next, start):
                self._pass(found, taken, first, skipped, numbers)
                self._feed(start)
                frame, start = self._read(found, first, last)
                taken, skipped, feeds = frame, 0, feeds + 1
                if not self._finder.is_current:
                    break
            if frame < last:
                skipped += max(start - self._done, 0)
                self._done = self._at = end
                self._next = end - 1
        else:
            self._pass(found, taken, len(found.sound), skipped, numbers)
        self._collect(found, numbers)
        return feeds

    def _read(self, found: Found, first: int, last: int) -> tuple[int, int]:
        """Let the decoder read frames of a run until one can be passed over. Return that frame and its start."""
        for frame in range(first, last):
            start = int(found.starts[found.sound[frame]])
            if self.decoder.can_pass and self._next <= start:
                return frame, start
            self._feed(int(found.ends[found.sound[frame]]))
        return last, self._at

    def _pass(self, found: Found, first: int, last: int, skipped: int, numbers: Array) -> None:
        """Count frames, and let the decoder pass over them and over `skipped` bytes."""
        if first < last:
            frames = found.sound[first:last]
            numbers[frames] = np.arange(self._rows, self._rows + last - first)
            latest = {part.columns.kind: int(numbers[part.frames].max()) - self._rows for part in found.parts}
            self.decoder.reader.pass_over(self._base + int(found.ends[frames[-1]]), skipped)
            self.decoder.layouts.count(last - first, {kind: at for kind, at in latest.items() if at >= 0})
            self._rows += last - first

    def _collect(self, found: Found, numbers: Array) -> None:
        """Keep the values of the frames that have the number of a row."""
        for columns, frames, rows in found.parts:
            to, position = numbers[frames], found.starts[frames] + self._base
            if (taken := to >= 0).any():
                if not taken.all():
                    to, position, rows = to[taken], position[taken], rows[taken]
                self._pieces.append(Piece(_sliced(to), {"position": Values(position), **columns.columns(rows)}))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if number := self._rows:
            self._convert()
            if self._source is not None:
                self._pieces.append(Piece(slice(0, number), {"source": Values(0, texts=(self._source,))}))
            batch = record_batch(self._schema, number, self._pieces)
            self._begin()
            yield from (batch.slice(at, self._limit) for at in range(0, number, self._limit))


def _sliced(numbers: Array) -> Array | slice:
    """Return a slice if the numbers follow each other, because it is faster."""
    first, last = int(numbers[0]), int(numbers[-1])
    return slice(first, last + 1) if last - first == len(numbers) - 1 else numbers
