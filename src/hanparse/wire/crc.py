"""Bytes -> CRC-16/X-25, the check sequence of HDLC frames (IEC 62056-46), and CRC-16/ARC, that of P1; from crcmod."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Final

import crcmod

if TYPE_CHECKING:
    from collections.abc import Callable

_POLYNOMIAL: Final = 0x11021
_ONES: Final = 0xFFFF
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_BEFORE_FLAG: Final = 0x3006


def _mirror(register: int) -> int:
    high, low = divmod(register, 256)
    return _MIRRORED[low] << 8 | _MIRRORED[high]


def mirrored_x25(data: bytes | bytearray | memoryview) -> int:
    """The same by the CRC-CCITT of the standard library, which takes the bits of a byte in the other order.

    crcmod falls back to Python where its C extension was not built, and is then twenty times slower than this.
    """
    return _ONES ^ _mirror(binascii.crc_hqx(bytes(data).translate(_MIRRORED), _ONES))


def mirrored_register(frame: bytes) -> int:
    """`frame_register` in the same way."""
    return _mirror(binascii.crc_hqx(frame.translate(_MIRRORED), _mirror(_BEFORE_FLAG)))


try:  # crcmod itself falls back to Python without a word, also where an extension is there and does not load
    import crcmod._crcfunext
except ImportError:
    _has_extension = False
else:
    _has_extension = True

HAS_EXTENSION: Final = _has_extension
"""Whether crcmod computes with its C extension: whether that was built, and for this Python."""
x25: Final[Callable[[bytes | bytearray | memoryview], int]] = (
    crcmod.mkCrcFun(_POLYNOMIAL, initCrc=0, rev=True, xorOut=_ONES) if HAS_EXTENSION else mirrored_x25
)
"""CRC-16/X-25, the check sequence of HCS and FCS, sent low byte first; 906E for ``b"123456789"``."""
frame_register: Final[Callable[[bytes], int]] = (
    crcmod.mkCrcFun(_POLYNOMIAL, initCrc=_BEFORE_FLAG, rev=True, xorOut=0) if HAS_EXTENSION else mirrored_register
)
"""What the register of the CRC holds after a frame from flag to flag; `SOUND` when its FCS is right.

A check sequence counts what is between the flags, and to cut them off would copy each frame. So the register begins
with what the opening flag turns into the ones that CRC-16/X-25 begins with.
"""
SOUND: Final = 0xA3CA
"""F0B8, which a right FCS leaves (RFC 1662, C.2), and then a closing flag."""

arc: Final[Callable[[bytes | bytearray | memoryview], int]] = crcmod.mkCrcFun(0x18005, initCrc=0, rev=True, xorOut=0)
"""CRC-16/ARC, the check sequence of P1 telegrams (DSMR P1 companion standard 5.0.2, 5.2); BB3D for ``b"123456789"``.

The standard library has no CRC of this polynomial: where its C extension was not built, crcmod computes it in Python.
"""
