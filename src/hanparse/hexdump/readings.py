r"""Defines readings: functions that return the bytes of a text in one notation, as pieces (`text.Piece`).

Most readings read one notation (`hexdump.notations`) in one position on a line (`_PLACES`). Notations that span lines
and notations that mark each byte have one reading each. A reading raises no error: it skips the lines that contain no
bytes in its notation. Its bytes can be wrong, so the caller must verify them. `hanparse.pasted` selects the reading
with the most bytes in *sound* frames or APDUs (`pasted.sound` defines this term). The time of a reading is linear in
the length of the text.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hanparse.hexdump import base64words, lists, literals
from hanparse.hexdump.notations import (
    CELLS,
    DECIMAL,
    MARKED,
    NARROW_PAIRS,
    NUMBERS,
    OCTAL,
    PAIRS,
    Notation,
    marked,
    runs,
)
from hanparse.hexdump.text import COVER, MIN_BYTES, Piece

if TYPE_CHECKING:
    from collections.abc import Callable

    Reading = Callable[[str], list[Piece]]


_FRONT: Final = r"^[^\w\n]*"
_BEHIND: Final = r"(?=[^\w\n]*$)"
_NO_DIGIT: Final = re.compile("[^0-9A-Fa-f]+")
_MIXED: Final = re.compile(r"[\])}>][0-9A-Fa-f]")  # as in {08}1000: one byte in brackets and four characters


def _column(notation: Notation, at: int) -> Reading:
    """Return the reading of one column of a table. The separators are tabs, bars, semicolons or commas.

    The first of these four that a line contains is the separator of this line. `at` is the number of separators in
    front of the column.
    """
    signs = "\t|;,"
    fronts = "|".join(
        rf"(?![^\n]*[{signs[:number] or COVER}])(?:[^{sign}\n]*[{sign}]){{{at}}}" for number, sign in enumerate(signs)
    )
    return runs(notation, rf"^(?:{fronts})[ '\"]*", r"(?=[ '\"]*[|;,\t]|[^|;,\t\n]*$)")


_ROW: Final = (
    r"(?P<bytes>(?:[0-9A-Fa-f]{2}[ ]){15}[0-9A-Fa-f]{2}(?=[ ][^\n]{16}[ \t]*$)"
    r"|(?:[0-9A-Fa-f]{4}[ ]){7}[0-9A-Fa-f]{4}(?=[ ]{2}[^\n]{16}[ \t]*$)"
    r"|(?>(?:[0-9A-Fa-f]{2})+)(?!\w)(?:(?:[ ]{1,2}|-)(?>(?:[0-9A-Fa-f]{2})+)(?!\w)){0,255}-?)"
    r"(?:[ \t]*$|(?:[ \t]+\||[ \t]{2}(?![^\n]*?[ \t][0-9A-Fa-f]{2}[ ])"  # a text with bytes is not a text column
    r"|(?<=(?:[0-9A-Fa-f]{2}[ ]){15}[0-9A-Fa-f]{2})[ ])[^\n]*$)"
)


def _rows(offset: str, style: str = "table") -> Reading:
    """Return the reading of the lines that contain an offset, bytes and possibly a text column.

    The offset need not match the number of bytes. Behind 16 bytes the text column can follow after one blank. The last
    line can be an offset without bytes.
    """
    end = rf"(?:\n[ \t]*{offset}[ \t]*$)?"
    pattern = re.compile(rf"(?:^[ \t]*|(?<=[:\])>][ ])){offset}[ \t]{{1,4}}{_ROW}{end}", re.MULTILINE)

    def read(text: str) -> list[Piece]:
        rows = ((row.span(), row["bytes"].replace("-", "")) for row in pattern.finditer(text))
        return [Piece(*span, bytes.fromhex(digits), style) for span, digits in rows]

    return read


_offsets = _rows(r"(?:\[?(?:0[xX])?[0-9A-Fa-f]{4,16}\]?|[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4})(?:[ ]-|:)?")


def _words(text: str) -> list[Piece]:
    """Return the bytes of lines with words of two bytes, low byte first, as `hexdump` and `od -x` print them.

    If the offset below the last line is odd, the high byte of the last word is only a filler.
    """
    pieces = []
    for piece in _offsets(text):
        if len(piece.data) % 2 == 0:
            lines = text[piece.start : piece.end].split("\n")
            filler = len(lines) > 1 and int(lines[-1].rstrip(" \t:")[-1], 16) % 2
            data = bytes(piece.data[at ^ 1] for at in range(len(piece.data) - filler))
            pieces.append(piece._replace(data=data))
    return pieces


def _block(notation: Notation) -> Reading:
    """Return the reading of consecutive lines that contain only bytes."""
    pattern = re.compile(rf"^{notation.digits[:-1]}\s,;:.|\-'\"\[\](){{}}<>]+$", re.MULTILINE)

    def read(text: str) -> list[Piece]:
        pieces = []
        for block in pattern.finditer(text):
            with suppress(ValueError):
                if not _MIXED.search(block[0]) and (data := notation.data(block[0])):
                    pieces.append(Piece(*block.span(), data, notation.style))
        return pieces

    return read


# --- notations that span lines, or that may be anywhere on a line ----------------------------------------------------

_LONG: Final = re.compile(
    r"(?<![\w+/])(?:0[xX]|\\[xX])?(?P<pairs>[0-9A-Fa-f]{2}(?P<sign>[/_+]?)[0-9A-Fa-f]{2}"
    rf"(?>(?:(?P=sign)[0-9A-Fa-f]{{2}}){{{MIN_BYTES - 2},}}))(?![\w+/])"
)


def _long_words(text: str) -> list[Piece]:
    return [
        Piece(*word.span(), bytes.fromhex(_NO_DIGIT.sub("", word["pairs"])), "hex") for word in _LONG.finditer(text)
    ]


_LINE_END: Final = re.compile(
    r"(?<![\w:.+\\-])(?>[0-9A-Fa-f]+(?:[ ][0-9A-Fa-f]+)*)(?:(?=[ ]?=?[ \t]*$)(?P<fits>))?", re.MULTILINE
)


def _wrapped(text: str) -> list[Piece]:
    """Return the hex digits at the ends of consecutive lines. A line can end with the first digit of a byte.

    ``=`` at the end of a line is the soft line break of quoted-printable (RFC 2045, section 6.7).
    """
    pieces: list[Piece] = []
    digit, end = "", 0
    for line in _LINE_END.finditer(text):
        if line.lastgroup != "fits":
            continue
        digits = (digit if text.count("\n", end, line.start()) == 1 else "") + line[0].replace(" ", "")
        digit, end = digits[len(digits) // 2 * 2 :], line.end()
        pieces.append(Piece(*line.span(), bytes.fromhex(digits[: len(digits) - len(digit)]), "hex"))
    return pieces


_PLACES: Final = ((_FRONT, _BEHIND), ("", _BEHIND), (_FRONT, ""))
"""The positions of a run on its line: alone, at the end, and at the beginning."""
READINGS: Final[tuple[Reading, ...]] = (
    _block(PAIRS),
    runs(PAIRS, _FRONT, _BEHIND),
    _offsets,
    runs(PAIRS, "", _BEHIND),
    runs(PAIRS, _FRONT),
    _long_words,
    marked("0[xX]", "(?![0-9A-TV-Za-tv-z])", "[0-9A-Fa-f]{1,2}"),
    _block(DECIMAL),
    lists.read,
    literals.read,
    base64words.long,
    _words,
    marked(r"(?<!\w)0?", r"[hH](?!\w)"),
    literals.escaped("(?>(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9_.~'()*!-])+)", "%([0-9A-Fa-f]{2})"),
    literals.escaped(r"(?>(?:\{[0-9A-Fa-f]{2}\}|[ -z|~])+)", r"\{([0-9A-Fa-f]{2})\}"),
    literals.escaped("(?>(?:<[0-9A-Fa-f]{2}>|[ -;=?-~])+)", "<([0-9A-Fa-f]{2})>"),
    *MARKED,
    _rows("[0-9A-Fa-f]{1,5}[:.)]?", "rows"),
    runs(OCTAL, "", _BEHIND),
    *(runs(notation, *place) for notation in NUMBERS for place in _PLACES),
    *(_column(notation, at) for notation in CELLS for at in range(1, 5)),
    runs(DECIMAL, rf"(?=(?:[0-9]{{1,3}}[ ,;:]{{1,3}}){{{MIN_BYTES}}})"),
)
"""All readings except `FRAME_READINGS`. Of two readings with equal results, `hanparse.pasted` selects the first one."""
FRAME_READINGS: Final[tuple[Reading, ...]] = (literals.read_octal, _wrapped, runs(PAIRS), runs(NARROW_PAIRS))
"""Readings only for frames: these have check sequences.

The bytes are wrong if a digit is missing, or if a number follows a run.
"""
