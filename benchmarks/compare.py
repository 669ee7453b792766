"""Measure the time and memory that hanparse and other libraries need for the same pushes, in one run.

The script runs in the environment that speed.py makes. Rounds are interleaved (A B A B), and a ratio compares two
figures of the same round. So other work on the machine slows both figures. Times are processor times of the process.
"""

from __future__ import annotations

import contextlib
import gc
import io
import sys
from dataclasses import dataclass
from time import process_time_ns
from typing import TYPE_CHECKING, Any, Final

import memory
import processes
from agreement import failures
from figures import OURS, RIVAL, SCENARIOS, row, table
from pushes import KINDS, ORDER, chunks, pushes, stream
from readers import LIBRARIES

from hanparse.measurement import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agreement import Failures
    from figures import Row
    from readers import Feed

CHUNK_SIZES: Final = (1, 16, 256, 4096)
_MORE: Final = 20
"""hanparse decodes this many times more pushes in a round, because the clock is too coarse for a few pushes."""


@dataclass(frozen=True)
class Effort:
    """The numbers of rounds and repetitions of the measurements."""

    names: tuple[str, ...]
    rounds: int
    pushes: int
    """The number of pushes of one kind in a round, for the slower libraries."""
    stream: int
    """The number of frames of a stream."""
    stream_rounds: int
    file: int
    """The number of frames that a process reads."""
    file_rounds: int
    import_rounds: int
    memory_rounds: int


FULL: Final = Effort(
    tuple(LIBRARIES),
    rounds=25, pushes=20, stream=360, stream_rounds=9, file=10_000, file_rounds=5, import_rounds=15, memory_rounds=3,
)  # fmt: skip
SHORT: Final = Effort(
    (OURS, RIVAL),
    rounds=9, pushes=10, stream=60, stream_rounds=5, file=500, file_rounds=1, import_rounds=7, memory_rounds=1,
)  # fmt: skip


def compare(effort: Effort) -> tuple[list[Row], Failures]:
    """Return the rows of every scenario for every list and every maker, and the failures of the libraries."""
    failed = failures(effort.names)
    gc.freeze()  # the libraries are loaded now; the garbage collector must not visit them during a measurement

    def able(case: str) -> list[str]:
        return [name for name in effort.names if name not in failed[case]]

    with contextlib.redirect_stdout(io.StringIO()):  # gurux-dlms prints unexpected data
        rows = [row for kind in KINDS for row in single_pushes(kind, able(kind), effort)]
        rows += [streams(maker, size, able(maker), effort) for maker in ORDER for size in CHUNK_SIZES]
        for kind in KINDS:
            rows += memory.retained(kind, able(kind), effort.stream, effort.memory_rounds)
        rows += [memory.allocated(maker, able(maker), effort.stream, effort.memory_rounds) for maker in ORDER]
    rows += processes.imports(effort.names, effort.import_rounds)
    for maker in ORDER:
        rows += processes.whole(maker, able(maker), effort.file, effort.file_rounds)
    order = list(SCENARIOS)
    return sorted(rows, key=lambda found: order.index(found.scenario)), failed


def single_pushes(kind: str, names: list[str], effort: Effort) -> list[Row]:
    """Return the rows of single pushes: with learned layouts, with all values read, and hanparse with new decoders."""
    feeds = {name: LIBRARIES[name].reader() for name in names}
    reads = {OURS: _with_fields(feeds[OURS], pushes(kind, 1)[0]), RIVAL: _with_items(feeds[RIVAL])}
    for push in pushes(kind, 2, seed=-1):
        for feed in feeds.values():
            feed(push)
    warm: dict[str, list[float]] = {name: [] for name in names}
    fields: dict[str, list[float]] = {OURS: [], RIVAL: []}
    cold: dict[str, list[float]] = {OURS: [], RIVAL: []}
    for number in range(effort.rounds):
        many = pushes(kind, effort.pushes * _MORE, seed=number)
        sent = {name: many if name == OURS else many[: effort.pushes] for name in names}
        for name in names:
            warm[name].append(microseconds(feeds[name], sent[name]))
        cold[OURS].append(microseconds(_fresh, sent[RIVAL]))
        cold[RIVAL].append(microseconds(feeds[RIVAL], sent[RIVAL]))
        for name, read in reads.items():
            fields[name].append(microseconds(read, sent[name]))
    return [row("warm", kind, warm), row("fields", kind, fields), row("cold", kind, cold)]


def streams(maker: str, size: int, names: list[str], effort: Effort) -> Row:
    """Return the row of the lists of a meter in chunks of one size.

    The decoders have learned the layouts of these lists.
    """
    feeds = {name: LIBRARIES[name].reader() for name in names}
    for feed in feeds.values():
        microseconds(feed, chunks(stream(maker, 20, seed=-1), size))
    samples: dict[str, list[float]] = {name: [] for name in names}
    for number in range(effort.stream_rounds):
        cut = chunks(stream(maker, effort.stream, seed=number), size)
        for name in names:
            samples[name].append(microseconds(feeds[name], cut) * len(cut) / effort.stream)
    return row(f"chunks {size}", maker, samples)


def microseconds(take: Callable[[bytes], object], parts: Sequence[bytes]) -> float:
    """Return the processor time that `take` needs for one of `parts`, on average."""
    gc.collect()
    begin = process_time_ns()
    for part in parts:
        take(part)
    return (process_time_ns() - begin) / len(parts) / 1000


def _fresh(push: bytes) -> Sequence[object]:
    return LIBRARIES[OURS].reader()(push)


def _with_fields(feed: Feed, example: bytes) -> Callable[[bytes], object]:
    """Return a function that feeds a push and reads every field that a push of this kind has."""
    (measurement,) = LIBRARIES[OURS].reader()(example)
    names = [name for name in FIELDS if getattr(measurement, name) is not None]
    return lambda push: [getattr(found, name) for found in feed(push) for name in names]


def _with_items(feed: Feed) -> Callable[[bytes], object]:
    """Return a function that feeds a push and reads every value of the resulting dictionary."""

    def read(push: bytes) -> list[Any]:
        return [found[name] for found in feed(push) for name in found]  # type: ignore[attr-defined, index]

    return read


def main() -> int:
    """Measure and print. Without `--short`, also write the page. Return 1 if a ratio is below half of its goal."""
    short = "--short" in sys.argv[1:]
    rows, failed = compare(SHORT if short else FULL)
    print(table(rows))
    if not short:
        import speed_page  # noqa: PLC0415  they need what the short form does not install
        import speed_plot  # noqa: PLC0415

        speed_page.write(rows, failed)
        speed_plot.write(rows)
    below = [f"{SCENARIOS[found.scenario].title}, {found.case}" for found in rows if not found.reached_floor]
    print("\nbelow half of the goal:" if below else "\nevery ratio is at least half of its goal", *below, sep="\n")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
