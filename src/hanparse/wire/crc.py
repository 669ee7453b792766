"""Computes the check sequences of HDLC frames (CRC-16/X-25, IEC 62056-46) and of P1 telegrams (CRC-16/ARC)."""

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
    """Return CRC-16/X-25 of `data`. `binascii.crc_hqx` computes it after the bits of each byte are reversed.

    This function replaces crcmod if the C extension of crcmod is missing. Without its extension, crcmod takes up to
    twenty times as long as this function.
    """
    return _ONES ^ _mirror(binascii.crc_hqx(bytes(data).translate(_MIRRORED), _ONES))


def mirrored_register(frame: bytes) -> int:
    """Return the register that `frame_register` returns, but compute it with `binascii.crc_hqx`."""
    return _mirror(binascii.crc_hqx(frame.translate(_MIRRORED), _mirror(_BEFORE_FLAG)))


try:  # crcmod uses Python code without a warning if its extension is missing or does not load
    import crcmod._crcfunext
except ImportError:
    _has_extension = False
else:
    _has_extension = True

HAS_EXTENSION: Final = _has_extension
"""True if crcmod uses its C extension. An extension that was built for another version of Python does not load."""
x25: Final[Callable[[bytes | bytearray | memoryview], int]] = (
    crcmod.mkCrcFun(_POLYNOMIAL, initCrc=0, rev=True, xorOut=_ONES) if HAS_EXTENSION else mirrored_x25
)
"""Returns CRC-16/X-25. HCS and FCS contain this check sequence, with the low byte before the high byte.

The check sequence of ``b"123456789"`` is 906E.
"""
frame_register: Final[Callable[[bytes], int]] = (
    crcmod.mkCrcFun(_POLYNOMIAL, initCrc=_BEFORE_FLAG, rev=True, xorOut=0) if HAS_EXTENSION else mirrored_register
)
"""Returns the CRC register after all bytes of a frame, including both flags. It equals `SOUND` if the FCS fits.

The check sequence covers only the bytes between the flags, but a copy of each frame without flags would take time. The
register therefore has an initial value that the opening flag turns into FFFF, the initial value of CRC-16/X-25.
"""
SOUND: Final = 0xA3CA
"""The CRC register after the closing flag, if the FCS fits. Before the closing flag it is F0B8 (RFC 1662, C.2)."""

arc: Final[Callable[[bytes | bytearray | memoryview], int]] = crcmod.mkCrcFun(0x18005, initCrc=0, rev=True, xorOut=0)
"""Returns CRC-16/ARC, the check sequence of P1 telegrams (DSMR P1 companion standard 5.0.2, 5.2).

The check sequence of ``b"123456789"`` is BB3D. If the C extension of crcmod is missing, this function is Python code of
crcmod. It is slow, but the standard library has no CRC with this polynomial.
"""
