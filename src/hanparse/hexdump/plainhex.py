r"""Parses a text that contains only hex digits and separators. The text may be as short as one byte.

Two digits are one byte. A byte may have the prefix ``0x`` or ``\x``, or the suffix ``h``. The separators are blanks,
line ends, commas, semicolons, colons, dashes, single dots, brackets and quotes. All escapes like ``\x7e`` on a line
must have the same separator, because a different character between two of them could be a byte of its own.

A word with an odd number of digits is an error, unless the text is one long word that is wrapped over several lines.
Then every line but the last has the same number of digits, and the last line is not longer. `read` returns the text as
a piece (`text.Piece`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.hexdump.text import MIN_BYTES, Piece, failure

if TYPE_CHECKING:
    from hanparse.errors import HexDumpError

GLUE: Final = "\x1f"
"""This character replaces ``0x``, ``\\x`` and ``h``. Python treats it as white space. No pasted text has it."""

_PREFIX: Final = re.compile(r"(?<!\w)0[xX](?=[0-9A-Fa-f]{2})|\\[xX](?=[0-9A-Fa-f]{2})")
_ONE_DIGIT: Final = re.compile(r"(?<!\w)0[xX]([0-9A-Fa-f])(?!\w)")
_SUFFIX: Final = re.compile(r"(?<!\w)([0-9A-Fa-f]{2})[hH](?!\w)")
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
    """Holds a sequence of hex digits and separators in a text that also contains other words."""

    start: int
    end: int
    digits: str
    odd: re.Match[str] | None
    """The first word of the run that has an odd number of digits, or `None`."""

    @property
    def is_dump(self) -> bool:
        """Return whether the run is a dump by itself, without other runs next to it."""
        return is_dump(self.digits)

    @property
    def is_several(self) -> bool:
        """Return whether the run has more than two bytes. A shorter run may be a number."""
        return len(self.digits) > 4  # noqa: PLR2004  two bytes


def is_dump(digits: str) -> bool:
    """Return whether the digits are a dump: at least `MIN_BYTES` bytes, and at least one digit that is a letter."""
    return len(digits) >= 2 * MIN_BYTES and _LETTER.search(digits) is not None


def digits_only(text: str) -> str:
    r"""Return `text` with `GLUE` in place of the prefixes ``0x`` and ``\x`` and the suffix ``h`` of bytes.

    Raises `HexDumpError` when ``\x7e`` outside quotes has other characters next to it: these may be bytes, too.
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
    return failure(text, position, f"{what}; put a literal that contains other characters in quotes")


def with_marks(digits: str, piece: Piece) -> Piece:
    r"""Return `piece`, extended by the prefix (``0x``, ``\x``) at its start and the suffix ``h`` at its end.

    `digits` is the text that contains the piece, as `digits_only` returns it.
    """
    front = digits[max(0, piece.start - 2) : piece.start]
    start = piece.start - len(front) + len(front.rstrip(GLUE))
    return piece._replace(start=start, end=piece.end + digits.startswith(GLUE, piece.end))


def stranger(text: str) -> re.Match[str] | None:
    """Return the first character that is neither a hex digit nor a separator, or the first double dot."""
    return _STRANGER.search(text)


def read(text: str) -> Piece:
    """Return the bytes of a text that contains only hex digits and separators.

    Raises `HexDumpError` when a word has an odd number of digits, and when the text has no digit.
    """
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
    """Return the error for a word with an odd number of hex digits."""
    what = f"expected two hex digits per byte, found an odd number, {len(word[0])}; the last is {word[0][-1]!r}"
    return failure(text, word.end() - 1, what)


def _is_wrapped(text: str, words: list[re.Match[str]]) -> bool:
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    if len(lines) < 2 or lines != [word[0] for word in words]:  # noqa: PLR2004  one line is not wrapped
        return False
    width = len(lines[0])
    return all(len(line) == width for line in lines[:-1]) and len(lines[-1]) <= width
