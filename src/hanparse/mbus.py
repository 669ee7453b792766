"""Implements the wired M-Bus link layer (EN 13757-2) for telegrams with DLMS messages (EN 13757-3).

A long frame is ``68 L L 68 C A CI data CS 16``. L is the number of bytes from C to the last data byte. CS is the sum of
these bytes modulo 256. M-Bus escapes no bytes, so 68 and 16 inside the data are ordinary bytes. `Telegram` is one long
frame. A long frame is sound if it passes the checks of `find_end`, which include the checksum CS.

A CI field from 00 to 1F announces a DLMS message or a part of it. Bit 4 of CI is set in the last telegram of the
message. Bits 0 to 3 are the number of the telegram in the message, modulo 16. The data of a telegram with such a CI
field begins with two bytes: STSAP, the source of the message, and DTSAP, its destination.

Some meters (Sagemcom) send 256 bytes more than L announces. The checksum determines which of the two sizes a frame has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from hanparse.errors import ChecksumError, FrameError
from hanparse.wire.link import Link, shared_link
from hanparse.wording import Count

if TYPE_CHECKING:
    from hanparse.wire.buffer import Buffer

START: Final = 0x68
STOP: Final = 0x16
SHORT_START: Final = 0x10
MAX_SIZE: Final = 4 + 256 + 4 + 2
"""The largest size of a frame, which has 256 bytes more than L announces.

