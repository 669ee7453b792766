"""Mutated P1 telegrams: nothing foreign is raised, and no value comes from a telegram whose CRC does not fit.

``python tests/fuzz_p1.py 100000 1`` tries as many, from seed 1; the tests try some. A
seed gives the same telegrams every time.
"""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

from telegrams import SOUND, crc_of, deliver

from hanparse.errors import HanParseError
from hanparse.measurement import Scale
from hanparse.meters.p1 import read_telegram

if TYPE_CHECKING:
    from hanparse.p1 import Telegram

ORIGINALS = [file.data for file in SOUND]
PIECES = [
    b"/",
    b"!",
    b"\r",
    b"\n",
    b"\0",
    b"(",
    b")",
    b"*",
    b"/LGF5\r\n",
    b"!\r\n",
    b"\xff",
    b")(",
    b"-",
    b"9" * 30,
    b"kWh",
]


def mutated(source: random.Random, data: bytes) -> bytes:
    """`data` with one to four changes: bytes changed, lost, doubled, put in, pieces moved, the CRC taken away."""
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(data) + 1)
        end = min(len(data), at + source.choice((1, 1, 2, 10, 100)))
        piece = data[at:end]
        other = source.randrange(len(data) + 1)
        data = source.choice(
            (
                data[:at] + bytes([source.randrange(256)]) + data[end:],
                data[:at] + data[end:],
                data[:end] + piece + data[end:],
                data[:at] + source.choice(PIECES) + data[at:],
                data[:at] + source.choice(PIECES) + data[end:],
                data[:other] + piece + data[other:],
                data[: data.find(b"!") + 1] + b"\r\n" + data[at:],
                data[:at] + source.choice(ORIGINALS)[other:],
            )
        )
    return data


def check(telegram: Telegram) -> bool:
    """Whether a telegram gives a measurement; its CRC fits the text as sent, or with CR LF as line ends."""
    if telegram.crc:
        sent = telegram.raw[: telegram.raw.rindex(b"!") + 1]
        lines = sent.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r\0", b"\n").replace(b"\r", b"\n")
        assert int(telegram.crc, 16) in {crc_of(sent), crc_of(lines.replace(b"\n", b"\r\n"))}
    try:
        read_telegram(telegram).fields(Scale(), None)
    except HanParseError:
        return False
    return True


def run(count: int, seed: int) -> int:
    """Try `count` mutated telegrams. Returns how many measurements came of them."""
    source = random.Random(seed)  # noqa: S311  no secret
    found = 0
    for _ in range(count):
        data = mutated(source, source.choice(ORIGINALS))
        telegrams, _, _ = deliver(data, source.choice((64, len(data) + 1)))
        found += sum(map(check, telegrams))
    return found


if __name__ == "__main__":
    sys.stdout.write(f"{run(int(sys.argv[1]), seed=int(sys.argv[2]))} measurements\n")
