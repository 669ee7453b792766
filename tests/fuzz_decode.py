"""Bytes from a fuzzer -> every way into hanparse, and an error where one of its promises is broken.

``python tests/fuzz_decode.py --cases 20000`` mutates real pushes (tests/mutations.py) and streams (tests/streams.py),
needs nothing but hanparse, and says how long the slowest case took. With atheris installed,
``python tests/fuzz_decode.py [corpus folder] [libFuzzer options]`` is guided by coverage; the first byte of an input
says which way it takes, so that payloads get sound checksums, and ``--seeds FOLDER`` writes a corpus to begin with.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import pickle
import sys
from pathlib import Path
from time import perf_counter
from types import FunctionType
from typing import TYPE_CHECKING, Final

import streams
from brokermessages import pulse_han, pulse_p1
from framefiles import ALL, SOUND, named
from mutations import heavy, mutated, retold
from wire import HEADER, LARGEST, LLC, chunks, seal, seeded, sound_spans

from hanparse import Decoder, HanParseError, Measurement, decode_all
from hanparse.hdlc import BUFFER_LIMIT, FrameReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Source = bytes | str

_SOUND_PUSH: Final = named("aidon/list1-no").data
_ROOM: Final = LARGEST - 2 - len(HEADER) - 2 - 2


class BrokenPromiseError(AssertionError):
    """Something that may not happen, whatever the input."""


# --- the promises ----------------------------------------------------------------------------------------------------


def check_decode(source: Source) -> None:
    """`decode_all` gives measurements that can be shown, or raises what it promises, with a message."""
    try:
        measurements = decode_all(source)
    except HanParseError as error:
        shown = [str(error), repr(error), getattr(error, "report", "")]
    else:
        shown = [text for m in measurements for text in (repr(m), json.dumps(m.to_dict(), allow_nan=False))]
    if not all(isinstance(text, str) for text in shown) or sum(map(len, shown)) > 100 * len(source) + 100_000:
        raise BrokenPromiseError(f"shown in {sum(map(len, shown))} characters")


def check_stream(data: bytes) -> None:
    """Chunks make no difference, the buffer is bounded, every sound frame is delivered that no sound frame contains."""
    whole = all_of(_measure([data]))
    for size in (1, 61, 4096):
        if all_of(_measure(chunks(seeded(size), data, size))) != whole:
            raise BrokenPromiseError(f"chunks of {size} bytes give other measurements")
    reader = FrameReader()
    frames = []
    for part in chunks(seeded(0), data, 61):
        frames += reader.feed(part)
        if reader.pending > BUFFER_LIMIT:
            raise BrokenPromiseError(f"{reader.pending} bytes are buffered")
    found = [(frame.offset, frame.build()) for frame in frames + reader.flush()]
    if found != _outermost(data):
        raise BrokenPromiseError(f"frames at {[at for at, _ in found]}")


def check_message(data: bytes) -> None:
    """A message of a broker gives measurements or nothing, in every wrapping, and harms no later message."""
    decoder = Decoder()
    for message in (data, data.hex().encode(), pulse_han(data), pulse_p1(data), pulse_p1(data)[:-5]):
        shown = all_of(decoder.decode_message(message))
        if len(shown) > 100 * len(message) + 100_000:
            raise BrokenPromiseError(f"shown in {len(shown)} characters")
    if len(decoder.decode_message(_SOUND_PUSH)) != 1 and _SOUND_PUSH not in data:
        raise BrokenPromiseError("a message is not read after others")


def all_of(measurements: list[Measurement]) -> str:
    """Everything in them, to compare; a float on the wire may be not a number, which does not equal itself."""
    return repr([(measurement.to_dict(), measurement.registers) for measurement in measurements])


def _measure(parts: Iterable[bytes]) -> list[Measurement]:
    decoder = Decoder()
    measurements = [measurement for part in parts for measurement in decoder.feed(part)]
    twin: Decoder = pickle.loads(pickle.dumps(decoder))
    return measurements + twin.flush()


def check_next(header: bytes, apdu: bytes, changed: bytes) -> None:
    """What a push has taught a decoder changes nothing about the next one on the same wire."""
    information = LLC + apdu
    alone, apart = Decoder(), Decoder()  # a push in segments is joined and read from its bytes each time
    taught = alone.feed(seal(information, header))
    segments = seal(information[:20], header, segmented=True) + seal(information[20:], header)
    if all_of(taught) != all_of(apart.feed(segments)):
        raise BrokenPromiseError("a push in segments is read in another way than whole")
    frame = seal(LLC + changed, header)
    if _told(alone, frame) != _told(apart, frame):
        raise BrokenPromiseError(f"after {taught} this is read in another way: {frame.hex(' ')}")


def _told(decoder: Decoder, frame: bytes) -> tuple[object, ...]:
    """All that a decoder says of a frame."""
    measurements = decoder.feed(frame)
    error = decoder.last_error
    said = getattr(error, "reason", None), getattr(error, "report", None)
    return all_of(measurements), type(error), said


def _outermost(data: bytes) -> list[tuple[int, bytes]]:
    """The sound frames from left to right, each beginning at the last one's closing flag or after it."""
    frames = []
    after = 0
    for start, raw in sorted(sound_spans(data)):
        if start >= after:
            frames.append((start, raw))
            after = start + len(raw) - 1
    return frames


