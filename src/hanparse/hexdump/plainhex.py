r"""A text of nothing but hex digits -> bytes, however short it is.

The digits go in pairs, with ``0x`` or ``\x`` in front, ``h`` behind or neither. Blanks, line ends, commas, semicolons,
colons, dashes, single dots, brackets and quotes may stand between them; between two ``\x7e`` of a line always the same,
for any other character would be a byte. A word of an odd number of digits is an error,
except where the text is one word that was wrapped: every line but the last has the same odd number of digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump.text import MIN_BYTES, Piece, failure

if TYPE_CHECKING:
    from hanparse.errors import HexDumpError

GLUE: Final = "\x1f"
"""Stands for marks of bytes; a blank to Python, but none that people write."""

_PREFIX: Final = re.compile(r"(?<!\w)0[xX](?=[0-9A-Fa-f]{2})|\\[xX](?=[0-9A-Fa-f]{2})")
_ONE_DIGIT: Final = re.compile(r"(?<!\w)0[xX]([0-9A-Fa-f])(?!\w)")
_SUFFIX: Final = re.compile(r"(?<!\w)([0-9A-Fa-f]{2})[hH](?!\w)")
_MARKS: Final = ("0x", "0X", "\\x", "\\X")
_ESCAPES: Final = re.compile(
    r"\\[xX][0-9A-Fa-f]{2}"
    r"(?>(?:(?P<between>[ \t,;:.\-]{0,3})\\[xX][0-9A-Fa-f]{2}(?>(?:(?P=between)\\[xX][0-9A-Fa-f]{2})*))?)"
)
_BEFORE_ESCAPE: Final = re.compile(r"""(?<![^\s,;:=(\[{<>"'`\0\\-])""")
_AFTER_ESCAPE: Final = re.compile(r"""(?![^\s,;:)\]}<>"'`\0\\-])""")
_STRANGER: Final = re.compile(r"""[^0-9A-Fa-f\s,;:.\-\[\]{}()<>"'`|\\]|\.{2}""")
_WORD: Final = re.compile(r"[0-9A-Fa-f]++")
_LETTER: Final = re.compile("[A-Fa-f]")


class Run(NamedTuple):
    """Hex digits that stand together among other text."""

    start: int
    end: int
    digits: str
    odd: re.Match[str] | None
    """The first word of an odd number of digits."""

    @property
    def is_dump(self) -> bool:
        """Whether it needs no other run to be a dump."""
        return is_dump(self.digits)

    @property
    def is_several(self) -> bool:
        """Whether it is more than a number could be."""
        return len(self.digits) > 4  # noqa: PLR2004  two bytes


def is_dump(digits: str) -> bool:
    """Whether they are a dump and not a number or a word."""
    return len(digits) >= 2 * MIN_BYTES and _LETTER.search(digits) is not None


def digits_only(text: str) -> str:
    r"""`text` with `GLUE` for the ``0x``, ``\x`` and ``h`` of bytes.

    Raises `HexDumpError` where characters stand between ``\x7e`` without quotes: some of the bytes may be among them.
    """
    end = -1
    for escapes in _ESCAPES.finditer(text):
        if "\n" not in text[max(end, 0) : escapes.start()] and end >= 0:
            raise _beside(text, end)
        end = escapes.end()
        if not _BEFORE_ESCAPE.match(text, escapes.start()):
            raise _beside(text, escapes.start() - 1)
        if not _AFTER_ESCAPE.match(text, end):
            raise _beside(text, end)
    text = _PREFIX.sub(GLUE * 2, text)
    return _SUFFIX.sub(rf"\1{GLUE}", _ONE_DIGIT.sub(rf"{GLUE}0\1", text))


def _beside(text: str, position: int) -> HexDumpError:
    what = rf"expected nothing but \x and two digits, found {text[position]!r} beside them"
    return failure(text, position, f"{what}; a literal with other characters in it goes in quotes")


def with_marks(text: str, piece: Piece) -> Piece:
    r"""A piece of `digits_only`, with the ``0x``, ``\x`` or ``h`` that it has in `text` at its ends."""
    start, end = piece.start, piece.end
    if text[start] in "xX":
        start -= 1
    elif text.startswith(_MARKS, max(0, start - 2)):
        start -= 2
    return piece._replace(start=start, end=end + text.startswith(("h", "H"), end))


def stranger(text: str) -> re.Match[str] | None:
    """The first character that does not belong into a text of hex digits."""
    return _STRANGER.search(text)


def read(text: str) -> Piece:
    """All the bytes of a text without strangers. Raises `HexDumpError` for an odd number of digits, and for none."""
    words = [*_WORD.finditer(text)]
    if not words:
        raise failure(text, text.find(text.strip()), "expected a hex dump, found no hex digit in the text")
    digits = "".join(word[0] for word in words)
    if len(digits) % 2 or not _is_wrapped(text, words):
        _check_words(text, words)
    return Piece(words[0].start(), words[-1].end(), bytes.fromhex(digits), "hex")


def _check_words(text: str, words: list[re.Match[str]]) -> None:
    for word in words:
        if len(word[0]) % 2:
            raise odd(text, word)


def odd(text: str, word: re.Match[str]) -> HexDumpError:
    """The error for a word of hex digits of which one has no partner."""
    what = f"expected two hex digits per byte, found an odd number, {len(word[0])}; the last is {word[0][-1]!r}"
    return failure(text, word.end() - 1, what)


def _is_wrapped(text: str, words: list[re.Match[str]]) -> bool:
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    if len(lines) < 2 or lines != [word[0] for word in words]:  # noqa: PLR2004  one line is not wrapped
        return False
    width = len(lines[0])
    return width % 2 == 1 and all(len(line) == width for line in lines[:-1]) and len(lines[-1]) <= width
