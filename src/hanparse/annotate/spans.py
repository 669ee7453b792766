"""Finds the sound and damaged frames of all link layers in an input.

A frame is sound if it is complete and its check sequences fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from hanparse.annotate import cipheredp1, hdlc, mbus, p1
from hanparse.cipheredp1 import CipheredTelegram
from hanparse.hdlc import Frame
from hanparse.mbus import Telegram
from hanparse.p1 import Telegram as P1Telegram

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hanparse.annotate.tree import Explanation
    from hanparse.wire.link import Link
    from hanparse.wire.message import Carrier


CARRIERS: Final = (Frame, Telegram, P1Telegram, CipheredTelegram)


class Span(Protocol):
    """Contains the positions of a frame and its parts. The frame can be of any link layer."""

    @property
    def start(self) -> int:
        """Return the position of the first byte. It is −1 if the opening flag is missing at the start of the input."""

    @property
    def stop(self) -> int:
        """Return the position after the last received byte of the frame."""

    @property
    def information(self) -> int:
        """Return the position of the carried data: the bytes between header and check sequence. P1 has no header."""

    @property
    def is_sound(self) -> bool:
        """Return whether the frame is complete and its check sequences fit."""

    @property
    def layer(self) -> str:
        """Return the name of the link layer in an `Explanation`."""

    @property
    def unit(self) -> str:
        """Return the word that the link layer uses for a frame with a part of a message.

        The word is ``"segment"`` or ``"telegram"``.
        """

    def content(self, data: bytes, /) -> bytes:
        """Return the received bytes of the carried data."""

    def link(self, data: bytes, /) -> Link | None:
        """Return the addresses and the control byte. Return `None` for a frame without addresses."""

    def framing(self) -> Iterator[int]:
        """Yield the positions of the bytes of the link layer: header, check sequences and flags."""

    def seal(self, data: bytes, changed: bytearray, /) -> bool:
        """Update the check sequence in `changed`, a copy of `data` in which other bytes of the frame were replaced.

        A sound frame stays sound, and a damaged frame stays damaged. Return False if the new check sequence has more
        digits than the old one, so that it does not fit into `changed`.
        """

    def explain(
        self, data: bytes, at: int, label: str, information: tuple[Explanation, ...], value: str, error: str, /
    ) -> Explanation:
        """Explain the frame. Bytes before `at` belong to the previous frame.

        `information` explains the carried data. `value` is the summary of the push, and `error` is its fault.
        """


_Damaged = Callable[[bytes, int, int], "Iterator[Span]"]
_DAMAGED: Final[tuple[_Damaged, ...]] = (hdlc.damaged, mbus.damaged, p1.damaged)


def find(data: bytes, carriers: Iterable[Carrier]) -> list[Span]:
    """Return the sound and damaged frames of `data` in order. `carriers` contains the sound frames.

    Two HDLC frames can share one flag.
    """
    spans: list[Span] = []
    at = 0
    for carrier in carriers:
        span = _span(carrier)
        spans += [*_damaged(data, at, span.start), span]
        at = span.stop
    spans += _damaged(data, at, len(data))
    return [
        replace(span, shares=True) if isinstance(span, hdlc.FrameSpan) and span.stop > following.start else span
        for span, following in pairwise(spans)
    ] + spans[-1:]


def _span(carrier: Carrier) -> Span:
    if isinstance(carrier, Frame):
        return hdlc.FrameSpan.of(carrier)
    if isinstance(carrier, Telegram):
        return mbus.TelegramSpan.of(carrier)
    if isinstance(carrier, P1Telegram):
        return p1.TelegramSpan.of(carrier)
    if isinstance(carrier, CipheredTelegram):
        return cipheredp1.CipheredSpan(carrier)
    raise AssertionError(carrier)


def _damaged(data: bytes, begin: int, limit: int, kinds: Sequence[_Damaged] = _DAMAGED) -> Iterator[Span]:
    """Yield the damaged frames between a sound frame that ends at `begin` and a sound frame at `limit`.

    `kinds` contains one search function for each link layer. Each search skips the bytes of the frames that earlier
    functions found.
    """
    at, (first, *others) = begin, kinds
    for span in first(data, begin, limit):
        if others:
            yield from _damaged(data, at, span.start, others)
        yield span
        at = span.stop
    if others:
        yield from _damaged(data, at, limit, others)
