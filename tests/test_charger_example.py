"""The charger of the examples at a port that falls silent, sends noise, is away, and comes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import chain, groupby, repeat
from typing import TYPE_CHECKING, Any

import pytest
from framefiles import named
from scripts import script

from hanparse import Wiring
from hanparse.energy.headroom import FuseGuard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Connect = Callable[[], Awaitable[tuple["Port", "Port"]]]

FRAME = named("aidon/list2-6534-tn").data  # 1.8 A, 0.3 A, 2.2 A; no time of its own
FREE = 25 - 2.2
NOISE = FRAME[:-3] + b"\0\0\x7e" + bytes(range(256))  # a frame with a wrong check sequence, and bytes without any
PATIENCE = 60  # s, for a machine that has other things to do


class Port:
    """Gives these chunks, then nothing more and does not end; both halves of a connection."""

    def __init__(self, chunks: Iterable[bytes | Exception], pause: float = 0.01) -> None:
        self._chunks = iter(chunks)
        self._pause = pause

    async def read(self, _size: int) -> bytes:
        await asyncio.sleep(self._pause)
        for chunk in self._chunks:
            if isinstance(chunk, Exception):
                raise chunk
            return chunk
        await asyncio.Event().wait()
        raise AssertionError

    def close(self) -> None:
        """Nothing to close."""


class Told:
    """A charger that remembers what it was told, and how the last one differs from those before."""

    def __init__(self, drawn: float = 0) -> None:
        self.drawn = drawn
        self.limits: list[float] = []

    def measured_current(self) -> float:
        return self.drawn

    def set_limit(self, amperes: float) -> None:
        self.limits.append(amperes)

    @property
    def course(self) -> list[float]:
        """Without repetitions."""
        return [round(limit, 6) for limit, _ in groupby(self.limits)]

    async def until(self, *course: float) -> None:
        """Wait until these limits have come one after the other, others between them."""
        while True:
            rest = iter(self.course)
            if all(limit in rest for limit in course):
                return
            await asyncio.sleep(0.01)


def connecting(*connections: Port | Exception) -> Connect:
    """Opens these, one after the other, and the last one again and again."""
    following = chain(connections, repeat(connections[-1]))

    async def connect() -> tuple[Port, Port]:
        found = next(following)
        if isinstance(found, Exception):
            raise found
        return found, found

    return connect


def told(connect: Connect, *course: float, drawn: float = 0, **options: Any) -> list[float]:  # noqa: ANN401  a guard's
    """What the charger was told until this course was seen, and after the program was stopped."""
    charger, example = Told(drawn), script("examples/charger.py")
    guard = FuseGuard(**{"fuse": 25, "wiring": Wiring.FOUR_WIRE, "stale_after": timedelta(seconds=0.5), **options})

    async def run() -> None:
        tasks = [
            asyncio.create_task(example.control(guard, charger, period=0.01)),
            asyncio.create_task(example.listen(connect, guard, charger, silence=1, pause=0.01)),
        ]
        try:
            await asyncio.wait_for(charger.until(*course), PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())
    return charger.course


@pytest.mark.parametrize("fallback", [8, 6])
def test_a_port_that_falls_silent_leaves_the_charger_the_fallback(fallback: float) -> None:
    course = told(connecting(Port([FRAME])), FREE, fallback, fallback=fallback)
    assert set(course) == {FREE, fallback, 0}
    assert course[-1] == 0  # the program has ended


def test_without_a_guess_the_charger_pauses_while_nothing_is_known() -> None:
    assert set(told(connecting(Port([FRAME])), FREE, 0, fallback=0)) == {FREE, 0}
    assert set(told(connecting(Port([FRAME])), FREE, 0, fallback=5.9)) == {FREE, 0}  # less than a car can take


def test_a_port_that_sends_noise_without_end_leaves_the_charger_the_fallback() -> None:
    assert set(told(connecting(Port(chain([FRAME], repeat(NOISE)))), FREE, 7, fallback=7)) == {FREE, 7, 0}


def test_a_port_that_comes_back_gives_the_charger_its_current_again() -> None:
    broken = Port([FRAME, NOISE, FRAME[:100], OSError("the gateway has restarted")])
    silent, back = Port([FRAME[100:]]), Port(repeat(FRAME))
    connect = connecting(broken, ConnectionRefusedError(), silent, back)
    assert set(told(connect, FREE, 8, FREE, fallback=8)) == {FREE, 8, 0}


def test_a_gateway_that_is_never_there_leaves_the_fallback_from_the_beginning() -> None:
    assert told(connecting(ConnectionRefusedError("nobody listens")), 8, fallback=8) == [8, 0]


def test_below_the_least_current_of_a_car_the_charger_pauses() -> None:
    assert told(connecting(Port(repeat(FRAME))), 6, 0, fuse=8) == [6, 0]  # the fallback, then 5.8 A


def test_what_the_charger_measures_of_itself_it_may_keep() -> None:
    assert round(8 - 2.2 + 2, 6) in told(connecting(Port(repeat(FRAME))), 7.8, fuse=8, drawn=2)


def test_a_charger_that_cannot_be_asked_ends_the_program_and_is_paused() -> None:
    class Broken(Told):
        def measured_current(self) -> float:
            raise RuntimeError("no answer")

    charger = Broken()
    keep = script("examples/charger.py").keep(connecting(Port([FRAME])), FuseGuard(25, Wiring.FOUR_WIRE), charger)
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(asyncio.wait_for(keep, PATIENCE))
    assert [str(error) for error in caught.value.exceptions] == ["no answer"]
    assert charger.course == [6, 0]


def test_the_lowest_current_of_the_last_seconds_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A push shows the current at an earlier moment, so a current that has just risen is not in it."""
    example = script("examples/charger.py")
    now = [0.0]
    monkeypatch.setattr(example, "monotonic", lambda: now[0])
    told = Told(drawn=6)
    charger = example.Lowest(told)
    assert charger.measured_current() == 0  # the program has just started
    now[0] = 10
    assert charger.measured_current() == 6
    told.drawn = 16
    for seconds, lowest in ((11, 6), (14.9, 6), (15.1, 16)):
        now[0] = seconds
        assert charger.measured_current() == lowest
    told.drawn = 10
    assert charger.measured_current() == 10
    charger.set_limit(12)
    assert told.limits == [12]


def test_a_car_that_follows_before_the_meter_shows_its_current_gets_no_more_than_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The meter sends pushes from before the car began, and the car takes at once what it may."""
    example = script("examples/charger.py")
    monkeypatch.setattr(example, "monotonic", lambda: 0.0)  # all pushes are within the latency

    class Car(Told):
        def set_limit(self, amperes: float) -> None:
            super().set_limit(amperes)
            self.drawn = amperes

    car, guard = Car(), FuseGuard(25, Wiring.FOUR_WIRE)

    async def run() -> None:
        task = asyncio.create_task(example.keep(connecting(Port([FRAME] * 200)), guard, car))
        await asyncio.wait_for(car.until(FREE), PATIENCE)
        await asyncio.sleep(1.2)  # time for a limit after pushes that do not show the car
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert max(car.limits) == pytest.approx(FREE)
