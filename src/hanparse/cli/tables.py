"""Writes measurements as tables. The tables have colours if the output is a terminal and rich is installed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from hanparse.cli import cells
from hanparse.cli.console import complain
from hanparse.cli.formats import Cells, Output
from hanparse.measurement import FIELD_UNITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.measurement import Measurement

    Rows = list[tuple[str, str]]

_HEADING: Final = ("timestamp", "manufacturer", "model")
_NO_ROWS: Final = ("file", "estimated")  # the heading contains the name of the file, and each estimate has its own row


class Tables:
    """Writes a heading and one line with value and unit for each field that is present."""

    begin = ""

    def __init__(self, output: Output, note: Callable[[str], object]) -> None:
        self._cells = Cells(output, cells.TABLE, note)
        self._has_file, self._has_estimates = ("file" in output.names, "estimated" in output.names)
        self._heading = Cells(Output(columns=_HEADING, utc=output.utc), cells.TABLE, lambda _note: None)
        self._coloured = _coloured() if sys.stdout.isatty() else None

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the table of a measurement."""
        heading = " ".join(text for _at, text in self._heading.texts(measurement, file)) or "measurement"
        heading = f"{file}: {heading}" if self._has_file else heading
        rows = self.rows(measurement, file)
        return self._coloured(heading, rows) if self._coloured else f"{heading}\n{_plain(rows)}\n\n"

    def rows(self, measurement: Measurement, file: str) -> Rows:
        """Return the names and the values with their units."""
        names = self._cells.order
        texts = [(names[at], text) for at, text in self._cells.texts(measurement, file)]
        found = [(name, f"{text} {cells.unit(name)}".rstrip()) for name, text in texts if name not in _NO_ROWS]
        return found + (_estimates(measurement) if self._has_estimates else [])

    def end(self) -> str:
        """Return an empty text, because nothing follows the last row."""
        return ""


def table(measurement: Measurement) -> str:
    """Return one line with value and unit for each field that is present."""
    return _plain(Tables(Output(), complain).rows(measurement, ""))


def _plain(rows: Rows) -> str:
    return "\n".join(f"  {name:<24} {shown}" for name, shown in rows)


def _estimates(measurement: Measurement) -> Rows:
    return [
        (name, f"{one.value:.3f} {FIELD_UNITS[name]} (estimated, {one.low:.3f} to {one.high:.3f} {FIELD_UNITS[name]})")
        for name, one in measurement.estimated.items()
    ]


def _coloured() -> Callable[[str, Rows], str] | None:
    """Return a function that writes a table in colours, or `None` if rich is not installed."""
    try:
        from rich.console import Console  # noqa: PLC0415  the extra "cli"
        from rich.table import Table  # noqa: PLC0415
    except ImportError:
        return None
    console = Console(force_terminal=True)

    def write(heading: str, rows: Rows) -> str:
        drawn = Table(title=heading, title_justify="left", show_header=False)
        drawn.add_column(style="cyan", overflow="fold")
        drawn.add_column(style="bold", overflow="fold")
        for row in rows:
            drawn.add_row(*row)
        with console.capture() as shown:
            console.print(drawn)
        return str(shown.get())

    return write
