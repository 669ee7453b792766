"""Seeded streams of M-Bus telegrams, blocks and segments, disordered and damaged -> an error where a promise is broken.

``python tests/fuzz_wire.py --cases 20000`` takes the vectors of every transport apart, loses, doubles and moves frames,
mixes those of several meters, damages bytes and puts noise between, and says how many pushes were read.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from framefiles import SOUND, check_sequence, folder
from wire import chunks, seeded

from hanparse import Decoder, explain
from hanparse.hdlc import Frame
from hanparse.mbus import Telegram
from hanparse.receiver import Failed, Read, ReadTelegram, Receiver

if TYPE_CHECKING:
    from random import Random

    from hanparse.errors import HanParseError
    from hanparse.wire.message import Message

_NOISE: Final = (b"\xe5", b"~", b"h", b"h\x09\x09h", b"\x10\x40\x01\x41\x16", b"\x16", b"/LGF5\r\n", b"\xe0")
_IN_PARTS: Final = [file.data for name in ("mbus", "gbt", "segments") for file in folder(name)]


class BrokenPromiseError(AssertionError):
    """Something that may not happen, whatever the input."""


def _parts(data: bytes) -> list[bytes]:
    """The sound frames of a vector; all of it where it has none."""
    frames = [event.raw for event in Receiver().events(data) if isinstance(event, Frame | Telegram)]
    return frames or [data]


_VECTORS: Final = [_parts(data) for data in [*_IN_PARTS, *(file.data for file in SOUND[::8])]]


def stream(rng: Random) -> bytes:
    """Parts of one to three vectors, mostly in order, mixed, with some of them lost, doubled, moved or damaged."""
    waiting = [list(rng.choice(_VECTORS)) for _ in range(rng.randint(1, 3))]
    sent: list[bytes] = []
    while any(waiting):
        parts = rng.choice([parts for parts in waiting if parts])
        sent.append(parts.pop(0 if rng.random() < 0.9 else rng.randrange(len(parts))))
    for _ in range(rng.choice((0, 0, 1, 1, 2, 5))):
        place = rng.randrange(len(sent))
        kind = rng.randrange(5)
        if kind == 0:
            sent[place] = b""
        elif kind == 1:
            sent.insert(rng.choice((place, rng.randrange(len(sent)))), sent[place])
        elif kind == 2:
            sent.insert(place, rng.choice((*_NOISE, rng.randbytes(rng.randrange(40)))))
        else:
            sent[place] = _damaged(rng, sent[place])
    return b"".join(sent)


def _damaged(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((b"", rng.randbytes(1), rng.choice(_NOISE))) + data[at + rng.choice((0, 1, 1, 9)) :]


def check(data: bytes, rng: Random) -> int:
    """How many pushes are read. Frames are sound by their standard, and bytes are where they are said to be."""
    read = 0
    for event in Receiver().events(data):
        if isinstance(event, Telegram):
            _require(_is_long_frame(event.raw), f"the telegram at {event.offset}")
        elif isinstance(event, Frame):
            _require(check_sequence(event.raw[1:-3]) == event.raw[-3:-1], f"the frame at {event.offset}")
        elif isinstance(event, Read | ReadTelegram | Failed):
            _require(_is_where_it_is_said(data, event.message), f"the push at {event.message.position(0)}")
            read += not isinstance(event, Failed)
    _require(_measured([data]) == _measured([*chunks(rng, data, rng.choice((1, 7, 61)))]), "chunks make a difference")
    _require(b"".join(leaf.raw for leaf in explain(data).leaves) == data, "a byte is not explained, or twice")
    return read


def _is_long_frame(raw: bytes) -> bool:
    """EN 13757-2: 68 L L 68, L bytes (of Sagemcom 256 more), their sum, 16."""
    first, length, again, second = raw[:4]
    is_framed = first == second == 0x68 and length == again and raw[-1] == 0x16
    return is_framed and sum(raw[4:-2]) % 256 == raw[-2] and len(raw) - 6 in (length, length + 256)


def _is_where_it_is_said(data: bytes, message: Message) -> bool:
    return bytes(data[message.position(at)] for at in range(len(message.payload))) == message.payload


def _measured(parts: list[bytes]) -> tuple[str, object, list[str]]:
    """Everything that a decoder says of a stream; a float on the wire may be not a number."""
    errors: list[HanParseError] = []
    decoder = Decoder(on_error=errors.append)
    found = [measurement for part in parts for measurement in decoder.feed(part)] + decoder.flush()
    return repr([(one.to_dict(), one.registers) for one in found]), decoder.stats, [str(error) for error in errors]


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise BrokenPromiseError(what)


def run(cases: int, first_seed: int = 0) -> int:
    """So many streams; how many pushes were read."""
    read = 0
    for seed in range(first_seed, first_seed + cases):
        rng = seeded(seed)
        data = stream(rng)
        try:
            read += check(data, rng)
        except Exception as error:
            raise BrokenPromiseError(f"seed {seed}: {error}; {data.hex()}") from error
    return read


def main() -> None:
    """The command line; see the top of this module."""
    parser = argparse.ArgumentParser(description="Look for streams that break a promise of link layers and transfer.")
    parser.add_argument("--cases", type=int, default=20_000, help="how many streams to make")
    parser.add_argument("--first-seed", type=int, default=0, metavar="SEED", help="the seed of the first of them")
    options = parser.parse_args()
    sys.stdout.write(f"{run(options.cases, options.first_seed)} pushes were read, no promise broken\n")


if __name__ == "__main__":
    main()
