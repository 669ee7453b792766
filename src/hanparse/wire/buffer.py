"""The bytes of a stream that are still needed, and where in the stream they are: `StreamBuffer`."""

from __future__ import annotations

from os import PathLike
from typing import Final

Buffer = bytes | bytearray | memoryview

SKIPPED_LIMIT: Final = 4096
"""How many of the skipped bytes a buffer keeps: enough to see what is wrong with a wire."""

_FLAGS: Final = b"\x7e"  # HDLC allows any number of flags between frames, so skipped flags are no loss


def as_bytes(data: Buffer) -> bytes:
    """Return `data` as bytes. Raises `TypeError` when it is not bytes-like."""
    if type(data) is bytes:
        return data
    if not isinstance(data, Buffer):
        advice = "; open it and give what is in it" if isinstance(data, PathLike) else ""
        raise TypeError(f"expected bytes, bytearray or memoryview, found {type(data).__name__}{advice}")
    return bytes(data)


class StreamBuffer:
    """Holds the bytes that were received and may still belong to a frame: `limit` at most, the rest waits in its chunk.

    Every byte is either delivered in a frame or skipped, in the order of the stream.
    """

    __slots__ = ("_chunk", "_limit", "_skipped", "_taken", "base", "data", "done", "loss", "skipped_count")

    def __init__(self, limit: int) -> None:
        self.data = b""
        self.base = 0
        """The position of the first byte of `data` in the stream."""
        self.done = 0
        """The bytes of `data` before this index were delivered or skipped."""
        self.loss = False
        """Whether other bytes than flags were skipped since the last frame."""
        self.skipped_count = 0
        self._limit = limit
        self._chunk = b""  # received, but `data` has no room for it yet
        self._taken = 0  # how many bytes of the chunk `data` has taken over
        self._skipped = bytearray()

    @property
    def received(self) -> int:
        """How many bytes were received in all."""
        return self.base + len(self.data) + len(self._chunk) - self._taken

    @property
    def skipped(self) -> bytes:
        """The last of the skipped bytes, `SKIPPED_LIMIT` at most."""
        return bytes(self._skipped)

    @property
    def is_waiting(self) -> bool:
        """Whether bytes were received that `data` had no room for."""
        return bool(self._chunk)

    def queue(self, chunk: bytes) -> None:
        """Keep `chunk` until `refill` takes it over."""
        self._chunk = self._chunk[self._taken :] + chunk
        self._taken = 0

    def refill(self) -> bool:
        """Take over as many waiting bytes as there is room for. Returns whether there were any."""
        if self._taken == len(self._chunk):
            self._chunk, self._taken = b"", 0
            return False
        room = self._limit - len(self.data)
        self.data += self._chunk[self._taken : self._taken + room]
        self._taken = min(self._taken + room, len(self._chunk))
        return True

    def drop(self, end: int) -> None:
        """Forget the bytes of `data` before `end`; those that were not delivered are skipped."""
        if self.done < end:
            self.skip(end)
        self.data = self.data[end:]
        self.base += end
        self.done -= end

    def deliver(self, start: int, end: int) -> bool:
        """Note that a frame reaches from `start` to `end` of `data`. Returns whether bytes were lost before it."""
        if self.done < start:
            self.skip(start)
        loss, self.loss = self.loss, False
        self.done = end
        return loss

    def skip(self, end: int) -> None:
        """Count and keep the bytes of `data` from `done` to `end`: they belong to no frame."""
        skipped = self.data[self.done : end]
        self.loss = self.loss or bool(skipped.strip(_FLAGS))
        self._skipped += skipped
        del self._skipped[:-SKIPPED_LIMIT]
        self.skipped_count += len(skipped)
        self.done = end
