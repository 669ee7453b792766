"""Joins HDLC segments, M-Bus telegrams or blocks, the parts of a message that does not fit into one frame: `Transfer`.

HDLC segments: the segmentation bit is set in every frame of a message but the last (IEC 62056-46 6.4.2.2). Only the
first frame has an LLC header, so a frame with an LLC header always begins a message. While no message is in progress, a
frame whose information field begins with the tag of a pushed APDU also begins a message. A frame without LLC header
continues the message in progress if it has the same addresses, does not repeat the previous segment, and no bytes were
skipped between the two. Any other frame drops the message in progress. Then the column "no message is in progress" of
this table applies to the frame:

=====================  ===============================  ===========================  ==================================
the frame              no message is in progress        it continues the message     it does not continue the message
=====================  ===============================  ===========================  ==================================
begins a message       is the message or begins one     (impossible)                 drops the message in progress
other segment          is dropped: first one missing    is joined                    drops the message in progress
other, not segmented   is the message                   completes the message        drops the message in progress
=====================  ===============================  ===========================  ==================================

The later segments of a dropped message are dropped as well. At most one message is in progress. UI frames have no
numbers, so the loss of a segment between two others shows only in an APDU that is too short.

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

_SEQUENCE: Final = 8  # N(S) of I-frames counts modulo 8
_TELEGRAMS: Final = Numbering("telegram", 0, 16)
_BLOCKS: Final = Numbering("block", 1, 1 << 16)
_BLOCK_HEADER: Final = 6  # tag, control, block number, block number acknowledged
_LAST_BLOCK: Final = 0x80
WRAPPER: Final = b"\0\1"  # version 1
_WRAPPER_SIZE: Final = 8


class Segment(Carrier, Protocol):
    """An HDLC frame that carries a message or a segment of a message."""

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
        """Return whether more segments follow."""

    @property
    def after_loss(self) -> bool:
        """Return whether bytes were skipped just before the frame."""


class Numbered(Carrier, Protocol):
    """An M-Bus telegram that carries a message or a numbered part of a message."""

    @property
    def number(self) -> int:
        """Return the number of the telegram in the message, modulo 16."""

    @property
    def is_last(self) -> bool:
        """Return whether the telegram is the last of its message."""


class Transfer:
    """Joins the parts of messages while frames arrive, in bounded memory."""

    def __init__(self) -> None:
        self._segments = Segments()
        self._telegrams = NumberedParts(_TELEGRAMS)
        self._blocks = NumberedParts(_BLOCKS)

    @property
    def is_idle(self) -> bool:
        """Return whether no message is being joined or dropped, so the next frame does not depend on earlier frames."""
        return self._segments.is_idle and self._telegrams.is_idle and self._blocks.is_idle

    def add_segment(self, frame: Segment) -> tuple[Message | None, Dropped | None]:
        """Return the message that `frame` completes, and the message that is dropped because of `frame`."""
        return self._segments.add(frame)

    def add_telegram(self, telegram: Numbered) -> tuple[Message | None, Dropped | None]:
        """Return the message that `telegram` completes, and the message that is dropped because of `telegram`."""
        return self._telegrams.add(telegram.link, telegram.number, Message.of(telegram), is_last=telegram.is_last)

    def add_block(self, message: Message) -> tuple[Message | None, Dropped | None]:
        """Return the message that the block completes, and the message that is dropped because of the block.

        Raises `DecodeError` when the length in the block is wrong.
        """
        block = Block.parse(message)
        if block.end < len(message.payload):
            more, size = Count(len(message.payload) - block.end), Count(len(block.data.payload))
            found = f"{more} {more:byte follows|bytes follow} the {size} {size:byte|bytes}"
            raise DecodeError(f"{found} that the length of the block announces", offset=block.end)
        return self._blocks.add(message.link, block.number, block.data, is_last=block.is_last)

    def interrupt(self, message: Message) -> Dropped | None:
        """Drop the message whose blocks `message` interrupts on the same link, and return it; `message` is no block."""
        return self._blocks.interrupt(message)

    def end(self, offset: int) -> Iterator[Dropped]:
        """End the input at `offset`, and yield the messages that are still incomplete."""
        if dropped := self._segments.end(offset):
            yield dropped
        yield from self._telegrams.end(offset)
        yield from self._blocks.end(offset)


def is_block(payload: bytes) -> bool:
    """Return whether `payload`, with or without LLC header, is a block of a general-block-transfer."""
    return strip_llc(payload).startswith(BLOCK)


class Block(NamedTuple):
    """A block of a general-block-transfer; `end` is the index in the payload at which the block ends."""

    number: int
    is_last: bool
    data: Message
    end: int

    @classmethod
    def parse(cls, message: Message) -> Block:
        """Parse the block at the beginning of the payload. Raises `DecodeError` when bytes of the block are missing."""
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
    """Return the messages in `data`, a sequence of wrappers (IEC 62056-47), or an empty list for any other data.

    A wrapper is 00 01, source port, destination port, the length of the APDU (16 bits each), and the APDU.
    """
    whole, found, at = Message(data), [], 0
    while data.startswith(WRAPPER, at) and at + _WRAPPER_SIZE < len(data):
        start = at + _WRAPPER_SIZE
        at = start + int.from_bytes(data[start - 2 : start], "big")
        if at > len(data):
            return []
        found.append(whole.cut(start, at))
    return found if at == len(data) else []


def join_blocks(data: bytes) -> Message:
    """Return the message in `data`, a sequence of blocks without frames.

    Raises `DecodeError` for a block that is cut off, and `FrameError` when a block of the message is missing.
    """
    transfer, rest = Transfer(), Message(data)
    while is_block(rest.payload):
        end = Block.parse(rest).end
        message, dropped = transfer.add_block(rest.cut(0, end))
        if message:
            return message
        if dropped:
            raise dropped.error
        rest = rest.cut(end, len(rest.payload))
    raise next(transfer.end(len(data))).error


class Segments:
    """Joins HDLC segments. At most one message is in progress."""

    def __init__(self) -> None:
        self._joined: list[Segment] = []
        self._size = 0
        self._dropped: Segment | None = None  # the latest segment of a dropped message

    @property
    def is_idle(self) -> bool:
        """Return whether no message is in progress or dropped, so that an unsegmented frame is a complete message."""
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
            self._dropped = None  # no segment of the dropped message follows the first segment of the next message
        if not begins and self._is_rest(frame):
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
        """End the input at `offset`, and return the message in progress, which is incomplete."""
        return self._drop("the input ends", offset) if self._joined else None

    def _misfit(self, frame: Segment) -> str | None:
        """Return the reason why `frame` does not continue the message in progress; `None` when it does."""
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

    def _is_rest(self, frame: Segment) -> bool:
        """Return whether `frame` belongs to the dropped message. An unsegmented frame with an APDU does not."""
        if self._dropped is None or not _is_same_link(frame, self._dropped):
            return False
        return frame.segmented or not is_apdu(frame.information)


def _is_same_link(frame: Segment, other: Segment) -> bool:
    """Return whether two frames were sent between the same addresses."""
    return (frame.destination, frame.source) == (other.destination, other.source)
