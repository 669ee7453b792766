"""Where a P1 telegram ends, checked as its bytes arrive (IEC 62056-21 mode D; DSMR P1 companion standard 5.0.2, 5.2).

A telegram begins with ``/``, three letters and the rest of its identification. It ends with the first line that begins
with ``!``, behind which up to four digits of its CRC stand. Only text may stand between. So a candidate is given up at
the first byte that is none, and at a line that begins with another ``/``: it never hides an HDLC or M-Bus frame, nor
the telegram behind one that was cut off. A ``/`` or ``!`` inside a line is an ordinary character.

The line end behind the CRC is no part of a telegram, so that it is delivered with its last digit: what stands in
`BETWEEN` may lie between two telegrams and is no loss.

Bounds: a telegram has at most `MAX_TELEGRAM` bytes. `Scan` looks at each byte of a stream once, however many candidates
hold it. What a candidate costs beyond that is one CRC over its bytes when its end line is there, and a second one with
other line ends than CR LF. Candidates stand at least six bytes apart, and those that share an end line are within
`MAX_TELEGRAM` of it. So no input makes more than 5,000 bytes of check sequence per byte fed; telegrams make one.
"""

from __future__ import annotations

import re
from typing import Final

from hanparse.errors import ChecksumError, FrameError
from hanparse.wire.crc import arc

START: Final = 0x2F
"""The ``/`` that a telegram begins with."""
MAX_TELEGRAM: Final = 0x6000
"""Luxembourg has five messages of 2,048 characters, each two digits (Luxmetering E-Meter P1 specification 1.1.3)."""
BETWEEN: Final = b"\r\n\0"
"""What belongs to line ends; it may stand between telegrams."""

_MAX_IDENTIFICATION: Final = 64  # IEC 62056-21 allows 16 characters behind the baud rate; meters send a few more
_END: Final = 0x21
_LETTERS: Final = 3  # the FLAG identification of the maker
_CRC_DIGITS: Final = 4
_NO_TEXT: Final = re.compile(rb"[^\r\n -~]")
_LINE_END: Final = re.compile(rb"[\r\n]")
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]{0,4}")
_BEGIN: Final = re.compile(rb"/[A-Za-z]{0,3}")
_HEADER: Final = re.compile(rb"/[A-Za-z]{3}")


class Scan:
    """What a reader knows of its stream: where, from a position on, the next byte stands that can end a telegram.

    One serves all candidates of a stream, and bytes are looked at once, when they arrive.
    """

    def __init__(self) -> None:
        self._since = self._until = 0  # positions in the stream: between them, no byte ends a telegram
        self._found = False  # whether the one at `_until` does

    def find_end(self, data: bytes, start: int, base: int) -> tuple[int, bool]:
        """Return where the telegram ends that begins at `start`, and whether its identification is there and sound.

        `base` is the position of ``data[0]`` in the stream. The end lies beyond ``len(data)`` while bytes are missing.
        Every check that the bytes at hand allow has passed when this returns. Raises `FrameError` at the first that
        fails, `ChecksumError` when it is the CRC; its offset is an index of `data`.
        """
        _check_maker(data, start)
        mark = self._next(data, start + 1, base)
        header = _header_end(data, start, len(data) if mark is None else mark)
        if mark is not None and header is None:
            raise _no_text(data, mark, meant=False)
        if header is None:
            return len(data) + 1, False
        if (len(data) if mark is None else mark) - start >= MAX_TELEGRAM:
            raise FrameError(
                f"expected the end line (!) of a telegram within {MAX_TELEGRAM} bytes, found none",
                offset=start + MAX_TELEGRAM, after_header=True,
            )  # fmt: skip
        return (len(data) + 1 if mark is None else _checked_end(data, start, mark)), True

    def _next(self, data: bytes, at: int, base: int) -> int | None:
        """Return the index of the first byte from `at` on that ends every telegram with it; `None`: it is not there."""
        if not self._since <= at + base <= self._until:
            self._since, self._until, self._found = at + base, at + base, False
        if not self._found:
            index = _ending(data, self._until - base)
            self._found = index is not None
            self._until = base + (len(data) if index is None else index)
        return self._until - base if self._found else None


def find_end(data: bytes, start: int = 0) -> tuple[int, bool]:
    """Return what `Scan.find_end` returns, for bytes that are looked at once."""
    return Scan().find_end(data, start, 0)


