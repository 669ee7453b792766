"""Text as people paste it -> the bytes that it shows: P1 telegrams, or the dump in which most is sound.

`hanparse.hexdump` knows notations, `hanparse.receiver` knows sound bytes. Here the second judges what the first
proposes, for decoder, annotate and cli alike.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hanparse import mbus, p1
from hanparse.errors import HexDumpError
from hanparse.hdlc import FLAG, Frame
from hanparse.receiver import Read, ReadTelegram, walk
from hanparse.wire.pasted import telegrams

if TYPE_CHECKING:
    from hanparse.hexdump import Dump
    from hanparse.hexdump.judged import Verdict

_FLAG: Final = bytes([FLAG])


def dumped(text: str) -> bytes:
    """Return the bytes that a text shows: its P1 telegrams, else its dump. Raises `HexDumpError`."""
    return dump(text).data


def dump(text: str) -> Dump:
    """Return what `dumped` returns, with what was passed over. Raises `HexDumpError`."""
    from hanparse import hexdump  # noqa: PLC0415  bytes need none of it

    if found := b"\r\n".join(telegrams(text)):
        return hexdump.Dump(found, style="P1")
    known: dict[bytes, Verdict] = {}

    def judge(data: bytes) -> Verdict:
        if data not in known:
            known[data] = soundness(data)
        return known[data]

    return hexdump.read(text, judge, _FLAG)


def unmasked(text: str) -> tuple[bytes, frozenset[int], HexDumpError] | None:
    """Return the bytes of a text with 00 for each that is masked (``XX``), which these are, and the error that says so.

    `None` for a text in which nothing is masked, and where what is masked cannot be told apart.
    """
    from hanparse import hexdump  # noqa: PLC0415  bytes need none of it

    with suppress(HexDumpError):
        zeros, ones = hexdump.filled(text, "00"), hexdump.filled(text, "FF")
        if zeros and ones:
            data, other = dumped(zeros[0]), dumped(ones[0])
            places = frozenset(at for at, (one, two) in enumerate(zip(data, other, strict=False)) if one != two)
            return (data, places, zeros[1]) if len(data) == len(other) else None
    return None


def soundness(data: bytes) -> Verdict:
    """Return how many pushes can be read in `data`, how many frames and telegrams are sound, and where."""
    from hanparse.hexdump.judged import Verdict  # noqa: PLC0415  see dump

    read = sound = 0
    places = []
    for event in walk(data):
        if isinstance(event, Frame | mbus.Telegram | p1.Telegram):
            sound += 1
            places.append((event.offset, event.offset + len(event.raw)))
        elif isinstance(event, Read | ReadTelegram):
            read += 1
            if not event.message.frames:
                start = event.message.position(0)
                places.append((start, start + len(event.message.payload)))
    return Verdict((read, sound), tuple(places))
