"""Computes the indexes at which the parts of a sound or damaged HDLC frame begin: `Parts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from hanparse.wire.buffer import Buffer

FORMAT_SIZE: Final = 2
MAX_LENGTH: Final = 0x7FF
"""The largest length in the 11 bits of the format field. The length counts all bytes between the flags."""
SEQUENCE_SIZE: Final = 2
"""The number of bytes of HCS and of FCS, which are sent low byte first."""


class Parts(NamedTuple):
    """The indexes at which the parts of a sound or damaged frame begin. Each part ends where the next one begins."""

    flag: int
    source: int
    control: int
    end: int
    """The index after the closing flag."""

    @classmethod
    def of(cls, data: Buffer, flag: int, limit: int) -> Self:
        """Return the parts of the frame with its opening flag at `flag`; the addresses end at `limit` at the latest."""
        source = _after_odd(data, flag + 1 + FORMAT_SIZE, limit)
        end = flag + 2 + (int.from_bytes(data[flag + 1 : flag + 1 + FORMAT_SIZE], "big") & MAX_LENGTH)
        return cls(flag, source, _after_odd(data, source, limit), end)

    @property
    def destination(self) -> int:
        """Return the index after the format field."""
        return self.flag + 1 + FORMAT_SIZE

    @property
    def hcs(self) -> int:
        """Return the index after the control byte. A frame without information has no HCS."""
        return self.control + 1

    @property
    def information(self) -> int:
        """Return the index after the HCS, if the frame has one."""
        return self.hcs + SEQUENCE_SIZE if self.fcs > self.hcs else self.hcs

    @property
    def fcs(self) -> int:
        """Return the index after the information field."""
        return self.end - 1 - SEQUENCE_SIZE


def _after_odd(data: Buffer, start: int, limit: int) -> int:
    """Return the index after the first byte from `start` on that has its lowest bit set, which ends an address."""
    return next((at + 1 for at in range(start, limit) if data[at] & 1), limit)
