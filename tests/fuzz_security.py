"""Seeded cases -> ciphered APDUs, mutated, and an error where `hanparse.security` breaks a promise.

``python tests/fuzz_security.py --cases 100000`` ciphers lists in every mode, mutates header, content or tag, or makes
bytes from nothing, opens them with right, wrong, exchanged, missing and many keys, and says how long the slowest took.
"""

from __future__ import annotations

import argparse
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ciphering import AUTH_KEY, KEY, LONG_AUTH_KEY, LONG_KEY, Meter, is_sound
from framefiles import SOUND
from wire import seeded

from hanparse.errors import HanParseError
from hanparse.security.header import parts
from hanparse.security.keys import Keys
from hanparse.security.opener import Opened, Opener

if TYPE_CHECKING:
    from random import Random

_LISTS: Final = [file.apdu for file in SOUND] + [b"", b"/KAM5\r\n\r\n1-0:1.8.0(1*kWh)\r\n!\r\n", b"\xc4\1\0"]
_TAGS: Final = (0xDB, 0xDB, 0xDB, 0xDC, 0xDD, 0xDF, 0x21, 0xC8, 0xD2)
_INFOS: Final = (b"\0", b"\0", b"\1\0\0", b"\1\0\7", b"\1\1\0\0", b"\1\2\0\0", b"\2")
_HEADER: Final = 64  # bytes: the part in which every change matters


class BrokenPromiseError(AssertionError):
    """Something that may not happen, whatever the input."""


class Case(NamedTuple):
    """A list, the APDU that it was ciphered to, what became of that on the way, and the keys that are to open it."""

    push: bytes
    sent: bytes
    received: bytes
    options: dict[str, Any]


def case(rng: Random) -> Case:
    """A case by chance."""
    long = rng.random() < 0.2
    keys = (LONG_KEY, LONG_AUTH_KEY) if long else (KEY, AUTH_KEY)
    title = rng.choice((b"KAM\x45\0\0\0\x17", rng.randbytes(8), bytes(8)))
    meter = Meter(
        *keys,
        title=title,
        control=rng.choice((0x10, 0x20, 0x30, 0x30, 0x70)) | (2 if long else rng.choice((0, 0, 1))),
        tag=rng.choice(_TAGS),
        fields=tuple(rng.randbytes(rng.choice((0, 0, 8, 200))) for _ in range(4)),  # type: ignore[arg-type]
        key_info=rng.choice(_INFOS),
        in_tag=rng.random() < 0.5,
        sent_title=rng.choice((None, None, None, b"", rng.randbytes(7))),
        long_lengths=rng.choice((0, 0, 1, 4, 8)),
    )
    push = rng.choice(_LISTS)
    sent = meter.cipher(push, rng.getrandbits(32))
    return Case(push, sent, _mutated(rng, sent), _options(rng, *keys, title))


def _mutated(rng: Random, apdu: bytes) -> bytes:
    data = bytearray(apdu)
    kind = rng.choice(("same", "flip", "header", "cut", "more", "hole", "twice", "random"))
    at = rng.randrange(len(data))
    if kind == "flip":
        data[at] ^= 1 << rng.randrange(8)
    elif kind == "header":
        data[rng.randrange(min(_HEADER, len(data)))] = rng.choice((0, 0x7F, 0x80, 0x82, 0x88, 0xFF, rng.randrange(256)))
    elif kind == "cut":
        del data[at:]
    elif kind == "more":
        data += rng.randbytes(rng.randrange(1, 40))
    elif kind == "hole":
        del data[at : at + rng.randrange(1, 200)]
    elif kind == "twice":
        data[at:at] = data[:at]
    elif kind == "random":
        data = bytearray([rng.choice(_TAGS)]) + rng.randbytes(rng.randrange(300))
    return bytes(data)


def _options(rng: Random, key: bytes, auth_key: bytes, title: bytes) -> dict[str, Any]:
    wrong = rng.randbytes(rng.choice((16, 32)))
    given: list[dict[str, Any]] = [
        {},
        {"key": key},
        {"key": key, "auth_key": auth_key},
        {"key": key, "auth_key": auth_key},
        {"key": auth_key, "auth_key": key},
        {"key": wrong, "auth_key": auth_key},
        {"key": key, "auth_key": wrong},
        {"key": {title: key, b"LGZ\0\0\0\0\1": wrong}, "auth_key": {title: auth_key}},
    ]
    return rng.choice(given) | ({"system_title": title} if rng.random() < 0.3 else {})


def check(case: Case) -> None:
    """Only our errors, no secret in one; what is verified is what was ciphered; a push before changes nothing."""
    found, _ = parts(case.received)
    places = [0, *(place for part in found for place in (part.start, part.end)), len(case.received)]
    if places != sorted(places):
        raise BrokenPromiseError(f"parts {found}")
    fresh, used = (Opener(Keys(**case.options), is_sound) for _ in range(2))
    _outcome(used, case, case.sent)
    if _outcome(fresh, case, case.received) != _outcome(used, case, case.received):
        raise BrokenPromiseError("after another push this is opened in another way")


def _outcome(opener: Opener, case: Case, apdu: bytes) -> Opened | None:
    try:
        opened = opener.open(apdu)
    except HanParseError as error:
        shown = f"{error} {error!r} {vars(error)!r}".lower()
        if any(secret in shown for secret in _secrets(case.push, apdu)):
            raise BrokenPromiseError(f"{shown} shows a key or the content") from None
        return None
    if opened.security.verified and opened.apdu != case.push:
        raise BrokenPromiseError("what was verified is not what was ciphered")
    if not (opened.security.verified or is_sound(opened.apdu)):
        raise BrokenPromiseError("neither verified nor sound")
    return opened


def _secrets(push: bytes, apdu: bytes) -> list[str]:
    """Parts of keys and of a content that is not in clear, as they would be shown."""
    parts_of_it = [push[at : at + 10] for at in range(0, len(push) - 10, 10)]  # fewer digits may be those of a counter
    telling = [part for part in parts_of_it if len(set(part)) > 3 and part not in apdu]
    secrets = [KEY[:6], AUTH_KEY[:6], LONG_KEY[16:22], LONG_AUTH_KEY[:6], *telling]
    return [shown.lower() for each in secrets for shown in (each.hex(), each.hex(" "), repr(each)[2:-1])]


def run_cases(cases: int, first_seed: int) -> tuple[float, int]:
    """So many cases; how long the slowest took, and its seed."""
    slowest = (0.0, first_seed)
    for seed in range(first_seed, first_seed + cases):
        made = case(seeded(seed))
        start = perf_counter()
        try:
            check(made)
        except Exception as error:
            raise BrokenPromiseError(f"seed {seed}: {made.received.hex()}") from error
        slowest = max(slowest, (perf_counter() - start, seed))
    return slowest


def main() -> None:
    """The command line; see the top of this module."""
    parser = argparse.ArgumentParser(description="Look for ciphered APDUs that break a promise of hanparse.security.")
    parser.add_argument("--cases", type=int, default=100_000, help="how many cases to make")
    parser.add_argument("--first-seed", type=int, default=0, metavar="SEED", help="the seed of the first of them")
    options = parser.parse_args()
    start = perf_counter()
    slowest, seed = run_cases(options.cases, options.first_seed)
    print(f"{options.cases} cases in {perf_counter() - start:.0f} s, no promise broken")  # noqa: T201
    print(f"the slowest, of seed {seed}, took {1000 * slowest:.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
