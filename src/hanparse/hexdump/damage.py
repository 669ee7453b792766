r"""Detects bytes that were mistyped, lost or left out in a dump among other text.

Each check raises `HexDumpError` with the place of the damage. `amongtext` defines *run*. These are signs of damage:

* A long word consists of an odd number of hex digits, or up to a quarter of its characters are not hex digits.
* Behind the bytes is ``...`` or an unusual separator such as ``::``, and another byte follows.
* Behind the bytes is a word that can be a mistyped byte: a word of one or two characters, or a word with a digit and
  one or two characters that are not hex digits. In front of the bytes, such a word is a name such as RX or L1.
* In front of the bytes is a word with an odd number of hex digits. It contains both letters and decimal digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hanparse.hexdump.plainhex import GLUE, odd
from hanparse.hexdump.text import around, failure

if TYPE_CHECKING:
    from hanparse.errors import HexDumpError
    from hanparse.hexdump.plainhex import Run

_SIGNS: Final = rf"[ \t\xa0,;:.\-{GLUE}]*+"
_IN_WORD: Final = r"""[^\s,;:.\-()\[\]{}<>|"'=+/\\]"""
_PAIR: Final = r"(?=(?:[0-9A-Fa-f]{2})+(?!\w))"
# The digit is searched near the start of the word only: a whole line for each byte of "%AE%AE..." costs too much time.
_MISTYPED: Final = rf"(?={_IN_WORD}{{0,16}}\d)(?:[0-9A-Fa-f]*+(?![0-9A-Fa-f]){_IN_WORD}){{1,2}}[0-9A-Fa-f]*+"
_BEHIND: Final = re.compile(
    rf"[ \t\xa0,]*+(?P<dots>\.{{3,}}|…)[ \t\xa0,]*+{_PAIR}"
    rf"|(?P<signs>[ \t\xa0]?(?::{{1,2}}|[.;,\-]{{1,2}}[ \t\xa0]?)){_PAIR}"
    rf"|{_SIGNS}(?!{_PAIR})(?P<between>(?:{_IN_WORD}{{1,2}}|{_MISTYPED})(?!{_IN_WORD}))(?!:[ \t]){_SIGNS}{_PAIR}"
    r"|[:.\-](?P<last>\w{1,2})(?![\w:])|[:.\-\t ](?P<end>(?=\D{0,2}\d)[\w?*#~]{2,3})(?![\w:])"
)
_IN_FRONT: Final = re.compile(r"(?<!\w)(?=[0-9]*+[A-Fa-f])(?=[A-Fa-f]*+[0-9])[0-9A-Fa-f]{3,}[ \t,]{1,2}\Z")
_LONG: Final = re.compile(r"""[^\s,;:.\-()\[\]{}<>|"'=/\\\0]{16,}+""")
_LONG_INSIDE: Final = 24  # characters; a shorter word may be an id, unless it is at the start of a line
_NOT_HEX: Final = re.compile("[^0-9A-Fa-f]")
_LETTER: Final = re.compile("[A-Fa-f]")


def check_words(text: str, start: int, end: int) -> None:
    """Raise `HexDumpError` if the line from `start` to `end` contains a long word of hex digits that is damaged."""
    for word in _LONG.finditer(text, start, end):
        strangers = _NOT_HEX.findall(word[0])
        inside = text[start : word.start()].strip() != "" if word.start() - start < _LONG_INSIDE else True
        if (inside and len(word[0]) < _LONG_INSIDE) or not _LETTER.search(word[0]):
            continue
        if not strangers and len(word[0]) % 2:
            raise odd(text, word)
        if 0 < 4 * len(strangers) <= len(word[0]):
            raise _error(text, word.start() + word[0].index(strangers[0]))


def check_around(text: str, start: int, end: int, run: Run) -> None:
    """Raise `HexDumpError` if the text in front of a run or behind it can be a damaged part of the run.

    The line of the run begins at `start`. Its bytes, and any text except a text column, are in front of `end`.
    A run of one or two bytes is not checked if it may be a number, as in ``12: RX 7EA0...`` and ``list 10 of 7EA0...``.
    """
    in_front = text[max(start, run.start - 20) : run.start].rstrip()
    if not run.is_several and (in_front[-1:].isalpha() or text.startswith((": ", ")"), run.end)):
        return
    if behind := _BEHIND.match(text, run.end, end):
        if behind["dots"]:
            raise failure(text, behind.start("dots"), "expected every byte, found '...': the dump is shortened")
        position, end = behind.span(behind.lastgroup or 0)
        stranger = _NOT_HEX.search(text, position, end)
        if stranger or behind["between"]:
            raise _error(text, stranger.start() if stranger else position)
    if front := _IN_FRONT.search(text[max(start, run.start - _LONG_INSIDE) : run.start]):
        raise _error(text, run.start - len(front[0]))


def _error(text: str, position: int) -> HexDumpError:
    return failure(text, position, f"expected hex digits inside a dump, found {around(text, position)}")
