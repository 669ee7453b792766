"""Defines `Parts`, the indexes at which the parts of an HDLC frame begin. The frame can be damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from hanparse.wire.buffer import Buffer

FLAG: Final = 0x7E
"""The first and the last byte of a frame."""
FLAG_BYTE: Final = bytes([FLAG])
"""The flag as `bytes`."""
TYPE_3: Final = 0xA
"""The upper four bits of the format field in frame format type 3."""
FORMAT_SIZE: Final = 2
MAX_LENGTH: Final = 0x7FF
"""The largest length in the 11 bits of the format field. The length is the number of bytes between the flags."""
SEQUENCE_SIZE: Final = 2
"""The number of bytes of an HCS and of an FCS. The low byte precedes the high byte."""


class Parts(NamedTuple):
    """A `Parts` contains the indexes at which the parts of a frame begin. A part ends at the index of the next part."""

    flag: int
    source: int
    control: int
    end: int
    """The index after the closing flag."""

    @classmethod
    def of(cls, data: Buffer, flag: int, limit: int) -> Self:
        """Return the parts of the frame with its opening flag at `flag`. No address extends beyond `limit`."""
        source = _after_odd(data, flag + 1 + FORMAT_SIZE, limit)
        end = flag + 2 + (int.from_bytes(data[flag + 1 : flag + 1 + FORMAT_SIZE], "big") & MAX_LENGTH)
        return cls(flag, source, _after_odd(data, source, limit), end)

    @property
    def destination(self) -> int:
        """Return the index of the destination address, which follows the format field."""
        return self.flag + 1 + FORMAT_SIZE

    @property
    def hcs(self) -> int:
        """Return the index of the HCS, which follows the control byte. A frame without information has no HCS."""
        return self.control + 1

    @property
    def information(self) -> int:
        """Return the index after the HCS, or after the control byte if the frame has no HCS."""
        return self.hcs + SEQUENCE_SIZE if self.fcs > self.hcs else self.hcs

    @property
    def fcs(self) -> int:
        """Return the index of the FCS, which follows the information field."""
        return self.end - 1 - SEQUENCE_SIZE


def _after_odd(data: Buffer, start: int, limit: int) -> int:
    """Return the index after the address at `start`. The last byte of an address is its first odd byte."""
    return next((at + 1 for at in range(start, limit) if data[at] & 1), limit)
