"""Defines `Symptoms`: facts about a stream that the rules in `faults` use.

The facts are derived from the counts of a decoder and from its skipped bytes. The skipped bytes are the most recent of
the bytes that do not belong to a sound frame. A frame or header is sound if its check sequence fits.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import FLAG_BYTE, TYPE_3, find_end
from hanparse.wire.telegram import DATA_LINE, HEADER, Scan

if TYPE_CHECKING:
    from hanparse.wire.stats import Stats

SEVERAL: Final = 3  # damaged frames; one or two can be the first and the last frame of a stream, which are cut off
_CERTAIN: Final = 128  # bytes; a list can contain a shorter sequence of bytes with the same property, such as zeros
_ALMOST_ALL: Final = 0.97  # of the bytes must have the property; noise on the line can add other bytes between frames
_CLEAR_LOSS: Final = 8  # bytes; if a frame lacks fewer bytes, single bytes were lost, and it was not cut off
_HEADER_SIZE: Final = 14  # flag, format (2), two addresses (at most 4 each), control, HCS (2)
_LONG_TEXT: Final = 24  # characters; no known list has a longer text
_TEXT: Final = re.compile(rb"[\t\x20-\x7d]{%d,}[\r\n]*|[\t\x20-\x7d]{8,}[\r\n]+" % _LONG_TEXT)
_BARE_LINE_FEED: Final = re.compile(rb"(?<=[^\r])\n")  # not at the start: the byte before is unknown
_AFTER_FLAG: Final = re.compile(rb"\x7e([^\x7e])")
_P1_LINE: Final = re.compile(DATA_LINE)
_P1_HEADER: Final = re.compile(rb"(?<![^\r\n\0])%b" % HEADER)
_WITHOUT_PARITY: Final = bytes(byte & 0x7F for byte in range(256))
ODD_BYTES: Final = bytes(byte for byte in range(256) if byte.bit_count() & 1)
EVEN_BYTES: Final = bytes(set(range(256)) - set(ODD_BYTES))


class Symptoms:
    """Contains facts about a stream. The rules in `faults` compare these facts with limits."""

    def __init__(self, stats: Stats, skipped: bytes) -> None:
        self.stats = stats
        self.texts = _TEXT.findall(skipped)
        self.without_text = _TEXT.sub(b"", skipped)
        self.content = self.without_text.replace(FLAG_BYTE, b"")  # flags between frames are not lost bytes
        self.lost = stats.passed_over * len(self.content) // max(1, len(skipped))
        self.after_flags = b"".join(_AFTER_FLAG.findall(self.without_text))
        self.formats = sum(byte >> 4 == TYPE_3 for byte in self.after_flags)
        self.fragments = _fragments(self.without_text)
        has_line_feeds = _BARE_LINE_FEED.search(self.without_text)
        self.sound_with_lf = 0 if has_line_feeds else _whole_frames(skipped.replace(b"\r\n", b"\n"))
        self.broken_off = [each for each in self.fragments if each.announced - each.size >= _CLEAR_LOSS]
        self.p1_lines = len(_P1_LINE.findall(skipped))
        self.p1_lines_of_7_bits = len(_P1_LINE.findall(skipped.translate(_WITHOUT_PARITY)))
        self.is_p1 = max(self.p1_lines, self.p1_lines_of_7_bits) >= SEVERAL
        self.cut_telegrams = _cut_telegrams(skipped)
        headers = stats.frames or self.fragments or mostly(self.formats, len(self.after_flags))
        self.even = 0 if stats.frames or self.fragments or self.is_p1 else self.with_value(EVEN_BYTES)
        self.unreadable = not (headers or self.is_p1) or self.even > 0
        self.text = self._text(len(skipped))

    def _text(self, size: int) -> int:
        """Return the number of bytes of text.

        The result is 0 for a single short line. In an unreadable stream, the text can be noise. The result is then 0 if
        the text is less than half of the bytes.
        """
        text = sum(map(len, self.texts))
        enough = len(self.texts) > 1 or text >= _LONG_TEXT
        return text if enough and (2 * text >= size or not self.unreadable) else 0

    def with_value(self, values: bytes, *, beside: bytes = b"") -> int:
        """Return how many bytes of `content` are in `values`. Return 0 if there are too few to show a fault.

        Their number shows no fault if it is below `_CERTAIN`, or if they are not almost all bytes. Bytes in `beside`
        are ignored.
        """
        content = self.content.translate(None, beside)
        found = count(content, values)
        return found if found >= max(_CERTAIN, _ALMOST_ALL * len(content)) else 0


class Fragment(NamedTuple):
    """Describes a damaged frame with a sound header."""

    size: int
    announced: int
    """The size of the whole frame in bytes, computed from the length in its header."""
    flagged: bool
    """True if the last byte is a flag."""


def _fragments(data: bytes) -> list[Fragment]:
    return [_fragment(part, announced) for part, announced in _parts(data)]


def _cut_telegrams(data: bytes) -> int:
    """Return the number of P1 telegrams without an end line."""
    scan, cut = Scan(), 0
    for match in _P1_HEADER.finditer(data):
        try:
            scan.find_end(data, match.start(), 0)
        except FrameError as error:
            cut += error.after_header and not isinstance(error, ChecksumError)
    return cut


def _parts(data: bytes) -> list[tuple[bytes, int]]:
    """Return the bytes from each sound header to the next sound header, and the frame size in the first header."""
    flags = (match.start() for match in _AFTER_FLAG.finditer(data))
    starts = [(flag, size) for flag in flags if (size := _announced(data, flag))]
    return [(data[start:end], size) for (start, size), (end, _) in pairwise([*starts, (len(data), 0)])]


def _whole_frames(data: bytes) -> int:
    return sum(_is_whole(part) for part, _ in _parts(data))


def _is_whole(part: bytes) -> bool:
    """Return whether `part` begins with a sound frame.

    The closing flag can be missing in `part`, because it can be the opening flag of the next frame.
    """
    with suppress(FrameError):
        return find_end(part + FLAG_BYTE)[0] <= len(part) + 1
    return False


def _announced(data: bytes, start: int) -> int:
    """Return the size of the frame at `start`, computed from its header. Return 0 if the header is not sound."""
    try:
        end, sound = find_end(data[start : start + _HEADER_SIZE])
    except FrameError:
        return 0
    return end if sound else 0


def _fragment(data: bytes, announced: int) -> Fragment:
    size = len(data.rstrip(FLAG_BYTE))  # there can be several flags between two frames
    return Fragment(min(size + 1, len(data)), announced, size < len(data))


def count(data: bytes, values: bytes) -> int:
    """Return how many bytes of `data` are in `values`."""
    return len(data) - len(data.translate(None, values))


def mostly(part: int, whole: int) -> bool:
    """Return whether `part` is at least two thirds of `whole` and at least `SEVERAL`."""
    return part >= SEVERAL and 3 * part >= 2 * whole
