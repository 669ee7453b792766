r"""A dump among other text in which a byte was mistyped, lost or left out -> the error that says where.

Damage is

* a long word that is hex but for its last digit or a few characters;
* ``...`` between bytes;
* between bytes, or behind the last, a word that was a byte once: of one or two characters, or with a digit and one or
  two characters that are no hex. In front of bytes it may be a name, such as RX or L1;
* more than one separator between bytes, and a word of digits and letters, odd in number, in front of bytes;
* bytes behind an offset that does not count them: they are no bytes in hex, but words, octal or decimal.
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
_OFFSET: Final = re.compile(r"[ \t]*+0[0-9A-Fa-f]{4,}+[ \t]++")
_LONG: Final = re.compile(r"""[^\s,;:.\-()\[\]{}<>|"'=/\\\0]{16,}+""")
_LONG_INSIDE: Final = 24  # not at the start of a line, where no id stands
_NOT_HEX: Final = re.compile("[^0-9A-Fa-f]")
_LETTER: Final = re.compile("[A-Fa-f]")
_CHARACTER: Final = re.compile(r"\w")


def check_words(text: str, start: int, end: int) -> None:
    """Raise if a line has a long word that is nearly hex."""
    for word in _LONG.finditer(text, start, end):
        strangers = _NOT_HEX.findall(word[0])
        inside = text[start : word.start()].strip() != "" if word.start() - start < _LONG_INSIDE else True
        if (inside and len(word[0]) < _LONG_INSIDE) or not _LETTER.search(word[0]):
            continue
        if not strangers and len(word[0]) % 2:
            raise odd(text, word)
        if 0 < 4 * len(strangers) <= len(word[0]):
            raise _error(text, word.start() + word[0].index(strangers[0]))


def check_offset(text: str, start: int, run: int) -> None:
    """Raise if the run of a line stands behind an offset."""
    if _OFFSET.fullmatch(text, start, run):
        raise failure(text, start, f"expected an offset that counts the bytes, found {text[start:run].strip()!r}")


def check_gaps(text: str, start: int, end: int, runs: list[Run]) -> None:
    """Raise if what stands between two runs of a line was a byte once."""
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
    """Raise if what touches a run that counts was a part of it."""
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
