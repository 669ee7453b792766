"""Defines `Bridge`, which delivers the measurements of one source to several sinks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hanparse.sinks.tracker import Tracker
from hanparse.sinks.waiting import MAX_WAITING
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Sequence

    from hanparse.measurement import Measurement
    from hanparse.sinks.outlet import Outlet
    from hanparse.sinks.update import Update

PATIENCE: Final = 30.0
"""The time in s without a delivery after which a file no longer waits for a sink that fails.

A sink that does not fail can take any time, because every sink limits the time of one delivery itself. Only a program
that reads standard output or a FIFO can stop a sink for longer, as `less` does.
"""
SIGNAL_DELIVERY: Final = 0.2
"""The longest time in s for which the bridge lets its sinks deliver updates after a signal, such as SIGTERM."""


class Bridge:
    """A `Bridge` runs the sinks, converts the measurements to updates, and gives each update to all sinks."""

    def __init__(self, outlets: Sequence[Outlet], tracker: Tracker | None = None) -> None:
        self.outlets = outlets
        self.tracker = tracker or Tracker()
        self.pushes = 0
        """The number of measurements so far."""
        self.lost = 0
        """After the end of the source: the number of updates that were not delivered, added up over the sinks."""

    async def run(self, source: AsyncIterable[Measurement]) -> None:
        """Read the source until the source or all sinks have ended, or until this task is cancelled."""
        sinks = asyncio.gather(*(outlet.run() for outlet in self.outlets))
        reader = asyncio.create_task(self._read(source))
        tasks: list[asyncio.Future[Any]] = [sinks, reader]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if reader.done():
                reader.result()  # raises the error of the source
        finally:
            reader.cancel()
            await self._try_to_deliver()
            sinks.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, source: AsyncIterable[Measurement]) -> None:
        try:
            async for measurement in source:
                self.pushes += 1
                channel = getattr(source, "channel", "")
                await self._put(self.tracker.update(measurement, channel), can_wait=measurement.received is None)
        except OSError:  # the error of a file
            await self._deliver_rest()
            raise
        await self._deliver_rest()

    async def _deliver_rest(self) -> None:
        """After the end of the source, wait for the sinks. Report the updates that a sink has not delivered."""
        await self._put(self.tracker.flush(), can_wait=True)
        for outlet in self.outlets:
            await outlet.until_delivered(patience=PATIENCE)
        for outlet in self.outlets:
            if lost := Count(outlet.lost):
                outlet.report(f"{lost} {lost:update was|updates were} not delivered")
            self.lost += lost

    async def _try_to_deliver(self) -> None:
        """Let the sinks deliver their updates for at most `SIGNAL_DELIVERY`. Do not wait for a sink that fails."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SIGNAL_DELIVERY):
                for outlet in self.outlets:
                    await outlet.until_delivered()

    async def _put(self, updates: Iterable[Update], *, can_wait: bool) -> None:
        """Give updates to all sinks.

        With `can_wait`, first wait for each sink whose queue is full, unless it fails for longer than `PATIENCE`. A
        source that is a file can wait, but a meter cannot.
        """
        for update in updates:
            for outlet in self.outlets:
                if can_wait:
                    await outlet.until_delivered(MAX_WAITING - 1, patience=PATIENCE)
                outlet.put(update)
