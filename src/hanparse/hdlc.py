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

from typing import TYPE_CHECKING, Final

from hanparse.errors import FrameError
from hanparse.frame import FLAG, MAX_FRAME, TYPE_3, Buffer, Frame, as_bytes, find_end, truncated

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BUFFER_LIMIT", "STRAYS_LIMIT", "Frame", "FrameReader"]

BUFFER_LIMIT: Final = 2 * MAX_FRAME
STRAYS_LIMIT: Final = 4096
"""How many of the bytes that were passed over a reader keeps: enough to see what is wrong with a wire."""


class FrameReader:
    """Finds the frames in a stream that arrives in chunks of any size; see the rule at the top of this module.

    `feed` gives the frames alone. `receive` and `next_event` give frames and errors in the order of the stream.
    `recognise`, if given, is shown the bytes of each candidate that are there whole, before they are checked; what it
    returns is delivered in place of a frame, unless it is `None`. It answers for all the checks.
    """

    def __init__(self, recognise: Callable[[bytes], object] | None = None) -> None:
        self._recognise = recognise
        self._chunk = b""  # what was received and is not yet in the buffer
        self._taken = 0  # bytes of the chunk that are
        self._buffer = bytearray()
        self._base = 0  # position of the buffer's first byte in the stream
        self._at = 0  # where the search goes on, an index of the buffer
        self._need = 0  # a size of the buffer below which another look is of no use
        self.ended = False
        """Whether `end` was said since the last bytes."""
        self.between_frames = False
        """Whether nothing waits but the closing flag of the last frame."""
        self._strays = bytearray()
        self.received = 0
        """Bytes in all."""
        self.passed_over = 0
        """Bytes that have turned out to belong to no sound frame."""
        self._loss = False  # bytes that are no flags were passed over since the last frame
        self._accounted = 0  # position in the stream up to which bytes are in frames or passed over

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

    def receive(self, chunk: Buffer) -> bool:
        """Take in bytes; whether `next_event` has something to look at."""
        if type(chunk) is not bytes:
            chunk = as_bytes(chunk)
        self.received += len(chunk)
        self.ended = self.between_frames = False
        if not self._chunk and len(self._buffer) + len(chunk) <= BUFFER_LIMIT:
            self._buffer += chunk
            return len(self._buffer) >= self._need
        self._chunk = self._chunk[self._taken :] + chunk
        self._taken = 0
        return True

    def pass_by(self, size: int) -> None:
        """A frame of `size` bytes was read elsewhere, between frames: count it, and keep its closing flag."""
        self.received += size
        self._buffer[:] = b"\x7e"
        self._at, self._need = 0, 2
        self._base, self._accounted = self.received - 1, self.received

    def end(self) -> None:
        """Nothing more will come: what waits for more bytes is broken off."""
        self.ended = True
        self._need = 0

    def next_event(self) -> object:
        """The next `Frame` or `FrameError`, or what was recognised; `None`: feed more.

        Positions are counted from the first byte received.
        """
        while True:
            if len(self._buffer) >= self._need:
                self._need = 0
                if event := self._search():
                    return event
                self._drop_searched()
            if self._taken == len(self._chunk):
                self._chunk, self._taken = b"", 0
                self.between_frames = self._at + 1 == len(self._buffer) == self._need - 1
                return None
            self._drop_searched()
            self._refill()

    def _drop_searched(self) -> None:
        self._pass_over(self._at)
        del self._buffer[: self._at]
        self._base += self._at
        self._need = max(0, self._need - self._at)
        self._at = 0

    def _refill(self) -> None:
        room = BUFFER_LIMIT - len(self._buffer)
        self._buffer += self._chunk[self._taken : self._taken + room]
        self._taken = min(self._taken + room, len(self._chunk))

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
            try:
                return self._offer(start, size) or self._try(start, size)
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
            return Frame.read(bytes(self._buffer[start:end]), self._base + start, after_loss=loss)
        if self.ended:
            raise truncated(size, end, start, sound=sound)
        self._need = end if sound else size + 1
        return None

    def _offer(self, start: int, size: int) -> object:
        if self._recognise is None or start + 3 > size:
            return None
        end = start + ((self._buffer[start + 1] & 7) << 8 | self._buffer[start + 2]) + 2
        found = self._recognise(bytes(self._buffer[start:end])) if end <= size else None
        if found is not None:
            self._account(start, end)
        return found

    def _account(self, start: int, end: int) -> bool:
        """A frame is delivered, from `start` to `end` in the buffer; whether bytes got lost before it."""
        self._pass_over(start)
        loss, self._loss = self._loss, False
        self._accounted = self._base + end
        self._at = end - 1  # the closing flag may open the next frame
        self._need = 0 if self.ended else end + 1
        return loss

    def _pass_over(self, end: int) -> None:
        """Count and keep the bytes of the buffer up to `end` that are not accounted for yet."""
        start = self._accounted - self._base
        if start < end:
            passed = self._buffer[start:end]
            self._loss = self._loss or bool(passed.strip(b"\x7e"))
            self._strays += passed
            del self._strays[:-STRAYS_LIMIT]
            self.passed_over += end - start
            self._accounted = self._base + end
