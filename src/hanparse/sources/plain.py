"""Defines `Reading`, which runs a source in a thread, for programs without asyncio."""

from __future__ import annotations

import asyncio
import atexit
from concurrent.futures import CancelledError, Future
from threading import Lock, Thread
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
        self._thread = Thread(target=self._loop.run_forever, name="hanparse source", daemon=True)
        self._closing = Lock()
        self._thread.start()
        atexit.register(self.close)  # later, while the interpreter shuts down, the thread can no longer answer
        _result(self._begin(source.__aenter__()))

    def _begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def __iter__(self) -> Self:
        """Return the iterator."""
        return self

    def __next__(self) -> Measurement:
        """Wait for the next measurement and return it. Raises the error that ended the source."""
        with self._closing:
            if self._loop.is_closed():
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
            if self._loop.is_closed():
                return
            _result(self._begin(self._end()))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        atexit.unregister(self.close)

    async def _end(self) -> None:
        await self.source.__aexit__(None, None, None)
        if waiting := asyncio.all_tasks() - {asyncio.current_task()}:  # another thread waits for a measurement
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
        await self._loop.shutdown_asyncgens()


def _result(answer: Future[T]) -> T:
    """Wait for a result of the loop and return it. If the wait is interrupted, cancel the computation."""
    try:
        return answer.result()
    finally:
        answer.cancel()
