"""Named files, `-` for standard input -> wire bytes and measurements; what is wrong goes to standard error."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from hanparse.cli.console import chunks, complain, no_clock, progress
from hanparse.cli.verdict import findings
from hanparse.decoder import Decoder, Options, decode_all
from hanparse.errors import HanParseError
from hanparse.hdlc import BUFFER_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanparse.cli.console import Clock
    from hanparse.measurement import Measurement

    T = TypeVar("T")

STANDARD_INPUT: Final = "-"

EXPLAINED: Final = 1 << 20
"""Bytes that are explained at once: some hundred times as much text and memory."""

_SHORT: Final = BUFFER_LIMIT  # bytes that may be a push without a frame, or a frame that has lost its flags
_DUMP: Final = re.compile(r"(?:0x)?[0-9A-Fa-f]{2}(?:[\s:-]?[0-9A-Fa-f]{2}){7,}.*", re.DOTALL)
_END_KEY: Final = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"


class _NothingDecodedError(Exception):
    """A file holds no push that could be decoded. Its arguments say why."""


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file to read it, and say what is waited for where a person has to type it."""
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
    """The files that a command was given. A file that cannot be read or decoded is named, and the next one is read."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._is_last = False
        self.is_unreadable = False
        """Whether one of them could not be read, as far as they were asked for."""

    def each(self, read: Callable[[str, BinaryIO], Iterator[T]]) -> Iterator[T]:
        """What `read` yields of each file, by its name."""
        for at, name in enumerate(self._names, 1):
            self._is_last = at == len(self._names)
            try:
                with opened(name) as file:
                    yield from read(name, file)
            except OSError as error:
                self.is_unreadable = True
                passed_over(name)(f"{error.strerror or error}{_hint(name, error)}")
            except HanParseError as error:
                passed_over(name)(str(error))
            except _NothingDecodedError as error:
                for finding in error.args:
                    passed_over(name)(finding)

    def measurements(
        self, options: Options, *, follow: bool = False, clock: Clock = no_clock
    ) -> Iterator[tuple[str, Measurement]]:
        """The measurements of all files, each behind the name of its file.

        `follow` waits for more at the end of the last. `clock` says when each chunk came, which is then `received`.
        """

        def read(name: str, file: BinaryIO) -> Iterator[tuple[str, Measurement]]:
            read_one = _followed if follow and self._is_last else _of_one
            return ((name, measurement) for measurement in read_one(name, file, options, clock))

        return self.each(read)


def first(coming: Iterator[bytes], note: Callable[[str], object]) -> bytes:
    """Return the first `EXPLAINED` bytes of a file; `note` is called with a sentence where there are more."""
    found = bytearray()
    for chunk in coming:
        found += chunk
        if len(found) > EXPLAINED:
            note(f"the first {EXPLAINED:,} bytes are explained; cut out others, as tail -c or dd does")
            break
    return bytes(found[:EXPLAINED])


def is_port(name: str) -> bool:
    """Return whether a file is a device that gives bytes as they come, such as a serial port."""
    try:
        return name != STANDARD_INPUT and Path(name).is_char_device()
    except (OSError, ValueError):
        return False  # reading it says what is wrong


def passed_over(name: str) -> Callable[[str], object]:
    """What names on standard error a part of a file that is not read."""
    shown = "standard input" if name == STANDARD_INPUT else name
    return lambda what: complain(f"{shown}: {what}")


def _hint(name: str, error: OSError) -> str:
    """Return what to do where a dump was given for the name of a file."""
    is_missing = isinstance(error, FileNotFoundError) or len(name) > 255  # noqa: PLR2004  the longest name of a file
    return "; a dump goes to standard input, or into a file" if is_missing and _DUMP.fullmatch(name) else ""


def _of_one(name: str, file: BinaryIO, options: Options, clock: Clock) -> Iterator[Measurement]:
    """The measurements of a file: of a stream, or of a short file as a whole, which need not be frames."""
    size = None if name == STANDARD_INPUT else Path(name).stat().st_size
    decoder, begin = Decoder(**options), b""
    with progress(size) as done:
        for chunk in chunks(file, passed_over(name)):
            begin += chunk[: _SHORT + 1 - len(begin)]
            yield from decoder.feed(chunk, clock())
            done(len(chunk))
        yield from decoder.flush()
    if not decoder.stats.measurements:
        for measurement in _without_frames(begin, decoder, options):
            yield measurement.__replace__(received=clock())


def _without_frames(begin: bytes, decoder: Decoder, options: Options) -> Iterator[Measurement]:
    """The measurements of bytes in which no frame was decoded; raises what says why there are none."""
    why = None
    try:
        found = decode_all(begin, **options) if len(begin) <= _SHORT else []
    except HanParseError as error:
        found, why = [], error
    if not found:
        raise _NothingDecodedError(*findings(decoder, why)) from why
    yield from found


def _followed(name: str, file: BinaryIO, options: Options, clock: Clock) -> Iterator[Measurement]:
    from hanparse.cli import follow  # noqa: PLC0415  only here

    path = None if name == STANDARD_INPUT else Path(name)
    with follow.Tail(file.raw, path) as tail:  # type: ignore[attr-defined]
        yield from follow.measurements(tail, passed_over(name), clock=clock, **options)
