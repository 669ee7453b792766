"""Finds sound frames in the pieces of a text.

A *piece* is a part of a text and its bytes (`hexdump.text.Piece`). A *unit* is sound frames or P1 telegrams, or a sound
APDU, with the pieces that contain them. A frame is *sound* if its check sequences are correct. If a frame begins at the
start of a piece and ends at the end of a piece, its missing flags are added. `pasted.apdus` finds sound APDUs.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import mbus, p1
from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import FLAG_BYTE, TYPE_3, Frame
from hanparse.hexdump.text import MIN_BYTES, Piece
from hanparse.mbus import MBusShort
from hanparse.receiver import LAYERS, Read, ReadTelegram, Receiver
from hanparse.wire import identify
from hanparse.wire.hdlc_parts import MAX_LENGTH
from hanparse.wire.llc import LLC
from hanparse.wire.reader import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FORMAT: Final = re.compile(b"[%c-%c]" % (TYPE_3 << 4, TYPE_3 << 4 | 0xF))
"""Matches the first byte of a frame behind its flag."""
_STARTS: Final = [layer.start for layer in LAYERS if not isinstance(layer, MBusShort)]
_MAY_BE_FRAME: Final = re.compile(b"|".join([*_STARTS, p1.P1.start]), re.DOTALL)


HEAD_SIZE: Final = 12
_CIPHERED_HEAD: Final = re.compile(rb"[\xdb\xdc]\x08[A-Za-z]{3}")


def is_head(data: bytes) -> bool:
    """Return whether bytes begin with the first `HEAD_SIZE` bytes of an APDU, which other bytes seldom match."""
    data = data[len(LLC[0]) :] if data.startswith(LLC) else data
    return data[:1] != b"/" and (identify.is_head(data) or _CIPHERED_HEAD.match(data) is not None)


def may_be_frame(data: bytes) -> bool:
    """Return whether bytes begin as a frame or telegram begins."""
    return _MAY_BE_FRAME.match(data) is not None


class Unit(NamedTuple):
    """Holds sound bytes, and the pieces of a text that contain them."""

    start: int
    """The position in the text at which the first piece begins."""
    data: bytes
    """The bytes of the pieces, including those that are not part of a sound frame."""
    pieces: list[Piece]
    size: int
    """The number of sound bytes."""
    tail: int = 0
    """The number of bytes after the last sound byte."""


class Bytes:
    """Holds the joined bytes of pieces, and the index at which each piece begins."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Join the bytes of `pieces`."""
        self.pieces = pieces
        parts = [piece.data for piece in pieces]
        self.data = b"".join(parts)
        self.starts = list(accumulate(map(len, parts), initial=0))

    def first(self, at: int) -> int:
        """Return the index of the piece that contains the byte at the index `at`."""
        return bisect_right(self.starts, at) - 1

    def unit(self, first: int, last: int, size: int = 0, stop: int = 0) -> Unit:
        """Return the unit of the pieces from `first` to `last`. It has `size` sound bytes, which end before `stop`.

        Without `size`, all bytes are sound.
        """
        start, end = self.starts[first], self.starts[last + 1]
        pieces = list(self.pieces[first : last + 1])
        return Unit(pieces[0].start, self.data[start:end], pieces, size or end - start, end - stop if stop else 0)

    def ends(self, at: int) -> int:
        """Return the index of the piece that ends before the byte at `at`, or -1 if no piece ends there."""
        found = bisect_left(self.starts, at)
        return found - 1 if found < len(self.starts) and self.starts[found] == at else -1


def frames(pieces: list[Piece], _known: bytes = b"") -> list[Unit]:
    """Return the frames and telegrams in `pieces` that have correct check sequences."""
    joined = _flagged(Bytes(pieces))
    if not _MAY_BE_FRAME.search(joined.data):
        return []
    units: list[tuple[int, int, int, int]] = []
    for start, stop in _sound(joined.data):
        first, last, size = joined.first(start), joined.first(stop - 1), stop - start
        if units and first <= units[-1][1]:
            first, size = units[-1][0], size + units.pop()[2]
        units.append((first, last, size, stop))
    return [joined.unit(*unit) for unit in units]


