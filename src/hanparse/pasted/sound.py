"""Finds sound frames and APDUs in the pieces of a text.

A *piece* is a part of a text and its bytes (`hexdump.text.Piece`). A *unit* is sound frames or P1 telegrams, or a sound
APDU, with the pieces that contain them. A frame is *sound* if its check sequences are correct. If a frame begins at the
start of a piece and ends at the end of a piece, its missing flags are added. An APDU is sound if it follows the grammar
to its last byte, begins at the start of a piece, and ends at the end of a piece. The header of a push is added to a
list without a header. An APDU has no check sequence. So it is accepted only when the text has no other bytes (`apdus`
has exceptions): a damaged frame may contain a complete APDU with a wrong value.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import cosem, mbus, p1
from hanparse.errors import ChecksumError, CipherError, DecodeError, FrameError
from hanparse.hdlc import FLAG_BYTE, TYPE_3, Frame
from hanparse.hexdump.text import MIN_BYTES, Piece
from hanparse.mbus import MBusShort
from hanparse.receiver import LAYERS, Failed, Read, ReadTelegram, Receiver, unframed
from hanparse.wire import identify
from hanparse.wire.hdlc_parts import MAX_LENGTH
from hanparse.wire.llc import LLC
from hanparse.wire.message import MAX_MESSAGE, Message
from hanparse.wire.reader import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FORMAT: Final = re.compile(b"[%c-%c]" % (TYPE_3 << 4, TYPE_3 << 4 | 0xF))
"""Matches the first byte of a frame behind its flag."""
_STARTS: Final = [layer.start for layer in LAYERS if not isinstance(layer, MBusShort)]
_MAY_BE_FRAME: Final = re.compile(b"|".join([*_STARTS, p1.P1.start]), re.DOTALL)
_PUSH: Final = identify.DATA_NOTIFICATION + bytes(5)
"""The header of a push: the tag of a data-notification, a long-invoke-id-and-priority of 0 and no date-time."""
_APDU: Final = re.compile(rb"(?:\xe6[\xe6\xe7]\x00)?(?:\x0f|[\x01\x02][\x01-\x7f\x81\x82])")
_NUMBER: Final = re.compile(rb"[\x00-\x09\x10-\x19\x20-\x29\x30-\x39\x40-\x49\x50-\x59]{1,2}")


_MOST_NUMBERS: Final = 16
"""A longer sequence of pieces is not taken for numbers beside an APDU. It can be an APDU in another notation."""
_LENGTHS_FIT: Final = ("no key", "system title", "suite")
"""Causes of a `CipherError` that is raised only after the lengths in a ciphered APDU were verified."""


HEAD_SIZE: Final = 12
_CIPHERED_HEAD: Final = re.compile(rb"[\xdb\xdc]\x08[A-Za-z]{3}")


def is_head(data: bytes) -> bool:
    """Return whether bytes begin with the first `HEAD_SIZE` bytes of an APDU, which other bytes seldom match."""
    data = data[len(LLC[0]) :] if data.startswith(LLC) else data
    return data[:1] != b"/" and (identify.is_head(data) or _CIPHERED_HEAD.match(data) is not None)


def may_be_frame(data: bytes) -> bool:
    """Return whether bytes begin as a frame or telegram begins."""
    return _MAY_BE_FRAME.match(data) is not None


class Unit(NamedTuple):
    """Holds sound bytes, and the pieces of a text that contain them."""

    start: int
    """The position in the text at which the first piece begins."""
    data: bytes
    """The bytes of the pieces, including those that are not part of a sound frame."""
    pieces: list[Piece]
    size: int
    """The number of sound bytes."""
    tail: int = 0
    """The number of bytes after the last sound byte."""


class Bytes:
    """Holds the joined bytes of pieces, and the index at which each piece begins."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Join the bytes of `pieces`."""
        self.pieces = pieces
        parts = [piece.data for piece in pieces]
        self.data = b"".join(parts)
        self.starts = list(accumulate(map(len, parts), initial=0))

    def first(self, at: int) -> int:
        """Return the index of the piece that contains the byte at the index `at`."""
        return bisect_right(self.starts, at) - 1

    def unit(self, first: int, last: int, size: int = 0, stop: int = 0) -> Unit:
        """Return the unit of the pieces from `first` to `last`. It has `size` sound bytes, which end before `stop`.

        Without `size`, all bytes are sound.
        """
        start, end = self.starts[first], self.starts[last + 1]
        pieces = list(self.pieces[first : last + 1])
        return Unit(pieces[0].start, self.data[start:end], pieces, size or end - start, end - stop if stop else 0)

    def ends(self, at: int) -> int:
        """Return the index of the piece that ends before the byte at `at`, or -1 if no piece ends there."""
        found = bisect_left(self.starts, at)
        return found - 1 if found < len(self.starts) and self.starts[found] == at else -1


