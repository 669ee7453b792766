r"""Detect damaged dumps among other text. A byte of the dump was mistyped, lost or left out.

Each check raises `HexDumpError` with the place of the damage. These are signs of damage:

* A long word has an odd number of hex digits, or some of its characters, at most a quarter, are not hex digits.
* The text has ``...`` between bytes.
* A mistyped byte is between two bytes or behind the last one. It is a word of one or two characters, or a word with a
  digit and one or two characters that are not hex digits. In front of the bytes such a word is a name, as RX or L1.
* The text has more than one separator between two bytes.
* In front of the bytes is a word with an odd number of hex digits, and these include both letters and decimal digits.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse.hexdump.plainhex import GLUE, odd
from hanparse.hexdump.text import MIN_BYTES, around, failure

if TYPE_CHECKING:
    from hanparse.errors import HexDumpError
    from hanparse.hexdump.plainhex import Run

_SIGNS: Final = rf"[ \t\xa0,;:.\-{GLUE}]*+"
_WORD: Final = r"""(?P<word>[^\s,;:.\-()\[\]{}<>|"'=+/\\]++)"""
_DOTS: Final = re.compile(r"[ \t\xa0,]*+(?P<dots>\.{3,}|…)[ \t\xa0,]*+")
_ONLY_SIGNS: Final = re.compile(r"[ \t\xa0]?(?::{1,2}|[.;,\-]{1,2}[ \t\xa0]?)")
_ONE_WORD: Final = re.compile(rf"{_SIGNS}{_WORD}(?!:[ \t]){_SIGNS}")
_MISTYPED: Final = r"(?=\D*\d)(?:[0-9A-Fa-f]*+[^0-9A-Fa-f]){1,2}[0-9A-Fa-f]*+"
_ONE_BYTE: Final = re.compile(rf".{{1,2}}|{_MISTYPED}")
_BEHIND_LABEL: Final = re.compile(rf"(?=\D?\d).{{1,2}}|{_MISTYPED}")
_BEHIND: Final = re.compile(r"(?:[:.\-]\w{1,2}|[:.\-\t ](?=\D{0,2}\d)[\w?*#~]{2,3})(?![\w:])")
_IN_FRONT: Final = re.compile(r"(?<!\w)(?=[0-9]*+[A-Fa-f])(?=[A-Fa-f]*+[0-9])[0-9A-Fa-f]{3,}[ \t,]{1,2}\Z")
_LONG: Final = re.compile(r"""[^\s,;:.\-()\[\]{}<>|"'=/\\\0]{16,}+""")
_LONG_INSIDE: Final = 24  # characters; inside a line a shorter word may be an id, at the start of a line it is none
_NOT_HEX: Final = re.compile("[^0-9A-Fa-f]")
_LETTER: Final = re.compile("[A-Fa-f]")
_CHARACTER: Final = re.compile(r"\w")


def check_words(text: str, start: int, end: int) -> None:
    """Raise `HexDumpError` when the line from `start` to `end` has a long word of which most characters are hex."""
    for word in _LONG.finditer(text, start, end):
        strangers = _NOT_HEX.findall(word[0])
        inside = text[start : word.start()].strip() != "" if word.start() - start < _LONG_INSIDE else True
        if (inside and len(word[0]) < _LONG_INSIDE) or not _LETTER.search(word[0]):
            continue
        if not strangers and len(word[0]) % 2:
            raise odd(text, word)
        if 0 < 4 * len(strangers) <= len(word[0]):
            raise _error(text, word.start() + word[0].index(strangers[0]))


def check_gaps(text: str, start: int, end: int, runs: list[Run]) -> None:
    """Raise `HexDumpError` when the text between two runs of a line is a damaged byte."""
    size = sum(len(run.digits) for run in runs)
    mostly_hex = len(runs) > 1 and size >= MIN_BYTES and 3 * size >= 2 * len(_CHARACTER.findall(text, start, end))
    for left, right in pairwise(runs):
        if mostly_hex or left.is_dump or right.is_dump:
            _check_gap(text, start, left, right)


def _check_gap(text: str, start: int, left: Run, right: Run) -> None:
    if dots := _DOTS.fullmatch(text, left.end, right.start):
        raise failure(text, dots.start("dots"), "expected every byte, found '...': the dump is shortened")
    label = text.startswith((": ", ")"), left.end)
    if not left.is_several and (label or _follows_word(text, start, left.start)):
        return  # as in "12: RX 7EA0..." and "list 10 of 7EA0..."
    if left.is_several and _ONLY_SIGNS.fullmatch(text, left.end, right.start):
        raise _error(text, left.end)
    gap = _ONE_WORD.fullmatch(text, left.end, right.start)
    if gap and (_BEHIND_LABEL if label else _ONE_BYTE).fullmatch(gap["word"]):
        stranger = _NOT_HEX.search(text, *gap.span("word"))
        raise _error(text, stranger.start() if stranger else gap.start("word"))


def check_ends(text: str, start: int, run: Run) -> None:
    """Raise `HexDumpError` when the word directly in front of a run or behind it is a damaged part of the run."""
    if not run.is_dump and text[start : run.start].strip():
        return
    behind = _BEHIND.match(text, run.end)
    if behind and (stranger := _NOT_HEX.search(text, behind.start() + 1, behind.end())):
        raise _error(text, stranger.start())
    if front := _IN_FRONT.search(text[max(start, run.start - _LONG_INSIDE) : run.start]):
        raise _error(text, run.start - len(front[0]))


def _follows_word(text: str, line: int, run: int) -> bool:
    return text[max(line, run - 20) : run].rstrip()[-1:].isalnum()


def _error(text: str, position: int) -> HexDumpError:
    return failure(text, position, f"expected hex digits inside a dump, found {around(text, position)}")
