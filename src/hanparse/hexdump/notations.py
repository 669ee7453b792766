r"""Finds runs of bytes in a text.

A *word* is a group of digits, such as ``7E``, ``7EA0`` or ``255``. A *run* is a sequence of words in one notation.
`runs` returns a *reading*: a function that finds the runs of one notation in a text and returns them as pieces
(`text.Piece`). The notations are:

* pairs of hex digits;
* decimal numbers up to 255;
* one or two hex digits: numbers without leading zeros, as Arduino prints them;
* signed decimal numbers;
* binary numbers with eight digits;
* octal numbers with three digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump.text import Piece

if TYPE_CHECKING:
    from collections.abc import Callable


class Notation(NamedTuple):
    """Defines the words of a notation, the separators between two words, and the function that decodes a run."""

    digits: str
    """The characters that a word may contain, as a character class of `re`."""
    word: str
    """The regular expression of a word."""
    data: Callable[[str], bytes]
    """Decodes a text of words and separators.

    Raises `ValueError` if the text contains a word of another notation. This is possible if the caller has compared
    only the characters of the text with those of the notation.
    """
    style: str = "hex"
    between: str = r"[ \t\xa0,;:.|\-'\"]+"


_WORD: Final = re.compile("[0-9A-Fa-f]+")
_NUMBER: Final = re.compile("-?[0-9]+")
_PADDED: Final = re.compile(r"\b0[0-9A-Fa-f]\b")
_SIGN: Final = re.compile(r"[^0-9A-Fa-f-]-[0-9]")  # this dash is the sign of a negative number, not a separator
_BLANKS: Final = str.maketrans(dict.fromkeys("\t\n\xa0,;:.|-'\"[](){}<>", " "))


def _pairs(said: str) -> bytes:
    if said.isalnum():
        return bytes.fromhex(said)  # one word has no separators; a log with one byte on each line has many such runs
    if _SIGN.search(said):
        raise ValueError
    return bytes.fromhex(said.translate(_BLANKS))


def _loose(said: str) -> bytes:
    if said.isalnum() and len(said) <= 2:  # noqa: PLR2004  digits of a byte
        return bytes((int(said, 16),))
    words = _WORD.findall(said)
    if _SIGN.search(said) or len(max(words, key=len, default="")) > 2:  # noqa: PLR2004  digits of a byte
        raise ValueError
    if _PADDED.search(said) and min(map(len, words)) == 1:
        raise ValueError  # a leading zero means that each byte has two digits, so a word with one digit has lost one
    return bytes.fromhex("".join([word.zfill(2) for word in words]))


def _decimal(said: str) -> bytes:
    if said.isdigit() and len(said) <= 3:  # noqa: PLR2004  digits of a byte
        return bytes((int(said),))
    words = said.translate(_BLANKS).split()
    if _SIGN.search(said) or len(max(words, key=len, default="")) > 3:  # noqa: PLR2004  digits of a byte
        raise ValueError
    return bytes(map(int, words))


def _signed(said: str) -> bytes:
    numbers = [*map(int, _NUMBER.findall(said))] or [-1 << 8]
    if min(numbers) < -0x80:  # noqa: PLR2004  a byte with a sign
        raise ValueError
    return bytes([number + 0x100 if number < 0 else number for number in numbers])


def _binary(said: str) -> bytes:
    words = said.translate(_BLANKS).split()
    if set(map(len, words)) != {8}:
        raise ValueError
    return bytes([int(word, 2) for word in words])


def _octal(said: str) -> bytes:
    words = said.translate(_BLANKS).split()
    if set(map(len, words)) != {3}:
        raise ValueError
    return bytes([int(word, 8) for word in words])


PAIRS: Final = Notation("[0-9A-Fa-f]", "(?>(?:[0-9A-Fa-f]{2})+)", _pairs)
DECIMAL: Final = Notation("[0-9]", "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])", _decimal, "decimal")
LOOSE: Final = Notation("[0-9A-Fa-f]", "[0-9A-Fa-f]{1,2}", _loose)
_SIGNED: Final = Notation("[0-9-]", "-?(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])", _signed, "decimal", r"[ \t,;]+")
_BINARY: Final = Notation("[01]", "[01]{8}", _binary, "binary")
OCTAL: Final = Notation("[0-7]", "[0-3][0-7]{2}", _octal, "octal")


def _narrow(notation: Notation) -> Notation:
    """Return the notation with only one blank or comma between two words. Other separators then separate columns."""
    return notation._replace(between="[ ,]")


NARROW_PAIRS: Final = _narrow(PAIRS)
CELLS: Final = (NARROW_PAIRS, _narrow(DECIMAL), _narrow(LOOSE))
"""These notations are read in the cells of tables."""
NUMBERS: Final = tuple(each for wide in (DECIMAL, LOOSE, _SIGNED, _BINARY) for each in (wide, _narrow(wide)))
"""The notations for decimal numbers, one or two hex digits, signed numbers and binary numbers.

