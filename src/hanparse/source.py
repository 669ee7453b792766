"""What people hand over -> bytes, and what to say when nothing in it can be decoded."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hanparse.axdr.data import Tag
from hanparse.errors import DecodeError, FrameError
from hanparse.wire import identify as foreign
from hanparse.wire.frame import FLAG, LLC, Frame

if TYPE_CHECKING:
    from hanparse.errors import HanParseError

_TEXT: Final = re.compile(rb"[\t\n\r\x1b -~]{16,}+")

MEANT: Final = 1
"""The distance of a frame that was meant."""


def distance(error: HanParseError) -> int:
    """How far from a measurement: 0 in a sound frame, 1 in one that was meant (its header is sound), 2 elsewhere."""
    if not isinstance(error, FrameError):
        return 0
    return 1 if error.after_header else 2


def no_frame(data: bytes) -> FrameError:
    """The error for bytes in which nothing was meant to be a frame."""
    if _TEXT.fullmatch(data):
        what = f"expected HDLC frames or an APDU, found {len(data)} bytes of text"
        return FrameError(f"{what}; a hex dump is a str to hanparse: decode the bytes, or open the file as text")
    if FLAG not in data:
        tag = f"; its first byte is the tag of {foreign.apdu_name(data[0])}" if foreign.apdu_name(data[0]) else ""
        return FrameError(f"expected HDLC frames or an APDU, found no flag (7E) in {len(data)} bytes{tag}")
    offset = data.index(FLAG)
    after = f"{data[offset + 1]:02X}" if offset + 1 < len(data) else "nothing"
    return FrameError(
        f"expected a format field (A0 to AF) after a flag (7E), found {after} and nothing better in {len(data)} bytes; "
        "a serial port read with the wrong parity looks like this (Kamstrup has 8N1, the others 8E1)",
        offset=offset + 1,
    )


def no_head(data: bytes) -> FrameError:
    """The error for a list that is whole but for the head of its push."""
    what = f"expected HDLC frames or an APDU, found a list of {len(data)} bytes without the head of its push"
    return FrameError(f"{what}: put 0F 00 00 00 00 00 in front (data-notification, invoke id, no date-time)")


def is_list(data: bytes) -> bool:
    """Whether `data` is an array or a structure of values and nothing else."""
    from hanparse.axdr import grammar as axdr  # noqa: PLC0415  what can be decoded needs none of it

    with suppress(DecodeError):
        return data[0] in (Tag.ARRAY, Tag.STRUCTURE) and bool(axdr.parse(data).value)
    return False


def without_flags(data: bytes) -> Frame | None:
    """The frame that `data` is but for both its flags, which a tool that logged it cut off."""
    flag = bytes([FLAG])
    try:
        return Frame.parse(flag + data + flag, offset=-1)
    except FrameError:
        return None


def is_push(data: bytes) -> bool:
    """Whether `data` begins as a push does without a frame around it: an LLC PDU or an APDU."""
    return data.startswith(LLC) or foreign.is_apdu(data)


def dumped(text: str) -> bytes:
    """The bytes that a text shows. Raises `HexDumpError`, or `FrameError` for a P1 telegram, which is text itself."""
    from hanparse import hexdump  # noqa: PLC0415  bytes need none of it

    if text.lstrip().startswith("/") and (framing := foreign.framing(text.lstrip()[:8].encode("ascii", "replace"))):
        raise FrameError(f"this is {framing}")
    return hexdump.parse(text)
