"""Writes each push as a JSON object on its own line, to standard output or to the end of a file."""

from __future__ import annotations

import os
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
            lines = "".join(self.line(update) + "\n" for update in updates)
            await in_background(partial(write, self._path, lines))
            outlet.done(*updates)

    @staticmethod
    def line(update: Update) -> str:
        """Return the JSON object of a push.

        It contains the fields, the name of the meter and, if the source is not a file, the time of arrival.
        """
        return as_json(update.document() | {"meter": update.meter.name})


def write(path: str, text: str) -> None:
    """Append text to a file, or write it to standard output.

    Raises `OutputClosedError` if the program that read the output has ended. This function runs in a thread, and Python
    can stop the thread at the end of the program. A stopped thread must not hold the lock of `sys.stdout`, because
    Python flushes `sys.stdout` later. So the function writes to the file descriptor.
    """
    if path != STANDARD_OUTPUT:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123  the same for every kind of path
            file.write(text)
        return
    try:
        number = sys.stdout.fileno()
    except OSError:  # standard output was replaced, for example by a test
        sys.stdout.write(text)
        return
    remaining = memoryview(text.encode("utf-8"))
    while remaining:
        try:
            remaining = remaining[os.write(number, remaining) :]
        except BrokenPipeError as error:
            raise OutputClosedError from error
