"""Defines `StreamBuffer`, which holds the bytes of a stream that may still belong to a frame."""

from __future__ import annotations

from os import PathLike
from typing import Final

from hanparse.wire.hdlc_parts import FLAG_BYTE

Buffer = bytes | bytearray | memoryview

SKIPPED_LIMIT: Final = 4096
"""The maximum number of skipped bytes that a `StreamBuffer` keeps. It keeps the latest ones.

`hanparse.diagnosis` finds faults in them.
"""


def as_bytes(data: Buffer) -> bytes:
    """Return `data` as bytes. Raises `TypeError` if `data` is not bytes-like."""
    if type(data) is bytes:
        return data
    if not isinstance(data, Buffer):
        advice = "; open the file and give its bytes" if isinstance(data, PathLike) else ""
        raise TypeError(f"expected bytes, bytearray or memoryview, found {type(data).__name__}{advice}")
    return bytes(data)


class StreamBuffer:
    """A `StreamBuffer` holds the received bytes that may still belong to a frame.

    `data` has at most `limit` bytes. `queue` adds received bytes to a queue, and `refill` moves them into `data`. Every
    byte is either delivered in a frame or skipped, in the order of the stream.
    """

    __slots__ = ("_limit", "_skipped", "_taken", "base", "data", "done", "loss", "queued", "skipped_count")

    def __init__(self, limit: int) -> None:
        self.data = b""
        self.base = 0
        """The position of the first byte of `data` in the stream."""
        self.done = 0
        """The index in `data` up to which all bytes were delivered or skipped."""
        self.loss = False
        """True if bytes other than flags were skipped since the last frame."""
        self.skipped_count = 0
        self._limit = limit
        self.queued = b""
        """The queue. It is empty if no byte waits for `refill`."""
        self._taken = 0  # the number of bytes of the queue that `refill` has already moved into `data`
        self._skipped = bytearray()

    @property
    def received(self) -> int:
        """Return the number of bytes received so far."""
        return self.base + len(self.data) + len(self.queued) - self._taken

    @property
    def skipped(self) -> bytes:
        """Return the latest skipped bytes, at most `SKIPPED_LIMIT` bytes."""
        return bytes(self._skipped)

    def queue(self, chunk: bytes) -> None:
        """Append `chunk` to the queue."""
        self.queued = self.queued[self._taken :] + chunk
        self._taken = 0

    def refill(self) -> bool:
        """Move bytes from the queue into `data` until `data` has `limit` bytes. Return False if the queue was empty."""
        if self._taken == len(self.queued):
            self.queued, self._taken = b"", 0
            return False
        free = self._limit - len(self.data)
        self.data += self.queued[self._taken : self._taken + free]
        self._taken = min(self._taken + free, len(self.queued))
        return True

    def drop(self, end: int) -> None:
        """Remove the bytes of `data` before the index `end`. Each removed byte that was not delivered is skipped."""
        if self.done < end:
            self.skip(end)
        self.data = self.data[end:]
        self.base += end
        self.done -= end

    def deliver(self, start: int, end: int) -> bool:
        """Mark ``data[start:end]`` as a frame. Return whether bytes other than flags were skipped before the frame."""
        if self.done < start:
            self.skip(start)
        loss, self.loss = self.loss, False
        self.done = end
        return loss

    def skip(self, end: int) -> None:
        """Count the bytes of `data` from `done` to `end` as skipped, and keep them for `skipped`."""
        skipped = self.data[self.done : end]
        self.loss = self.loss or bool(skipped.strip(FLAG_BYTE))  # HDLC allows any number of flags between frames
        self._skipped += skipped
        del self._skipped[:-SKIPPED_LIMIT]
        self.skipped_count += len(skipped)
        self.done = end
