"""Explains ciphered messages: the plain header, the ciphered content, the authentication tag, the deciphered APDU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import p1
from hanparse.annotate.p1 import TelegramSpan
from hanparse.annotate.tree import Explanation
from hanparse.errors import CipherError, HanParseError
from hanparse.receiver import Failed, Read, ReadTelegram
from hanparse.security.header import parts, read_header
from hanparse.security.title import title_text
from hanparse.wire import identify
from hanparse.wire.llc import strip_llc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.annotate.apdu import Origin, Payloads
    from hanparse.measurement.security import Security
    from hanparse.meters import Reading
    from hanparse.security.header import Header, Part

_TAG: Final = "authentication tag"
_CONTENT: Final = "content"
_OF_TAG: Final = ("auth_key", "tag")  # the causes of a `CipherError` about the authentication tag


class Deciphered(NamedTuple):
    """Contains the result of deciphering a message.

    If the message was not deciphered, `plaintext` is empty and `security`, the protection of the message, is `None`.
    `error` is the reason why the message was not deciphered, or why its plaintext cannot be read.
    """

    plaintext: bytes = b""
    security: Security | None = None
    reading: Reading | None = None
    """The result of the profile that reads the list in the plaintext. `None` if no profile reads it."""
    error: HanParseError | None = None

    @classmethod
    def of(cls, event: Read | ReadTelegram | Failed) -> Deciphered | None:
        """Return the result for a ciphered message. Return `None` for a message that is not ciphered."""
        if isinstance(event, Read):
            return cls(event.apdu, event.security, event.reading) if event.security else None
        if isinstance(event, ReadTelegram):
            return cls(event.plaintext, event.security) if event.security else None
        if not identify.is_protected(strip_llc(event.message.payload)):
            return None
        opened = event.opened
        return cls(opened.apdu, opened.security, error=event.error) if opened else cls(error=event.error)


# --- the ciphered APDU ------------------------------------------------------------------------------------------------


def explain_ciphered(apdu: bytes, base: int, result: Deciphered) -> Explanation:
    """Explain the parts of a ciphered APDU. `base` is the position of the APDU in the input."""
    found, failed = parts(apdu)
    header = None if failed else read_header(apdu)
    fault = _reason(result.error or failed)
    leaves = [_leaf(apdu, base, part, header, result) for part in found]
    end = found[-1].end if found else 0
    if end < len(apdu) or failed:
        leaves.append(Explanation(base + end, "apdu", "not read", apdu[end:], error=_reason(failed) or fault))
    name = identify.apdu_name(apdu[0]) or "no APDU"
    return Explanation.of("apdu", name, tuple(leaves), error=fault)


def _reason(error: HanParseError | None) -> str:
    """Return the text of an error without its offset, because the explanation shows the offset in another column."""
    return "" if error is None else str(error.args[0])


def _leaf(apdu: bytes, base: int, part: Part, header: Header | None, result: Deciphered) -> Explanation:
    raw = apdu[part.start : part.end]
    label = (identify.apdu_name(apdu[0]) or "tag") if part.name == "tag" else part.name
    value, error = _meaning(part, raw, header, result)
    return Explanation(base + part.start, "apdu", label, raw, value, error)


def _meaning(part: Part, raw: bytes, header: Header | None, result: Deciphered) -> tuple[str, str]:
    """Return the value and the error of a part."""
    if part.name == _CONTENT and header:
        return _content(raw, header, result)
    if part.name == _TAG:
        return _tag(result)
    if part.name == "invocation counter" or part.name.startswith("length of"):
        return _number(part.name, raw), ""
    if part.name == "system title":
        return title_text(raw), ""
    return (
        header.protection.partition(": ")[2].partition(";")[0] if part.name == "security control" and header else ""
    ), ""


def _number(name: str, raw: bytes) -> str:
    """Return a counter or a length as text.

    A length above 127 has n + 1 bytes: the first byte is hex 80 + n, and the other bytes are the length.
    """
    is_long = name != "invocation counter" and raw[0] & 0x80
    return str(int.from_bytes(raw[1:] if is_long else raw, "big"))


def _content(raw: bytes, header: Header, result: Deciphered) -> tuple[str, str]:
    action = "deciphered" if header.is_encrypted else "not encrypted"
    if result.security is None:
        has_right_key = isinstance(result.error, CipherError) and result.error.cause in _OF_TAG
        return "", "" if has_right_key else _reason(result.error)
    missing = "" if header.is_tagged else "; there is no authentication tag, so nothing is verified"
    return f"{action}, {len(raw)} bytes: see the plaintext{missing}", ""


def _tag(result: Deciphered) -> tuple[str, str]:
    if result.security is None:
        of_tag = isinstance(result.error, CipherError) and result.error.cause in _OF_TAG
        return "not verified", _reason(result.error) if of_tag else ""
    if result.security.verified:
        return "fits: security control, counter and content are verified", ""
    return "not verified: no authentication key was given", ""


# --- the plaintext ----------------------------------------------------------------------------------------------------


def explain_plaintext(result: Deciphered, origin: Origin, payloads: Payloads) -> Explanation | None:
    """Explain the deciphered APDU, with offsets from its first byte. Return `None` if the APDU was not deciphered."""
    if not result.plaintext or result.security is None:
        return None
    verified = "verified" if result.security.verified else "not verified"
    children = tuple(_plain_parts(result, origin._replace(reading=result.reading), payloads))
    fault = _reason(result.error) or children[-1].error
    summary = ", ".join(filter(None, (children[-1].value if children[-1].layer == "apdu" else "", verified)))
    return Explanation.of(children[0].layer, "plaintext", children, value=summary, error=fault)


def _plain_parts(result: Deciphered, origin: Origin, payloads: Payloads) -> Iterator[Explanation]:
    text = result.plaintext
    if not text.startswith(b"/"):
        yield from payloads.explain(text, 0, origin)
        return
    try:
        telegram = p1.Telegram.parse(text)
    except HanParseError as error:
        yield Explanation(0, "p1", "telegram", text, error=_reason(error))
        return
    size = len(telegram.raw)
    yield from TelegramSpan.of(telegram).explain(text[:size], 0, "telegram", (), "", "").children
    if size < len(text):
        yield Explanation(size, "p1", "line end", text[size:])
