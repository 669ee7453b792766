"""What a decoder makes of a frame, all that can be seen of it; and frames that are sound again after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from framefiles import check_sequence

from hanparse import Decoder

if TYPE_CHECKING:
    from hanparse import HanParseError, Measurement
    from hanparse.decoder import Options


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


class Watched:
    """A decoder, and all that can be seen of what it makes of a stream. One that does not learn has no layouts."""

    def __init__(self, *, learns: bool, **options: Unpack[Options]) -> None:
        self.errors: list[tuple[str, dict[str, object]]] = []
        self._learns = learns
        self.decoder = Decoder(**options, on_error=self._seen)

    def _seen(self, error: HanParseError) -> None:
        self.errors.append((str(error), dict(vars(error))))

    def feed(self, chunk: bytes) -> list[Measurement]:
        """Return the measurements that a chunk completes."""
        if not self._learns:
            self.decoder._layouts.clear()  # noqa: SLF001  to compare with the long way
        return self.decoder.feed(chunk)

    def end(self) -> tuple[object, ...]:
        """Return the rest, and all that was counted and reported."""
        found = self.decoder.flush()
        return found, self.decoder.stats._replace(recognised=0), self.errors, self.decoder.diagnosis()
