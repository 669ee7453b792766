"""Bytes -> HDLC frames, and back: frame format type 3 of IEC 62056-46, declared once, parsed and built from it.

How frames are found in a stream (the resynchronisation rule)
-------------------------------------------------------------
A candidate begins at a flag (7E). It is given up as early as its bytes allow: at the format type, at a length that
cannot be, at an address without end, at the HCS; only then are its remaining bytes awaited, and the closing flag and
the FCS checked. The length field delimits a frame: 7E and 7D inside the information field are ordinary bytes, nothing
is escaped. When a candidate fails, the search goes on at the byte after its *opening flag*, not after its claimed end,
so a damaged frame never hides a sound one. The closing flag of a good frame may open the next.

It follows that every frame that arrived intact is delivered, once and in order, whatever stands around it.

Bounds: the buffer holds at most `BUFFER_LIMIT` bytes (two frames of the largest size). The dearest input is a row of
headers with a right HCS that claim 2,047 bytes: each costs one FCS over its claim, and a header with its flag takes
8 bytes, so no input makes more than 2,047 / 8 = 256 bytes of check sequence per byte fed, however long the stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

import construct as c
import crcmod.predefined

from hanparse.errors import ChecksumError, FrameError

if TYPE_CHECKING:
    from collections.abc import Callable

Buffer = bytes | bytearray | memoryview
Address = tuple[int, ...]
"""The 7-bit groups of an extensible address: ``(32,)`` is sent as 41, ``(4, 65)`` as 08 83."""

FLAG: Final = 0x7E
TYPE_3: Final = 0xA
MAX_LENGTH: Final = 0x7FF
"""The largest length that the 11 bits of the format field can announce; it counts everything between the flags."""
MAX_FRAME: Final = MAX_LENGTH + 2
BUFFER_LIMIT: Final = 2 * MAX_FRAME

LLC: Final = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
"""The LLC header at the start of an information field: response, from the meter, and command (IEC 62056-46 5.3)."""

_MIN_LENGTH: Final = 7  # format 2, two addresses of 1, control 1, FCS 2
_SEQUENCE_SIZE: Final = 2  # bytes of HCS and FCS
_ADDRESS_SIZES: Final = (1, 2, 4)  # IEC 62056-46 6.4.2.3

x25: Final[Callable[[Buffer], int]] = crcmod.predefined.mkPredefinedCrcFun("x-25")
"""CRC-16/X-25, the check sequence of HCS and FCS, sent low byte first; 906E for ``b"123456789"``."""

# --- the grammar -----------------------------------------------------------------------------------------------------

_ADDRESS = c.ExprAdapter(
    c.RepeatUntil(lambda byte, _groups, _context: byte & 1, c.Byte),
    decoder=lambda sent, _context: tuple(byte >> 1 for byte in sent),
    encoder=lambda groups, _context: [*(group << 1 for group in groups[:-1]), groups[-1] << 1 | 1],
)
_FORMAT = c.BitStruct(c.Const(TYPE_3, c.BitsInteger(4)), "segmented" / c.Flag, "length" / c.BitsInteger(11))
_HEADER = c.Struct("format" / _FORMAT, "destination" / _ADDRESS, "source" / _ADDRESS, "control" / c.Byte)
_TO_FCS = c.this.header.value.format.length - c.this.header.length - 2  # bytes between the header and the FCS
_CONTENT = c.Struct(  # a frame without information has no HCS (IEC 62056-46 6.4.2.5)
    "header" / c.RawCopy(_HEADER),
    "hcs" / c.If(_TO_FCS > 0, c.Checksum(c.Int16ul, x25, c.this.header.data)),
    "information" / c.If(_TO_FCS > 0, c.Bytes(_TO_FCS - 2)),
)
_FRAME = c.Struct(
    c.Const(bytes([FLAG])),
    "content" / c.RawCopy(_CONTENT),
    "fcs" / c.Checksum(c.Int16ul, x25, c.this.content.data),
    c.Const(bytes([FLAG])),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One sound HDLC frame: addresses as tuples of 7-bit groups, control byte, information field.

    `offset` is the position of its opening flag in the stream that it was found in; it takes no part in comparisons.
    """

    destination: Address
    source: Address
    control: int
    information: bytes
    segmented: bool = False
    offset: int = field(default=0, compare=False)

    @property
    def information_offset(self) -> int:
        """Where the information field begins in the stream: after flag, format, addresses, control and HCS."""
        return self.offset + 1 + 2 + len(self.destination) + len(self.source) + 1 + 2

    @classmethod
    def parse(cls, data: Buffer, *, offset: int = 0) -> Self:
        """The frame that `data` is, from flag to flag, nothing before and nothing after.

        `offset` is added to the positions that errors and the frame report. Raises `FrameError` for the first thing
        that is wrong, `ChecksumError` when it is the HCS or the FCS.
        """
        data = as_bytes(data)
        try:
            _check_whole(data)
        except FrameError as error:
            error.offset += offset
            raise
        content = _FRAME.parse(data).content.value
        header = content.header.value
        return cls(
            header.destination,
            header.source,
            header.control,
            content.information or b"",
            header.format.segmented,
            offset,
        )

    def build(self) -> bytes:
        """The frame as it is sent, with its length, HCS and FCS. Raises `ValueError` for what no frame can hold."""
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
            sent = bytes(_FRAME.build({"content": {"value": content}}))
            frame_end(sent)  # the grammar would also send an address of three bytes
        except (c.ConstructError, IndexError, FrameError) as error:
            raise ValueError(f"no HDLC frame of at most {MAX_LENGTH} bytes can hold this: {self!r}") from error
        return sent


