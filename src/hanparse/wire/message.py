"""A whole message and where its bytes were in the stream: `Message`; what there was of an incomplete one: `Dropped`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

from hanparse.errors import FrameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.wire.link import Link


MAX_MESSAGE: Final = 16 * 1024
"""How many bytes a message has at most; the longest known has 1 KiB."""


class Carrier(Protocol):
    """A frame of any link layer that carries a message or a part of it."""

    @property
    def offset(self) -> int:
        """Where the frame begins in the stream."""

    @property
    def raw(self) -> bytes:
        """The frame as received."""

    @property
    def information(self) -> bytes:
        """What it carries."""

    @property
    def information_offset(self) -> int:
        """Where `information` begins in the stream."""

    @property
    def link(self) -> Link:
        """Between which addresses it was sent."""


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message: its payload, with the LLC header if there is one, its link, and the frames that carried it.

    `starts` are pairs of an index in the payload and the position of that byte in the stream, in ascending order.
    """

    payload: bytes
    link: Link | None = None
    frames: tuple[Carrier, ...] = ()
    starts: tuple[tuple[int, int], ...] = ((0, 0),)

    @classmethod
    def of(cls, frame: Carrier) -> Self:
        """Return the message, or part of one, that a frame carries."""
        return cls(frame.information, frame.link, (frame,), ((0, frame.information_offset),))

    @classmethod
    def join(cls, parts: Iterable[Message]) -> Self:
        """Return the message that consists of `parts`, one at least."""
        payload, link = b"", None
        frames: tuple[Carrier, ...] = ()
        starts: list[tuple[int, int]] = []
        for part in parts:
            starts += [(len(payload) + index, position) for index, position in part.starts]
            payload += part.payload
            frames += part.frames
            link = link or part.link
        return cls(payload, link, frames, tuple(starts))

    def cut(self, start: int, stop: int) -> Self:
        """Return the part of the message whose payload is ``payload[start:stop]``."""
        starts = [(index - start, position) for index, position in self.starts if start < index < stop]
        return type(self)(self.payload[start:stop], self.link, self.frames, ((0, self.position(start)), *starts))

    def position(self, index: int) -> int:
        """Return where in the stream the byte is that has this index in the payload."""
        start, position = max(pair for pair in self.starts if pair[0] <= index)
        return position + index - start


class Dropped(NamedTuple):
    """A message that is incomplete: why, and what there was of it.

    `is_joined` is false for a part whose first one was lost.
    """

    error: FrameError
    message: Message
    is_joined: bool = True


def incomplete(message: str, offset: int) -> FrameError:
    """Return the error for a message of which a part is missing; its frames are sound."""
    return FrameError(message, offset=offset, after_header=True)
