"""One HDLC frame: bytes <-> `Frame`, checked. The format itself is declared in `hanparse.wire.frame_grammar`.

The grammar is imported when the first frame is read or built: construct takes longer to import than all of hanparse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NoReturn, Self

from hanparse.errors import ChecksumError, FrameError
from hanparse.wire.crc import x25

Buffer = bytes | bytearray | memoryview
Address = tuple[int, ...]
"""The 7-bit groups of an extensible address: ``(32,)`` is sent as 41, ``(4, 65)`` as 08 83."""

FLAG: Final = 0x7E
TYPE_3: Final = 0xA
MAX_LENGTH: Final = 0x7FF
"""The largest length that the 11 bits of the format field can announce; it counts everything between the flags."""
MAX_FRAME: Final = MAX_LENGTH + 2

LLC: Final = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
"""The LLC header at the start of an information field: response, from the meter, and command (IEC 62056-46 5.3)."""

_MIN_LENGTH: Final = 7  # format 2, two addresses of 1, control 1, FCS 2
_SEQUENCE_SIZE: Final = 2  # bytes of HCS and FCS
_ADDRESS_SIZES: Final = (1, 2, 4)  # IEC 62056-46 6.4.2.3


@dataclass(frozen=True, slots=True)
class Frame:
    """One sound HDLC frame: addresses as tuples of 7-bit groups, control byte, information field.

    `offset` is the position of its opening flag in the stream that it was found in, `raw` what was read with its flags,
    `after_loss` whether other bytes than flags were passed over just before it. They take no part in comparisons.
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
    def information_offset(self) -> int:
        """Where the information field begins in the stream: after flag, format, addresses, control and HCS, if any."""
        hcs = _SEQUENCE_SIZE if self.information else 0
        return self.offset + 1 + 2 + len(self.destination) + len(self.source) + 1 + hcs

    @classmethod
    def parse(cls, data: Buffer, *, offset: int = 0) -> Self:
        """The frame that `data` is, from flag to flag, nothing before and nothing after.

        `offset` is added to the positions that errors and the frame report. Raises `FrameError` for the first thing
        that is wrong, `ChecksumError` when it is the HCS or the FCS.
        """
        data = as_bytes(data)
        try:
            if not data or data[0] != FLAG:
                _fail(f"expected the opening flag 7E, found {data[:1].hex().upper() or 'nothing'}", 0)
            end, sound = find_end(data)
            if end > len(data):
                raise truncated(len(data), end, sound=sound)
            if end < len(data):
                _fail(f"{len(data) - end} bytes follow the closing flag; a stream is for FrameReader", end)
        except FrameError as error:
            error.offset += offset
            raise
        return cls.read(data, offset)

    @classmethod
    def read(cls, data: bytes, offset: int, *, after_loss: bool = False) -> Self:
        """The frame that `data` is known to be."""
        from hanparse.wire.frame_grammar import HEADER  # noqa: PLC0415  see above

        header = HEADER.parse(data[1:])
        end = 1 + 2 + len(header.destination) + len(header.source) + 1
        information = data[end + _SEQUENCE_SIZE : -_SEQUENCE_SIZE - 1]  # empty where there is no HCS either
        segmented = header.format.segmented
        return cls(
            header.destination, header.source, header.control, information, segmented, offset, data, after_loss
        )  # fmt: skip

    def build(self) -> bytes:
        """The frame as it is sent, with its length, HCS and FCS. Raises `ValueError` for what no frame can hold."""
        from hanparse.wire.frame_grammar import FRAME, ConstructError  # noqa: PLC0415  see above

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
            find_end(sent)  # the grammar would also send an address of three bytes
        except (ConstructError, IndexError, ValueError) as error:
            raise ValueError(f"no HDLC frame of at most {MAX_LENGTH} bytes can hold this: {self!r}") from error
        return sent


def _fail(message: str, offset: int) -> NoReturn:
    raise FrameError(message, offset=offset)


def strip_llc(information: bytes) -> bytes:
    """The APDU in an information field: without its LLC header, which not every frame has."""
    return information[3:] if information.startswith(LLC) else information


def as_bytes(data: Buffer) -> bytes:
    """`data` as bytes; `TypeError` when it is not bytes-like."""
    if type(data) is bytes:
        return data
    if not isinstance(data, Buffer):
        message = f"expected bytes, bytearray or memoryview, found {type(data).__name__}"
        raise TypeError(message)
    return bytes(data)


# --- the checks ------------------------------------------------------------------------------------------------------


# The grammar reads a header that is there, and builds. A stream shows a frame piece by piece, so the same format stands
# here once more as early checks; property tests hold both together.


def find_end(data: Buffer, start: int = 0) -> tuple[int, bool]:
    """Where the frame ends whose opening flag is ``data[start]``, and whether its header is there and sound.

    The end lies beyond ``len(data)`` while bytes are missing. Every check that the bytes at hand allow has passed when
    this returns. Raises `FrameError` at the first that fails.
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
            f"the format field announces {length} bytes, a frame has {_MIN_LENGTH} at least", offset=start + 1
        )
    end = start + length + 2
    if not _check_header(data, start, end):
        return end, False
    if end <= size:
        _check_rest(data, start, end)
    return end, True


def _check_header(data: Buffer, start: int, end: int) -> bool:
    """Check as much of addresses, control and HCS as is there; whether that is all."""
    control = start + 3
    for name in ("destination", "source"):
        control = _address_end(data, control, end, name)
    between = end - 3 - (control + 1)  # bytes between the control byte and the FCS: none, or HCS and information
    if between < 0 or (control < len(data) and 0 < between <= _SEQUENCE_SIZE):
        announced = end - start - 2
        raise FrameError(
            f"the format field announces {announced} bytes, too few for the header that follows", offset=start + 1
        )
    if between and control + 1 + _SEQUENCE_SIZE <= len(data):
        _check_sequence("HCS", data, start + 1, control + 1)
    return control + 1 + (_SEQUENCE_SIZE if between else 0) <= len(data)


def _check_rest(data: Buffer, start: int, end: int) -> None:
    if data[end - 1] != FLAG:
        raise FrameError(
            f"expected the closing flag 7E after {end - start - 2} bytes, found {data[end - 1]:02X}; bytes got lost",
            offset=end - 1,
            after_header=True,
        )
    _check_sequence("FCS", data, start + 1, end - 3)


def _address_end(data: Buffer, start: int, frame_end: int, name: str) -> int:
    """The position after an extensible address (its last byte is odd), or after as much of it as is there.

    It is not looked for beyond the frame: a frame that is too short for it is that, however many bytes have come.
    """
    if start < len(data) and data[start] & 1:
        return start + 1
    sent = data[start : min(start + _ADDRESS_SIZES[-1], frame_end - _SEQUENCE_SIZE - 1)]
    size = next((i for i, byte in enumerate(sent, 1) if byte & 1), 0)
    if size in _ADDRESS_SIZES:
        return start + size
    if size or len(sent) == _ADDRESS_SIZES[-1]:
        raise FrameError(f"expected a {name} address of 1, 2 or 4 bytes, found {size or 'no end in 4'}", offset=start)
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
    """The error for a frame that should reach from `start` to `end` where the bytes end at `size`."""
    at_least = "" if size > start + 2 else "at least "
    found = f"the frame ends after {size - start} of {at_least}{end - start} bytes, {end - size} are missing"
    return FrameError(found, offset=size, after_header=sound)
