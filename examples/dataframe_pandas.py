"""Read a capture of any size into a DataFrame of pandas with typed columns.

    python examples/dataframe_pandas.py capture.bin active_power_import voltage_l1

The program reads one MiB at a time. docs/dataframes.md describes it.
"""

import sys
from datetime import datetime
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any

import pandas as pd

from hanparse import Decoder, Measurement

TYPES = {"text": "str", "time": "datetime64[us, UTC]", "count": "Int64"}


def frame(path: str, *fields: str, **options: Any) -> pd.DataFrame:
    """Return the times and the chosen fields of all pushes of a capture.

    `options` are the options of `Decoder`.
    """
    names = ["timestamp", *fields]
    kinds = {
        f.name: TYPES.get(f.kind.value, "float64" if f.is_float else "Int64")
        for f in Measurement.fields()
    }
    types = {name: kinds[name] for name in names}
    decoder, values, parts = Decoder(**options), attrgetter(*names), []
    with open(path, "rb") as file:
        for chunk in chain(iter(partial(file.read, 1 << 20), b""), [None]):
            rows = [*map(values, decoder.feed(chunk) if chunk else decoder.flush())]
            if not all(v.tzinfo for row in rows for v in row if type(v) is datetime):
                raise ValueError("times without a zone: give timezone=ZoneInfo(...)")
            parts.append(pd.DataFrame(rows, columns=names).astype(types))
    if not decoder.stats.measurements:
        faults = "; ".join(map(str, decoder.diagnosis()))
        raise ValueError(f"no push in {path}: {faults or decoder.last_error}")
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    print(frame(*sys.argv[1:]))
