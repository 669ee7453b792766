"""Runs a function that may block in a thread that does not keep the program from ending: `in_background`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def in_background(function: Callable[[], T]) -> T:
    """Return the result of the function, or raise its error. A write may wait for a disk, or for a pipe without end.

    The other sinks run on, and the program can end; ``asyncio.to_thread`` would make it wait for the thread.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def give(result: T | None, error: Exception | None) -> None:
        if answer.done():  # the task was cancelled
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # there is a result if there is no error

    def run() -> None:
        try:
            found: tuple[T | None, Exception | None] = function(), None
        except Exception as error:  # noqa: BLE001  the task raises it
            found = None, error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(give, *found)

    Thread(target=run, daemon=True).start()
    return await answer
