"""Finds remarks: parts of a text that resemble bytes but are not bytes, such as comments, time stamps and UUIDs.

* A comment ``/* ... */`` can be anywhere. A comment ``// ...`` or ``# ...`` goes to the end of its line. It is a
  comment only if there are only hex digits and list punctuation between it and the start of the line, or between it
  and an opening bracket. ``##``, ``#`` or ``//`` behind a byte is a masked byte if two bytes, a byte with ``0x`` or
  the end of the line follows. Below a line that ends with a byte, it is a masked byte if only bytes follow on its line.
  ``#1`` is a number and ``#(`` and ``#x7E`` are Lisp, so they are not comments. But ``#``, a decimal digit and 15 or
  more hex digits are a comment: a dump that is commented out.
* A cast of Java or C is in front of a byte, as in ``(byte)0x7E``.
* A date, with or without a time, is a time stamp anywhere. A time ``hh:mm:ss`` or a Unix time is a time stamp at the
  start of a line on which more text follows. ``10:20:30`` alone on a line is three bytes.
* A log level can look like a hex digit: ``(D)`` or ``[E]`` at the start of a line, in front of bytes or a time stamp.
* The asterisks of Markdown enclose bytes in bold, as in ``**7E** A0``.
* One to three asterisks or backticks, or one underscore, are marks of Markdown if there are only bytes between the
  opening and the closing mark, as in ``_7E A0_ 27``. Two underscores can be a masked byte.
* A value in brackets has its unit behind it, as in ``16 DC (5852 W) 5A``.
* A UUID can have a number and a dash in front, as in the addresses of pictures in issues: ``123456789-`` and the UUID.
* Binary digits in front of hex digits show the same byte twice, as in ``0b01111110 (0x7E)``.
* An address with ``0x`` and a colon is in front of the bytes ``0x7e``, as gdb prints it.
* An IP address is behind a word, as in ``connected to 10.0.0.7``.
* A byte count is ``41 bytes`` anywhere, or ``(41)`` at the end of a line behind other text. ``int(41)`` is a byte.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hanparse.hexdump.text import COVER, cover

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OF_LISTS: Final = rf"[ \t\xa00-9A-Fa-fxX,;:.()\\{COVER}-]*+"
_SIGN: Final = "(?:#{1,2}|//)"
_NEXT_SIGN: Final = rf"[ \t,;:]{{1,3}}{_SIGN}(?!\w)"
_NEXT_PAIR: Final = r"[ \t,;:]{1,3}(?:0[xX])?[0-9A-Fa-f]{2}(?!\w)"
_BEHIND_BYTE: Final = r"(?:(?<=[0-9A-Fa-f][ \t,;:])|(?<=[0-9A-Fa-f][,;:][ \t]))"
_BYTES_FOLLOW: Final = rf"(?:(?:{_NEXT_PAIR}){{2}}|(?=[^\n]{{0,3}}0[xX]){_NEXT_PAIR})"
_MASK: Final = rf"{_BEHIND_BYTE}{_SIGN}(?:[ \t,;]*$|{_NEXT_SIGN}|{_BYTES_FOLLOW})"
_MASK_BELOW: Final = re.compile(
    rf"^(?![ \t]*{_SIGN})[^\n]*(?:[0-9A-Fa-f]{{2}}|{_SIGN})[ \t,;]*\n"
    rf"[ \t]*(?P<mask>{_SIGN})(?=(?:{_NEXT_PAIR}|{_NEXT_SIGN})*[ \t,;]*$)",
    re.MULTILINE,
)
_LINE_COMMENT: Final = re.compile(
    rf"^(?:[{{}}\[\]{_OF_LISTS[1:]}|.*[{{\[]{_OF_LISTS})"
    rf"(?P<remark>(?!{_MASK})"
    r"(?://|#(?![0-9](?![0-9A-Fa-f]{15})|[(x])).*)",
    re.MULTILINE,
)
_CAST: Final = re.compile(r"\((?:unsigned )?(?:byte|char|u?int8_t)\)")

_TIME: Final = (
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9}|[,:][0-9]{3})?(?:Z|[ ]?[+-][0-9]{2}:?[0-9]{2})?"
)
_MONTH: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DATE: Final = (
    r"(?:(?:19|20)[0-9]{2}([-/])[01][0-9]\1[0-3][0-9]|[0-3][0-9]([./])[01][0-9]\2(?:19|20)[0-9]{2}"
    rf"|(?:{_MONTH})[ ]{{1,2}}[0-9]{{1,2}})"
)
_DATED: Final = re.compile(rf"(?<![\w:.\-]){_DATE}(?:(?:T|,?[ ]){_TIME})?(?![\w:.\-])")
_SHORT_DATE: Final = r"(?:[01][0-9]-[0-3][0-9]|[0-3][0-9][./][01][0-9][./][0-9]{2})"  # without year or century
_LETTER: Final = r"[(\[<][A-F][)\]>]"
_TIMED: Final = re.compile(
    rf"^[ \t]*+(?>(?:{_LETTER})?)[ \t\[(<]*+"
    rf"(?P<remark>(?:{_SHORT_DATE},?[ ])?{_TIME}|20[0-9]{{6}}[ T_-][0-2][0-9]{{5}}"
    r"|1[0-9]{9}(?:\.[0-9]{1,9}|[0-9]{3})|1[5-9][0-9]{8}(?=:?[ \t]+(?![0-9A-Fa-f]{10}(?!\w))))(?!:?\w|[.\-])(?=.*\S)",
    re.MULTILINE,
)
_LEVEL: Final = re.compile(rf"^[ \t]*+(?P<remark>{_LETTER})(?=[ \t\[(<]++[0-9A-Fa-f]{{2}})", re.MULTILINE)
_UUID: Final = re.compile(r"(?<![\w-])(?:[0-9]{6,9}-)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-])")
_BOLD: Final = re.compile(r"\*\*(?:(?<!\*..)(?=[0-9A-Fa-f]{2})|(?<=[0-9A-Fa-f]{2}..)(?!\*))")
_EMPHASIS: Final = re.compile(
    r"(?P<remark>[*_`](?<![\w*`].)(?:(?<!_)[*`]{1,2})?)(?=[0-9A-Fa-f])(?>(?:(?:0[xX])?(?:[0-9A-Fa-f]{2})++[\s,;:.\-]*+)+)"
    r"(?P<last>(?P=remark))(?![\w*`])"
)
_VALUE: Final = re.compile(r"\([+-]?[0-9]{1,9}(?:[.,][0-9]{1,3})?[ ]?(?:[kM]?(?:Wh?|VAr?h?|varh?)|V|Hz)\)")
_COUNT: Final = re.compile(r"[0-9](?<![\w:.\-].)[0-9]{0,6}(?=[ ](?:bytes?|octets?)\b)")
_COUNT_IN_BRACKETS: Final = re.compile(
    r"\((?<!int\()(?:(?<=\S\()|(?<=\S[ \t]\()|(?<=\S[ \t]{2}\())[0-9]{1,7}\)[ \t]*+$", re.MULTILINE
)
_BINARY: Final = re.compile(
    r"(?<!\w)(?:0b[01]{8}(?=[ (=:/|,]{1,4}(?:0[xX])?[0-9A-Fa-f]{2}(?!\w))"
    r"|[01]{8}(?=[ (=:/|,]{1,4}0[xX][0-9A-Fa-f]{2}(?!\w)))"
)
_ADDRESS: Final = re.compile(
    r"^[ \t]*+(?P<remark>0x[0-9A-Fa-f]{5,16}(?:[ ]<[^<>\n]{1,60}>)?:)(?=[ \t]+0x)", re.MULTILINE
)
_IP: Final = re.compile(r"(?<=[A-Za-z:=@/][ /])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?::[0-9]{1,5})?(?![\w.])")
_MARKS: Final = (
    *((" 0x", _ADDRESS), ("\t0x", _ADDRESS), (".", _IP), ("0", _BINARY), ("(", _CAST), ("", _DATED), ("", _TIMED)),
    *(("", _LEVEL), ("**", _BOLD), ("-", _UUID), ("(", _COUNT_IN_BRACKETS), ("byte", _COUNT), ("octet", _COUNT)),
    *(("(", _VALUE), ("*", _EMPHASIS), ("_", _EMPHASIS), ("`", _EMPHASIS)),
)
"""The patterns of remarks, each with characters that a text with this remark contains."""


def find(text: str) -> list[tuple[int, int]]:
    """Return the start and the end of each remark in `text`, in order. The ranges do not overlap."""
    found = [*_block_comments(text)]
    bare = cover(text, found, " ")
    below = {mask.start("mask") for mask in _MASK_BELOW.finditer(bare)}
    found = _merged(found + [span for span in _spans(_LINE_COMMENT, bare) if span[0] not in below])
    bare = cover(text, found, " ")
    marks = dict.fromkeys(mark for sign, mark in _MARKS if sign in bare)
    return _merged(found + [span for mark in marks for span in _spans(mark, bare)])


def _block_comments(text: str) -> Iterator[tuple[int, int]]:
    start = text.find("/*")
    while start >= 0 and (end := text.find("*/", start + 2)) >= 0:
        yield start, end + 2
        start = text.find("/*", end + 2)


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    groups = sorted(pattern.groupindex.values()) or [0]
    return [match.span(group) for match in pattern.finditer(text) for group in groups]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
