"""Hex digits among other text, such as a log -> the bytes of what are dumps there.

A run is pairs of hex digits with single colons, dashes or dots, or with blanks and commas between them. A run of
`MIN_BYTES` or more bytes is a dump, unless it has no letter: then it is a meter id, or a list of numbers.

A log that wraps a dump ends it with a short run. So a run at the end of its line counts, however short, if there is a
dump behind the same text (numbers aside) on the lines next to it. Where a run is the first on its line, it is enough
that these lines have `MIN_BYTES` together, and what follows it may be a remark behind a colon, two blanks or the like,
or the same bytes as text.

Inside a dump there is no other text: what looks like damage there is an error (`damage`).
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump import damage
from hanparse.hexdump.plainhex import GLUE, Run, is_dump, odd
from hanparse.hexdump.text import LONGEST_TABLE_LINE, Piece, says, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

_BETWEEN: Final = rf"(?:{GLUE}*+(?:[:.\-]|[ \t\xa0]*+[,;][ \t\xa0]*+|[ \t\xa0]{{1,2}}+){GLUE}*+|{GLUE}++)"
_RUN: Final = re.compile(rf"(?<!\w)(?>(?:[0-9A-Fa-f]{{2}})+)(?!\w)(?>(?:{_BETWEEN}[0-9A-Fa-f]++(?!\w))*)")
_WORD: Final = re.compile("[0-9A-Fa-f]++")
_CHARACTER: Final = re.compile(r"\w")
_COLUMN: Final = re.compile(r"(?<=[0-9A-Fa-f])[ \t]{2,}+")
_END: Final = re.compile(r"[^\w\n]*+$|[ \t]{2}|[ \t]*+[\t|>:;=#]|[ \t]+(?://|--?|<-)[ \t]", re.MULTILINE)
_NO_BYTE: Final = re.compile("[A-Fa-f]+|[0-9]{3,}")


class _Line(NamedTuple):
    """The runs of one line, and the one that counts if the lines around it do; they have the same `front`."""

    front: str | int
    """What stands in front of `candidate`, if there is one, else a number that no other line has."""
    runs: list[Run]
    candidate: Run | None = None


def find(text: str) -> list[Piece]:
    """The dumps in `text`. Raises `HexDumpError` for a damaged one."""
    return [_piece(text, run) for _, block in groupby(_lines(text), _front) for run in _dumps([*block])]


def _front(line: _Line) -> str | int:
    return line.front


def _dumps(block: list[_Line]) -> Iterator[Run]:
    """The dumps on lines with the same front."""
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
    damage.check_offset(text, start, first.start())
    end = _text_column(text, first.start(), end)
    runs = [_run(text, match, end) for match in _RUN.finditer(text, first.start(), end)]
    damage.check_gaps(text, start, end, runs)
    begins_line = not _CHARACTER.search(text, start, first.start())
    if begins_line and (runs[0].is_dump or not any(run.is_dump for run in runs)):
        candidate, front = runs[0], ""
    else:
        candidate, front = runs[-1], shape(text[start : runs[-1].start])
    damage.check_ends(text, start, candidate)
    if candidate.is_dump or _END.match(text, candidate.end):
        return _Line(front, runs, candidate)
    return _Line(number, runs)


def _text_column(text: str, start: int, end: int) -> int:
    """Where the bytes of a line end that begin at `start`: at its text column, or its end."""
    if end - start <= LONGEST_TABLE_LINE:
        for gap in _COLUMN.finditer(text, start, end):
            digits = "".join(_WORD.findall(text, start, gap.start()))
            if len(digits) % 2 == 0 and says(text[gap.end() : end], bytes.fromhex(digits)):
                return gap.start()
    return end


def _run(text: str, match: re.Match[str], line_end: int) -> Run:
    words = [*_WORD.finditer(text, *match.span())]
    if _CHARACTER.search(text, match.end(), line_end):
        while len(words[-1][0]) % 2 and _NO_BYTE.fullmatch(words[-1][0]):  # "a" in "7e a0 a frame"
            words.pop()
    return Run(
        words[0].start(),
        words[-1].end(),
        "".join(word[0] for word in words),
        next((word for word in words if len(word[0]) % 2), None),
    )
