"""Finds and checks the end of a P1 telegram while its bytes arrive.

A telegram begins with an identification: ``/``, three letters and further characters (IEC 62056-21 mode D). Its last
line is the first line that begins with ``!``. Up to four digits of a CRC follow the ``!`` (DSMR P1 companion standard
5.0.2, 5.2). A ``/`` or ``!`` inside a line is an ordinary character. The line end after the CRC is not part of the
telegram, so the reader delivers a telegram when the last digit arrives. The bytes in `BETWEEN` can follow a telegram.
They are not lost data.

A candidate is a sequence of bytes that may be a telegram. The bytes of a telegram are text. So the reader rejects a
candidate at the first byte that is not text, and at a later line that begins with ``/``. A candidate therefore hides
no HDLC frame and no M-Bus frame. An incomplete telegram does not hide the next telegram.

Bounds: a telegram has at most `MAX_TELEGRAM` bytes. `Scan` reads each byte of a stream once, even if several candidates
contain the byte. For a candidate with a complete end line, the reader computes one CRC. It computes a second CRC if the
first does not fit and the line ends are not CR LF. Candidates begin at least six bytes apart, and at most
`MAX_TELEGRAM` bytes before their end line. So the CRCs of a stream with N bytes cover at most N times 5,000 bytes. The
CRC of a correct telegram covers its bytes once.
"""

from __future__ import annotations

import re
from typing import Final

from hanparse.errors import ChecksumError, FrameError
from hanparse.wire.crc import arc

START: Final = 0x2F
"""The first byte of a telegram, ``/``."""
HEADER: Final = rb"/[A-Za-z]{3}"
"""A pattern (`re`) of the first four bytes of a telegram: ``/`` and the three letters of the manufacturer."""
DATA_LINE: Final = rb"\d-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:[.*]\d{1,3})?\("
"""A pattern (`re`) of the beginning of a data line: an OBIS code with medium and channel, and the bracket behind it."""
MAX_TELEGRAM: Final = 0x6000
"""The maximum number of bytes of a telegram.

A telegram in Luxembourg can contain five messages of 2,048 characters, with two hex digits for each character
(Luxmetering E-Meter P1 specification 1.1.3).
"""
BETWEEN: Final = b"\r\n\0"
"""The bytes of line ends. They can be between two telegrams."""

_MAX_IDENTIFICATION: Final = 64  # IEC 62056-21 allows 16 characters after the baud rate; meters send a few more
_END: Final = 0x21
_LETTERS: Final = 3  # letters of the manufacturer, which the FLAG association registers
_CRC_DIGITS: Final = 4
_NO_TEXT: Final = re.compile(rb"[^\r\n -~]")
_LINE_END: Final = re.compile(rb"[\r\n]")
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]{0,4}")
_BEGIN: Final = re.compile(rb"/[A-Za-z]{0,3}")
_HEADER: Final = re.compile(HEADER)


class Scan:
    """A `Scan` finds the next byte that ends a candidate.

    This byte is not text, or it is a ``!`` or ``/`` at the start of a line. All candidates of a stream share one
    `Scan`, so that it reads each byte only once.
    """

    def __init__(self) -> None:
        self._since = self._until = 0  # positions in the stream; no byte between them ends a candidate
        self._found = False  # true if the byte at `_until` ends a candidate

    def find_end(self, data: bytes, start: int, base: int) -> tuple[int, bool]:
        """Return the end of the telegram at `start`, and whether its identification is complete and passes all checks.

        `base` is the position of ``data[0]`` in the stream. While bytes are missing, the end is greater than
        ``len(data)``. Raises `FrameError` if a check of the received bytes fails. Raises `ChecksumError` if the CRC
        does not fit. The offset of an error is an index in `data`.
        """
        _check_maker(data, start)
        mark = self._next(data, start + 1, base)
        header = _header_end(data, start, len(data) if mark is None else mark)
        if mark is not None and header is None:
            raise _no_text(data, mark, after_header=False)
        if header is None:
            return len(data) + 1, False
        if (len(data) if mark is None else mark) - start >= MAX_TELEGRAM:
            raise FrameError(
                f"expected the end line (!) of a telegram within {MAX_TELEGRAM} bytes, found none",
                offset=start + MAX_TELEGRAM, after_header=True,
            )  # fmt: skip
        return (len(data) + 1 if mark is None else _checked_end(data, start, mark)), True

    def _next(self, data: bytes, at: int, base: int) -> int | None:
        """Return the index of the first byte from `at` on that ends a candidate; `None` if no byte ends a candidate."""
        if not self._since <= at + base <= self._until:
            self._since, self._until, self._found = at + base, at + base, False
        if not self._found:
            index = _ending(data, self._until - base)
            self._found = index is not None
            self._until = base + (len(data) if index is None else index)
        return self._until - base if self._found else None