Each is included twice: with all separators, and with only one blank or comma as separator.
"""


def runs(notation: Notation, front: str = "", behind: str = "") -> Callable[[str], list[Piece]]:
    """Return a reading: a function that returns the bytes of runs in a text.

    It returns only the runs with a match of `front` directly before them and a match of `behind` directly after them.
    `behind` must be a lookahead. If it does not match after a run, the search continues after the run, and not at the
    second word of the run. So the time is linear in the length of the text.
    """
    word = rf"{notation.word}(?!\w)"
    run = rf"(?<![\w.+\\-])(?P<run>{word}(?>(?:{notation.between}{word})*))"
    pattern = re.compile(f"{front}{run}(?:{behind}(?P<fits>))?", re.MULTILINE)

    def read(text: str) -> list[Piece]:
        pieces = []
        for found in pattern.finditer(text):
            if found.lastgroup == "fits":
                try:
                    pieces.append(Piece(*found.span("run"), notation.data(found["run"]), notation.style))
                except ValueError:
                    continue
        return pieces

    return read


# --- bytes with a mark of their own ----------------------------------------------------------------------------------


def marked(
    front: str, behind: str = "", digits: str = "[0-9A-Fa-f]{2}", base: int = 16
) -> Callable[[str], list[Piece]]:
    """Return a reading for bytes with a mark: the digits of each byte are between matches of `front` and `behind`.

    Digits without the mark are not read. `base` is the base of the digits: 16, 10 or 2.
    """
    byte = f"{front}{digits}{behind}"
    pattern = re.compile(rf"{byte}(?>(?:(?:[\s,;]|\(byte\)|\.toByte\(\))*{byte})*)")
    number = re.compile(f"{front}({digits}){behind}")

    def data(said: str) -> bytes:
        words = number.findall(said)
        if base == 16:  # noqa: PLR2004
            joined = "".join(words)
            return bytes.fromhex(
                joined if len(joined) == 2 * len(words) else "".join([word.zfill(2) for word in words])
            )
        return bytes([int(word.replace(" ", ""), base) for word in words])

    def read(text: str) -> list[Piece]:
        return [Piece(*run.span(), data(run[0]), "hex") for run in pattern.finditer(text)]

    return read


_NUMBER_OF_BYTE: Final = rf"{DECIMAL.word}(?!\w)"
_INDEX: Final = r"(?<![\w.:])[0-9]{1,7}\s{0,9}[:=]\s{0,9}"  # as in "0: 126", which Node-RED and JavaScript print
MARKED: Final = (
    *(marked(rf"\{left}", rf"\{right}") for left, right in ("{}", "<>", "[]", "()", "''")),
    *(
        marked(front)
        for front in (r"\\[xX]", r"\$", "&[hH]", r"\\?[uU]\+?00", "16#", "#", "=", "#x", "8'h", r"(?<!\w)x")
    ),
    marked('[xX]"', '"'),
    marked("&#[xX]", ";", "[0-9A-Fa-f]{1,2}"),
    *(marked(front, digits=_NUMBER_OF_BYTE, base=10) for front in ("#", r"\\", r"\"[0-9]{1,7}\":[ ]?")),
    marked(r"\[[0-9]{1,7}\]=>\s{0,80}int\(", r"\)", digits=_NUMBER_OF_BYTE, base=10),  # var_dump of PHP
    marked(_INDEX, "(?![.:])", _NUMBER_OF_BYTE, 10),
    marked(_INDEX, r"(?![\w.:])"),
    marked(r"(?<!\w)(?:0?[bB])?", r"(?!\w)", "[01]{4}[ _]?[01]{4}", 2),
)
"""The readings of bytes with marks.

Each byte is in brackets or quotes, or has a prefix as in a programming language, a terminal or JSON, or has its index
or a character such as ``=`` in front of it. Eight binary digits need no prefix.
"""
