"""The examples that convert many captures on the workers of an engine: no row is lost, and none is there twice."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from framefiles import named
from scripts import ROOT, script
from wire import seeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dask.distributed import Client

pytest.importorskip("pyarrow", reason="pyarrow is not installed")
FRAMES = named("kaifa/list1-no").data + named("kaifa/list2-ma304h4-tn").data
_COUNT = 300  # pushes of a sound capture
_LIMIT = 120  # seconds; only a failure takes so long


class Captures(NamedTuple):
    """Captures, and the pushes that each contains; `None` for a missing one."""

    pushes: dict[str, int | None]
    out: str

    @property
    def paths(self) -> list[str]:
        return list(self.pushes)

    def rows(self) -> list[tuple[str, int]]:
        """Return the capture and the position of every row that was written."""
        import pyarrow.dataset as ds  # noqa: PLC0415  only where it is installed

        table = ds.dataset(self.out, partitioning="hive").to_table(columns=["source", "position"])
        return sorted(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def check(self, reports: list[Any]) -> None:
        """Check that the reports and the rows are those of the captures."""
        assert dict(report[:2] for report in reports) == {path: n or 0 for path, n in self.pushes.items()}
        assert [report[0] for report in reports if report[2]] == [path for path, n in self.pushes.items() if n is None]
        found = self.rows()
        assert len(found) == len(set(found)) == sum(count or 0 for count in self.pushes.values())


@pytest.fixture
def captures(tmp_path: Path) -> Captures:
    """Sound captures, one that is missing, one that is cut in its last frame, and noise."""
    sound = FRAMES * (_COUNT // 2)
    contents = {**dict.fromkeys(("a.bin", "b.bin", "c.bin"), sound), "cut.bin": sound[:-40]}
    contents["noise.bin"] = seeded(5).randbytes(20_000)
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    pushes: dict[str, int | None] = {str(tmp_path / name): _COUNT for name in ("a.bin", "b.bin", "c.bin")}
    pushes[str(tmp_path / "cut.bin")] = _COUNT - 1
    pushes[str(tmp_path / "noise.bin")] = 0
    pushes[str(tmp_path / "none.bin")] = None
    return Captures(pushes, str(tmp_path / "out"))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of two workers, each a process of this machine."""
    dask = pytest.importorskip("dask", reason="dask is not installed")
    distributed = pytest.importorskip("dask.distributed", reason="dask and distributed are not installed")
    patient = dask.config.set({"distributed.comm.timeouts.connect": f"{_LIMIT} s"})  # on a machine with other work
    with patient, pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "examples"))  # the workers import the example, too
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        )
        with cluster, distributed.Client(cluster) as client:
            yield client


@pytest.fixture
def pipe(captures: Captures, tmp_path: Path) -> str:
    """A capture that a test writes while it is read."""
    path = str(tmp_path / "pipe.bin")
    os.mkfifo(path)
    captures.pushes[path] = 2
    return path


def opened_to_write(pipe: str) -> int:
    """Return a descriptor of a pipe as soon as a process reads from it."""
    end = time.monotonic() + _LIMIT
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # no process has opened it
            assert time.monotonic() < end, "no worker reads the capture"
            time.sleep(0.02)


def kill_reader(pipe: str, pids: Iterable[int], end: int) -> None:
    """Kill the process that reads from a pipe, and wait until it does so no more; `end` is the other end."""
    (reader,) = [pid for pid in pids if any(_target(fd) == pipe for fd in Path(f"/proc/{pid}/fd").iterdir())]
    os.kill(reader, signal.SIGKILL)
    gone = select.poll()
    gone.register(end, 0)  # an error is reported in any case
    assert gone.poll(1000 * _LIMIT), "the worker still reads the capture"


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed since
        return ""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_dask_loses_no_row_when_a_worker_is_killed_in_the_middle(captures: Captures, pipe: str, client: Client) -> None:
    example = script("examples/fleet_dask.py")
    with ThreadPoolExecutor(1) as pool:
        converted = pool.submit(example.convert_all, client, captures.paths, captures.out)
        end = opened_to_write(pipe)
        os.write(end, FRAMES[:-10])
        kill_reader(pipe, client.run(os.getpid).values(), end)
        os.close(end)
        end = opened_to_write(pipe)  # another worker reads it from its begin
        os.write(end, FRAMES)
        os.close(end)
        captures.check(converted.result(_LIMIT))


def test_dask_writes_the_same_files_again(captures: Captures, client: Client) -> None:
    example = script("examples/fleet_dask.py")
    captures.check(example.convert_all(client, captures.paths, captures.out))
    files = sorted(Path(captures.out).rglob("*"))
    captures.check(example.convert_all(client, captures.paths, captures.out))
    assert sorted(Path(captures.out).rglob("*")) == files


@pytest.mark.skipif(shutil.which("java") is None, reason="java is not installed")
@pytest.mark.filterwarnings("default")  # those of pyspark
def test_spark_writes_the_same_files_again(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "examples"), *sys.path]))  # of the executors
    example = script("examples/fleet_spark.py")
    on_this_machine = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    spark = sql.SparkSession.builder.config(map={"spark.ui.enabled": "false", **on_this_machine}).master("local[2]")
    session = spark.getOrCreate()
    try:
        for _ in range(2):
            captures.check(example.convert_all(session, captures.paths, captures.out))
    finally:
        session.stop()
