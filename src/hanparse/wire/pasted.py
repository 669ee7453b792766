r"""Finds P1 telegrams in pasted text and restores their bytes.

A log, a mail or a program can change the text of a telegram. The line ends can be different, or can be written as the
four characters ``\r\n``. A time, a ``>``, a quotation mark or blanks can precede each line. The blank second line can
be missing.

This module removes the added text from each line and ends the line with CR LF. A telegram is sound if its CRC fits the
restored bytes. A telegram without CRC is sound only if this module removed nothing but blanks.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import FrameError
from hanparse.wire.telegram import HEADER, MAX_TELEGRAM, find_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LINE_END: Final = re.compile(r"\\r\\n|\\[rn]|\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_HEADER: Final = re.compile(rf"(?<![A-Za-z0-9/.:]){HEADER.decode()}[ -~]*")
_END: Final = re.compile(r"![0-9A-Fa-f]{0,4}(?![0-9A-Za-z])")
_CODE: Final = r"(?:\d{1,3}-\d{1,3}:)?(?:\d{1,3}\.){2}\d{1,3}(?:[.*&]\d{1,3})?"
_DATA: Final = re.compile(rf"(?<![\w.:-])(?:{_CODE})?\((?:[^()]*\)\()*[^()]*\)")
_AROUND: Final = " \t\"'`,>|"
_MAX_LINES: Final = 1024


class Pasted(NamedTuple):
    """A `Pasted` contains the bytes of a telegram in a text, and the indexes of its lines in the text.

    The first line of the telegram begins at `start`, and its last line ends at `end`.
    """

    start: int
    end: int
    data: bytes


def telegrams(text: str) -> list[bytes]:
    """Return the bytes of the sound telegrams in `text` in their order. Their line ends are CR LF."""
    return [telegram.data for telegram in find(text)]


def find(text: str) -> list[Pasted]:
    """Return the sound telegrams in `text` in their order, with their indexes in `text`."""
    lines, starts = _lines(text) if has_header(text) else ([], [])
    sound_telegrams: list[Pasted] = []
    at = 0
    while at < len(lines):
        end = _end_line(lines, at) if _HEADER.search(lines[at]) else None
        sound = next(filter(_is_sound, _readings(lines[at:end])), None) if end else None
        if sound and end:
            sound_telegrams.append(Pasted(starts[at], starts[end], sound))
        at = end if sound and end else at + 1
    return sound_telegrams


def _lines(text: str) -> tuple[list[str], list[int]]:
    """Return the lines of a text, and the indexes at which they begin, followed by the size of the text."""
    ends = [*_LINE_END.finditer(text)]
    starts = [0, *(end.end() for end in ends)]
    stops = [*(end.start() for end in ends), len(text)]
    return [text[start:stop] for start, stop in zip(starts, stops, strict=True)], [*starts, len(text)]


def has_header(text: str) -> bool:
    """Return whether a text may contain a telegram."""
    return _HEADER.search(text) is not None


def damaged(text: str) -> list[Pasted]:
    """Return the telegrams in a text that contains no sound telegram, with their indexes in `text`.

    The decoder finds the fault of a telegram in its bytes. A telegram has a header and at least two lines with data.
    """
    lines, starts = _lines(text)
    headers = [at for at, line in enumerate(lines) if _HEADER.search(line)]
    found = []
    for at, following in pairwise([*headers, len(lines)]):
        end = _end_line(lines, at) or following
        sent = [(line.strip(" \t"), _cleaned(line)) for line in lines[at:end]]
        # a "!" without CRC is an end line only if the line contains nothing else
        header, *after_header = [cleaned for line, cleaned in sent if cleaned != "!" or line == "!"] or [""]
        if sum(line.endswith(")") for line in after_header) > 1:
            found.append(Pasted(starts[at], starts[end], _bytes([header, "", *filter(None, after_header)])))
    return found


def _end_line(lines: Sequence[str], start: int) -> int | None:
    """Return the index after the end line of a telegram; `None` if there is no end line. Line `start` is its header."""
    for at in range(start + 1, min(len(lines), start + _MAX_LINES)):
        if _HEADER.search(lines[at]):
            return None
        if _END.search(lines[at]) and "(" not in lines[at]:
            return at + 1
    return None


def _readings(lines: Sequence[str]) -> Iterator[bytes]:
    """Yield the possible bytes of the telegram in `lines`, beginning with the bytes that differ least from the text."""
    stripped = [line.strip(" \t") for line in lines]
    yield _bytes(stripped)
    cleaned = [_cleaned(line) for line in lines]
    if not cleaned[-1].strip("!"):
        return  # without a CRC, no check shows whether the removed text was part of the telegram
    yield _bytes(cleaned)
    header, *filled = (line for line in cleaned if line)
    for sent in (header, header.replace(r"\\", "\\")):  # a string literal contains each backslash twice
        yield _bytes([sent, *filled])
        yield _bytes([sent, "", *filled])


def _cleaned(line: str) -> str:
    """Return the text in `line` that is a line of a telegram. Return an empty text if `line` contains no such text."""
    if header := _HEADER.search(line):
        return header[0].rstrip(_AROUND)
    match = _DATA.search(line) or _END.search(line)
    return match[0] if match else ""


def _bytes(lines: Sequence[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")


def _is_sound(data: bytes) -> bool:
    if len(data) > MAX_TELEGRAM:
        return False
    try:
        end, _ = find_end(data)
    except FrameError:
        return False
    return end == len(data) - 2
