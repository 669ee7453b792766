"""Runs a construct grammar over bytes, within bounds; raises `DecodeError` alone.

Three bounds limit what hostile bytes can cost. All are checked before memory is allocated. An announced length or count
may not exceed the bytes that are left, because every element of an array or structure has at least one byte, its tag.
Nesting ends at `MAX_NESTING`. A compact-array, whose elements have no tags, may hold at most two items per byte.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, NoReturn

import construct as c

from hanparse.errors import DecodeError

if TYPE_CHECKING:
    from hanparse.axdr.data import Partial, TypeDescription

MAX_NESTING: Final = 16
"""The levels of nested arrays and structures. The deepest known push has 4; Python allows about 1,000 nested calls."""


class Bounded(io.BytesIO):
    """The stream of bytes that a grammar reads, with the nesting depth and the list that cannot be read to its end."""

    def __init__(self, data: bytes) -> None:
        """Limit lengths and counts by the size of `data`."""
        super().__init__(data)
        self.data = data
        self.depth = 0
        self.partial: Partial | None = None
        """The outermost array or structure in which the parse failed, with the elements that were read."""

    @property
    def left(self) -> int:
        """The number of unread bytes."""
        return len(self.data) - self.tell()

    def fail(self, reason: str, offset: int | None = None) -> NoReturn:
        """Raise `DecodeError` for the byte at `offset`; without `offset`, for the next byte."""
        raise DecodeError(reason, offset=self.tell() if offset is None else offset)

    def claim(self, size: int, announced: str, offset: int) -> None:
        """Raise `DecodeError` if fewer than `size` bytes are left; `announced` describes the length or count."""
        if size > self.left:
            reason = f"{announced} announced, but only {self.left} bytes are left"
            self.fail(f"{reason}; the input is cut off, or the length is damaged", offset)

    def descend(self) -> None:
        """Increase the nesting depth by one. Raises `DecodeError` beyond `MAX_NESTING`."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.fail(f"expected at most {MAX_NESTING} levels of arrays and structures, found more")

    def most(self, description: TypeDescription, size: int) -> int:
        """Return the maximum number of elements of this type in a compact-array of `size` bytes."""
        return 2 * size // description.items

    def parse(self, grammar: c.Construct) -> Any:  # noqa: ANN401  construct has no types for results
        """Return the next value as `grammar` reads it. Raises `DecodeError`; `partial` then has the elements read."""
        try:
            return grammar.parse_stream(self)
        except c.StreamError:
            self.fail("the bytes end too early; the input is cut off")
        except c.ConstructError as error:
            self.fail(_last_line(error))

    def end(self) -> None:
        """Raise `DecodeError` unless every byte was read."""
        if self.left:
            self.fail(f"expected no bytes after the last value, found {self.left}")


def parse_all(grammar: c.Construct, data: bytes) -> Any:  # noqa: ANN401  the same
    """Return the value of `data` as `grammar` reads it. Raises `DecodeError`, also if bytes are left."""
    stream = Bounded(data)
    parsed = stream.parse(grammar)
    stream.end()
    return parsed


def build_all(grammar: c.Construct, value: object) -> bytes:
    """Return the bytes of `value` as `grammar` builds them. Raises `ValueError` if the types do not fit."""
    try:
        return bytes(grammar.build(value))
    except Exception as error:
        raise ValueError(f"cannot be built as A-XDR: {value!r} ({_last_line(error)})") from error


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2]  # construct writes the path on the lines before the message
