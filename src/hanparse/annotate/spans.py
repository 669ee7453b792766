"""Where the frames of an input are, sound or damaged, of every link layer: `find`."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from hanparse.annotate import hdlc, mbus, p1
from hanparse.hdlc import Frame
from hanparse.mbus import Telegram
from hanparse.p1 import Telegram as P1Telegram

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hanparse.annotate.tree import Explanation
    from hanparse.wire.link import Link
    from hanparse.wire.message import Carrier


CARRIERS: Final = (Frame, Telegram, P1Telegram)


class Span(Protocol):
    """A frame of a link layer and where its parts are."""

    @property
    def start(self) -> int:
        """Its first byte; −1 for the flag that is missing in front of the input."""

    @property
    def stop(self) -> int:
        """After the last of its bytes that are there."""

    @property
    def information(self) -> int:
        """Where what it carries begins."""

    @property
    def is_sound(self) -> bool:
        """Whether it is whole and its check sequences fit."""

    @property
    def unit(self) -> str:
        """What it is called where it carries a part of a message."""

    def content(self, data: bytes, /) -> bytes:
        """Return what it carries, as far as it is there."""

    def link(self, data: bytes, /) -> Link | None:
        """Return between which addresses it was sent, if its header goes as far."""

    def framing(self) -> Iterator[int]:
        """Return where the bytes are that belong to the link layer and not to what the frame carries."""

    def seal(self, data: bytes, changed: bytearray, /) -> None:
        """Change the check sequence in `changed` by what differs from `data`: sound stays sound, damaged stays so."""

    def explain(
        self, data: bytes, at: int, label: str, information: tuple[Explanation, ...], value: str, error: str, /
    ) -> Explanation:
        """Explain the frame; its bytes before `at` belong to the frame before it.

        `information` explains what it carries, `value` and `error` what came of that.
        """


def find(data: bytes, carriers: Iterable[Carrier]) -> list[Span]:
    """Return the sound frames of `data` and the damaged ones between them, in order; only shared flags overlap."""
    found: list[Span] = []
    at = 0
    for carrier in carriers:
        span = _span(carrier)
        found += [*_damaged(data, at, span.start), span]
        at = span.stop
    found += _damaged(data, at, len(data))
    return [
        replace(one, shares=True) if isinstance(one, hdlc.FrameSpan) and one.stop > after.start else one
        for one, after in pairwise(found)
    ] + found[-1:]


def _span(carrier: Carrier) -> Span:
    if isinstance(carrier, Frame):
        return hdlc.FrameSpan.of(carrier)
    if isinstance(carrier, Telegram):
        return mbus.TelegramSpan.of(carrier)
    if isinstance(carrier, P1Telegram):
        return p1.TelegramSpan(carrier)
    raise AssertionError(carrier)


def _damaged(data: bytes, begin: int, limit: int) -> Iterator[Span]:
    """Return the damaged frames between the sound ones that end at `begin` and start at `limit`."""
    at = begin
    for span in hdlc.damaged(data, begin, limit):
        yield from mbus.damaged(data, at, span.start)
        yield span
        at = span.stop
    yield from mbus.damaged(data, at, limit)
