"""Explains the content of each frame, from the events of the receiver.

A message can arrive in several frames: as segments, telegrams or blocks. The explanation of each frame then contains
only the elements of the message in this frame. If an element begins in one frame and ends in another, the frame in
which it ends shows its value. The last frame of the message shows the summary.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.annotate import p1
from hanparse.annotate.apdu import Origin, explain_header
from hanparse.annotate.ciphered import Deciphered, explain_plaintext
from hanparse.annotate.tree import Explanation
from hanparse.receiver import Failed, Read, ReadTelegram
from hanparse.wire.message import Dropped, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hanparse.annotate.apdu import Payloads
    from hanparse.annotate.spans import Span
    from hanparse.meters import Profile
    from hanparse.receiver import Event
    from hanparse.wire.link import Link

_CONTINUED: Final = " (continued)"


class Content(NamedTuple):
    """Contains the explained content of a frame or message. `value` is the summary; it can be empty."""

    parts: tuple[Explanation, ...]
    value: str = ""
    error: str = ""
    plaintext: Explanation | None = None


def explain(data: bytes, spans: Sequence[Span], events: Iterable[Event], payloads: Payloads) -> dict[int, Content]:
    """Return a dictionary from the position of each frame in `data` to the explained content of the frame.

    `spans` contains all frames in `data`, and `events` contains the events of the receiver for `data`.
    """
    contents = _Contents(data, spans, payloads)
    for event in events:
        contents.add(event)
    contents.add_rest(spans)
    return contents.by_position


class _Contents:
    """Collects the explained content of the frames, message by message."""

    def __init__(self, data: bytes, spans: Iterable[Span], payloads: Payloads) -> None:
        self.by_position: dict[int, Content] = {}
        self._data = data
        self._payloads = payloads
        self._spans = {span.start: span for span in spans}
        self._profile_by_link: dict[Link | None, Profile] = {}

    def add(self, event: Event) -> None:
        """Explain the frames of the message in `event`. Events without a message are ignored."""
        if isinstance(event, ReadTelegram) and not event.security:
            telegram = event.message.frames[0]
            self.by_position[telegram.offset] = Content((), f"{len(event.reading.reading.registers)} lines with a code")
        elif isinstance(event, Read | ReadTelegram | Failed):
            if isinstance(event, Read) and event.reading.profile.manufacturer:
                self._profile_by_link[event.message.link] = event.reading.profile
            self._explain(event.message, event)
        elif isinstance(event, Dropped) and event.is_joined:
            self._explain(event.message, error=event.error.args[0])
        elif isinstance(event, Dropped):
            self._add_part(self._spans[event.message.frames[0].offset], event.error.args[0])

    def add_rest(self, spans: Iterable[Span]) -> None:
        """Explain the frames without an event: damaged frames, and parts of a message that was dropped."""
        for span in spans:
            if span.start in self.by_position:
                continue
            if isinstance(span, p1.TelegramSpan):  # `TelegramSpan.explain` explains the lines
                self.by_position[span.start] = Content(())
                continue
            if span.is_sound:
                self._add_part(span, f"a {span.unit} of a push that was dropped")
                continue
            content = Message(span.content(self._data), span.link(self._data), starts=((0, span.information),))
            self._explain(content, spans=[span], is_intact=False)

    def _add_part(self, span: Span, error: str) -> None:
        raw = span.content(self._data)
        part = Explanation(span.information, span.layer, span.unit, raw, error=error)
        self.by_position[span.start] = Content((part,) if raw else (), error=error)

    def _explain(
        self,
        message: Message,
        event: Read | ReadTelegram | Failed | None = None,
        *,
        error: str = "",
        spans: list[Span] | None = None,
        is_intact: bool = True,
    ) -> None:
        """Divide the explanation of `message` among its frames. If the message is incomplete, `error` is the reason."""
        spans = spans or [self._spans[frame.offset] for frame in message.frames]
        origin = Origin(message.link, self._profile_by_link.get(message.link), None, is_intact and not error)
        explained = explain_message(message, event, origin, self._payloads)
        pieces = list(_pieces(message, explained.parts)) if explained.parts else []
        count = len(spans)
        for i, span in enumerate(spans, 1):
            content = tuple(self._content(span, pieces))
            position = f"{span.unit} {i} of {count}" if count > 1 else ""
            if i < count:
                self.by_position[span.start] = Content(content, position)
            else:
                text = ", ".join(filter(None, (position, explained.value)))
                self.by_position[span.start] = Content(content, text, error or explained.error, explained.plaintext)

    def _content(self, span: Span, pieces: list[Explanation]) -> Iterator[Explanation]:
        """Yield the header of a block, if the frame carries a block, and then the pieces that the frame carries."""
        raw = span.content(self._data)
        stop = span.information + len(raw)
        own = [piece for piece in pieces if span.information <= piece.offset < stop]
        header = raw[: own[0].offset - span.information] if own else raw
        yield from explain_header(header, span.information)
        for piece in own:
            yield from piece.children


def explain_message(
    message: Message, event: Read | ReadTelegram | Failed | None, origin: Origin, payloads: Payloads
) -> Content:
    """Return the explained payload of a message, with offsets from the first byte of the payload.

    `event` is the result of reading the message. It is `None` if the receiver did not read the message, because the
    message is damaged or incomplete.
    """
    result = Deciphered.of(event) if event and (payloads.has_keys or not isinstance(event, Failed)) else None
    if result:
        parts = payloads.explain(message.payload, 0, origin._replace(deciphered=result))
        plaintext = explain_plaintext(result, origin, payloads)
        return Content(parts, plaintext.value if plaintext else "", parts[-1].error, plaintext)
    reading = event.reading if isinstance(event, Read) else None
    parts = payloads.explain(message.payload, 0, origin._replace(reading=reading))
    return Content(parts, parts[-1].value, parts[-1].error) if parts else Content((), "no information")


def explain_unframed(data: bytes, events: Iterable[Event], payloads: Payloads) -> tuple[Explanation, ...]:
    """Explain the messages, wrappers and block headers in `data`, which contains no frames."""
    explanations: list[Explanation] = []
    at = 0
    for event in events:
        if isinstance(event, Read | ReadTelegram | Failed):
            content = explain_message(event.message, event, Origin(event.message.link), payloads)
            parts: list[Explanation] = []
            for piece in _pieces(event.message, content.parts):
                parts += [*explain_header(data[at : piece.offset], at), *piece.children]
                at = piece.offset + piece.length
            push = Explanation.of(
                "apdu", "APDU without a frame", tuple(parts), value=content.value, error=content.error
            )
            explanations.append(replace(push, plaintext=content.plaintext))
    return tuple(explanations)


def _pieces(message: Message, parts: tuple[Explanation, ...]) -> Iterator[Explanation]:
    """Yield the explanation of a message in pieces, one piece for each frame, with positions in the stream."""
    remaining = Explanation.of("hdlc", "information", parts)
    for (start, position), (end, _) in pairwise([*message.starts, (len(message.payload), 0)]):
        if start == end:
            continue
        first = remaining
        if end < len(message.payload):
            first, remaining = _cut(remaining, end)
        yield _moved(first, position - start)


def _cut(node: Explanation, at: int) -> tuple[Explanation, Explanation]:
    """Return the parts of `node` before and after the position `at`. `at` is within `node`."""
    size = at - node.offset
    first = replace(node, raw=node.raw[:size], value="" if node.children else "continues in the next part")
    label = node.label.removesuffix(_CONTINUED) + _CONTINUED
    second = replace(node, offset=at, label=label, raw=node.raw[size:])
    if not node.children:
        return first, replace(second, error="")
    split = bisect_left(node.children, at, key=attrgetter("offset"))
    before, after = node.children[:split], node.children[split:]
    if before[-1].offset + before[-1].length > at:
        *complete, last = before
        head, tail = _cut(last, at)
        before, after = (*complete, head), (tail, *after)
    return replace(first, children=before, error=""), replace(second, children=after)


def _moved(node: Explanation, by: int) -> Explanation:
    return replace(node, offset=node.offset + by, children=tuple(_moved(child, by) for child in node.children))
