"""Reads and decodes the files of a command. The name `-` is standard input. Writes errors to standard error."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from hanparse.cli import follow
from hanparse.cli.console import DECODED, NOTHING, WRONG, Notes, chunks, complain, no_clock, progress
from hanparse.cli.keys import hide_secrets
from hanparse.cli.pieces import Pieces
from hanparse.cli.verdict import findings
from hanparse.decoder import Decoder, Options, decode_all
from hanparse.errors import HanParseError
from hanparse.hdlc import BUFFER_LIMIT
from hanparse.receiver import is_framed
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanparse.cli.console import Clock
    from hanparse.measurement import Measurement

    T = TypeVar("T")

STANDARD_INPUT: Final = "-"

EXPLAINED: Final = 1 << 20
"""The largest number of bytes of a file that are explained. An explanation is about a hundred times as long."""

_DUMP: Final = re.compile(r"(?:0x)?[0-9A-Fa-f]{2}(?:[\s:-]?[0-9A-Fa-f]{2}){7,}.*", re.DOTALL)
_HINT: Final = "; pass a hex dump on standard input or in a file"
_LONGEST_NAME: Final = 255  # characters; the usual limit of a file name
_END_KEY: Final = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"


class Lost:
    """Counts the errors in the frames, telegrams and messages of a file, and keeps the last error."""

    def __init__(self, add_place: Callable[[HanParseError], object]) -> None:
        self.count = 0
        self._add_place = add_place
        self._last: HanParseError | None = None

    def add(self, error: HanParseError) -> None:
        """Set the place of an error in a text, and count the error unless the bytes are noise outside frames."""
        self._add_place(error)
        if is_framed((error,)):
            self.count += 1
            self._last = error

    def summary(self, is_new: Callable[[str], bool]) -> str:
        """Return one sentence with the number of errors, and with the last error if it `is_new`."""
        number = Count(self.count)
        last = f"{number:|, the last}: {self._last}" if is_new(str(self._last)) else ""
        return (
            f"not everything was decoded: {number} {number:error|errors}{last}; hanparse diagnose and explain show more"
        )


class _NothingDecodedError(Exception):
    """A file contains no push that can be decoded. The arguments of the error are the reasons."""


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file for reading.

    If standard input is a terminal, write to standard error that the command waits for input.
    """
    if name != STANDARD_INPUT:
        with Path(name).open("rb") as file:
            yield file
    elif sys.stdin is None:
        raise OSError("it is closed")
    else:
        if sys.stdin.isatty():
            complain(f"waiting for bytes or a hex dump on standard input; {_END_KEY} ends it")
        yield sys.stdin.buffer


class Inputs:
    """Reads the files of a command. Reports a file that cannot be read or decoded, and continues with the next file."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._is_last = False
        self.is_unreadable = False
        """True if one of the files read so far raised an `OSError`."""

    def each(self, read: Callable[[str, BinaryIO], Iterator[T]]) -> Iterator[T]:
        """Open each file, call `read` with the name and the file, and yield the results of `read`."""
        for at, name in enumerate(self._names, 1):
            self._is_last = at == len(self._names)
            try:
                with opened(name) as file:
                    yield from read(name, file)
            except OSError as error:
                self.is_unreadable = True
                is_missing = isinstance(error, FileNotFoundError) or len(name) > _LONGEST_NAME
                shown = hide_secrets(name) if is_missing else name  # a key or a URL may be in the place of a file
                passed_over(shown)(f"{error.strerror or error}{_HINT if is_missing and _DUMP.fullmatch(name) else ''}")
            except HanParseError as error:
                passed_over(name)(str(error))
            except _NothingDecodedError as error:
                for finding in error.args:
                    passed_over(name)(finding)

    def measurements(
        self, options: Options, *, follow: bool = False, clock: Clock = no_clock
    ) -> Iterator[tuple[str, Measurement]]:
        """Return an iterator over the measurements of all files. Each item is the name of a file and a measurement.

        With `follow`, wait for more bytes at the end of the last file. Each time that bytes are read, `clock` is
        called. The time that it returns becomes `Measurement.received`.
        """

        def read(name: str, file: BinaryIO) -> Iterator[tuple[str, Measurement]]:
            read_one = _followed if follow and self._is_last else _of_one
            return ((name, measurement) for measurement in read_one(name, file, options, clock))

        return self.each(read)

    def status(self, *, decoded: bool) -> int:
        """Return the exit status of the command. It is `WRONG` if one of the files cannot be read."""
        if self.is_unreadable:
            return WRONG
        return DECODED if decoded else NOTHING


def first(coming: Iterator[bytes], note: Callable[[str], object]) -> bytes:
    """Return the first `EXPLAINED` bytes of a file. `note` is called with a sentence if the file has more."""
    found = bytearray()
    for chunk in coming:
        found += chunk
        if len(found) > EXPLAINED:
            note(f"only the first {EXPLAINED:,} bytes are explained; tail -c prints the later ones")
            break
    return bytes(found[:EXPLAINED])


def is_port(name: str) -> bool:
    """Return whether a file is a character device, such as a serial port."""
    try:
        return name != STANDARD_INPUT and Path(name).is_char_device()
    except (OSError, ValueError):
        return False  # the command reports the error when it opens the file


def passed_over(name: str) -> Callable[[str], object]:
    """Return a function that writes a message about the file to standard error."""
    shown = "standard input" if name == STANDARD_INPUT else name
    return lambda what: complain(f"{shown}: {what}")


def _of_one(name: str, file: BinaryIO, options: Options, clock: Clock) -> Iterator[Measurement]:
    """Yield the measurements in the frames of a file.

    If the frames contain no measurement, pass a short file to `decode_all`, which also finds pushes without frames.
    """
    size = None if name == STANDARD_INPUT else Path(name).stat().st_size
    notes = Notes(passed_over(name))
    pieces = Pieces(notes)
    lost = Lost(pieces.add_place)
    decoder, begin = Decoder(**options, on_error=lost.add), b""
    with progress(size) as done:
        for chunk in chunks(file, pieces):
            begin += chunk[: BUFFER_LIMIT + 1 - len(begin)]
            yield from decoder.feed(chunk, clock())
            done(len(chunk))
        yield from decoder.flush()
    if not decoder.stats.measurements:
        for measurement in _without_frames(begin, decoder, options, notes, pieces):
            yield measurement.__replace__(received=clock())
    elif lost.count:
        notes(lost.summary(notes.is_new))


def _without_frames(
    begin: bytes, decoder: Decoder, options: Options, notes: Notes, pieces: Pieces
) -> Iterator[Measurement]:
    """Yield the measurements of bytes in which no frame was decoded.

    Raises `_NothingDecodedError` if the bytes contain no measurement. The error contains the reasons that `notes`
    has not yet written.
    """
    why = None
    try:
        found = decode_all(begin, **options) if len(begin) <= BUFFER_LIMIT else []
    except HanParseError as error:
        pieces.add_place(error)
        found, why = [], error
    if not found:
        raise _NothingDecodedError(*filter(notes.is_new, findings(decoder, why))) from why
    yield from found


def _followed(name: str, file: BinaryIO, options: Options, clock: Clock) -> Iterator[Measurement]:
    path = None if name == STANDARD_INPUT else Path(name)
    with follow.Tail(file.raw, path) as tail:  # type: ignore[attr-defined]
        yield from follow.measurements(tail, passed_over(name), clock=clock, **options)
