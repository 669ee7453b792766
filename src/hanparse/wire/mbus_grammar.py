"""Declares the long frame of EN 13757-2 with construct. `hanparse.mbus.Telegram.build` uses it."""

from __future__ import annotations

from typing import Final

import construct as c

ConstructError: Final = c.ConstructError

_CONTENT = c.Struct(
    "control" / c.Byte,
    "address" / c.Byte,
    "ci" / c.Byte,
    "data" / c.Bytes(c.this._.length - 3),
)
LONG_FRAME: Final = c.Struct(
    c.Const(b"\x68"),
    "length" / c.Byte,
    c.Rebuild(c.Byte, c.this.length),
    c.Const(b"\x68"),
    "content" / c.RawCopy(_CONTENT),
    "checksum" / c.Checksum(c.Byte, lambda sent: sum(sent) & 0xFF, c.this.content.data),
    c.Const(b"\x16"),
)
