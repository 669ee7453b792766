"""Seeds -> streams with all that goes wrong on a HAN port's wire, and the frames that are intact in each.

Which frames are intact is known by construction: every piece says where it left sound frames, and damage never touches
them. A sound frame inside another sound frame is none of its own; inside a damaged one it is. Chance is ruled out
afterwards: `sound_spans` looks for frames at every flag, by IEC 62056-46 and apart from hanparse, and a stream where
damage happens to be sound (its checksum fits by chance, a neighbour gives back the flag that was lost) is drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from framefiles import SOUND
from wire import CLAIMS, FLAG, LARGEST, LLC, seal, seeded, sound_spans

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_INFORMATION_AT: Final = 9  # after flag, format, HEADER and HCS
_LIVELY: Final = bytes(range(256)) + b"\x7e\x7e\x7d\xa0\xa7" * 20  # random bytes with many flags and format nibbles
_NAMED: Final = [file for file in SOUND if file.expect and "list_id" in file.expect]  # whatever the wire is
_TEXTS: Final = (
    b"\r\n[12:00:07] uart0: 62 bytes in, forwarding\r\n",
    b"~~~ link up, rssi -67 dBm ~~~\n",
    b"7E A0 27 01 02 01 10 5A 87 E6\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"+CME ERROR: 10\r\n",
    b"{'rx': '~\xc2\xa0', 'n': 17}\0",
)


@dataclass(frozen=True)
class Planted:
    """A frame that is sound at `offset`; `inside`: another sound frame contains it, so it is no frame of its own."""

    offset: int
    raw: bytes
    inside: bool = False


@dataclass(frozen=True)
class Piece:
    """Bytes of a stream, the sound frames in them, and the pushes that these carry, each as one whole frame."""

    data: bytes
    planted: tuple[Planted, ...] = ()
    pushes: tuple[bytes, ...] = ()

    @property
    def frames(self) -> list[tuple[int, bytes]]:
        """Position and bytes of every frame that has to be delivered."""
        return [(planted.offset, planted.raw) for planted in self.planted if not planted.inside]

    @property
    def passed_over(self) -> int:
        """How many bytes belong to no frame."""
        return len(self.data) - len({at + i for at, raw in self.frames for i in range(len(raw))})


def stream(seed: int) -> Piece:
    """The stream of this seed."""
    rng = seeded(seed)
    for _ in range(20):
        piece = join(*(rng.choice(MAKERS)(rng) for _ in range(rng.randint(1, 12))))
        if sound_spans(piece.data) == {(planted.offset, planted.raw) for planted in piece.planted}:
            return piece
    raise AssertionError(f"seed {seed}: the generator's own account of what is intact does not hold")


# --- sound frames ----------------------------------------------------------------------------------------------------


def join(*pieces: Piece) -> Piece:
    """One piece after the other."""
    data = b""
    planted: list[Planted] = []
    for piece in pieces:
        planted += [replace(each, offset=each.offset + len(data)) for each in piece.planted]
        data += piece.data
    return Piece(data, tuple(planted), tuple(push for piece in pieces for push in piece.pushes))


def whole(raw: bytes, *, push: bool = False) -> Piece:
    """A frame as it is."""
    return Piece(raw, (Planted(0, raw),), (raw,) if push else ())


def _push(rng: Random) -> Piece:
    return whole(rng.choice(SOUND).data, push=True)


def _frame(rng: Random) -> Piece:
    """Any sound frame: a push, bytes full of flags, one without information, one of the largest size."""
    header = _address(rng) + _address(rng) + rng.randbytes(1)
    room = LARGEST - 6 - len(header)
    size = rng.choice((None, None, None, None, 0, rng.randint(1, 300), rng.randint(1, 300), rng.choice((1, room))))
    return _push(rng) if size is None else whole(seal(_lively(rng, size), header))


def _address(rng: Random) -> bytes:
    *first, last = rng.randbytes(rng.choice((1, 2, 4)))
    return bytes([*(byte & 0xFE for byte in first), last | 1])


def _sharing_flags(rng: Random) -> Piece:
    *first, last = (_frame(rng) for _ in range(rng.randint(2, 4)))
    return join(*(replace(piece, data=piece.data[:-1]) for piece in first), last)


def _between_flags(rng: Random) -> Piece:
    return join(_flags(rng), _frame(rng), _flags(rng))


# --- what is no frame ------------------------------------------------------------------------------------------------


def _lively(rng: Random, size: int) -> bytes:
    return bytes(rng.choices(_LIVELY, k=size))


def _noise(rng: Random) -> Piece:
    return Piece(_lively(rng, rng.randint(1, 200)))


def _flags(rng: Random) -> Piece:
    return Piece(FLAG * rng.randint(1, 9))


def _text(rng: Random) -> Piece:
    return Piece(rng.choice(_TEXTS))


def _half_headers(rng: Random) -> Piece:
    return Piece(rng.choice((b"\x7e\xa7\xff", b"\x7e\xa0", b"\x7e\xaf\x02\x04")) * rng.randint(1, 60))


def _claims(rng: Random) -> Piece:
    """Headers with a right HCS that claim the largest frame, some so close that flags stand where they claim them."""
    return Piece(rng.choice(CLAIMS) * rng.choice((1, rng.randint(1, 20), rng.randint(200, 500))))


# --- damage ----------------------------------------------------------------------------------------------------------


def _flip(rng: Random, data: bytes) -> bytes:
    bits = int.from_bytes(data, "big")
    for bit in rng.sample(range(8 * len(data)), rng.randint(1, min(4, 8 * len(data)))):
        bits ^= 1 << bit
    return bits.to_bytes(len(data), "big")


def _burst(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    size = min(rng.randint(1, 40), len(data) - at)
    return data[:at] + _flip(rng, data[at : at + 1]) + rng.randbytes(size - 1) + data[at + size :]


def _lose(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 1, 2, 9)) :]


def _double(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    size = rng.choice((1, 1, 2, 9))
    return data[: at + size] + data[at:]


def _insert(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((_lively(rng, rng.randint(1, 5)), rng.choice(_TEXTS))) + data[at:]


def damage(rng: Random, data: bytes) -> bytes:
    """Other bytes than `data`."""
    return rng.choice((_flip, _flip, _burst, _lose, _double, _insert))(rng, data)


def _damaged(rng: Random) -> Piece:
    return Piece(FLAG + damage(rng, _frame(rng).data[1:-1]) + FLAG)


def _truncated(rng: Random) -> Piece:
    raw = _frame(rng).data
    return Piece(rng.choice((raw[: rng.randrange(1, len(raw) - 1)], raw[rng.randrange(2, len(raw)) :])))


def _without_flag(rng: Random) -> Piece:
    raw = _frame(rng).data
    return Piece(rng.choice((b"\0" + raw[1:], raw[:-1] + b"\0")))


def _wrong_length(rng: Random) -> Piece:
    information = rng.choice(SOUND).data[_INFORMATION_AT:-3]
    size = len(seal(information)) - 2
    return Piece(seal(information, length=rng.choice((size - 1, size + 1, 7, LARGEST, rng.randint(0, LARGEST)))))


# --- frames inside frames --------------------------------------------------------------------------------------------


def _parts(rng: Random) -> tuple[Piece, ...]:
    """A sound frame in parts: flag, header, bytes before, pieces within, bytes after with the FCS, flag."""
    inner = join(*(rng.choice(MAKERS)(rng) for _ in range(rng.randint(1, 2))))
    if len(inner.data) > 1800:
        inner = _push(rng)
    before, after = _lively(rng, rng.randint(1, 40)), _lively(rng, rng.randint(0, 40))
    raw = seal(before + inner.data + after)
    tail = raw[_INFORMATION_AT + len(before + inner.data) : -1]
    return Piece(FLAG), Piece(raw[1:_INFORMATION_AT]), Piece(before), inner, Piece(tail), Piece(FLAG)


def _inside_sound(rng: Random) -> Piece:
    outer = join(*_parts(rng))
    return Piece(outer.data, (Planted(0, outer.data), *(replace(each, inside=True) for each in outer.planted)))


def _inside_damaged(rng: Random) -> Piece:
    flag, header, before, inner, tail, end = _parts(rng)
    match rng.randrange(4):
        case 0:
            header = Piece(damage(rng, header.data))
        case 1:
            before = Piece(damage(rng, before.data))
        case 2:
            tail = Piece(damage(rng, tail.data))
        case _:
            tail = end = Piece(tail.data[: rng.randrange(len(tail.data))])
    return join(flag, header, before, inner, tail, end)


# --- segments --------------------------------------------------------------------------------------------------------


def segments(rng: Random, *, numbered: bool) -> tuple[list[Piece], Piece]:
    """The segments of a push, three to five, and the push as one frame; `numbered`: in I-frames that count N(S)."""
    raw = rng.choice(_NAMED).data
    information = raw[raw.index(LLC) : -3]
    address = b"\x05" + bytes(byte & 0xFE for byte in rng.randbytes(3)) + b"\x07"  # hardly ever the same twice
    cuts = [0, *sorted(rng.sample(range(4, len(information)), rng.randint(2, 4))), len(information)]
    first = rng.randrange(8)
    controls = [0x10 | (first + i) % 8 << 1 if numbered else 0x13 for i in range(len(cuts) - 1)]
    sent = [
        seal(information[cut:end], address + bytes([control]), segmented=end < len(information))
        for cut, end, control in zip(cuts, cuts[1:], controls, strict=False)
    ]
    return [whole(segment) for segment in sent], whole(seal(information, address + bytes(controls[:1])), push=True)


def _in_order(rng: Random) -> Piece:
    parts, push = segments(rng, numbered=rng.random() < 0.5)
    sent = [part for segment in parts for part in (segment, _flags(rng))]
    return replace(join(*sent), pushes=push.pushes)


def _out_of_order(rng: Random) -> Piece:
    """Segments that are no push, and perhaps a whole push from the same meter.

    Without numbers a middle segment may be missing, or two exchanged, and nobody can tell.
    """
    parts, push = segments(rng, numbered=True)
    i = rng.randrange(1, len(parts) - 1)
    sent = rng.choice(
        (
            parts[1:],
            parts[:-1],
            parts[:i] + parts[i + 1 :],
            parts[: i + 1] + parts[i:],
            [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]],
            [*parts[:i], _push(rng), *parts[i:]],
            [*parts[:i], segments(rng, numbered=True)[0][1], *parts[i:]],
        )
    )
    return join(*sent, rng.choice((push, _text(rng))))


MAKERS: Final[tuple[Callable[[Random], Piece], ...]] = (
    *(_push, _push, _push, _frame, _frame, _sharing_flags, _between_flags),
    *(_noise, _flags, _text, _half_headers, _claims),
    *(_damaged, _damaged, _damaged, _truncated, _without_flag, _wrong_length),
    *(_inside_sound, _inside_damaged, _in_order, _out_of_order),
)
