"""Seeds -> streams in which pushes come in every carrier, and the active power of each push that arrives intact.

The carriers are built here, by IEC 62056-46, EN 13757-2 and the Green Book, apart from hanparse: HDLC frames and
segments, M-Bus telegrams, blocks of a general-block-transfer, ciphered APDUs, P1 telegrams. Between them is noise, and
pushes of which a part is missing or damaged; these give no power.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import telegrams
from ciphering import AUTH_KEY, KEY, Meter
from framefiles import named
from wire import LLC, seal, seeded

from hanparse.decoder import Options

if TYPE_CHECKING:
    from random import Random

OPTIONS: Final = Options(key=KEY, auth_key=AUTH_KEY)
"""The keys of the ciphered pushes."""

_PUSHES: Final = [
    (apdu, apdu.index(before) + len(before))
    for name, before in (
        ("aidon/list2-6534-tn", b"\1\0\1\7\0\xff\x06"),
        ("kaifa/list2-ma304h4-tn", b"\x09\x07MA304H4\x06"),
        ("kamstrup/list1-3phase", b"\1\1\1\7\0\xff\x06"),
    )
    for apdu in [named(name).apdu]
]
"""APDUs, and where in each the active power is, a double-long-unsigned."""

_NO_CRC: Final = re.compile(rb"\A/.*!\s*\0?\Z", re.DOTALL)
_HEADERS: Final = (b"\x01\x02\x01\x10", b"\x41\x08\x83\x13", b"\x2b\x21\x13")


@dataclass(frozen=True)
class Piece:
    """Bytes of a stream, and the powers in W that they have to give."""

    data: bytes
    powers: tuple[int, ...] = ()


def stream(seed: int) -> list[Piece]:
    """Return the pieces of the stream of this seed."""
    rng = seeded(seed)
    pieces = _pieces(rng)
    while _is_sound_by_chance(pieces):
        pieces = _pieces(rng)
    return pieces


def _is_sound_by_chance(pieces: list[Piece]) -> bool:
    """Return whether an M-Bus frame, whose checksum has eight bits, begins in one piece and ends soundly in another."""
    data, end = b"".join(piece.data for piece in pieces), 0
    for piece in pieces:
        start, end = end, end + len(piece.data)
        for match in re.finditer(rb"(?=\x68(.)\1\x68)", data[start:end] + data[end : end + 4], re.DOTALL):
            at = start + match.start()
            stop = at + 4 + data[at + 1]
            if (
                stop + 2 > end
                and data[stop + 1 : stop + 2] == b"\x16"
                and sum(data[at + 4 : stop]) & 0xFF == data[stop]
            ):
                return True
    return False


def _pieces(rng: Random) -> list[Piece]:
    senders = [Sender(rng) for _ in range(rng.randint(1, 4))]  # few, so that pushes repeat
    broken: set[bytes] = set()
    pieces = []
    for _ in range(rng.randint(2, 16)):
        sender = rng.choice(senders)
        if rng.random() < 0.75:
            pieces.append(sender.send(rng))
            broken.discard(sender.header)
        elif rng.random() < 0.5 and sender.header not in broken:
            pieces.append(_damaged(rng, sender.send(rng)))
            broken.add(sender.header)
        else:
            pieces.append(_noise(rng))
    return pieces


class Sender:
    """A meter that sends one kind of push in one carrier."""

    def __init__(self, rng: Random) -> None:
        self.header = rng.choice(_HEADERS)
        self._apdu, self._at = rng.choice(_PUSHES)
        self._carry = rng.choice((_frame, segments, mbus, blocks, None))
        self._size = rng.choice((60, 100, 240))
        title = b"KAM\x45\0\0\0" + bytes([rng.randrange(3)])
        self._meter = Meter(title=title) if rng.random() < 0.3 else None
        self._invoke = rng.randrange(1 << 24).to_bytes(3, "big")

    def send(self, rng: Random) -> Piece:
        """Return a push."""
        if self._carry is None:
            return _telegram(rng)
        power = rng.choice((0, rng.randrange(20_000), rng.randrange(1 << 31)))
        apdu, at = self._apdu, self._at
        sent = apdu[:2] + self._invoke + apdu[5:at] + power.to_bytes(4, "big") + apdu[at + 4 :]
        if self._meter:
            sent = self._meter.cipher(sent, rng.randrange(1 << 32))
        return Piece(b"".join(self._carry(sent, self.header, self._size)), (power,))


def _frame(apdu: bytes, header: bytes, _size: int) -> list[bytes]:
    return [seal(LLC + apdu, header)]


def segments(apdu: bytes, header: bytes, size: int) -> list[bytes]:
    parts = [(LLC + apdu)[i : i + size] for i in range(0, len(LLC + apdu), size)]
    return [seal(part, header, segmented=i < len(parts) - 1) for i, part in enumerate(parts)]


def blocks(apdu: bytes, header: bytes, size: int) -> list[bytes]:
    parts = [apdu[i : i + size] for i in range(0, len(apdu), size)]
    blocks = [
        bytes([0xE0, 0x80 if number == len(parts) else 0, 0, number, 0, 0, 0x82, 0, len(part)]) + part
        for number, part in enumerate(parts, 1)
    ]
    return [seal((LLC if i == 0 else b"") + block, header) for i, block in enumerate(blocks)]


def mbus(apdu: bytes, header: bytes, size: int) -> list[bytes]:
    parts = [apdu[i : i + size] for i in range(0, len(apdu), size)]
    found = []
    for number, part in enumerate(parts):
        ci = (0x10 if number == len(parts) - 1 else 0) | number % 16
        content = bytes([0x53, header[0], ci, 1, 0x67]) + part
        length = bytes([len(content)])
        found.append(b"\x68" + length * 2 + b"\x68" + content + bytes([sum(content) & 0xFF]) + b"\x16")
    return found


def _telegram(rng: Random) -> Piece:
    """Return a telegram, mostly as the standard demands, else with other line ends or another form of its CRC."""
    crc = rng.choice(("as the standard", *telegrams.CRCS))
    line_end = rng.choice((b"\r\n", *telegrams.LINE_ENDS))
    while True:
        power = rng.randrange(20_000)
        data = telegrams.swedish(c1_7_0=f"{power // 1000:04}.{power % 1000:03}*kW")
        with suppress(ValueError):  # one CRC in 16 has a zero to leave out
            return Piece(telegrams.rewritten(data, line_end, crc), (power,))


def _damaged(rng: Random, push: Piece) -> Piece:
    """Return a push that is cut off, or of which one bit is wrong."""
    data = push.data
    if _NO_CRC.search(data):  # any text may be such a telegram
        return push
    at = rng.randrange(1, len(data) - 6)  # the digits of a CRC of P1 may be of either case, and its line end any
    flipped = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    return Piece(rng.choice((data[:at], flipped)))


def _noise(rng: Random) -> Piece:
    """Return what gives no push: frames of a bus master, random bytes, a log, flags."""
    master = (b"\xe5", b"\x10\x40\x01\x41\x16", b"\x10\x7b\x01\x7c\x16")
    return Piece(rng.choice((*master, rng.randbytes(rng.randrange(40)), b"\r\nstatus: ok\r\n", b"\x7e" * 3)))
