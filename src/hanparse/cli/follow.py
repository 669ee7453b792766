"""A file that grows -> its bytes, whatever becomes of the file; nothing that is in it ends the following.

A file that is cut off or written anew is read from its beginning, and so is a file that takes its place (log rotation)
when the old one is read to its end. What is read is compared with what was read before it: a file that was cut off and
has grown beyond the old place in the meantime is noticed, too, unless the same bytes are there again.
"""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, Final, Self

from hanparse.cli.console import CHUNK, no_clock
from hanparse.cli.pieces import Pieces
from hanparse.cli.verdict import findings
from hanparse.decoder import Decoder
from hanparse.receiver import closeness

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
"""Seconds between looks at a file that does not grow."""

_REMEMBERED: Final = 256  # bytes in front of the place, by which it is known again
_IN_A_FRAME: Final = 1  # the closeness of an error in a frame; others are noise


class Restarted(str):
    """Why the file is read from its beginning."""

    __slots__ = ()


class Tail:
    """A file that is read as it grows. `path` is looked at for another file in its place; standard input has none.

    `read` does not wait, and it raises `OSError` as files do.
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
        """The tail of the file at `path`."""
        return cls(_raw(path), path)

    def __enter__(self) -> Self:
        """Return the tail."""
        return self

    def __exit__(self, *_raised: object) -> None:
        """Close it."""
        self._file.close()

    @property
    def can_end(self) -> bool:
        """Whether the end of the input is the end: that of a pipe without a name."""
        return self._is_pipe and self._path is None

    def read(self, size: int = CHUNK) -> bytes | Restarted:
        """What has come since; no bytes when nothing has."""
        found = self._more(size)
        if found:
            return found
        if self._is_replaced():
            return self._more(size) or self._take_its_place()  # the last words of the old file came before the new one
        return b""

    def _more(self, size: int) -> bytes | Restarted:
        if not self._is_regular:
            return self._file.read(size) or b""
        self._file.seek(self._position - len(self._before))
        seen = self._file.read(len(self._before) + size)
        if not seen.startswith(self._before):
            self._before, self._position = b"", 0
            return Restarted("was cut off or written anew and is read from its beginning")
        found = seen[len(self._before) :]
        self._before = seen[-_REMEMBERED:]
        self._position += len(found)
        return found

    def _is_replaced(self) -> bool:
        if self._path is None:
            return False
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False  # it was moved away, and another has not come yet

    def _take_its_place(self) -> bytes | Restarted:
        assert self._path  # noqa: S101  _is_replaced looked at it
        try:
            new = _raw(self._path)
        except OSError:
            return b""  # not ours to read yet
        self._file.close()
        self._open(new)
        return Restarted("is another file now, which is read from its beginning")


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
    """The measurements of a file that grows, without end; of a pipe until it is closed.

    `passed_over` is called with a sentence for every line without a dump, every frame that is damaged, every push that
    is not read, and whenever the file begins anew. `clock` says when a piece came, which is then `received`.
    """
    stream = _Stream(passed_over, clock, options)
    for found in _all(tail, wait):
        if isinstance(found, Restarted):
            yield from stream.end(found)
            stream = _Stream(passed_over, clock, options)
        else:
            yield from stream.take(found)
    yield from stream.end()


class _Stream:
    """Decodes one file from its beginning, and names what it passes over."""

    def __init__(self, passed_over: PassedOver, clock: Clock, options: Options) -> None:
        self._passed_over = passed_over
        self._clock = clock
        self._pieces = Pieces(passed_over, live=True)
        self._decoder = Decoder(**options, on_error=self._failed)
        self._has_named = False
        self._lost = 0

    def _failed(self, error: HanParseError) -> None:
        if closeness(error) <= _IN_A_FRAME:
            self._passed_over(str(error))
            self._has_named = True

    def take(self, piece: bytes) -> Iterator[Measurement]:
        for data in self._pieces.take(piece):
            yield from self._decoder.feed(data, self._clock())
            self._name_noise()

    def end(self, restarted: Restarted | None = None) -> Iterator[Measurement]:
        """What was begun is not continued, and a line without its end only where the input ends."""
        if restarted:
            self._pieces.drop()
        for data in self._pieces.end():
            yield from self._decoder.feed(data, self._clock())
        yield from self._decoder.flush()
        self._name_noise()
        if restarted:
            self._passed_over(restarted)
        elif not self._decoder.stats.measurements:
            for finding in findings(self._decoder):
                self._passed_over(finding)

    def _name_noise(self) -> None:
        """Name bytes outside frames, unless an error has named the frame that they were."""
        stats = self._decoder.stats
        if stats.passed_over > self._lost and not self._has_named:
            self._passed_over(f"{stats.passed_over - self._lost} of {stats.bytes} bytes so far belong to no frame")
        self._lost, self._has_named = stats.passed_over, False


def _all(tail: Tail, wait: Callable[[float], object]) -> Iterator[bytes | Restarted]:
    while True:
        found = tail.read()
        if found:
            yield found
        elif tail.can_end:
            return
        else:
            wait(POLL)