def strip_llc(information: bytes) -> bytes:
    """The APDU in an information field: without its LLC header, which not every frame has."""
    return information[3:] if information.startswith(LLC) else information


def as_bytes(data: Buffer) -> bytes:
    """`data` as bytes; `TypeError` when it is not bytes-like."""
    if not isinstance(data, Buffer):
        message = f"expected bytes, bytearray or memoryview, found {type(data).__name__}"
        raise TypeError(message)
    return bytes(data)


# --- the checks ------------------------------------------------------------------------------------------------------


def _check_whole(data: bytes) -> None:
    if not data or data[0] != FLAG:
        raise FrameError(f"expected the opening flag 7E, found {data[:1].hex().upper() or 'nothing'}")
    end = frame_end(data)
    if end > len(data):
        raise truncated(len(data), end)
    if end < len(data):
        raise FrameError(f"{len(data) - end} bytes follow the closing flag; a stream is for FrameReader", offset=end)


def frame_end(data: Buffer, start: int = 0) -> int:
    """Where the frame ends whose opening flag is ``data[start]``; beyond ``len(data)`` while bytes are missing.

    Every check that the bytes at hand allow has passed. Raises `FrameError` at the first that fails.
    """
    size = len(data)
    if size > start + 1 and data[start + 1] >> 4 != TYPE_3:
        raise FrameError(
            f"expected format type A after the flag, found {data[start + 1]:02X}; not HDLC format type 3",
            offset=start + 1,
        )
    if size < start + 3:
        return start + _MIN_LENGTH + 2
    length = (data[start + 1] & 7) << 8 | data[start + 2]
    if length < _MIN_LENGTH:
        raise FrameError(
            f"the format field announces {length} bytes, a frame has at least {_MIN_LENGTH}", offset=start + 1
        )
    end = start + length + 2
    _check_header(data, start, end)
    if end <= size:
        if data[end - 1] != FLAG:
            raise FrameError(
                f"expected the closing flag 7E after {length} bytes, found {data[end - 1]:02X}; bytes got lost",
                offset=end - 1,
            )
        _check_sequence("FCS", data, start + 1, end - 3)
    return end


def _check_header(data: Buffer, start: int, end: int) -> None:
    """Check as much of addresses, control and HCS as is there."""
    header_end = start + 3
    for name in ("destination", "source"):
        header_end = _address_end(data, header_end, name)
    between = end - 3 - header_end - 1  # bytes between the control byte and the FCS: none, or HCS and information
    whole = header_end < len(data)
    if between < 0 or (whole and 0 < between <= _SEQUENCE_SIZE):
        raise FrameError(
            f"the format field announces {end - start - 2} bytes, too few for the header that follows", offset=start + 1
        )
    if between and header_end + 1 + _SEQUENCE_SIZE <= len(data):
        _check_sequence("HCS", data, start + 1, header_end + 1)


def _address_end(data: Buffer, start: int, name: str) -> int:
    """The position after an extensible address (its last byte is odd); the end of the data while it is not there."""
    sent = data[start : start + _ADDRESS_SIZES[-1]]
    size = next((i for i, byte in enumerate(sent, 1) if byte & 1), 0)
    if size in _ADDRESS_SIZES:
        return start + size
    if size or len(sent) == _ADDRESS_SIZES[-1]:
        raise FrameError(f"expected a {name} address of 1, 2 or 4 bytes, found {size or 'no end in 4'}", offset=start)
    return len(data)


