"""Runs the commands of `hanparse`, also as `python -m hanparse`."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from importlib.resources import files
from io import TextIOWrapper
from typing import TYPE_CHECKING, BinaryIO, Final

from hanparse.cli import arguments
from hanparse.cli.console import chunks, complain, no_clock
from hanparse.cli.formats import writer
from hanparse.cli.inputs import EXPLAINED, Inputs, first, passed_over
from hanparse.cli.keys import key_options
from hanparse.cli.lookups import lookups
from hanparse.cli.tables import table
from hanparse.cli.verdict import as_dict, as_text
from hanparse.decoder import Decoder, Options, decode
from hanparse.errors import HanParseError, HexDumpError
from hanparse.meters import PROFILES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from hanparse.annotate.tree import Explanation
    from hanparse.cli.formats import Output
    from hanparse.measurement import Measurement

_DEMO_PUSHES: Final = ("aidon", "kaifa", "kamstrup")
_DECODED, _NOTHING, _WRONG, _INTERRUPTED = 0, 1, 2, 130


def main(given: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    The status is 0 on success, 1 if nothing was decoded or found, 2 if a file could not be read, and 130 after an
    interrupt. Wrong arguments exit with 2.
    """
    found = arguments.given(given)
    if sys.stdout is None:
        complain("standard output is closed")
        return _NOTHING
    if isinstance(sys.stdout, TextIOWrapper):  # the encoding of the output may not have every character
        sys.stdout.reconfigure(errors="backslashreplace")
    return _run(found)


def _run(given: argparse.Namespace) -> int:
    try:
        status = COMMANDS[given.command](given)
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up_output()  # the reader of the pipe has ended, as `head` does; this is not an error
        return _DECODED
    except KeyboardInterrupt:
        sys.stdout.flush()
        return _INTERRUPTED
    except (HanParseError, OSError) as error:
        complain(str(error))
        try:
            sys.stdout.flush()
        except OSError:
            _give_up_output()  # for example, the device is full
        return _NOTHING
    return status


def _give_up_output() -> None:
    """Discard the remaining output. Otherwise Python reports an error when it flushes standard output at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _status(inputs: Inputs, *, decoded: bool) -> int:
    if inputs.is_unreadable:
        return _WRONG
    return _DECODED if decoded else _NOTHING


def _decode(given: argparse.Namespace) -> int:
    inputs, output = Inputs(given.files), arguments.output(given)
    options = Options(**arguments.reading(given), estimate=output.estimated, profiles=PROFILES)
    clock = _now if output.received else no_clock
    if given.follow:
        _end_like_an_interrupt()
    decoded = _write(inputs.measurements(options, follow=given.follow, clock=clock), output, flush=given.follow)
    return _status(inputs, decoded=decoded > 0)


def _write(measurements: Iterator[tuple[str, Measurement]], output: Output, *, flush: bool) -> int:
    """Write the measurements and return their number. An interrupt still writes the end of the output."""
    written = writer(output)
    put, count = sys.stdout.write, 0
    put(written.begin)
    if flush:
        sys.stdout.flush()
    try:
        for name, measurement in measurements:
            put(written.row(measurement, name))
            count += 1
            if flush:
                sys.stdout.flush()
    except KeyboardInterrupt:
        put(written.end())
        raise
    put(written.end())
    return count


def _now() -> datetime:
    return datetime.now(UTC)


def _end_like_an_interrupt() -> None:
    """Handle SIGTERM like an interrupt, so that the end of the output is written."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _explain(given: argparse.Namespace) -> int:
    from hanparse.annotate.explain import explain  # noqa: PLC0415  only this command needs it

    def read(name: str, file: BinaryIO) -> Iterator[Explanation]:
        source: str | bytes
        try:
            source = first(chunks(file, passed_over(name)), passed_over(name))
        except HexDumpError:  # the function also explains a dump in which bytes are masked
            if not file.seekable():
                raise
            file.seek(0)
            source = file.read(EXPLAINED).decode("utf-8", "replace")
        yield explain(source, **arguments.reading(given))

    inputs, sound = Inputs(given.files), False
    for explanation in inputs.each(read):
        print(json.dumps(explanation.to_dict()) if given.format == "json" else explanation)
        sound = sound or not explanation.error
    return _status(inputs, decoded=sound)


def _obis(given: argparse.Namespace) -> int:
    found = lookups(given.codes)
    if not found:
        complain("nothing known")
        return _NOTHING
    is_json = given.format == "json"
    print(json.dumps([one._asdict() for one in found]) if is_json else "\n".join(one.line for one in found))
    return _DECODED


def _diagnose(given: argparse.Namespace) -> int:
    decoder = Decoder(**key_options(given))

    def read(name: str, file: BinaryIO) -> Iterator[None]:
        for chunk in chunks(file, passed_over(name)):
            decoder.feed(chunk)
        decoder.flush()
        yield

    inputs = Inputs(given.files)
    if list(inputs.each(read)):
        print(json.dumps(as_dict(decoder)) if given.format == "json" else as_text(decoder))
    return _status(inputs, decoded=decoder.stats.measurements > 0)


def _report(given: argparse.Namespace) -> int:
    from hanparse.support.report import attachment  # noqa: PLC0415  only this command needs it

    def read(name: str, file: BinaryIO) -> Iterator[str]:
        received = chunks(file, passed_over(name))
        yield attachment(received, given.keep, with_plaintext=given.with_plaintext, **key_options(given))

    inputs, reported = Inputs(given.files), False
    for report in inputs.each(read):
        print(report)
        reported = True
    return _status(inputs, decoded=reported)


def _bridge(given: argparse.Namespace) -> int:
    from hanparse.cli.bridge import bridge  # noqa: PLC0415  only this command needs asyncio

    return bridge(given, Options(**arguments.reading(given), estimate=True, profiles=PROFILES))


def _demo(_given: argparse.Namespace) -> int:
    for name in _DEMO_PUSHES:
        dump = files("hanparse").joinpath("cli", "demo", f"{name}.hex").read_text("ascii")
        print(dump + table(decode(dump)), end="\n\n")
    return _DECODED


COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "decode": _decode,
    "explain": _explain,
    "obis": _obis,
    "diagnose": _diagnose,
    "report": _report,
    "bridge": _bridge,
    "demo": _demo,
}
"""The function of each command. It takes the arguments and returns the exit status."""
