"""Measure the cost of `Decoder(estimate=True)` for a 3-wire meter, as a ratio to a push with all values read.

Run ``python benchmarks/estimate_cost.py``. The goal is a ratio of at most 4, with the estimates read. Each figure is
the shortest time of many short runs, so that other programs on the machine have little influence.
"""

from __future__ import annotations

import sys
from pathlib import Path
from timeit import timeit
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from framefiles import named

from hanparse import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL: Final = 4.0
PUSHES: Final = {
    "Aidon list 1": ["aidon/list1-no"],
    "Aidon list 2, L2 current missing": ["aidon/list2-6525-it"],
    "Kaifa list 2, L2 current and voltage missing": ["kaifa/list2-ma304t3-it-ct"],
    "Aidon for ten seconds": [*["aidon/list1-no"] * 3, "aidon/list2-6525-it"],
}
RUNS: Final = 1000
REPETITIONS: Final = 20  # so few that the operating system rarely interrupts a run


def reading(frames: list[bytes], *, estimate: bool, ask: bool) -> Callable[[], None]:
    """Return a function that feeds known frames and reads all values, and the estimates if `ask` is true."""
    decoder = Decoder(estimate=estimate)
    for frame in frames * 3:
        decoder.feed(frame)

    def run() -> None:
        for frame in frames:
            for push in decoder.feed(frame):
                push.active_power_import  # noqa: B018  all values are read when one is asked for
                if ask:
                    push.estimated  # noqa: B018

    return run


def costs(frames: list[bytes]) -> tuple[float, float, float]:
    """Return the microseconds per push for values, for values with `estimate=True`, and for values and estimates."""
    ways = [
        reading(frames, estimate=False, ask=False),
        reading(frames, estimate=True, ask=False),
        reading(frames, estimate=True, ask=True),
    ]
    rounds = [[timeit(way, number=REPETITIONS) for way in ways] for _ in range(RUNS)]
    values, unread, read = (min(column) / REPETITIONS / len(frames) * 1e6 for column in zip(*rounds, strict=True))
    return values, unread, read


def main() -> None:
    """Measure and print."""
    print(f"{'':46}{'values':>9}{'estimate=True':>16}{'and estimates read':>21}")
    for name, files in PUSHES.items():
        values, unread, read = costs([named(file).data for file in files])
        print(f"{name:46}{values:6.1f} us{unread / values:13.1f} x{read / values:18.1f} x (at most {GOAL:g})")


if __name__ == "__main__":
    main()
