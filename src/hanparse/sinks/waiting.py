"""Defines `Waiting`, the queue of the updates that one sink has not yet delivered."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hanparse.sinks.update import Update

MAX_WAITING: Final = 256
"""The largest number of updates that wait for one sink: some minutes of powers, or ten days of hourly registers."""


class Waiting:
    """Keeps the updates that wait for one sink, at most `limit`.

    If the queue is full, the oldest update without registers is dropped: late powers are of no use, but many meters
    send their registers only once an hour. If every update has registers, the oldest update is dropped: the registers
    of the later updates include the energy of this update.
    """

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self.dropped = 0
        """The number of updates that left the queue and were not delivered."""
        self._limit = limit
        self._updates: deque[Update] = deque()
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """Return the number of updates that wait."""
        return len(self._updates)

    def put(self, update: Update) -> None:
        """Add an update."""
        self._updates.append(update)
        if len(self._updates) > self._limit:
            self.dropped += 1
            without = (index for index, old in enumerate(self._updates) if not old.has_registers)
            del self._updates[next(without, 0)]
        self._changed.set()

    async def first(self) -> Update:
        """Wait for an update, and return the oldest update. The update stays in the queue until `done` is called."""
        while not self._updates:
            self._changed.clear()
            await self._changed.wait()
        return self._updates[0]

    async def all(self) -> list[Update]:
        """Wait for an update, and return all updates. The updates stay in the queue until `done` is called."""
        await self.first()
        return [*self._updates]

    def done(self, update: Update) -> None:
        """Remove an update that was delivered.

        If the full queue dropped the update during the delivery, count it no longer as dropped.
        """
        if not self._remove(update):
            self.dropped -= 1
        self._changed.set()

    def refuse(self, update: Update) -> None:
        """Remove an update that cannot be delivered, and count it as dropped."""
        if self._remove(update):
            self.dropped += 1
        self._changed.set()

    def _remove(self, update: Update) -> bool:
        """Remove an update. Return whether it was in the queue."""
        index = next((index for index, one in enumerate(self._updates) if one is update), None)
        if index is None:
            return False
        del self._updates[index]
        return True

    def wake(self) -> None:
        """Let every waiting call of `changed` return."""
        self._changed.set()

    async def changed(self) -> None:
        """Wait until an update is added or delivered, or until `wake` is called."""
        self._changed.clear()
        await self._changed.wait()
