"""The queue of a sink, and how a sink that fails is tried again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from updates import at, driven, update

from hanparse import Measurement
from hanparse.sinks.bridge import Bridge
from hanparse.sinks.outlet import Outlet, OutputClosedError
from hanparse.sinks.waiting import MAX_WAITING, Waiting

if TYPE_CHECKING:
    from hanparse.sinks.update import Update


def test_a_full_queue_drops_the_oldest_update_without_registers() -> None:
    waiting = Waiting(3)
    hourly, *others = (
        update(active_energy_import=5),
        *(update(active_power_import=power) for power in range(4)),
    )
    for one in (hourly, *others):
        waiting.put(one)
    assert (len(waiting), waiting.dropped) == (3, 2)

    async def take() -> list[Update]:
        found: list[Update] = []
        for _ in range(3):
            found.append(await waiting.first())
            waiting.done(found[-1])
        return found

    assert asyncio.run(take()) == [hourly, *others[2:]]


def test_a_queue_of_registers_keeps_the_newest() -> None:
    waiting, updates = Waiting(2), [update(active_energy_import=energy) for energy in range(5)]
    for one in updates:
        waiting.put(one)
    assert asyncio.run(waiting.first()) is updates[3]
    assert len(waiting) == 2


def test_what_was_not_delivered_is_delivered_after_the_next_connection_and_the_log_has_two_lines() -> None:
    found: list[object] = []
    failures = iter([OSError("no route"), TimeoutError(), RuntimeError("a fault"), OSError("no route")])

    async def sink(outlet: Outlet) -> None:
        one = await outlet.first()
        if error := next(failures, None):
            raise error
        while True:
            found.append(one)
            outlet.done(one)
            one = await outlet.first()

    updates = [update(active_power_import=power) for power in range(5)]
    _, log = driven(sink, updates)
    assert found == updates
    assert log == ["sink: no route; hanparse tries again until it works", "sink: works again"]


def test_an_error_without_a_message_is_named() -> None:
    errors = iter([TimeoutError()])

    async def sink(outlet: Outlet) -> None:
        one = await outlet.first()
        if error := next(errors, None):
            raise error
        outlet.done(one)
        await asyncio.sleep(60)

    assert driven(sink, [update()])[1][0] == "sink: TimeoutError; hanparse tries again until it works"


def test_a_sink_whose_output_is_closed_ends_and_takes_nothing_more() -> None:
    async def sink(_outlet: Outlet) -> None:
        raise OutputClosedError

    outlet, log = driven(sink, [update()])
    outlet.put(update())
    assert (outlet.has_ended, len(outlet.waiting), log) == (True, 1, [])


class Pushes:
    """A source of measurements without a time of arrival, like a file, or with one."""

    def __init__(self, count: int, *, is_live: bool) -> None:
        self._left = count
        self._is_live = is_live

    def __aiter__(self) -> Pushes:
        return self

    async def __anext__(self) -> Measurement:
        if not self._left:
            raise StopAsyncIteration
        self._left -= 1
        await asyncio.sleep(0)
        return Measurement(meter_id="7", active_power_import=self._left, received=at(0) if self._is_live else None)


async def _slow(outlet: Outlet) -> None:
    while True:
        one = await outlet.first()
        for _ in range(3):
            await asyncio.sleep(0)
        outlet.done(one)


async def _broken(_outlet: Outlet) -> None:
    raise OSError("always")


@pytest.mark.parametrize("is_live", [True, False])
def test_a_file_waits_for_a_slow_sink_but_not_for_one_that_fails(*, is_live: bool) -> None:
    slow, broken = Outlet("slow", _slow, print), Outlet("broken", _broken, print, first_pause=60)
    count = 3 * MAX_WAITING

    async def main() -> None:
        async with asyncio.timeout(60):
            await Bridge([slow, broken]).run(Pushes(count, is_live=is_live))

    asyncio.run(main())
    assert len(slow.waiting) == 0
    assert (slow.waiting.dropped > 0) is is_live
    assert (len(broken.waiting), broken.waiting.dropped) == (MAX_WAITING, count - MAX_WAITING)


def test_the_error_of_a_source_ends_the_bridge() -> None:
    class Fails(Pushes):
        async def __anext__(self) -> Measurement:
            raise FileNotFoundError("none.bin")

    with pytest.raises(FileNotFoundError):
        asyncio.run(Bridge([Outlet("slow", _slow, print)]).run(Fails(1, is_live=True)))


def test_a_bridge_whose_sinks_have_ended_ends() -> None:
    async def ends(_outlet: Outlet) -> None:
        raise OutputClosedError

    async def endless() -> None:
        async with asyncio.timeout(60):
            await Bridge([Outlet("ends", ends, print)]).run(Pushes(10**9, is_live=True))

    asyncio.run(endless())
