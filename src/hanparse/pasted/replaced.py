"""Finds text that replaces bytes of a dump: masked digits, lost digits, words such as ``[removed]``, and missing rows.

A *reading* returns the bytes of a text as *pieces* (`hexdump.readings`). An APDU has no check sequence. So if a reading
passes over text that replaces bytes, the values of the APDU can be wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse.hexdump.tables import OCTAL_OFFSET
from hanparse.hexdump.text import shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanparse.hexdump.text import Piece

_APART: Final = r"\s,;:|\"'\[\](){}<>="
_MARK: Final = r"(?:0[xX]|\\[xX])?"
_MASKED_DIGIT: Final = {
    style: re.compile(rf"(?<![\w*?~.\-])({_MARK}(?:{digits}[*?~\-_]|[*?~]{digits}))(?![\w*?~.\-])")
    for style, digits in (("hex", "[0-9A-Fa-f]"), ("decimal", "[0-9]{1,2}"))
}
_WORD: Final = re.compile(rf"(?<![\w\\]){_MARK}([0-9A-Fa-f]{{1,3}})[hH]?(?!\w)")
_MASK: Final = re.compile(
    rf"(?<![^{_APART}])((?:\.{{2,}}|-{{2,}}|~{{2,}}|[*?]+|#{{1,2}}|//|…)(?![^{_APART}])|-(?=[ ]-[ ])|(?<=[ ]-[ ])-)"
)
_SIGNS: Final = r"[ \t]*((?:#{1,2}|//)(?:[ \t,;]+(?:#{1,2}|//))*)[ \t,;]*"
_MASKS_AT_END: Final = re.compile(rf"[ \t,;]*{_SIGNS}\n")
_MASKS_AT_START: Final = re.compile(rf"\n{_SIGNS}\Z")
_MASK_IN_WORD: Final = re.compile("(?<=[0-9A-Fa-f])([*?~]+)(?=[0-9A-Fa-f])")
_WITHHELD: Final = re.compile(
    r"((?<![A-Za-z])(?:anonymi[sz]|censor|delet|hidden|mask|omit|redact|remov|snip|withheld)\w*)", re.IGNORECASE
)
_WITH_OFFSETS: Final = ("table", "rows")
_BYTES: Final = re.compile(r"(?:(?<!\w)[0-9A-Fa-f]{2}(?!\w)[ ,;:\-]*){3}|[0-9A-Fa-f]{12}")
_LONGEST_FRONT: Final = 400  # characters
_WORDS: Final = re.compile(r"(?<!\w)\w")
_OFFSET: Final = re.compile(r"[ \t]*(?:0[xX])?([0-9A-Fa-f]+)")
_NO_BYTES: Final = re.compile(rf"(?<![^{_APART}])(?!{_MARK}(?:[0-9A-Fa-f]{{2}})+(?![^{_APART}]))([^{_APART}]+)")


def find(text: str, pieces: Sequence[Piece]) -> re.Match[str] | None:
    """Return a match whose last group is the first text in place of a byte, in `pieces` or between two of them.

    A byte with one digit is damaged if another byte has a zero in front of its digit.
    """
    return next(filter(None, _all(text, pieces)), None)


def _all(text: str, pieces: Sequence[Piece]) -> Iterator[re.Match[str] | None]:
    for piece in pieces:
        if digits := _MASKED_DIGIT.get(piece.style):
            yield digits.search(text, max(0, piece.start - 1), piece.end + 1)
            yield _MASK.search(text, piece.start, piece.end)
    for piece, following in pairwise(pieces):
        between = piece.end, following.start
        yield _MASKED_DIGIT["hex"].search(text, *between)
        yield _WITHHELD.search(text, *between)
        yield _MASK_IN_WORD.search(text, *between)
        yield _MASKS_AT_END.match(text, *between) or _MASKS_AT_START.search(text, *between)
        mask = _MASK.search(text, *between)
        yield mask if mask and (text.find("\n", *between) < 0 or _is_alone(text, mask)) else None
        if piece.style == following.style and piece.style in _WITH_OFFSETS:
            yield _missing_row(text, piece, following)
    yield _lost_digit(text, pieces)


def _is_alone(text: str, mask: re.Match[str]) -> bool:
    """Return whether the line of a mask has no other word."""
    line = text[text.rfind("\n", 0, mask.start()) + 1 : _line_end(text, mask.end())]
    return not re.search(r"\w", line)


def _missing_row(text: str, piece: Piece, following: Piece) -> re.Match[str] | None:
    """Return the offset of `following` if it is too large for the row below `piece`, so that a row is missing.

    Return the text between the two rows instead if there is any: it is the damaged row. If `piece` would have at most
    as many bytes as `following`, return the offset of `piece`, because its row is damaged.
    """
    first, second = (_OFFSET.match(text, each.start, each.end) for each in (piece, following))
    if not first or not second or first.end() == piece.end:
        return None
    bases = (16, 10, 8) if len(first[1]) == OCTAL_OFFSET else (16, 10)
    steps = [_number(second[1], base) - _number(first[1], base) for base in bases]
    if steps[0] <= len(piece.data) or len(piece.data) in steps:
        return None
    if any(len(piece.data) < step <= len(following.data) for step in steps):
        return first
    return _NO_BYTES.search(text, _line_end(text, piece.end), text.rfind("\n", 0, following.start) + 1) or second


def _number(digits: str, base: int) -> int:
    try:
        return int(digits, base)
    except ValueError:
        return 0


def _lost_digit(text: str, pieces: Sequence[Piece]) -> re.Match[str] | None:
    words = [
        word
        for piece in pieces
        if piece.style in _MASKED_DIGIT
        for word in _WORD.finditer(text, piece.start, piece.end)
    ]
    digits = max((len(word[1]) for word in words if len(word[1]) > 1 and word[1].startswith("0")), default=0)
    return next((word for word in words if len(word[1]) < digits), None)


def missing(text: str, pieces: Sequence[Piece]) -> re.Match[str] | None:
    """Return the first text between `pieces`, or below them, that may replace missing bytes of a frame.

    Text behind the last piece replaces bytes only if three or more bytes are beside it, or if it is a word such as
    ``[removed]``.
    """
    return unusual(text, pieces) or _below(text, pieces[-1])


def unusual(text: str, pieces: Sequence[Piece]) -> re.Match[str] | None:
    """Return the first text on the lines of `pieces` that may replace a byte, because it occurs only once.

    Text in front of the bytes of a line, or behind them, replaces a byte only if more than half of the lines have one
    and the same other text there, such as a log prefix.
    """
    inside: list[tuple[int, int]] = []
    behind: list[tuple[int, int]] = []
    front = [(text.rfind("\n", 0, pieces[0].start) + 1, pieces[0].start)]
    for piece, following in pairwise(pieces):
        if line := text.rfind("\n", piece.end, following.start) + 1:
            behind.append((piece.end, _line_end(text, piece.end)))
            front.append((line, following.start))
        else:
            inside.append((piece.end, following.start))
    spans = [
        *_rare(text, inside, 0),
        *(rare for place in (behind, front) for rare in _rare(text, place, max(1, len(place) // 2))),
    ]
    found = (_NO_BYTES.search(text, *span) for span in sorted(spans))
    return next(filter(None, found), None)


def _rare(text: str, spans: list[tuple[int, int]], least: int) -> Iterator[tuple[int, int]]:
    """Yield the spans whose `shape` no other span has, if more than `least` spans have the most common shape."""
    shapes = [shape(text[start:end]) for start, end in spans]
    counts = Counter(shapes)
    if max(counts.values(), default=0) > least:
        yield from (span for span, each in zip(spans, shapes, strict=True) if counts[each] == 1)


def _below(text: str, piece: Piece) -> re.Match[str] | None:
    """Return text in place of a byte behind the last piece or on the line below. `missing` has the conditions."""
    front = shape(text[text.rfind("\n", 0, piece.start) + 1 : piece.start])
    line = _line_end(text, piece.end) + 1
    end = _line_end(text, line)
    words = (word.start() for word in _WORDS.finditer(text, line, min(end, line + _LONGEST_FRONT)))
    below = next((word for word in words if shape(text[line:word]) == front), line)
    for start, stop in ((piece.end, line), (below, end)):
        found = _MASK_IN_WORD.search(text, start, stop) or _NO_BYTES.search(text, start, stop)
        if found and _BYTES.search(text, start, stop):
            return found
    return _WITHHELD.search(text, piece.end, line)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)
