"""Defines `Bridge`, which delivers the measurements of one source to several sinks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hanparse.sinks.tracker import Tracker
from hanparse.sinks.waiting import MAX_WAITING

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Sequence

    from hanparse.measurement import Measurement
    from hanparse.sinks.outlet import Outlet
    from hanparse.sinks.update import Update

LAST_DELIVERY: Final = 10.0
"""The longest time in s for which the bridge lets its sinks deliver updates after the end of a source."""
SIGNAL_DELIVERY: Final = 0.2
"""The longest time in s for which the bridge lets its sinks deliver updates after a signal, such as SIGTERM, or
after an error of the source."""


class Bridge:
    """A `Bridge` runs the sinks, converts the measurements to updates, and gives each update to all sinks."""

    def __init__(self, outlets: Sequence[Outlet], tracker: Tracker | None = None) -> None:
        self.outlets = outlets
        self.tracker = tracker or Tracker()
        self.pushes = 0
        """The number of measurements so far."""

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
            await self._delivered(SIGNAL_DELIVERY)
            sinks.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, source: AsyncIterable[Measurement]) -> None:
        async for measurement in source:
            self.pushes += 1
            channel = getattr(source, "channel", "")
            await self._put(self.tracker.update(measurement, channel), can_wait=measurement.received is None)
        await self._put(self.tracker.flush(), can_wait=True)
        await self._delivered(LAST_DELIVERY)

    async def _delivered(self, longest: float) -> None:
        """Wait at most `longest` s until every sink has delivered its updates. Do not wait for a sink that fails."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                for outlet in self.outlets:
                    await outlet.until_delivered()

    async def _put(self, updates: Iterable[Update], *, can_wait: bool) -> None:
        """Give updates to all sinks.

        With `can_wait`, first wait for each sink whose queue is full. A source that is a file can wait, but a meter
        cannot.
        """
        for update in updates:
            for outlet in self.outlets:
                if can_wait:
                    await outlet.until_delivered(waiting=MAX_WAITING - 1)
                outlet.put(update)
