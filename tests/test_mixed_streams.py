from __future__ import annotations

from typing import TYPE_CHECKING

from carriers import OPTIONS, stream
from outcomes import Watched
from sweeps import cases
from wire import CHUNK_SIZES, chunks, seeded

from hanparse import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def test_a_stream_in_any_carrier_gives_the_same_with_and_without_layouts() -> None:
    recognised = 0
    for seed in range(STREAMS):
        pieces = stream(seed)
        whole = (piece.data for piece in pieces)  # a push may come twice
        parts = [*whole] if seed % 3 else [*in_chunks(seed, b"".join(whole))]
        learned, unlearned = Watched(learns=True, **OPTIONS), Watched(learns=False, **OPTIONS)
        for chunk in parts:
            found, expected = learned.feed(chunk), unlearned.feed(chunk)
            assert found == expected, f"seed {seed}"
            assert [m.security for m in found] == [m.security for m in expected], f"seed {seed}"
        assert learned.end() == unlearned.end(), f"seed {seed}"
        recognised += learned.decoder.stats.recognised
    assert recognised > STREAMS
