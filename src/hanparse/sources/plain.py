"""Reads a source in a program without asyncio: `read`, an iterator that runs the source in a thread."""

from __future__ import annotations

import asyncio
import atexit
from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from hanparse.measurement import Measurement
    from hanparse.sources.source import Source


class Reading:
    """An iterator over the measurements of a source, and a context manager that closes it.

    The thread receives and decodes while the program computes; `source` has the counts and the diagnosis.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="hanparse source", daemon=True)
        self._thread.start()
        atexit.register(self.close)  # the thread cannot answer after the end of the interpreter has begun
        self._call(source.__aenter__())

    def _call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401  the result of the coroutine
        answer = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return answer.result()
        finally:
            answer.cancel()  # after an interrupt

    def __iter__(self) -> Self:
        """Return the iterator."""
        return self

    def __next__(self) -> Measurement:
        """Return the next measurement; wait for it. An error that ends the source is raised here."""
        if self._loop.is_closed():
            raise StopIteration
        try:
            measurement: Measurement = self._call(self.source.__anext__())
        except (StopAsyncIteration, CancelledError):  # it is cancelled if another thread has closed the source
            self.close()
            raise StopIteration from None
        except BaseException:
            self.close()
            raise
        return measurement

    def __enter__(self) -> Self:
        """Return the iterator."""
        return self

    def __exit__(self, *_raised: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection and end the thread. Do nothing if this has happened."""
        atexit.unregister(self.close)
        if self._loop.is_closed():
            return
        with suppress(CancelledError):
            self._call(self.source.__aexit__(None, None, None))
        self._call(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
