r"""Define the readings of a text. `hanparse.pasted` selects the reading in which most bytes are sound frames or APDUs.

A reading returns the bytes of one notation (`hexdump.notations`) in one position on a line (`_PLACES`). Notations that
span lines and notations that mark each byte are readings of their own. A reading raises no error: it skips the lines
that contain no bytes in its notation. The bytes of a reading may be wrong, so the caller must verify them. The time is
linear in the length of the text.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse.errors import HexDumpError
from hanparse.hexdump import literals, tables
from hanparse.hexdump.notations import (
    CELLS,
    DECIMAL,
    LOOSE,
    MARKED,
    NARROW_PAIRS,
    NUMBERS,
    OCTAL,
    PAIRS,
    Notation,
    marked,
    runs,
)
from hanparse.hexdump.text import MIN_BYTES, Piece, shape

if TYPE_CHECKING:
    from collections.abc import Callable

    Reading = Callable[[str], list[Piece]]


_FRONT: Final = r"^[^\w\n]*"
_BEHIND: Final = r"(?=[^\w\n]*$)"
_NUMBER: Final = re.compile("-?[0-9]+")
_NO_DIGIT: Final = re.compile("[^0-9A-Fa-f]+")
_MIXED: Final = re.compile(r"[\])}>][0-9A-Fa-f]")  # as in {08}1000: each byte has brackets, and 1000 are characters
_LONGEST_FRONT: Final = 200


def _front(text: str, piece: Piece) -> str:
    """Return the text in front of a piece on its line, at most `_LONGEST_FRONT` characters."""
    begin = max(piece.start - _LONGEST_FRONT, 0)
    return text[max(text.rfind("\n", begin, piece.start) + 1, begin) : piece.start]


def _column(notation: Notation, at: int) -> Reading:
    """Return the reading of one column of a table. A bar, comma, semicolon or tab separates the cells of the table."""
    return runs(notation, rf"^(?:[^|;,\t\n]*[|;,\t]){{{at}}}[ '\"]*", r"(?=[ '\"]*[|;,\t]|[^|;,\t\n]*$)")


_ROW: Final = (
    r"(?P<bytes>(?:[0-9A-Fa-f]{2}[ ]){15}[0-9A-Fa-f]{2}(?=[ ][^\n]{16}[ \t]*$)"
    r"|(?>(?:[0-9A-Fa-f]{2})+)(?!\w)(?:[ ]{1,2}(?>(?:[0-9A-Fa-f]{2})+)(?!\w)){0,255})"
    r"(?:[ \t]*$|(?:[ \t]+\||[ \t]{2}|(?<=(?:[0-9A-Fa-f]{2}[ ]){15}[0-9A-Fa-f]{2})[ ])[^\n]*$)"
)


def _rows(offset: str) -> Reading:
    """Return the reading of the lines that contain an offset, bytes and possibly a text column.

    The offset need not match the number of bytes. Behind 16 bytes the text column may follow after one blank. An
    offset below the last line may end the table.
    """
    end = rf"(?:\n[ \t]*{offset}[ \t]*$)?"
    pattern = re.compile(rf"(?:^[ \t]*|(?<=[:\])>][ ])){offset}[ \t]{{1,4}}{_ROW}{end}", re.MULTILINE)

    def read(text: str) -> list[Piece]:
        return [Piece(*row.span(), bytes.fromhex(row["bytes"]), "table") for row in pattern.finditer(text)]

    return read


_offsets = _rows("(?:0[xX])?[0-9A-Fa-f]{4,16}:?")


def _words(text: str) -> list[Piece]:
    """Return the bytes of the same lines as words of two bytes, low byte first, as `hexdump` and `od -x` print them."""
    pieces = _offsets(text)
    return [
        piece._replace(data=bytes(piece.data[at ^ 1] for at in range(len(piece.data))))
        for piece in pieces
        if len(piece.data) % 2 == 0
    ]


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


def _aligned(read: Reading) -> Reading:
    """Return the reading `read`, restricted to lines that begin like a line next to them.

    The lines of a log begin alike. Prose between them does not.
    """

    def aligned(text: str) -> list[Piece]:
        pieces = read(text)
        fronts = ["", *(shape(_front(text, piece)) for piece in pieces), ""]
        around = zip(pieces, fronts, fronts[1:], fronts[2:], strict=False)
        return [piece for piece, above, front, below in around if front and front in {above, below}]

    return aligned


# --- notations that span lines, or that may be anywhere on a line ----------------------------------------------------

_LONG: Final = re.compile(
    r"(?<![\w+/])(?:0[xX]|\\[xX])?(?P<pairs>[0-9A-Fa-f]{2}(?P<sign>[/_+]?)[0-9A-Fa-f]{2}"
    rf"(?>(?:(?P=sign)[0-9A-Fa-f]{{2}}){{{MIN_BYTES - 2},}}))(?![\w+/])"
)
_WRAPPED: Final = re.compile(
    r"^[0-9A-Fa-f]{17,}+[ \t]*\n(?>(?:[0-9A-Fa-f]{17,}+[ \t]*\n)*)[0-9A-Fa-f]+[ \t]*$", re.MULTILINE
)
_LIST: Final = re.compile(r"[\[({]\s*(?:-?[0-9]{1,3}(?:u8)?\s*[,;]\s*)*-?[0-9]{1,3}(?:u8)?\s*,?\s*[\])}]")
_BASE64: Final = re.compile(r"(?<![\w+/=.-])[\w+/-]{2,}={0,2}(?![\w+/=])", re.ASCII)
_MIN_BASE64: Final = 20
_WIDE: Final = 60
_NEXT_LINE: Final = re.compile(r"[ \t]*\n[ \t]*")
_LINE_END: Final = re.compile(r"[ \t]*$", re.MULTILINE)
_JSON: Final = re.compile(r'"(?>(?:[^"\\\n]|\\[^\n])*)"')
_JSON_ESCAPE: Final = re.compile(r"\\(?:u00([0-9A-Fa-f]{2})|([bfnrt\"\\/]))")
_JSON_CHARACTERS: Final = dict(zip('bfnrt"\\/', '\b\f\n\r\t"\\/', strict=True))
_PERCENT: Final = re.compile(r"(?>(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9_.~'()*!-])+)")
_PERCENT_ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
_BRACES: Final = re.compile(r"(?>(?:\{[0-9A-Fa-f]{2}\}|[ -z|~])+)")
_BRACES_ESCAPE: Final = re.compile(r"\{([0-9A-Fa-f]{2})\}")
_IN_ROW: Final = "".join(rf"(?<![0-9A-Fa-f]{{4}}{between})" for between in ("[ \\t]", "[: \\t][ \\t]", ":[ \\t]{2}"))
_TABLE_START: Final = re.compile(rf"^(?=[^\n]{{0,80}}?(?<!\w){_IN_ROW}(?:0[xX])?0{{4,16}}:?[ \t])", re.MULTILINE)
_MIN_ESCAPES: Final = 4


def _long_words(text: str) -> list[Piece]:
    return [
        Piece(*word.span(), bytes.fromhex(_NO_DIGIT.sub("", word["pairs"])), "hex") for word in _LONG.finditer(text)
    ]


def _wrapped(text: str) -> list[Piece]:
    pieces = []
    for block in _WRAPPED.finditer(text):
        with suppress(ValueError):
            pieces.append(Piece(*block.span(), bytes.fromhex("".join(block[0].split())), "hex"))
    return pieces


def _lists(text: str) -> list[Piece]:
    pieces = []
    for found in _LIST.finditer(text):
        with suppress(OverflowError):
            data = b"".join(
                [
                    int(number).to_bytes(1, "big", signed=number[0] == "-")
                    for number in _NUMBER.findall(found[0].replace("u8", ""))
                ]
            )
            pieces.append(Piece(*found.span(), data, "decimal"))
    return pieces


def _base64(text: str) -> list[Piece]:
    """Return the bytes of long base64 words, also in the alphabet of URLs.

    A short word is included when it is alone on the line below a long word, as the rest of a wrapped word.
    """
    pieces: list[Piece] = []
    for word in _BASE64.finditer(text):
        said = word[0].rstrip("=")
        above = pieces[-1] if pieces else None
        is_rest = above and above.end - above.start >= _WIDE and _NEXT_LINE.fullmatch(text, above.end, word.start())
        is_rest = is_rest and _LINE_END.match(text, word.end())
        if len(said) >= _MIN_BASE64 or is_rest:
            with suppress(ValueError):
                data = urlsafe_b64decode(said.replace("+", "-").replace("/", "_") + "=" * (-len(said) % 4))
                pieces.append(Piece(*word.span(), data, "base64"))
    return pieces


def _strings(pattern: re.Pattern[str], mark: str, escape: re.Pattern[str], cut: int) -> Reading:
    """Return the reading of strings with escapes of bytes. `_MIN_ESCAPES` or more of the escapes begin with `mark`."""

    def read(text: str) -> list[Piece]:
        pieces = []
        for string in pattern.finditer(text) if mark in text else ():
            if string[0].count(mark) >= _MIN_ESCAPES:
                said = string[0][cut : len(string[0]) - cut]
                said = escape.sub(_character, said if cut else said.strip())
                with suppress(UnicodeEncodeError):
                    pieces.append(Piece(*string.span(), said.encode("latin-1"), "literal"))
        return pieces

    return read


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _JSON_CHARACTERS[escape[2]]


def _literals(text: str) -> list[Piece]:
    with suppress(HexDumpError):
        return literals.find(text)
    return []


def _tables(text: str) -> list[Piece]:
    """Return the bytes of the complete tables in `text`. Damaged tables are skipped."""
    pieces: list[Piece] = []
    starts = [0, *(found.start() for found in _TABLE_START.finditer(text)), len(text)]
    for start, stop in pairwise(starts):
        with suppress(HexDumpError):
            found = tables.find(text[start:stop])
            pieces += [piece._replace(start=piece.start + start, end=piece.end + start) for piece in found]
    return pieces


_PLACES: Final = ((_FRONT, _BEHIND), ("", _BEHIND), (_FRONT, ""))
"""The positions of a run on its line: alone, at the end, and at the beginning."""
READINGS: Final[tuple[Reading, ...]] = (
    _block(PAIRS),
    runs(PAIRS, _FRONT, _BEHIND),
    _offsets,
    runs(PAIRS, "", _BEHIND),
    runs(NARROW_PAIRS, "", _BEHIND),
    _aligned(runs(PAIRS, "", _BEHIND)),
    runs(PAIRS, _FRONT),
    runs(NARROW_PAIRS, _FRONT),
    _long_words,
    _wrapped,
    marked("0[xX]", "(?![0-9A-TV-Za-tv-z])", "[0-9A-Fa-f]{1,2}"),
    _block(DECIMAL),
    _lists,
    _literals,
    _base64,
    _words,
    marked(r"(?<!\w)0?", r"[hH](?!\w)"),
    _tables,
    _block(LOOSE),
    _strings(_JSON, "\\u00", _JSON_ESCAPE, 1),
    _strings(_PERCENT, "%", _PERCENT_ESCAPE, 0),
    _strings(_BRACES, "{", _BRACES_ESCAPE, 0),
    *MARKED,
    _rows("[0-9A-Fa-f]{1,3}"),
    runs(OCTAL, "", _BEHIND),
    *(runs(notation, *place) for notation in NUMBERS for place in _PLACES),
    *(_column(notation, at) for notation in CELLS for at in range(1, 5)),
    runs(DECIMAL, rf"(?=(?:[0-9]{{1,3}}[ ,;:]{{1,3}}){{{MIN_BYTES}}})"),
)
"""All readings. When two of them have the same number of sound bytes, the first one is selected."""
