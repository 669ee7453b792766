"""What the command line has of the console: files -> chunks of wire bytes, a progress bar, words on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Final

from hanparse.cli.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from hanparse.cli.pieces import PassedOver

    Clock = Callable[[], datetime | None]

CHUNK: Final = 1 << 16
"""Bytes that are read at once."""


def no_clock() -> None:
    """Return no time: nobody asked when anything came."""


def chunks(file: BinaryIO, passed_over: PassedOver) -> Iterator[bytes]:
    """The wire bytes of a file, whether it holds them or a hex dump of them.

    `passed_over` is called with a sentence for each part of a text that is no dump. Raises `HexDumpError` where no
    part of it is one.
    """
    pieces = Pieces(passed_over)
    read: Callable[[int], bytes | None] = getattr(file, "read1", file.read)
    while piece := read(CHUNK):
        yield from pieces.take(piece)
    yield from pieces.end()


def complain(message: str) -> None:
    """Say on standard error what is wrong, if it is there: a program may have been started without."""
    with suppress(OSError, ValueError):
        if sys.stderr:
            sys.stderr.write(f"hanparse: {message}\n")
            sys.stderr.flush()


@contextmanager
def progress(size: int | None) -> Iterator[Callable[[int], object]]:
    """A function to call with every number of bytes that is done: a bar on a terminal when there is much to do."""
    worthwhile = size is not None and size > 1 << 22 and sys.stderr.isatty() and not sys.stdout.isatty()
    try:
        from rich.console import Console  # noqa: PLC0415  the extra "cli"
        from rich.progress import Progress  # noqa: PLC0415
    except ImportError:
        worthwhile = False
    if not worthwhile:
        yield lambda _done: None
        return
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("decoding", total=size)
        yield lambda done: bar.advance(task, done)
