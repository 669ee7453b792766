"""Bytes and a construct grammar -> what the grammar reads, within bounds, and nothing but our errors.

Three bounds keep hostile bytes harmless, and all are checked before anything is allocated: an announced length or count
may not exceed the bytes that are left (every element of an array or structure takes at least its tag); nesting ends at
`MAX_NESTING`; a compact-array, whose elements carry no tags, may not unfold into more than two items per byte of it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, NoReturn

import construct as c

from hanparse.errors import DecodeError

if TYPE_CHECKING:
    from hanparse.axdr.data import Partial, TypeDescription

MAX_NESTING: Final = 16
"""Arrays and structures inside one another. The deepest push known has 4 levels; Python's own limit is far away."""


class Bounded(io.BytesIO):
    """The bytes being parsed: how many are left, how deep the parser is, and the list that broke off, if one did."""

    def __init__(self, data: bytes) -> None:
        """Bound a parse by the size of `data`."""
        super().__init__(data)
        self.data = data
        self.depth = 0
        self.partial: Partial | None = None
        """The outermost array or structure that was open when the parse failed, with what it holds so far."""

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self.data) - self.tell()

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

    def most(self, description: TypeDescription, size: int) -> int:
        """Return how many elements of this type a compact-array of `size` bytes may hold."""
        return 2 * size // description.items

    def parse(self, grammar: c.Construct) -> Any:  # noqa: ANN401  what a grammar yields, construct does not say
        """Return what `grammar` reads next. Raises `DecodeError`; `partial` then has what was read before."""
        try:
            return grammar.parse_stream(self)
        except c.StreamError:
            self.fail("the bytes end too early; cut off on the way")
        except c.ConstructError as error:
            self.fail(_last_line(error))

    def end(self) -> None:
        """Raise `DecodeError` unless every byte was read."""
        if self.left:
            self.fail(f"{self.left} bytes follow what is complete without them")


def parse_all(grammar: c.Construct, data: bytes) -> Any:  # noqa: ANN401  the same
    """Return what `grammar` reads in `data`, which it must use up. Raises `DecodeError`."""
    stream = Bounded(data)
    parsed = stream.parse(grammar)
    stream.end()
    return parsed


def build_all(grammar: c.Construct, what: object) -> bytes:
    """Return the bytes that `grammar` makes of `what`. Raises `ValueError` when it cannot."""
    try:
        return bytes(grammar.build(what))
    except Exception as error:
        raise ValueError(f"cannot be sent as A-XDR: {what!r} ({_last_line(error)})") from error


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2]  # construct puts the path on lines before the message
