"""Defines `explain`, which explains every byte of an input: frames, their content, and bytes between frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hanparse.annotate import pushes
from hanparse.annotate.apdu import Payloads
from hanparse.annotate.spans import CARRIERS, Span, find
from hanparse.annotate.tree import Explanation
from hanparse.decoder import Decoder, decode_all
from hanparse.errors import HanParseError, HexDumpError
from hanparse.hdlc import FLAG_BYTE
from hanparse.measurement import Scale
from hanparse.meters import PROFILES
from hanparse.pasted import dumped, unmasked
from hanparse.receiver import Failed, Read, ReadTelegram, walk
from hanparse.security.keys import KeyOption, Keys
from hanparse.wire.buffer import Buffer, as_bytes
from hanparse.wire.telegram import BETWEEN
from hanparse.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from hanparse.meters import Profile

_CHECKS: Final = ("HCS", "FCS", "checksum", "end")  # "end" is the last line of a P1 telegram, with its CRC
_MAX_TEXT: Final = 200
_ENTRY: Final = 5  # an explained list element has at most five parts: tag, code, value, scaler-unit, status
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
    """Return an explanation of every byte of `source`, as a tree. `print` shows the tree as an annotated dump.

    `source` can be anything that `decode` accepts, and can be damaged. If keys are given, the attribute `plaintext` of
    a ciphered frame contains the explanation of the deciphered APDU. Raises `HexDumpError` for text that is not a hex
    dump, `ValueError` for a malformed key or system title, and `TypeError` for an argument of a wrong type. Damaged or
    unknown bytes raise no error: the explanation describes their faults.
    """
    Decoder(profiles=profiles, scale=scale, timezone=timezone)  # raises TypeError for options of a wrong type
    keys = Keys(key, auth_key, system_title)
    if isinstance(source, str):
        try:
            data = dumped(source)
        except HexDumpError:
            if not (hidden := unmasked(source)):
                raise
            explanation = explain(hidden[0], profiles=profiles, scale=scale, timezone=timezone)
            return _masked(explanation, hidden[1], str(hidden[2]))
    else:
        data = as_bytes(source)
    payloads = Payloads(tuple(profiles), scale, timezone, has_keys=bool(keys))
    events = list(walk(data, profiles, keys))
    spans = find(data, [event for event in events if isinstance(event, CARRIERS)])
    if any(isinstance(event, Read | ReadTelegram | Failed) and not event.message.frames for event in events):
        return _without_frame(pushes.explain_unframed(data, events, payloads))
    parts = tuple(_stream(data, spans, pushes.explain(data, spans, events, payloads)))
    if not parts:
        return Explanation(0, "stream", "input", b"", error="there are no bytes")
    return Explanation.of("stream", "input", parts, value=_count(spans), error="" if spans else _why(data))


def _masked(part: Explanation, places: frozenset[int], error: str = "") -> Explanation:
    """Return `part` with the bytes at the positions `places` shown as masked (``XX``).

    `part` was made from a copy of the input in which each masked byte is 00. Values and check results that depend on
    masked bytes would be wrong, so the function removes these values and results.
    """
    hidden = frozenset(at - part.offset for at in places if part.offset <= at < part.offset + part.length)
    children = [_masked(child, places) for child in part.children]
    if hidden and len(children) <= _ENTRY:
        children = [replace(child, value="") if " -> " in child.value else child for child in children]
    for at, child in enumerate(children):
        if child.label in _CHECKS and any(earlier.masked for earlier in children[:at]):
            children[at] = replace(child, value="", error="it cannot be verified, because bytes before it are masked")
    if hidden and part.layer != "stream":
        part = replace(part, value="", error=f"{len(hidden)} of {part.length} bytes are masked")
    return replace(part, error=error or part.error, masked=hidden, children=tuple(children))


def _without_frame(messages: tuple[Explanation, ...]) -> Explanation:
    """Return the explanation of an input that consists of LLC PDUs or APDUs without a frame.

    `messages` contains the explanation of each LLC PDU or APDU.
    """
    is_single = len(messages) == 1
    value = "no frame, an APDU alone" if is_single else f"no frame, {len(messages)} APDUs"
    return Explanation.of("stream", "input", messages, value=value)


def _count(spans: list[Span]) -> str:
    damaged = sum(not span.is_sound for span in spans)
    frames = counted(len(spans), "frame")
    return f"{frames}, {damaged} damaged" if damaged else frames


def _why(data: bytes) -> str:
    """Return the reason why no frame was found: the message of the error that `decode_all` raises."""
    try:
        decode_all(data)
    except HanParseError as error:
        return str(error)
    return ""


def _stream(data: bytes, spans: list[Span], contents: dict[int, pushes.Content]) -> Iterator[Explanation]:
    """Yield the explanations of the frames and of the bytes between the frames."""
    at = 0
    for number, span in enumerate(spans, 1):
        yield from _between(data, at, span.start)
        label, content = f"frame {number}", contents[span.start]
        frame = span.explain(data, at, label, content.parts, content.value, content.error)
        plaintext = content.plaintext and replace(content.plaintext, label=f"plaintext of {label}")
        yield replace(frame, plaintext=plaintext)
        at = span.stop
    yield from _between(data, at, len(data))


def _between(data: bytes, start: int, stop: int) -> Iterator[Explanation]:
    """Explain the bytes between two frames. Additional flags (7E) are not an error, because HDLC allows them."""
    raw = data[max(start, 0) : max(stop, 0)]
    if not raw:
        return
    text = raw.decode("latin-1").strip()
    if not raw.strip(FLAG_BYTE):
        yield Explanation(start, "stream", "flags between frames", raw)
    elif not raw.strip(BETWEEN):
        yield Explanation(start, "stream", "line ends", raw)
    elif text.isascii() and text.translate(_LINE_MARKS).isprintable():
        yield Explanation(start, "stream", "passed over", raw, f"text: {text[:_MAX_TEXT]!r}")
    else:
        yield Explanation(start, "stream", "passed over", raw, error="these bytes belong to no frame")
