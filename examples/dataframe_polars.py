"""Read a capture of any size into a DataFrame of polars, with real times and types, a MiB at a time.

    python examples/dataframe_polars.py capture.bin active_power_import voltage_l1

docs/dataframes.md explains it.
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
    """Return the times and the chosen fields of all pushes of a capture. `options` are those of `Decoder`."""
    names = ["timestamp", *fields]
    types = {f.name: TYPES.get(f.kind.value, pl.Float64 if f.is_float else pl.Int64) for f in Measurement.fields()}
    decoder, values, parts = Decoder(**options), attrgetter(*names), []
    with open(path, "rb") as file:
        for chunk in chain(iter(partial(file.read, 1 << 20), b""), [None]):
            rows = [*map(values, decoder.feed(chunk) if chunk else decoder.flush())]
            if any(type(value) is datetime and not value.tzinfo for row in rows for value in row):
                raise ValueError("times without a zone, which polars takes for UTC: give timezone=ZoneInfo(...)")
            parts.append(pl.DataFrame(rows, schema={name: types[name] for name in names}, orient="row"))
    if not decoder.stats.measurements:
        raise ValueError(f"no push in {path}: {'; '.join(map(str, decoder.diagnosis())) or decoder.last_error}")
    return pl.concat(parts)


if __name__ == "__main__":
    print(frame(*sys.argv[1:]))