def frames(pieces: list[Piece], _known: bytes = b"") -> list[Unit]:
    """Return the frames and telegrams in `pieces` that have correct check sequences."""
    joined = _flagged(Bytes(pieces))
    if not _MAY_BE_FRAME.search(joined.data):
        return []
    units: list[tuple[int, int, int, int]] = []
    for start, stop in _sound(joined.data):
        first, last, size = joined.first(start), joined.first(stop - 1), stop - start
        if units and first <= units[-1][1]:
            first, size = units[-1][0], size + units.pop()[2]
        units.append((first, last, size, stop))
    return [joined.unit(*unit) for unit in units]


def headers(pieces: list[Piece], _known: bytes = b"") -> list[Unit]:
    """Return the pieces from the first byte that may begin a frame, as one unit.

    Return an empty list if no damaged frame has a sound header. In HDLC, a header is sound if its HCS is correct.
    """
    joined = Bytes(pieces)
    if not _damaged(joined.data):
        return []
    found = _MAY_BE_FRAME.search(joined.data)
    if found:
        first = joined.first(found.start())
        skipped = found.start() - joined.starts[first]
        pieces = [pieces[first]._replace(data=pieces[first].data[skipped:]), *pieces[first + 1 :]]
    return [Bytes(pieces).unit(0, len(pieces) - 1)]


def incomplete(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces up to the place at which bytes of the first frame are missing.

    The frame begins in the first piece. The list is empty if no byte is missing.
    """
    joined = Bytes(pieces)
    error = _damaged(joined.data)
    if not error or isinstance(error, ChecksumError):
        return []
    last = joined.first(min(error.offset, len(joined.data) - 1))
    stop = next(
        (at for at in range(1, last + 1) if is_head(pieces[at].data) or may_be_frame(pieces[at].data)), last + 1
    )
    return pieces[:stop]


def _damaged(data: bytes) -> FrameError | None:
    """Return the error of the first damaged frame in `data` whose header is sound."""
    data = FLAG_BYTE * bool(_FORMAT.match(data)) + data
    errors = (event for event in Receiver().events(data) if isinstance(event, FrameError))
    return next((error for error in errors if error.after_header), None)


def _sound(data: bytes) -> Iterator[tuple[int, int]]:
    reader = StreamReader((*LAYERS, p1.P1()))  # a P1 layer keeps state, so each search needs a new one
    reader.receive(data)
    events = [*iter(reader.next_event, None)]
    reader.end()
    for event in (*events, *iter(reader.next_event, None)):
        if isinstance(event, Frame | mbus.Telegram) or (isinstance(event, p1.Telegram) and event.crc):
            yield event.offset, event.offset + len(event.raw)


def _flagged(joined: Bytes) -> Bytes:
    """Return the pieces with the missing flags of frames added. Flags are added only if the frame is then sound."""
    data, flagged, end = joined.data, list(joined.pieces), 0
    for found in _FORMAT.finditer(data):
        head = found.start()
        at = joined.first(head)
        start = joined.starts[at]
        if start < end or head != start + data.startswith(FLAG_BYTE, start):
            continue
        stop = head + (int.from_bytes(data[head : head + 2], "big") & MAX_LENGTH)
        closed = data.startswith(FLAG_BYTE, stop)
        last = max(joined.ends(stop), joined.ends(stop + 1) if closed else -1)
        if last < 0 or (closed and FLAG_BYTE in (data[start : start + 1], data[start - 1 : start])):
            continue
        with suppress(FrameError):
            Frame.parse(FLAG_BYTE + data[head:stop] + FLAG_BYTE)
            flagged[at] = flagged[at]._replace(data=FLAG_BYTE + flagged[at].data)
            flagged[last] = flagged[last]._replace(data=flagged[last].data + FLAG_BYTE)
            end = stop
    return Bytes(flagged) if end else joined


# --- APDUs without a frame -------------------------------------------------------------------------------------------


def apdus(pieces: list[Piece], known: bytes = b"") -> list[Unit]:
    """Return the APDUs in `pieces`. The list is empty if the pieces also contain other bytes, with three exceptions.

    Other pieces may repeat bytes of `known` or of these APDUs, or be decimal numbers such as lengths and times. Behind
    the APDUs, they may begin with the head of another APDU. `known` contains the bytes of the units that were found
    earlier.

    A log may contain each layer of a push in turn. So an APDU is not returned again if `known` or an earlier APDU
    contains it, or if the APDU before is the same and only one of the two has an LLC header.
    """
    joined = Bytes(pieces)
    if joined.data not in known and (messages := _whole(joined.data)):
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


def is_read(data: bytes) -> bool:
    """Return whether at least one of the frames in `data` can be read without a key."""
    return any(isinstance(event, Read | ReadTelegram) for event in Receiver().events(data))
