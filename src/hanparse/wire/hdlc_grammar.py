"""Declares frame format type 3 of IEC 62056-46 with construct. `hanparse.hdlc.Frame.build` writes frames with it."""

from __future__ import annotations

from typing import IO, Any, Final

import construct as c

from hanparse.wire.crc import x25
from hanparse.wire.hdlc_parts import FLAG_BYTE, MAX_LENGTH, TYPE_3

ConstructError: Final = c.ConstructError

_SEGMENTED: Final = 0x800


class _Address(c.Construct):
    """Reads and writes an address. Each byte contains a 7-bit group. The lowest bit is set only in the last byte."""

    def _parse(self, stream: IO[bytes], _context: object, path: str) -> tuple[int, ...]:
        groups: tuple[int, ...] = ()
        while True:
            byte = c.stream_read(stream, 1, path)[0]
            groups += (byte >> 1,)
            if byte & 1:
                return groups

    def _build(self, obj: tuple[int, ...], stream: IO[bytes], _context: object, path: str) -> None:
        sent = bytes([*(group << 1 for group in obj[:-1]), obj[-1] << 1 | 1])
        c.stream_write(stream, sent, len(sent), path)


def _decoded(sent: int, _context: object) -> c.Container:
    if sent >> 12 != TYPE_3:
        raise c.ConstError(f"expected frame format type 3 (A), found {sent >> 12:X}")
    return c.Container(segmented=bool(sent & _SEGMENTED), length=sent & MAX_LENGTH)


def _encoded(field: dict[str, Any], _context: object) -> int:
    if field["length"] > MAX_LENGTH:
        raise c.IntegerError(f"the format field has 11 bits for the length, found {field['length']}")
    return int(TYPE_3 << 12 | field["segmented"] * _SEGMENTED | field["length"])


_ADDRESS = _Address()
_FORMAT = c.ExprAdapter(c.Int16ub, decoder=_decoded, encoder=_encoded)
HEADER: Final = c.Struct("format" / _FORMAT, "destination" / _ADDRESS, "source" / _ADDRESS, "control" / c.Byte)
_TO_FCS = c.this.header.value.format.length - c.this.header.length - 2  # the number of bytes between header and FCS
_CONTENT = c.Struct(  # a frame without information field has no HCS (IEC 62056-46 6.4.2.5)
    "header" / c.RawCopy(HEADER),
    "hcs" / c.If(_TO_FCS > 0, c.Checksum(c.Int16ul, x25, c.this.header.data)),
    "information" / c.If(_TO_FCS > 0, c.Bytes(_TO_FCS - 2)),
)
FRAME: Final = c.Struct(
    c.Const(FLAG_BYTE),
    "content" / c.RawCopy(_CONTENT),
    "fcs" / c.Checksum(c.Int16ul, x25, c.this.content.data),
    c.Const(FLAG_BYTE),
)
