"""Measure with tracemalloc how many bytes a result keeps in memory, and the peak while decoding."""

from __future__ import annotations

import gc
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from figures import row
from pushes import chunks, pushes, stream
from readers import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from figures import Row

_WARMING: Final = 60
_CHUNK: Final = 256


def retained(kind: str, names: list[str], count: int, rounds: int) -> list[Row]:
    """Return the rows of the memory of one result, before and after its values are read, as a mean of `count` results.

    What results share, such as names of fields and the texts that stay the same, is not counted to any of them.
    """
    samples: dict[str, dict[str, list[float]]] = {}
    for scenario, look in (("retained", _leave), ("opened", _open)):
        samples[scenario] = {name: [] for name in names}
        for number in range(rounds):
            for name in names:
                sent = pushes(kind, _WARMING + count, seed=number)
                samples[scenario][name].append(_retained(name, sent, look) / count)
    return [row(scenario, kind, found) for scenario, found in samples.items()]


def _leave(_result: object) -> None:
    """Read no value."""


def _open(result: object) -> None:
    """Read one value. A `Measurement` then decodes all values; other libraries have done so before."""
    getattr(result, "timestamp", None)


def allocated(maker: str, names: list[str], frames: int, rounds: int) -> Row:
    """Return the row of the peak memory of a reader and its objects in KiB for a stream, while no result is kept."""
    samples: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        cut = chunks(stream(maker, frames, seed=number), _CHUNK)
        for name in names:
            samples[name].append(_allocated(name, cut) / 1024)
    return row("allocated", maker, samples)


def _retained(name: str, sent: list[bytes], look: Callable[[object], None]) -> int:
    feed = LIBRARIES[name].reader()
    for push in sent[:_WARMING]:
        feed(push)
    results: list[object] = [None] * len(sent)
    with _traced():
        before = tracemalloc.get_traced_memory()[0]
        for place, push in enumerate(sent[_WARMING:]):
            results[place] = feed(bytes(bytearray(push)))[0]  # a copy, so that a result that keeps the push pays for it
            look(results[place])
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before


def _allocated(name: str, cut: list[bytes]) -> int:
    LIBRARIES[name].reader()  # what is imported is not what is measured here
    with _traced():
        before = tracemalloc.get_traced_memory()[0]
        feed = LIBRARIES[name].reader()
        for chunk in cut:
            feed(chunk)
        return tracemalloc.get_traced_memory()[1] - before


@contextmanager
def _traced() -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
