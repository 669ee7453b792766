"""Named files, `-` for standard input -> wire bytes and measurements; what is wrong goes to standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from hanparse.cli.console import chunks, complain, progress
from hanparse.decoder import Decoder, Options, decode_all
from hanparse.errors import HanParseError
from hanparse.hdlc import BUFFER_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanparse.measurement import Measurement

_SHORT: Final = BUFFER_LIMIT  # bytes that may be a push without a frame, or a frame that has lost its flags


class _NothingDecodedError(Exception):
    """A file holds no push that could be decoded."""


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file to read it."""
    if name != "-":
        with Path(name).open("rb") as file:
            yield file
    elif sys.stdin is None:
        raise OSError("standard input is closed")
    else:
        yield sys.stdin.buffer


def measurements(names: Sequence[str], options: Options, *, follow: bool = False) -> Iterator[Measurement]:
    """The measurements of all files; a file that has none is named. `follow` waits for more at the end of the last."""
    for at, name in enumerate(names, 1):
        try:
            yield from (_followed if follow and at == len(names) else _of_one)(name, options)
        except (HanParseError, OSError, _NothingDecodedError) as error:
            complain(f"{name}: {error}")


def _of_one(name: str, options: Options) -> Iterator[Measurement]:
    """The measurements of a file: of a stream, or of a short file as a whole, which need not be frames."""
    size = None if name == "-" else Path(name).stat().st_size
    decoder, begin = Decoder(**options), b""
    with opened(name) as file, progress(size) as done:
        for chunk in chunks(file, passed_over(name)):
            begin += chunk[: _SHORT + 1 - len(begin)]
            yield from decoder.feed(chunk)
            done(len(chunk))
        yield from decoder.flush()
    if not begin:
        raise _NothingDecodedError("there are no bytes")
    if not decoder.stats.measurements and len(begin) <= _SHORT:
        yield from decode_all(begin, **options)
    elif not decoder.stats.measurements:
        findings = decoder.diagnosis()
        raise _NothingDecodedError(findings[0] if findings else decoder.last_error)


def _followed(name: str, options: Options) -> Iterator[Measurement]:
    from hanparse.cli import follow  # noqa: PLC0415  only here

    path = None if name == "-" else Path(name)
    with opened(name) as file, follow.Tail(file.raw, path) as tail:  # type: ignore[attr-defined]
        yield from follow.measurements(tail, passed_over(name), **options)


def passed_over(name: str) -> Callable[[str], object]:
    """What names on standard error a part of a file that is not read."""
    return lambda what: complain(f"{name}: {what}")
