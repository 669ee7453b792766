"""Finds damaged M-Bus long frames in bytes, and explains sound and damaged long frames.

A long frame is called a telegram here. A telegram is sound if it is complete and its checksum fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hanparse.annotate.tree import Explanation
from hanparse.errors import FrameError
from hanparse.mbus import FIN, HEADER_SIZE, TRAILER_SIZE, MBus, Telegram, find_end, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.wire.link import Link

_START: Final = re.compile(rb"\x68(.)\1\x68", re.DOTALL)
_COMMANDS: Final = {0x40: "SND_NKE", 0x53: "SND_UD", 0x73: "SND_UD", 0x5B: "REQ_UD2", 0x7B: "REQ_UD2", 0x08: "RSP_UD"}


@dataclass(frozen=True, slots=True)
class TelegramSpan:
    """Contains the positions of a telegram, and explains the telegram.

    `stop` is the position after the last received byte. `end` is the position after the last byte of the complete
    telegram. `error` is empty for a sound telegram.
    """

    telegram: Telegram
    start: int
    stop: int
    end: int
    error: str = ""
    layer = "mbus"
    unit = "telegram"

    @classmethod
    def of(cls, telegram: Telegram) -> TelegramSpan:
        """Return the span of a sound telegram."""
        end = telegram.offset + len(telegram.raw)
        return cls(telegram, telegram.offset, end, end)

    @property
    def information(self) -> int:
        """Return the position of the data after the header."""
        return min(self.telegram.information_offset, self.stop)

    @property
    def is_sound(self) -> bool:
        """Return whether the telegram is complete and its checksum fits."""
        return not self.error

    @property
    def _checksum(self) -> int:
        return min(max(self.end - TRAILER_SIZE, self.information), self.stop)

    def content(self, data: bytes) -> bytes:
        """Return the received bytes between the header and the checksum."""
        return data[self.information : self._checksum]

    def link(self, _data: bytes) -> Link | None:
        """Return the addresses and the control byte."""
        return self.telegram.link

    def framing(self) -> Iterator[int]:
        """Yield the positions of header, checksum and stop byte."""
        yield from range(self.start, self.information)
        yield from range(self._checksum, self.stop)

    def seal(self, data: bytes, changed: bytearray) -> bool:
        """Update the checksum in `changed`, a copy of `data` in which other bytes of the telegram were replaced.

        A sound telegram stays sound, and a damaged telegram stays damaged.
        """
        at, first = self._checksum, self.start + HEADER_SIZE
        if at < self.stop:
            changed[at] = (data[at] + sum(changed[first:at]) - sum(data[first:at])) & 0xFF
        return True

    def explain(
        self, data: bytes, at: int, label: str, information: tuple[Explanation, ...], value: str, error: str
    ) -> Explanation:
        """Explain the telegram. Bytes before `at` belong to the previous frame."""
        children = [*self._header(data, max(at, self.start)), *information, *self._trailer(data)]
        error = self.error or error
        if self.stop < self.end:
            children.append(Explanation(self.stop, "mbus", "missing", b"", error=error))
        return Explanation.of("mbus", label, tuple(children), value=value, error=error)

    def _header(self, data: bytes, at: int) -> Iterator[Explanation]:
        telegram, content = self.telegram, self.start + HEADER_SIZE
        number = f"telegram {telegram.number}{', the last' if telegram.ci & FIN else ', more follow'}"
        length = ""
        if self.start + 1 < self.stop:
            announced = data[self.start + 1]
            more = " + 256" if self.end - TRAILER_SIZE - content == announced + 256 else ""
            length = f"{announced}{more} bytes from C on"
        rows = (
            ("start", at, content, length),
            ("C", content, content + 1, _COMMANDS.get(telegram.control, "")),
            ("A", content + 1, content + 2, f"address {telegram.address}"),
            ("CI", content + 2, content + 3, f"DLMS, {number}" if telegram.is_dlms else telegram.content),
            ("STSAP, DTSAP", content + 3, self.information, ", ".join(map(str, telegram.data[:2]))),
        )
        for label, start, stop, text in rows:
            if start < min(stop, self.stop):
                yield Explanation(start, "mbus", label, data[start : min(stop, self.stop)], text)

    def _trailer(self, data: bytes) -> Iterator[Explanation]:
        at = self._checksum
        if at < self.stop:
            fits = "fits the bytes from C on" if not self.error else ""
            yield Explanation(at, "mbus", "checksum", data[at : at + 1], fits, self.error)
        if at + 1 < self.stop:
            yield Explanation(at + 1, "mbus", "stop", data[at + 1 : self.stop])


def damaged(data: bytes, begin: int, limit: int) -> Iterator[TelegramSpan]:
    """Yield the damaged telegrams between `begin` and `limit`."""
    at = begin
    while match := _START.search(data, max(at, 0), limit):
        start = match.start()
        received = data[start : min(start + MBus.max_size, limit)]
        size = HEADER_SIZE + data[start + 1] + TRAILER_SIZE
        try:
            size, sound = find_end(received)
            fault = truncated(len(received), size, sound=sound)
        except FrameError as error:
            fault = error
        end = start + size
        stop = min(end, limit)
        follower = _START.search(data, start + 1, stop)
        stop = follower.start() if follower else stop
        raw = data[start:stop].ljust(MBus.smallest, b"\0")
        yield TelegramSpan(Telegram.read(raw, start), start, stop, end, str(fault.args[0]))
        at = stop
