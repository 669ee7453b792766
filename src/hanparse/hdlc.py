"""Implements the HDLC link layer (IEC 62056-46, format type 3).

`Frame` parses and builds one frame, and `FrameReader` finds the frames in a stream. A frame is sound if it passes the
checks of `find_end`. These checks include the header check sequence (HCS) and the frame check sequence (FCS).

The length in the format field determines the end of a frame. HDLC with this format escapes no bytes, so 7E and 7D
inside the information field are ordinary bytes. The closing flag of a frame may also be the opening flag of the next
frame. `hanparse.wire.reader` defines how a reader finds frames in a stream.

This module checks a frame while its bytes arrive. `Frame.build` uses the grammar in `hanparse.wire.hdlc_grammar`.
Property tests compare the checks with the grammar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn, Self

from hanparse.errors import ChecksumError, FrameError
from hanparse.wire.buffer import Buffer, as_bytes
from hanparse.wire.crc import x25
from hanparse.wire.hdlc_parts import FLAG, FLAG_BYTE, FORMAT_SIZE, MAX_LENGTH, SEQUENCE_SIZE, TYPE_3, Parts
from hanparse.wire.layer import NOTHING_KNOWN, Known
from hanparse.wire.link import Address, Link, shared_link
from hanparse.wire.reader import StreamReader
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FLAG", "FLAG_BYTE", "TYPE_3", "Frame", "FrameReader", "Hdlc", "find_end", "groups", "truncated"]

MAX_FRAME: Final = MAX_LENGTH + 2
BUFFER_LIMIT: Final = 2 * MAX_FRAME
"""The largest number of bytes in the buffer of a `FrameReader`."""

SEGMENTED: Final = 0x08
"""The segmentation bit in the first byte of the format field. It is set if the next frame continues the message."""

_MIN_LENGTH: Final = 7  # bytes: 2 of the format field, 1 of each address, 1 of the control field, 2 of the FCS
_ADDRESS_SIZES: Final = (1, 2, 4)  # IEC 62056-46 6.4.2.3


@dataclass(frozen=True, slots=True)
class Frame:
    """A `Frame` is a sound HDLC frame. Its addresses are tuples of 7-bit groups.

    `segmented` is true if the next frame continues the message. `offset` is the position of the opening flag in the
    stream, and `raw` contains the bytes of the frame with both flags. `after_loss` is true if bytes other than flags
    were skipped just before the frame. Comparisons ignore `offset`, `raw` and `after_loss`.
    """

    destination: Address
    source: Address
    control: int
    information: bytes
    segmented: bool = False
    offset: int = field(default=0, compare=False)
    raw: bytes = field(default=b"", compare=False, repr=False)
    after_loss: bool = field(default=False, compare=False, repr=False)

    @property
    def parts(self) -> Parts:
        """Return the positions in the stream at which the parts of the frame begin."""
        source = self.offset + 1 + FORMAT_SIZE + len(self.destination)
        control = source + len(self.source)
        content = SEQUENCE_SIZE + len(self.information) if self.information else 0
        return Parts(self.offset, source, control, control + 1 + content + SEQUENCE_SIZE + 1)

    @property
    def information_offset(self) -> int:
        """Return the position of the information field in the stream."""
        return self.parts.information

    @property
    def link(self) -> Link:
        """Return the addresses and the control byte of the frame."""
        return shared_link(self.destination, self.source, self.control)

    @classmethod
    def parse(cls, data: Buffer, *, offset: int = 0) -> Self:
        """Parse `data`, which must be one frame from its opening flag to its closing flag.

        `offset` is the position of `data` in the stream. The offsets of the frame and of errors are positions in the
        stream, too. Raises `FrameError` for the first error in `data`. The error is a `ChecksumError` if the HCS or the
        FCS does not fit. Raises `TypeError` if `data` is not bytes-like.
        """
        data = as_bytes(data)
        try:
            if not data or data[0] != FLAG:
                _fail(f"expected the opening flag 7E, found {data[:1].hex().upper() or 'nothing'}", 0)
            end, sound = find_end(data)
            if end > len(data):
                raise truncated(len(data), end, sound=sound)
            if end < len(data):
                more = Count(len(data) - end)
                _fail(f"{more} {more:byte follows|bytes follow} the closing flag; feed a stream to FrameReader", end)
        except FrameError as error:
            error.offset += offset
            raise
        return cls.read(data, offset)

    @classmethod
    def read(cls, data: bytes, offset: int, *, after_loss: bool = False) -> Self:
        """Parse the frame `data`, which `find_end` has checked."""
        parts = Parts.of(data, 0, len(data))
        destination, source = groups(data[parts.destination : parts.source]), groups(data[parts.source : parts.control])
        information = data[parts.information : parts.fcs]
        segmented = bool(data[1] & SEGMENTED)
        return cls(destination, source, data[parts.control], information, segmented, offset, data, after_loss)

    def build(self) -> bytes:
        """Return the bytes of the frame, with both flags. Raises `ValueError` if a value does not fit into a frame."""
        from hanparse.wire.hdlc_grammar import FRAME, ConstructError  # noqa: PLC0415  needed only to build frames

        addresses = len(self.destination) + len(self.source)
        length = 2 + addresses + 1 + (2 + len(self.information) if self.information else 0) + 2
        header = {
            "format": {"segmented": self.segmented, "length": length},
            "destination": self.destination,
            "source": self.source,
            "control": self.control,
        }
        content = {"header": {"value": header}, "information": self.information}
        try:
            sent = bytes(FRAME.build({"content": {"value": content}}))
            find_end(sent)  # raises an error for an address of three bytes, which the grammar accepts
        except (ConstructError, IndexError, ValueError) as error:
            expected = f"addresses of 1, 2 or 4 bytes and at most {MAX_LENGTH} bytes without the flags"
            raise ValueError(f"cannot build an HDLC frame: expected {expected}, found {self!r}") from error
        return sent


def groups(sent: Buffer) -> Address:
    """Return the 7-bit groups of the address with the bytes `sent`."""
    return tuple(byte >> 1 for byte in sent)


def _fail(message: str, offset: int) -> NoReturn:
    raise FrameError(message, offset=offset)


# --- the checks ------------------------------------------------------------------------------------------------------


def find_end(data: Buffer, start: int = 0) -> tuple[int, bool]:
    """Return the end of the frame at `start`, and whether its header is complete and passes all checks.

    ``data[start]`` is the opening flag. While bytes are missing, the end is greater than ``len(data)``. Raises
    `FrameError` if a check fails. A check is made as soon as its bytes have arrived.
    """
    size = len(data)
    if size > start + 1 and data[start + 1] >> 4 != TYPE_3:
        raise FrameError(
            f"expected a format field (A0 to AF) after the flag, found {data[start + 1]:02X}", offset=start + 1
        )
    if size < start + 3:
        return start + _MIN_LENGTH + 2, False
    length = (data[start + 1] & 7) << 8 | data[start + 2]
    if length < _MIN_LENGTH:
        raise FrameError(
            f"the format field announces {length} bytes, expected at least {_MIN_LENGTH}", offset=start + 1
        )
    end = start + length + 2
    if not _check_header(data, start, end):
        return end, False
    if end <= size:
        _check_trailer(data, start, end)
    return end, True


def _check_header(data: Buffer, start: int, end: int) -> bool:
    """Check the received bytes of the addresses, the control field and the HCS. Return whether none is missing."""
    control = start + 3
    for name in ("destination", "source"):
        control = _address_end(data, control, end, name)
    between = end - 3 - (control + 1)  # bytes between the control byte and the FCS: none, or HCS and information
    if between < 0 or (control < len(data) and 0 < between <= SEQUENCE_SIZE):
        announced = end - start - 2
        raise FrameError(f"the format field announces {announced} bytes, fewer than the header needs", offset=start + 1)
    if between and control + 1 + SEQUENCE_SIZE <= len(data):
        _check_sequence("HCS", data, start + 1, control + 1)
    return control + 1 + (SEQUENCE_SIZE if between else 0) <= len(data)


def _check_trailer(data: Buffer, start: int, end: int) -> None:
    if data[end - 1] != FLAG:
        raise FrameError(
            f"expected the closing flag 7E after {end - start - 2} bytes, found {data[end - 1]:02X}; bytes were lost",
            offset=end - 1,
            after_header=True,
        )
    _check_sequence("FCS", data, start + 1, end - 3)


def _address_end(data: Buffer, start: int, frame_end: int, name: str) -> int:
    """Return the index after an address. If the address is incomplete, return the index after its last received byte.

    The last byte of an address is odd. The search stops at the end of the frame, so that the bytes after a short frame
    do not change the error.
    """
    if start < len(data) and data[start] & 1:
        return start + 1
    sent = data[start : min(start + _ADDRESS_SIZES[-1], frame_end - SEQUENCE_SIZE - 1)]
    size = 0
    for count, byte in enumerate(sent, 1):  # a generator would make the check of a frame a tenth slower
        if byte & 1:
            size = count
            break
    if size in _ADDRESS_SIZES:
        return start + size
    if size or len(sent) == _ADDRESS_SIZES[-1]:
        raise FrameError(f"expected a {name} address of 1, 2 or 4 bytes, found {size or 'more than 4'}", offset=start)
    return start + len(sent)


def _check_sequence(name: str, data: Buffer, start: int, end: int) -> None:
    expected = x25(data[start:end])
    found = data[end] | data[end + 1] << 8
    if expected != found:
        raise ChecksumError(
            f"{name} {found:04X} does not fit its {end - start} bytes, expected {expected:04X}; damaged on the way",
            offset=end, field=name, expected=expected, found=found,
        )  # fmt: skip


def truncated(size: int, end: int, start: int = 0, *, sound: bool = False) -> FrameError:
    """Return the error for the frame ``data[start:end]``, which is incomplete: `data` has only `size` bytes."""
    at_least = "" if size > start + 2 else "at least "
    lost = Count(end - size)
    message = f"the frame ends after {size - start} of {at_least}{end - start} bytes, {lost} {lost:is|are} missing"
    return FrameError(message, offset=size, after_header=sound)


# --- the stream ------------------------------------------------------------------------------------------------------


class Hdlc:
    """`Hdlc` is the `hanparse.wire.layer.LinkLayer` for HDLC frames."""

    first = FLAG
    start = rb"\x7e(?:[\xa0-\xaf]|\Z)"
    max_size = MAX_FRAME
    shared = 1
    read = staticmethod(Frame.read)
    truncated = staticmethod(truncated)

    @staticmethod
    def find_end(data: bytes, start: int, _base: int) -> tuple[int, bool]:
        """Return the end of the frame at `start`, and whether its header is complete and passes all checks."""
        return find_end(data, start)


class FrameReader(StreamReader):
    """A `FrameReader` finds only HDLC frames in a stream, which can arrive in chunks of any size."""

    def __init__(self, known: Mapping[bytes | int, Known] = NOTHING_KNOWN) -> None:
        super().__init__((Hdlc(),), known)

    def feed(self, chunk: Buffer) -> list[Frame]:
        """Return the frames that `chunk` completes. Raises `TypeError` if `chunk` is not bytes-like."""
        self.receive(chunk)
        return self._frames()

    def flush(self) -> list[Frame]:
        """End the stream and empty the buffer. Return the sound frames inside the bytes of an incomplete frame."""
        self.end()
        return self._frames()

    def _frames(self) -> list[Frame]:
        return [event for event in iter(self.next_event, None) if isinstance(event, Frame)]
