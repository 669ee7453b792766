"""Frame format type 3 of IEC 62056-46, declared once in construct; frames are parsed and built from it."""

from __future__ import annotations

from typing import Final

import construct as c

from hanparse.crc import x25

ConstructError: Final = c.ConstructError

_TYPE_3: Final = 0xA
_ADDRESS = c.ExprAdapter(
    c.RepeatUntil(lambda byte, _groups, _context: byte & 1, c.Byte),
    decoder=lambda sent, _context: tuple(byte >> 1 for byte in sent),
    encoder=lambda groups, _context: [*(group << 1 for group in groups[:-1]), groups[-1] << 1 | 1],
)
_FORMAT = c.BitStruct(c.Const(_TYPE_3, c.BitsInteger(4)), "segmented" / c.Flag, "length" / c.BitsInteger(11))
HEADER: Final = c.Struct("format" / _FORMAT, "destination" / _ADDRESS, "source" / _ADDRESS, "control" / c.Byte)
_TO_FCS = c.this.header.value.format.length - c.this.header.length - 2  # bytes between the header and the FCS
_CONTENT = c.Struct(  # a frame without information has no HCS (IEC 62056-46 6.4.2.5)
    "header" / c.RawCopy(HEADER),
    "hcs" / c.If(_TO_FCS > 0, c.Checksum(c.Int16ul, x25, c.this.header.data)),
    "information" / c.If(_TO_FCS > 0, c.Bytes(_TO_FCS - 2)),
)
FRAME: Final = c.Struct(
    c.Const(b"\x7e"),
    "content" / c.RawCopy(_CONTENT),
    "fcs" / c.Checksum(c.Int16ul, x25, c.this.content.data),
    c.Const(b"\x7e"),
)
