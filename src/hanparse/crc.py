"""CRC-16/X-25, the check sequence of HDLC frames (IEC 62056-46), from crcmod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import crcmod.predefined

if TYPE_CHECKING:
    from collections.abc import Callable

x25: Final[Callable[[bytes | bytearray | memoryview], int]] = crcmod.predefined.mkPredefinedCrcFun("x-25")
"""CRC-16/X-25, the check sequence of HCS and FCS, sent low byte first; 906E for ``b"123456789"``."""
