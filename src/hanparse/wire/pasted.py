r"""A text that people paste -> the P1 telegrams in it, as they were on the wire.

A log, a mail or a program changes the text of a telegram: its line ends are those of the platform or are written as
``\r\n``, a time, a ``>`` or quotes stand around its lines, they are indented, the blank second line is gone. So lines
are taken out of what is around them, and get CR LF again. The CRC decides whether that was right. A telegram without
CRC is given only as it stands, with nothing around its lines but blanks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hanparse.errors import FrameError
from hanparse.wire.telegram import MAX_TELEGRAM, find_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WRITTEN_ENDS: Final = re.compile(r"\\r\\n|\\n|\\r")
_HEADER: Final = re.compile(r"(?<![A-Za-z0-9/.:])/[A-Za-z]{3}[ -~]*")
_END: Final = re.compile(r"![0-9A-Fa-f]{0,4}(?![0-9A-Za-z])")
_CODE: Final = r"(?:\d{1,3}-\d{1,3}:)?(?:\d{1,3}\.){2}\d{1,3}(?:[.*&]\d{1,3})?"
_DATA: Final = re.compile(rf"(?<![\w.:-])(?:{_CODE})?\((?:[^()]*\)\()*[^()]*\)")
_AROUND: Final = " \t\"'`,>|"
_MAX_LINES: Final = 1024


def telegrams(text: str) -> list[bytes]:
    """Return the sound telegrams in `text`, each with CR LF as its line ends, in their order."""
    lines = _WRITTEN_ENDS.sub("\n", text).splitlines()
    found: list[bytes] = []
    at = 0
    while at < len(lines):
        end = _end_line(lines, at) if _HEADER.search(lines[at]) else None
        sound = next(filter(_is_sound, _readings(lines[at:end])), None) if end else None
        if sound:
            found.append(sound)
        at = end if sound and end else at + 1
    return found


def _end_line(lines: Sequence[str], start: int) -> int | None:
    """Return the index behind the end line of the telegram whose header is in line `start`; `None` without one."""
    for at in range(start + 1, min(len(lines), start + _MAX_LINES)):
        if _HEADER.search(lines[at]):
            return None
        if _END.search(lines[at]) and "(" not in lines[at]:
            return at + 1
    return None


def _readings(lines: Sequence[str]) -> Iterator[bytes]:
    """What the lines may have been on the wire, the nearest to how they stand first."""
    stripped = [line.strip(" \t") for line in lines]
    yield _bytes(stripped)
    taken = [_taken(line) for line in lines]
    if not taken[-1].strip("!"):
        return  # nothing says that what is around the lines was not part of them
    yield _bytes(taken)
    whole = [line for line in taken if line]
    yield _bytes(whole)
    yield _bytes([whole[0], "", *whole[1:]])


def _taken(line: str) -> str:
    """The part of a line that is a telegram's; empty where none is."""
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
