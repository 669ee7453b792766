from __future__ import annotations

from typing import TYPE_CHECKING

from carriers import OPTIONS, stream
from sweeps import cases
from wire import CHUNK_SIZES, chunks, seeded

from hanparse import Decoder, HanParseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse import Measurement

STREAMS = cases(120)


def in_chunks(seed: int, data: bytes) -> Iterable[bytes]:
    return chunks(seeded(seed), data, (*CHUNK_SIZES, None, None, len(data))[seed % 8])


def test_a_stream_gives_every_push_that_arrives_intact_once_and_in_order_whatever_carries_it() -> None:
    for seed in range(STREAMS):
        pieces = stream(seed)
        decoder = Decoder(**OPTIONS)
        found = [m for chunk in in_chunks(seed, b"".join(p.data for p in pieces)) for m in decoder.feed(chunk)]
        found += decoder.flush()
        expected = [power for piece in pieces for power in piece.powers]
        assert [m.active_power_import for m in found] == expected, f"seed {seed}"


class Watched:
    """A decoder and all that can be seen of what it makes of a stream."""

    def __init__(self, *, learns: bool) -> None:
        self._learns = learns
        self.errors: list[tuple[str, dict[str, object]]] = []
        self.decoder = Decoder(**OPTIONS, on_error=lambda error: self.errors.append(self._seen(error)))

    @staticmethod
    def _seen(error: HanParseError) -> tuple[str, dict[str, object]]:
        return str(error), dict(vars(error))

    def feed(self, chunk: bytes) -> list[Measurement]:
        if not self._learns:
            self.decoder._layouts.clear()  # noqa: SLF001  to compare with the long way
        return self.decoder.feed(chunk)

    def end(self) -> tuple[object, ...]:
        return self.decoder.flush(), self.decoder.stats, self.errors, self.decoder.diagnosis()


def test_a_stream_in_any_carrier_gives_the_same_with_and_without_layouts() -> None:
    recognised = 0
    for seed in range(STREAMS):
        pieces = stream(seed)
        whole = (piece.data for piece in pieces)  # a push may come twice
        parts = [*whole] if seed % 3 else [*in_chunks(seed, b"".join(whole))]
        learned, unlearned = Watched(learns=True), Watched(learns=False)
        for chunk in parts:
            found, expected = learned.feed(chunk), unlearned.feed(chunk)
            assert found == expected, f"seed {seed}"
            assert [m.security for m in found] == [m.security for m in expected], f"seed {seed}"
        assert learned.end() == unlearned.end(), f"seed {seed}"
        recognised += learned.decoder._layouts.recognised  # noqa: SLF001
    assert recognised > STREAMS
