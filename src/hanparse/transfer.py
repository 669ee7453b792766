"""Defines `Transfer`, which joins the parts of messages: HDLC segments, M-Bus telegrams and blocks.

HDLC segments
-------------
A message that does not fit into one frame is sent in several frames, its segments. The segmentation bit is set in every
segment except the last segment (IEC 62056-46 6.4.2.2). A message is in progress while its last segment is missing. At
most one message is in progress.

A frame begins a message if it has an LLC header, because only the first segment has an LLC header. While no message is
in progress and no segments of a dropped message are expected, a frame also begins a message if its information field
begins with the tag of a pushed APDU.

A frame without LLC header continues the message in progress under these conditions. It has the addresses of the
previous segment. It is not empty, and it does not repeat the previous segment. No bytes were skipped between the
previous segment and the frame. The number of an I-frame, N(S), is that of the previous segment or the next number. The
joined message has at most `MAX_MESSAGE` bytes.

If a frame does not continue the message in progress, this message is dropped. Then the column "if no message is in
progress" of this table applies to the frame:

=============================  =============================================  ======================================
the frame                      if no message is in progress                   if the frame continues the message
=============================  =============================================  ======================================
begins a message, segmented    the frame is the first segment of a message    (impossible)
begins a message, unsegmented  the frame is a complete message                (impossible)
is another segmented frame     the frame is dropped: no first segment         the frame is joined to the message
is another unsegmented frame   the frame is a complete message                the frame completes the message
=============================  =============================================  ======================================

The later segments of a dropped message are dropped, too. UI frames, which many meters send, have no numbers. So if a
segment between two other segments is lost, only the parser of the joined APDU can find the loss, because the APDU is
too short.

M-Bus telegrams and blocks
--------------------------
M-Bus telegrams (EN 13757-3) and blocks (general-block-transfer, Green Book 9.3.11) have numbers.
`hanparse.wire.numbered` joins them, separately for each link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from hanparse.axdr.length import length_at
from hanparse.errors import DecodeError
from hanparse.wire.identify import BLOCK, is_apdu
from hanparse.wire.llc import LLC, strip_llc
from hanparse.wire.message import MAX_MESSAGE, Carrier, Dropped, Message, incomplete
from hanparse.wire.numbered import NumberedParts, Numbering
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.wire.link import Address

_SEQUENCE: Final = 8  # the number N(S) of an I-frame counts modulo 8
_TELEGRAMS: Final = Numbering("telegram", 0, 16)
_BLOCKS: Final = Numbering("block", 1, 1 << 16)
_BLOCK_HEADER: Final = 6  # tag, control, block number, block number acknowledged
_LAST_BLOCK: Final = 0x80
WRAPPER: Final = b"\0\1"
"""The first two bytes of a wrapper (IEC 62056-47): version 1."""
_WRAPPER_SIZE: Final = 8


class Segment(Carrier, Protocol):
    """A `Segment` is an HDLC frame that contains a message or a segment of a message."""

    @property
    def destination(self) -> Address:
        """Return the address of the receiver."""

    @property
    def source(self) -> Address:
        """Return the address of the sender."""

    @property
    def control(self) -> int:
        """Return the control byte."""

    @property
    def segmented(self) -> bool:
        """Return whether the segmentation bit is set."""

    @property
    def after_loss(self) -> bool:
        """Return whether bytes were skipped just before the frame."""


class Numbered(Carrier, Protocol):
    """A `Numbered` is an M-Bus telegram that contains a message or a numbered part of a message."""

    @property
    def number(self) -> int:
        """Return the number of the telegram in the message, modulo 16."""

    @property
    def is_last(self) -> bool:
        """Return whether the telegram is the last telegram of its message."""


class Transfer:
    """A `Transfer` joins the parts of messages while frames arrive. Its memory is bounded."""

    def __init__(self) -> None:
        self._segments = Segments()
        self._telegrams = NumberedParts(_TELEGRAMS)
        self._blocks = NumberedParts(_BLOCKS)

    @property
    def is_idle(self) -> bool:
        """Return whether no message is in progress and no parts of a dropped message are expected.

        The result for the next frame then depends on no earlier frame.
        """
        return self._segments.is_idle and self._telegrams.is_idle and self._blocks.is_idle

    def add_segment(self, frame: Segment) -> tuple[Message | None, Dropped | None]:
        """Return the message that `frame` completes, and the message that is dropped because of `frame`."""
        return self._segments.add(frame)

    def add_telegram(self, telegram: Numbered) -> tuple[Message | None, Dropped | None]:
        """Return the message that `telegram` completes, and the message that is dropped because of `telegram`."""
        return self._telegrams.add(telegram.link, telegram.number, Message.of(telegram), is_last=telegram.is_last)

    def add_block(self, message: Message) -> tuple[Message | None, Dropped | None]:
        """Return the message that the block completes, and the message that is dropped because of the block.

        Raises `DecodeError` if the block does not have as many bytes as its length announces.
        """
        block = Block.parse(message)
        if block.end < len(message.payload):
            more, size = Count(len(message.payload) - block.end), Count(len(block.data.payload))
            found = f"{more} {more:byte follows|bytes follow} the {size} {size:byte|bytes}"
            raise DecodeError(f"{found} that the length of the block announces", offset=block.end)
        return self._blocks.add(message.link, block.number, block.data, is_last=block.is_last)

    def interrupt(self, message: Message) -> Dropped | None:
        """Drop and return the incomplete message in blocks on the link of `message`, which itself is not a block."""
        return self._blocks.interrupt(message)

    def end(self, offset: int) -> Iterator[Dropped]:
        """End the input at `offset`. Yield the messages that are still incomplete."""
        if dropped := self._segments.end(offset):
            yield dropped
        yield from self._telegrams.end(offset)
        yield from self._blocks.end(offset)


def is_block(payload: bytes) -> bool:
    """Return whether `payload` is a block of a general-block-transfer. `payload` can begin with an LLC header."""
    return strip_llc(payload).startswith(BLOCK)


class Block(NamedTuple):
    """A `Block` is a block of a general-block-transfer. `end` is the index after the block in the parsed payload."""

    number: int
    is_last: bool
    data: Message
    end: int

    @classmethod
    def parse(cls, message: Message) -> Block:
        """Parse the block at the beginning of the payload. Raises `DecodeError` if bytes of the block are missing."""
        payload = message.payload
        start = len(payload) - len(strip_llc(payload))
        length, data = length_at(payload, start + _BLOCK_HEADER)
        if length < 0 or data + length > len(payload):
            left = max(len(payload) - data, 0)
            announced = (
                f"its length announces {length} bytes, {left} are left" if length >= 0 else "its length is missing"
            )
            raise DecodeError(f"the block is cut off: {announced}", offset=min(start + _BLOCK_HEADER, len(payload)))
        number = int.from_bytes(payload[start + 2 : start + 4], "big")
        is_last = bool(payload[start + 1] & _LAST_BLOCK)
        return cls(number, is_last, message.cut(data, data + length), data + length)


def unwrap(data: bytes) -> list[Message]:
    """Return the messages in `data`, a sequence of wrappers (IEC 62056-47). Return an empty list for any other data.

    A wrapper has four fields of 16 bits: the version (00 01), the source port, the destination port, and the length of
    the APDU. The APDU follows the length.
    """
    all_data, messages, at = Message(data), [], 0
    while data.startswith(WRAPPER, at) and at + _WRAPPER_SIZE < len(data):
        start = at + _WRAPPER_SIZE
        at = start + int.from_bytes(data[start - 2 : start], "big")
        if at > len(data):
            return []
        messages.append(all_data.cut(start, at))
    return messages if at == len(data) else []


def join_blocks(data: bytes) -> Message:
    """Return the message in `data`, a sequence of blocks without frames.

    Raises `DecodeError` if a block is cut off. Raises `FrameError` if a block of the message is missing.
    """
    transfer, blocks = Transfer(), Message(data)
    while is_block(blocks.payload):
        end = Block.parse(blocks).end
        message, dropped = transfer.add_block(blocks.cut(0, end))
        if message:
            return message
        if dropped:
            raise dropped.error
        blocks = blocks.cut(end, len(blocks.payload))
    raise next(transfer.end(len(data))).error


class Segments:
    """A `Segments` joins HDLC segments by the rules at the top of the module."""

    def __init__(self) -> None:
        self._joined: list[Segment] = []
        self._size = 0
        self._dropped: Segment | None = None  # the latest segment of a dropped message

    @property
    def is_idle(self) -> bool:
        """Return whether no message is in progress and no segments of a dropped message are expected.

        An unsegmented frame is then a complete message.
        """
        return not self._joined and self._dropped is None

    def add(self, frame: Segment) -> tuple[Message | None, Dropped | None]:
        """Return the message that `frame` completes, and the message that is dropped because of `frame`."""
        begins = frame.information.startswith(LLC) or (self.is_idle and is_apdu(frame.information))
        dropped = None
        if self._joined:
            reason = "another push begins" if begins else self._misfit(frame)
            if reason is None:
                return self._join(frame), None
            dropped = self._drop(reason, frame.offset)
        if self._dropped and frame.information.startswith(LLC) and _is_same_link(frame, self._dropped):
            self._dropped = None  # the next message has begun, so the meter sends no more segments of the dropped one
        if not begins and self._is_dropped(frame):
            self._dropped = frame if frame.segmented else None
            return None, dropped
        if frame.segmented and not begins:
            self._dropped = frame
            lost = "expected the first segment of a push, found a later segment; the push is dropped"
            return None, dropped or Dropped(incomplete(lost, frame.offset), Message.of(frame), is_joined=False)
        if frame.segmented:
            self._joined, self._size = [frame], len(frame.information)
            return None, dropped
        return Message.of(frame), dropped

    def end(self, offset: int) -> Dropped | None:
        """End the input at `offset`. Drop and return the message in progress; `None` if no message is in progress."""
        dropped = self._drop("the input ends", offset) if self._joined else None
        self._dropped = None
        return dropped

    def _misfit(self, frame: Segment) -> str | None:
        """Return the reason why `frame` does not continue the message in progress; `None` if `frame` continues it."""
        last = self._joined[-1]
        if not _is_same_link(frame, last):
            return "a frame from another address is between its segments"
        if frame.after_loss:
            return "bytes between its segments were damaged"
        if not frame.information or (frame.information, frame.control) == (last.information, last.control):
            return "a segment is repeated or empty"
        if not (frame.control | last.control) & 1 and (frame.control - last.control) // 2 % _SEQUENCE > 1:
            return "a segment was lost: N(S) of the I-frames skips a number"  # some meters never change N(S)
        if self._size + len(frame.information) > MAX_MESSAGE:
            return f"it has more than {MAX_MESSAGE} bytes"
        return None

    def _join(self, frame: Segment) -> Message | None:
        self._joined.append(frame)
        self._size += len(frame.information)
        if frame.segmented:
            return None
        frames, self._joined = self._joined, []
        return Message.join(map(Message.of, frames))

    def _drop(self, reason: str, offset: int) -> Dropped:
        frames, self._joined = self._joined, []
        self._dropped = frames[-1]
        error = incomplete(f"a push in segments is incomplete and dropped: {reason}", offset)
        return Dropped(error, Message.join(map(Message.of, frames)))

    def _is_dropped(self, frame: Segment) -> bool:
        """Return whether `frame` belongs to the dropped message. An unsegmented frame with an APDU is a new message."""
        if self._dropped is None or not _is_same_link(frame, self._dropped):
            return False
        return frame.segmented or not is_apdu(frame.information)


def _is_same_link(frame: Segment, other: Segment) -> bool:
    """Return whether two frames have the same addresses."""
    return (frame.destination, frame.source) == (other.destination, other.source)
