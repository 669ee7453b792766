"""Converts the pieces of a file to wire bytes, the bytes that a meter sent. A piece is the bytes of one read.

The file is a capture, which contains only wire bytes, or a text with hex dumps of wire bytes.

A text is in UTF-8, or in UTF-16 with any byte order.

Pieces can have any size. A file is text if its first `ENOUGH` bytes are text. A shorter file is text if all its bytes
are text. So the size of the first piece does not decide whether the file is text. A text is read in complete lines.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse import hexdump
from hanparse.errors import HanParseError, HexDumpError
from hanparse.pasted import dump
from hanparse.pasted.losses import add_place, damaged, reason, shortened, why_left
from hanparse.wire.telegram import DATA_LINE, HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

PassedOver = Callable[[str], object]
"""A function that is called with sentences about lines of a text that are passed over, and about damaged frames."""

ENOUGH: Final = 64
"""The number of bytes that decide whether a file is text.

In the known pushes, at most 19 bytes in a row are not control characters. So `ENOUGH` bytes of a capture contain a
control character. A line with the dump of a push has more than `ENOUGH` bytes. So a log is recognised as text before
the end of the first line with a push.
"""

TEXT: Final = 1 << 20
"""The number of bytes of a text that are converted in one step. The longest dump on one line is shorter."""

_P1: Final = re.compile(rb"(?:\A|[\r\n])(?:%b[0-9]|%b)" % (HEADER, DATA_LINE))
"""Matches the first line of a telegram, or another line of it: text that is not a hex dump."""
_CONTROLS: Final = bytes(set(range(32)) - {*b"\t\n\r\f\x1b"}) + b"\x7f"
_LATIN: Final = rb"[\t\n\r\x1b -~\xa0-\xff]"
_UTF_16: Final = {
    "utf-16-le": re.compile(rb"(?:\xff\xfe?)?(?:%b\0)*%b?" % (_LATIN, _LATIN)),
    "utf-16-be": re.compile(rb"(?:\xfe\xff?)?(?:\0%b)*\0?" % _LATIN),
}
"""Match the beginning of a text in UTF-16, as PowerShell and Notepad write it, with or without a byte order mark.

