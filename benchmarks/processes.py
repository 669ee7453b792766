"""Measure whole processes: the time of imports, the time of 10,000 frames, and the memory of a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from figures import row
from pushes import stream
from readers import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from figures import Row

READER: Final = Path(__file__).with_name("readers.py")
_IMPORT_COLUMNS: Final = 3  # import time: self | cumulative | name


def cpu_time(*arguments: str) -> tuple[float, str]:
    """Run Python with these arguments. Return its processor time in milliseconds, and its output."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own scripts
        said = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000, said


def imports(names: Sequence[str], rounds: int) -> list[Row]:
    """Return the rows of the cost of an import.

    One figure is the processor time of a process with the import minus that of a process without it. The other figure
    is the time of `-X importtime`.
    """
    whole: dict[str, list[float]] = {name: [] for name in names}
    said: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        bare, _ = cpu_time("-c", "pass")
        for name in names:
            whole[name].append(cpu_time("-c", LIBRARIES[name].imports)[0] - bare)
            said[name].append(_import_time(LIBRARIES[name].imports) - _import_time("pass"))
    return [row("import", "", whole), row("import time", "", said)]


def _import_time(statement: str) -> float:
    """Return the sum of the times of all modules in milliseconds.

    The time of a module excludes the modules that it imports.
    """
    command = [sys.executable, "-X", "importtime", "-c", statement]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stderr  # noqa: S603
    lines = (line.removeprefix("import time:").split("|") for line in listing.splitlines())
    selves = [columns[0].strip() for columns in lines if len(columns) == _IMPORT_COLUMNS]
    return sum(int(time) for time in selves if time.isdigit()) / 1000


def floor() -> float:
    """Return the memory in KiB of a process that has imported only construct, which hanparse and amshan both need."""
    statement = f"import sys; sys.path.insert(0, {str(READER.parent)!r}); import construct, readers"
    return int(cpu_time("-c", f"{statement}; print(readers.peak_memory())")[1]) / 1024


def whole(maker: str, names: list[str], frames: int, rounds: int) -> list[Row]:
    """Return the rows of time and peak memory of a process that reads a file of this many frames."""
    times: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, list[float]] = {name: [] for name in names}
    with TemporaryDirectory() as folder:
        path = Path(folder, maker)
        for number in range(rounds):
            path.write_bytes(stream(maker, frames, seed=number))
            for name in names:
                time, said = cpu_time(str(READER), name, str(path))
                count, peak = map(int, said.split()[-2:])
                if count != frames:
                    raise SystemExit(f"{name} found {count} of {frames} frames")
                times[name].append(time)
                memory[name].append(peak / 1024)
    return [row("process", f"{maker}, {frames:,} frames", times), row("resident", maker, memory)]
