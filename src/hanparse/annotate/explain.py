"""Explains every byte of a hex dump or of bytes: frames, their content and its measurements, and bytes in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.annotate import pushes
from hanparse.annotate.apdu import Origin, Payloads
from hanparse.annotate.spans import CARRIERS, Span, find
from hanparse.annotate.tree import Explanation
from hanparse.decoder import Decoder, decode_all, dumped
from hanparse.errors import HanParseError
from hanparse.hdlc import FLAG
from hanparse.measurement import Scale
from hanparse.meters import PROFILES
from hanparse.receiver import Failed, Read, ReadTelegram, walk
from hanparse.security.keys import KeyOption, Keys
from hanparse.wire.buffer import Buffer, as_bytes
from hanparse.wire.telegram import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from hanparse.meters import Profile

_FLAG: Final = bytes([FLAG])
_MAX_TEXT: Final = 200
_LINE_MARKS: Final = str.maketrans("", "", "\r\n\t")


def explain(
    source: str | Buffer,
    *,
    profiles: Sequence[Profile] = PROFILES,
    scale: Scale = Scale(),  # noqa: B008  immutable
    timezone: tzinfo | None = None,
    key: KeyOption = None,
    auth_key: KeyOption = None,
    system_title: str | bytes | None = None,
) -> Explanation:
    """Return an explanation of every byte of `source`. It prints as an annotated dump; its children form a tree.

    `source` is any input of `decode`, sound or damaged. Raises `HexDumpError` for text that is not a hex dump and
    `TypeError` for arguments of a wrong type; no bytes raise an error.
    """
    Decoder(profiles=profiles, scale=scale, timezone=timezone)  # raises TypeError for options of a wrong type
    data = dumped(source) if isinstance(source, str) else as_bytes(source)
    payloads = Payloads(tuple(profiles), scale, timezone)
    events = list(walk(data, profiles, Keys(key, auth_key, system_title)))
    spans = find(data, [event for event in events if isinstance(event, CARRIERS)])
    if any(isinstance(event, Read | ReadTelegram | Failed) and not event.message.frames for event in events):
        return _without_frame(data, payloads)
    parts = tuple(_stream(data, spans, pushes.explain(data, spans, events, payloads)))
    if not parts:
        return Explanation(0, "stream", "input", b"", error="there are no bytes")
    return Explanation.of("stream", "input", parts, value=_count(spans), error="" if spans else _why(data))


def _without_frame(data: bytes, payloads: Payloads) -> Explanation:
    """Explain an LLC PDU or an APDU without a frame."""
    parts = payloads.explain(data, 0, Origin())
    push = Explanation.of("apdu", "APDU without a frame", parts, value=parts[-1].value, error=parts[-1].error)
    return Explanation.of("stream", "input", (push,), value="no frame, an APDU alone")


def _count(spans: list[Span]) -> str:
    damaged = sum(not span.is_sound for span in spans)
    frames = f"{len(spans)} frame{'s' * (len(spans) != 1)}"
    return f"{frames}, {damaged} damaged" if damaged else frames


def _why(data: bytes) -> str:
    """Return the reason why no frame was found: the error of `decode_all`."""
    try:
        decode_all(data)
    except HanParseError as error:
        return str(error)
    return ""


def _stream(data: bytes, spans: list[Span], contents: dict[int, pushes.Content]) -> Iterator[Explanation]:
    """Explain the frames, and the bytes between them."""
    at = 0
    for number, span in enumerate(spans, 1):
        yield from _between(data, at, span.start)
        yield span.explain(data, at, f"frame {number}", *contents[span.start])
        at = span.stop
    yield from _between(data, at, len(data))


def _between(data: bytes, start: int, stop: int) -> Iterator[Explanation]:
    """Explain bytes between frames, if there are any. Additional flags (7E) are allowed and not an error."""
    raw = data[max(start, 0) : max(stop, 0)]
    if not raw:
        return
    text = raw.decode("latin-1").strip()
    if not raw.strip(_FLAG):
        yield Explanation(start, "stream", "flags between frames", raw)
    elif not raw.strip(BETWEEN):
        yield Explanation(start, "stream", "line ends", raw)
    elif text.isascii() and text.translate(_LINE_MARKS).isprintable():
        yield Explanation(start, "stream", "passed over", raw, f"text: {text[:_MAX_TEXT]!r}")
    else:
        yield Explanation(start, "stream", "passed over", raw, error="these bytes belong to no frame")
