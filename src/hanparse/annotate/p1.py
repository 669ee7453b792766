"""Explains P1 telegrams line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanparse.annotate.tree import Explanation
from hanparse.obis import lookup
from hanparse.wire.crc import arc
from hanparse.wire.telegram import with_cr_lf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.p1 import Line, Telegram
    from hanparse.wire.link import Link


@dataclass(frozen=True, slots=True)
class TelegramSpan:
    """A sound telegram and its position."""

    telegram: Telegram
    unit = "telegram"
    is_sound = True

    @property
    def start(self) -> int:
        """The position of the slash."""
        return self.telegram.offset

    @property
    def stop(self) -> int:
        """The position after the CRC."""
        return self.telegram.offset + len(self.telegram.raw)

    @property
    def information(self) -> int:
        """The position of the slash, because the telegram has no header."""
        return self.start

    def content(self, data: bytes) -> bytes:
        """Return the whole telegram."""
        return data[self.start : self.stop]

    def link(self, _data: bytes) -> Link | None:
        """Return `None`, because a telegram has no addresses."""

    def framing(self) -> Iterator[int]:
        """Return the positions of the CRC."""
        size = len(self.telegram.crc or "")
        yield from range(self.stop - size, self.stop)

    def seal(self, _data: bytes, changed: bytearray) -> None:
        """Compute the CRC in `changed` again, so that a sound telegram stays sound."""
        size = len(self.telegram.crc or "")
        if size:
            body = with_cr_lf(bytes(changed[self.start : self.stop - size]))
            changed[self.stop - size : self.stop] = f"{arc(body):04X}".encode()[-size:].rjust(size, b"0")

    def explain(
        self, data: bytes, _at: int, label: str, _information: tuple[Explanation, ...], value: str, error: str
    ) -> Explanation:
        """Explain the telegram: its identification, its lines and its CRC."""
        return Explanation.of("p1", label, tuple(self._parts(data)), value=value, error=error)

    def _parts(self, data: bytes) -> Iterator[Explanation]:
        telegram = self.telegram
        starts = telegram.line_offsets()
        end = self.start + data[self.start : self.stop].rindex(b"!")
        first = starts[0] if starts else end
        yield Explanation(self.start, "p1", "identification", data[self.start : first], telegram.identification)
        for line, at, stop in zip(telegram.lines, starts, (*starts[1:], end), strict=True):
            fault = "the line cannot be read" if line.is_lost else ""
            yield Explanation(at, "p1", str(line.obis or "line"), data[at:stop], _meaning(line), fault)
        fits = "the CRC fits" if telegram.crc else "no CRC was sent"
        yield Explanation(end, "p1", "end", data[end : self.stop], fits)


def _meaning(line: Line) -> str:
    entry = lookup(line.obis) if line.obis else None
    if entry is None:
        return "not in the registry" if line.obis else ""
    return f"{entry.description} -> {entry.field}" if entry.field else entry.description