# --- the ways in -----------------------------------------------------------------------------------------------------


def _segments(data: bytes) -> bytes:
    """The payload in segments of as many bytes as its first byte says, sealed."""
    information, size = LLC + data[1:], max(1, data[0] if data else 1)
    parts = [information[at : at + size] for at in range(0, len(information), size)]
    return b"".join(seal(part, segmented=i < len(parts)) for i, part in enumerate(parts, 1))


def _next(data: bytes) -> None:
    """A push as its meter sent it, then the same push with bytes of the fuzzer in place of its own, where these are."""
    file = SOUND[data[0] % len(SOUND)] if data else SOUND[0]
    changed = bytes(new or old for old, new in zip(file.apdu, data[1:], strict=False))
    header = file.data[3 : file.data.index(LLC) - 2]
    check_next(header, file.apdu, changed + file.apdu[len(changed) :])


WAYS: Final[tuple[Callable[[bytes], None], ...]] = (
    check_decode,
    check_stream,
    lambda data: check_decode(seal(LLC + data[:_ROOM])),
    lambda data: check_stream(seal(LLC + data[:_ROOM]) * 2),
    lambda data: check_decode(LLC + data),
    lambda data: check_stream(_segments(data)),
    lambda data: check_decode(data.hex(" ")),
    lambda data: check_decode(data.decode("utf-8", "replace")),
    _next,
    check_message,
)


def check(data: bytes) -> None:
    """One input of the fuzzer: its first byte says which way the rest takes."""
    if data:
        WAYS[data[0] % len(WAYS)](data[1:])


def seeds() -> list[bytes]:
    """Inputs to begin with: every frame file, raw, as a payload, and as text, and the heaviest inputs."""
    payloads = [file.data[file.data.index(LLC) + 3 : -3] for file in ALL if LLC in file.data]
    raw = [bytes([way]) + file.data for file in ALL for way in (0, 1, 6)]
    sealed = [bytes([way]) + payload for payload in payloads for way in (2, 3, 4)]
    segmented = [bytes([5, 60]) + payload for payload in payloads]
    texts = [b"\x07" + file.data.hex(" ").encode() for file in ALL]
    unchanged = [bytes([8, number]) for number in range(len(SOUND))]
    messages = [bytes([9]) + file.data for file in ALL] + [bytes([9]) + pulse_p1(file.data) for file in ALL]
    return messages + raw + sealed + segmented + texts + unchanged + [b"\x04" + data for data in heavy().values()]


# --- the two fuzzers -------------------------------------------------------------------------------------------------


def run_cases(cases: int, first_seed: int) -> tuple[float, int]:
    """Without atheris: so many mutations, and a stream for each twenty; how long the slowest took, and its seed."""
    slowest = (0.0, first_seed)
    for seed in range(first_seed, first_seed + cases):
        source = mutated(seed)
        start = perf_counter()
        try:
            check_decode(source)
            check_message(source.encode() if isinstance(source, str) else source)
            slowest = max(slowest, (perf_counter() - start, seed))
            if seed % 20 == 0:
                check_stream(streams.stream(seed).data)
                check_next(*retold(seed))
        except Exception as error:
            raise BrokenPromiseError(f"seed {seed}: {source!r}") from error
    return slowest


def run_atheris(arguments: list[str]) -> None:
    """Guided by coverage, until libFuzzer ends it."""
    atheris = importlib.import_module("atheris")
    for function in [each for each in gc.get_objects() if isinstance(each, FunctionType)]:
        if str(function.__module__).startswith("hanparse."):
            atheris.instrument_func(function)
    atheris.Setup([sys.argv[0], *arguments], check)
    atheris.Fuzz()


def main() -> None:
    """The command line; see the top of this module."""
    parser = argparse.ArgumentParser(description="Look for input that breaks a promise of hanparse.")
    parser.add_argument("--cases", type=int, help="how many cases to make without atheris")
    parser.add_argument("--first-seed", type=int, default=0, metavar="SEED", help="the seed of the first of them")
    parser.add_argument("--seeds", type=Path, metavar="FOLDER", help="write the inputs to begin with, and end")
    options, rest = parser.parse_known_args()
    if options.seeds:
        options.seeds.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(seeds()):
            (options.seeds / f"{number:04}").write_bytes(data)
    elif options.cases is None:
        run_atheris(rest)
    else:
        start = perf_counter()
        slowest, seed = run_cases(options.cases, options.first_seed)
        print(f"{options.cases} cases in {perf_counter() - start:.0f} s, no promise broken")  # noqa: T201
        print(f"the slowest, of seed {seed}, took {1000 * slowest:.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
