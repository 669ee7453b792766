"""Text as people paste it -> the bytes that it shows: P1 telegrams, or the dump in which most is sound.

`hanparse.hexdump` knows notations, `hanparse.receiver` knows sound bytes. Here the second judges what the first
proposes, for decoder, annotate and cli alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse import mbus, p1
from hanparse.hdlc import FLAG, Frame
from hanparse.receiver import Read, ReadTelegram, walk
from hanparse.wire.pasted import telegrams

if TYPE_CHECKING:
    from hanparse.hexdump import Dump

_FLAG: Final = bytes([FLAG])


def dumped(text: str) -> bytes:
    """Return the bytes that a text shows: its P1 telegrams, else its dump. Raises `HexDumpError`."""
    return dump(text).data


def dump(text: str) -> Dump:
    """Return what `dumped` returns, with what was passed over. Raises `HexDumpError`."""
    from hanparse import hexdump  # noqa: PLC0415  bytes need none of it

    if found := b"\r\n".join(telegrams(text)):
        return hexdump.Dump(found, style="P1")
    known: dict[bytes, tuple[int, ...]] = {}

    def judge(data: bytes) -> tuple[int, ...]:
        if data not in known:
            known[data] = soundness(data)
        return known[data]

    return hexdump.read(text, judge, _FLAG)


def soundness(data: bytes) -> tuple[int, int]:
    """Return how many pushes can be read in `data`, and how many frames and telegrams in it are sound."""
    read = sound = 0
    for event in walk(data):
        read += isinstance(event, Read | ReadTelegram)
        sound += isinstance(event, Frame | mbus.Telegram | p1.Telegram)
    return read, sound
