"""Defines `parts`, which unwraps the messages that gateways publish to an MQTT broker.

`parts` takes one message and yields the bytes in it that the meter sent.

A message has one of these formats:

* It consists of bytes that the meter sent.
* It is text: hex digits (amsreader, payload format 255) or P1 telegrams with the line ends that the gateway uses.
* It is JSON that contains hex digits or telegrams, as in ``{"data": "7EA0…"}`` (amsreader, payload formats 0, 4, 5, 6).
* It is a protobuf message of a Tibber Pulse with firmware 1.2 or later. Field 2 of the message is repeated, and each
  occurrence holds one entry. An entry contains the time of its arrival, as the uptime of the Pulse in ms (field 1,
  fixed64), the name of the port, "HAN" or "P1" (field 2), and the data (field 3). A Pulse for P1 ports compresses the
  data of all entries of a message as one zlib stream and ends each entry with a sync flush. This format was derived
  from messages in issues #71, #91, #97 and #101 of amshan-homeassistant.

`parts` yields nothing for other text, which is a status message of the gateway, and for other JSON, which contains
values that the gateway decoded.

A message has at most `MAX_PAYLOAD` bytes, both before and after decompression.
"""

from __future__ import annotations

import json
import re
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import FrameError
from hanparse.wire.pasted import telegrams

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PAYLOAD: Final = 256 * 1024
"""The largest number of bytes of a message, compressed or not. The longest message of a known gateway has 4 KiB."""

_TEXT: Final = re.compile(rb"(?:[\t\n\r\x1b -\x7e\x80-\xff]|(?<=\r)\x00)*")
_MIN_BYTES: Final = 8  # a shorter text such as "4200" is a number that the gateway publishes
_PORTS: Final = (b"HAN", b"P1")
_ENTRY, _UPTIME, _PORT, _DATA = 2, 1, 2, 3
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT: Final = 10  # the maximum number of bytes of an encoded 64-bit number; each byte holds seven bits
_DEFLATE, _ZLIB_MULTIPLE = 8, 31  # RFC 1950, 2.2


class Part(NamedTuple):
    """A part holds bytes that the meter sent, taken from one message.

    The parts are in the order in which the gateway received them from the meter.
    """

    data: bytes
    age: float = 0.0
    """The time in seconds from the arrival of these bytes at the gateway to the arrival of the message's last part."""


def parts(payload: bytes) -> Iterator[Part]:
    """Yield the parts of one message.

    Raises `FrameError` for a message that is larger than `MAX_PAYLOAD`. If compressed data are damaged, `parts` yields
    the parts before the damage and then raises `FrameError`.
    """
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(
            f"expected a message of at most {MAX_PAYLOAD} bytes, found {len(payload)}; the message is ignored"
        )
    text = _text(payload)
    if text is None:
        yield from _unwrapped(payload)
    elif text.startswith(("{", "[", '"')):
        for written in _strings(text):
            yield from _written(written)
    else:
        yield from _written(text)


# --- text ------------------------------------------------------------------------------------------------------------


def _text(payload: bytes) -> str | None:
    """Return the message as text; `None` if it is not UTF-8 or has control characters that are not part of text."""
    if not _TEXT.fullmatch(payload):
        return None
    with suppress(UnicodeDecodeError):
        return payload.decode().replace("\r\0", "\r\n").strip()
    return None


def _strings(text: str) -> Iterator[str]:
    """Yield the strings among the values of a JSON object or array, or a single JSON string; nothing for other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    yield from (each.strip() for each in values if isinstance(each, str))


def _written(text: str) -> Iterator[Part]:
    """Yield the parts that a text contains as hex digits or as P1 telegrams."""
    with suppress(ValueError):
        data = bytes.fromhex(text)
        if len(data) >= _MIN_BYTES:
            yield from _unwrapped(data)
        return
    if "/" not in text:
        return
    complete = telegrams(text)
    yield from map(Part, complete)
    if not complete and text.startswith("/"):  # yield it, so that the decoder reports the error in this telegram
        yield Part(text.encode() + b"\r\n")


# --- the protobuf message of the Tibber Pulse ------------------------------------------------------------------------


class _Entry(NamedTuple):
    uptime: int
    data: bytes


def _unwrapped(data: bytes) -> Iterator[Part]:
    entries = _entries(data)
    if not entries:
        yield Part(data)
        return
    last = max(entry.uptime for entry in entries)
    inflate = _Inflate()
    for entry in entries:
        yield Part(inflate(entry.data), (last - entry.uptime) / 1000)


def _entries(data: bytes) -> list[_Entry]:
    """Return the entries in the message of a Tibber Pulse; an empty list if `data` is not valid protobuf."""
    if not data or data[0] & 7 not in (_VARINT, _BYTES):
        return []
    with suppress(ValueError):
        entries = [_entry(value) for number, value in _fields(data) if number == _ENTRY and isinstance(value, bytes)]
        return [entry for entry in entries if entry]
    return []


def _entry(data: bytes) -> _Entry | None:
    fields = dict(_fields(data))
    uptime, port, content = fields.get(_UPTIME), fields.get(_PORT), fields.get(_DATA)
    if port not in _PORTS or not isinstance(content, bytes):
        return None
    return _Entry(uptime if isinstance(uptime, int) else 0, content)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and value of each field of a protobuf message. Raises `ValueError` for other data."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}.get(kind, len(data))
        content = data[at : at + size]
        if len(content) < size:
            raise ValueError(at)
        at += size
        yield key >> 3, content if kind == _BYTES else int.from_bytes(content, "little")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that is encoded from the index `at` on, and the index of the byte after the number."""
    value = 0
    for shift, byte in enumerate(data[at : at + _MAX_VARINT]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:  # noqa: PLR2004  more bytes follow if the highest bit is set
            return value, at + shift + 1
    raise ValueError(at)


class _Inflate:
    """Decompresses the entries of one message. Returns the data of an entry unchanged if they are not compressed."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None
        self._left = MAX_PAYLOAD

    def __call__(self, data: bytes) -> bytes:
        if self._stream is None:
            if not _is_compressed(data):
                return data
            self._stream = zlib.decompressobj()
        try:
            content = self._stream.decompress(data, self._left + 1)
        except zlib.error as error:
            raise FrameError(f"expected an intact zlib stream of a gateway, found damaged data: {error}") from None
        self._left -= len(content)
        if self._left < 0:
            raise FrameError(
                f"expected at most {MAX_PAYLOAD} bytes after decompression, found more; "
                "this part and the rest of the message are ignored"
            )
        return content


def _is_compressed(data: bytes) -> bool:
    """Return whether `data` begins with the header of a zlib stream.

    No HDLC frame or P1 telegram begins with these bytes.
    """
    return len(data) > 1 and data[0] & 0xF == _DEFLATE and int.from_bytes(data[:2], "big") % _ZLIB_MULTIPLE == 0
