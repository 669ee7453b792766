"""Defines `Source`, which connects to a meter, decodes, and connects again when the connection has ended.

* The pause before the next connection grows from 1 to 60 s. It has a random part, so that many programs do not connect
  at the same time. Only a measurement sets the pause back to 1 s, because some gateways accept connections and drop
  them at once.
* A connection that delivers no byte for `silence` s is closed, because TCP does not detect that a peer has disappeared.
  If three intervals between pushes are longer than `silence`, three intervals are the limit.
* If more than `MAX_WAITING` measurements wait for the consumer (the program that takes them), the oldest measurement
  without registers is dropped, because old powers are of no use. Registers are kept, because many meters send registers
  only once an hour. If all measurements have registers, the oldest one is dropped. A source of a file drops nothing: it
  stops reading until the consumer has taken measurements.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from hanparse.decoder import Decoder
from hanparse.diagnosis.fault import in_words
from hanparse.sources.transports import transport_of
from hanparse.sources.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
    from types import TracebackType

    from hanparse.diagnosis import Fault
    from hanparse.measurement import Measurement
    from hanparse.sources.address import Address
    from hanparse.sources.piece import Piece
    from hanparse.sources.transports import Transport

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
SILENCE: Final = 60.0
"""The longest time in s without a byte, by default. Most meters send at least every 10 s."""
MAX_WAITING: Final = 256
"""The largest number of measurements that wait for the consumer."""
MAX_CHANNELS: Final = 256
"""The largest number of decoders, one for each topic. A wildcard can match the topics of a large network."""
CONNECTING, RECEIVING, PAUSING, ENDED = "connecting", "receiving", "pausing", "ended"
"""The states of a source."""
_REGISTERS: Final = ("active_energy_import", "active_energy_export", "reactive_energy_import", "reactive_energy_export")


class Source:
    """A `Source` is an async iterator over the measurements of a URL, and an async context manager.

    `hanparse.sources.open` returns a `Source`. `channel` is the topic of the last measurement. It is empty if the
    connection has no topics. `state` is ``"connecting"``, ``"receiving"``, ``"pausing"`` or ``"ended"``. `last_error`
    is the last error with which a connection failed. It does not change if the other side closes a connection.
    `connections` is the number of attempts to connect. `dropped` is the number of measurements that were dropped
    because the consumer was too slow. `decoder` is the decoder that received the last bytes. `decoders` contains the
    decoders by topic.
    """

    def __init__(
        self,
        address: Address,
        *,
        decoder: Callable[[], Decoder] = Decoder,
        silence: float = SILENCE,
        first_pause: float = FIRST_PAUSE,
        longest_pause: float = LONGEST_PAUSE,
        transport: Transport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.decoder = decoder()
        self.decoders: dict[str, Decoder] = {}
        self.channel = ""
        self.state = CONNECTING
        self.last_error: Exception | None = None
        self.connections = 0
        self.dropped = 0
        self._address = address
        self._transport = transport or transport_of(address.scheme)
        self._make = decoder
        self._sleep = sleep
        self._watchdog = Watchdog(silence)
        self._pauses = first_pause, longest_pause
        self._pause = first_pause
        self._waiting: deque[tuple[str, Measurement]] = deque()
        self._changed, self._was_taken = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def diagnosis(self) -> tuple[Fault, ...]:
        """Return the faults of the connection, found in the bytes received so far."""
        faults = dict.fromkeys(fault for decoder in self._all_decoders() for fault in decoder.diagnosis())
        return tuple(faults)

    def _all_decoders(self) -> Iterable[Decoder]:
        return list(self.decoders.values()) or [self.decoder]

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
            await asyncio.wait({self._task})  # `await self._task` would raise the error of the task
            if not self._task.cancelled():
                self._task.exception()  # otherwise asyncio would log the error as never retrieved

    def __aiter__(self) -> Self:
        """Return the source."""
        return self

    async def __anext__(self) -> Measurement:
        """Wait for the next measurement and return it."""
        if self._task is None:
            raise RuntimeError("expected 'async with' around the source, found none")
        while not self._waiting:
            if self._task.done():
                self._task.result()  # raises the error that ended the task
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        self._was_taken.set()
        self.channel, measurement = self._waiting.popleft()
        return measurement

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._connect()
                except (OSError, TimeoutError) as error:
                    if self._address.is_file:
                        raise
                    self.last_error = error
                for channel, decoder in self.decoders.items():
                    self._put(channel, decoder.flush())
                if self._address.is_file or _is_cancelled():
                    return
                self.state = PAUSING
                pause, self._pause = self._pause, min(2 * self._pause, self._pauses[1])
                await self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  no secret
        finally:
            self.state = ENDED
            self._changed.set()

    async def _connect(self) -> None:
        self.connections += 1
        self.state = CONNECTING
        async with aclosing(self._transport(self._address)) as pieces:
            while (piece := await self._next(pieces)) is not None:
                self.state = RECEIVING
                self._put(piece.channel, self._decode(piece))
                await asyncio.sleep(0)  # lets the consumer run: a read does not wait if bytes have already arrived
                while self._address.is_file and len(self._waiting) > MAX_WAITING:  # a file waits for the consumer
                    self._was_taken.clear()
                    await self._was_taken.wait()

    async def _next(self, pieces: AsyncGenerator[Piece, None]) -> Piece | None:
        """Return the next bytes, or `None` at the end of the connection.

        Raises `TimeoutError` if no byte arrives in time, or if the transport raises it.
        """
        silence = self._watchdog.limit
        timeout = asyncio.timeout(None if self._address.is_file else silence)
        try:
            async with timeout:
                return await anext(pieces)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            if not timeout.expired():
                raise
            faults = in_words(self.diagnosis())
            raise TimeoutError(f"expected bytes within {silence:g} s, found none: {faults}") from None

    def _decode(self, piece: Piece) -> list[Measurement]:
        """Decode bytes with the decoder of their topic.

        If there are already `MAX_CHANNELS` decoders, the decoder of a new topic replaces one of them. Decoders that
        have decoded no measurement are replaced first. Of several such decoders, the one that has received nothing for
        the longest time is replaced first.
        """
        if piece.channel not in self.decoders and len(self.decoders) >= MAX_CHANNELS:
            without = (channel for channel, one in self.decoders.items() if not one.stats.measurements)
            del self.decoders[next(without, next(iter(self.decoders)))]
        known = self.decoders.pop(piece.channel, None)
        self.decoder = known or (self._make() if self.decoders else self.decoder)
        self.decoders[piece.channel] = self.decoder  # the topic of the newest bytes is the last key
        if piece.is_message:
            return self.decoder.decode_message(piece.data, datetime.now(UTC))
        return self.decoder.feed(piece.data, None if self._address.is_file else datetime.now(UTC))

    def _put(self, channel: str, measurements: list[Measurement]) -> None:
        if not measurements:
            return
        self._pause = self._pauses[0]
        self._watchdog.arrived(time.monotonic())
        self._waiting.extend((channel, measurement) for measurement in measurements)
        while len(self._waiting) > MAX_WAITING and not self._address.is_file:
            self.dropped += 1
            without = (index for index, (_, one) in enumerate(self._waiting) if not _has_registers(one))
            del self._waiting[next(without, 0)]
        self._changed.set()


def _is_cancelled() -> bool:
    """Return whether the task was cancelled.

    The task may not see its cancellation: if a connection fails at this moment, `asyncio.wait_for` of Python 3.11
    raises only the error of the connection.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _has_registers(measurement: Measurement) -> bool:
    return any(getattr(measurement, name) is not None for name in _REGISTERS)
