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


def bridged(source: Pushes, *outlets: Outlet) -> Bridge:
    """A bridge that has read the source to its end."""
    bridge = Bridge(outlets)

    async def main() -> None:
        async with asyncio.timeout(60):
            await bridge.run(source)

    asyncio.run(main())
    return bridge


@pytest.mark.parametrize("is_live", [True, False])
def test_a_file_waits_for_a_slow_sink_but_not_for_one_that_fails_for_too_long(
    *, is_live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanparse.sinks.bridge.PATIENCE", 0)
    log: list[str] = []
    slow, broken = Outlet("slow", _slow, log.append), Outlet("broken", _broken, log.append, first_pause=60)
    count = 3 * MAX_WAITING
    bridge = bridged(Pushes(count, is_live=is_live), slow, broken)
    assert len(slow.waiting) == 0
    assert (slow.waiting.dropped > 0) is is_live
    assert (len(broken.waiting), broken.waiting.dropped) == (MAX_WAITING, count - MAX_WAITING)
    assert bridge.lost == count + slow.waiting.dropped
    assert log[-1] == f"broken: {count} updates were not delivered"


@pytest.mark.parametrize("count", [1, 3 * MAX_WAITING])
def test_a_file_waits_for_a_sink_that_fails_until_it_works_again(count: int) -> None:
    found: list[object] = []
    failures = iter([OSError("no route")] * 3)

    async def sink(outlet: Outlet) -> None:
        while True:
            one = await outlet.first()
            if len(found) == count // 2 and (error := next(failures, None)):
                raise error
            found.append(one)
            outlet.done(one)

    outlet = Outlet("sink", sink, print, first_pause=0.001)
    assert bridged(Pushes(count, is_live=False), outlet).lost == 0
    assert len(found) == count


def test_what_was_read_before_the_error_of_a_file_is_delivered() -> None:
    class Fails(Pushes):
        async def __anext__(self) -> Measurement:
            if self._left == 1:
                raise OSError("the disk fails")
            return await super().__anext__()

    slow = Outlet("slow", _slow, print)
    with pytest.raises(OSError, match="the disk fails"):
        bridged(Fails(100, is_live=False), slow)
    assert slow.lost == 0


def test_an_update_that_the_full_queue_drops_during_its_delivery_is_not_lost() -> None:
    waiting, updates = Waiting(2), [update(active_power_import=power) for power in range(4)]
    for one in updates:
        waiting.put(one)
    assert waiting.dropped == 2
    waiting.done(updates[1])
    assert (waiting.dropped, len(waiting)) == (1, 2)


def test_an_update_that_cannot_be_converted_is_refused_and_the_others_are_delivered() -> None:
    updates = [update(active_power_import=power) for power in (5, 0, 7, 0)]
    found: list[float] = []

    async def sink(outlet: Outlet) -> None:
        while True:
            pairs = outlet.converted(await outlet.all(), lambda one: 35 / (one.measurement.active_power_import or 0))
            found.extend(number for _, number in pairs)
            outlet.done(*(one for one, _ in pairs))

    outlet, log = driven(sink, updates)
    assert found == [7.0, 5.0]
    assert outlet.lost == 2
    assert len(log) == 1
    assert "division by zero; hanparse drops each update" in log[0]


def test_nobody_misses_the_updates_of_a_sink_whose_output_was_closed() -> None:
    async def ends(_outlet: Outlet) -> None:
        raise OutputClosedError

    slow = Outlet("slow", _slow, print)
    assert bridged(Pushes(5, is_live=False), Outlet("ends", ends, print), slow).lost == 0
    assert slow.lost == 0


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
