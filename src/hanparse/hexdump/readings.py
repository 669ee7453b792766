r"""A text -> the ways in which it may say bytes, for a judge who knows which bytes are sound (`hanparse.pasted`).

A reading is one notation of bytes, `NOTATIONS`, in one place on a line, `PLACES`; notations that span lines or mark
each byte are readings of their own. Nothing here is an error: where a line says no bytes in a reading, the reading
passes over it. So a reading alone decides nothing. The time is linear in the length of the text.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import HexDumpError
from hanparse.hexdump import literals, tables
from hanparse.hexdump.text import MIN_BYTES, Piece, shape

if TYPE_CHECKING:
    from collections.abc import Callable

    Reading = Callable[[str], list[Piece]]


class Notation(NamedTuple):
    """How one byte, or a word of them, is written, and what the text of a run of them says."""

    byte: str
    data: Callable[[str], bytes]
    style: str = "hex"
    between: str = r"[ \t\xa0,;:.|\-'\"]"
    """Characters that may stand between two bytes; a class of `re`."""


_NO_DIGITS: Final = {ord(sign): None for sign in " \t\xa0\n,;:.|-'\"hH"}
_WORD: Final = re.compile("[0-9A-Fa-f]+")
_NUMBER: Final = re.compile("-?[0-9]+")
_BINARY: Final = re.compile("[01]{8}")


def _pairs(said: str) -> bytes:
    return bytes.fromhex(said.replace("0x", "").replace("0X", "").translate(_NO_DIGITS))


def _loose(said: str) -> bytes:
    return bytes.fromhex("".join([word.zfill(2) for word in _WORD.findall(said)]))


def _decimal(said: str) -> bytes:
    return bytes(map(int, _NUMBER.findall(said.replace("-", " "))))


def _signed(said: str) -> bytes:
    return bytes([int(number) & 0xFF for number in _NUMBER.findall(said)])


def _binary(said: str) -> bytes:
    return bytes([int(number, 2) for number in _BINARY.findall(said)])


_PAIRS: Final = Notation(r"(?:0[xX])?(?>(?:[0-9A-Fa-f]{2})+)[hH]?", _pairs)
_ONE: Final = _PAIRS._replace(between=r"[ ,]")
_DECIMAL: Final = Notation("(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])", _decimal, "decimal")
_LOOSE: Final = Notation("[0-9A-Fa-f]{1,2}", _loose)
_SIGNED: Final = Notation("-?(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])", _signed, "decimal", r"[ \t,;]")
_BINARY_WORDS: Final = Notation("(?:0b)?[01]{8}", _binary, "binary")
NOTATIONS: Final = (_PAIRS, _DECIMAL, _LOOSE, _SIGNED, _BINARY_WORDS)
"""Words of pairs of hex digits; numbers up to 255; bytes of one or two digits, as Arduino prints them; rare ones."""

_RUN: Final = r"(?<![\w.\-+\\])(?P<bytes>BYTE(?!\w)(?>(?:BETWEEN+BYTE(?!\w))*))"
_WHOLE: Final = rf"^[^\w\n]*{_RUN}[^\w\n]*$"
_END: Final = rf"(?<![:])(?<!: ){_RUN}[^\w\n]*$"
_BEGIN: Final = rf"^[^\w\n]*{_RUN}(?=[^\w\n]|$)"
_LABEL: Final = rf"(?:[:=>|#\])]|[ \t]{{2}}|\t)[ \t]*{_RUN}[^\w\n]*$"
_CELL: Final = rf"^(?:[^|;,\t\n]*[|;,\t]){{COLUMN}}[ '\"]*{_RUN}[ '\"]*(?=[|;,\t]|$)"
_TABLE: Final = (
    r"(?<![\w:.\-])(?:0[xX])?[0-9A-Fa-f]{4,16}:?[ \t]{1,4}"
    r"(?P<bytes>(?>(?:[0-9A-Fa-f]{2})+)(?!\w)(?>(?:[ ]{1,2}(?>(?:[0-9A-Fa-f]{2})+)(?!\w))*))"
    r"(?=[ \t]*$|[ \t]+\||[ \t]{2})"
)


def _lines(notation: Notation, place: str) -> Reading:
    """The reading in which a line says bytes in `notation` at `place`."""
    expression = place.replace("BYTE", notation.byte).replace("BETWEEN", notation.between)
    pattern = re.compile(expression, re.MULTILINE)

    def read(text: str) -> list[Piece]:
        data, style = notation.data, notation.style
        return [Piece(*found.span("bytes"), data(found["bytes"]), style) for found in pattern.finditer(text)]

    return read


def _marked(front: str, behind: str = "", digits: str = "[0-9A-Fa-f]{2}") -> Reading:
    """The reading in which each byte has a mark of its own; what has none is text."""
    byte = f"{front}{digits}{behind}"
    pattern = re.compile(rf"{byte}(?>(?:[ \t,;]*{byte})*)")
    number = re.compile(f"{front}({digits}){behind}")

    def read(text: str) -> list[Piece]:
        return [
            Piece(*run.span(), bytes.fromhex("".join([word.zfill(2) for word in number.findall(run[0])])), "hex")
            for run in pattern.finditer(text)
        ]

    return read


def _aligned(read: Reading) -> Reading:
    """The reading `read` of the lines that begin like a line next to them: a log, and not what is told between."""

    def aligned(text: str) -> list[Piece]:
        pieces = read(text)
        fronts = ["", *(shape(text[text.rfind("\n", 0, piece.start) + 1 : piece.start]) for piece in pieces), ""]
        around = zip(pieces, fronts, fronts[1:], fronts[2:], strict=False)
        return [piece for piece, above, front, below in around if front and front in {above, below}]

    return aligned


# --- notations that span lines or have no place on them --------------------------------------------------------------

_LONG: Final = re.compile(rf"(?<![\w+/])(?:0[xX])?(?>(?:[0-9A-Fa-f]{{2}}){{{MIN_BYTES},}})(?![\w+/])")
_LIST: Final = re.compile(r"[\[({]\s*(?:-?[0-9]{1,3}(?:u8)?\s*[,;]\s*)*-?[0-9]{1,3}(?:u8)?\s*,?\s*[\])}]")
_BASE64: Final = re.compile(r"(?<![\w+/=.-])[\w+/-]{2,}={0,2}(?![\w+/=])", re.ASCII)
_JSON: Final = re.compile(r'"(?>(?:[^"\\\n]|\\[^\n])*)"')
_JSON_ESCAPE: Final = re.compile(r"\\(?:u00([0-9A-Fa-f]{2})|([bfnrt\"\\/]))")
_JSON_CHARACTERS: Final = dict(zip('bfnrt"\\/', '\b\f\n\r\t"\\/', strict=True))
_PERCENT: Final = re.compile(
    r"(?>(?:%[0-9A-Fa-f]{2}|[\w.~'()*!-])*)%[0-9A-Fa-f]{2}(?>(?:%[0-9A-Fa-f]{2}|[\w.~'()*!-])*)"
)
_PERCENT_ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
_TABLE_START: Final = re.compile(r"^(?=[^\n]{0,80}?(?<!\w)(?:0[xX])?0{4,16}:?[ \t])", re.MULTILINE)
_MIN_ESCAPES: Final = 4


def _long_words(text: str) -> list[Piece]:
    return [Piece(*word.span(), _pairs(word[0]), "hex") for word in _LONG.finditer(text)]


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
    pieces = []
    for word in _BASE64.finditer(text):
        said = word[0].rstrip("=")
        with suppress(ValueError):
            data = urlsafe_b64decode(said.replace("+", "-").replace("/", "_") + "=" * (-len(said) % 4))
            pieces.append(Piece(*word.span(), data, "base64"))
    return pieces


def _strings(pattern: re.Pattern[str], mark: str, escape: re.Pattern[str], cut: int) -> Reading:
    """The reading of texts with escapes of bytes in them, `_MIN_ESCAPES` or more that begin with `mark`."""

    def read(text: str) -> list[Piece]:
        pieces = []
        for string in pattern.finditer(text) if mark in text else ():
            if string[0].count(mark) >= _MIN_ESCAPES:
                said = escape.sub(_character, string[0][cut : len(string[0]) - cut])
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
    """The tables of `text` that are whole, whatever became of others."""
    pieces: list[Piece] = []
    starts = [0, *(found.start() for found in _TABLE_START.finditer(text)), len(text)]
    for start, stop in pairwise(starts):
        with suppress(HexDumpError):
            found = tables.find(text[start:stop])
            pieces += [piece._replace(start=piece.start + start, end=piece.end + start) for piece in found]
    return pieces


READINGS: Final[tuple[Reading, ...]] = (
    _lines(_PAIRS, _WHOLE),
    _lines(_PAIRS, _TABLE),
    _lines(_PAIRS, _END),
    _lines(_PAIRS, _LABEL),
    _aligned(_lines(_PAIRS, _END)),
    _lines(_PAIRS, _BEGIN),
    _long_words,
    _marked("0[xX]", digits="[0-9A-Fa-f]{1,2}"),
    _lists,
    _literals,
    _tables,
    _base64,
    _strings(_JSON, "\\u00", _JSON_ESCAPE, 1),
    *(_lines(notation, place) for notation in NOTATIONS[1:] for place in (_WHOLE, _END, _LABEL, _BEGIN)),
    *(_lines(n, _CELL.replace("COLUMN", str(at))) for n in (_ONE, _DECIMAL, _LOOSE) for at in range(1, 5)),
    *(_marked(rf"\{left}", rf"\{right}") for left, right in ("{}", "<>", "[]", "()", "''")),
    *(_marked(front) for front in (r"\\[xX]", r"\$", "&[hH]", "[uU]\\+00", "#")),
    _marked("(?<!\\w)0?", "[hH]"),
    _strings(_PERCENT, "%", _PERCENT_ESCAPE, 0),
)
"""In the order of choice among readings in which as many bytes are sound."""


def stretches(text: str, pieces: list[Piece]) -> list[list[Piece]]:
    """`pieces` in groups, parted where a line between them has other text."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        between = text[groups[-1][-1].end : piece.start].split("\n") if groups else ()
        if not groups or any(line.strip() for line in between[1:-1]):
            groups.append([])
        groups[-1].append(piece)
    return groups
