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
    """Return CRC-16/X-25 by `binascii.crc_hqx`, which processes the bits of each byte in the opposite order.

    This function replaces crcmod if its C extension is missing: crcmod in Python takes twenty times as long.
    """
    return _ONES ^ _mirror(binascii.crc_hqx(bytes(data).translate(_MIRRORED), _ONES))


def mirrored_register(frame: bytes) -> int:
    """Return the register that `frame_register` returns, computed by `binascii.crc_hqx`."""
    return _mirror(binascii.crc_hqx(frame.translate(_MIRRORED), _mirror(_BEFORE_FLAG)))


try:  # crcmod does not report that it falls back to Python because its extension is missing or does not load
    import crcmod._crcfunext
except ImportError:
    _has_extension = False
else:
    _has_extension = True

HAS_EXTENSION: Final = _has_extension
"""True if crcmod uses its C extension, which must have been built for this Python."""
x25: Final[Callable[[bytes | bytearray | memoryview], int]] = (
    crcmod.mkCrcFun(_POLYNOMIAL, initCrc=0, rev=True, xorOut=_ONES) if HAS_EXTENSION else mirrored_x25
)
"""CRC-16/X-25, the check sequence of HCS and FCS, sent low byte first; 906E for ``b"123456789"``."""
frame_register: Final[Callable[[bytes], int]] = (
    crcmod.mkCrcFun(_POLYNOMIAL, initCrc=_BEFORE_FLAG, rev=True, xorOut=0) if HAS_EXTENSION else mirrored_register
)
"""Returns the CRC register after a frame with both of its flags; the register equals `SOUND` if the FCS is right.

The check sequence covers the bytes between the flags, but removing the flags would copy each frame. The initial value
is therefore the register that the opening flag turns into FFFF, the initial value of CRC-16/X-25.
"""
SOUND: Final = 0xA3CA
"""The CRC register after the closing flag of a sound frame; before that flag it is F0B8 (RFC 1662, C.2)."""

arc: Final[Callable[[bytes | bytearray | memoryview], int]] = crcmod.mkCrcFun(0x18005, initCrc=0, rev=True, xorOut=0)
"""CRC-16/ARC, the check sequence of P1 telegrams (DSMR P1 companion standard 5.0.2, 5.2); BB3D for ``b"123456789"``.

The standard library has no CRC of this polynomial, so without its C extension crcmod computes it in Python.
"""
