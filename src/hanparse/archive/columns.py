"""Converts measurements to Arrow columns. Each field of `Measurement` has one or two columns.

A measured number is a float64, because it can have decimals, and a count is an int64. A time has two columns. For
example, `timestamp` is the time in UTC, or null if the time zone is unknown. `timestamp_local` is the local time, which
the clock of the meter shows.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args, get_type_hints

import numpy as np
import pyarrow as pa

from hanparse.measurement import FIELDS, Estimate, jsonready
from hanparse.measurement.columns import Columns
from hanparse.measurement.field import FIELD_OF
from hanparse.measurement.security import Security
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from hanparse.measurement import Field, Measurement

    Array = NDArray[Any]

TEXT: Final = pa.dictionary(pa.int32(), pa.string())
UTC_TIME: Final = pa.timestamp("us", tz="UTC")
LOCAL: Final = "_local"
"""The end of the name of a column with local times."""
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  a local time is the number of microseconds since this time
MICROSECOND: Final = timedelta(microseconds=1)
_TYPES: Final = {str: pa.string(), bytes: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_LARGEST: Final = 1 << 63
_FIRST, _LAST = ((moment - EPOCH) // MICROSECOND for moment in (datetime.min, datetime.max))  # noqa: DTZ901  local times


class Values(NamedTuple):
    """A `Values` contains the values of some rows in one column.

    `values` is an array, or one value for all rows. The values of a text column are indexes in `texts`. `valid` is an
    array of booleans, false for each row with null. If `valid` is `None`, no row has null. A nested column (a list or
    structure) is an exception: its `values` are a list in which `None` is null, and its `valid` is always `None`.
    """

    values: Any
    valid: Any = None
    texts: tuple[str, ...] = ()


def _struct(of: type) -> pa.DataType:
    hints = get_type_hints(of).items()
    return pa.struct([(name, _TYPES.get(next(iter(get_args(hint)), hint), pa.string())) for name, hint in hints])


def _columns(field: Field) -> list[tuple[str, pa.DataType]]:
    if field.kind is Kind.TIME:
        return [(field.name, UTC_TIME), (f"{field.name}{LOCAL}", pa.timestamp("us"))]
    if field.item:
        return [(field.name, pa.list_(_struct(field.item)))]
    return [(field.name, {Kind.NUMBER: pa.float64(), Kind.COUNT: pa.int64()}.get(field.kind, TEXT))]


SCHEMA: Final = pa.schema(
    [
        *(("source", TEXT), ("position", pa.int64())),
        *(column for name in FIELDS for column in _columns(FIELD_OF[name])),
        *(("wiring", TEXT), ("made_for_transformers", pa.bool_()), ("security", _struct(Security))),
    ]
)
"""The columns of a push: the name of its capture, the position of its first byte in the capture, and its values."""
WITH_ESTIMATES: Final = SCHEMA.append(
    pa.field("estimated", pa.list_(pa.struct([pa.field("field", pa.string()), *_struct(Estimate)])))
)
"""The columns of a decoder with the option `estimate`."""


def from_time(moment: datetime) -> tuple[int | None, int]:
    """Return the time in UTC and the local time, both in microseconds since 1970.

    The time in UTC is `None` if the time zone is unknown, or if its year is not from 1 to 9999.
    """
    local = (moment.replace(tzinfo=None) - EPOCH) // MICROSECOND
    offset = moment.utcoffset()
    utc = None if offset is None else local - offset // MICROSECOND
    return utc if utc is not None and _FIRST <= utc <= _LAST else None, local


def _items(value: object) -> list[dict[str, Any]]:
    return [_parts(item) for item in jsonready.from_value(value)]


def _parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(part) if name == "kind" else part for name, part in parts.items()}


def _count(value: int) -> int | None:
    """Return a count. Return `None` for a count of more than 63 bits, because no column can hold it."""
    return value if abs(value) < _LARGEST else None


def _converter(field: Field) -> Callable[[Any], Any]:
    if field.kind is Kind.TIME:
        return from_time
    if field.item:
        return _items
    converters: dict[Kind, Callable[[Any], Any]] = {Kind.NUMBER: float, Kind.COUNT: _count}
    return converters.get(field.kind, str)


_NAMES: Final = (*FIELDS, "wiring")
_TIMES: Final = tuple(name for name in FIELDS if FIELD_OF[name].kind is Kind.TIME)
_READ: Final[Columns[Any]] = Columns(
    {**{name: _converter(FIELD_OF[name]) for name in FIELDS}, "wiring": lambda wiring: wiring.name}
)


def from_measurements(measurements: Sequence[Measurement]) -> dict[str, Values]:
    """Return a mapping from column name to values. It omits the columns of each field that no measurement has."""
    found: dict[str, list[Any]] = defaultdict(lambda: [None] * len(measurements))
    for row, measurement in enumerate(measurements):
        found["made_for_transformers"][row] = measurement.made_for_transformers
        for column, value in _READ.present(measurement):
            found[_NAMES[column]][row] = value
        if measurement.security:
            found["security"][row] = jsonready.from_security(measurement.security)
        if estimates := measurement.estimated:
            found["estimated"][row] = [{"field": name, **each._asdict()} for name, each in estimates.items()]
    for name in _TIMES:
        if name in found:
            times = [time or (None, None) for time in found[name]]
            found[name] = [utc for utc, _ in times]
            found[f"{name}{LOCAL}"] = [local for _, local in times]
    return {name: _values(name, values) for name, values in found.items()}


def _values(name: str, values: Sequence[Any]) -> Values:
    kind = WITH_ESTIMATES.field(name).type
    if pa.types.is_nested(kind):
        return Values(values)
    valid = np.array([value is not None for value in values], bool)
    if kind == TEXT:
        texts = {text: code for code, text in enumerate(dict.fromkeys(value or "" for value in values))}
        return Values(np.array([texts[value or ""] for value in values], np.int32), valid, tuple(texts))
    return Values(np.array([value or 0 for value in values], dtype(kind)), valid)


def dtype(kind: pa.DataType) -> type:
    """Return the NumPy type for a column of numbers, times or truth values."""
    return {pa.float64(): np.float64, pa.bool_(): np.bool_}.get(kind, np.int64)
