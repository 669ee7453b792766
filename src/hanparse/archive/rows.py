"""Defines `Rows`, which collects the columns of groups of rows and converts them to Arrow record batches."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from hanparse.archive.columns import TEXT, Values, dtype, from_measurements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.archive.columns import Array
    from hanparse.measurement import Measurement

    Part = tuple[Any, Values]
    """The numbers of some rows as an array or a slice, and the values of these rows in one column."""

_ALONE: Final = 1 << 12
"""The number of collected measurements at which they are converted to columns."""


class Rows:
    """A `Rows` collects the values of rows, and returns them in batches.

    After each call of `batches`, the row numbers begin with 0 again.
    """

    def __init__(self, schema: pa.Schema, source: str | None, limit: int) -> None:
        self._schema, self._source, self._limit = schema, source, limit
        self._begin()

    def _begin(self) -> None:
        self.count = 0
        """The number of collected rows."""
        self._having: dict[str, list[Part]] = defaultdict(list)
        self._alone: list[tuple[int, int, Measurement]] = []  # row, position, measurement

    @property
    def is_full(self) -> bool:
        """Return whether the rows fill a batch."""
        return self.count >= self._limit

    def add(self, measurements: list[Measurement], positions: list[int]) -> None:
        """Append one row for each measurement, with its position in the capture. Remove all items of `positions`."""
        if measurements:
            numbers = range(self.count, self.count + len(measurements))
            self._alone += zip(numbers, positions, measurements, strict=True)
            self.count += len(measurements)
            positions.clear()
            if len(self._alone) >= _ALONE:
                self._convert()

    def put(self, numbers: Array, columns: dict[str, Values]) -> None:
        """Set the values of the rows with these row numbers, which must be in ascending order."""
        to = slice(int(numbers[0]), int(numbers[-1]) + 1)  # NumPy is faster with a slice than with an array of numbers
        for name, values in columns.items():
            self._having[name].append((to if to.stop - to.start == len(numbers) else numbers, values))

    def _convert(self) -> None:
        """Convert the collected measurements to columns, because columns need less memory."""
        if self._alone:
            numbers, positions, measurements = zip(*self._alone, strict=True)
            self.put(np.array(numbers), {"position": Values(np.array(positions)), **from_measurements(measurements)})
            self._alone = []

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows in batches."""
        if count := self.count:
            self._convert()
            if self._source is not None:
                self.put(np.arange(count), {"source": Values(0, texts=(self._source,))})
            bitmaps: dict[tuple[object, ...], pa.Buffer | None] = {}
            arrays = [_array(field.type, count, self._having[field.name], bitmaps) for field in self._schema]
            self._begin()
            batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
            yield from (batch.slice(at, self._limit) for at in range(0, count, self._limit))


def _array(
    kind: pa.DataType, rows: int, parts: list[Part], bitmaps: dict[tuple[object, ...], pa.Buffer | None]
) -> pa.Array:
    if not parts:
        return _nulls(kind, rows)
    if pa.types.is_nested(kind):
        cells = [(to, np.fromiter(column.values, object, len(column.values))) for to, column in parts]
        return pa.array([cell or None for cell in _filled(rows, object, cells).tolist()], kind)
    key = tuple((id(to), column.valid is not None and column.valid.tobytes()) for to, column in parts)
    if key not in bitmaps:
        valid = _filled(rows, bool, [(to, True if column.valid is None else column.valid) for to, column in parts])
        bitmaps[key] = None if valid.all() else _bits(valid)
    if kind == TEXT:
        texts = {
            text: code for code, text in enumerate(dict.fromkeys(text for _, column in parts for text in column.texts))
        }
        codes = [
            (to, np.array([texts[text] for text in column.texts], np.int32)[column.values]) for to, column in parts
        ]
        filled = _filled(rows, np.int32, codes if len(texts) > 1 else [])  # with one text, all codes are 0
        numbers = pa.Array.from_buffers(pa.int32(), rows, [bitmaps[key], pa.py_buffer(filled)])
        return pa.DictionaryArray.from_arrays(numbers, pa.array([*texts], pa.string()), safe=False)
    filled = _filled(rows, dtype(kind), [(to, column.values) for to, column in parts])
    return pa.Array.from_buffers(
        kind, rows, [bitmaps[key], _bits(filled) if kind == pa.bool_() else pa.py_buffer(filled)]
    )


def _filled(rows: int, kind: type, parts: list[tuple[Any, Any]]) -> Array:
    """Return an array with the values of the parts, and with 0 for all other rows."""
    filled: Array = np.zeros(rows, kind)
    for to, values in parts:
        filled[to] = values
    return filled


def _bits(values: Array) -> pa.Buffer:
    return pa.py_buffer(np.packbits(values, bitorder="little"))


_kept_nulls: dict[pa.DataType, pa.Array] = {}


def _nulls(kind: pa.DataType, rows: int) -> pa.Array:
    kept = _kept_nulls.get(kind)
    if kept is None or len(kept) < rows:
        kept = _kept_nulls[kind] = pa.nulls(rows, kind)
    return kept.slice(0, rows)
