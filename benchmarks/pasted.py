"""Measure the time to read a pasted text, for every style of the tests, and its growth with the length of the text.

    python benchmarks/pasted.py              ten minutes; all styles of tests/dumpstyles.py and tests/texts.py
    python benchmarks/pasted.py --only log   only the styles with this word in their name

A figure is the number of megabytes of text that `hanparse.pasted.dump` reads in a second of processor time. The last
column is the cost of a byte in 4 MB of text, divided by its cost in 64 KB. The command fails above twice a goal.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from time import process_time
from typing import Final

from hanparse.pasted import dump

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import dumpstyles  # noqa: E402  the styles are those of the tests
import texts  # noqa: E402
from framefiles import named  # noqa: E402

_DUMPS: Final = {**dumpstyles.ANY, **dumpstyles.AMONG_TEXT}
STYLES: Final = _DUMPS | {
    name + " of texts.py" * (name in _DUMPS): write
    for name, write in texts.NOTATIONS.items()
    if write is not _DUMPS.get(name)
}
CAPTURE: Final = tuple(named(name).data for name in ("kaifa/list1-no", "aidon/list2-6525-it", "kaifa/list1-no"))
"""The frames of a capture, which are repeated."""
BY_FRAME: Final = ("no flags", "gateway")
"""These notations write a dump of each frame. The other ones write one dump of all frames."""
SHORT: Final = 64 << 10
LONG: Final = 4 << 20
SPEED: Final = 2.0
"""The goal, in megabytes of text per second."""
GROWTH: Final = 1.1
_TIMES: Final = {SHORT: 20, LONG: 3}


def text_of(style: str, size: int) -> tuple[str, int]:
    """Return a text of this style with about `size` characters, and the number of frames in it."""
    write = STYLES[style]
    times = max(1, round(size * 8 / len(write(b"".join(CAPTURE) * 8))))
    frames = CAPTURE * times
    return "\n".join(map(write, frames)) if style in BY_FRAME else write(b"".join(frames)), len(frames)


def seconds(text: str, frames: int, times: int) -> float:
    """Return the shortest processor time in which the text is read. Raises `SystemExit` if frames are lost."""
    best = float("inf")
    for _ in range(times):
        start = process_time()
        found = dump(text)
        best = min(best, process_time() - start)
    sizes = sum(len(CAPTURE[at % len(CAPTURE)]) for at in range(frames))
    if len(found.data) != sizes:
        raise SystemExit(f"found {len(found.data):,} of {sizes:,} bytes")
    return best


def speeds(style: str) -> list[float]:
    """Return the megabytes per second of a short and of a long text of this style."""
    found = []
    for size, times in _TIMES.items():
        text, frames = text_of(style, size)
        found.append(len(text) / seconds(text, frames, times) / 1e6)
    return found


def main() -> int:
    """Print a row for each style, and compare with twice the goals."""
    parser = argparse.ArgumentParser(description="the speed at which pasted texts are read")
    parser.add_argument("--only", default="", help="measure only the styles with this word in their name")
    only = parser.parse_args().only
    gc.freeze()
    print(f"| style | MB/s, 64 KB of text | MB/s, 4 MB (goal: {SPEED}) | growth (goal: {GROWTH} ×) |")
    print("|---|---:|---:|---:|")
    missed = []
    for style in filter(lambda style: only in style, STYLES):
        short, long = speeds(style)
        print(f"| {style} | {short:.2f} | {long:.2f} | {short / long:.2f} × |", flush=True)
        if min(short, long) < SPEED / 2 or short / long > 2 * GROWTH:
            missed.append(style)
    if missed:
        print(f"above twice the goal: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