def find_end(data: bytes, start: int = 0) -> tuple[int, bool]:
    """Return the result of `Scan.find_end` for `data`, which is not part of a stream."""
    return Scan().find_end(data, start, 0)


def truncated(size: int, _end: int, start: int = 0, *, sound: bool = False) -> FrameError:
    """Return the error for the telegram at `start`, which is incomplete: the input has only `size` bytes."""
    message = f"the P1 telegram is incomplete: it ends after {size - start} bytes, expected its end line (! and CRC)"
    return FrameError(message, offset=size, after_header=sound)


def with_cr_lf(data: bytes) -> bytes:
    """Return `data` with CR LF as line ends. The line ends in `data` can be LF, CR, CR LF, CR NUL and CR CR LF."""
    for end in (b"\r\r\n", b"\r\n", b"\r\0", b"\r"):
        data = data.replace(end, b"\n")
    return data.replace(b"\n", b"\r\n")


def _check_maker(data: bytes, start: int) -> None:
    begin = _BEGIN.match(data, start)
    sound = begin.end() if begin else start
    if sound < min(len(data), start + 1 + _LETTERS) or not begin:
        found = data[sound : sound + 1].hex().upper() or "nothing"
        raise FrameError(f"expected / and the three letters of a manufacturer, found {found}", offset=sound)


def _header_end(data: bytes, start: int, stop: int) -> int | None:
    """Return the index of the line end after the identification; `None` if the line end has not arrived yet."""
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
    """Return the index of the first byte from `at` on that ends a candidate, as `Scan` defines it."""
    bad = _NO_TEXT.search(data, at)
    while bad and data[bad.start()] == 0 and data[bad.start() - 1] == 0x0D:  # noqa: PLR2004  CR NUL
        bad = _NO_TEXT.search(data, bad.end())
    limit = bad.start() if bad else len(data)
    ends = [_first_in_line(data, b"!", at, limit), _first_in_line(data, b"/", at, limit), bad.start() if bad else None]
    return min((end for end in ends if end is not None), default=None)


def _first_in_line(data: bytes, mark: bytes, at: int, limit: int) -> int | None:
    """Return the first index from `at` to `limit` at which `mark` begins a line."""
    index = data.find(mark, at, limit)
    while index > 0 and data[index - 1] not in BETWEEN:
        index = data.find(mark, index + 1, limit)
    return index if index > 0 else None


def _no_text(data: bytes, at: int, *, after_header: bool) -> FrameError:
    return FrameError(f"expected text, found {data[at]:02X}", offset=at, after_header=after_header)


def _checked_end(data: bytes, start: int, mark: int) -> int:
    """Return the index after the CRC of the end line at `mark`; an index after `data` if more digits can follow."""
    if data[mark] == START:
        raise FrameError(
            "expected the end line (!) of a telegram, found the header of the next telegram",
            offset=mark,
            after_header=True,
        )
    if data[mark] != _END:
        raise _no_text(data, mark, after_header=True)
    digits = _DIGITS.match(data, mark + 1)
    sent, end = (digits[0], digits.end()) if digits else (b"", mark + 1)
    if len(sent) < _CRC_DIGITS:
        if end == len(data):
            return end + 1
        if data[end] not in BETWEEN:
            raise FrameError(
                f"expected up to {_CRC_DIGITS} hexadecimal digits and a line end after !, found {data[end]:02X}",
                offset=end, after_header=True,
            )  # fmt: skip
    _check(data, start, mark, sent)
    return end


def _check(data: bytes, start: int, mark: int, sent: bytes) -> None:
    """Raise `ChecksumError` if the CRC does not fit, and `FrameError` if a telegram without CRC has a second header.

    A telegram with two headers may consist of parts of two telegrams.
    """
    if not sent:
        if inside := _HEADER.search(data, start + 1, mark):
            raise FrameError(
                "found a second header in a telegram without CRC, which may consist of parts of two telegrams",
                offset=inside.start(), after_header=True,
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
