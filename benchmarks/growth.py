"""Show how the cost of a push grows with the number of frames, the number of meters and the share of noise."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final

from pushes import chunks, pushes, stream

from hanparse import Decoder

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from wire import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FRAMES: Final = (1_000, 10_000, 100_000, 1_000_000)
METERS: Final = (1, 10, 100, 1_000, 10_000)
NOISE: Final = (0, 10, 50, 90)
"""The share of noise in % of the bytes."""
_MAKER, _KIND = "Kaifa", "Kaifa list 2"
_CHUNK: Final = 4096
_BLOCK: Final = 1_000
"""The number of frames of a block. A stream repeats this block."""
_TURNS: Final = 10
_TIMES: Final = 5


def tables() -> tuple[str, str, str]:
    """Return the three tables as Markdown."""
    return (
        _table("frames", [f"{count:,}" for count in FRAMES], [_best(of_frames, count) for count in FRAMES]),
        _table("meters", [f"{count:,}" for count in METERS], [_best(of_meters, count) for count in METERS]),
        _table("noise", [f"{percent} %" for percent in NOISE], [_best(with_noise, percent) for percent in NOISE]),
    )


def _best(measure: Callable[[int], float], size: int) -> float:
    return min(measure(size) for _ in range(_TIMES))


def of_frames(count: int) -> float:
    """Return the microseconds per push in a stream with this number of frames."""
    parts, feed = chunks(stream(_MAKER, _BLOCK), _CHUNK), Decoder().feed
    for part in parts:
        feed(part)
    begin, found = process_time(), 0
    for _ in range(count // _BLOCK):
        for part in parts:
            found += len(feed(part))
    return _each(begin, found, count)


def of_meters(count: int) -> float:
    """Return the microseconds per push if this number of meters send in turn. Each meter has its own decoder."""
    first, *sent = pushes(_KIND, _TURNS + 1)
    feeds = [Decoder().feed for _ in range(count)]
    for feed in feeds:
        feed(first)
    gc.collect()
    times = max(1, 1_000 // count)
    begin, found = process_time(), 0
    for push in sent * times:
        for feed in feeds:
            found += len(feed(push))
    return _each(begin, found, count * _TURNS * times)


def with_noise(percent: int) -> float:
    """Return the microseconds per frame if this percentage of the bytes is noise between the frames."""
    frames, rng = pushes(_KIND, _BLOCK), seeded(percent)
    size = len(frames[0]) * percent // (100 - percent)
    parts, feed = chunks(b"".join(frame + rng.randbytes(size) for frame in frames), _CHUNK), Decoder().feed
    feed(frames[0])
    begin, found = process_time(), 0
    for _ in range(_TURNS):
        for part in parts:
            found += len(feed(part))
    return _each(begin, found, _BLOCK * _TURNS)


def _each(begin: float, found: int, sent: int) -> float:
    """Return the microseconds since `begin`, divided by the number of pushes.

    Raises `SystemExit` if pushes were lost.
    """
    time = process_time() - begin
    if found < sent * 0.999:  # noise can begin like a frame, and then hide the last frame of the stream
        raise SystemExit(f"found {found:,} of {sent:,} pushes")
    return time / found * 1e6


def _table(name: str, heads: Sequence[str], figures: Sequence[float]) -> str:
    costs = ("µs for each push", *(f"{figure:.2f}" for figure in figures))
    lines = [(name, *heads), ("---", *["---:"] * len(heads)), costs]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    print(*tables(), sep="\n\n")
