"""Decodes captures to Arrow record batches: `batches`."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final, Protocol, Unpack

import pyarrow as pa

from hanparse.archive.capture import Capture
from hanparse.archive.columns import SCHEMA, WITH_ESTIMATES
from hanparse.decoder import Decoder, Options
from hanparse.wire.buffer import Buffer
from hanparse.wire.stats import Stats

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

ROWS: Final = 65_536
"""The largest number of rows of a batch."""
_WINDOW: Final = 1 << 20


class Readable(Protocol):
    """A binary file, or another object with the same method `read`."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and no bytes at the end."""


One = str | os.PathLike[str] | Readable | Buffer
"""One capture: a path, a binary file, or bytes."""


class Batches:
    """The Arrow record batches of one or several captures, in their order; an iterable with `__arrow_c_stream__`.

    Each iteration reads paths and bytes from the beginning, and a binary file from its current position.
    """

    def __init__(self, captures: tuple[One, ...], rows: int, options: Options, window: int = _WINDOW) -> None:
        self._captures, self._rows, self._options, self._window = captures, rows, options, window
        self._decoders: list[Decoder] = []

    @property
    def schema(self) -> pa.Schema:
        """The columns of each batch."""
        return WITH_ESTIMATES if self._options.get("estimate") else SCHEMA

    @property
    def stats(self) -> Stats:
        """The sums of the counts of all decoders in the last iteration, so far."""
        counts = [Stats(), *(decoder.stats for decoder in self._decoders)]
        return Stats(*map(sum, zip(*counts, strict=True)))

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Return the batches. Raises `OSError` for a file that cannot be read."""
        self._decoders = []
        for source in self._captures:
            name = os.fspath(source) if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
            with _opened(source) as file:
                capture = Capture(self.schema, name if isinstance(name, str) else None, self._rows, **self._options)
                self._decoders.append(capture.decoder)
                yield from capture.batches(_reader(file), self._window)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the batches as a stream of the Arrow C interface, a PyCapsule."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self)).__arrow_c_stream__(requested_schema)


def batches(source: One | Iterable[One], *, rows: int = ROWS, **options: Unpack[Options]) -> Batches:
    """Return the pushes in one or several captures as Arrow record batches of at most `rows` rows.

    `source` is one capture or an iterable of captures: paths, binary files or bytes. A capture contains the bytes of
    one wire, and each capture has its own decoder with these `options`. The rows are the measurements that `Decoder`
    returns, in the same order. Raises `TypeError` for a source or option of a wrong type, and `ValueError` for `rows`
    below 1.
    """
    if not isinstance(rows, int) or isinstance(rows, bool):
        raise TypeError(f"expected rows: int, found {type(rows).__name__}")
    if rows < 1:
        raise ValueError(f"expected rows of at least 1, found {rows}")
    Decoder(**options)  # raises the error of a wrong option
    captures: Any = (source,) if _is_capture(source) or not isinstance(source, Iterable) else tuple(source)
    if wrong := [type(capture).__name__ for capture in captures if not _is_capture(capture)]:
        raise TypeError(f"expected paths, binary files or bytes, found {', '.join(wrong)}")
    return Batches(captures, rows, options)


def _is_capture(source: object) -> bool:
    return isinstance(source, str | os.PathLike | Buffer) or hasattr(source, "read")


def _opened(source: One) -> AbstractContextManager[Readable]:
    if isinstance(source, str | os.PathLike):
        return open(source, "rb", buffering=0)  # noqa: PTH123  a path-like of any kind; the caller closes it
    return nullcontext(io.BytesIO(source) if isinstance(source, Buffer) else source)


def _reader(file: Readable) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        found = file.read(size)
        if not isinstance(found, bytes):
            raise TypeError(f"expected a file opened in binary mode, found one that returns {type(found).__name__}")
        return found

    return read
