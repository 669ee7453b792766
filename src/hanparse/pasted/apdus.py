"""Finds APDUs without frames in the pieces of a text (`hexdump.text.Piece`).

An APDU is sound if it follows the grammar to its last byte, begins at the start of a piece, and ends at the end of a
piece. The header of a push is added to a list without a header. An APDU has no check sequence. So it is accepted only
when the text has no other bytes (`bare_apdus` has exceptions): a damaged frame may contain a complete APDU with a wrong
value.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse import cosem
from hanparse.errors import CipherError, DecodeError, FrameError
from hanparse.hexdump.text import MIN_BYTES
from hanparse.pasted.sound import HEAD_SIZE, Bytes, Unit, is_head
from hanparse.receiver import Failed, Receiver, unframed
from hanparse.wire import identify
from hanparse.wire.llc import LLC, strip_llc
from hanparse.wire.message import MAX_MESSAGE, Message

if TYPE_CHECKING:
    from hanparse.hexdump.text import Piece

_PUSH: Final = identify.DATA_NOTIFICATION + bytes(5)
"""The header of a push: the tag of a data-notification, a long-invoke-id-and-priority of 0 and no date-time."""
_APDU: Final = re.compile(rb"(?:\xe6[\xe6\xe7]\x00)?(?:\x0f|[\x01\x02][\x01-\x7f\x81\x82])")
_NUMBER: Final = re.compile(rb"[\x00-\x09\x10-\x19\x20-\x29\x30-\x39\x40-\x49\x50-\x59]{1,2}")
_MOST_NUMBERS: Final = 16
"""A longer sequence of pieces is not taken for numbers beside an APDU. It can be an APDU in another notation."""
_LENGTHS_FIT: Final = ("no key", "system title", "suite")
"""Causes of a `CipherError` that is raised only after the lengths in a ciphered APDU were verified."""


def bare_apdus(pieces: list[Piece], known: bytes = b"") -> list[Unit]:
    """Return the APDUs in `pieces`. The list is empty if the pieces also contain other bytes, with three exceptions.

    Other pieces may repeat bytes of `known` or of these APDUs, or be decimal numbers such as lengths and times. Behind
    the APDUs, they may begin with the head of another APDU. `known` contains the bytes of the units that were found
    earlier.

    A log may contain each layer of a push in turn. So an APDU is not returned again if `known` or an earlier APDU
    contains it, or if the APDU before is the same and only one of the two has an LLC header.
    """
    joined = Bytes(pieces)
    if strip_llc(joined.data) not in known and (messages := _whole(joined.data)):
        starts = sorted({0, len(pieces), *(joined.first(message.position(0)) for message in messages[1:])})
        return [joined.unit(first, stop - 1) for first, stop in pairwise(starts)]
    units: list[Unit] = []
    seen, at, is_inner, is_layered = known, 0, False, False
    numbers = 0  # the index of the first piece of the numbers in front of `at`
    had_llc = False  # whether the last APDU has an LLC header
    while at < len(pieces):
        stop, unit = _apdu(joined, at) or (_next(pieces, at), None)
        body = content(unit) if unit else b""
        has_llc = joined.data.startswith(LLC, joined.starts[at])
        is_again = bool(units) and content(units[-1]) == body and not is_inner and has_llc == had_llc
        if unit and (body not in seen or is_again):
            units.append(unit)
            seen += bytes(1) + unit.data
            is_inner, had_llc = is_layered, has_llc
        if unit or is_repeated(pieces[at:stop], seen):
            numbers = stop
        elif not _are_numbers(pieces[numbers:stop]):
            is_behind = bool(units) and not is_layered and is_head(joined.data[joined.starts[at] :][:HEAD_SIZE])
            return units if is_behind else []
        is_layered = not unit
        at = stop
    return units


def content(apdu: Unit) -> bytes:
    """Return the bytes of an APDU, without a header that the text does not contain."""
    return apdu.data.removeprefix(_PUSH)


def _next(pieces: list[Piece], at: int) -> int:
    """Return the index of the next piece after `at` at which an APDU may begin, or `len(pieces)`."""
    return next((later for later in range(at + 1, len(pieces)) if _APDU.match(pieces[later].data)), len(pieces))


def is_repeated(pieces: list[Piece], seen: bytes) -> bool:
    """Return whether `seen` contains all bytes of `pieces`, in runs of at least `MIN_BYTES`."""
    part = b""
    for piece in pieces:
        longer = part + piece.data
        if longer not in seen:
            if len(part) < MIN_BYTES:
                return False
            longer = piece.data
        part = longer
    return part in seen and (len(part) >= MIN_BYTES or seen.endswith(part))


def _are_numbers(pieces: list[Piece]) -> bool:
    return len(pieces) <= _MOST_NUMBERS and all(_NUMBER.fullmatch(piece.data) for piece in pieces)


def _apdu(joined: Bytes, at: int) -> tuple[int, Unit] | None:
    """Return the APDU or list that begins with the piece `at`, and the index of the piece behind it.

    Returns `None` if no APDU begins there, or if the APDU ends inside a piece.
    """
    start = joined.starts[at]
    if not _APDU.match(joined.data, start):
        return None
    sent = joined.data[start : start + MAX_MESSAGE]
    header = LLC[0] if sent.startswith(LLC) else b""
    added = b"" if sent.startswith(identify.DATA_NOTIFICATION, len(header)) else _PUSH
    sent = added + sent[len(header) :]
    size = cosem.end(sent)
    last = joined.ends(start + size - len(added) + len(header)) if size > 0 else -1
    if last < 0 or size < len(_PUSH) + MIN_BYTES or (added and not _is_read(sent[:size])):
        return None
    return last + 1, Unit(joined.pieces[at].start, sent[:size], list(joined.pieces[at : last + 1]), size)


def _whole(data: bytes) -> list[Message]:
    """Return the messages in bytes that contain no frame. A message may be in a wrapper, in blocks or ciphered."""
    if not data[:1] or data[:1] in b"\x01\x02":
        return []
    with suppress(FrameError, DecodeError):
        messages = unframed(data)
        return messages if all(_is_read(message.payload) for message in messages) else []
    return []


def _is_read(payload: bytes) -> bool:
    event = Receiver().open(Message(payload))
    if isinstance(event, Failed):
        return isinstance(event.error, CipherError) and event.error.cause in _LENGTHS_FIT
    return True
