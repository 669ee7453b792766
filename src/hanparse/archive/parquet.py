"""Defines `convert`, which writes the pushes of a capture to Parquet files, in a directory for each meter and day.

The names of the directories follow the rule of Hive for partitions: ``meter=6970631400000017/day=2024-01-31``. The day
is the day of the local time.

Many pushes contain no meter number or no time. A push without a number is assigned to the meter of the last earlier
push with a number. If no earlier push of the capture has a number, it is assigned to the meter of the first later push
with a number in the same batch. The day of a push without a time is determined by the same rule.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from glob import escape
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hanparse.archive.batches import batches, printable
from hanparse.archive.columns import SCHEMA, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.archive.columns import Array
    from hanparse.decoder import Options

_ROWS: Final = 1 << 17  # the number of collected rows at which they are written to files
_DAY: Final = 86_400 * 1_000_000  # in microseconds
_NONE: Final = -(1 << 26)  # a number in place of the day of a row without a time; no meter sends this day
_UNKNOWN: Final = "unknown"  # the name for no meter or no day; pyarrow fails if all values of a key are null
_TEXTS: Final = [field.name for field in SCHEMA if field.type == TEXT]
_LONGEST: Final = 100
"""The largest number of characters of a meter number in the name of a directory. A name can have at most 255 bytes."""


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str], **options: Unpack[Options]) -> int:
    """Write the pushes of a capture to Parquet files in the directory `out`. Return the number of pushes.

    `batches` defines the columns, and `Decoder` defines the options. The names of the files depend on the full path of
    the capture, so a second call for the same capture replaces the files of the first call. The files are moved to
    their directories at the end, so an interrupted call leaves no incomplete file. Two calls at the same time must not
    have the same `path` and the same `out`. Raises `OSError` if the capture cannot be read or a file cannot be written.
    """
    return write(batches(path, **options), path, out)


def write(record_batches: Iterable[pa.RecordBatch], path: str | os.PathLike[str], out: str | os.PathLike[str]) -> int:
    """Write the batches of the capture at `path` in the same way as `convert`. Return the number of rows."""
    full = os.fsencode(Path(path).resolve())
    name = f"{printable(Path(path).name)}-{blake2b(full, digest_size=4).hexdigest()}"
    target, scratch = Path(out), Path(out, f".{name}")
    shutil.rmtree(scratch, ignore_errors=True)  # the files of an interrupted call
    try:
        scratch.mkdir(parents=True)
        partitions = _Partitions(scratch, name)
        for batch in record_batches:
            partitions.add(batch)
        partitions.write()
        written = {target / file for file in partitions.files}
        for file in partitions.files:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            (scratch / file).replace(target / file)
        for earlier in {*target.glob(f"meter=*/day=*/{escape(name)}-*.parquet")} - written:
            earlier.unlink()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return partitions.rows


class _Partitions:
    """A `_Partitions` collects rows by meter and day. At `_ROWS` rows, it writes a file for each meter and day."""

    def __init__(self, scratch: Path, name: str) -> None:
        self.rows = 0
        self.files: list[Path] = []
        self._scratch, self._name = scratch, name
        self._parts = self._held = 0
        self._batches: dict[tuple[str | None, int], list[pa.RecordBatch]] = defaultdict(list)
        self._meter: str | None = None  # the meter of the last row
        self._day = _NONE  # the day of the last row

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch."""
        column = batch.column("meter_id")
        names = [*column.dictionary.to_pylist(), self._meter]
        meter = _filled(column.indices.fill_null(-1).to_numpy(), -1, -1 if self._meter is None else len(names) - 1)
        day = _filled(_days(batch), _NONE, self._day)
        self._meter, self._day = names[meter[-1]], int(day[-1])
        if ((np.diff(meter) < 0) | (np.diff(day) < 0)).any():
            order = np.lexsort((day, meter))  # rows with equal keys keep their order
            batch, meter, day = batch.take(pa.array(order)), meter[order], day[order]
        begins = np.flatnonzero(np.append(True, (np.diff(meter) != 0) | (np.diff(day) != 0))).tolist()
        for begin, end in zip(begins, [*begins[1:], len(meter)], strict=True):
            self._batches[names[meter[begin]], int(day[begin])].append(batch.slice(begin, end - begin))
        self.rows += batch.num_rows
        self._held += batch.num_rows
        if self._held >= _ROWS:
            self.write()

    def write(self) -> None:
        """Write the collected rows."""
        for (meter, day), collected in self._batches.items():
            file = Path(f"meter={_folder(meter)}", f"day={_date(day)}", f"{self._name}-{self._parts}.parquet")
            (self._scratch / file).parent.mkdir(parents=True, exist_ok=True)
            table = pa.Table.from_batches(collected)
            with (self._scratch / file).open("wb") as opened:  # pyarrow opens no path that is not UTF-8
                pq.write_table(table, opened, compression="zstd", use_dictionary=_TEXTS)
            self.files.append(file)
        self._parts += 1
        self._held = 0
        self._batches.clear()


def _days(batch: pa.RecordBatch) -> Array:
    """Return the number of days from 1970 to the local time of each row."""
    clocks = batch.column("timestamp_local").view(pa.int64()), batch.column("energy_time_local").view(pa.int64())
    first, other = (clock.fill_null(_NONE * _DAY).to_numpy() // _DAY for clock in clocks)
    days: Array = np.where(first == _NONE, other, first)
    return days


def _filled(values: Array, missing: int, before: int) -> Array:
    """Return the values. Each missing value is replaced by the last value before it.

    `before` is the value before the first row. If it equals `missing`, the first value that is not missing replaces it.
    """
    has = values != missing
    last = np.maximum.accumulate(np.where(has, np.arange(len(values)), -1))
    first = before if before != missing or not has.any() else values[has.argmax()]
    return np.where(last < 0, first, values[last])


def _folder(meter: str | None) -> str:
    if meter is None:
        return _UNKNOWN
    name = quote(meter, safe=" ")
    return name if len(name) <= _LONGEST else name[:_LONGEST] + blake2b(meter.encode(), digest_size=4).hexdigest()


def _date(day: int) -> str:
    return _UNKNOWN if day == _NONE else str(np.datetime64(day, "D"))
