"""Parses bytes with a construct grammar, within bounds. The only error is `DecodeError`.

Three bounds limit the time and memory that hostile bytes can cost. They are checked before memory is allocated:

* An announced length or count must not exceed the number of bytes that are left. Every element of an array or structure
  has at least one byte, its tag.
* Arrays and structures may be nested up to `MAX_NESTING` levels.
* A compact-array, which has elements without tags, may have at most two items per byte.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, NoReturn

import construct as c

from hanparse.errors import DecodeError
from hanparse.wording import Count

if TYPE_CHECKING:
    from hanparse.axdr.data import Partial

MAX_NESTING: Final = 16
"""The maximum number of nested arrays and structures. Known pushes have at most 4; Python allows 1,000 nested calls."""


class Bounded(io.BytesIO):
    """The stream of bytes that a grammar reads. It counts the nesting depth, and keeps a list that is incomplete."""

    def __init__(self, data: bytes) -> None:
        """Limit lengths and counts by the size of `data`."""
        super().__init__(data)
        self.data = data
        self.depth = 0
        self.partial: Partial | None = None
        """The outermost array or structure that could not be parsed completely, with the elements that were parsed."""

    @property
    def left(self) -> int:
        """The number of unread bytes."""
        return len(self.data) - self.tell()

    def fail(self, reason: str, offset: int | None = None) -> NoReturn:
        """Raise `DecodeError` at `offset`; without `offset`, at the next byte."""
        raise DecodeError(reason, offset=self.tell() if offset is None else offset)

    def claim(self, size: int, announced: str, offset: int) -> None:
        """Raise `DecodeError` if fewer than `size` bytes are left. `announced` describes the length at `offset`."""
        if size > self.left:
            left = Count(self.left)
            reason = f"{announced} announced, but only {left} {left:byte is|bytes are} left"
            self.fail(f"{reason}; the input is cut off, or the length is damaged", offset)

    def descend(self) -> None:
        """Increase the nesting depth by one. Raises `DecodeError` beyond `MAX_NESTING`."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.fail(f"expected at most {MAX_NESTING} levels of arrays and structures, found more")

    def parse(self, grammar: c.Construct) -> Any:  # noqa: ANN401  construct has no types for results
        """Return the next value. Raises `DecodeError`; `partial` is then the incomplete list, if there is one."""
        try:
            return grammar.parse_stream(self)
        except c.StreamError:
            self.fail("the bytes end too early; the input is cut off")
        except c.ConstructError as error:
            self.fail(_last_line(error))

    def end(self) -> None:
        """Raise `DecodeError` if bytes are left."""
        if self.left:
            self.fail(f"expected no bytes after the last value, found {self.left}")


def parse_all(grammar: c.Construct, data: bytes) -> Any:  # noqa: ANN401  the same
    """Return the value that `data` encodes. Raises `DecodeError` if `grammar` does not accept exactly these bytes."""
    stream = Bounded(data)
    parsed = stream.parse(grammar)
    stream.end()
    return parsed


def build_all(grammar: c.Construct, value: object) -> bytes:
    """Return the bytes of `value`. Raises `ValueError` if `grammar` cannot build the value."""
    try:
        return bytes(grammar.build(value))
    except Exception as error:
        raise ValueError(f"cannot be built as A-XDR: {value!r} ({_last_line(error)})") from error


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2]  # construct writes the path on the lines before the message
