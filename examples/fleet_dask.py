"""Convert captures to Parquet with Dask. Each capture is one task.

    python examples/fleet_dask.py OUT CAPTURE...

docs/fleet.md describes the program.
"""

import os
import sys
from typing import NamedTuple

from dask.distributed import Client, Future, LocalCluster, wait

from hanparse.archive import convert


class Report(NamedTuple):
    """Holds the number of rows of a capture, or the error of the file."""

    path: str
    rows: int
    error: str


def one(path: str, out: str) -> Report:
    """Convert one capture. If the file cannot be read, report the error."""
    try:
        return Report(path, convert(path, out), "")
    except OSError as error:
        return Report(path, 0, str(error))


def convert_all(client: Client, paths: list[str], out: str) -> list[Report]:
    """Convert captures on the workers of a cluster.

    If a worker crashes, its task runs again on another worker.
    """
    jobs = client.map(one, paths, out=out, pure=False, retries=3)
    wait(jobs)
    return [_report(job, path) for job, path in zip(jobs, paths, strict=True)]


def _report(job: Future, path: str) -> Report:
    if job.status == "finished":
        found: Report = job.result()
        return found
    return Report(path, 0, repr(job.exception()))


def main() -> None:
    """Convert the captures with one worker for each processor of this computer."""
    out, *paths = sys.argv[1:]
    here = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    workers = LocalCluster(n_workers=os.cpu_count(), threads_per_worker=1, **here)
    with workers, Client(workers) as client:
        for report in convert_all(client, paths, out):
            print(*report)


if __name__ == "__main__":
    main()
