"""A function that blocks runs in a thread that neither the loop nor the end of the program waits for; tasks end."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import pytest

from hanparse.sources.background import end, in_background


def test_a_function_in_the_background_returns_its_result_or_raises_its_error() -> None:
    async def main() -> None:
        assert await in_background(lambda: 5) == 5
        with pytest.raises(ZeroDivisionError):
            await in_background(lambda: 1 / 0)

    asyncio.run(main())


def test_a_function_that_never_returns_can_be_left() -> None:
    never = threading.Event()

    async def main() -> None:
        task = asyncio.create_task(in_background(lambda: never.wait(60)))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        never.set()

    asyncio.run(main())


def test_a_task_that_drops_a_cancellation_is_cancelled_again() -> None:
    async def drops(count: int) -> None:
        for _ in range(count):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        await asyncio.sleep(60)

    async def main() -> None:
        tasks = [asyncio.create_task(drops(count)) for count in range(4)]
        await asyncio.sleep(0)
        await end(tasks)
        assert all(task.cancelled() for task in tasks)
        await end([])

    asyncio.run(main())
