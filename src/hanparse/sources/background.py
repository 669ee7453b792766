"""Defines `in_background`, which runs a blocking function in a thread, and `end`, which ends tasks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
_RETRY = 0.05  # s between two cancellations of the same task


async def in_background(function: Callable[[], T]) -> T:
    """Run a function in a thread. Return the result of the function, or raise its error.

    Reading from a pipe or writing to a pipe can take forever. While the thread waits, the event loop continues, and the
    program can end. With ``asyncio.to_thread``, the program could not end before the thread ends.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: Exception | None) -> None:
        if answer.done():  # the task was cancelled
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # there is a result if there is no error

    def run() -> None:
        try:
            found: tuple[T | None, Exception | None] = function(), None
        except Exception as error:  # noqa: BLE001  the waiting task raises it
            found = None, error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(deliver, *found)

    Thread(target=run, daemon=True).start()
    return await answer


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks repeatedly until they have ended.

    One cancellation is not enough: `asyncio.wait_for` of Python 3.11, which aiomqtt uses, drops a cancellation that
    arrives together with the result.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_RETRY)
