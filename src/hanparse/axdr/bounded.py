"""Parses bytes with a construct grammar. Limits the time and memory that forged bytes cost.

Three rules limit time and memory. They are checked before memory is allocated:

* A length or count must not be larger than the number of unread bytes. This rule also applies to a count, because each
  element of an array or structure has at least one byte, its tag.
* Arrays and structures have at most `MAX_NESTING` levels.
* In a compact-array, an element has no tag, and some types of elements have no bytes. So a compact-array can have more
  values than bytes. It must have at most two values per byte.

If the bytes break one of these rules or do not fit the grammar, `DecodeError` is raised.
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
"""The maximum number of nested arrays and structures.

The pushes that hanparse reads have at most 4 levels. Each level needs several nested calls, and Python allows only
1,000 nested calls.
"""


class Bounded(io.BytesIO):
    """A `Bounded` is the stream of bytes that a grammar reads. It counts the nested arrays and structures."""

    def __init__(self, data: bytes) -> None:
        """Make a stream of `data`. The size of `data` limits lengths and counts."""
        super().__init__(data)
        self.data = data
        self.depth = 0
        self.partial: Partial | None = None
        """The outermost array or structure with an error in it, up to the error; `None` if there is no such error."""

    @property
    def left(self) -> int:
        """Return the number of unread bytes."""
        return len(self.data) - self.tell()

    def fail(self, reason: str, offset: int | None = None) -> NoReturn:
        """Raise `DecodeError` with `offset`. The default of `offset` is the index of the next byte."""
        raise DecodeError(reason, offset=self.tell() if offset is None else offset)

    def claim(self, size: int, announced: str, offset: int) -> None:
        """Raise `DecodeError` if fewer than `size` bytes are unread.

        `offset` is the index of the length or count, and `announced` is a text that describes it.
        """
        if size > self.left:
            left = Count(self.left)
            reason = f"{announced} announced, but only {left} {left:byte is|bytes are} left"
            self.fail(f"{reason}; the input is cut off, or the length is damaged", offset)

    def descend(self) -> None:
        """Count one more level. Raises `DecodeError` if the number of levels is above `MAX_NESTING`."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.fail(f"expected at most {MAX_NESTING} levels of arrays and structures, found more")

    def parse(self, grammar: c.Construct) -> Any:  # noqa: ANN401  construct has no types for results
        """Return the next value. Raises `DecodeError` if `grammar` does not accept the bytes.

        After an error inside an array or structure, `partial` contains the elements before the error.
        """
        try:
            return grammar.parse_stream(self)
        except c.StreamError:
            self.fail("the bytes end too early; the input is cut off")
        except c.ConstructError as error:
            self.fail(_last_line(error))

    def end(self) -> None:
        """Raise `DecodeError` if bytes are unread."""
        if self.left:
            self.fail(f"expected no bytes after the last value, found {self.left}")


def parse_all(grammar: c.Construct, data: bytes) -> Any:  # noqa: ANN401  construct has no types for results
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
    return str(error).strip().rpartition("\n")[2]  # the lines before the last line contain the path
