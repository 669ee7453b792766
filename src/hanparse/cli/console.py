"""Reads wire bytes from files, writes messages to standard error and shows a progress bar."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from hanparse.cli.pieces import Pieces

    Clock = Callable[[], datetime | None]

CHUNK: Final = 1 << 16
"""The largest number of bytes that one call reads."""

_REMEMBERED: Final = 100  # messages
_OFFSET: Final = re.compile(r"byte \d+(?: \(line \d+, column \d+\))?: ")  # the text of each `FrameError` begins with it

DECODED, NOTHING, WRONG, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses.

`NOTHING` means that nothing was decoded or found, or that the output cannot be written. `WRONG` means that a file
cannot be read or an argument is wrong.
"""


def no_clock() -> None:
    """Return `None`. A command that does not need the times of arrival uses this function as its clock."""


def chunks(file: BinaryIO, pieces: Pieces) -> Iterator[bytes]:
    """Yield the wire bytes of a file: the bytes that a meter sent. The file contains them as such, or as hex dumps.

    `pieces` converts the file. Raises `HexDumpError` if the file is a text and contains no dump.
    """
    read: Callable[[int], bytes | None] = getattr(file, "read1", file.read)
    while piece := read(CHUNK):
        yield from pieces.take(piece)
    yield from pieces.end()


def complain(message: str) -> None:
    """Write a message to standard error. Do nothing if standard error is closed."""
    with suppress(OSError, ValueError):
        if sys.stderr:
            sys.stderr.write(f"hanparse: {message}\n")
            sys.stderr.flush()


class Notes:
    """Passes the messages about one file to `write`, and remembers the last `_REMEMBERED` of them.

    With `is_new`, a command avoids a second message for the same error. An error in a frame of a text is found twice:
    in the line of the text, and in the bytes that the decoder receives.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._messages: deque[str] = deque(maxlen=_REMEMBERED)

    def __call__(self, message: str) -> None:
        """Write a message."""
        self._messages.append(message)
        self._write(message)

    def is_new(self, message: str) -> bool:
        """Return whether no remembered message contains `message`, without the offset with which it may begin."""
        reason = _OFFSET.sub("", message, count=1)
        return not any(reason in earlier for earlier in self._messages)


def end_like_an_interrupt() -> None:
    """Let SIGTERM raise `KeyboardInterrupt`, so that the command completes its output before it ends."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def progress(size: int | None, *, is_output_free: bool = False) -> Iterator[Callable[[int], object]]:
    """Yield a function that takes the number of bytes of each chunk and draws a progress bar.

    The bar is drawn if rich is installed, `size` is above 4 MiB, and standard error is a terminal. If standard output
    is a terminal, too, the bar is not drawn, because it would overwrite the output. `is_output_free` means that the
    command writes no output while the bar is shown. Then the bar is drawn also if standard output is a terminal.
    """
    is_free = is_output_free or not sys.stdout.isatty()
    worthwhile = size is not None and size > 1 << 22 and sys.stderr.isatty() and is_free
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
