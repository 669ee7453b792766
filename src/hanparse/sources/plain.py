"""Defines `Reading`, which runs a source in a thread, for programs without asyncio."""

from __future__ import annotations

import asyncio
import weakref
from concurrent.futures import CancelledError, Future
from threading import Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from hanparse.measurement import Measurement
    from hanparse.sources.source import Source

T = TypeVar("T")


class Reading:
    """A `Reading` is an iterator over the measurements of a source, and a context manager that closes the source.

    A thread receives and decodes while the program does other work. The attribute `source` is the `Source`, which has
    the counts and the diagnosis.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._loop = asyncio.new_event_loop()
        self._closing = Lock()
        thread = Thread(target=_run, args=(self._loop,), name="hanparse source", daemon=True)
        thread.start()
        # called by `close`, when the program no longer refers to this object, or when the program ends; later, the
        # interpreter shuts down, and the thread can no longer answer
        self._end = weakref.finalize(self, _end, source, self._loop, thread)
        _result(self._begin(source.__aenter__()))

    def _begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def __iter__(self) -> Self:
        """Return the iterator."""
        return self

    def __next__(self) -> Measurement:
        """Wait for the next measurement and return it. Raises the error that ended the source."""
        with self._closing:
            if not self._end.alive:
                raise StopIteration
            answer = self._begin(self.source.__anext__())
        try:
            return _result(answer)
        except (StopAsyncIteration, CancelledError):  # CancelledError: another thread has closed the source
            self.close()
            raise StopIteration from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the iterator."""
        return self

    def __exit__(self, *_raised: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection and end the thread. Do nothing if the connection is already closed."""
        with self._closing:
            self._end()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop in the thread of a `Reading`, until `_close` stops it."""
    loop.run_forever()
    loop.close()


def _end(source: Source, loop: asyncio.AbstractEventLoop, thread: Thread) -> None:
    """Close the connection and wait until the thread has ended. The garbage collector can call this in any thread."""
    asyncio.run_coroutine_threadsafe(_close(source), loop)
    if thread is not current_thread():
        thread.join()


async def _close(source: Source) -> None:
    loop = asyncio.get_running_loop()
    try:
        await source.__aexit__(None, None, None)
        if waiting := asyncio.all_tasks() - {asyncio.current_task()}:  # another thread waits for a measurement
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
        await loop.shutdown_asyncgens()
    finally:
        loop.stop()


def _result(answer: Future[T]) -> T:
    """Wait for a result of the loop and return it. If the wait is interrupted, cancel the computation."""
    try:
        return answer.result()
    finally:
        answer.cancel()