The frame has a header (4 bytes), the bytes that L announces (at most 4 in such a frame), 256 bytes, and a trailer (2).
"""
FIN: Final = 0x10
"""The bit of CI that is set in the last telegram of a message."""
HEADER_SIZE: Final = 4
"""The number of bytes of ``68 L L 68``."""
TRAILER_SIZE: Final = 2
"""The number of bytes of the checksum and the stop byte."""

_FIXED: Final = 3  # C, A, CI
_SAPS: Final = 2
_DLMS: Final = 0x20  # a CI field below this value announces DLMS
_NUMBERS: Final = 16
_QUIRK: Final = 256  # bytes that some meters send in addition to L
_NAMES: Final = {
    0x60: "COSEM data to the meter with long transport layer",
    0x61: "COSEM data to the meter with short transport layer",
    0x72: "M-Bus variable data with long header (DIF and VIF records), not DLMS",
    0x7A: "M-Bus variable data with short header (DIF and VIF records), not DLMS",
    0x78: "M-Bus variable data without header (DIF and VIF records), not DLMS",
    0x7C: "COSEM data with long transport layer",
    0x7D: "COSEM data with short transport layer",
}


@dataclass(frozen=True, slots=True)
class Telegram:
    """A `Telegram` is a sound M-Bus long frame: its control, address and CI fields, and the data after the CI field.

    `offset` is the position of the first byte of the frame in the stream, and `raw` contains the bytes of the frame.
    Comparisons ignore `offset` and `raw`.
    """

    control: int
    address: int
    ci: int
    data: bytes = b""
    offset: int = field(default=0, compare=False)
    raw: bytes = field(default=b"", compare=False, repr=False)

    @property
    def is_dlms(self) -> bool:
        """Return whether the telegram contains a DLMS message or a part of it."""
        return self.ci < _DLMS and len(self.data) >= _SAPS

    @property
    def number(self) -> int:
        """Return the number of this telegram in its message, modulo 16."""
        return self.ci % _NUMBERS

    @property
    def is_last(self) -> bool:
        """Return whether this is the last telegram of its message."""
        return bool(self.ci & FIN)

    @property
    def information(self) -> bytes:
        """Return the payload: the data of the telegram, without STSAP and DTSAP if the telegram is DLMS."""
        return self.data[_SAPS:] if self.is_dlms else self.data

    @property
    def information_offset(self) -> int:
        """Return the position of the first byte of `information` in the stream."""
        return self.offset + HEADER_SIZE + _FIXED + (_SAPS if self.is_dlms else 0)

    @property
    def link(self) -> Link:
        """Return the link: DTSAP is the destination, and the address and STSAP are the source."""
        stsap, dtsap = (self.data[:1], self.data[1:_SAPS]) if self.is_dlms else (b"", b"")
        return shared_link(tuple(dtsap), (self.address, *stsap), self.control)

    @property
    def content(self) -> str:
        """Return the name of the content of a telegram that is not DLMS, according to its CI field."""
        return f"CI {self.ci:02X}: {_NAMES.get(self.ci, 'an application that is not DLMS')}"

    @classmethod
    def read(cls, data: bytes, offset: int, *, after_loss: bool = False) -> Self:  # noqa: ARG003  see LinkLayer
        """Parse the telegram `data`, which `find_end` has checked."""
        control, address, ci = data[HEADER_SIZE : HEADER_SIZE + _FIXED]
        return cls(control, address, ci, data[HEADER_SIZE + _FIXED : -TRAILER_SIZE], offset, data)

    def build(self) -> bytes:
        """Return the bytes of the telegram. Raises `ValueError` if a value does not fit into the frame."""
        from hanparse.wire.mbus_grammar import LONG_FRAME, ConstructError  # noqa: PLC0415  needed only to build telegrams

        content = {"control": self.control, "address": self.address, "ci": self.ci, "data": self.data}
        try:
            return bytes(LONG_FRAME.build({"length": _FIXED + len(self.data), "content": {"value": content}}))
        except ConstructError as error:
            most = f"at most {255 - _FIXED} bytes of data, and one byte each for control, address and CI"
            raise ValueError(f"cannot build an M-Bus long frame: expected {most}, found {self!r}") from error


def find_end(data: Buffer, start: int = 0) -> tuple[int, bool]:
    """Return the end of the long frame that begins at `start`, and whether its header is complete.

    While bytes are missing, the end is greater than ``len(data)``. Raises `FrameError` if the header is wrong, or if no
    possible end of the frame has a stop byte. Raises `ChecksumError` if the checksum does not fit.
    """
    header = bytes(data[start : start + HEADER_SIZE])
    if len(header) < HEADER_SIZE:
        return start + HEADER_SIZE + _FIXED + TRAILER_SIZE, False
    check_header(header, start)
    length = header[1]
    end = start + HEADER_SIZE + length + TRAILER_SIZE
    ci_at = start + HEADER_SIZE + _FIXED - 1
    may_be_longer = length < _FIXED + _SAPS and (ci_at >= len(data) or data[ci_at] < _DLMS)
    if not may_be_longer:
        if end <= len(data):
            _check_end(data, start, end)
        return end, True
    if end <= len(data) and length >= _FIXED and has_sound_checksum(data[start:end]):
        return end, True
    end += _QUIRK
    if end <= len(data):
        _check_end(data, start, end)
    return end, True


def check_header(header: bytes, start: int = 0) -> None:
    """Raise `FrameError` if the four bytes of `header` are not the header of a long frame."""
    first, length, again, second = header
    if first != START or second != START:
        raise FrameError(f"expected the M-Bus header 68 L L 68, found {header.hex(' ').upper()}", offset=start)
    if length != again:
        found = f"expected the same length twice in the M-Bus header, found {length:02X} and {again:02X}"
        raise FrameError(f"{found}; damaged on the way", offset=start + 2)


def has_sound_checksum(frame: Buffer) -> bool:
    """Return whether a long frame ends with a fitting checksum and the stop byte."""
    return frame[-1] == STOP and sum(frame[HEADER_SIZE:-TRAILER_SIZE]) & 0xFF == frame[-TRAILER_SIZE]


def _check_end(data: Buffer, start: int, end: int) -> None:
    if end - start < HEADER_SIZE + _FIXED + TRAILER_SIZE:
        announced = f"the length of an M-Bus long frame is {data[start + 1]}, expected at least {_FIXED} (C, A and CI)"
        raise FrameError(announced, offset=start + 1)
    if data[end - 1] != STOP:
        longer = end - start - HEADER_SIZE - TRAILER_SIZE > data[start + 1]
        why = f"neither the length {data[start + 1]} nor 256 more fits" if longer else "bytes were lost or added"
        stop = f"expected the stop byte 16 after {end - start - 1} bytes, found {data[end - 1]:02X}; {why}"
        raise FrameError(stop, offset=end - 1, after_header=True)
    expected, found = sum(data[start + HEADER_SIZE : end - TRAILER_SIZE]) & 0xFF, data[end - TRAILER_SIZE]
    if expected != found:
        size = end - start - HEADER_SIZE - TRAILER_SIZE
        message = f"checksum {found:02X} does not fit its {size} bytes, expected {expected:02X}; damaged on the way"
        raise ChecksumError(message, offset=end - TRAILER_SIZE, field="checksum", expected=expected, found=found)


def truncated(size: int, end: int, start: int = 0, *, sound: bool = False) -> FrameError:
    """Return the error for the long frame ``data[start:end]``, which is incomplete: `data` has only `size` bytes."""
    at_least = "" if sound else "at least "
    found = f"the M-Bus frame is incomplete: it ends after {size - start} of {at_least}{end - start} bytes"
    lost = Count(end - size)
    return FrameError(f"{found}, {lost} {lost:is|are} missing", offset=size, after_header=sound)


class MBus:
    """`MBus` is the `hanparse.wire.layer.LinkLayer` for M-Bus long frames."""

    first = START
    start = rb"\x68(?:\Z|(?P<L>.)(?:\Z|(?P=L)(?:\Z|\x68)))"
    max_size = MAX_SIZE
    smallest = HEADER_SIZE + _FIXED + TRAILER_SIZE
    shared = 0
    read = staticmethod(Telegram.read)
    truncated = staticmethod(truncated)

    @staticmethod
    def find_end(data: bytes, start: int, _base: int) -> tuple[int, bool]:
        """Return the end of the long frame that begins at `start`, and whether its header is complete."""
        return find_end(data, start)


class ShortFrame(NamedTuple):
    """A `ShortFrame` is an M-Bus short frame ``10 C A CS 16``. A bus master sends it to a meter. It has no payload."""

    control: int
    address: int
    offset: int = 0


class MBusShort:
    """`MBusShort` is the `hanparse.wire.layer.LinkLayer` for M-Bus short frames.

    The pattern `start` accepts only the five control bytes that bus masters send, and it does not accept 68 as a
    checksum. So a sound short frame never contains the beginning of another frame.
    """

    first = SHORT_START
    start = rb"\x10(?:\Z|[\x40\x5a\x5b\x7a\x7b](?:\Z|.(?:\Z|[^\x68](?:\Z|\x16))))"
    max_size = 5
    shared = 0

    @staticmethod
    def find_end(data: Buffer, start: int, _base: int) -> tuple[int, bool]:
        """Return the end of the short frame at `start`. Raises `FrameError` if its checksum does not fit."""
        end = start + MBusShort.max_size
        if end <= len(data) and (expected := (data[start + 1] + data[start + 2]) & 0xFF) != data[start + 3]:
            found = f"checksum {data[start + 3]:02X} does not fit the M-Bus short frame"
            raise FrameError(f"{found}, expected {expected:02X}", offset=start + 3)
        return end, True

    @staticmethod
    def read(data: bytes, offset: int, *, after_loss: bool = False) -> ShortFrame:  # noqa: ARG004  see LinkLayer
        """Parse the short frame `data`, which `find_end` has checked."""
        return ShortFrame(data[1], data[2], offset)

    @staticmethod
    def truncated(size: int, end: int, start: int = 0, *, sound: bool = False) -> FrameError:  # noqa: ARG004
        """Return the error for an incomplete short frame ``data[start:end]``: `data` has only `size` bytes."""
        return FrameError(f"an M-Bus short frame ends after {size - start} of {end - start} bytes", offset=size)
