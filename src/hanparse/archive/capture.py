"""Reads one capture: runs of frames that have learned layouts at once, all other bytes by the decoder: `Capture`."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np

from hanparse.archive.columns import Piece, Values, from_measurements, record_batch
from hanparse.archive.decoder import ArchiveDecoder
from hanparse.archive.follow import Followed, Head, follow
from hanparse.archive.frames import FrameColumns
from hanparse.layouts.layout import are_texts
from hanparse.wire.crc import SOUND, frame_register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from re import Pattern

    import pyarrow as pa

    from hanparse.archive.columns import Array
    from hanparse.decoder import Options
    from hanparse.layouts.carriers import PlainFrame
    from hanparse.measurement import Measurement
    from hanparse.meters.seen import LastMaker

    _Tried = list[tuple[FrameColumns, Array, Array]]
    """Columns, the numbers of the frames that they tried, and the bytes of these frames, a row each."""

_FEWEST, _MOST = 64, 1 << 14  # frames that are verified at once
_ALONE: Final = 1 << 12  # measurements that are held
_MANY: Final = 16  # runs, from which on lists are faster than arrays
_PIECE: Final = 1 << 10
_LARGEST_PIECE: Final = 1 << 16
_TRIED: Final = 8
"""The layouts that are tried for frames with the same first bytes."""


class Capture:
    """Reads the bytes of one capture in windows.

    The bytes of a window are followed from frame to frame as long as their first bytes are those of a learned layout.
    These frames are verified at once, and runs of sound frames are passed over by the decoder. It reads all other
    bytes, and the runs continue where no byte of the decoder is part of a frame that may still come.
    """

    def __init__(self, schema: pa.Schema, source: str | None, limit: int, **options: Unpack[Options]) -> None:
        self.decoder = ArchiveDecoder(**options)
        self._layouts = self.decoder.layouts
        self._schema, self._source, self._limit = schema, source, limit
        self._data, self._base, self._at = b"", 0, 0  # the window, its position in the capture, the place in it
        self._tables: list[list[PlainFrame]] = []  # of frames with the same first bytes
        self._heads: dict[bytes, Head] = {}
        self._known: dict[PlainFrame, FrameColumns] = {}
        self._unnamed: set[LastMaker] = set()  # the last makers on the links of lists that name no maker
        self._search: Pattern[bytes] | None = None
        self._changes = -1
        self._frames, self._least = _FEWEST, 1
        self._can_pass = self.decoder.can_pass
        self._begin()

    def _begin(self) -> None:
        self._rows = 0  # of the batch to come
        self._pieces: list[Piece] = []
        self._alone: list[tuple[int, int, Measurement]] = []  # row, position, and what the decoder returned

    def batches(self, read: Callable[[int], bytes], window: int) -> Iterator[pa.RecordBatch]:
        """Return the batches of the bytes that `read` returns, until it returns none."""
        while fresh := read(window):
            self._data, self._base, self._at = self._data[self._at :] + fresh, self._base + self._at, 0
            while self._at < len(self._data) and self._advance():
                if self._rows >= self._limit:
                    yield from self._batches()
        self._feed(len(self._data))
        self._keep(self.decoder.flush())
        yield from self._batches()

    def _advance(self) -> bool:
        """Read some of the window. Return false if the window ends with a part of a known frame."""
        if self._changes != self._layouts.changes:
            self._learn()
        if self._search and self._can_pass and self._least < _FEWEST:
            most = min(self._frames, self._limit - self._rows)
            chain = follow(self._data, self._at, self._heads, self._search, most)
            if len(chain.starts):
                self._take(chain)
                return True
            if chain.is_cut:
                return False
        self._feed(self._stop())
        return True

    def _learn(self) -> None:
        """Take over the layouts of plain frames of the decoder."""
        self._changes = self._layouts.changes
        tables = {head: [*table] for head, table in self._layouts.starts.items() if isinstance(head, bytes)}
        self._tables = [kinds for kinds in map(_tried, tables.values()) if kinds]
        known = {kind for kinds in self._tables for kind in kinds}
        self._heads = {
            kinds[0].first_bytes: Head(int.from_bytes(kinds[0].first_bytes, "little"), kinds[0].size, number)
            for number, kinds in enumerate(self._tables)
        }
        self._known = {kind: plan for kind, plan in self._known.items() if kind in known}
        self._unnamed = {kind.last for kind in known if not kind.is_named}
        self._search = re.compile(b"|".join(map(re.escape, self._heads)), re.DOTALL) if self._heads else None
        self._frames, self._least = _FEWEST, 1

    def _stop(self) -> int:
        """Return the place up to which the decoder reads: that of the next first bytes of a known frame, or the end."""
        if self._search is None:
            self._least = min(max(2 * self._least, _PIECE), _LARGEST_PIECE)
            return min(self._at + self._least, len(self._data))
        found = self._search.search(self._data, self._at + self._least)
        return found.start() if found else len(self._data)

    def _feed(self, stop: int) -> None:
        """Let the decoder read up to a place of the window."""
        found = self.decoder.feed(self._data[self._at : stop])
        self._at = stop
        self._can_pass = self.decoder.can_pass
        self._least = 1 if self._can_pass else min(2 * self._least, _LARGEST_PIECE)
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
            rows, positions, measurements = zip(*self._alone, strict=True)
            columns = {"position": Values(np.array(positions)), **from_measurements(measurements)}
            self._pieces.append(Piece(_sliced(np.array(rows)), columns))
            self._alone = []

    def _take(self, chain: Followed) -> None:
        """Take the runs of sound frames. The decoder reads all between them, until it changes what frames mean."""
        which, found = self._recognise(chain)
        kinds = [columns.kind for columns, _, _ in found]
        makers = [last.profile for last in self._unnamed]
        runs = _runs(chain, which)
        starts, ends = chain.starts, chain.ends
        if len(runs) > _MANY:
            starts, ends = starts.tolist(), ends.tolist()
        taken: list[tuple[int, int, int]] = []
        for begin, end in runs:
            first = self._reach(starts, ends, begin, end)
            if self._changes != self._layouts.changes or [last.profile for last in self._unnamed] != makers:
                break
            if first < end:
                taken.append((first, end, self._rows))
                self._pass(int(starts[first]), int(ends[end - 1]), which[first:end], kinds)
        else:
            self._feed(max(self._at, int(ends[-1])))
        self._collect(chain, which, found, taken)
        count = sum(end - first for first, end, _ in taken)
        self._frames = min(max(_FEWEST, 4 * count), _MOST)

    def _reach(self, starts: Array, ends: Array, begin: int, end: int) -> int:
        """Let the decoder read up to a run, and frames of it until one can be passed over. Return that frame."""
        for frame in range(begin, end):
            start = starts[frame]
            if start > self._at:
                self._feed(int(start))
            if self._can_pass and (start == self._at or self.decoder.has_flag):
                return frame
            self._feed(int(ends[frame]))
        return end

    def _pass(self, start: int, stop: int, run: Array, kinds: list[PlainFrame]) -> None:
        """Count a run of sound frames, and let the decoder pass over it."""
        count = len(run)
        last = {kinds[0]: count - 1} if len(kinds) == 1 else _last_of_each(run, kinds)
        self.decoder.pass_over(self._base + start, self._base + stop)
        self._layouts.count(count, last)
        self._rows += count
        self._at = stop

    def _collect(
        self,
        chain: Followed,
        which: Array,
        found: list[tuple[FrameColumns, Array, Array]],
        taken: list[tuple[int, int, int]],
    ) -> None:
        """Keep the columns of the frames that were taken: runs from a frame to another, and the row of the first."""
        if not taken:
            return
        first, end, row = np.array(taken).T
        count = end - first
        index = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        rows = np.full(len(which), -1)
        rows[index + np.repeat(first, count)] = index + np.repeat(row, count)
        for number, (columns, places, octets) in enumerate(found):
            chosen = (which[places] == number) & (rows[places] >= 0)
            if chosen.any():
                position = Values(chain.starts[places[chosen]] + self._base)
                values = columns.columns(octets if chosen.all() else octets[chosen])
                self._pieces.append(Piece(_sliced(rows[places[chosen]]), {"position": position, **values}))

    def _recognise(self, chain: Followed) -> tuple[Array, _Tried]:
        """Return for each frame the number of its columns or -1; and the columns, with the frames that each tried."""
        which: Array = np.full(len(chain.starts), -1, np.int16)
        found: _Tried = []
        octets = np.frombuffer(self._data, np.uint8)
        for number in np.flatnonzero(np.bincount(chain.heads)):
            of_head = np.flatnonzero(chain.heads == number)
            for kind in filter(self._is_stable, self._tables[number]):
                plan = self._columns(kind, chain.starts[of_head])
                if plan and len(of_head):
                    rows = _rows(octets, chain.starts[of_head], kind.size)
                    good = plan.sound(rows)
                    which[of_head[good]] = len(found)
                    found.append((plan, of_head, rows))
                    of_head = of_head[~good]
        return which, found

    def _is_stable(self, kind: PlainFrame) -> bool:
        """Return whether the layout recognises frames whatever frames of other layouts come before them."""
        last = kind.last
        return last not in self._unnamed or (
            kind.maker is last.profile and (kind.is_named or kind.known is last.profile)
        )

    def _columns(self, kind: PlainFrame, places: Array) -> FrameColumns | None:
        """Return the plan of a layout; `None` as long as none of the first frames at the places is one of it."""
        for place in [] if kind in self._known else places[:_FEWEST].tolist():
            frame = self._data[place : place + kind.size]
            is_kind = int.from_bytes(frame) & kind.mask == kind.constant and are_texts(frame, kind.texts)
            if is_kind and frame_register(frame) == SOUND:
                self._known[kind] = FrameColumns(kind, frame)
                break
        plan = self._known.get(kind)
        return plan if plan and plan.is_exact else None

    def _batches(self) -> Iterator[pa.RecordBatch]:
        rows = self._rows
        if rows:
            self._convert()
            texts = () if self._source is None else (self._source,)
            source = Values(np.full(rows, len(texts) - 1, np.int32), texts=texts)
            self._pieces.append(Piece(slice(None), {"source": source}))
            batch = record_batch(self._schema, rows, self._pieces)
            self._begin()
            yield from (batch.slice(at, self._limit) for at in range(0, rows, self._limit))


def _tried(kinds: list[PlainFrame]) -> list[PlainFrame]:
    """Return the layouts that are tried in turn: without those for which the choice between two may matter."""
    recent = sorted(kinds, key=attrgetter("used"), reverse=True)[:_TRIED]
    return [kind for kind in recent if not any(_is_ambiguous(kind, other) for other in kinds)]


def _is_ambiguous(kind: PlainFrame, other: PlainFrame) -> bool:
    """Return whether a frame can have both layouts, and its texts decide whether each of them recognises it."""
    both = kind.mask & other.mask
    return kind.texts != other.texts and not (kind.constant ^ other.constant) & both


def _runs(chain: Followed, which: Array) -> list[tuple[int, int]]:
    """Return the runs of sound frames that follow each other, each from its first frame to the one after its last."""
    good = which >= 0
    gap = chain.starts[1:] - chain.ends[:-1]
    goes_on = good[1:] & good[:-1] & (gap <= 0)
    begins = np.flatnonzero(good & np.append(True, ~goes_on))
    ends = np.flatnonzero(good & np.append(~goes_on, True)) + 1
    return [*zip(begins.tolist(), ends.tolist(), strict=True)]


def _sliced(rows: Array) -> Array | slice:
    """Return a slice if the rows follow each other, because it is faster."""
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first == len(rows) - 1 else rows


def _last_of_each(run: Array, kinds: list[PlainFrame]) -> dict[PlainFrame, int]:
    """Return the last frame of each kind in a run."""
    if len(run) <= _FEWEST:  # in Python this is faster
        return {kinds[number]: place for place, number in enumerate(run.tolist())}
    found = {kind: np.flatnonzero(run == number) for number, kind in enumerate(kinds)}
    return {kind: int(places[-1]) for kind, places in found.items() if len(places)}


def _rows(octets: Array, places: Array, size: int) -> Array:
    """Return the frames at the places as rows, without a copy if they follow each other."""
    if (np.diff(places) == size).all():
        return octets[places[0] : places[0] + size * len(places)].reshape(-1, size)
    windows = np.ndarray((len(octets) - size + 1,), f"V{size}", octets, 0, (1,))
    return windows[places].view(np.uint8).reshape(-1, size)
