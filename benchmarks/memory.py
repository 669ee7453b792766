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
    """Return the rows of the memory of one result, before and after its values are read.

    A figure is the mean of `count` results. It does not include objects that all results share, for example the names
    of fields and constant texts.
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
    """Read no value of the result."""


def _open(result: object) -> None:
    """Read one value. A `Measurement` then decodes all values. The other libraries have already decoded all values."""
    getattr(result, "timestamp", None)


def allocated(maker: str, names: list[str], frames: int, rounds: int) -> Row:
    """Return the row of the peak memory in KiB of a reader for a stream. The results are not kept."""
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
            results[place] = feed(bytes(bytearray(push)))[0]  # a copy: its memory is counted if a result keeps it
            look(results[place])
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before


def _allocated(name: str, cut: list[bytes]) -> int:
    LIBRARIES[name].reader()  # imports before the measurement, because memory of imported modules is not counted
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
