"""Compare archives with amshan and with `Decoder`: clean and damaged captures, many meters, noise, memory, growth.

    python benchmarks/archive.py            a minute or two; writes the tables of docs/archives.md to standard output
    python benchmarks/archive.py --short    a few cases; fails when the median of the makers is below its floor

The script installs an environment as benchmarks/speed.py does. All figures are processor times of one process, in
interleaved rounds. A ratio is the median of the ratios of all rounds.
"""

from __future__ import annotations

import argparse
import gc
import logging
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from pushes import KINDS, pushes, stream
from readers import FILE_CHUNK, LIBRARIES
from speed import AMSHAN, ROOT, install
from wire import check_sequence, seeded

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES: Final = 200_000
_OURS: Final = 1 << 16  # bytes of a chunk for `Decoder`
_AMSHAN: Final = 600  # frames; amshan needs at most a second for them
FLOORS: Final[dict[float, float]] = {1000: 500, 700: 350, 200: 100}
"""The lowest accepted ratio for each goal: half of the goal."""


class Case(NamedTuple):
    """A capture, the number of its frames, and the goal for the ratio of the costs of amshan and hanparse."""

    data: bytes
    frames: int
    goal: float | None = None


def damaged(data: bytes, frames: int, share: float) -> bytes:
    """Return a stream in which one bit is wrong in this share of the frames."""
    rng, changed = seeded(1), bytearray(data)
    for _ in range(int(frames * share)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def meters(frames: int, count: int) -> bytes:
    """Return a stream in which `count` meters send in turn. Each meter has its own number."""
    base = pushes("Kamstrup list 1", min(max(count, 1000), 10_000))
    at = base[0].index(b"\x0a\x10") + 2
    for number, frame in enumerate(base):
        numbered = frame[: at + 8] + b"%08d" % (number % count) + frame[at + 16 :]
        base[number] = numbered[:-3] + check_sequence(numbered[1:-3]) + numbered[-1:]
    return b"".join(base) * (frames // len(base))


def noisy(frames: int, share: float) -> tuple[bytes, int]:
    """Return a stream with random bytes between the frames, and the number of frames.

    `share` is the share of random bytes.
    """
    rng, base = seeded(2), pushes("Kamstrup list 1", 2000)
    size = int(len(base[0]) * share / (1 - share))
    return b"".join(rng.randbytes(size) + frame for frame in base) * (frames // 2000), frames // 2000 * 2000


def cases(frames: int) -> dict[str, Case]:
    """Return the captures that hanparse and amshan decode."""
    streams = {maker: stream(maker, 20_000, seed=1) * (frames // 20_000) for maker in ("Aidon", "Kaifa", "Kamstrup")}
    found = {f"{maker}, clean": Case(data, frames, 1000) for maker, data in streams.items()}
    for share, goal in ((0.01, 700), (0.1, 200)):
        for maker, data in streams.items():
            found[f"{maker}, {share:.0%} damaged"] = Case(damaged(data, frames, share), frames, goal)
    return found


def more(frames: int) -> dict[str, Case]:
    """Return captures of single lists, and captures with more and more meters, noise and frames."""
    found = {kind: Case(b"".join(pushes(kind, 4000)) * (frames // 4000), frames) for kind in KINDS}
    mix = zip(*(pushes(kind, 4000) for kind in list(KINDS)[:5]), strict=True)
    found["five kinds in turn"] = Case(b"".join(map(b"".join, mix)) * (frames // 20_000), frames)
    shuffled = seeded(3).sample([frame for kind in list(KINDS)[:5] for frame in pushes(kind, 4000)], 20_000)
    found["five kinds at random"] = Case(b"".join(shuffled) * (frames // 20_000), frames)
    for count in (1, 100, 10_000):
        found[f"{count:,} meters"] = Case(meters(frames, count), frames)
    for share in (0.1, 0.5, 0.9):
        found[f"{share:.0%} noise"] = Case(*noisy(frames // 5, share))
    for number in (1_000, 10_000, 100_000, 1_000_000):
        found[f"{number:,} frames"] = Case((stream("Kamstrup", 1000, seed=1) * (number // 1000)), number)
    return found


def _bulk(case: Case) -> int:
    from hanparse.archive import batches  # noqa: PLC0415  other processes do not need it

    return sum(batch.num_rows for batch in batches(case.data))


def _one_by_one(case: Case) -> int:
    feed = LIBRARIES["hanparse"].reader()
    return sum(len(feed(case.data[at : at + _OURS])) for at in range(0, len(case.data), _OURS))


def _amshan(case: Case) -> int:
    feed = LIBRARIES["amshan"].reader()
    return sum(len(feed(case.data[at : at + FILE_CHUNK])) for at in range(0, len(case.data), FILE_CHUNK))


def _cost(measured: Callable[[Case], int], case: Case) -> float:
    """Return the processor time per frame in ns."""
    gc.collect()
    begin = time.process_time()
    measured(case)
    return (time.process_time() - begin) / case.frames * 1e9


def _part(case: Case, frames: int) -> Case:
    """Return the beginning of a case, with about `count` frames."""
    return Case(case.data[: len(case.data) * frames // case.frames], frames) if frames < case.frames else case


def compare(name: str, case: Case, rounds: int) -> float:
    """Print the figures of a case, and return the ratio to amshan."""
    found = []
    for _ in range(rounds):
        bulk = _cost(_bulk, case)
        found.append((bulk, _cost(_one_by_one, _part(case, 20_000)), _cost(_amshan, _part(case, _AMSHAN))))
    bulk, decoder, amshan = (median(column) for column in zip(*found, strict=True))
    ratios = [median(other / row[0] for row in found for other in (row[at],)) for at in (1, 2)]
    speed = len(case.data) / case.frames / bulk * 1000
    goal = f"{case.goal:.0f}" if case.goal else ""
    print(
        f"| {name} | {bulk:.0f} | {speed:.0f} | {decoder:.0f} | {amshan / 1000:.0f} "
        f"| {ratios[0]:.1f} | {ratios[1]:.0f} | {goal} |",
        flush=True,
    )
    return ratios[1]


def check_sequences(maker: str) -> str:
    """Return the cost of a frame in an archive, as a multiple of one call of the C function for the check sequence."""
    from hanparse.wire.crc import frame_register  # noqa: PLC0415  as above

    frames = stream(maker, 20_000, seed=1)
    case = Case(frames * 10, 200_000)
    each = [frames[at : at + len(frames) // 20_000] for at in range(0, len(frames) - 500, len(frames) // 20_000)]
    _bulk(case)
    begin = time.process_time()
    for frame in each:
        frame_register(frame)
    call = (time.process_time() - begin) / len(each) * 1e9
    return f"{maker}: {_cost(_bulk, case) / call:.2f} times one call ({call:.0f} ns)"


def peak(path: str) -> int:
    """Return the growth of the peak memory in MiB while the batches of a file are read, without the imports."""
    import hanparse.archive  # noqa: PLC0415  as above

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in hanparse.archive.batches(path):
        pass
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


def _peaks(sizes: tuple[int, ...]) -> None:
    for size in sizes:
        with NamedTemporaryFile(suffix=".bin") as file:
            block = stream("Kamstrup", 20_000, seed=1)
            for _ in range(size * (1 << 20) // len(block)):
                file.write(block)
            file.flush()
            command = [sys.executable, __file__, "--peak", file.name]
            shown = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  this script
            print(f"{size} MiB: {shown.stdout.strip()} MiB over the imports", flush=True)


def _measure(*, is_short: bool) -> int:
    if not is_short:
        _peaks((16, 256, 1024))  # first, because a new process begins with the peak of this process
    logging.disable(logging.CRITICAL)  # amshan reports each damaged frame
    frames, rounds = (60_000, 3) if is_short else (FRAMES, 5)
    print("| capture | ns a frame | MB/s | `Decoder`, ns | amshan, µs | × `Decoder` | × amshan | goal |")
    print("|---|---|---|---|---|---|---|---|")
    _bulk(Case(stream("Kaifa", 100), 100))  # the first call imports modules
    found: dict[float, list[float]] = {}
    for name, case in cases(frames).items():
        found.setdefault(case.goal or 0, []).append(compare(name, case, rounds))
    if not is_short:
        for name, case in more(frames).items():
            compare(name, case, rounds)
        print(*map(check_sequences, ("Aidon", "Kaifa", "Kamstrup")), sep="\n")
    return 0 if all(median(ratios) >= FLOORS.get(goal, 0) for goal, ratios in found.items()) else 1


def main() -> int:
    """Install the libraries and compare them."""
    parser = argparse.ArgumentParser(description="archives: how fast, and how much memory")
    parser.add_argument("--short", action="store_true", help="few cases; fail below the floors")
    parser.add_argument("--environment", type=Path, metavar="FOLDER", help="install here, not in a temporary folder")
    parser.add_argument("--installed", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--peak", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(peak(options.peak))
        return 0
    if options.installed:
        return _measure(is_short=options.short)
    with TemporaryDirectory() as temporary:
        python = install(options.environment or Path(temporary), [AMSHAN, "numpy", "pyarrow"])
        again = [str(python), str(ROOT / "benchmarks" / "archive.py"), "--installed", *["--short"] * options.short]
        return subprocess.run(again, check=False).returncode  # noqa: S603  our own script


if __name__ == "__main__":
    sys.exit(main())
