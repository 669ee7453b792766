"""The frames in a stream -> what each of them carries, the segments of a push joined and taken apart again.

The elements of a push in segments stand in the frames that carry them. An element that is cut in two has its value with
its last bytes. What the push is as a whole is told with its last frame.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.annotate.tree import Explanation
from hanparse.transfer import Assembler
from hanparse.wire.frame import LLC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.annotate.apdu import Payloads
    from hanparse.annotate.hdlc import Found
    from hanparse.errors import FrameError

_CONTINUED: Final = " (continued)"


class Content(NamedTuple):
    """What the information field of a frame says, and what came of it."""

    parts: tuple[Explanation, ...]
    value: str = ""
    error: str = ""


def explain(data: bytes, found: list[Found], payloads: Payloads) -> dict[int, Content]:
    """What each frame of `data` carries, by the start of the frame; `found` are all of them, in order."""
    pushes = _Pushes(data, payloads)
    for frame in found:
        pushes.add(frame)
    pushes.end()
    return pushes.contents


class _Pushes:
    """Joins segments as `Decoder` does."""

    def __init__(self, data: bytes, payloads: Payloads) -> None:
        self.contents: dict[int, Content] = {}
        self._data = data
        self._payloads = payloads
        self._assembler = Assembler()
        self._joined: list[Found] = []

    def add(self, found: Found) -> None:
        """The next frame. A damaged one is no part of anything."""
        if found.sound is None:
            self._settle([found], intact=False)
            return
        push, dropped = self._assembler.add(found.sound)
        if dropped and self._joined:
            self._drop(dropped)
            dropped = None
        if push:
            self._settle([*self._joined, found])
            self._joined = []
        elif self._joined or found.sound.information.startswith(LLC):
            self._joined.append(found)
        else:
            reason = dropped.args[0] if dropped else "a segment of a push that was dropped"
            raw = found.sound.information
            part = Explanation(found.information, "hdlc", "segment", raw, error=reason)
            self.contents[found.start] = Content((part,), error=reason)

    def end(self) -> None:
        """The input ends."""
        dropped = self._assembler.end(len(self._data))
        if dropped:
            self._drop(dropped)

    def _drop(self, dropped: FrameError) -> None:
        self._settle(self._joined, intact=False, reason=dropped.args[0])
        self._joined = []

    def _settle(self, frames: list[Found], *, intact: bool = True, reason: str = "") -> None:
        """Explain what `frames` carry together; `reason` says why it is not all."""
        fields = [frame.content(self._data) for frame in frames]
        base = 0 if len(frames) > 1 else frames[0].information
        parts = self._payloads.explain(b"".join(fields), base, frames[0].wire(self._data), intact=intact)
        value, error = (parts[-1].value, parts[-1].error) if parts else ("no information", "")
        if len(frames) == 1:
            self.contents[frames[0].start] = Content(parts, value, reason or error)
            return
        for i, (frame, part) in enumerate(zip(frames, _spread(parts, frames, fields), strict=True), 1):
            last = i == len(frames)
            told = f"segment {i} of {len(frames)}{f', {value}' if last and value else ''}"
            self.contents[frame.start] = Content(part, told, (reason or error) if last else "")


def _spread(
    parts: tuple[Explanation, ...], frames: list[Found], fields: list[bytes]
) -> Iterator[tuple[Explanation, ...]]:
    """The parts of a joined push, to each frame those whose bytes it carries."""
    rest = Explanation.of("hdlc", "information", parts)
    at = 0
    for frame, field in zip(frames[:-1], fields[:-1], strict=True):
        first, rest = _cut(rest, at + len(field))
        yield _moved(first, frame.information - at).children
        at += len(field)
    yield _moved(rest, frames[-1].information - at).children


def _cut(node: Explanation, at: int) -> tuple[Explanation, Explanation]:
    """What stands before and after `at`, which is inside the node."""
    size = at - node.offset
    first = replace(node, raw=node.raw[:size], value="" if node.children else "goes on in the next segment")
    label = node.label.removesuffix(_CONTINUED) + _CONTINUED
    second = replace(node, offset=at, label=label, raw=node.raw[size:])
    if not node.children:
        return first, replace(second, error="")
    split = bisect_left(node.children, at, key=attrgetter("offset"))
    before, after = node.children[:split], node.children[split:]
    if before[-1].offset + before[-1].length > at:
        *whole, last = before
        head, tail = _cut(last, at)
        before, after = (*whole, head), (tail, *after)
    return replace(first, children=before, error=""), replace(second, children=after)


def _moved(node: Explanation, by: int) -> Explanation:
    return replace(node, offset=node.offset + by, children=tuple(_moved(child, by) for child in node.children))
