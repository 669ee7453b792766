"""What a decoder makes of a frame, all that can be seen of it; and frames that are sound again after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framefiles import check_sequence

if TYPE_CHECKING:
    from hanparse import Decoder, Measurement


def resealed(frame: bytes, llc: int = 0) -> bytes:
    """The frame with HCS and FCS made anew; the header ends where the LLC begins."""
    llc = llc or frame.index(b"\xe6\xe7\x00")
    head = frame[1 : llc - 2]
    content = head + check_sequence(head) + frame[llc:-3]
    return b"\x7e" + content + check_sequence(content) + b"\x7e"


def outcome(decoder: Decoder, frame: bytes) -> tuple[object, ...]:
    """Return everything that a program can see after a decoder has read `frame`, but for the count of layouts used."""
    found = decoder.feed(frame) + decoder.flush()
    error, stats = decoder.last_error, decoder.stats._replace(recognised=0)
    return found, [types(m) for m in found], stats, type(error), str(error), vars(error) if error else {}


def types(measurement: Measurement) -> list[tuple[str, str, str]]:
    fields = [(name, type(value).__name__, repr(value)) for name, value in measurement.to_dict().items()]
    return fields + [("register", type(r.value).__name__, repr(r)) for r in measurement.registers]
