"""Writes measurements as JSON, JSON lines or CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from hanparse.cli import cells
from hanparse.measurement import FIELDS, Estimate
from hanparse.measurement.columns import Columns
from hanparse.measurement.jsonready import from_security
from hanparse.measurement.security import Security

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse.measurement import Measurement

    _Column = tuple[int, cells.Write, str]

EXTRAS: Final = ("file", "received", "wiring", "estimated", "security")
"""The columns that are not fields of a push. `cells.ESTIMATES` contains more of them."""

_OF_METER: Final = frozenset((*FIELDS, "wiring"))  # the columns that `Columns` reads from a measurement
_BEFORE: Final = ("file", "received")


@dataclass(frozen=True)
class Output:
    """Holds the options of the output. `columns` are the columns that the user chose, in their order.

    If `columns` is empty, the columns are all fields and `wiring`. `file`, `received` and `estimated` add the column of
    the same name. `security` adds its column only if `columns` is empty.
    """

    form: str = "table"
    columns: tuple[str, ...] = ()
    utc: bool = False
    units: bool = False
    """True if the header of CSV contains units."""
    file: bool = False
    received: bool = False
    estimated: bool = False
    security: bool = False

    @property
    def needs_estimates(self) -> bool:
        """Return whether a column contains estimates."""
        return self.estimated or any(name == "estimated" or name in cells.ESTIMATES for name in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns of the output, in their order."""
        chosen = self.columns or (*FIELDS, "wiring", *(["security"] if self.security else []))
        added = [name for name in ("file", "received", "estimated") if getattr(self, name) and name not in chosen]
        before = [name for name in added if name in _BEFORE]
        return (*before, *chosen, *added[len(before) :])


class Writer(Protocol):
    """A `Writer` writes `begin`, then one row for each measurement, then `end`."""

    begin: str

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the text of a measurement. `file` is the name of the file that contains its push."""

    def end(self) -> str:
        """Return the text after the last measurement."""


class Cells:
    """Converts the values of a measurement to the texts of the columns, in the style of a format."""

    def __init__(self, output: Output, style: cells.Style, note: Callable[[str], object]) -> None:
        self.names = output.names
        writes = {name: cells.writer(name, style, note, utc=output.utc) for name in self.names}
        of_meter = [name for name in self.names if name in _OF_METER]
        self._read = Columns({name: writes[name] for name in of_meter}).present
        others = [name for name in self.names if name not in _OF_METER]
        self.order = (*of_meter, *others)
        """The names of the columns. An index in the result of `texts` is an index into this tuple."""
        numbered = [(at, writes[name], name) for at, name in enumerate(others, len(of_meter))]
        self._before = [each for each in numbered if each[-1] in _BEFORE]
        self._after = [each for each in numbered if each[-1] not in _BEFORE]

    def texts(self, measurement: Measurement, file: str) -> list[tuple[int, str]]:
        """Return pairs of the index of a column in `order` and the text of its value. Omit columns without a value."""
        found = self._read(measurement)
        if self._before:
            found = _extra_texts(self._before, measurement, file) + found
        if self._after:
            found += _extra_texts(self._after, measurement, file)
        return found


def _extra_texts(columns: list[_Column], measurement: Measurement, file: str) -> list[tuple[int, str]]:
    """Return the index and the text of each column that has a value. The columns are not fields of a push."""
    values = [(at, write, _extra_value(name, measurement, file)) for at, write, name in columns]
    return [(at, text) for at, write, value in values if (value or value == 0) and (text := write(value)) is not None]


def _extra_value(name: str, measurement: Measurement, file: str) -> Any:  # noqa: ANN401  each column has its own type
    """Return the value of a column that is not a field."""
    if name in cells.ESTIMATES:
        field, part = cells.ESTIMATES[name]
        return getattr(measurement.estimated.get(field), part, None)
    return file if name == "file" else getattr(measurement, name)


class JsonLines:
    """Writes one JSON object on each line."""

    begin = ""
    _open, _between, _close = "{", ", ", "}\n"

    def __init__(self, output: Output, note: Callable[[str], object]) -> None:
        self._cells = Cells(output, cells.JSON, note)
        self._keys = [f"{cells.JSON.text(name)}: " for name in self._cells.order]
        self._positions = [output.names.index(name) for name in self._cells.order]
        self._is_chosen = bool(output.columns)

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the JSON object of a measurement, with its columns in the order in which they were chosen."""
        keys, texts = self._keys, self._cells.texts(measurement, file)
        if self._is_chosen:
            texts.sort(key=lambda one: self._positions[one[0]])
        parts = [keys[at] + text for at, text in texts]
        return self._open + self._between.join(parts) + self._close

    def end(self) -> str:
        """Return an empty text, because nothing follows the last row."""
        return ""


class Json(JsonLines):
    """Writes one JSON array of objects."""

    begin = "["
    _open, _between, _close = "\n{\n  ", ",\n  ", "\n}"
    _is_first = True

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the JSON object of a measurement, after a comma if it is not the first one."""
        separator, self._is_first = "" if self._is_first else ",", False
        return separator + super().row(measurement, file)

    def end(self) -> str:
        """Return the end of the JSON array."""
        return "]\n" if self._is_first else "\n]\n"


class Csv:
    """Writes a header and one line for each measurement, with a cell for every column."""

    def __init__(self, output: Output, note: Callable[[str], object]) -> None:
        names = output.names
        self._cells = Cells(output, cells.CSV, note)
        self._positions = [names.index(name) for name in self._cells.order]
        self._parts = [(names.index(name), name, _PARTS[name]) for name in names if name in _PARTS]
        header = [_header(name) for name in names]
        self._empty = ["," * (len(columns) - 1) for columns in header]
        titles = [_with_unit(name, unit) if output.units else name for columns in header for name, unit in columns]
        self.begin = f"{','.join(titles)}\n"

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the line of a measurement."""
        line, positions = self._empty.copy(), self._positions
        for at, text in self._cells.texts(measurement, file):
            line[positions[at]] = text
        for at, name, parts in self._parts:
            if value := getattr(measurement, name):
                line[at] = ",".join(parts(value))
        return f"{','.join(line)}\n"

    def end(self) -> str:
        """Return an empty text, because nothing follows the last row."""
        return ""


def _header(name: str) -> list[tuple[str, str]]:
    """Return the names and the units of the CSV columns for one column of `Output`.

    A column with several parts becomes several CSV columns.
    """
    if name == "estimated":
        return [(column, cells.unit(column)) for column in cells.ESTIMATES]
    if name == "security":
        return [(f"security_{part}".replace("security_security", "security"), "") for part in Security._fields]
    return [(name, cells.unit(name))]


def _with_unit(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name


def _estimated(estimates: Mapping[str, Estimate]) -> list[str]:
    parts = {field: cells.rounded(one) for field, one in estimates.items()}
    return [cells.in_csv(str(parts[field][part])) if field in parts else "" for field, part in cells.ESTIMATES.values()]


def _security(security: Security) -> list[str]:
    return [str(part) for part in from_security(security).values()]


_PARTS: Final[dict[str, Callable[[Any], list[str]]]] = {"estimated": _estimated, "security": _security}
"""For each column of `Output` that becomes several columns of CSV: a function that returns the cells."""
