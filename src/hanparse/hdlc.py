"""A stream of bytes in chunks of any size -> the HDLC frames that arrived intact, and what was wrong with the rest.

How frames are found in a stream (the resynchronisation rule)
-------------------------------------------------------------
A candidate begins at a flag (7E). It is given up as early as its bytes allow: at the format type, at a length that
cannot be, at an address without end, at the HCS; only then are its remaining bytes awaited, and the closing flag and
the FCS checked. The length field delimits a frame: 7E and 7D inside the information field are ordinary bytes, nothing
is escaped. When a candidate fails, the search goes on at the byte after its *opening flag*, not after its claimed end,
so a damaged frame never hides a sound one. The closing flag of a good frame may open the next.

It follows that every frame that arrived intact is delivered, once and in order, whatever stands around it.

Bounds: the buffer holds at most `BUFFER_LIMIT` bytes (two frames of the largest size). A candidate begins with two
bytes, a flag and a format field, so at most every second byte begins one, and it costs one FCS over the 2,047 bytes
that it can claim. So no input makes more than 1,024 bytes of check sequence per byte fed, however long the stream. The
densest that is known, headers with a right HCS that overlap (7E A7 F2 6B AD again and again), makes 406.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from hanparse.errors import FrameError
from hanparse.frame import FLAG, MAX_FRAME, TYPE_3, Buffer, Frame, as_bytes, find_end, truncated

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BUFFER_LIMIT", "NOTHING_KNOWN", "STRAYS_LIMIT", "Frame", "FrameReader", "Known"]

BUFFER_LIMIT: Final = 2 * MAX_FRAME
STRAYS_LIMIT: Final = 4096
"""How many of the bytes that were passed over a reader keeps: enough to see what is wrong with a wire."""

_FLAG: Final = bytes([FLAG])
_FORMAT: Final = (TYPE_3 << 12) - 2  # a format field minus this is the size of its frame; segments come out too large

_from_bytes: Final = int.from_bytes


class Known(Protocol):
    """A kind of frame that somebody else can read: its size with both flags, the bytes that it begins with."""

    @property
    def size(self) -> int:
        """Bytes from flag to flag."""

    @property
    def head(self) -> bytes:
        """The header with its HCS; a frame that begins otherwise is not of this kind."""

    def read(self, frame: bytes, /) -> object | None:
        """What comes in place of a frame of this size; `None` when it is not of this kind. Answers for all checks."""


NOTHING_KNOWN: Final[Mapping[int, Known]] = {}  # a reader holds it, and a mapping proxy could not be copied


class FrameReader:
    """Finds the frames in a stream that arrives in chunks of any size; see the rule at the top of this module.

    `feed` gives the frames alone. `receive` and `next_event` give frames and errors in the order of the stream.
    `known` are kinds of frames, by their size, that need not be taken apart: the rows of those that stand one behind
    the other are gone over in one loop, and a row comes as a list.
    """

    def __init__(self, known: Mapping[int, Known] = NOTHING_KNOWN) -> None:
        self.known = known
        self._chunk = b""  # what was received and is not yet in the buffer
        self._taken = 0  # bytes of the chunk that are
        self._buffer = b""
        self._base = 0  # position of the buffer's first byte in the stream
        self._at = 0  # where the search goes on, an index of the buffer
        self._need = 0  # a size of the buffer below which another look is of no use
        self._between = False  # the buffer holds the closing flag of a frame and nothing else
        self.unsettled = False
        """Whether `next_event` has something to look at."""
        self.ended = False
        """Whether `end` was said since the last bytes."""
        self._strays = bytearray()
        self.passed_over = 0
        """Bytes that have turned out to belong to no sound frame."""
        self._loss = False  # bytes that are no flags were passed over since the last frame
        self._done = 0  # an index of the buffer: what stands before it is in frames or passed over

    @property
    def received(self) -> int:
        """Bytes in all."""
        return self._base + len(self._buffer) + len(self._chunk) - self._taken

    @property
    def strays(self) -> bytes:
        """The last of the bytes that were passed over, `STRAYS_LIMIT` at most."""
        return bytes(self._strays)

    @property
    def pending(self) -> int:
        """How many bytes the buffer holds, `BUFFER_LIMIT` at most."""
        return len(self._buffer)

    def feed(self, chunk: Buffer) -> list[Frame]:
        """The frames that `chunk` completes."""
        self.receive(chunk)
        return self._frames()

    def flush(self) -> list[Frame]:
        """End of input: the frames that a broken-off candidate stood in front of. The buffer is empty then."""
        self.end()
        return self._frames()

    def _frames(self) -> list[Frame]:
        return [event for event in iter(self.next_event, None) if isinstance(event, Frame)]

    def receive(self, chunk: Buffer) -> list[Any]:
        """Take in bytes; gives the row of known frames that they complete. `next_event` gives the rest."""
        if type(chunk) is not bytes:
            chunk = as_bytes(chunk)
        if self._between:
            kind = self.known.get(len(chunk))
            if kind is not None and (event := kind.read(chunk)) is not None:
                self._base += kind.size  # its closing flag takes the place of the last one
                return [event]
            self._between = False  # and the search stands at the flag
            if chunk.startswith(_FLAG):  # the next frame has an opening flag of its own
                self._base += 1
                self._buffer, self._done, self._need = b"", 0, 0
        buffer = self._buffer + chunk
        if len(buffer) < self._need:
            self._buffer = buffer
            return []
        self.ended = False
        if self._chunk or len(buffer) > BUFFER_LIMIT:
            self._chunk = self._chunk[self._taken :] + chunk
            self._taken = self._need = 0
            self.unsettled = True
            return []
        self._buffer = buffer
        return self._row(self._at)

    def end(self) -> None:
        """Nothing more will come: what waits for more bytes is broken off."""
        self.ended = self.unsettled = True
        self._between = False
        self._need = 0

    def next_event(self) -> object:
        """The next `Frame` or `FrameError`, or a row of known frames; `None`: feed more.

        Positions are counted from the first byte received.
        """
        while True:
            if len(self._buffer) >= self._need:
                self._need = 0
                if (event := self._search()) is not None:
                    return event
                self._cut(self._at, self._need)
            if self._taken == len(self._chunk):
                self._chunk, self._taken = b"", 0
                self.unsettled = False
                return None
            self._cut(self._at, self._need)
            self._refill()

    def _refill(self) -> None:
        room = BUFFER_LIMIT - len(self._buffer)
        self._buffer += self._chunk[self._taken : self._taken + room]
        self._taken = min(self._taken + room, len(self._chunk))

    def _row(self, at: int) -> list[object]:
        """The known frames that stand one behind the other from `at` on.

        What follows them is left to the search, unless it is the beginning of another, or a closing flag and nothing
        else: then more bytes are needed first.
        """
        buffer, size, known = self._buffer, len(self._buffer), self.known
        row: list[object] = []
        need = 0
        while (kind := known.get(_from_bytes(buffer[at + 1 : at + 3]) - _FORMAT)) is not None:
            end = at + kind.size
            if end > size:
                need = end if buffer.startswith(kind.head, at) else self._awaited(kind, at)
                break
            event = kind.read(buffer[at:end])
            if event is None:
                break
            if self._done < at:
                self._pass_over(at)
            self._done = end
            row.append(event)
            at = end
        if row:
            self._loss = False
            if not need:
                at -= 1  # the closing flag may open the next frame
                need = size + 1 if at + 1 == size else 0
        if need and not self.ended:
            self._cut(at, need)
        else:
            self._at, self._need, self.unsettled = at if row else self._at, 0, True
        return row

    def _awaited(self, kind: Known, at: int) -> int:
        """The size of the buffer that shows whether a frame of this kind begins at `at`; 0 where none does."""
        return at + len(kind.head) if kind.head.startswith(self._buffer[at:]) else 0

    def _cut(self, at: int, need: int) -> None:
        """The search goes on at `at`, when the buffer has the size `need`; what stands before is of no use any more."""
        if self._done < at:
            self._pass_over(at)
        self._buffer = self._buffer[at:]
        self._base += at
        self._done -= at
        self._at = 0
        self._need = need - at if need > at else 0
        self.unsettled = bool(self._chunk)
        self._between = self._done == len(self._buffer) == 1 and not self._chunk

    def _search(self) -> object:
        buffer, size = self._buffer, len(self._buffer)
        while (start := buffer.find(FLAG, self._at)) >= 0:
            self._at = start
            if start + 1 == size and not self.ended:
                self._need = size + 1
                return None
            if start + 1 == size or buffer[start + 1] >> 4 != TYPE_3:  # no candidate, and no error
                self._at = start + 1
                continue
            if row := self._row(start):
                return row
            if self._need:  # a frame of a known kind is not there whole
                return None
            try:
                return self._try(start, size)
            except FrameError as error:
                self._at = start + 1
                error.offset += self._base
                return error
        self._at = size
        return None

    def _try(self, start: int, size: int) -> Frame | None:
        """The frame that begins at `start`, or `None` and what it takes to look again."""
        end, sound = find_end(self._buffer, start)
        if end <= size and sound:
            loss = self._account(start, end)
            return Frame.read(self._buffer[start:end], self._base + start, after_loss=loss)
        if self.ended:
            raise truncated(size, end, start, sound=sound)
        self._need = end if sound else size + 1
        return None

    def _account(self, start: int, end: int) -> bool:
        """A frame is delivered, from `start` to `end` in the buffer; whether bytes got lost before it."""
        self._pass_over(start)
        loss, self._loss = self._loss, False
        self._done = end
        self._at = end - 1  # the closing flag may open the next frame
        self._need = 0 if self.ended else end + 1
        return loss

    def _pass_over(self, end: int) -> None:
        """Count and keep the bytes of the buffer up to `end` that are not accounted for yet."""
        start = self._done
        if start < end:
            passed = self._buffer[start:end]
            self._loss = self._loss or bool(passed.strip(b"\x7e"))
            self._strays += passed
            del self._strays[:-STRAYS_LIMIT]
            self.passed_over += end - start
            self._done = end
