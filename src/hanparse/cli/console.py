"""Files -> chunks of wire bytes, and measurements -> text: what the command line reads and writes."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from hanparse.decoder import dumped
from hanparse.hdlc import BUFFER_LIMIT
from hanparse.measurement import FIELD_UNITS, FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.measurement import Measurement

_CHUNK: Final = 1 << 16
_TEXT_CHUNK: Final = 1 << 20  # hex dumps are read by the megabyte of whole lines
_POLL: Final = 0.5  # seconds between looks at a growing file
_CONTROLS: Final = bytes(set(range(32)) - {*b"\t\n\r\f\x1b"}) + b"\x7f"


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text: no control characters but those of lines and colours, and UTF-8.

    Every HDLC frame holds a control character within its first bytes, so a stream is never taken for text.
    """
    if head.translate(None, _CONTROLS) != head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return True


def chunks(file: BinaryIO, *, follow: bool = False) -> Iterator[bytes]:
    """The wire bytes of a file, whether it holds them or a hex dump of them; `follow` waits for more at its end.

    Raises `HexDumpError` for a text that is no hex dump.
    """
    head = _read(file, BUFFER_LIMIT, follow=follow)
    if not is_text(head):
        while head:
            yield head
            head = _read(file, _CHUNK, follow=follow)
        return
    while head:
        head += _read(file, _TEXT_CHUNK, follow=False)
        end = head.rfind(b"\n") + 1 if len(head) >= _TEXT_CHUNK or follow else len(head)
        yield dumped(head[: end or len(head)].decode("utf-8", "replace"))
        head = head[end or len(head) :] + _read(file, _TEXT_CHUNK, follow=follow)


def _read(file: BinaryIO, size: int, *, follow: bool) -> bytes:
    read: Callable[[int], bytes] = getattr(file, "read1", file.read)
    while not (found := read(size)) and follow:
        time.sleep(_POLL)
    return found


def written(measurements: Iterator[Measurement], form: str) -> Iterator[str]:
    """The measurements as text, piece by piece: ``table``, ``json``, ``jsonl`` or ``csv``."""
    return {"table": _tables, "json": _json, "jsonl": _json_lines, "csv": _csv}[form](measurements)


def table(measurement: Measurement) -> str:
    """One line per field that is present, with its unit."""
    return "\n".join(f"  {name:<24} {shown}" for name, shown in _rows(measurement))


def _rows(measurement: Measurement) -> list[tuple[str, str]]:
    estimates = [
        (name, f"{value:.3f} {FIELD_UNITS[name]} (estimated, {low:.3f} to {high:.3f} {FIELD_UNITS[name]})")
        for name, (value, low, high, _method) in measurement.estimated.items()
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
    csv.DictWriter(line, FIELDS, extrasaction="ignore", lineterminator="\n").writerow(row)
    return line.getvalue()


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
