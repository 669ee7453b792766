"""Explains what each frame carries, from the events of the receiver; a message in segments is taken apart again.

The elements of a message in segments are shown in the frames that carry them. An element that is cut in two has its
value with its last bytes. What the message is as a whole is shown with its last frame.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.annotate.apdu import Origin
from hanparse.annotate.tree import Explanation
from hanparse.receiver import Failed, Read
from hanparse.transfer import Dropped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hanparse.annotate.apdu import Payloads
    from hanparse.annotate.hdlc import FrameSpan
    from hanparse.meters import Profile, Reading
    from hanparse.receiver import Event
    from hanparse.wire.link import Link

_CONTINUED: Final = " (continued)"


class Content(NamedTuple):
    """What the information field of a frame says, and what came of it."""

    parts: tuple[Explanation, ...]
    value: str = ""
    error: str = ""


def explain(data: bytes, spans: Sequence[FrameSpan], events: Iterable[Event], payloads: Payloads) -> dict[int, Content]:
    """Return what each frame of `data` carries, by the position of its opening flag; `spans` are all of them."""
    contents = _Contents(data, spans, payloads)
    for event in events:
        contents.add(event)
    contents.add_rest(spans)
    return contents.found


class _Contents:
    """Collects what frames carry, message by message."""

    def __init__(self, data: bytes, spans: Iterable[FrameSpan], payloads: Payloads) -> None:
        self.found: dict[int, Content] = {}
        self._data = data
        self._payloads = payloads
        self._spans = {span.parts.flag: span for span in spans}
        self._makers: dict[Link | None, Profile] = {}

    def add(self, event: Event) -> None:
        """Explain the frames of a message, whether it was read, failed or was dropped."""
        if isinstance(event, Read | Failed):
            spans = [self._spans[frame.offset] for frame in event.message.frames]
            reading = event.reading if isinstance(event, Read) else None
            if reading and reading.profile.manufacturer:
                self._makers[event.message.link] = reading.profile
            self._explain(spans, reading)
        elif isinstance(event, Dropped) and event.is_joined:
            self._explain([self._spans[frame.offset] for frame in event.frames], error=event.error.args[0])
        elif isinstance(event, Dropped):
            self._add_segment(self._spans[event.frames[0].offset], event.error.args[0])

    def add_rest(self, spans: Iterable[FrameSpan]) -> None:
        """Explain the frames that no message has: damaged ones, and segments of a message that was dropped."""
        for span in spans:
            if span.parts.flag in self.found:
                continue
            if span.frame:
                self._add_segment(span, "a segment of a push that was dropped")
            else:
                self._explain([span])

    def _add_segment(self, span: FrameSpan, error: str) -> None:
        raw = span.content(self._data)
        part = Explanation(span.parts.information, "hdlc", "segment", raw, error=error)
        self.found[span.parts.flag] = Content((part,), error=error)

    def _explain(self, spans: list[FrameSpan], reading: Reading | None = None, error: str = "") -> None:
        """Explain what the frames carry together; `error` says why it is not all."""
        fields = [span.content(self._data) for span in spans]
        base = 0 if len(spans) > 1 else spans[0].parts.information
        link = spans[0].link(self._data)
        origin = Origin(link, self._makers.get(link), reading, not error and spans[0].frame is not None)
        parts = self._payloads.explain(b"".join(fields), base, origin)
        value, fault = (parts[-1].value, parts[-1].error) if parts else ("no information", "")
        if len(spans) == 1:
            self.found[spans[0].parts.flag] = Content(parts, value, error or fault)
            return
        for i, (span, part) in enumerate(zip(spans, _spread(parts, spans, fields), strict=True), 1):
            last = i == len(spans)
            told = f"segment {i} of {len(spans)}{f', {value}' if last and value else ''}"
            self.found[span.parts.flag] = Content(part, told, (error or fault) if last else "")


def _spread(
    parts: tuple[Explanation, ...], spans: list[FrameSpan], fields: list[bytes]
) -> Iterator[tuple[Explanation, ...]]:
    """Return the parts of a joined message, for each frame those whose bytes it carries."""
    rest = Explanation.of("hdlc", "information", parts)
    at = 0
    for span, field in zip(spans[:-1], fields[:-1], strict=True):
        first, rest = _cut(rest, at + len(field))
        yield _moved(first, span.parts.information - at).children
        at += len(field)
    yield _moved(rest, spans[-1].parts.information - at).children


def _cut(node: Explanation, at: int) -> tuple[Explanation, Explanation]:
    """Return the parts of the node before and after `at`, which is inside it."""
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