def _check_sequence(name: str, data: Buffer, start: int, end: int) -> None:
    expected = x25(data[start:end])
    found = data[end] | data[end + 1] << 8
    if expected != found:
        raise ChecksumError(
            f"{name} {found:04X} does not fit its {end - start} bytes, expected {expected:04X}; damaged on the way",
            offset=end, field=name, expected=expected, found=found,
        )  # fmt: skip


def truncated(size: int, end: int, start: int = 0) -> FrameError:
    """The error for a frame that should reach from `start` to `end` where the bytes end at `size`."""
    return FrameError(
        f"the frame ends after {size - start} of {end - start} bytes, {end - size} are missing", offset=size
    )


# --- streams ---------------------------------------------------------------------------------------------------------


class FrameReader:
    """Finds the frames in a stream that arrives in chunks of any size; see the rule at the top of this module.

    `feed` gives the frames alone. `receive` and `next_event` give frames and errors in the order of the stream.
    """

    def __init__(self) -> None:
        self._chunk = b""  # what was received and is not yet in the buffer
        self._taken = 0  # bytes of the chunk that are
        self._buffer = bytearray()
        self._base = 0  # position of the buffer's first byte in the stream
        self._at = 0  # where the search goes on, an index of the buffer
        self._need = 0  # a size of the buffer below which another look is of no use
        self._ended = False
        self._passed_over = 0
        self.received = 0  # bytes in all
        self._delivered = 0  # position in the stream up to which bytes are in frames or counted as passed over

    @property
    def passed_over(self) -> int:
        """How many bytes so far belong to no frame that was delivered."""
        return self._passed_over + max(0, self._base + self._at - self._delivered)

    @property
    def pending(self) -> int:
        """How many bytes the buffer holds, `BUFFER_LIMIT` at most."""
        return len(self._buffer)

    def feed(self, chunk: Buffer) -> list[Frame]:
        """The frames that `chunk` completes."""
        self.receive(chunk)
        return self._frames()

    def flush(self) -> list[Frame]:
        """End of input: the frames that a broken-off candidate stood in front of. The buffer is empty then."""
        self.end()
        return self._frames()

    def _frames(self) -> list[Frame]:
        return [event for event in iter(self.next_event, None) if isinstance(event, Frame)]

    def receive(self, chunk: Buffer) -> None:
        """Take in bytes; `next_event` says what they hold."""
        chunk = as_bytes(chunk)
        self.received += len(chunk)
        self._chunk = self._chunk[self._taken :] + chunk
        self._taken = 0
        self._ended = False

    def end(self) -> None:
        """Nothing more will come: what waits for more bytes is broken off."""
        self._ended = True
        self._need = 0

    def next_event(self) -> Frame | FrameError | None:
        """The next frame or failed candidate, positions counted from the first byte received; `None`: feed more."""
        while True:
            if len(self._buffer) >= self._need and (event := self._search()):
                return event
            self._drop_searched()
            if self._taken == len(self._chunk):
                return None
            self._refill()

    def _drop_searched(self) -> None:
        del self._buffer[: self._at]
        self._base += self._at
        self._need = max(0, self._need - self._at)
        self._at = 0

    def _refill(self) -> None:
        room = BUFFER_LIMIT - len(self._buffer)
        self._buffer += self._chunk[self._taken : self._taken + room]
        self._taken = min(self._taken + room, len(self._chunk))

    def _search(self) -> Frame | FrameError | None:
        buffer = self._buffer
        size = len(buffer)
        self._need = 0
        while (start := buffer.find(FLAG, self._at)) >= 0:
            self._at = start
            if start + 1 < size and buffer[start + 1] >> 4 == TYPE_3:
                try:
                    end = frame_end(buffer, start)
                    if end <= size:
                        return self._deliver(start, end)
                    if self._ended:
                        raise truncated(size, end, start)
                except FrameError as error:
                    self._at = start + 1
                    error.offset += self._base
                    return error
                self._need = end
                return None
            if start + 1 == size and not self._ended:
                return None
            self._at = start + 1
        self._at = size
        return None

    def _deliver(self, start: int, end: int) -> Frame:
        frame = Frame.parse(bytes(self._buffer[start:end]), offset=self._base + start)
        self._passed_over += max(0, frame.offset - self._delivered)
        self._delivered = self._base + end
        self._at = end - 1  # the closing flag may open the next frame
        return frame
