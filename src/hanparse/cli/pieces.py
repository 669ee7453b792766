"""Pieces of a file, cut anywhere -> wire bytes: as they are, or what the hex dumps of a text show.

Whether a file is text is decided on its first `ENOUGH` bytes or at its end, never on what the first read happens to
give. That it is none is certain at the first byte that no text has. A text is read by whole lines.
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
from hanparse.wire.telegram import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

PassedOver = Callable[[str], object]
"""What is called with a sentence for each part of a text that is no dump."""

ENOUGH: Final = 64
"""Bytes that decide: pushes have no longer run of bytes without a control character, the longest known has 19.

A line with the dump of a push is longer, so a log is known to be one before the push in it is wanted.
"""

TEXT: Final = 1 << 20
"""Bytes of a text that are read at once; more than the longest dump that is one line."""

_P1_HEADER: Final = re.compile(rb"(?:\A|[\r\n])%b[0-9]" % HEADER)  # P1 is text on the wire, so it is taken as it is
_CONTROLS: Final = bytes(set(range(32)) - {*b"\t\n\r\f\x1b"}) + b"\x7f"
_QUARTET: Final = 4  # hex digits of two bytes, characters of base64 that are three, \x7e
_SHOWN: Final = 60


def is_text(head: bytes, *, final: bool = False) -> bool:
    """Whether bytes may begin a text: UTF-8 without control characters but those of lines and colours.

    An HDLC frame is none from its second byte on: no text has A0 to AF behind a ``~``. `final` says that no more bytes
    come, so that the last character has to be whole.
    """
    if head.translate(None, _CONTROLS) != head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final)
    except UnicodeDecodeError:
        return False
    return True


class Pieces:
    """Takes the pieces of one file in order and returns wire bytes.

    `live` is for a file that grows: every whole line is read as soon as it is there, and a line that is no dump raises
    nothing. Otherwise `HexDumpError` is raised at the end for a text in which there was no dump at all.
    """

    def __init__(self, passed_over: PassedOver, *, live: bool = False) -> None:
        self._passed_over = passed_over
        self._live = live
        self._held = b""
        self._is_text: bool | None = None
        self._line = 0  # how many are in front of what is held
        self._found = False
        self._error: HanParseError | None = None
        self._left: list[tuple[int, int, str]] = []  # lines without a dump, from the first to the last, and why

    def take(self, piece: bytes) -> Iterator[bytes]:
        """The wire bytes that are known with this piece."""
        self._held += piece
        if self._is_text is None and (not is_text(self._held) or _P1_HEADER.search(self._held)):
            self._is_text = False
        elif self._is_text is None and len(self._held) >= ENOUGH:
            self._is_text = True
        if self._is_text:
            yield from self._lines_of_text()
        elif self._is_text is False:
            yield from self._rest()

    def end(self) -> Iterator[bytes]:
        """The wire bytes of what is held at the end of the file."""
        if self._is_text is None:
            self._is_text = is_text(self._held, final=True) and not _P1_HEADER.search(self._held)
        if self._held and self._is_text:
            yield from self._read(self._held, is_all=not self._line and not self._live)
            self._held = b""
        yield from self._rest()
        if self._error and not self._found and not self._live:
            raise self._error

    def drop(self) -> None:
        """The file was replaced: name the line that will not come to its end."""
        if self._held.strip():
            self._passed_over(f"line {self._line + 1} has no end: {_shown(self._held.decode('utf-8', 'replace'))}")
        self._held = b""

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
        """The bytes of a text; of the lines around one that is damaged, unless the text is all there is."""
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
                self._succeed(text, shown)
                yield shown.data
        self._name_lines()

    def _succeed(self, text: str, shown: hexdump.Dump) -> None:
        self._found = self._found or bool(text.strip())
        lines = text.split("\n")
        for at in shown.passed_over:
            gave_no_byte = at.text == lines[at.line - 1].strip()
            if (self._live and gave_no_byte) or hexdump.like_bytes(at.text):
                self._leave(self._line + at.line, self._line + at.line, _why_left(at.text))
        self._line += text.count("\n")

    def _fail(self, error: HanParseError, text: str) -> None:
        last = self._line + len(text.splitlines())
        self._leave(self._line + 1, last, _reason(error))
        self._line += text.count("\n")
        self._error = self._error or error

    def _leave(self, first: int, last: int, what: str) -> None:
        """Keep the lines to name, those that follow each other as one."""
        if self._left and self._left[-1][1] + 1 == first:
            first, _, what = self._left.pop()
        self._left.append((first, last, what))

    def _name_lines(self) -> None:
        """Name the lines that were passed over."""
        if not (self._live or self._found):
            return  # the error is raised at the end, unless a dump follows
        for first, last, what in self._left:
            where = f"line {first}" if first == last else f"lines {first} to {last}"
            self._passed_over(f"{where} passed over: {what}")
        self._left.clear()


def _around(text: str, error: HanParseError) -> list[str]:
    """The parts of a text around the line that is damaged, its halves where nothing is in front of that line.

    There are none of a single line, nor of a text without a dump.
    """
    lines = text.splitlines(keepends=True)
    if len(lines) < 2 or not isinstance(error, HexDumpError) or hexdump.says_no_dump(error):  # noqa: PLR2004
        return []
    at = error.line - 1
    cuts = (at, at + 1) if "".join(lines[:at]).strip() else (len(lines) // 2,)
    bounds = (0, *cuts, len(lines))
    return [part for start, stop in pairwise(bounds) if (part := "".join(lines[start:stop]))]


def _whole(text: bytes) -> int:
    """Where the last whole line ends; a text without lines is cut where a blank is, or between bytes of a dump."""
    end = text.rfind(b"\n") + 1
    if end or len(text) < TEXT:
        return end
    return text.rfind(b" ") + 1 or len(text) - len(text) % _QUARTET


def _why_left(part: str) -> str:
    """Why a part of a text was passed over: what is wrong with its bytes, if it has any; else the part itself."""
    try:
        hexdump.parse(part)
    except HexDumpError as error:
        if not hexdump.says_no_dump(error):
            return _reason(error)
    return _shown(part)


def _reason(error: HanParseError) -> str:
    """What an error says, without the line that it has in a part of a text."""
    return str(error).partition(": ")[2] if isinstance(error, HexDumpError) else str(error)


def _shown(line: str) -> str:
    line = line.strip()
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")
