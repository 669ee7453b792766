"""Files -> chunks of wire bytes, and measurements -> text: what the command line reads and writes."""

from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from hanparse.cli.pieces import Pieces
from hanparse.measurement import FIELD_UNITS, FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.cli.pieces import PassedOver
    from hanparse.measurement import Measurement

CHUNK: Final = 1 << 16
"""Bytes that are read at once."""

_FORMULA: Final = ("=", "+", "-", "@")  # a spreadsheet takes a text that begins so for a formula


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


def written(measurements: Iterator[Measurement], form: str) -> Iterator[str]:
    """The measurements as text, piece by piece: ``table``, ``json``, ``jsonl`` or ``csv``."""
    return {"table": _tables, "json": _json, "jsonl": _json_lines, "csv": _csv}[form](measurements)


def table(measurement: Measurement) -> str:
    """One line per field that is present, with its unit."""
    return "\n".join(f"  {name:<24} {shown}" for name, shown in _rows(measurement))


def _rows(measurement: Measurement) -> list[tuple[str, str]]:
    estimates = [
        (name, f"{e.value:.3f} {FIELD_UNITS[name]} (estimated, {e.low:.3f} to {e.high:.3f} {FIELD_UNITS[name]})")
        for name, e in measurement.estimated.items()
    ]
    return measurement.rows() + estimates


def _tables(measurements: Iterator[Measurement]) -> Iterator[str]:
    coloured = _coloured() if sys.stdout.isatty() else None
    for measurement in measurements:
        heading = f"{measurement.timestamp or ''} {measurement.manufacturer or ''} {measurement.model or ''}"
        heading = " ".join(heading.split()) or "measurement"
        yield coloured(heading, measurement) if coloured else f"{heading}\n{table(measurement)}\n\n"


def _coloured() -> Callable[[str, Measurement], str] | None:
    """What writes a measurement as a table in colours, where rich is installed."""
    try:
        from rich.console import Console  # noqa: PLC0415  the extra "cli"
        from rich.table import Table  # noqa: PLC0415
    except ImportError:
        return None
    console = Console(force_terminal=True)

    def write(heading: str, measurement: Measurement) -> str:
        rows = Table(title=heading, title_justify="left", show_header=False)
        rows.add_column(style="cyan")
        rows.add_column(style="bold")
        for row in _rows(measurement):
            rows.add_row(*row)
        with console.capture() as shown:
            console.print(rows)
        return str(shown.get())

    return write


def _json(measurements: Iterator[Measurement]) -> Iterator[str]:
    separator = "["
    for measurement in measurements:
        yield f"{separator}\n{json.dumps(measurement.to_dict(), indent=2)}"
        separator = ","
    yield "\n]\n" if separator == "," else "[]\n"


def _json_lines(measurements: Iterator[Measurement]) -> Iterator[str]:
    for measurement in measurements:
        yield f"{json.dumps(measurement.to_dict())}\n"


def _csv(measurements: Iterator[Measurement]) -> Iterator[str]:
    yield _csv_line({name: name for name in FIELDS})
    for measurement in measurements:
        yield _csv_line(measurement.to_dict())


def _csv_line(row: dict[str, Any]) -> str:
    line = io.StringIO()
    cells = {name: _cell(value) for name, value in row.items()}
    csv.DictWriter(line, FIELDS, extrasaction="ignore", lineterminator="\n").writerow(cells)
    return line.getvalue()


def _cell(value: object) -> object:
    """The value as a cell: an apostrophe in front of a text that a spreadsheet would execute."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


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
