"""Decodes captures of any size. A capture is the recorded bytes of one connection.

`batches` returns the measurements as Arrow record batches, and `convert` writes them to Parquet files. This package
needs the extra `archive`: numpy and pyarrow.
"""

from __future__ import annotations

from importlib.util import find_spec

from hanparse.wording import pip_install

if missing := [name for name in ("numpy", "pyarrow") if find_spec(name) is None]:
    raise ImportError(f"hanparse.archive needs {' and '.join(missing)}: {pip_install('archive')}")

from hanparse.archive.batches import Batches, batches
from hanparse.archive.parquet import convert, write

__all__ = ["Batches", "batches", "convert", "write"]
