"""Finds lists of numbers: ``[126, 160, 39]``, ``{0x7e, 0xa0}``, ``(126, -96)``, and ``126, 160`` without brackets.

Numbers in brackets are decimal if all of them are decimal numbers without a leading zero. Otherwise they are hex:
``[10, 20, 30]`` is 0A 14 1E, but ``[10, 20, 0a]`` and ``[10, 20, 00]`` are hex. Negative numbers are the signed bytes
of Java. Numbers in quotes are hex. Numbers without brackets are decimal only if the text contains nothing else and at
least one number has three digits, because three digits are not a byte in hex.

A list of fewer than `MIN_BYTES` numbers is a dump only if the text contains nothing but lists, or if the list is in
braces and has numbers with ``0x``. The lists are returned as pieces (`text.Piece`).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from hanparse.errors import HexDumpError
from hanparse.hexdump.text import MIN_BYTES, Piece, around, cover, failure

_BARE: Final = r"-?[0-9]{1,9}+(?:u8)?|[0-9A-Fa-f]{1,2}+"
_MARKED: Final = r"0[xX][0-9A-Fa-f]{1,2}+"
_QUOTED: Final = r"""(?P<quote>["'])(?:0[xX])?[0-9A-Fa-f]{2}(?P=quote)"""
_WITH_BLANKS: Final = rf"(?>(?:(?:{_BARE}|{_MARKED})(?![\w.,;])(?:\s++|(?=[\])}}]))){{2,}})"
_WITH_COMMAS: Final = rf"(?>(?:(?:{_BARE}|{_MARKED}|{_QUOTED})(?![\w.])\s*+(?:[,;]\s*+|(?=[\])}}])))*)"
_LIST: Final = re.compile(rf"[\[({{]\s*+(?:{_WITH_BLANKS}|{_WITH_COMMAS})[\])}}]")
_NUMBER: Final = re.compile(r"-?(?:0[xX])?([0-9A-Fa-f]+)(?:u8)?")
_INTEGER: Final = re.compile("-?[0-9]+")
_DECIMALS: Final = re.compile(r".\s*+(?>(?:-?(?:0|[1-9][0-9]*)(?![0-9A-Fa-fxX])[\s,;]*)*).")
_ALL_DECIMAL: Final = re.compile(r"\s*+(?>(?:(?:0|[1-9][0-9]{0,2}+)(?:\s*+[,;]\s*+|\s++|\Z))+)")
_BROKEN: Final = re.compile(
    rf"[\[({{]\s*+(?>(?:{_MARKED}\s*+[,;]\s*+){{2,}})(?!{_MARKED}\s*+(?:[\])}}]|\Z)|[\])}}]|\Z)"
)
_WORD: Final = re.compile(r"\w")
_EACH: Final = re.compile(r"\s*+(?>(?:[\[({][0-9A-Fa-f]{2}[\])}]\s*+){2,})")  # each byte has brackets: {7E}{A0}


def find(text: str) -> list[Piece]:
    """Return the lists of bytes in `text`, in order.

    Raises `HexDumpError` if the text contains only lists and one of the numbers is not a byte. Also raises it if a list
    begins with two or more numbers with ``0x``, each followed by a comma or semicolon, and then contains anything else
    than such numbers. A list without a closing bracket at the end of the text is allowed.
    """
    if broken := _BROKEN.search(text):
        raise failure(text, broken.end(), f"expected 0x and two digits in a list, found {around(text, broken.end())}")
    lists = [*_LIST.finditer(text)]
    alone = bool(lists) and not _WORD.search(cover(text, [match.span() for match in lists]))
    if _EACH.fullmatch(text):
        return []
    if alone:
        return [piece for match in lists if (piece := _piece(text, match))]
    return _pieces(text, [match for match in lists if _counts(match[0])])


def read(text: str) -> list[Piece]:
    """Return the bytes of each list in `text` in which every number is a byte. The lists may be short."""
    return _pieces(text, [*_LIST.finditer(text)])


def _pieces(text: str, lists: list[re.Match[str]]) -> list[Piece]:
    pieces = []
    for match in lists:
        with suppress(HexDumpError):
            pieces.append(_piece(text, match))
    return [piece for piece in pieces if piece and piece.data]


def decimals(text: str) -> Piece | None:
    """Return the bytes of a text that is one list of two or more decimal numbers without brackets.

    At least one of the numbers has three digits. Return `None` for any other text. Raises `HexDumpError` if a number
    of such a list is above 255.
    """
    if not _ALL_DECIMAL.fullmatch(text):
        return None
    numbers = [*_NUMBER.finditer(text)]
    if len(numbers) == 1 or all(len(number[0]) < 3 for number in numbers):  # noqa: PLR2004  digits
        return None
    data = bytes(_decimal(text, number, 0) for number in numbers)
    return Piece(numbers[0].start(), numbers[-1].end(), data, "decimal")


def _counts(listed: str) -> bool:
    if "x" in listed.lower() and listed.startswith("{"):
        return True
    return sum(1 for _ in _NUMBER.finditer(listed)) >= MIN_BYTES


def _piece(text: str, match: re.Match[str]) -> Piece | None:
    listed = match[0].replace("u8", "")
    if _DECIMALS.fullmatch(listed):
        values = [*map(int, _INTEGER.findall(listed))]
        if max(values, default=0) > 0xFF or min(values, default=0) < -0x80:  # noqa: PLR2004  a byte
            values = [_decimal(text, number, -0x80) for number in _NUMBER.finditer(text, *match.span())]
        return Piece(*match.span(), bytes([value & 0xFF for value in values]), "decimal")
    numbers = [*_NUMBER.finditer(text, *match.span())]
    if "," not in listed and any(len(number[0]) == 1 for number in numbers):
        return None  # without commas, a single digit may be a byte or half of a damaged byte
    return Piece(*match.span(), bytes(_hex(text, number) for number in numbers), "hex")


def _decimal(text: str, number: re.Match[str], least: int) -> int:
    value = int(number[0].removesuffix("u8"))
    if least <= value <= 0xFF:  # noqa: PLR2004  a byte
        return value
    raise failure(text, number.start(), f"expected numbers from {least} to 255, found {number[0]}")


def _hex(text: str, number: re.Match[str]) -> int:
    if number[0].startswith("-") or len(number[1]) > 2:  # noqa: PLR2004  digits
        raise failure(text, number.start(), f"expected bytes of two hex digits, found {number[0]!r}")
    return int(number[1], 16)
