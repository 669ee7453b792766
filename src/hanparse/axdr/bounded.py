"""Bytes and a construct grammar -> what the grammar reads, within bounds, and nothing but our errors.

Three bounds keep hostile bytes harmless, and all are checked before anything is allocated: an announced length or count
may not exceed the bytes that are left (every element of an array or structure takes at least its tag); nesting ends at
`MAX_NESTING`; a compact-array, whose elements carry no tags, may not unfold into more than two items per byte.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, NoReturn

import construct as c

from hanparse.errors import DecodeError

if TYPE_CHECKING:
    from hanparse.axdr.data import Data

MAX_NESTING: Final = 16
"""Arrays and structures inside one another. The deepest push known has 4 levels; Python's own limit is far away."""


class Bounded(io.BytesIO):
    """The bytes being parsed: how many are left, how deep the parser is, how many items it may still unfold."""

    def __init__(self, data: bytes) -> None:
        """Bound a parse by the size of `data`."""
        super().__init__(data)
        self.size = len(data)
        self.depth = 0
        self.items = 2 * len(data)
        self.attributes = False
        """Whether the structures that stand in the outermost array begin with an attribute descriptor."""
        self.complete: list[Data] = []
        """Every value that was read to its end, in the order of their ends: what is left when a parse fails."""

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return self.size - self.tell()

    def fail(self, reason: str, offset: int | None = None) -> NoReturn:
        """Raise `DecodeError` for the byte at `offset`, or for the next one."""
        raise DecodeError(reason, offset=self.tell() if offset is None else offset)

    def claim(self, size: int, what: str, offset: int) -> None:
        """Refuse an announcement of `size` bytes or more that the bytes cannot keep."""
        if size > self.left:
            self.fail(f"{what} announced, but only {self.left} bytes are left; cut off, or not what it seems", offset)

    def descend(self) -> None:
        """One level deeper."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.fail(f"arrays and structures are nested deeper than {MAX_NESTING} levels; no meter does that")

    def unfold(self) -> None:
        """One more item that has no tag of its own."""
        self.items -= 1
        if self.items < 0:
            self.fail("a compact-array unfolds into more than two items per byte; no meter does that")


def parse_all(grammar: c.Construct, data: bytes) -> Any:  # noqa: ANN401  what a grammar yields, construct does not say
    """What `grammar` reads in `data`, which it must use up. Raises `DecodeError`."""
    return parse_stream(grammar, Bounded(data))


def parse_stream(grammar: c.Construct, stream: Bounded) -> Any:  # noqa: ANN401  the same
    """What `grammar` reads in `stream`; when it fails, `Bounded.complete` has the values before the failure."""
    try:
        parsed = grammar.parse_stream(stream)
    except c.StreamError:
        stream.fail("the bytes end too early; cut off on the way")
    except c.ConstructError as error:
        stream.fail(_last_line(error))
    if stream.left:
        stream.fail(f"{stream.left} bytes follow what is complete without them")
    return parsed


def build_all(grammar: c.Construct, what: object) -> bytes:
    """The bytes that `grammar` makes of `what`. Raises `ValueError` when it cannot."""
    try:
        return bytes(grammar.build(what))
    except (c.ConstructError, TypeError, AttributeError, KeyError, OverflowError, ValueError, RecursionError) as error:
        raise ValueError(f"cannot be sent as A-XDR: {what!r} ({_last_line(error)})") from error


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2]  # construct puts the path on lines before the message
