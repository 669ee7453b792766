r"""Finds P1 telegrams in pasted text and restores their bytes.

A log, a mail or a program changes the text of a telegram. It replaces the line ends, perhaps by the characters
``\r\n``. It puts a time, a ``>``, quotes or an indent in front of each line, and it removes the blank second line. This
module removes the added text from each line and ends the line with CR LF. The CRC shows whether the result is the
telegram. A telegram without CRC is returned only if nothing but blanks was removed.
"""

from __future__ import annotations

import re
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
    """The bytes of a telegram, and the indexes in a text at which its first line begins and its last line ends."""

    start: int
    end: int
    data: bytes


def telegrams(text: str) -> list[bytes]:
    """Return the sound telegrams in `text` in their order, each with CR LF as line ends."""
    return [telegram.data for telegram in find(text)]


def find(text: str) -> list[Pasted]:
    """Return the sound telegrams that `telegrams` returns, with their places in `text`."""
    lines, places = _lines(text) if _HEADER.search(text) else ([], [])
    found: list[Pasted] = []
    at = 0
    while at < len(lines):
        end = _end_line(lines, at) if _HEADER.search(lines[at]) else None
        sound = next(filter(_is_sound, _readings(lines[at:end])), None) if end else None
        if sound and end:
            found.append(Pasted(places[at], places[end], sound))
        at = end if sound and end else at + 1
    return found


def _lines(text: str) -> tuple[list[str], list[int]]:
    """Return the lines of a text, and the indexes at which they begin. Line ends may be written as escapes."""
    ends = [*_LINE_END.finditer(text)]
    starts = [0, *(end.end() for end in ends)]
    stops = [*(end.start() for end in ends), len(text)]
    return [text[start:stop] for start, stop in zip(starts, stops, strict=True)], [*starts, len(text)]


def damaged_telegram(text: str) -> bytes:
    """Return the bytes of the first telegram in a text without a sound telegram, so that `diagnose` can find its fault.

    The result is empty if the text has no header, or fewer than two lines with data after it.
    """
    lines, _ = _lines(text)
    start = next((at for at, line in enumerate(lines) if _HEADER.search(line)), len(lines))
    sent = [(line.strip(" \t"), _cleaned(line)) for line in lines[start : _end_line(lines, start)]]
    # an end line without CRC counts only if nothing else is on the line
    header, *rest = [cleaned for line, cleaned in sent if cleaned != "!" or line == "!"] or [""]
    has_data = sum(line.endswith(")") for line in rest) > 1
    return _bytes([header, "", *filter(None, rest)]) if has_data else b""


def _end_line(lines: Sequence[str], start: int) -> int | None:
    """Return the index after the end line of the telegram with its header in line `start`; `None` without end line."""
    for at in range(start + 1, min(len(lines), start + _MAX_LINES)):
        if _HEADER.search(lines[at]):
            return None
        if _END.search(lines[at]) and "(" not in lines[at]:
            return at + 1
    return None


def _readings(lines: Sequence[str]) -> Iterator[bytes]:
    """Return the bytes that the telegram in the lines may have had, beginning with the fewest changes to the lines."""
    stripped = [line.strip(" \t") for line in lines]
    yield _bytes(stripped)
    cleaned = [_cleaned(line) for line in lines]
    if not cleaned[-1].strip("!"):
        return  # without a CRC it is unknown whether the removed text was a part of the telegram
    yield _bytes(cleaned)
    header, *filled = (line for line in cleaned if line)
    for sent in (header, header.replace(r"\\", "\\")):  # in a string of a program each backslash is written twice
        yield _bytes([sent, *filled])
        yield _bytes([sent, "", *filled])


def _cleaned(line: str) -> str:
    """Return the part of `line` that is a line of a telegram; an empty text if there is no such part."""
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
