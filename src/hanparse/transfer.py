"""Frames -> whole pushes: joins the segments of long transfers, and drops a push that has lost one.

The segmentation bit is set in every frame of a push but the last (IEC 62056-46 6.4.2.2), and the LLC header stands in
the first alone. So a frame with an LLC header always begins a push, and a segment without one continues the push that
is being joined, if it comes from the same addresses, is not the segment before once more, and no bytes were passed over
between them. Anything else drops the assembly and never the frame that follows it:

=====================  =============================  ==========================  ===================================
the frame              nothing is being joined        it continues the assembly   it does not
=====================  =============================  ==========================  ===================================
begins a push          is the push, or its first      –                           drops it, then as if nothing were
segment, no LLC        its first was lost: dropped    is joined                   drops it, then as if nothing were
last or only, no LLC   is the push                    completes the push          drops it, then as if nothing were
=====================  =============================  ==========================  ===================================

What is left of a dropped push is let go with it. There is one assembly at a time, of `MAX_PUSH` bytes at most. A
segment that is lost without a trace, where frames carry no numbers (UI), shows only in an APDU that is too short.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hanparse.errors import FrameError
from hanparse.wire import identify as foreign
from hanparse.wire.frame import LLC

if TYPE_CHECKING:
    from hanparse.wire.frame import Frame

MAX_PUSH: Final = 16 * 1024
"""Bytes of information in one push; the longest known has 1 KiB."""

_SEQUENCE: Final = 8  # N(S) of I-frames counts modulo 8


@dataclass(slots=True)
class Push:
    """The information field of a whole push and where its parts stood in the stream."""

    first: Frame
    last: Frame
    information: bytearray = field(default_factory=bytearray)
    _starts: list[tuple[int, int]] = field(default_factory=list)  # index in the information, position in the stream

    @classmethod
    def of(cls, frame: Frame) -> Push:
        """A push that begins, and may end, with `frame`."""
        push = cls(frame, frame)
        push.append(frame)
        return push

    def append(self, frame: Frame) -> None:
        """One more segment."""
        self._starts.append((len(self.information), frame.information_offset))
        self.information += frame.information
        self.last = frame

    def position(self, index: int) -> int:
        """Where in the stream the byte stands that has this index in the information."""
        start, position = max(pair for pair in self._starts if pair[0] <= index)
        return position + index - start


class Assembler:
    """Joins one push at a time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._push: Push | None = None
        self._dropped: Frame | None = None  # a segment of the push that was dropped last, until it has passed

    @property
    def idle(self) -> bool:
        """Whether an unsegmented frame is a push, whatever came before."""
        return self._push is None and self._dropped is None

    def add(self, frame: Frame) -> tuple[Push | None, FrameError | None]:
        """The push that `frame` completes, and the error if an assembly was dropped."""
        begins = frame.information.startswith(LLC) or (self.idle and foreign.is_apdu(frame.information))
        error = None
        if self._push:
            reason = "another push begins" if begins else self._misfit(self._push, frame)
            if reason is None:
                return self._join(self._push, frame), None
            error = self._drop(self._push, reason, frame.offset)
        if self._dropped and frame.information.startswith(LLC) and _same_wire(frame, self._dropped):
            self._dropped = None  # nothing of it follows where the next push has begun
        if not begins and self._is_rest(frame):
            self._dropped = frame if frame.segmented else None
            return None, error
        if frame.segmented and not begins:
            self._dropped = frame
            lost = FrameError("a segment whose first one was lost; the push is dropped", offset=frame.offset)
            return None, error or lost
        if frame.segmented:
            self._push = Push.of(frame)
            return None, error
        return Push.of(frame), error

    def end(self, offset: int) -> FrameError | None:
        """End of input at `offset`: the error if an assembly waited for more."""
        return self._drop(self._push, "the input ends", offset) if self._push else None

    def _misfit(self, push: Push, frame: Frame) -> str | None:
        """Why `frame` does not continue the assembly, if so."""
        last = push.last
        if not _same_wire(frame, last):
            return "a frame from another address came between"
        if frame.after_loss:
            return "bytes between its segments were damaged"
        if not frame.information or (frame.information, frame.control) == (last.information, last.control):
            return "a segment came twice or empty"
        if not (frame.control | last.control) & 1 and (frame.control - last.control) // 2 % _SEQUENCE > 1:
            return "a segment was lost: N(S) of the I-frames is not the next"  # meters that do not count send the same
        if len(push.information) + len(frame.information) > MAX_PUSH:
            return f"it has grown beyond {MAX_PUSH} bytes"
        return None

    def _join(self, push: Push, frame: Frame) -> Push | None:
        push.append(frame)
        if frame.segmented:
            return None
        self._push = None
        return push

    def _drop(self, push: Push, reason: str, offset: int) -> FrameError:
        self._dropped, self._push = push.last, None
        return FrameError(f"a push in segments is incomplete and dropped: {reason}", offset=offset)

    def _is_rest(self, frame: Frame) -> bool:
        """Whether `frame` belongs to the push that was dropped; an APDU of its own does not."""
        if self._dropped is None or not _same_wire(frame, self._dropped):
            return False
        return frame.segmented or not foreign.is_apdu(frame.information)


def _same_wire(frame: Frame, other: Frame) -> bool:
    return (frame.destination, frame.source) == (other.destination, other.source)