def truncated(size: int, _end: int, start: int = 0, *, sound: bool = False) -> FrameError:
    """Return the error for a telegram that begins at `start` and is not whole where the bytes end, at `size`."""
    found = f"the P1 telegram is incomplete: it ends after {size - start} bytes, expected its end line: ! and CRC"
    return FrameError(found, offset=size, after_header=sound)


def with_cr_lf(data: bytes) -> bytes:
    """Return the same text with CR LF as line ends, in place of LF, CR, CR NUL and CR CR LF."""
    for end in (b"\r\r\n", b"\r\n", b"\r\0", b"\r"):
        data = data.replace(end, b"\n")
    return data.replace(b"\n", b"\r\n")


def _check_maker(data: bytes, start: int) -> None:
    begin = _BEGIN.match(data, start)
    sound = begin.end() if begin else start
    if sound < min(len(data), start + 1 + _LETTERS) or not begin:
        found = data[sound : sound + 1].hex().upper() or "nothing"
        raise FrameError(f"expected / and the three letters of a maker, found {found}", offset=sound)


def _header_end(data: bytes, start: int, stop: int) -> int | None:
    """Return where the line end behind the identification stands; `None` while it is not there, before `stop`."""
    limit = start + 1 + _MAX_IDENTIFICATION
    if end := _LINE_END.search(data, start, min(limit, stop)):
        return end.start()
    if stop >= limit:
        raise FrameError(
            f"expected the line end of an identification within {_MAX_IDENTIFICATION} bytes, found none",
            offset=limit - 1,
        )
    return None


def _ending(data: bytes, at: int) -> int | None:
    """Return the first index from `at` on of a byte that is no text, or of a ``!`` or ``/`` that begins a line."""
    bad = _NO_TEXT.search(data, at)
    while bad and data[bad.start()] == 0 and data[bad.start() - 1] == 0x0D:  # noqa: PLR2004  CR NUL
        bad = _NO_TEXT.search(data, bad.end())
    limit = bad.start() if bad else len(data)
    marks = [index for mark in (b"!", b"/") if (index := _first_in_line(data, mark, at, limit)) is not None]
    return min(marks, default=bad and bad.start())


def _first_in_line(data: bytes, mark: bytes, at: int, limit: int) -> int | None:
    """Return the first index of `mark` where it begins a line."""
    index = data.find(mark, at, limit)
    while index > 0 and data[index - 1] not in BETWEEN:
        index = data.find(mark, index + 1, limit)
    return index if index > 0 else None


def _no_text(data: bytes, at: int, *, meant: bool) -> FrameError:
    return FrameError(f"expected text, found {data[at]:02X}", offset=at, after_header=meant)


def _checked_end(data: bytes, start: int, mark: int) -> int:
    """Return the index behind the CRC of the end line that should begin at `mark`; beyond `data` while it is open."""
    if data[mark] == START:
        raise FrameError(
            "a telegram begins here, expected the end line (!) of the one before", offset=mark, after_header=True
        )
    if data[mark] != _END:
        raise _no_text(data, mark, meant=True)
    digits = _DIGITS.match(data, mark + 1)
    sent, end = (digits[0], digits.end()) if digits else (b"", mark + 1)
    if len(sent) < _CRC_DIGITS:
        if end == len(data):
            return end + 1
        if data[end] not in BETWEEN:
            raise FrameError(
                f"expected up to {_CRC_DIGITS} hexadecimal digits and a line end behind !, found {data[end]:02X}",
                offset=end, after_header=True,
            )  # fmt: skip
    _check(data, start, mark, sent)
    return end


def _check(data: bytes, start: int, mark: int, sent: bytes) -> None:
    """Compare the CRC; without one, the telegram must not hold another header, it may be the end of another one."""
    if not sent:
        if inside := _HEADER.search(data, start + 1, mark):
            raise FrameError(
                "a header stands inside a telegram without CRC, which may be parts of two", offset=inside.start(),
                after_header=True,
            )  # fmt: skip
        return
    covered, found = data[start : mark + 1], int(sent, 16)
    expected = arc(covered)
    if expected != found and (restored := with_cr_lf(covered)) != covered:
        expected = arc(restored)
    if expected != found:
        raise ChecksumError(
            f"CRC {found:04X} does not fit its {len(covered)} bytes, expected {expected:04X}; damaged on the way",
            offset=mark + 1, field="CRC", expected=expected, found=found,
        )  # fmt: skip