def unsound(unit: Unit) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each run of `MIN_BYTES` or more bytes of `unit` that are in no frame.

    A decoder reports no error for such bytes.
    """
    if len(unit.data) - unit.size < MIN_BYTES:
        return
    spans = [(0, 0), *_sound(unit.data), (len(unit.data), 0)]
    for (_, end), (start, _) in pairwise(spans):
        if start - end >= MIN_BYTES and not any(frame_errors(unit.data[end:start])):
            yield end, start


def headers(pieces: list[Piece], _known: bytes = b"") -> list[Unit]:
    """Return the pieces from the first byte that may begin a frame, as one unit.

    Return an empty list if no damaged frame has a sound header. In HDLC, a header is sound if its HCS is correct.
    """
    joined = Bytes(pieces)
    if not _damaged(joined.data):
        return []
    found = _MAY_BE_FRAME.search(joined.data)
    if found:
        first = joined.first(found.start())
        skipped = found.start() - joined.starts[first]
        pieces = [pieces[first]._replace(data=pieces[first].data[skipped:]), *pieces[first + 1 :]]
    return [Bytes(pieces).unit(0, len(pieces) - 1)]


def incomplete(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces up to the place at which bytes of the first frame are missing.

    The frame begins in the first piece. The list is empty if no byte is missing.
    """
    joined = Bytes(pieces)
    error = _damaged(joined.data)
    if not error or isinstance(error, ChecksumError):
        return []
    last = joined.first(min(error.offset, len(joined.data) - 1))
    stop = next(
        (at for at in range(1, last + 1) if is_head(pieces[at].data) or may_be_frame(pieces[at].data)), last + 1
    )
    return pieces[:stop]


def _damaged(data: bytes) -> FrameError | None:
    """Return the error of the first damaged frame in `data` whose header is sound."""
    data = FLAG_BYTE * bool(_FORMAT.match(data)) + data
    return next((error for error in frame_errors(data) if error.after_header), None)


def frame_errors(data: bytes) -> Iterator[FrameError]:
    """Yield the errors of the damaged frames in `data`."""
    return (event for event in Receiver().events(data) if isinstance(event, FrameError))


def _sound(data: bytes) -> Iterator[tuple[int, int]]:
    reader = StreamReader((*LAYERS, p1.P1()))  # a P1 layer keeps state, so each search needs a new one
    reader.receive(data)
    events = [*iter(reader.next_event, None)]
    reader.end()
    for event in (*events, *iter(reader.next_event, None)):
        if isinstance(event, Frame | mbus.Telegram) or (isinstance(event, p1.Telegram) and event.crc):
            yield event.offset, event.offset + len(event.raw)


def _flagged(joined: Bytes) -> Bytes:
    """Return the pieces with the missing flags of frames added. Flags are added only if the frame is then sound."""
    data, flagged, end = joined.data, list(joined.pieces), 0
    for found in _FORMAT.finditer(data):
        head = found.start()
        at = joined.first(head)
        start = joined.starts[at]
        if start < end or head != start + data.startswith(FLAG_BYTE, start):
            continue
        stop = head + (int.from_bytes(data[head : head + 2], "big") & MAX_LENGTH)
        closed = data.startswith(FLAG_BYTE, stop)
        last = max(joined.ends(stop), joined.ends(stop + 1) if closed else -1)
        if last < 0 or (closed and FLAG_BYTE in (data[start : start + 1], data[start - 1 : start])):
            continue
        with suppress(FrameError):
            Frame.parse(FLAG_BYTE + data[head:stop] + FLAG_BYTE)
            flagged[at] = flagged[at]._replace(data=FLAG_BYTE + flagged[at].data)
            flagged[last] = flagged[last]._replace(data=flagged[last].data + FLAG_BYTE)
            end = stop
    return Bytes(flagged) if end else joined


def is_read(data: bytes) -> bool:
    """Return whether at least one of the frames in `data` can be read without a key."""
    return any(isinstance(event, Read | ReadTelegram) for event in Receiver().events(data))
