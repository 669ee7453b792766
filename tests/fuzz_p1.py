"""Seeded cases -> mutated P1 telegrams, and an error where hanparse breaks a promise.

``python tests/fuzz_p1.py --cases 100000`` mutates the telegrams of the frame files, gives some a CRC that fits again,
and decodes them in chunks, with layouts and without. No other error than hanparse's own is raised, and no value comes
from a telegram whose CRC is there and does not fit; a CRC made bit by bit, apart from hanparse, decides that.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from telegrams import SOUND, crc_of
from wire import chunks, seeded

from hanparse import Decoder, Measurement, Scale
from hanparse.p1 import Telegram
from hanparse.receiver import Failed, ReadTelegram, walk

if TYPE_CHECKING:
    from random import Random

_ORIGINALS = [file.data for file in SOUND]
_PIECES = (
    *(b"/", b"!", b"\r", b"\n", b"\0", b"(", b")", b"*", b".", b"-", b",", b"S", b"\xff", b")(", b"()", b"kWh", b"m3"),
    *(b"/LGF5\r\n", b"!\r\n", b"9" * 30, b"00.000000001", b"632525252525W", b"\r\n0-1:24.2.1(", b"(0-1:24.2.1)(m3)"),
)


class BrokenPromiseError(AssertionError):
    """Something that may not happen, whatever the input."""


def mutated(rng: Random) -> bytes:
    """Return a telegram with one to four changes, in one case of three with a CRC that fits."""
    data = rng.choice(_ORIGINALS)
    for _ in range(rng.randint(1, 4)):
        data = _changed(rng, data)
    return _sealed(data) if rng.random() < 1 / 3 else data


def _changed(rng: Random, data: bytes) -> bytes:
    """Return `data` with bytes changed, lost, doubled, moved or put in, without CRC, or as another telegram's begin."""
    at, other = (rng.randrange(len(data) + 1) for _ in range(2))
    end = min(len(data), at + rng.choice((1, 1, 2, 10, 100)))
    piece = data[at:end]
    return rng.choice(
        (
            data[:at] + bytes([rng.randrange(256)]) + data[end:],
            data[:at] + b"%d" % rng.randrange(10) + data[at + 1 :],
            data[:at] + data[end:],
            data[:end] + piece + data[end:],
            data[:at] + rng.choice(_PIECES) + data[at:],
            data[:at] + rng.choice(_PIECES) + data[end:],
            data[:other] + piece + data[other:],
            data[: data.find(b"!") + 1] + b"\r\n" + data[at:],
            data[:at] + rng.choice(_ORIGINALS)[other:],
        )
    )


def _sealed(data: bytes) -> bytes:
    """Return the bytes up to the last ``!`` with their CRC."""
    body = data[: data.rfind(b"!") + 1]
    return body + b"%04X\r\n" % crc_of(body)


def check(data: bytes, rng: Random, used: Decoder) -> int:
    """Decode `data` in three ways, and return the number of measurements; `used` has layouts of earlier telegrams."""
    expected = []
    for event in walk(data):
        if isinstance(event, ReadTelegram):
            expected.append(event.reading.measurement(Scale(), None))
        if isinstance(event, Telegram):
            _check_crc(event)
        if isinstance(event, Failed) and not str(event.error):
            raise BrokenPromiseError("an error without a message")
    for decoder, size in ((Decoder(), len(data) + 1), (used, len(data) + 1), (used, rng.choice((1, 7, 64)))):
        found = [measurement for chunk in chunks(rng, data, size) for measurement in decoder.feed(chunk)]
        found += decoder.flush()
        if [_shown(each) for each in found] != [_shown(each) for each in expected]:
            raise BrokenPromiseError(f"expected {expected}, found {found}")
    return len(expected)


def _shown(measurement: Measurement) -> tuple[object, ...]:
    return measurement.to_dict(), measurement.registers


def _check_crc(telegram: Telegram) -> None:
    """Compare the CRC with the text as sent, and with CR LF as line ends (DSMR P1 companion standard 5.0.2, 5.2)."""
    if not telegram.crc:
        return
    sent = telegram.raw[: telegram.raw.rindex(b"!") + 1]
    lines = sent.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r\0", b"\n").replace(b"\r", b"\n")
    if int(telegram.crc, 16) not in {crc_of(sent), crc_of(lines.replace(b"\n", b"\r\n"))}:
        raise BrokenPromiseError(f"the CRC {telegram.crc} does not fit")


def run_cases(cases: int, first_seed: int) -> tuple[int, float, int]:
    """Check so many cases. Return the number of measurements, how long the slowest case took, and its seed."""
    measurements, slowest, used = 0, (0.0, first_seed), Decoder()
    for seed in range(first_seed, first_seed + cases):
        rng = seeded(seed)
        data = mutated(rng)
        start = perf_counter()
        try:
            measurements += check(data, rng, used)
        except Exception as error:
            raise BrokenPromiseError(f"seed {seed}: {data!r}") from error
        slowest = max(slowest, (perf_counter() - start, seed))
    return measurements, *slowest


def main() -> None:
    """Run as many cases as the command line asks for."""
    parser = argparse.ArgumentParser(description="Look for a P1 telegram that breaks a promise of hanparse.")
    parser.add_argument("--cases", type=int, default=100_000, help="the number of cases")
    parser.add_argument("--first-seed", type=int, default=0, metavar="SEED", help="the seed of the first of them")
    options = parser.parse_args()
    start = perf_counter()
    measurements, slowest, seed = run_cases(options.cases, options.first_seed)
    sys.stdout.write(
        f"{options.cases} cases in {perf_counter() - start:.0f} s, {measurements} measurements, no promise broken\n"
        f"the slowest, of seed {seed}, took {1000 * slowest:.1f} ms\n"
    )


if __name__ == "__main__":
    main()
