"""Defines `PlainFrame` and `Carried`, which recognise a push by its frames before the frames are parsed.

A layout (`hanparse.layouts.layout`) describes pushes that differ only in their values. A meter sends such pushes in
similar frames again and again: the number of frames, their sizes, their addresses, their block numbers, and the header
of a ciphered APDU are always the same. So one operation compares all frames of a message with the frames of an earlier
message. This needs frames without other bytes between them. The check sequence of each frame is verified separately,
because it differs from push to push.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from hanparse.hdlc import BUFFER_LIMIT, Frame
from hanparse.layouts.learn import NotLearnableError
from hanparse.layouts.plan import FCS_AND_FLAG, framed
from hanparse.mbus import Telegram, has_sound_checksum
from hanparse.wire.crc import SOUND, frame_register

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanparse.layouts.layout import Layout
    from hanparse.layouts.store import Layouts
    from hanparse.measurement import Measurement, Register
    from hanparse.wire.message import Message

MAX_CARRIED: Final = BUFFER_LIMIT
"""The maximum number of bytes of all frames of a message: a larger message does not fit into the buffer of a reader."""
START_SIZE: Final = 3
"""The number of first bytes by which the layouts of a frame are found: flag and format field, or 68 L L in M-Bus."""

_from_bytes: Final = int.from_bytes


class PlainFrame:
    """Contains the constant bits of an HDLC frame with a complete push, and the layout of its APDU."""

    __slots__ = (
        *("_constants", "_plan", "constant", "head", "index", "is_named", "known", "last", "layout", "maker", "mask"),
        *("made_for_transformers", "numbers", "order", "scale", "size", "start", "steps", "texts", "used"),
    )

    def __init__(self, frame: Frame, layout: Layout) -> None:
        raw = frame.raw
        self.size, self.start = len(raw), len(raw) - FCS_AND_FLAG - layout.size
        self.mask, self.texts = framed(layout.plan, self.start)
        self.constant = _from_bytes(raw) & self.mask
        self.head = raw[: frame.information_offset - frame.offset]
        self.used = 0
        self.last, self.known, self.maker, self.is_named = layout.last, layout.known, layout.maker, layout.is_named
        self.index, self.order, self.scale, self.steps = layout.index, layout.order, layout.scale, layout.steps
        self.numbers = layout.numbers
        self.made_for_transformers = layout.made_for_transformers
        self.layout, self._plan, self._constants = layout, layout.plan, layout.constants

    @property
    def first_bytes(self) -> bytes:
        """Return the first `START_SIZE` bytes of the frame."""
        return self.head[:START_SIZE]

    def values(self, frame: bytes) -> list[Any]:
        """Return the values of the push in `frame`, in the order of `index`."""
        values = self._plan.values(self._constants, frame, self.start)
        return values or self.layout.values(frame[self.start : -FCS_AND_FLAG])

    def number(self, frame: bytes, position: int) -> float | None:
        """Return the value at `position`, which is one of the positions in `numbers`."""
        return self._plan.number(frame, self.start, position)

    def registers(self, frame: bytes) -> tuple[Register, ...]:
        """Return the elements of the list as registers."""
        return self.layout.registers(frame[self.start : -FCS_AND_FLAG])


class _Part(NamedTuple):
    """Describes one frame of a message.

    `start` and `end` are indexes in the bytes of all frames of the message. `head` is the header of the frame.
    """

    start: int
    end: int
    head: bytes
    is_hdlc: bool

    @classmethod
    def of(cls, frame: Frame | Telegram, message_start: int) -> Self:
        """Return the description of `frame`. `message_start` is the position of its message in the stream."""
        start = frame.offset - message_start
        head = frame.raw[: frame.information_offset - frame.offset]
        return cls(start, start + len(frame.raw), head, isinstance(frame, Frame))

    @property
    def check_sequence(self) -> slice:
        """Return the indexes of the FCS or checksum."""
        return slice(self.end - FCS_AND_FLAG, self.end - 1) if self.is_hdlc else slice(self.end - 2, self.end - 1)

    def is_sound(self, data: bytes, at: int) -> bool:
        """Return whether the check sequence of the frame fits. The message begins at ``data[at]``."""
        frame = data[at + self.start : at + self.end]
        return frame_register(frame) == SOUND if self.is_hdlc else has_sound_checksum(frame)

    def follows(self, other: _Part) -> bool:
        """Return whether no byte is between the frame `other` and this frame. Two HDLC frames can share a flag."""
        return self.start == other.end or (self.is_hdlc and other.is_hdlc and self.start == other.end - 1)


class Carried:
    """Contains the constant bits of the frames of a message, and the indexes of the bytes of the APDU in these frames.

    `pieces` contains a slice for each frame: the indexes of the bytes of the APDU in this frame. `layout` is the layout
    of the APDU. It is `None` if the APDU is ciphered.
    """

    __slots__ = ("_constant", "_mask", "layout", "link", "parts", "pieces", "size", "used")

    def __init__(self, message: Message, apdu: bytes, mask: int, layout: Layout | None = None) -> None:
        """Derive the constant bits from `message`. `apdu` is its payload without the LLC header.

        `mask` has a 1 for each constant bit of `apdu`. Raises `NotLearnableError` if other bytes are between the
        frames, or if the frames are together larger than `MAX_CARRIED`.
        """
        frames: Sequence[Any] = message.frames
        self.link, self.layout, self.used = message.link, layout, 0
        self.parts = tuple(_Part.of(frame, frames[0].offset) for frame in frames)
        if not all(part.follows(before) for before, part in pairwise(self.parts)):
            raise NotLearnableError("other bytes are between the frames")
        self.size = self.parts[-1].end
        if self.size > MAX_CARRIED:
            raise NotLearnableError(f"the buffer of a reader cannot contain {self.size} bytes")
        self.pieces = tuple(_pieces(message, len(message.payload) - len(apdu), frames[0].offset))
        constant, octets = bytearray(b"\xff" * self.size), iter(mask.to_bytes(len(apdu), "big"))
        for part in self.parts:
            constant[part.check_sequence] = bytes(len(constant[part.check_sequence]))
        for piece in self.pieces:
            constant[piece] = bytes(islice(octets, piece.stop - piece.start))
        raw = bytearray(self.size)
        for part, frame in zip(self.parts, frames, strict=True):
            raw[part.start : part.end] = frame.raw
        self._mask = _from_bytes(constant)
        self._constant = _from_bytes(raw) & self._mask

    @property
    def head(self) -> bytes:
        """Return the header of the first frame."""
        return self.parts[0].head

    @property
    def first_bytes(self) -> bytes:
        """Return the first `START_SIZE` bytes of the first frame."""
        return self.head[:START_SIZE]

    @property
    def identity(self) -> tuple[object, ...]:
        """Return a key. Two layouts with equal keys recognise the same frames, so only the later layout is stored."""
        known = self.layout.known if self.layout and not self.layout.is_named else None
        return self._mask, self._constant, id(known)

    @property
    def is_one_frame(self) -> bool:
        """Return whether the message is a single HDLC frame, so that no later segment or block can belong to it."""
        return len(self.parts) == 1 and self.parts[0].is_hdlc

    def frames(self, raw: bytes) -> Iterator[Frame | Telegram]:
        """Yield the frames in `raw`, the bytes of a recognised message."""
        for part in self.parts:
            yield (Frame if part.is_hdlc else Telegram).read(raw[part.start : part.end], part.start)

    def measure(self, layouts: Layouts, data: bytes, at: int) -> Measurement | None:
        """Return the measurement in the frames at ``data[at]``.

        Return `None` if the frames do not have this layout, if a check sequence does not fit, or if the APDU has no
        layout.
        """
        raw = data[at : at + self.size]
        if _from_bytes(raw) & self._mask != self._constant:
            return None
        for part in self.parts:  # a generator in `all` takes 10 % more time
            if not part.is_sound(raw, 0):
                return None
        return layouts.recognise_frames(self, raw)

    def apdu(self, raw: bytes) -> bytes:
        """Return the APDU in `raw`, the bytes of a recognised message."""
        if len(self.pieces) == 1:
            return raw[self.pieces[0]]
        return b"".join([raw[piece] for piece in self.pieces])

    def awaited(self, data: bytes, at: int) -> int:
        """Return the size that `data` needs for the next comparison, while the message at ``data[at]`` is incomplete.

        Return 0 if the received bytes do not have this layout. The reader does not wait for the whole message: it
        compares each byte of a header and each complete frame as soon as it arrives. So a frame that does not have this
        layout is not delayed.
        """
        for part in self.parts:
            seen = data[at + part.start : at + part.start + len(part.head)]
            if not part.head.startswith(seen):
                return 0
            if len(seen) < len(part.head):
                return at + part.start + len(seen) + 1
            if at + part.end > len(data):
                return at + part.end
            if not (self._has_begun(data[at : at + part.end]) and part.is_sound(data, at)):
                return 0
        return 0

    def _has_begun(self, first_frames: bytes) -> bool:
        """Return whether `first_frames`, the first frames of a message, have the constant bits of these frames."""
        bits_after = 8 * (self.size - len(first_frames))
        return _from_bytes(first_frames) & self._mask >> bits_after == self._constant >> bits_after


def _pieces(message: Message, start: int, message_start: int) -> Iterator[slice]:
    """Yield one slice for each frame with bytes of ``payload[start:]``: the indexes of these bytes in the frames.

    `message_start` is the position of the message in the stream.
    """
    starts = [index for index, _ in message.starts if index > start]
    for begin, end in pairwise([start, *starts, len(message.payload)]):
        if begin < end:
            index = message.position(begin) - message_start
            yield slice(index, index + end - begin)
