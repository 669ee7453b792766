"""Find tables with an offset, bytes and text on each line, as xxd, hexdump, od, Wireshark and some logs print them.

::

    00000000: 7ea0 2701 0201 105a 87e6 e700 0f40 0000  ~.'....Z.....@..     xxd
    00000000  7e a0 27 01 02 01 10 5a  87 e6 e7 00 0f 40 00 00  |~.'.     hexdump -C
    0000000 7e a0 27 01 02 01 10 5a 87 e6 e7 00 0f 40 00 00                od -t x1
    0000   7e a0 27 01 02 01 10 5a 87 e6 e7 00 0f 40 00 00   ~.'....Z     Wireshark

The first column contains offsets when the difference of two consecutive ones is the number of bytes between them. They
are hexadecimal, octal or decimal. An offset has a colon, an odd number of digits, or more digits than a group of bytes.
The difference of two offsets also determines where the bytes of a line end and its text column begins. The last line
may have no offset below it. Then the text column is the text that repeats the bytes. Without a text column all groups
are bytes.

A single line is a table when its text column repeats its bytes, or when its offset is zero and a colon or two or more
pairs of digits follow. Groups of four or more digits without a colon and a text column are words. `hexdump` and `od -x`
print them on nearly every computer with the low byte first.

Only offsets of seven digits are octal, because `od` prints them so. Such offsets may match in two bases, for example
those of a file of zeros. Then they are octal in front of pairs of digits and hexadecimal in front of words.

A damaged table is an error: an offset does not match the number of bytes, the last line has no text column although the
others have one, or there is no offset below a ``*``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump.text import LONGEST_TABLE_LINE, Piece, failure, says, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_REPEATED: Final = 1 << 20
"""All ``*`` lines of a text together may represent at most this number of bytes, to limit memory."""

_HEX: Final = "[0-9A-Fa-f]"
_ROW: Final = re.compile(
    rf"(?<![\w:.\-])(?P<offset>(?:0[xX])?{_HEX}{{4,16}}+:?|{_HEX}{{2,3}}+:)"
    rf"(?=[ \t]{{1,4}}+(?P<group>(?>(?:{_HEX}{{2}}){{1,8}}))(?!\S))"
)
_GROUP: Final = re.compile(rf"[ \t]{{1,4}}+((?>(?:{_HEX}{{2}}){{1,8}}))(?!\S)")
_ONLY_HEX: Final = re.compile(rf"(?:{_HEX}{{2}})+,?")
_LAST_OFFSET: Final = re.compile(rf"[ \t]*+((?:0[xX])?{_HEX}{{4,16}}+)[ \t]*+")
_TEXT_COLUMN: Final = re.compile(r"[ \t]*+$|[ \t]{2}|[ \t]*+[|>]")
_DIGITS_OF_OD: Final = 7  # od prints offsets with seven digits, and so does hexdump in front of words


class _Row(NamedTuple):
    """Holds a line that may be part of a table. A line without `groups` is the offset below the last line."""

    start: int
    end: int
    front: str
    offset: str
    groups: tuple[re.Match[str], ...]

    @property
    def sizes(self) -> list[int]:
        """Return the number of bytes up to the end of each group."""
        sizes, size = [], 0
        for group in self.groups:
            size += len(group[1]) // 2
            sizes.append(size)
        return sizes

    @property
    def rest(self) -> int:
        """Return the position in the text at which the last group ends."""
        return self.end - len(self.behind(-1))

    @property
    def bases(self) -> tuple[int, ...]:
        """Return the possible bases of the offset, in order of preference. `_steps` selects the one with most rows."""
        if len(self.offset) != _DIGITS_OF_OD:
            return 16, 10
        return (8, 10, 16) if self.groups and len(self.groups[0][1]) == 2 else (16, 8, 10)  # noqa: PLR2004  a pair

    @property
    def is_zero(self) -> bool:
        """Return whether the offset is zero, so that a table may begin here."""
        return not self.offset.strip("0xX:")

    def behind(self, group: int) -> str:
        """Return the rest of the line behind a group."""
        return self.groups[group].string[self.groups[group].end() :]

    def value(self, base: int) -> int:
        """Return the offset as a number, or -1 when it is no number of this base."""
        try:
            return int(self.offset.rstrip(":"), base)
        except ValueError:
            return -1

    def continues(self, other: _Row) -> bool:
        """Return whether the offset has the length and front of `other`. Without bytes behind it, it always does."""
        same_length = len(self.offset) == len(other.offset) or not self.groups
        return same_length and (self.front == other.front or not self.groups)

    def first_bytes(self, count: int) -> bytes | None:
        """Return the first `count` bytes, or None when no group ends there or more bytes follow."""
        data = _bytes(self.groups)
        word = len(self.groups[0][1]) // 2
        if word > 1 and not self.offset.endswith(":") and not self.behind(-1).strip():
            if len(data) != word * len(self.groups):
                return None
            data = b"".join(_bytes((group,))[::-1] for group in self.groups)
            return data[:count] if 0 <= len(data) - count < word and not any(data[count:]) else None
        sizes = self.sizes
        if count not in sizes:
            return None
        group = sizes.index(count)
        if group == len(sizes) - 1:
            return data
        return data[:count] if self._repeats(group, data[:count]) else None

    def all_bytes(self, most: int | None = None) -> bytes | None:
        """Return the bytes of a line without an offset below it. Return None when they are damaged or above `most`."""
        data = _bytes(self.groups)
        for group, size in reversed(list(enumerate(self.sizes))):
            if self._repeats(group, data[:size]):
                return data[:size]
        return None if most and len(data) > most else self.first_bytes(len(data))

    def has_text_column(self) -> bool:
        """Return whether the text behind the bytes repeats them."""
        data = _bytes(self.groups)
        return any(self._repeats(group, data[:size]) for group, size in enumerate(self.sizes))

    def _repeats(self, group: int, data: bytes) -> bool:
        line, end = self.groups[group].string, self.groups[group].end()
        return line.startswith(("  ", "\t", " |", " >"), end) and says(line[end:], data)


def _bytes(groups: tuple[re.Match[str], ...]) -> bytes:
    return bytes.fromhex("".join(group[1] for group in groups))


class _Star(NamedTuple):
    """Holds the position of a line ``*``. It represents copies of the line above it, up to the offset below it."""

    start: int
    end: int


_Entry = _Row | _Star | None  # None: a line that belongs to no table


class _Step(NamedTuple):
    """Holds a row whose offset matches the next one, and the number of bytes up to the next offset."""

    row: _Row
    star: _Star | None
    size: int
    data: bytes
    next: int

    def pieces(self) -> Iterator[Piece]:
        """Yield the bytes of the row, and the bytes that the ``*`` below it represents."""
        yield Piece(self.row.start, self.row.end, self.data, "table")
        if self.star:
            yield Piece(*self.star, self.data * (self.size // len(self.data) - 1), "table")


def find(text: str) -> list[Piece]:
    """Return the lines of every table in `text`, in order. Raises `HexDumpError` when a table is damaged."""
    entries = [*_entries(text)]
    pieces: list[Piece] = []
    repeated = at = below = 0
    while at < len(entries):
        row = entries[at]
        steps, last, base = _steps(entries, at)
        repeated += sum(step.size for step in steps if step.star)
        if repeated > MAX_REPEATED:
            raise failure(text, steps[0].row.start, f"the lines * stand for more than {MAX_REPEATED} bytes")
        end = _last_row(text, _below(entries, last), steps, base)
        if pieces and at == below and isinstance(row, _Row) and row.groups and not row.is_zero:
            raise failure(text, row.start, f"expected an offset that goes on or 0, found {row.offset!r}")
        at = last + 1
        if end:
            pieces += [*(piece for step in steps for piece in step.pieces()), end]
            below = at
    return pieces


def _entries(text: str) -> Iterator[_Entry]:
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if len(line) > LONGEST_TABLE_LINE:
            yield None
        elif line.strip() == "*":
            yield _Star(start, end)
        elif (row := _ROW.search(line)) and _may_be_offset(row):
            yield _Row(start + row.start(), end, shape(line[: row.start()]), row["offset"], _groups(line, row.end()))
        elif offset := _LAST_OFFSET.fullmatch(line):
            yield _Row(start + offset.start(1), end, "", offset[1], ())
        elif line.strip():
            yield None
        start = end + 1


def _may_be_offset(row: re.Match[str]) -> bool:
    words = row.string[: row.start()].split()
    if words and _ONLY_HEX.fullmatch(words[-1]):
        return False  # the word in front of it is a byte, so it is one, too
    digits = len(row["offset"])
    return row["offset"].endswith(":") or digits % 2 == 1 or digits > len(row["group"])


def _groups(line: str, at: int) -> tuple[re.Match[str], ...]:
    groups = []
    while group := _GROUP.match(line, at):
        groups.append(group)
        at = group.end()
    return tuple(groups)


def _steps(entries: list[_Entry], first: int) -> tuple[list[_Step], int, int]:
    """Return the rows from `first` on whose offsets match, the index of the next entry, and the base of the offsets."""
    row = entries[first]
    chains = []
    for base in row.bases if isinstance(row, _Row) else (16,):
        steps, at = [], first
        while step := _step(entries, at, base):
            steps.append(step)
            at = step.next
        chains.append((steps, at, base))
    return max(chains, key=lambda chain: chain[1])


def _step(entries: list[_Entry], at: int, base: int) -> _Step | None:
    row, star, below = _below(entries, at)
    if not isinstance(row, _Row) or not row.groups or below is None or row.value(base) < 0:
        return None
    count = below.value(base) - row.value(base)
    if count <= 0:
        return None
    data = row.all_bytes() if star else row.first_bytes(count)
    if not data or (star and (count % len(data) or count == len(data))):
        return None
    return _Step(row, star, count, data, at + (2 if star else 1))


_Below = tuple[_Entry, _Star | None, _Row | None]


def _below(entries: list[_Entry], at: int) -> _Below:
    """Return an entry, the ``*`` below it if there is one, and the row below these if it continues the entry."""
    entry, second, third = (*entries[at : at + 3], None, None)[:3]
    star, below = (second, third) if isinstance(second, _Star) else (None, second)
    if isinstance(entry, _Row) and isinstance(below, _Row) and below.continues(entry):
        return entry, star, below
    return entry, star, None


def _last_row(text: str, last: _Below, steps: list[_Step], base: int) -> Piece | None:
    """Return the last row of a table, which is below `steps`, or None when the lines are no table."""
    row, star, below = last
    if not isinstance(row, _Row):
        return None
    if not row.groups:
        return Piece(row.start, row.end, b"", "table") if steps else None
    data = row.all_bytes(max((len(step.data) for step in steps), default=None))
    if steps and steps[-1].row.has_text_column() and not row.has_text_column():
        data = None
    if not steps and not _stands_alone(row):
        return None
    if steps or row.is_zero:
        _check_end(text, row, star, below, base)
    if data is None:
        found = row.behind(-1).strip()[:20]
        raise failure(text, row.rest, f"expected the end of the line or its bytes as text, found {found!r}")
    return Piece(row.start, row.end, data, "table")


def _stands_alone(row: _Row) -> bool:
    if row.has_text_column():
        return True
    pairs = len(row.groups) > 1 and len("".join(group[1] for group in row.groups)) == 2 * len(row.groups)
    return row.is_zero and (pairs or row.offset.endswith("0000:"))


def _check_end(text: str, row: _Row, star: _Star | None, below: _Row | None, base: int) -> None:
    """Raise `HexDumpError` when the offset below the last `row` does not match, or the table ends with ``*``."""
    if below and not below.is_zero:
        size, counted = len(_bytes(row.groups)), below.value(base) - row.value(base)
        if not star and (row.all_bytes() is None or 0 < counted < 2 * size):
            raise failure(text, row.rest, f"expected {counted} bytes up to the offset {below.offset!r}, found {size}")
        expected = f"expected the offset after {size} bytes at {row.offset!r}"
        raise failure(text, below.start, f"{expected}, found {below.offset!r}; a line is missing or damaged")
    if star:
        raise failure(text, star.start, "expected below * the offset at which the repeated lines end, found none")
