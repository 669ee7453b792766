"""Joins the parts of a message that does not fit one frame: `Segments`, `Message`.

HDLC segments. The segmentation bit is set in every frame of a message but the last (IEC 62056-46 6.4.2.2), and the LLC
header is in the first alone. So a frame with an LLC header always begins a message, and a segment without one continues
the message that is being joined if it comes from the same addresses, does not repeat the segment before it, and no
bytes were skipped between them. Anything else drops the message that is being joined, never the frame that follows it:

=====================  =============================  ==========================  ===================================
the frame              nothing is being joined        it continues the message    it does not
=====================  =============================  ==========================  ===================================
begins a message       is the message, or its first   –                           drops it, then as if nothing were
segment, no LLC        its first was lost: dropped    is joined                   drops it, then as if nothing were
last or only, no LLC   is the message                 completes the message       drops it, then as if nothing were
=====================  =============================  ==========================  ===================================

The later segments of a dropped message are dropped with it. One message is joined at a time, of `MAX_MESSAGE` bytes at
most. Where frames carry no numbers (UI), a lost segment shows only in an APDU that is too short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from hanparse.errors import FrameError
from hanparse.hdlc import LLC, Frame
from hanparse.wire.identify import is_apdu

if TYPE_CHECKING:
    from hanparse.wire.link import Link

MAX_MESSAGE: Final = 16 * 1024
"""How many bytes a message has at most; the longest known has 1 KiB."""

_SEQUENCE: Final = 8  # N(S) of I-frames counts modulo 8


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message: its payload, with the LLC header if there is one, its link, and the frames that carried it.

    `starts` are pairs of an index in the payload and the position of that byte in the stream, in ascending order.
    """

    payload: bytes
    link: Link | None = None
    frames: tuple[Frame, ...] = ()
    starts: tuple[tuple[int, int], ...] = ((0, 0),)

    @classmethod
    def of(cls, *frames: Frame) -> Self:
        """Return the message that `frames` carry."""
        payload, starts = b"", []
        for frame in frames:
            starts.append((len(payload), frame.information_offset))
            payload += frame.information
        return cls(payload, frames[0].link, frames, tuple(starts))

    def position(self, index: int) -> int:
        """Return where in the stream the byte is that has this index in the payload."""
        start, position = max(pair for pair in self.starts if pair[0] <= index)
        return position + index - start


class Dropped(NamedTuple):
    """A message that is incomplete: why, and the frames that carried what there was of it.

    `is_joined` is false for a segment whose first one was lost.
    """

    error: FrameError
    frames: tuple[Frame, ...]
    is_joined: bool = True


class Segments:
    """Joins HDLC segments, one message at a time."""

    def __init__(self) -> None:
        self._joined: list[Frame] = []
        self._size = 0
        self._dropped: Frame | None = None  # the last segment of the message that was dropped, until it has passed

    @property
    def is_idle(self) -> bool:
        """Whether an unsegmented frame is a message, whatever came before."""
        return not self._joined and self._dropped is None

    def add(self, frame: Frame) -> tuple[Message | None, Dropped | None]:
        """Return the message that `frame` completes, and the one that it makes impossible to complete."""
        begins = frame.information.startswith(LLC) or (self.is_idle and is_apdu(frame.information))
        dropped = None
        if self._joined:
            reason = "another push begins" if begins else self._misfit(frame)
            if reason is None:
                return self._join(frame), None
            dropped = self._drop(reason, frame.offset)
        if self._dropped and frame.information.startswith(LLC) and _is_same_link(frame, self._dropped):
            self._dropped = None  # nothing of it follows where the next message has begun
        if not begins and self._is_rest(frame):
            self._dropped = frame if frame.segmented else None
            return None, dropped
        if frame.segmented and not begins:
            self._dropped = frame
            lost = FrameError("a segment whose first one was lost; the push is dropped", offset=frame.offset)
            return None, dropped or Dropped(lost, (frame,), is_joined=False)
        if frame.segmented:
            self._joined, self._size = [frame], len(frame.information)
            return None, dropped
        return Message.of(frame), dropped

    def end(self, offset: int) -> Dropped | None:
        """End of input at `offset`: return the message that waited for more."""
        return self._drop("the input ends", offset) if self._joined else None

    def _misfit(self, frame: Frame) -> str | None:
        """Return why `frame` does not continue the message, if so."""
        last = self._joined[-1]
        if not _is_same_link(frame, last):
            return "a frame from another address came between"
        if frame.after_loss:
            return "bytes between its segments were damaged"
        if not frame.information or (frame.information, frame.control) == (last.information, last.control):
            return "a segment came twice or empty"
        if not (frame.control | last.control) & 1 and (frame.control - last.control) // 2 % _SEQUENCE > 1:
            return "a segment was lost: N(S) of the I-frames is not the next"  # meters that do not count repeat N(S)
        if self._size + len(frame.information) > MAX_MESSAGE:
            return f"it has grown beyond {MAX_MESSAGE} bytes"
        return None

    def _join(self, frame: Frame) -> Message | None:
        self._joined.append(frame)
        self._size += len(frame.information)
        if frame.segmented:
            return None
        frames, self._joined = self._joined, []
        return Message.of(*frames)

    def _drop(self, reason: str, offset: int) -> Dropped:
        frames, self._joined = tuple(self._joined), []
        self._dropped = frames[-1]
        return Dropped(FrameError(f"a push in segments is incomplete and dropped: {reason}", offset=offset), frames)

    def _is_rest(self, frame: Frame) -> bool:
        """Return whether `frame` belongs to the message that was dropped; an APDU of its own does not."""
        if self._dropped is None or not _is_same_link(frame, self._dropped):
            return False
        return frame.segmented or not is_apdu(frame.information)


def _is_same_link(frame: Frame, other: Frame) -> bool:
    """Return whether two frames were sent between the same addresses."""
    return (frame.destination, frame.source) == (other.destination, other.source)
