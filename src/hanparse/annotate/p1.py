"""Finds damaged P1 telegrams in bytes, and explains each line of sound and damaged telegrams.

A telegram is sound if it is complete and its CRC fits. Some telegrams have no CRC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hanparse.annotate.tree import Explanation
from hanparse.errors import ChecksumError, FrameError
from hanparse.obis import lookup
from hanparse.p1 import Line
from hanparse.wire.crc import arc
from hanparse.wire.telegram import HEADER, Scan, truncated, with_cr_lf
from hanparse.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.p1 import Telegram
    from hanparse.wire.link import Link

_BEGIN: Final = re.compile(HEADER)
_LINE: Final = re.compile(rb"([^\r\n]*)(?:\r+\n|\r\0|\r|\n|\Z)")
_LINE_WITH_CODE: Final = re.compile(rb"[\r\n\0]\d+-\d+:\d+\.\d+\.\d+[^\r\n()]*\(")
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]{1,4}")
_MAX_TEXT: Final = 80
_LOST: Final = "lost line"


@dataclass(frozen=True, slots=True)
class TelegramSpan:
    """Contains the positions of a telegram, and explains the telegram.

    `digits` is the number of digits of the CRC, or 0 without a CRC. `error` is empty for a sound telegram.
    """

    start: int
    stop: int
    digits: int
    error: str = ""
    layer = "p1"
    unit = "telegram"

    @classmethod
    def of(cls, telegram: Telegram) -> TelegramSpan:
        """Return the span of a sound telegram."""
        return cls(telegram.offset, telegram.offset + len(telegram.raw), len(telegram.crc or ""))

    @property
    def is_sound(self) -> bool:
        """Return whether the telegram is complete and its CRC fits."""
        return not self.error

    @property
    def information(self) -> int:
        """Return the position of the first byte, the slash, because a P1 telegram has no header."""
        return self.start

    def content(self, data: bytes) -> bytes:
        """Return the received bytes of the telegram."""
        return data[self.start : self.stop]

    def link(self, _data: bytes) -> Link | None:
        """Return `None`, because a telegram has no addresses."""

    def framing(self) -> Iterator[int]:
        """Yield the positions of the digits of the CRC."""
        yield from range(self.stop - self.digits, self.stop)

    def seal(self, data: bytes, changed: bytearray) -> bool:
        """Update the CRC in `changed`, a copy of `data` in which other bytes of the telegram were replaced.

        A sound telegram stays sound. Some meters omit the first digit of a CRC if the digit is 0. Return False if the
        new CRC needs more digits than the sent CRC.
        """
        at = self.stop - self.digits
        old_crc = data[at : self.stop]
        if not old_crc:
            return True
        is_as_sent = int(old_crc, 16) == arc(data[self.start : at])
        old_text, new_text = (data[self.start : at], bytes(changed[self.start : at]))
        before, after = map(arc, (old_text, new_text) if is_as_sent else map(with_cr_lf, (old_text, new_text)))
        crc = b"%0*X" % (self.digits, int(old_crc, 16) ^ before ^ after)
        changed[at : self.stop] = (crc if old_crc == old_crc.upper() else crc.lower())[-self.digits :]
        return len(crc) == self.digits

    def explain(
        self, data: bytes, _at: int, label: str, _information: tuple[Explanation, ...], value: str, error: str
    ) -> Explanation:
        """Explain the telegram: its identification, its lines and its CRC."""
        parts = list(self._parts(data))
        if self.error and not self.digits:
            parts.append(Explanation(self.stop, "p1", "missing", b"", error=self.error))
        lost = sum(part.label == _LOST for part in parts)
        more = f"{counted(lost, 'line')} cannot be read" if lost else ""
        value = ", ".join(filter(None, (value, more)))
        return Explanation.of("p1", label, tuple(parts), value=value, error=self.error or error)

    def _parts(self, data: bytes) -> Iterator[Explanation]:
        at = self.start
        while match := _LINE.match(data, at, self.stop) if at < self.stop else None:
            text = match[1].decode("latin-1")
            if at == self.start:
                yield Explanation(at, "p1", "identification", match[0], text[1:])
            elif text.startswith("!"):
                fits = "the CRC fits" if self.digits else "no CRC was sent"
                yield Explanation(at, "p1", "end", match[0], "" if self.error else fits, self.error)
            else:
                yield _explained(at, match[0], Line.parse(text))
            at = match.end()


def damaged(data: bytes, begin: int, limit: int) -> Iterator[TelegramSpan]:
    """Yield the damaged telegrams between `begin` and `limit` that contain a line with an OBIS code."""
    at, scan = max(begin, 0), Scan()
    while match := _BEGIN.search(data, at, limit):
        start = match.start()
        span = _damaged(data, start, limit, scan)
        is_telegram = _LINE_WITH_CODE.search(data, start, span.stop)
        if is_telegram:
            yield span
        at = span.stop if is_telegram else start + 1


def _damaged(data: bytes, start: int, limit: int, scan: Scan) -> TelegramSpan:
    """Return the span of the damaged telegram that begins at `start`. Its end is at most `limit`."""
    digits = 0
    try:
        end, sound = scan.find_end(data, start, 0)
        stop, fault = len(data), truncated(len(data), end, start, sound=sound)
    except FrameError as error:
        stop, fault = error.offset, error
    if isinstance(fault, ChecksumError) and (crc := _DIGITS.match(data, stop)):
        stop, digits = crc.end(), len(crc[0])
    if stop > limit:  # another telegram begins in the middle of a line
        stop, digits, fault = limit, 0, truncated(limit, limit + 1, start)
    return TelegramSpan(start, stop, digits, str(fault.args[0]))


def _explained(at: int, raw: bytes, line: Line) -> Explanation:
    if line.is_lost:
        return Explanation(at, "p1", _LOST, raw, error="expected a code and values in parentheses; the line is lost")
    return Explanation(at, "p1", str(line.obis or "line"), raw, _meaning(line))


def _meaning(line: Line) -> str:
    """Return the parenthesised values of a line as sent, and the meaning of its code."""
    sent = line.build()[len(line.code) :]
    shown = sent if len(sent) <= _MAX_TEXT else f"{sent[:_MAX_TEXT]}…"
    entry = lookup(line.obis) if line.obis else None
    if entry is None:
        return f"{shown} not in the registry" if line.obis else shown
    field = f" -> {entry.field}" if entry.field else ""
    return f"{shown} {entry.description}{field}"
