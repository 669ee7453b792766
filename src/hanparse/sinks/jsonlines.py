"""Writes each push as a JSON object on its own line, to standard output or to the end of a file."""

from __future__ import annotations

import os
import select
import stat
import sys
from functools import partial
from typing import TYPE_CHECKING

from hanparse.sinks.outlet import OutputClosedError
from hanparse.sinks.target import STANDARD_OUTPUT
from hanparse.sinks.update import as_json
from hanparse.sources.background import in_background

if TYPE_CHECKING:
    from hanparse.sinks.outlet import Outlet
    from hanparse.sinks.target import Target
    from hanparse.sinks.update import Update


class JsonLines:
    """Writes JSON lines to standard output or to a file."""

    def __init__(self, target: Target) -> None:
        self._path = target.path

    async def __call__(self, outlet: Outlet) -> None:
        """Write every update."""
        while True:
            updates = await outlet.all()
            lines = outlet.converted(updates, lambda update: f"{self.line(update)}\n".encode())
            await in_background(partial(write, self._path, b"".join(line for _, line in lines)))
            outlet.done(*(update for update, _ in lines))

    @staticmethod
    def line(update: Update) -> str:
        """Return the JSON object of a push.

        It contains the fields, the name of the meter and, if the source is not a file, the time of arrival.
        """
        return as_json(update.document() | {"meter": update.meter.name})


def write(path: str, data: bytes) -> None:
    """Append whole lines to a file, or write them to standard output.

    Raises `OutputClosedError` if the program that read standard output has ended. This function runs in a thread, and
    Python can stop the thread at the end of the program. A stopped thread must not hold the lock of `sys.stdout`,
    because Python flushes `sys.stdout` later. So the function writes to the file descriptor.
    """
    if path != STANDARD_OUTPUT:
        with open(path, "ab", buffering=0) as file:  # noqa: PTH123  the same for every kind of path
            _write_all(file.fileno(), data)
        return
    if sys.stdout is None:
        raise OSError("standard output is closed")
    try:
        number = sys.stdout.fileno()
    except OSError:  # standard output was replaced, for example by a test
        sys.stdout.write(data.decode())
        return
    try:
        _write_all(number, data)
    except BrokenPipeError as error:
        raise OutputClosedError from error


def _write_all(number: int, data: bytes) -> None:
    """Write all bytes to a file descriptor. Wait while a non-blocking pipe is full.

    Raises `OSError` if this fails, and first removes the written part from a regular file. Otherwise the next attempt
    would write its first line behind a part of a line.
    """
    size, remaining = os.fstat(number).st_size, memoryview(data)
    while remaining:
        try:
            remaining = remaining[os.write(number, remaining) :]
        except BlockingIOError:
            select.select([], [number], [])
        except OSError:
            written, now = len(data) - len(remaining), os.fstat(number)
            if stat.S_ISREG(now.st_mode) and now.st_size == size + written:  # no other program has appended to it
                os.ftruncate(number, size)
                os.lseek(number, -written, os.SEEK_CUR)
            raise
