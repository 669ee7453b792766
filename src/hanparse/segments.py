"""Frames -> whole pushes: joins the segments of long transfers, and drops a push that has lost one.

The segmentation bit is set in every frame of a push but the last (IEC 62056-46 6.4.2.2), and the LLC header stands in
the first alone. So a frame with an LLC header always begins a push, and a segment without one continues the push that
is being joined, if it comes from the same addresses and is not the segment before once more. Anything else drops the
assembly and never the frame that follows it. There is one assembly at a time, of `MAX_PUSH` bytes at most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hanparse.errors import FrameError
from hanparse.hdlc import LLC

if TYPE_CHECKING:
    from hanparse.hdlc import Frame

MAX_PUSH: Final = 16 * 1024
"""Bytes of information in one push; the longest known has 1 KiB."""

_APDU_TAGS: Final = (b"\x0f", b"\xdb", b"\xe0")  # how a push without LLC header can begin: 0F, DB, E0
_SEQUENCE: Final = 8  # N(S) of I-frames counts modulo 8


class Assembler:
    """The push that is being joined, if any."""

    def __init__(self) -> None:
        """Begin with none."""
        self._parts: list[Frame] = []
        self._broken: Frame | None = None  # a segment of a push that was dropped; the rest of it is let go

    def add(self, frame: Frame) -> tuple[Frame | None, FrameError | None]:
        """The push that `frame` completes, as one frame, and the error if an assembly was dropped."""
        dropped = None
        begins = frame.information.startswith(LLC)
        if self._parts:
            reason = "another push begins" if begins else self._misfit(frame)
            if reason is None:
                return self._append(frame), None
            dropped = self._drop(reason, frame.offset)
        if begins:
            self._broken = None
        elif self._is_rest_of_broken(frame):
            self._broken = frame if frame.segmented else None
            return None, dropped
        elif frame.segmented:
            self._broken = frame
            return None, dropped or FrameError(
                "a segment of a push whose first segment was lost; the push is dropped", offset=frame.offset
            )
        if frame.segmented:
            self._parts = [frame]
            return None, dropped
        return frame, dropped

    def end(self, offset: int) -> FrameError | None:
        """End of input at `offset`: the error if an assembly waited for more."""
        return self._drop("the input ends", offset) if self._parts else None

    def _misfit(self, frame: Frame) -> str | None:
        """Why `frame` does not continue the assembly, if so."""
        last = self._parts[-1]
        if (frame.destination, frame.source) != (last.destination, last.source):
            return "a frame from another address came between"
        if frame.information == last.information:
            return "a segment came twice"
        if not (frame.control | last.control) & 1 and (frame.control - last.control) // 2 % _SEQUENCE != 1:
            return "a segment was lost: N(S) is not the next"
        if sum(len(part.information) for part in self._parts) + len(frame.information) > MAX_PUSH:
            return f"it grew beyond {MAX_PUSH} bytes"
        return None

    def _append(self, frame: Frame) -> Frame | None:
        self._parts.append(frame)
        if frame.segmented:
            return None
        parts, self._parts = self._parts, []
        return replace(parts[0], information=b"".join(part.information for part in parts), segmented=False)

    def _drop(self, reason: str, offset: int) -> FrameError:
        count = len(self._parts)
        self._broken = self._parts[-1]
        self._parts = []
        return FrameError(f"a push is incomplete after {count} segments and is dropped: {reason}", offset=offset)

    def _is_rest_of_broken(self, frame: Frame) -> bool:
        broken = self._broken
        if broken is None or (frame.destination, frame.source) != (broken.destination, broken.source):
            return False
        return frame.segmented or not frame.information.startswith(_APDU_TAGS)
