"""Finds tables with an offset, bytes and text on each line, as xxd, hexdump, od, Wireshark and some logs print them.

::

    00000000: 7ea0 2701 0201 105a 87e6 e700 0f40 0000  ~.'....Z.....@..     xxd
    00000000  7e a0 27 01 02 01 10 5a  87 e6 e7 00 0f 40 00 00  |~.'.     hexdump -C
    0000000 7e a0 27 01 02 01 10 5a 87 e6 e7 00 0f 40 00 00                od -t x1
    0000   7e a0 27 01 02 01 10 5a 87 e6 e7 00 0f 40 00 00   ~.'....Z     Wireshark

The first column contains offsets if the difference of two consecutive offsets is the number of bytes between them.
Offsets are hexadecimal, octal or decimal. An offset has a colon, an odd number of digits, or more digits than a group
of bytes. The difference of two offsets also determines where the bytes of a line end and its text column begins. If the
last line has no offset below it, its text column is the text that repeats the bytes. Without a text column all groups
are bytes.

A single line is a table if its text column repeats its bytes, or if its offset is zero and a colon or two or more
pairs of digits follow. Groups of four or more digits are words if the offset has no colon and the line has no text
column. On nearly every computer, `hexdump` and `od -x` print the low byte of a word first.

Only offsets of seven digits can be octal, because `od` prints octal offsets with seven digits. If such offsets match in
two bases, for example in a file of zeros, they are octal in front of pairs of digits and hexadecimal in front of words.

`find` returns a piece (`text.Piece`) for each line. The *front* of a line is the text before its offset.

A damaged table is an error: an offset does not match the number of bytes, the last line has no text column although the
others have one, or there is no offset below a ``*``.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump.text import LONGEST_TABLE_LINE, Piece, failure, says, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_REPEATED: Final = 1 << 20
"""The number of bytes that all ``*`` lines of a text can represent together. The limit bounds the memory."""

_HEX: Final = "[0-9A-Fa-f]"
_ROW: Final = re.compile(
    rf"(?<![\w:.\-])(?P<offset>(?:0[xX])?{_HEX}{{4,16}}+:?|{_HEX}{{2,3}}+:)"
    rf"(?=[ \t]{{1,4}}+(?P<group>(?>(?:{_HEX}{{2}}){{1,8}}))(?!\S))"
)
_GROUP: Final = re.compile(rf"[ \t]{{1,4}}+((?>(?:{_HEX}{{2}}){{1,8}}))(?!\S)")
_ONLY_HEX: Final = re.compile(rf"(?:{_HEX}{{2}})+,?")
_LAST_OFFSET: Final = re.compile(rf"[ \t]*+((?:0[xX])?{_HEX}{{4,16}}+)[ \t]*+")
_TEXT_COLUMN: Final = re.compile(r"[ \t]*+$|[ \t]{2}|[ \t]*+[|>]")
_MISTYPED: Final = re.compile(rf"[ \t]{{1,2}}{_HEX}*+(?=[G-Zg-z])")
OCTAL_OFFSET: Final = 7
"""The number of digits of an octal offset, which `od` prints. `hexdump` prints hex offsets of this length, too."""


class _Row(NamedTuple):
    """Holds a line that can be part of a table. A line without `words` is the offset below the last line."""

    start: int
    end: int
    line: str
    front: str
    offset: str
    words: tuple[str, ...]
    ends: dict[int, int]
    """The position on the line at which each word ends, by the number of bytes up to this position."""
    star: tuple[int, int] | None = None
    """The start and the end of the ``*`` below the line. The ``*`` means copies of the line, up to the next offset."""

    @property
    def data(self) -> bytes:
        """Return the bytes of all words."""
        return bytes.fromhex("".join(self.words))

    @property
    def behind(self) -> str:
        """Return the rest of the line behind the last word."""
        return self.line[max(self.ends.values()) :]

    @property
    def stop(self) -> int:
        """Return the position in the text at which the last word ends."""
        return self.end - len(self.behind)

    @property
    def bases(self) -> tuple[int, ...]:
        """Return the possible bases of the offset, in order of preference. `find` selects the one with most rows."""
        if len(self.offset) != OCTAL_OFFSET:
            return 16, 10
        return (8, 10, 16) if self.words and len(self.words[0]) == 2 else (16, 8, 10)  # noqa: PLR2004  a pair

    @property
    def is_zero(self) -> bool:
        """Return whether the offset is zero, so that a table may begin here."""
        return not self.offset.strip("0xX:")

    def value(self, base: int) -> int:
        """Return the offset as a number, or -1 if it is not a number in this base."""
        try:
            return int(self.offset.rstrip(":"), base)
        except ValueError:
            return -1

    def continues(self, other: _Row) -> bool:
        """Return whether this row can be below `other`: it has the same front and length of offset, or no bytes."""
        return not self.words or (len(self.offset) == len(other.offset) and self.front == other.front)

    def first_bytes(self, count: int) -> bytes | None:
        """Return the first `count` bytes. Return `None` if the bytes before the text column are fewer or more."""
        size = len(self.words[0]) // 2
        if size > 1 and not self.offset.endswith(":") and not self.behind.strip():
            swapped = b"".join(bytes.fromhex(word)[::-1] for word in self.words)
            if {len(word) // 2 for word in self.words} != {size} or not 0 <= len(swapped) - count < size:
                return None
            return None if any(swapped[count:]) else swapped[:count]
        if count == len(self.data):
            return self.data
        return self.data[:count] if self._is_repeated(count) else None

    def all_bytes(self, most: int | None = None) -> bytes | None:
        """Return the bytes of a line without an offset below it; `None` if they are damaged or more than `most`."""
        data = self.data
        if size := self.repeated():
            return data[:size]
        is_damaged = (most and len(data) > most) or not _TEXT_COLUMN.match(self.behind)
        return None if is_damaged else self.first_bytes(len(data))

    def repeated(self) -> int:
        """Return the largest number of first bytes that the text behind them repeats, or 0."""
        return next((size for size in reversed(self.ends) if self._is_repeated(size)), 0)

    def _is_repeated(self, size: int) -> bool:
        end = self.ends.get(size, len(self.line))
        return self.line.startswith(("  ", "\t", " |", " >"), end) and says(self.line[end:], self.data[:size])


class _Step(NamedTuple):
    """Holds a row that matches the offset below, the number of bytes up to that offset, and the bytes of the row."""

    row: _Row
    size: int
    data: bytes

    def pieces(self) -> Iterator[Piece]:
        """Yield the bytes of the row, and the bytes that the ``*`` below it represents."""
        yield Piece(self.row.start, self.row.end, self.data, "table")
        if self.row.star:
            yield Piece(*self.row.star, self.data * (self.size // len(self.data) - 1), "table")


def find(text: str) -> list[Piece]:
    """Return the lines of every table in `text`, in order. Raises `HexDumpError` if a table is damaged."""
    rows = [*_rows(text), None, None]
    pieces: list[Piece] = []
    repeated = at = below = 0
    while at < len(rows):
        if not (row := rows[at]):
            at += 1
            continue
        steps, base = max((_chain(rows, at, base) for base in row.bases), key=lambda chain: chain[2])[:2]
        repeated += sum(step.size for step in steps if step.row.star)
        if repeated > MAX_REPEATED:
            raise failure(text, row.start, f"the lines * represent more than {MAX_REPEATED} bytes")
        end = _last_row(text, rows[at + len(steps)], rows[at + len(steps) + 1], steps, base)
        if pieces and at == below and row.words and not row.is_zero:
            raise failure(text, row.start, f"expected the next offset of the table or 0, found {row.offset!r}")
        at += len(steps) + 1
        if end:
            pieces += [*(piece for step in steps for piece in step.pieces()), end]
            below = at
    return pieces


def _rows(text: str) -> list[_Row | None]:
    """Return the lines of `text` that are not blank. A line that cannot belong to a table is `None`."""
    rows: list[_Row | None] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip() == "*" and rows and (above := rows[-1]):
            rows[-1] = above._replace(star=(start, end))
        elif line.strip():
            rows.append(_row(start, line) if len(line) <= LONGEST_TABLE_LINE else None)
        start = end + 1
    return rows


def _row(start: int, line: str) -> _Row | None:
    end = start + len(line)
    if (row := _ROW.search(line)) and _may_be_offset(row):
        groups, at = [], row.end()
        while group := _GROUP.match(line, at):
            groups.append(group)
            at = group.end()
        words = tuple(group[1] for group in groups)
        sizes = accumulate(len(word) // 2 for word in words)
        ends = dict(zip(sizes, (group.end() for group in groups), strict=True))
        return _Row(start + row.start(), end, line, shape(line[: row.start()]), row["offset"], words, ends)
    if offset := _LAST_OFFSET.fullmatch(line):
        return _Row(start + offset.start(1), end, line, "", offset[1], (), {})
    return None


def _may_be_offset(row: re.Match[str]) -> bool:
    words = row.string[: row.start()].split()
    if words and _ONLY_HEX.fullmatch(words[-1]):
        return False  # the word in front consists of bytes, so this word does, too
    digits = len(row["offset"])
    return row["offset"].endswith(":") or digits % 2 == 1 or digits > len(row["group"])


def _steps(rows: list[_Row | None], first: int, base: int) -> list[_Step]:
    """Return the rows from `first` on while the offsets match."""
    steps: list[_Step] = []
    while (row := rows[first + len(steps)]) and (step := _step(row, rows[first + len(steps) + 1], base)):
        steps.append(step)
    return steps


def _chain(rows: list[_Row | None], first: int, base: int) -> tuple[list[_Step], int, int]:
    """Return the rows from `first` on while the offsets match, the base, and the number of rows that match in it.

    If fewer than two rows match, the number includes the rows below the next row, because this row may be damaged.
    """
    steps = _steps(rows, first, base)
    is_short = len(steps) <= 1 and rows[first + len(steps)]
    return steps, base, len(steps) + (len(_steps(rows, first + len(steps) + 1, base)) if is_short else 0)


def _step(row: _Row, below: _Row | None, base: int) -> _Step | None:
    if not row.words or not below or not below.continues(row) or row.value(base) < 0:
        return None
    count = below.value(base) - row.value(base)
    if count <= 0:
        return None
    data = row.all_bytes() if row.star else row.first_bytes(count)
    if not data or (row.star and (count % len(data) or count == len(data))):
        return None
    return _Step(row, count, data)


def _last_row(text: str, row: _Row | None, below: _Row | None, steps: list[_Step], base: int) -> Piece | None:
    """Return the last row of a table, which is below `steps`, or `None` if the lines are not a table."""
    if not row or not row.words:
        return Piece(row.start, row.end, b"", "table") if row and steps else None
    if not steps and not _stands_alone(row):
        return None
    width = max((len(step.data) for step in steps), default=0)
    data = row.all_bytes(width or None)
    if steps and steps[-1].row.repeated() and not row.repeated():
        data = None
    if steps or row.is_zero:
        _check_end(text, row, below if below and below.continues(row) else None, base, width)
    if data is None:
        found = row.behind.strip()[:20]
        raise failure(
            text, row.end - len(row.behind), f"expected the end of the line or its bytes as text, found {found!r}"
        )
    return Piece(row.start, row.end, data, "table")


def _stands_alone(row: _Row) -> bool:
    if row.repeated():
        return True
    pairs = len(row.words) > 1 and len(row.data) == len(row.words)
    return row.is_zero and (pairs or row.offset.endswith("0000:"))


def _check_end(text: str, row: _Row, below: _Row | None, base: int, width: int) -> None:
    """Raise `HexDumpError` if the offset below `row`, the last row, does not match, or if the table ends with ``*``.

    `width` is the number of bytes of the longest row above. If one row can contain the missing bytes, `row` is damaged.
    """
    if below and not below.is_zero:
        size, counted = len(row.data), below.value(base) - row.value(base)
        is_damaged = row.all_bytes() is None or 0 < counted < 2 * size or 0 < counted <= max(width, len(below.data))
        if is_damaged and not row.star:
            mistyped = _MISTYPED.match(text, row.stop)
            position = mistyped.end() if mistyped else row.stop
            raise failure(text, position, f"expected {counted} bytes up to the offset {below.offset!r}, found {size}")
        expected = f"expected the offset after {size} bytes at {row.offset!r}"
        raise failure(text, below.start, f"{expected}, found {below.offset!r}; a line is missing or damaged")
    if row.star:
        raise failure(text, row.star[0], "expected below * the offset at which the repeated lines end, found none")
