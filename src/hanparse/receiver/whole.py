"""Finds the events of a complete input (`walk`), and the messages in bytes without frames (`unframed`)."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse import cosem
from hanparse.errors import DecodeError, FrameError, HanParseError
from hanparse.hdlc import FLAG, FLAG_BYTE, Frame
from hanparse.mbus import START, check_header
from hanparse.meters import PROFILES, Profile
from hanparse.receiver.events import Failed, Read, ReadTelegram
from hanparse.receiver.stream import Receiver
from hanparse.security import header
from hanparse.security.keys import NO_KEYS, Keys
from hanparse.transfer import is_block, join_blocks, unwrap
from hanparse.wire import identify
from hanparse.wire.llc import LLC
from hanparse.wire.message import Dropped, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hanparse.receiver.events import Event


_TEXT: Final = re.compile(rb"[\t\n\r\x1b -~]{16,}")


def walk(data: bytes, profiles: Sequence[Profile] = PROFILES, keys: Keys = NO_KEYS) -> Iterator[Event]:
    """Yield the events of `data`, a complete input.

    If `data` contains no frame, also yield the events of its messages without frames (see `without_frames`).
    """
    receiver = Receiver(profiles, keys=keys)
    errors: list[HanParseError] = []
    is_read = False
    for event in receiver.events(data):
        is_read = is_read or isinstance(event, Read | ReadTelegram)
        if isinstance(event, FrameError):
            errors.append(event)
        elif isinstance(event, Dropped | Failed):
            errors.append(event.error)
        yield event
    if not is_read:
        with suppress(FrameError, DecodeError):
            for message in without_frames(data, errors):
                yield from message.frames  # type: ignore[misc]  # all frames are frames of `LAYERS` or P1
                yield receiver.open(message)


def closeness(error: HanParseError) -> int:
    """Return 0, 1 or 2: how close the bytes with this error were to a measurement. 0 is closest.

    The result is 0 for an error in the content of a sound frame, 1 if only the header of the frame is sound, and
    otherwise 2. A frame or header is sound if its check sequence fits. The error with the lowest result is the most
    useful for a user.
    """
    if not isinstance(error, FrameError):
        return 0
    return 1 if error.after_header else 2


def is_framed(errors: Iterable[HanParseError]) -> bool:
    """Return whether at least one error belongs to a frame with a sound header.

    If no error does, all errors can belong to bytes that only resemble a frame.
    """
    return any(closeness(error) < 2 for error in errors)  # noqa: PLR2004  see closeness


def without_frames(data: bytes, errors: Iterable[HanParseError]) -> list[Message]:
    """Return the messages that `unframed` finds in `data`, in which a receiver found `errors` and no reading.

    If an error belongs to a frame with a sound header, `data` contains frames. The list is then empty, unless `data`
    consists of APDUs: a deciphered telegram with a wrong CRC also counts as such a frame. Raises the same errors as
    `unframed`.
    """
    return _several(data) if is_framed(errors) else unframed(data)


def unframed(data: bytes) -> list[Message]:
    """Return the messages in bytes without frames. Return an empty list if the bytes contain no message.

    The bytes can be an HDLC frame without its two flags, an LLC PDU, one or several APDUs, the blocks of one APDU, a
    list without the header of its data-notification, or APDUs in TCP or UDP wrappers (IEC 62056-47).

    Raises `FrameError` for an incomplete M-Bus telegram, and for a damaged HDLC frame without flags. Raises
    `DecodeError` for an incomplete block.
    """
    if wrapped := unwrap(data):
        return wrapped
    if len(data) > 3 and data[0] == data[3] == START:  # noqa: PLR2004  68 L L 68
        check_header(data[:4])
    if cosem.list_without_header(data):
        return [Message(data)]
    try:
        return [Message.of(Frame.parse(FLAG_BYTE + data + FLAG_BYTE, offset=-1))]
    except FrameError as error:
        if error.after_header:
            raise
    if is_block(data):
        return [join_blocks(data)]
    return _several(data) or ([Message(data)] if data.startswith(LLC) or identify.is_apdu(data) else [])


def _several(data: bytes) -> list[Message]:
    """Return the data-notifications and ciphered APDUs in `data`. Return an empty list if `data` has other bytes."""
    ends = [0]
    while ends[-1] < len(data):
        ends.append(max(cosem.end(data, ends[-1]), header.end(data, ends[-1])))
        if ends[-1] < 0:
            return []
    return [Message(data).cut(start, stop) for start, stop in pairwise(ends)]


def no_frame(data: bytes) -> FrameError:
    """Return the error for bytes that contain no frame, and in which `unframed` finds no message."""
    if _TEXT.fullmatch(data):
        found = f"expected HDLC frames or an APDU, found {len(data)} bytes of text"
        return FrameError(f"{found}; give a hex dump as str: decode the bytes, or open the file as text")
    if FLAG not in data:
        name = identify.apdu_name(data[0])
        tag = f"; its first byte is the tag of {name}" if name else ""
        return FrameError(f"expected HDLC frames or an APDU, found no flag (7E) in {len(data)} bytes{tag}")
    offset = data.index(FLAG)
    after = f"{data[offset + 1]:02X}" if offset + 1 < len(data) else "nothing"
    return FrameError(
        f"expected a format field (A0 to AF) after a flag (7E), found {after}, and no frame in {len(data)} bytes; "
        "a wrong parity of the reader can be the reason (Kamstrup has 8N1, other Norwegian meters have 8E1)",
        offset=offset + 1,
    )
