"""Read a capture of any size into a DataFrame of polars with typed columns.

    python examples/dataframe_polars.py capture.bin active_power_import voltage_l1

The program reads one MiB at a time. docs/dataframes.md describes it.
"""

import sys
from datetime import datetime
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any

import polars as pl

from hanparse import Decoder, Measurement

TYPES = {"text": pl.String, "time": pl.Datetime("us", "UTC"), "count": pl.Int64}


def frame(path: str, *fields: str, **options: Any) -> pl.DataFrame:
    """Return the times and the chosen fields of all pushes of a capture.

    `options` are the options of `Decoder`.
    """
    names = ["timestamp", *fields]
    kinds = {
        f.name: TYPES.get(f.kind.value, pl.Float64 if f.is_float else pl.Int64)
        for f in Measurement.fields()
    }
    types = {name: kinds[name] for name in names}
    decoder, values, parts = Decoder(**options), attrgetter(*names), []
    with open(path, "rb") as file:
        for chunk in chain(iter(partial(file.read, 1 << 20), b""), [None]):
            rows = [*map(values, decoder.feed(chunk) if chunk else decoder.flush())]
            if not all(v.tzinfo for row in rows for v in row if type(v) is datetime):
                raise ValueError("times without a zone: give timezone=ZoneInfo(...)")
            parts.append(pl.DataFrame(rows, schema=types, orient="row"))
    if not decoder.stats.measurements:
        faults = "; ".join(map(str, decoder.diagnosis()))
        raise ValueError(f"no push in {path}: {faults or decoder.last_error}")
    return pl.concat(parts)


if __name__ == "__main__":
    print(frame(*sys.argv[1:]))
