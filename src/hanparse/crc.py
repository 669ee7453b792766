"""CRC-16/X-25, the check sequence of HDLC frames (IEC 62056-46), from crcmod."""

from __future__ import annotations

import binascii
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import crcmod.predefined

if TYPE_CHECKING:
    from collections.abc import Callable

_ONES: Final = 0xFFFF
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def mirrored_x25(data: bytes | bytearray | memoryview) -> int:
    """The same by the CRC-CCITT of the standard library, which takes the bits of a byte in the other order.

    crcmod falls back to Python where its C extension was not built, and is then twenty times slower than this.
    """
    high, low = divmod(binascii.crc_hqx(bytes(data).translate(_MIRRORED), _ONES), 256)
    return _ONES ^ (_MIRRORED[low] << 8 | _MIRRORED[high])


x25: Final[Callable[[bytes | bytearray | memoryview], int]] = (
    crcmod.predefined.mkPredefinedCrcFun("x-25") if find_spec("crcmod._crcfunext") else mirrored_x25
)
"""CRC-16/X-25, the check sequence of HCS and FCS, sent low byte first; 906E for ``b"123456789"``."""
