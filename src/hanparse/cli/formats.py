"""Measurements -> text: tables, JSON, JSON lines and CSV, each of the columns that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from hanparse.cli import cells
from hanparse.cli.console import complain
from hanparse.measurement import FIELD_UNITS, FIELDS, Estimate
from hanparse.measurement.columns import Columns
from hanparse.measurement.jsonready import from_security
from hanparse.measurement.security import Security

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse.measurement import Measurement

FORMATS: Final = ("table", "json", "jsonl", "csv")
EXTRAS: Final = ("file", "received", "wiring", "estimated", "security")
"""The columns that are no fields of the meter."""

_IN_KIND: Final = frozenset((*FIELDS, "wiring"))  # the columns that the kind of push has a place for
_ESTIMATED: Final = ("current_l2", "voltage_l2")  # what `estimate` makes
_BEFORE: Final = ("file", "received")


@dataclass(frozen=True)
class Output:
    """What is to be written: the format, the columns in their order (none: all), and what they are to show."""

    form: str = "table"
    columns: tuple[str, ...] = ()
    utc: bool = False
    units: bool = False
    """In the header of CSV."""
    file: bool = False
    received: bool = False
    estimated: bool = False
    security: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The columns: those chosen, and those that another option asks for."""
        chosen = self.columns or (*FIELDS, "wiring", *(["security"] if self.security else []))
        asked = [name for name in ("file", "received", "estimated") if getattr(self, name) and name not in chosen]
        return (
            *(name for name in asked if name in _BEFORE),
            *chosen,
            *(name for name in asked if name not in _BEFORE),
        )


class Writer(Protocol):
    """Writes measurements, one after the other, between a beginning and an end."""

    begin: str

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the text of a measurement of a file."""

    def end(self) -> str:
        """Return what belongs behind the last measurement, or behind none."""


def writer(output: Output, note: Callable[[str], object] = complain) -> Writer:
    """Return what writes in the format that is asked for; `note` is called with a sentence on what it leaves out."""
    from hanparse.cli.tables import Tables  # noqa: PLC0415  it is made of the cells below

    writers: dict[str, Callable[[Output, Callable[[str], object]], Writer]] = {
        "table": Tables, "json": Json, "jsonl": JsonLines, "csv": Csv,
    }  # fmt: skip
    return writers[output.form](output, note)


class Cells:
    """The texts of a measurement in the columns of an output that have one, in one style."""

    def __init__(self, output: Output, style: cells.Style, note: Callable[[str], object]) -> None:
        self.names = output.names
        writes = {name: cells.writer(name, style, note, utc=output.utc) for name in self.names}
        of_kind = [name for name in self.names if name in _IN_KIND]
        self._read = Columns({name: writes[name] for name in of_kind}).present
        others = [name for name in self.names if name not in _IN_KIND]
        self.order = (*of_kind, *others)
        """The columns in the order in which `texts` counts them."""
        numbered = [(at, writes[name], name) for at, name in enumerate(others, len(of_kind))]
        self._before = [each for each in numbered if each[-1] in _BEFORE]
        self._after = [each for each in numbered if each[-1] not in _BEFORE]

    def texts(self, measurement: Measurement, file: str) -> list[tuple[int, str]]:
        """Return the texts, each behind the place of its column in `order`."""
        found = self._read(measurement)
        if self._before:
            found = _others(self._before, measurement, file) + found
        if self._after:
            found += _others(self._after, measurement, file)
        return found


def _others(columns: list[tuple[int, cells.Write, str]], measurement: Measurement, file: str) -> list[tuple[int, str]]:
    """Return the texts of columns that are no fields."""
    values = [(at, write, file if name == "file" else getattr(measurement, name)) for at, write, name in columns]
    return [(at, text) for at, write, value in values if value and (text := write(value)) is not None]


class JsonLines:
    """One object a line."""

    begin = ""
    _open, _between, _close = "{", ", ", "}\n"

    def __init__(self, output: Output, note: Callable[[str], object]) -> None:
        self._cells = Cells(output, cells.JSON, note)
        self._keys = [f"{cells.JSON.text(name)}: " for name in self._cells.order]

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the object of a measurement."""
        keys = self._keys
        parts = [keys[at] + text for at, text in self._cells.texts(measurement, file)]
        return self._open + self._between.join(parts) + self._close

    def end(self) -> str:
        """Return nothing."""
        return ""


class Json(JsonLines):
    """One array of objects."""

    begin = "["
    _open, _between, _close = "\n{\n  ", ",\n  ", "\n}"
    _is_first = True

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the object of a measurement, behind what separates it from the one before."""
        separator, self._is_first = "" if self._is_first else ",", False
        return separator + super().row(measurement, file)

    def end(self) -> str:
        """Return the end of the array."""
        return "]\n" if self._is_first else "\n]\n"


class Csv:
    """A header and one line for each measurement, with a cell for every column."""

    def __init__(self, output: Output, note: Callable[[str], object]) -> None:
        names = output.names
        self._cells = Cells(output, cells.CSV, note)
        self._places = [names.index(name) for name in self._cells.order]
        self._parts = [(names.index(name), name, _PARTS[name]) for name in names if name in _PARTS]
        header = [_header(name) for name in names]
        self._empty = ["," * (len(columns) - 1) for columns in header]
        titles = [_with_unit(name, unit) if output.units else name for columns in header for name, unit in columns]
        self.begin = f"{','.join(titles)}\n"

    def row(self, measurement: Measurement, file: str) -> str:
        """Return the line of a measurement."""
        line, places = self._empty.copy(), self._places
        for at, text in self._cells.texts(measurement, file):
            line[places[at]] = text
        for at, name, parts in self._parts:
            if value := getattr(measurement, name):
                line[at] = ",".join(parts(value))
        return f"{','.join(line)}\n"

    def end(self) -> str:
        """Return nothing."""
        return ""


def _header(name: str) -> list[tuple[str, str]]:
    """Return the columns that CSV has for one of ours, with their units."""
    if name == "estimated":
        return [
            (
                f"{field}_estimated" + ("" if part == "value" else f"_{part}"),
                "" if part == "method" else FIELD_UNITS[field],
            )
            for field in _ESTIMATED
            for part in Estimate._fields
        ]
    if name == "security":
        return [(f"security_{part}".replace("security_security", "security"), "") for part in Security._fields]
    return [(name, FIELD_UNITS.get(name, ""))]


def _with_unit(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name


def _estimated(estimates: Mapping[str, Estimate]) -> list[str]:
    found = []
    for field in _ESTIMATED:
        parts = cells.rounded(estimates[field]).values() if field in estimates else [""] * len(Estimate._fields)
        found += [cells.in_csv(str(part)) for part in parts]
    return found


def _security(security: Security) -> list[str]:
    return [str(part) for part in from_security(security).values()]


_PARTS: Final[dict[str, Callable[[Any], list[str]]]] = {"estimated": _estimated, "security": _security}
"""The columns of ours that are several columns of CSV."""
