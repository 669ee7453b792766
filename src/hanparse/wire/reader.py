"""Defines `StreamReader`, which finds the frames of every link layer in a stream that arrives in chunks of any size.

The resynchronisation rule
--------------------------
A candidate is a sequence of bytes that may be a frame. It begins at bytes that the pattern of a link layer matches. In
HDLC, these bytes are a flag and the first byte of a format field. The link layer rejects a candidate at the first wrong
byte. While every check passes, the reader waits for the remaining bytes of the candidate. The last check is that of the
check sequence. A sound frame is a candidate that passes all checks.

After a rejected candidate, the search continues at the byte after the *first byte* of the candidate, not after its
announced end. So a damaged frame never hides a sound frame of any link layer. The bytes of a sound frame belong to no
other frame, except that the closing flag of an HDLC frame may open the next frame. So the reader delivers every frame
that arrived intact, once and in order. This is true for any bytes around the frame.

The bounds
----------
The buffer holds at most two frames of the largest size. An HDLC candidate begins with two bytes, a flag and the first
byte of a format field, so at most every second byte begins a candidate. The reader computes one FCS over at most 2,047
bytes for each candidate. So the check sequences of a stream with N bytes cover at most N times 1,024 bytes. In the most
expensive input of the tests, they cover N times 406 bytes. This input repeats 7E A7 F2 6B AD, so its headers overlap
and each HCS fits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hanparse.errors import DecodeError, FrameError
from hanparse.wire.buffer import Buffer, StreamBuffer, as_bytes
from hanparse.wire.hdlc_parts import FLAG, FLAG_BYTE
from hanparse.wire.layer import NOTHING_KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanparse.wire.layer import Known, LinkLayer

_START: Final = 3
_STATE: Final = ("ended", "has_events", "_stream", "_at", "_need", "_at_shared_flag")


class StreamReader:
    """A `StreamReader` finds frames by the rule at the top of this module.

    `receive` takes bytes, and `next_event` returns frames and errors in the order of the stream. The values of `known`
    are objects that recognise frames. The first three bytes of the frames are the key of their object. For HDLC frames,
    the size can be a second key, by which the reader finds the object for a chunk that is exactly one frame. A known
    frame is a frame that such an object recognises. The reader returns the events of adjacent known frames as one list.
    """

    def __init__(self, layers: Sequence[LinkLayer], known: Mapping[bytes | int, Known] = NOTHING_KNOWN) -> None:
        self.known = known
        self.ended = False
        """True if `end` was called after the last call of `receive`."""
        self.has_events = False
        """True if `next_event` may return an event."""
        self._layers = {layer.first: layer for layer in layers}
        self._starts = re.compile(b"|".join(layer.start for layer in layers), re.DOTALL)
        self._limit = 2 * max(layer.max_size for layer in layers)
        self._stream = StreamBuffer(self._limit)
        self._at = 0  # the index in the buffer at which the search continues
        self._need = 0  # the size of the buffer at which the next search can find an event
        self._at_shared_flag = False  # true if the buffer contains only the closing flag of a frame
        self.positions: list[int] | None = None
        """The reader appends the position of each known frame to this list. `None` if the positions are not needed."""

    @property
    def is_settled(self) -> bool:
        """Return whether all received bytes were delivered or skipped, except a flag at the end."""
        stream = self._stream
        return stream.data in (b"", FLAG_BYTE) and not (stream.queued or self.has_events)

    @property
    def received(self) -> int:
        """Return the number of bytes received so far."""
        return self._stream.received

    @property
    def skipped(self) -> bytes:
        """Return the latest bytes that belong to no sound frame, at most `wire.buffer.SKIPPED_LIMIT` bytes."""
        return self._stream.skipped

    @property
    def skipped_count(self) -> int:
        """Return the number of bytes that belong to no sound frame."""
        return self._stream.skipped_count

    @property
    def pending(self) -> int:
        """Return the number of buffered bytes. It is at most twice the largest size of a frame."""
        return len(self._stream.data)

    @property
    def state(self) -> dict[str, Any]:
        """Return the argument for `resume`: the buffered bytes and the position at which the search continues."""
        return {name: getattr(self, name) for name in _STATE}

    def resume(self, state: dict[str, Any]) -> None:
        """Continue the stream of another reader with the same link layers. `state` is the `state` of that reader."""
        vars(self).update(state)

    def receive(self, chunk: Buffer) -> list[Any]:
        """Add `chunk` to the stream. Return the events of known frames. `next_event` returns all other events."""
        if type(chunk) is not bytes:
            chunk = as_bytes(chunk)
        stream = self._stream
        if self._at_shared_flag:
            kind = self.known.get(len(chunk))
            if kind is not None and (event := kind.read(chunk)) is not None:
                if self.positions is not None:
                    self.positions.append(stream.base)
                stream.base += kind.size  # the buffer now contains the closing flag of this frame
                return [event]
            self._at_shared_flag = False  # the search continues at the flag
            if chunk.startswith(stream.data):  # the next frame has an opening flag of its own
                stream.base += 1
                stream.data, stream.done, self._need = b"", 0, 0
        data = stream.data + chunk
        if len(data) < self._need:
            stream.data = data
            return []
        self.ended = False
        if stream.queued or len(data) > self._limit:
            stream.queue(chunk)
            self._need = 0
            self.has_events = True
            return []
        stream.data = data
        return self._run(self._at)

    @property
    def bounds(self) -> tuple[int, int]:
        """Return the position from which on the next frame can begin, and the position after the last processed byte.

        A processed byte was delivered or skipped. If the last processed byte of a settled reader is the closing flag of
        a frame, the first position is that of this flag, because the flag can open the next frame, too.
        """
        return self._stream.base, self._stream.base + self._stream.done

    def errors_between(self, data: bytes, base: int, start: int, stop: int) -> list[FrameError] | None:
        """Return the errors of the candidates that the resynchronisation rule finds in ``data[start:stop]``.

        `base` is the position of ``data[0]``. Return `None` if a candidate may be a frame. Return `None` also if a
        candidate is not HDLC, because the checks of other link layers can change their state.
        """
        errors: list[FrameError] = []
        while (match := self._starts.search(data, start)) and (at := match.start()) < stop:
            if data[at] != FLAG:
                return None
            try:
                self._layers[data[at]].find_end(data, at, base)
            except FrameError as error:
                error.offset += base
                errors.append(error)
                start = at + 1
            else:
                return None
        return errors

    def pass_over(self, end: int, skipped: int) -> None:
        """Continue the search at the position `end`. The caller has already decoded the HDLC frames before `end`.

        `skipped` is the number of bytes before `end` that belong to no frame. The reader must be settled.
        """
        stream = self._stream
        stream.skipped_count += skipped
        stream.base, stream.data, stream.done, stream.loss = end - 1, FLAG_BYTE, 1, False
        self._at, self._need, self._at_shared_flag, self.ended = 0, _START - 1, False, False

    def end(self) -> None:
        """End the stream, so that an incomplete frame becomes an error. A new stream can follow.

        Call this method after `next_event` has returned `None`. Then call `next_event` again.
        """
        self.ended = self.has_events = True
        self._at_shared_flag = False
        self._need = 0

    def next_event(self) -> object:
        """Return the next frame, error, or list of events of known frames; `None` if more bytes are needed."""
        while True:
            if len(self._stream.data) >= self._need:
                self._need = 0
                if (event := self._search()) is not None:
                    return event
            self._drop(self._at, self._need)
            if not self._stream.refill():
                self.has_events = False
                return None

    def _search(self) -> object:
        data, size = self._stream.data, len(self._stream.data)
        while match := self._starts.search(data, self._at):
            self._at = start = match.start()
            if start + 1 == size and self.ended:
                break  # a single byte is not a candidate, and causes no error
            if run := self._run(start):
                return run
            if self._need:  # a known frame is incomplete
                return None
            try:
                return self._try(self._layers[data[start]], start, size)
            except (FrameError, DecodeError) as error:
                self._at = start + 1
                error.offset += self._stream.base
                return error
        self._at = size
        return None

    def _try(self, layer: LinkLayer, start: int, size: int) -> object:
        """Return the frame at `start`; `None` if more bytes are needed. `_need` is then the required buffer size."""
        stream = self._stream
        end, sound = layer.find_end(stream.data, start, stream.base)
        if end <= size and sound:
            loss = stream.deliver(start, end)
            self._at = end - layer.shared
            self._need = 0 if self.ended or not layer.shared else end + 1
            return layer.read(stream.data[start:end], stream.base + start, after_loss=loss)
        if self.ended:
            raise layer.truncated(size, end, start, sound=sound)
        self._need = end if sound else size + 1
        return None

    def _run(self, at: int) -> list[object]:  # noqa: C901  more functions would make a push a tenth slower
        """Return the events of the adjacent known frames that begin at `at`.

        The search continues after these frames. It waits for more bytes in two cases: the buffer ends with the first
        bytes of a known frame, or it ends with the closing flag of the last frame.
        """
        stream, known = self._stream, self.known
        data, size = stream.data, len(stream.data)
        run: list[object] = []
        need = 0
        while (kind := known.get(data[at : at + _START])) is not None:
            end = at + kind.size
            if end > size:
                need = end if data.startswith(kind.head, at) else self._awaited(kind, at)
                break
            event = kind.read(data[at:end])
            if event is None:
                event, end = kind.read_carried(data, at)
            if event is None:
                need = end
                break
            if stream.done < at:
                stream.skip(at)
            stream.done = end
            run.append(event)
            if self.positions is not None:
                self.positions.append(stream.base + at)
            at = end
        if run:
            stream.loss = False
            if not need:
                need = size + 1 if at == size else 0
                if data.endswith(FLAG_BYTE, 0, at):
                    at -= 1  # the closing flag may open the next frame
        if need and not self.ended:
            self._drop(at, need)
        else:
            self._at, self._need, self.has_events = at if run else self._at, 0, True
        return run

    def _awaited(self, kind: Known, at: int) -> int:
        """Return the buffer size that includes the header of a known frame at `at`; 0 if the bytes differ from it."""
        return at + len(kind.head) if kind.head.startswith(self._stream.data[at:]) else 0

    def _drop(self, at: int, need: int) -> None:
        """Drop the bytes before `at`. The search continues at `at` when the buffer has bytes up to the index `need`."""
        stream = self._stream
        if at:
            stream.drop(at)
        self._at = 0
        self._need = need - at if need > at else 0
        self.has_events = stream.queued != b""
        self._at_shared_flag = stream.done == len(stream.data) == 1 and not stream.queued
