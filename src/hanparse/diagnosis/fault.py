"""Defines `Fault`, the description of one fault of a connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal[
    "no-bytes", "p1",
    "speed", "parity", "no-flag", "inverted", "no-format",
    "ciphered", "key", "auth-key", "counter", "undecodable", "unknown-meter",
    "line-ends", "cut-off", "segments", "damaged", "text",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """Describes one fault of a connection. `message` describes the fault, its most likely cause and its remedy.

    `counts` contains the numbers that show the fault, for example the numbers of bytes, flags and frames.
    """

    kind: Kind
    message: str
    counts: Mapping[str, int] = field(hash=False)

    def __str__(self) -> str:
        """Return the message."""
        return self.message


def in_words(faults: Iterable[Fault]) -> str:
    """Return the messages of faults as one line of text. If there are no faults, the text says that none is known."""
    return "; ".join(map(str, faults)) or "no fault is known"
