"""Convert many captures with a pool of processes, Dask and Spark, and compute the cost of 1,000,000 meters.

    python benchmarks/fleet.py             a few minutes; prints the tables of docs/fleet.md
    python benchmarks/fleet.py --rounds 9

Needs hanparse with the extra ``archive``, and dask and distributed; pyspark and Java for the row of Spark. The engines
run one after the other. The times are elapsed times, without the start of the workers. Each ratio compares two figures
of the same round.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from operator import truediv
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final, NamedTuple

from growth import of_meters
from pushes import KINDS, pushes

from hanparse import Decoder
from hanparse.archive import convert

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KIND: Final = "Kaifa list 2"
_METERS: Final = 1_000_000
_PERIOD: Final = 10  # seconds between two pushes of most meters
_WORKERS: Final = os.cpu_count() or 1
_TIMES: Final = 200


class Engine(NamedTuple):
    """An engine and the function that converts captures with it."""

    name: str
    convert_all: Callable[[list[str], str], object]


def engines() -> Iterator[Engine]:
    """Start the workers of each installed engine, and yield the engine."""
    from dask.distributed import Client, LocalCluster  # noqa: PLC0415  only where it is installed
    from fleet_dask import convert_all, one  # noqa: PLC0415

    pool = ProcessPoolExecutor(_WORKERS)
    yield Engine("pool of processes", lambda paths, out: [*pool.map(partial(one, out=out), paths)])
    workers = LocalCluster(n_workers=_WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0")
    yield Engine("Dask", partial(convert_all, Client(workers)))
    if find_spec("pyspark"):
        yield Engine("Spark", _spark())


def _spark() -> Callable[[list[str], str], object]:
    from fleet_spark import convert_all  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # for the executors
    local = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
    session = SparkSession.builder.config(map=local).master(f"local[{_WORKERS}]").getOrCreate()
    return partial(convert_all, session)


def compare(captures: int, frames: int, rounds: int) -> dict[str, list[float]]:
    """Return the frames per second of each engine in each round, without the first round."""
    with TemporaryDirectory() as folder:
        paths = [str(Path(folder, f"{number}.bin")) for number in range(captures)]
        for number, path in enumerate(paths):
            Path(path).write_bytes(b"".join(pushes([*KINDS][number % len(KINDS)], frames, seed=number)))
        found: dict[str, list[float]] = {}
        started = list(engines())
        for number in range(rounds + 1):
            for engine in started:
                with TemporaryDirectory() as out:
                    begin = perf_counter()
                    engine.convert_all(paths, out)
                    speed = captures * frames / (perf_counter() - begin)
                if number:
                    found.setdefault(engine.name, []).append(speed)
        return found


def table(found: dict[str, list[float]]) -> str:
    """Return the frames per second of each engine, and the ratio to the pool of the same round, as Markdown."""
    pool = next(iter(found.values()))
    ratios = {name: median(map(truediv, speeds, pool)) for name, speeds in found.items()}
    lines = [f"| {name} | {median(speeds):,.0f} | {ratios[name]:.2f} |" for name, speeds in found.items()]
    return "\n".join(["| | frames per second | ratio to the pool |", "| --- | ---: | ---: |", *lines])


def fleet() -> str:
    """Return the cost of 1,000,000 meters as Markdown, computed from processor times of this process."""
    first, second = pushes(_KIND, 2)
    decoder = Decoder()
    decoder.feed(first)
    state = pickle.dumps(decoder)
    dumping, loading = _microseconds(lambda: pickle.dumps(decoder)), _microseconds(lambda: pickle.loads(state))  # noqa: S301
    restored = _microseconds(lambda: pickle.loads(state).feed(second)) - loading  # noqa: S301
    push, rate, frame = of_meters(10_000), _METERS / _PERIOD, _of_convert()
    rows = {
        "pushes per second": f"{rate:,.0f}",
        "time to decode one push, if 10,000 decoders receive pushes in turn": f"{push:.1f} µs",
        "processors that decode all pushes": f"{rate * push / 1e6:.2f}",
        "size of one pickled decoder; of all": f"{len(state):,} bytes; {_METERS * len(state) / 2**30:.2f} GiB",
        "time to pickle one decoder; all": f"{dumping:.0f} µs; {_METERS * dumping / 1e6:.0f} s of one processor",
        "time to load one decoder; all": f"{loading:.0f} µs; {_METERS * loading / 1e6:.0f} s of one processor",
        "time to decode the first push after loading; for all decoders": (
            f"{restored:.0f} µs; {_METERS * restored / 1e6 / 60:.0f} min of one processor"
        ),
        "time to convert one push of a capture to Parquet": f"{frame:.2f} µs",
        "processors that convert all captures to Parquet": f"{rate * frame / 1e6:.2f}",
    }
    lines = [f"| {name} | {cost} |" for name, cost in rows.items()]
    return "\n".join(["| 1,000,000 meters | |", "| --- | ---: |", *lines])


def _of_convert() -> float:
    """Return the shortest processor time per push in microseconds for the conversion of a capture to Parquet."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "capture.bin")
        path.write_bytes(b"".join(pushes(_KIND, 100_000)))
        times = []
        for _ in range(3):
            begin = process_time()
            count = convert(path, Path(folder, "out"))
            times.append((process_time() - begin) / count)
        return min(times) * 1e6


def _microseconds(work: Callable[[], object]) -> float:
    begin = process_time()
    for _ in range(_TIMES):
        work()
    return (process_time() - begin) / _TIMES * 1e6


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description="captures of many meters on the workers of engines")
    for name, default in (("captures", 16), ("frames", 50_000), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    found = compare(options.captures, options.frames, options.rounds)
    print(table(found), fleet(), sep="\n\n", flush=True)
    os._exit(0)  # ends the workers at once; the figures are complete


if __name__ == "__main__":
    main()
