"""Keeps a connection to a meter: `Source` connects, decodes, and connects again.

* The pause before the next connection grows from 1 to 60 s, with a random part so that many programs do not connect at
  the same time. Only a measurement ends the growth: a gateway that accepts and drops connections is left in peace.
* A connection that delivers no byte for `silence` s is closed, because TCP does not notice that a peer is gone.
* When the consumer is slow, the oldest measurement without registers is dropped. Late powers are of no use, but a
  register is sent once an hour.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from hanparse.decoder import Decoder
from hanparse.sources.transports import ENDING, TRANSPORTS, Address

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from hanparse.diagnosis import Fault
    from hanparse.measurement import Measurement

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
SILENCE: Final = 60.0
"""The longest time in s without a byte. Meters send at least each 10 s."""
MAX_WAITING: Final = 256
"""The largest number of measurements that wait for the consumer."""
_REGISTERS: Final = ("active_energy_import", "active_energy_export", "reactive_energy_import", "reactive_energy_export")


class Source:
    """An async iterator over the measurements of one meter, and an async context manager; see `hanparse.sources.open`.

    `last_error` is the reason why the last connection was lost, `connections` counts the attempts, and `dropped` the
    measurements that waited too long.
    """

    def __init__(
        self,
        address: Address,
        *,
        decoder: Callable[[], Decoder] = Decoder,
        silence: float = SILENCE,
        first_pause: float = FIRST_PAUSE,
        longest_pause: float = LONGEST_PAUSE,
    ) -> None:
        self.decoder = decoder()
        self.last_error: Exception | None = None
        self.connections = 0
        self.dropped = 0
        self._address = address
        self._silence = silence
        self._pauses = first_pause, longest_pause
        self._pause = first_pause
        self._waiting: deque[Measurement] = deque()
        self._changed, self._has_room = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def diagnosis(self) -> tuple[Fault, ...]:
        """Return what is wrong with the wire, from what was received so far."""
        return self.decoder.diagnosis()

    async def __aenter__(self) -> Self:
        """Begin to connect."""
        self._task = asyncio.create_task(self._run(), name=f"hanparse source {self._address.target}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._task

    def __aiter__(self) -> Self:
        """Return the source."""
        return self

    async def __anext__(self) -> Measurement:
        """Return the next measurement; wait for it."""
        if self._task is None:
            raise RuntimeError("expected 'async with' around the source, found none")
        while not self._waiting:
            if self._task.done():
                self._task.result()  # raises the error that ended it
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        self._has_room.set()
        return self._waiting.popleft()

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._connect()
                except (OSError, TimeoutError) as error:
                    if self._address.scheme in ENDING:
                        raise
                    self.last_error = error
                self._put(self.decoder.flush())
                if self._address.scheme in ENDING:
                    return
                await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311  no secret
                self._pause = min(2 * self._pause, self._pauses[1])
        finally:
            self._changed.set()

    async def _connect(self) -> None:
        self.connections += 1
        is_live = self._address.scheme not in ENDING
        async with aclosing(TRANSPORTS[self._address.scheme](self._address)) as chunks:
            while (chunk := await self._next(chunks, is_live=is_live)) is not None:
                self._put(self.decoder.feed(chunk, datetime.now(UTC) if is_live else None))
                while not is_live and len(self._waiting) > MAX_WAITING:  # a file waits for the consumer
                    self._has_room.clear()
                    await self._has_room.wait()

    async def _next(self, chunks: Any, *, is_live: bool) -> bytes | None:  # noqa: ANN401  an async generator
        """Return the next bytes, or `None` at the end. Raises `TimeoutError` after a silence."""
        try:
            async with asyncio.timeout(self._silence if is_live else None):
                chunk: bytes = await anext(chunks)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            faults = "; ".join(map(str, self.diagnosis())) or "no fault is known"
            raise TimeoutError(f"expected bytes within {self._silence} s, found none: {faults}") from None
        return chunk

    def _put(self, found: list[Measurement]) -> None:
        if not found:
            return
        self._pause = self._pauses[0]
        self._waiting.extend(found)
        while len(self._waiting) > MAX_WAITING and self._address.scheme not in ENDING:
            self.dropped += 1
            without = (index for index, one in enumerate(self._waiting) if not _has_registers(one))
            del self._waiting[next(without, 0)]
        self._changed.set()


def _has_registers(measurement: Measurement) -> bool:
    return any(getattr(measurement, name) is not None for name in _REGISTERS)
