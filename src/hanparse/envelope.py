"""Unwraps the messages that gateways publish to a broker: `parts` returns the bytes on the wire inside one message.

A message contains one of these:

* the bytes themselves, which are returned unchanged;
* hex digits (amsreader, format 255), or the text of P1 telegrams with the line ends of the gateway;
* JSON with such a text, as in ``{"data": "7EA0…"}`` (amsreader, formats 0 and 4 to 6);
* the protobuf of a Tibber Pulse with firmware 1.2 or later. Field 2 of the message is repeated; each has the uptime in
  ms as fixed64 (field 1), the kind of port, "HAN" or "P1" (field 2), and the data (field 3). A Pulse P1 compresses the
  data of all entries of a message as one zlib stream and ends each entry with a sync flush. The facts are from messages
  in issues of amshan-homeassistant (#71, #91, #97, #101).

Other text is a note of the gateway, and other JSON contains values that the gateway decoded. Both contain no bytes.

Bounds: a message has at most `MAX_PAYLOAD` bytes, before and after it is decompressed.
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
"""The largest number of bytes of a message. The longest that a known gateway sends has 4 KiB."""

_TEXT: Final = re.compile(rb"(?:[\t\n\r\x1b -\x7e\x80-\xff]|(?<=\r)\x00)*")
_MIN_BYTES: Final = 8  # fewer, as "4200", are a number that the gateway publishes
_PORTS: Final = (b"HAN", b"P1")
_ENTRY, _UPTIME, _PORT, _DATA = 2, 1, 2, 3
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT: Final = 10  # bytes of a number of 64 bits, with seven bits in each
_DEFLATE, _ZLIB_MULTIPLE = 8, 31  # RFC 1950, 2.2


class Part(NamedTuple):
    """Bytes of the wire in a message, in the order in which the gateway received them."""

    data: bytes
    age: float = 0.0
    """The time in seconds between the arrival of these bytes at the gateway and that of the last part."""


def parts(payload: bytes) -> Iterator[Part]:
    """Yield the parts of one message.

    Raises `FrameError` for a message that is larger than `MAX_PAYLOAD`, and for compressed data that are damaged; the
    parts before the damage have been yielded then.
    """
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(f"expected a message of at most {MAX_PAYLOAD} bytes, found {len(payload)}; it is not read")
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
    """Return the text that a message consists of; `None` for binary data, which contain other control characters."""
    if not _TEXT.fullmatch(payload):
        return None
    with suppress(UnicodeDecodeError):
        return payload.decode().replace("\r\0", "\r\n").strip()
    return None


def _strings(text: str) -> Iterator[str]:
    """Yield the strings in a JSON object or array, or the JSON string; nothing for JSON that is cut off."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    yield from (each.strip() for each in values if isinstance(each, str))


def _written(text: str) -> Iterator[Part]:
    """Yield the parts that a text shows as hex digits or P1 telegrams."""
    with suppress(ValueError):
        data = bytes.fromhex(text)
        if len(data) >= _MIN_BYTES:
            yield from _unwrapped(data)
        return
    if "/" not in text:
        return
    found = telegrams(text)
    yield from map(Part, found)
    if not found and text.startswith("/"):  # the decoder reports what is wrong with this telegram
        yield Part(text.encode() + b"\r\n")


# --- the envelope of the Tibber Pulse --------------------------------------------------------------------------------


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
    """Return the entries of an envelope; an empty list if any byte of `data` does not belong to one."""
    if not data or data[0] & 7 not in (_VARINT, _BYTES):
        return []
    with suppress(ValueError):
        found = [_entry(value) for number, value in _fields(data) if number == _ENTRY and isinstance(value, bytes)]
        return [entry for entry in found if entry]
    return []


def _entry(data: bytes) -> _Entry | None:
    fields = dict(_fields(data))
    uptime, port, content = fields.get(_UPTIME), fields.get(_PORT), fields.get(_DATA)
    if port not in _PORTS or not isinstance(content, bytes):
        return None
    return _Entry(uptime if isinstance(uptime, int) else 0, content)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a protobuf message. Raises `ValueError` if `data` is none."""
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
    """Return the number that begins at `at`, and the index after it."""
    value = 0
    for shift, byte in enumerate(data[at : at + _MAX_VARINT]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:  # noqa: PLR2004  the highest bit: more bytes follow
            return value, at + shift + 1
    raise ValueError(at)


class _Inflate:
    """Decompresses the data of the entries of one message; data that are not compressed are returned unchanged."""

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
            raise FrameError(f"expected compressed data of a gateway, found damage: {error}") from None
        self._left -= len(content)
        if self._left < 0:
            raise FrameError(f"expected at most {MAX_PAYLOAD} bytes after decompression, found more; they are not read")
        return content


def _is_compressed(data: bytes) -> bool:
    """Return whether data begin with the header of a zlib stream; frames and telegrams do not."""
    return len(data) > 1 and data[0] & 0xF == _DEFLATE and int.from_bytes(data[:2], "big") % _ZLIB_MULTIPLE == 0
