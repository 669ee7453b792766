"""Finds hex dumps among other text, such as the lines of a log.

A *run* is a sequence of pairs of hex digits. The separators are single colons, dashes or dots, or blanks and commas. A
run of `MIN_BYTES` or more bytes is a dump if it contains a letter. Without a letter it can be a meter id, so it is not
a dump. `find` returns each dump as a piece (`text.Piece`).

A log wraps a long dump, so the last line of the dump can have a short run. A short run is also a dump if an adjacent
line contains a dump, and the *front* (the text before the run) of both lines is the same. Only the numbers in the two
fronts may differ. If consecutive lines begin with runs, it is enough that these runs have `MIN_BYTES` or more bytes in
total. A short run must be the last word on its line, except that one of these may follow: the bytes as text, or a
remark after two blanks, a colon or a similar mark.

`damage` raises an error if the text inside a dump can be a damaged byte.
"""

from __future__ import annotations

import re
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump import damage
from hanparse.hexdump.plainhex import GLUE, Run, is_dump, odd
from hanparse.hexdump.text import LONGEST_TABLE_LINE, MIN_BYTES, Piece, says, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

_BETWEEN: Final = rf"(?:{GLUE}*+(?:[:.\-]|[ \t\xa0]*+[,;][ \t\xa0]*+|[ \t\xa0]{{1,2}}+){GLUE}*+|{GLUE}++)"
_RUN: Final = re.compile(rf"(?<!\w)(?>(?:[0-9A-Fa-f]{{2}})+)(?!\w)(?>(?:{_BETWEEN}[0-9A-Fa-f]++(?!\w))*)")
_WORD: Final = re.compile("[0-9A-Fa-f]++")
_RULER: Final = re.compile(
    rf"(?:Offset(?:\(h\))?)?[ \t]*+{'[ ]{1,2}'.join(f'{at:02X}' for at in range(8))}"
    rf"(?:[ ]{{1,2}}{'[ ]{1,2}'.join(f'{at:02X}' for at in range(8, 16))})?[ \t]*+$",
    re.MULTILINE | re.IGNORECASE,
)
_FIRST: Final = re.compile(r"(?<!\w)(?:0[xX])?[0-9A-Fa-f]{2,}+(?!\w)")
_CHARACTER: Final = re.compile(r"\w")
_COLUMN: Final = re.compile(r"(?<=[0-9A-Fa-f])(?:[ \t]{2,}+|[ \t](?=[|>]))")
_END: Final = re.compile(r"[^\w\n]*+$|[ \t]{2}|[ \t]*+[\t|>:;=#]|[ \t]+(?://|--?|<-)[ \t]", re.MULTILINE)
_NO_BYTE: Final = re.compile("[A-Fa-f]+|[0-9]{3,}")


class _Line(NamedTuple):
    """Holds the runs of a line and its front. Consecutive lines with the same front can be one dump."""

    front: str | int
    """The `shape` of the text in front of `candidate`. Without a candidate, `front` is the number of the line."""
    runs: list[Run]
    candidate: Run | None = None
    """The run that may also be a dump if it is short. A line with such a short run has the `front` of the dump."""


def find(text: str) -> list[Piece]:
    """Return the dumps in `text`, in order. Raises `HexDumpError` if a dump is damaged."""
    return [_piece(text, run) for _, block in groupby(_lines(text), _front) for run in _dumps([*block])]


def _front(line: _Line) -> str | int:
    return line.front


def _dumps(block: list[_Line]) -> Iterator[Run]:
    """Yield the dumps of consecutive lines with the same front."""
    candidates = [line.candidate for line in block if line.candidate]
    digits = "".join(run.digits for run in candidates)
    counts = any(run.is_dump for run in candidates) or (block[0].front == "" and is_dump(digits))
    for line in block:
        yield from (run for run in line.runs if run.is_dump or (counts and run is line.candidate))


def _piece(text: str, run: Run) -> Piece:
    if run.odd:
        raise odd(text, run.odd)
    return Piece(run.start, run.end, bytes.fromhex(run.digits), "hex")


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for number, line in enumerate(text.split("\n")):
        end = start + len(line)
        if line.strip():
            damage.check_words(text, start, end)
            yield _line(text, start, end, number)
        start = end + 1


def _line(text: str, start: int, end: int, number: int) -> _Line:
    first = _RUN.search(text, start, end)
    if not first:
        return _Line(number, [])
    end = _text_column(text, first.start(), end)
    runs = [_run(text, match, end) for match in _RUN.finditer(text, first.start(), end)]
    begins_line = not _CHARACTER.search(text, start, first.start())
    if begins_line and (runs[0].is_dump or not any(run.is_dump for run in runs)):
        candidate, front = runs[0], ""
    else:
        candidate, front = runs[-1], shape(text[start : runs[-1].start])
    size = sum(len(run.digits) for run in runs)
    is_hex = size >= MIN_BYTES and 3 * size >= 2 * len(_CHARACTER.findall(text, start, end))
    for run, following in zip_longest(runs, runs[1:]):
        if is_hex or run.is_dump or (following and following.is_dump) or (begins_line and run is candidate):
            damage.check_around(text, start, end, run)
    if candidate.is_dump or _END.match(text, candidate.end):
        return _Line(front, runs, candidate)
    return _Line(number, runs)


def text_columns(text: str, *, offsets: bool = False) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of the text column of each line that begins with bytes.

    With `offsets`, also yield the text column of a line that begins with an offset, and a line with the numbers of the
    columns.
    """
    start = 0
    for line in text.split("\n") if _COLUMN.search(text) else ():
        end = start + len(line)
        if offsets and (ruler := _RULER.match(text, start, end)):
            yield ruler.span()
        elif first := _FIRST.search(text, start, end):
            begins = first.span() if offsets else first.span()[:1]
            column = min(_text_column(text, at, end) for at in begins)
            if column < end:
                yield column, end
        start = end + 1


def _text_column(text: str, start: int, end: int) -> int:
    """Return the position at which the text column of a line begins, or `end` if the line has no text column.

    The text column repeats the bytes of the line as text. The bytes begin at `start`.
    """
    if end - start <= LONGEST_TABLE_LINE:
        for gap in _COLUMN.finditer(text, start, end):
            digits = "".join(_WORD.findall(text, start, gap.start()))
            if len(digits) % 2 == 0 and says(text[gap.end() : end], bytes.fromhex(digits)):
                return gap.start()
    return end


def _run(text: str, match: re.Match[str], line_end: int) -> Run:
    words = [*_WORD.finditer(text, *match.span())]
    if _CHARACTER.search(text, match.end(), line_end):
        while len(words[-1][0]) % 2 and _NO_BYTE.fullmatch(words[-1][0]):  # as the word "a" in "7e a0 a frame"
            words.pop()
    return Run(
        words[0].start(),
        words[-1].end(),
        "".join(word[0] for word in words),
        next((word for word in words if len(word[0]) % 2), None),
    )
