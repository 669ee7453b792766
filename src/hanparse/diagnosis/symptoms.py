"""What the counters and the skipped bytes of a stream show: `Symptoms`, by which diagnosis judges."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import FrameError
from hanparse.hdlc import FLAG, TYPE_3, find_end

if TYPE_CHECKING:
    from hanparse.wire.stats import Stats

SEVERAL: Final = 3  # once is chance, twice may be the first frame and the last
_CERTAIN: Final = 128  # bytes that all have what one in two has by chance; the zeros of a list are no such row
_AS_GOOD_AS_ALL: Final = 0.97  # the rest may be glitches between frames
_CLEAR_LOSS: Final = 8  # a frame that misses fewer bytes may have lost them one by one
_HEADER_SIZE: Final = 14  # flag, format 2, addresses of 4 at most, control, HCS 2
_LONG_TEXT: Final = 24  # no list that is known has a text of this length
_TEXT: Final = re.compile(rb"[\t\x20-\x7d]{%d,}[\r\n]*|[\t\x20-\x7d]{8,}[\r\n]+" % _LONG_TEXT)
_BARE_LINE_FEED: Final = re.compile(rb"(?<=[^\r])\n")  # the byte before the first is not known
_AFTER_FLAG: Final = re.compile(rb"\x7e([^\x7e])")
_P1_LINE: Final = re.compile(rb"\d-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:[.*]\d{1,3})?\(")
ODD_BYTES: Final = bytes(byte for byte in range(256) if byte.bit_count() & 1)
EVEN_BYTES: Final = bytes(set(range(256)) - set(ODD_BYTES))


class Symptoms:
    """Facts about a stream that the rules of diagnosis compare with their limits."""

    def __init__(self, stats: Stats, skipped: bytes) -> None:
        self.stats = stats
        self.texts = _TEXT.findall(skipped)
        self.rest = _TEXT.sub(b"", skipped)
        self.solid = self.rest.replace(bytes([FLAG]), b"")  # flags between frames are no loss
        self.lost = stats.passed_over * len(self.solid) // max(1, len(skipped))
        self.after_flags = b"".join(_AFTER_FLAG.findall(self.rest))
        self.formats = sum(byte >> 4 == TYPE_3 for byte in self.after_flags)
        self.fragments = _fragments(self.rest)
        self.undone = 0 if _BARE_LINE_FEED.search(self.rest) else _whole_frames(skipped.replace(b"\r\n", b"\n"))
        self.broken_off = [each for each in self.fragments if each.announced - each.size >= _CLEAR_LOSS]
        self.p1_lines = len(_P1_LINE.findall(skipped))
        self.is_p1 = self.p1_lines >= SEVERAL
        headers = stats.frames or self.fragments or mostly(self.formats, len(self.after_flags))
        self.even = 0 if stats.frames or self.fragments else self.with_value(EVEN_BYTES)
        self.unreadable = not (headers or self.is_p1) or self.even > 0
        self.text = self._text(len(skipped))

    def _text(self, size: int) -> int:
        """How many bytes are text; 0 when it may be chance: a short line alone, or letters in noise."""
        text = sum(map(len, self.texts))
        enough = len(self.texts) > 1 or text >= _LONG_TEXT
        return text if enough and (2 * text >= size or not self.unreadable) else 0

    def with_value(self, values: bytes, *, beside: bytes = b"") -> int:
        """How many of the solid bytes, but for those `beside`, have one of these values, if as good as all; else 0."""
        solid = self.solid.translate(None, beside)
        found = count(solid, values)
        return found if found >= max(_CERTAIN, _AS_GOOD_AS_ALL * len(solid)) else 0


class Fragment(NamedTuple):
    """A frame whose header is sound and the rest is not."""

    size: int
    announced: int
    flagged: bool
    """The last byte is a flag."""


def _fragments(data: bytes) -> list[Fragment]:
    return [_fragment(part, announced) for part, announced in _parts(data)]


def _parts(data: bytes) -> list[tuple[bytes, int]]:
    """`data` from one sound header to the next, and the size of a frame that each announces."""
    flags = (match.start() for match in _AFTER_FLAG.finditer(data))
    starts = [(flag, size) for flag in flags if (size := _announced(data, flag))]
    return [(data[start:end], size) for (start, size), (end, _) in pairwise([*starts, (len(data), 0)])]


def _whole_frames(data: bytes) -> int:
    return sum(_is_whole(part) for part, _ in _parts(data))


def _is_whole(part: bytes) -> bool:
    """Whether a frame begins there that is sound to its end, which may be the flag of the next one."""
    with suppress(FrameError):
        return find_end(part + bytes([FLAG]))[0] <= len(part) + 1
    return False


def _announced(data: bytes, start: int) -> int:
    """The size of the frame that a sound header announces at `start`; 0 when there is none."""
    try:
        end, sound = find_end(data[start : start + _HEADER_SIZE])
    except FrameError:
        return 0
    return end if sound else 0


def _fragment(data: bytes, announced: int) -> Fragment:
    size = len(data.rstrip(bytes([FLAG])))  # several flags may stand between frames
    return Fragment(min(size + 1, len(data)), announced, size < len(data))


def count(data: bytes, values: bytes) -> int:
    """How many bytes of `data` have one of these values."""
    return len(data) - len(data.translate(None, values))


def mostly(part: int, whole: int) -> bool:
    """Whether `part` is two thirds of `whole` at least, and several."""
    return part >= SEVERAL and 3 * part >= 2 * whole
