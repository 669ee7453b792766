"""Defines `batches`, which decodes captures to Arrow record batches."""

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
"""The default of `rows`, the largest number of rows in a batch."""
_WINDOW: Final = 1 << 20  # the number of bytes that are read from a capture at once


class Readable(Protocol):
    """A `Readable` is a binary file, or any other object with the method `read`."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes. Return no bytes at the end of the file."""


One = str | os.PathLike[str] | Readable | Buffer
"""One capture: the path of a file, an open binary file, or bytes."""


class Batches:
    """A `Batches` is an iterable of the Arrow record batches of one or several captures, in their order.

    Libraries for Arrow data read it through the method `__arrow_c_stream__`. Each iteration reads a path or bytes from
    the beginning, and an open file from its current position.
    """

    def __init__(self, captures: tuple[One, ...], rows: int, options: Options, window: int = _WINDOW) -> None:
        self._captures, self._rows, self._options, self._window = captures, rows, options, window
        self._decoders: list[Decoder] = []

    @property
    def schema(self) -> pa.Schema:
        """Return the schema of each batch."""
        return WITH_ESTIMATES if self._options.get("estimate") else SCHEMA

    @property
    def stats(self) -> Stats:
        """Return the sums of the counts of all decoders of the latest iteration. They increase during the iteration."""
        counts = [Stats(), *(decoder.stats for decoder in self._decoders)]
        return Stats(*map(sum, zip(*counts, strict=True)))

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches.

        Raises `OSError` if a file cannot be read, and `TypeError` if an open file is not in binary mode.
        """
        self._decoders = []
        for source in self._captures:
            name = os.fspath(source) if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
            with _opened(source) as file:
                shown = printable(name) if isinstance(name, str) else None
                capture = Capture(self.schema, shown, self._rows, **self._options)
                self._decoders.append(capture.decoder)
                yield from capture.batches(_reader(file), self._window)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the batches as a PyCapsule with a stream of the Arrow C interface."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self)).__arrow_c_stream__(requested_schema)


def batches(source: One | Iterable[One], *, rows: int = ROWS, **options: Unpack[Options]) -> Batches:
    """Return the pushes in one or several captures as Arrow record batches of at most `rows` rows.

    `source` is one capture or an iterable of captures. A capture is the path of a file, an open binary file, or bytes.
    Each capture contains the bytes of one connection, and has its own `Decoder` with these `options`. The rows are the
    measurements that the decoders return, in the same order.

    Raises `TypeError` if `source`, `rows` or an option has a wrong type. Raises `ValueError` if `rows` is below 1 or an
    option has a wrong value.
    """
    if not isinstance(rows, int) or isinstance(rows, bool):
        raise TypeError(f"expected an int for the argument rows, found {type(rows).__name__}")
    if rows < 1:
        raise ValueError(f"expected at least 1 for the argument rows, found {rows}")
    Decoder(**options)  # raises the error for a wrong option now and not in the first iteration
    captures: Any = (source,) if _is_capture(source) or not isinstance(source, Iterable) else tuple(source)
    if wrong := [type(capture).__name__ for capture in captures if not _is_capture(capture)]:
        raise TypeError(f"expected paths, binary files or bytes, found {', '.join(wrong)}")
    return Batches(captures, rows, options)


def printable(name: str) -> str:
    r"""Return the name of a file with ``\xe5`` and the like in place of bytes that are not UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_capture(source: object) -> bool:
    return isinstance(source, str | os.PathLike | Buffer) or hasattr(source, "read")


def _opened(source: One) -> AbstractContextManager[Readable]:
    if isinstance(source, str | os.PathLike):
        return open(source, "rb", buffering=0)  # noqa: PTH123  `open` accepts every path-like object
    return nullcontext(io.BytesIO(source) if isinstance(source, Buffer) else source)


def _reader(file: Readable) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        data = file.read(size)
        if not isinstance(data, bytes):
            raise TypeError(f"expected a file in binary mode, found a file that returns {type(data).__name__}")
        return data

    return read
