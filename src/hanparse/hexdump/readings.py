r"""A text -> the ways in which its lines may say bytes, for a judge who knows which bytes are sound.

A reading is one notation and one place on the line. The notations are

* `_PAIRS`: words of pairs of hex digits, ``7ea0 27``, ``7E:A0``, ``0x7E``;
* `_MARKED`: bytes that are marked one by one, ``0x7E``, ``{7E}``, ``[7E]``, ``\x7e``; what has no mark is text;
* `_DECIMAL`: numbers from 0 to 255, as Arduino's ``print(byte)`` writes them;
* `_LOOSE`: bytes of one or two hex digits, as Arduino's ``print(byte, HEX)`` writes them.

The places are the whole line, its end (labels and columns stand in front), and its beginning (remarks stand behind).
Words of hex digits that are long enough for a frame are a reading of their own, wherever they stand, and so are
strings of JSON with escapes such as ``\u00a0``, and the tables that are whole.

Nothing here is an error: a line that does not say bytes in one reading says none in it. So a reading alone decides
nothing. The time is linear in the length of the text.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse.errors import HexDumpError
from hanparse.hexdump import tables
from hanparse.hexdump.text import MIN_BYTES, Piece, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reading = Callable[[str], list[Piece]]

_BETWEEN: Final = r"[ \t\xa0,;:.|\-]"
_PAIRS: Final = r"(?:0[xX])?(?>(?:[0-9A-Fa-f]{2})+)[hH]?"
_TWO: Final = "[0-9A-Fa-f]{2}"
_MARKED: Final = rf"(?:0[xX][0-9A-Fa-f]{{1,2}}|\\[xX]{_TWO}|\{{{_TWO}\}}|<{_TWO}>|\[{_TWO}\])"
_DECIMAL: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LOOSE: Final = r"[0-9A-Fa-f]{1,2}"
_DIGITS: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]+")
_NUMBER: Final = re.compile("[0-9]+")
_LONG: Final = re.compile(rf"(?<!\w)(?:0[xX])?(?>(?:[0-9A-Fa-f]{{2}}){{{MIN_BYTES},}})(?!\w)")
_JSON: Final = re.compile(r'"(?>(?:[^"\\\n]|\\[^\n])*)"')
_JSON_ESCAPE: Final = re.compile(r"\\(?:u00([0-9A-Fa-f]{2})|([bfnrt\"\\/]))")
_JSON_CHARACTERS: Final = dict(zip('bfnrt"\\/', '\b\f\n\r\t"\\/', strict=True))
_MIN_ESCAPES: Final = 4
_TABLE: Final = re.compile(r"^(?=[^\n]{0,80}?(?<!\w)(?:0[xX])?0{4,16}:?[ \t])", re.MULTILINE)


def _hex(said: str) -> bytes:
    return b"".join(bytes.fromhex(word) for word in _words(said))


def _words(said: str) -> Iterator[str]:
    for word in said.replace("0x", " ").replace("0X", " ").replace("\\x", " ").replace("\\X", " ").split():
        for digits in _DIGITS.findall(word):
            yield digits if len(digits) % 2 == 0 else f"0{digits}"


def _numbers(said: str) -> bytes:
    return bytes(int(number) for number in _NUMBER.findall(said))


def _lines(byte: str, place: str, data: Callable[[str], bytes], style: str) -> Reading:
    """The reading in which a line says bytes in the notation `byte` at `place`."""
    touching = r"\{\[\\<" if byte is _MARKED else ""
    follow = rf"(?:{_BETWEEN}++|(?=[{touching}]))" if touching else rf"{_BETWEEN}++"
    edge = "" if byte is _MARKED else r"(?!\w)"
    run = rf"(?P<bytes>{byte}{edge}(?>(?:{follow}{byte}{edge})*))"
    pattern = re.compile(place.replace("RUN", run), re.MULTILINE)

    def read(text: str) -> list[Piece]:
        return [Piece(*found.span("bytes"), data(found["bytes"]), style) for found in pattern.finditer(text)]

    return read


_WHOLE: Final = r"^[^\w\n]*+(?<![\w.])RUN[^\w\n]*$"
_BEGIN: Final = r"^[^\w\n]*+(?<![\w.])RUN(?=[^\w\n]|$)"
_END: Final = r"(?<![\w.\-+:\\])RUN[^\w\n]*$"


def _aligned(read: Reading) -> Reading:
    """The reading `read` of the lines that begin like a line next to them: a log, and not what is told between."""

    def aligned(text: str) -> list[Piece]:
        pieces = read(text)
        fronts = ["", *(shape(text[text.rfind("\n", 0, piece.start) + 1 : piece.start]) for piece in pieces), ""]
        around = zip(pieces, fronts, fronts[1:], fronts[2:], strict=False)
        return [piece for piece, above, front, below in around if front and front in {above, below}]

    return aligned


def _long_words(text: str) -> list[Piece]:
    return [Piece(*word.span(), _hex(word[0]), "hex") for word in _LONG.finditer(text)]


def _json_strings(text: str) -> list[Piece]:
    pieces = []
    for string in _JSON.finditer(text):
        if string[0].count("\\u00") >= _MIN_ESCAPES:
            said = _JSON_ESCAPE.sub(_json_character, string[0][1:-1])
            if all(ord(character) < 0x100 for character in said):  # noqa: PLR2004  a byte
                pieces.append(Piece(*string.span(), said.encode("latin-1"), "literal"))
    return pieces


def _json_character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _JSON_CHARACTERS[escape[2]]


def _tables(text: str) -> list[Piece]:
    """The tables of `text` that are whole, whatever became of others."""
    pieces: list[Piece] = []
    starts = [0, *(found.start() for found in _TABLE.finditer(text)), len(text)]
    for start, stop in pairwise(starts):
        with suppress(HexDumpError):
            found = tables.find(text[start:stop])
            pieces += [piece._replace(start=piece.start + start, end=piece.end + start) for piece in found]
    return pieces


READINGS: Final[tuple[Reading, ...]] = (
    _lines(_PAIRS, _WHOLE, _hex, "hex"),
    _lines(_PAIRS, _END, _hex, "hex"),
    _aligned(_lines(_PAIRS, _END, _hex, "hex")),
    _lines(_PAIRS, _BEGIN, _hex, "hex"),
    _long_words,
    _lines(_MARKED, "RUN", _hex, "hex"),
    _lines(_DECIMAL, _WHOLE, _numbers, "decimal"),
    _lines(_DECIMAL, _END, _numbers, "decimal"),
    _lines(_DECIMAL, _BEGIN, _numbers, "decimal"),
    _lines(_LOOSE, _WHOLE, _hex, "hex"),
    _lines(_LOOSE, _END, _hex, "hex"),
    _lines(_LOOSE, _BEGIN, _hex, "hex"),
    _json_strings,
    _tables,
)
"""In the order of choice among readings that the judge holds to be as good as each other."""


def stretches(text: str, pieces: list[Piece]) -> list[list[Piece]]:
    """`pieces` in groups, parted where a line between them has other text."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        between = text[groups[-1][-1].end : piece.start].split("\n") if groups else ()
        if not groups or any(line.strip() for line in between[1:-1]):
            groups.append([])
        groups[-1].append(piece)
    return groups
