"""Explains ciphered P1 telegrams. Some have a plain first and last line around the ciphered part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanparse.annotate.tree import Explanation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.cipheredp1 import CipheredTelegram
    from hanparse.wire.link import Link


@dataclass(frozen=True, slots=True)
class CipheredSpan:
    """Explains a ciphered telegram that one of the given keys deciphers, and contains its positions."""

    telegram: CipheredTelegram
    layer = "p1"
    unit = "telegram"
    is_sound = True

    @property
    def start(self) -> int:
        """Return the position of the first byte."""
        return self.telegram.offset

    @property
    def stop(self) -> int:
        """Return the position after the last byte."""
        return self.telegram.offset + len(self.telegram.raw)

    @property
    def information(self) -> int:
        """Return the position of the ciphered part."""
        return self.start + len(self.telegram.head)

    def content(self, data: bytes) -> bytes:
        """Return the ciphered part."""
        return data[self.information : self.stop - len(self.telegram.tail)]

    def link(self, _data: bytes) -> Link | None:
        """Return `None`, because a telegram has no addresses."""

    def framing(self) -> Iterator[int]:
        """Yield no positions. The CRC is computed from the plaintext, so no byte checks the ciphered bytes."""
        yield from ()

    def seal(self, _data: bytes, _changed: bytearray) -> bool:
        """Return True and change nothing, because the CRC of the telegram is computed from the plaintext."""
        return True

    def explain(
        self, data: bytes, _at: int, label: str, information: tuple[Explanation, ...], value: str, error: str
    ) -> Explanation:
        """Explain the telegram. `information` contains the parts of a telegram that is ciphered as a whole.

        If the first line is plain, `information` is not used. The explanation then has three parts: the first line, all
        ciphered lines, and the last line.
        """
        telegram = self.telegram
        if not telegram.head:
            return Explanation.of("p1", label, information, value=value, error=error)
        end = self.stop - len(telegram.tail)
        parts = (
            Explanation(self.start, "p1", "identification", telegram.head, telegram.head[1:].strip().decode("ascii")),
            Explanation(self.information, "apdu", "ciphered lines", data[self.information : end], "see the plaintext"),
            Explanation(end, "p1", "end", telegram.tail, "the CRC of the plain telegram"),
        )
        return Explanation.of("p1", label, parts, value=value, error=error)
