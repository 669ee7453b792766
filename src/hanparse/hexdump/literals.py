r"""Finds bytes in quotes: bytes literals and reprs of Python, and strings of C and of logs with escapes like ``\x7e``.

::

    b"~\xa0'\x01"    bytearray(b'~\xa0\'\x01')    "\x7e\xa0" "'\x01"    "~\240'\001"

A string in quotes is read if it contains an escape of a byte (``\x7e``, ``\240``), or if only blanks and line ends
separate it from a string that contains such an escape. A literal with the prefix ``b`` needs no escape if the text
contains only such literals. ``\x`` has two digits, as in Python, Rust, Go and Wireshark. Escapes of one character, such
as ``\n`` and ``\"``, are also read. The strings are returned as pieces (`text.Piece`).

Python also shows the results of `binascii.hexlify` and `base64.b64encode` as bytes literals. So a literal with the
prefix ``b`` that contains only pairs of hex digits is hex, and a literal with this prefix that meets the conditions in
`base64words` is base64. Among other text, such a literal must have `MIN_BYTES` or more bytes.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hanparse.errors import HexDumpError
from hanparse.hexdump import base64words, damage
from hanparse.hexdump.text import MIN_BYTES, Piece, cover, failure, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LITERAL: Final = re.compile(
    r"""(?<![\\\w])(?P<call>(?:bytearray|bytes)\()?(?P<b>[bB])?(?P<quote>["'])"""
    r"""(?P<body>(?>[^"'\\\n]*+(?:(?:\\[^\n]|(?!(?P=quote))["'])[^"'\\\n]*+)*))(?P=quote)(?(call)\)?)"""
)
_BYTE: Final = re.compile(r"\\(?:[xX][0-9A-Fa-f]{2}|[0-3][0-7]{2})")
_NO_CHARACTER: Final = re.compile(r"\\(?:(?:[xX]|u00)([0-9A-Fa-f]{2})|([0-3][0-7]{2}|0(?![0-9]))|(.))|[^\x20-\x7e\t]")
_OCTAL: Final = re.compile(r"\\(?:[xX]([0-9A-Fa-f]{2})|([0-3]?[0-7]{1,2})|(.))|[^\x20-\x7e\t]")
_ESCAPES: Final = dict(zip("abefnrtv\\'\"?/", "\a\b\x1b\f\n\r\t\v\\'\"?/", strict=True))
_BETWEEN: Final = re.compile(r"[\s\\]*+")
_FRONT: Final = 40  # characters
_MIN_ESCAPES: Final = 4  # fewer escapes in a string can be letters of words
_LETTER: Final = re.compile(r"\w")
_MAYBE_ENCODED: Final = re.compile(r"(?=.*[A-Fa-f])[A-Za-z0-9+/= ]*+(?>(?:\\[rn])*)")
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f\s]{24,}")
_PAIRS: Final = re.compile(rb"\s*+(?>(?:(?>(?:[0-9A-Fa-f]{2})+)\s*+)+)")


def find(text: str) -> list[Piece]:
    """Return the literals in `text`, in order.

    Raises `HexDumpError` if a literal has a wrong escape, a character that is not ASCII, or a single hex digit.
    """
    groups = [*_groups(text)]
    spans = [literal.span() for group in groups if any(literal["b"] for literal in group) for literal in group]
    alone = bool(spans) and not _LETTER.search(cover(text, spans))
    return [piece for group in groups for piece in _pieces(text, group, alone=alone)]


def read(text: str) -> list[Piece]:
    r"""Return the strings in `text` with escapes of bytes, or with four or more escapes of JSON like ``\u00a0``."""
    pieces: list[Piece] = []
    for group in _groups(text):
        if _has_bytes(group) or any(literal["body"].count("\\u00") >= _MIN_ESCAPES for literal in group):
            with suppress(HexDumpError):
                pieces += [Piece(*literal.span(), _data(text, literal), "literal") for literal in group]
    return pieces


def read_octal(text: str) -> list[Piece]:
    r"""Return the strings with octal escapes of one to three digits, as C and strace print them: ``"~\240'\1\2"``.

    If a digit is missing in the text, an escape becomes another byte. So the caller must verify the check sequences.
    """
    pieces: list[Piece] = []
    groups = [*_groups(text)]
    fronts = {_front(group[0]) for group in groups if any(_OCTAL.search(literal["body"]) for literal in group)}
    for group in groups:
        if _front(group[0]) in fronts:  # the bytes on a line of strace may need no escape
            with suppress(HexDumpError):
                pieces += [Piece(*literal.span(), _data(text, literal, _OCTAL), "literal") for literal in group]
    return pieces


def _front(literal: re.Match[str]) -> str:
    """Return the `shape` of the end of the text in front of a string, on its line."""
    start = literal.start()
    return shape(literal.string[max(0, start - _FRONT) : start].rpartition("\n")[2])


def escaped(pattern: str, escape: str) -> Callable[[str], list[Piece]]:
    """Return a reading (see `readings`) of strings without quotes, which are the matches of `pattern`.

    A string has at least four matches of `escape`. Group 1 of each match contains the hex digits of a byte.
    """
    strings, escapes = re.compile(pattern), re.compile(escape)

    def found(text: str) -> Iterator[Piece]:
        for string in strings.finditer(text):
            characters, count = escapes.subn(lambda byte: chr(int(byte[1], 16)), string[0].strip())
            if count >= _MIN_ESCAPES:
                yield Piece(*string.span(), characters.encode("latin-1"), "literal")

    return lambda text: [*found(text)]


def _groups(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield the strings in quotes. Strings with only blanks, line ends and backslashes between them are one group."""
    group: list[re.Match[str]] = []
    for literal in _LITERAL.finditer(text):
        if group and not _BETWEEN.fullmatch(text, group[-1].end(), literal.start()):
            yield group
            group = []
        group.append(literal)
    if group:
        yield group


def _has_bytes(group: list[re.Match[str]]) -> bool:
    return any(_BYTE.search(literal["body"]) for literal in group)


def _pieces(text: str, group: list[re.Match[str]], *, alone: bool) -> Iterator[Piece]:
    if _has_bytes(group):
        yield from (Piece(*literal.span(), _data(text, literal), "literal") for literal in group)
        return
    for literal in group:
        if literal["b"]:
            damage.check_words(text, *literal.span("body"))
        if literal["b"] and (alone or _MAYBE_ENCODED.fullmatch(literal["body"])):
            piece = _encoded(text, literal)
            if alone or (piece.style != "literal" and len(piece.data) >= MIN_BYTES):
                yield piece


def _encoded(text: str, literal: re.Match[str]) -> Piece:
    """Return the bytes of a literal without escapes of bytes. It contains hex, base64 or the characters themselves."""
    data = _data(text, literal)
    if _PAIRS.fullmatch(data):
        return Piece(*literal.span(), bytes.fromhex(data.decode("ascii")), "hex")
    if _DIGITS.fullmatch(data):
        raise failure(text, literal.start("body"), "expected two hex digits per byte in a literal, found a digit alone")
    coded = base64words.decode(data.decode("latin-1"))
    return Piece(*literal.span(), data, "literal") if coded is None else Piece(*literal.span(), coded, "base64")


def _data(text: str, literal: re.Match[str], escapes: re.Pattern[str] = _NO_CHARACTER) -> bytes:
    def character(match: re.Match[str]) -> str:
        digits, octal, name = match.groups()
        if digits or octal:
            return chr(int(digits, 16) if digits else int(octal, 8))
        if name in _ESCAPES:
            return _ESCAPES[name]
        position = literal.start("body") + match.start()
        raise failure(text, position, f"expected in a literal ASCII or an escape of a byte, found {match[0]!r}")

    return escapes.sub(character, literal["body"]).encode("latin-1")
