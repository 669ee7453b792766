"""Defines `Outlet`, which runs one sink, and calls the sink again after the connection of the sink has failed.

A sink is an async function; each call serves one connection. The function takes updates with `Outlet.first` or
`Outlet.all`. It calls `Outlet.done` after it has delivered updates, and `Outlet.refuse` for an update that it can never
deliver. It raises `OSError` if the connection fails, and `OutputClosedError` if its output was closed for good.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

from hanparse.sinks.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.sinks.update import Update

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""The longest pause in s after a failure. It doubles with each failure, from 1 to 60. A delivered update sets it back
to 1. The sink waits for a random part of this pause, at least for half of it.
"""

Note = Callable[[str], object]
T = TypeVar("T")


class OutputClosedError(Exception):
    """A sink raises this error if its output was closed for good, for example if the reader of a pipe has ended."""


class Outlet:
    """An `Outlet` runs one sink with its own queue.

    So other sinks do not wait for this sink, and do not end if it fails.
    """

    def __init__(self, shown: str, sink: Sink, note: Note, *, first_pause: float = FIRST_PAUSE) -> None:
        """`shown` is the URL without secrets. `note` writes one sentence into the log."""
        self.waiting = Waiting()
        self.is_failing = False
        self.has_ended = False
        self._shown = shown
        self._sink = sink
        self._note = note
        self._failed_at = 0.0
        self._has_refused = False
        self._pauses = first_pause, LONGEST_PAUSE
        self._pause = first_pause

    def put(self, update: Update) -> None:
        """Add an update for the sink."""
        if not self.has_ended:
            self.waiting.put(update)

    async def first(self) -> Update:
        """Wait for an update, and return the oldest update. The update stays in the queue until `done` is called."""
        return await self.waiting.first()

    async def all(self) -> list[Update]:
        """Wait for an update, and return all updates of the queue.

        The updates stay in the queue until `done` is called.
        """
        return await self.waiting.all()

    def done(self, *updates: Update) -> None:
        """Remove updates from the queue after the sink has delivered them."""
        for update in updates:
            self.waiting.done(update)
        self._pause = self._pauses[0]
        if self.is_failing:
            self.is_failing = False
            self.report("works again")

    def refuse(self, update: Update, why: str) -> None:
        """Drop an update that the sink can never deliver. Write only the first reason into the log."""
        self.waiting.refuse(update)
        if not self._has_refused:
            self._has_refused = True
            self.report(f"{why}; hanparse drops each update that this sink cannot deliver")

    def converted(self, updates: Iterable[Update], convert: Callable[[Update], T]) -> list[tuple[Update, T]]:
        """Return each update with the result of `convert`. Refuse each update for which `convert` raises an error."""
        pairs: list[tuple[Update, T]] = []
        for update in updates:
            try:
                pairs.append((update, convert(update)))
            except (ArithmeticError, TypeError, ValueError) as error:
                self.refuse(update, str(error))
        return pairs

    @property
    def lost(self) -> int:
        """The number of updates that the sink has not delivered. If the sink has ended, nobody misses them: 0."""
        return 0 if self.has_ended else self.waiting.dropped + len(self.waiting)

    def report(self, what: str) -> None:
        """Write a sentence about the sink into the log."""
        self._note(f"{self._shown}: {what}")

    async def until_delivered(self, waiting: int = 0, *, patience: float = 0) -> None:
        """Wait until the queue has at most `waiting` updates.

        Return also if the sink has ended, or if it has failed for `patience` s without a delivery.
        """
        while len(self.waiting) > waiting and not self.has_ended:
            left = self._failed_at + patience - monotonic() if self.is_failing else None
            if left is not None and left <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.waiting.changed()

    async def run(self) -> None:
        """Deliver updates until the sink ends or this task is cancelled."""
        while not self.has_ended:
            try:
                await self._sink(self)
            except OutputClosedError:
                self.has_ended = True
                self.waiting.wake()
            except Exception as error:  # noqa: BLE001  a fault in one sink must not end the others
                self._fail(error)
                await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311  no secret
                self._pause = min(2 * self._pause, self._pauses[1])

    def _fail(self, error: Exception) -> None:
        """Write the first failure into the log. Write no later failure until the sink has worked again."""
        if not self.is_failing:
            self.report(f"{str(error) or type(error).__name__}; hanparse tries again until it works")
            self._failed_at = monotonic()
        self.is_failing = True
        self.waiting.wake()


Sink = Callable[[Outlet], Awaitable[None]]
"""The function of a sink, which serves one connection."""
