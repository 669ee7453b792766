"""Defines `Message`, a message with the positions of its bytes in the stream, and `Dropped`, an incomplete message.

A message is the content of one or several frames: an APDU, a block of an APDU, or a P1 telegram.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

from hanparse.errors import FrameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.wire.link import Link


MAX_MESSAGE: Final = 16 * 1024
"""The maximum number of bytes of a message that is joined from parts. Known meters send at most 1 KiB."""


class Carrier(Protocol):
    """A `Carrier` is a frame of any link layer. The frame contains a message or a part of a message."""

    @property
    def offset(self) -> int:
        """Return the position of the first byte of the frame in the stream."""

    @property
    def raw(self) -> bytes:
        """Return the bytes of the frame as received."""

    @property
    def information(self) -> bytes:
        """Return the payload of the frame."""

    @property
    def information_offset(self) -> int:
        """Return the position of the first byte of `information` in the stream."""

    @property
    def link(self) -> Link:
        """Return the addresses and the control byte of the frame."""


@dataclass(frozen=True, slots=True)
class Message:
    """A `Message` is a message or a part of a message: its payload (with any LLC header), its link and its frames.

    The payload consists of the payloads of the frames. `starts` has one pair for the first byte of each of these
    payloads: its index in the payload of the message, and its position in the stream. The pairs are in ascending order.
    """

    payload: bytes
    link: Link | None = None
    frames: tuple[Carrier, ...] = ()
    starts: tuple[tuple[int, int], ...] = ((0, 0),)

    @classmethod
    def of(cls, frame: Carrier) -> Self:
        """Return the content of `frame`: a message, or a part of a message."""
        return cls(frame.information, frame.link, (frame,), ((0, frame.information_offset),))

    @classmethod
    def join(cls, parts: Iterable[Message]) -> Self:
        """Return the message that consists of `parts`. There must be at least one part."""
        payload, link = bytearray(), None
        frames: list[Carrier] = []
        starts: list[tuple[int, int]] = []
        for part in parts:
            starts += [(len(payload) + index, position) for index, position in part.starts]
            payload += part.payload
            frames += part.frames
            link = link or part.link
        return cls(bytes(payload), link, tuple(frames), tuple(starts))

    def cut(self, start: int, stop: int) -> Self:
        """Return a message with the payload ``payload[start:stop]``."""
        starts = [(index - start, position) for index, position in self.starts if start < index < stop]
        return type(self)(self.payload[start:stop], self.link, self.frames, ((0, self.position(start)), *starts))

    def position(self, index: int) -> int:
        """Return the position in the stream of the byte ``payload[index]``."""
        start, position = max(pair for pair in self.starts if pair[0] <= index)
        return position + index - start


class Dropped(NamedTuple):
    """A `Dropped` is an incomplete message. `error` gives the reason, and `message` contains the received parts.

    `is_joined` is false if `message` is a single HDLC segment and not the first segment.
    """

    error: FrameError
    message: Message
    is_joined: bool = True


def incomplete(message: str, offset: int) -> FrameError:
    """Return the error for an incomplete message. `after_header` is true, because all received frames are intact."""
    return FrameError(message, offset=offset, after_header=True)