Every second byte of `ENOUGH` bytes is 0. No push has such bytes: `7E` or `68` begins a frame, and its length follows.
"""
_QUARTET: Final = 4  # characters: two bytes in hex digits, three bytes in base64, one byte as \x7e


def is_text(head: bytes, *, final: bool = False) -> bool:
    """Return whether bytes can begin a text: UTF-8 with no control characters except white space and ESC (colours).

    An HDLC frame is not a text: it begins with 7E (``~``) and a byte from A0 to AF, which cannot follow 7E in UTF-8.
    `final` means that no more bytes follow, so the last character must be complete.
    """
    if head.translate(None, _CONTROLS) != head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final)
    except UnicodeDecodeError:
        return False
    return True


def _utf_16(head: bytes) -> str | None:
    """Return the codec of a text in UTF-16 that can begin with `head`, or `None` if no such text can."""
    return next((codec for codec, start in _UTF_16.items() if start.fullmatch(head)), None)


class Pieces:
    """Takes the pieces of one file in order and yields wire bytes.

    `live` is for a file that grows. With `live`, each line is read as soon as it is complete, and a line without a dump
    raises no error. Without `live`, `end` raises `HexDumpError` for a text that contains no dump.
    """

    def __init__(self, passed_over: PassedOver, *, live: bool = False) -> None:
        self._passed_over = passed_over
        self._live = live
        self._held = b""
        self._is_text: bool | None = None
        self._utf_16: codecs.IncrementalDecoder | None = None
        self._line = 0  # the number of lines before the held bytes
        self._found = False
        self._error: HanParseError | None = None
        self._without_dump: list[tuple[int, int, str]] = []  # first line, last line, reason
        self._dump = hexdump.Dump(b"")  # the last one
        self._start = 0  # the number of wire bytes before the last dump
        self._lines_before = 0  # the number of lines before the text of the last dump

    def add_place(self, error: HanParseError) -> None:
        """Set the `place` of an error, if the wrong byte is in the last dump of a text.

        The `offset` of the error counts from the first wire byte.
        """
        add_place(error, self._dump, start=self._start, lines=self._lines_before)

    def take(self, piece: bytes) -> Iterator[bytes]:
        """Add a piece, and yield the wire bytes that can be read now."""
        self._held += self._utf_16.decode(piece).encode() if self._utf_16 else piece
        if self._is_text is None and not self._utf_16 and (codec := _utf_16(self._held[:ENOUGH])):
            if len(self._held) < ENOUGH:
                return
            self._decode_utf_16(codec)
        self._decide()
        if self._is_text:
            yield from self._lines_of_text()
        elif self._is_text is False:
            yield from self._rest()

    def end(self) -> Iterator[bytes]:
        """End the file, and yield the wire bytes of the held bytes."""
        if self._is_text is None and len(self._held) > 1 and (codec := _utf_16(self._held)):
            self._decode_utf_16(codec)
        self._decide(final=True)
        if self._held and self._is_text:
            yield from self._read(self._held, is_all=not self._line and not self._live)
            self._held = b""
        yield from self._rest()
        if self._error and not self._found and not self._live:
            raise self._error

    def drop(self) -> None:
        """Drop the held bytes, because the file is read from its beginning again. Report them as an incomplete line."""
        if self._held.strip():
            self._passed_over(f"line {self._line + 1} has no end: {shortened(self._held.decode('utf-8', 'replace'))}")
        self._held = b""
        if self._utf_16:
            self._utf_16.reset()

    def _decide(self, *, final: bool = False) -> None:
        """Decide whether the file is text, unless more bytes are needed. `final` means that no more bytes follow."""
        if self._is_text is None:
            head = self._held[:ENOUGH]
            can_be = is_text(head, final=final and head == self._held) and not _P1.search(head)
            if not can_be or final or len(head) == ENOUGH:
                self._is_text = can_be

    def _decode_utf_16(self, codec: str) -> None:
        self._utf_16 = codecs.getincrementaldecoder(codec)("replace")
        self._held = self._utf_16.decode(self._held).lstrip("\ufeff").encode()

    def _rest(self) -> Iterator[bytes]:
        if self._held:
            yield self._held
        self._held = b""

    def _lines_of_text(self) -> Iterator[bytes]:
        if self._live or len(self._held) >= TEXT:
            end = _whole(self._held)
            text, self._held = self._held[:end], self._held[end:]
            if end:
                yield from self._read(text)

    def _read(self, sent: bytes, *, is_all: bool = False) -> Iterator[bytes]:
        """Yield the bytes of a text. Pass over damaged lines, unless the text is the complete file (`is_all`)."""
        parts = [sent.decode("utf-8", "replace")]
        while parts:
            text = parts.pop()
            try:
                shown = dump(text)
            except HanParseError as error:
                found = [] if is_all else _around(text, error)
                parts += reversed(found)
                if not found:
                    self._fail(error, text)
            else:
                self._succeed(text, shown, is_all=is_all)
                yield shown.data
        self._report_lines()

    def _succeed(self, text: str, shown: hexdump.Dump, *, is_all: bool) -> None:
        self._start += len(self._dump.data)
        self._dump, self._lines_before = shown, self._line
        self._found = self._found or bool(text.strip())
        lines = text.split("\n")
        whole = [at for at in shown.passed_over if self._live and at.text == lines[at.line - 1].strip()]
        parts = dict.fromkeys([*whole, *shown.resembling_bytes])
        left = [(self._line + at.line, why_left(at.text)) for at in parts]
        left += [(self._line + error.line, reason(error)) for error in damaged(shown, is_all=is_all)]
        for line, why in sorted(left):
            self._add_lines(line, line, why)
        self._line += text.count("\n")

    def _fail(self, error: HanParseError, text: str) -> None:
        last = self._line + len(text.splitlines())
        self._add_lines(self._line + 1, last, reason(error))
        self._line += text.count("\n")
        self._error = self._error or error

    def _add_lines(self, first: int, last: int, what: str) -> None:
        """Add lines without a dump.

        If they follow the lines of the last entry, extend this entry and keep its reason.
        """
        if self._without_dump and self._without_dump[-1][1] + 1 == first:
            first, _, what = self._without_dump.pop()
        self._without_dump.append((first, last, what))

    def _report_lines(self) -> None:
        """Report the lines without a dump. Without `live`, do nothing if the file has contained no dump so far."""
        if not (self._live or self._found):
            return  # `end` raises the error if no dump follows
        for first, last, what in self._without_dump:
            where = f"line {first}" if first == last else f"lines {first} to {last}"
            self._passed_over(f"{where} passed over: {what}")
        self._without_dump.clear()


def _around(text: str, error: HanParseError) -> list[str]:
    """Return the parts of a text before, in and after its damaged line.

    If the part before this line is blank, return the two halves of the text. Return an empty list for a single line and
    for a text without a dump.
    """
    lines = text.splitlines(keepends=True)
    if len(lines) < 2 or not isinstance(error, HexDumpError) or hexdump.says_no_dump(error):  # noqa: PLR2004
        return []
    at = error.line - 1
    cuts = (at, at + 1) if "".join(lines[:at]).strip() else (len(lines) // 2,)
    bounds = (0, *cuts, len(lines))
    return [part for start, stop in pairwise(bounds) if (part := "".join(lines[start:stop]))]


def _whole(text: bytes) -> int:
    """Return the end of the last complete line. A long text without a line end ends between two dumped bytes."""
    end = text.rfind(b"\n") + 1
    if end or len(text) < TEXT:
        return end
    return text.rfind(b" ") + 1 or len(text) - len(text) % _QUARTET
