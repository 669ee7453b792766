"""Reads and decodes a file while it grows. hanparse continues to read after an error in the content of the file.

A file that is truncated or rewritten is read from its beginning again. If another file replaces the file (log
rotation), the old file is read to its end, and the new file from its beginning.

Each read also reads the last bytes of the previous read again, and compares them. So it detects a file that was
truncated and then grew beyond the previous position, unless the file has the same bytes before this position.
"""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, Final, Self

from hanparse.cli.console import CHUNK, Notes, no_clock
from hanparse.cli.pieces import Pieces
from hanparse.cli.verdict import findings
from hanparse.decoder import Decoder
from hanparse.receiver import is_framed
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from pathlib import Path
    from typing import Unpack

    from hanparse.cli.console import Clock
    from hanparse.cli.pieces import PassedOver
    from hanparse.decoder import Options
    from hanparse.errors import HanParseError
    from hanparse.measurement import Measurement

POLL: Final = 0.5
"""The time in seconds between two reads of a file that does not grow."""

_REMEMBERED: Final = 256  # bytes before the position, which the next read compares


class Restarted(str):
    """A `Restarted` is the reason why a file is read from its beginning."""

    __slots__ = ()


class Tail:
    """Reads a file while it grows, and then the file that replaces it at `path`. For standard input `path` is `None`.

    `read` does not wait for bytes. It raises `OSError` if the file cannot be read.
    """

    def __init__(self, file: FileIO, path: Path | None = None) -> None:
        self._path = path
        self._open(file)

    def _open(self, file: FileIO) -> None:
        self._file = file
        mode = os.fstat(file.fileno()).st_mode
        self._is_regular = stat.S_ISREG(mode)
        self._is_pipe = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
        self._before = b""
        self._position = file.tell() if self._is_regular else 0

    @classmethod
    def of(cls, path: Path) -> Self:
        """Open the file at `path` and return its tail."""
        return cls(_raw(path), path)

    def __enter__(self) -> Self:
        """Return this tail."""
        return self

    def __exit__(self, *_raised: object) -> None:
        """Close the file."""
        self._file.close()

    @property
    def can_end(self) -> bool:
        """True if the input can end. An unnamed pipe can end, but a file or a named pipe can always continue."""
        return self._is_pipe and self._path is None

    def read(self, size: int = CHUNK) -> bytes | Restarted:
        """Return the bytes added since the last call, or the reason why the file is read from its beginning."""
        data = self._more(size)
        if data:
            return data
        if self._is_replaced():
            return self._more(size) or self._follow_replacement()  # the old file can have grown before it was replaced
        return b""

    def _more(self, size: int) -> bytes | Restarted:
        if not self._is_regular:
            return self._file.read(size) or b""
        self._file.seek(self._position - len(self._before))
        seen = self._file.read(len(self._before) + size)
        if not seen.startswith(self._before):
            self._before, self._position = b"", 0
            return Restarted("was truncated or rewritten, and is read from its beginning")
        data = seen[len(self._before) :]
        self._before = seen[-_REMEMBERED:]
        self._position += len(data)
        return data

    def _is_replaced(self) -> bool:
        if self._path is None:
            return False
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False  # the file was moved, and no other file has replaced it yet

    def _follow_replacement(self) -> bytes | Restarted:
        assert self._path  # noqa: S101  _is_replaced returns False without a path
        try:
            new = _raw(self._path)
        except OSError:
            return b""  # the new file is not readable yet; the next call tries again
        self._file.close()
        self._open(new)
        return Restarted("was replaced by another file, which is read from its beginning")


def _raw(path: Path) -> FileIO:
    return path.open("rb", buffering=0)


def measurements(
    tail: Tail,
    passed_over: PassedOver,
    *,
    clock: Clock = no_clock,
    wait: Callable[[float], object] = time.sleep,
    **options: Unpack[Options],
) -> Iterator[Measurement]:
    """Yield the measurements of a file that grows. The iterator ends only at the end of an unnamed pipe.

    `measurements` calls `passed_over` with a sentence for lines without a dump, for bytes outside frames, for each
    damaged frame and for each push that cannot be read. It also calls `passed_over` if the file is read from its
    beginning again. Each time that bytes are read, `measurements` calls `clock`. The time that `clock` returns becomes
    `Measurement.received`.
    """
    stream = _Stream(passed_over, clock, options)
    for found in _pieces_of(tail, wait):
        if isinstance(found, Restarted):
            yield from stream.end(found)
            stream = _Stream(passed_over, clock, options)
        else:
            yield from stream.take(found)
    yield from stream.end()


class _Stream:
    """Decodes one file from its beginning, and reports the parts that it passes over."""

    def __init__(self, passed_over: PassedOver, clock: Clock, options: Options) -> None:
        self._passed_over = Notes(passed_over)
        self._clock = clock
        self._pieces = Pieces(self._passed_over, live=True)
        self._decoder = Decoder(**options, on_error=self._failed)
        self._has_reported = False
        self._noise = 0

    def _failed(self, error: HanParseError) -> None:
        self._pieces.add_place(error)
        if is_framed((error,)):
            self._passed_over(str(error))
            self._has_reported = True

    def take(self, piece: bytes) -> Iterator[Measurement]:
        for data in self._pieces.take(piece):
            yield from self._decoder.feed(data, self._clock())
            self._report_noise()

    def end(self, restarted: Restarted | None = None) -> Iterator[Measurement]:
        """End the stream.

        The last line may have no line end. It is decoded, unless the file is read from its beginning again.
        """
        if restarted:
            self._pieces.drop()
        for data in self._pieces.end():
            yield from self._decoder.feed(data, self._clock())
        yield from self._decoder.flush()
        self._report_noise()
        if restarted:
            self._passed_over(restarted)
        elif not self._decoder.stats.measurements:
            for finding in filter(self._passed_over.is_new, findings(self._decoder)):
                self._passed_over(finding)

    def _report_noise(self) -> None:
        """Report new bytes outside frames. Do not report the bytes of a damaged frame whose error was reported."""
        stats = self._decoder.stats
        if stats.passed_over > self._noise and not self._has_reported:
            noise = Count(stats.passed_over - self._noise)
            words = f"{noise} {noise:byte belongs|bytes belong} to no frame"
            self._passed_over(f"{words}; {stats.bytes} bytes were read so far")
        self._noise, self._has_reported = stats.passed_over, False


def _pieces_of(tail: Tail, wait: Callable[[float], object]) -> Iterator[bytes | Restarted]:
    while True:
        found = tail.read()
        if found:
            yield found
        elif tail.can_end:
            return
        else:
            wait(POLL)
