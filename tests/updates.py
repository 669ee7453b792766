"""Updates for the tests of sinks, from measurements as a tracker turns them into updates; and a sink that is driven."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from framefiles import named

from hanparse import Decoder, Measurement
from hanparse.meters import PROFILES
from hanparse.simulate import simulate
from hanparse.sinks.outlet import Outlet
from hanparse.sinks.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.sinks.update import Update

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def update(seconds: float = 0, **fields: Any) -> Update:  # noqa: ANN401  as declared
    """The update of one push of a meter that was not seen before."""
    given: dict[str, Any] = {"meter_id": "7", "received": at(seconds)}
    return Tracker().update(Measurement(**given | fields))[0]


def updates_of(meter: str, count: int) -> list[Update]:
    """The updates of a simulated meter, whose pushes arrive when it sends them."""
    tracker, decoder = Tracker(), Decoder(estimate=True, profiles=PROFILES)
    pushes = islice(simulate(meter, seed=3), count)
    found = (one for push in pushes for one in decoder.feed(push.data, at(push.seconds)))
    updates = [each for one in found for each in tracker.update(one)]
    return updates + tracker.flush()


def update_of_frame(name: str) -> Update:
    """The update of a frame file."""
    (one,) = Decoder(estimate=True, profiles=PROFILES).feed(named(name).data, NOON)
    tracker = Tracker()
    return (tracker.update(one) or tracker.flush())[0]


def driven(
    sink: Callable[[Outlet], Any], updates: list[Update], then: Callable[[], Any] | None = None
) -> tuple[Outlet, list[str]]:
    """Run a sink until it has delivered all updates, and what comes then; return its outlet and the log."""
    log: list[str] = []

    async def main() -> Outlet:
        outlet = Outlet("sink", sink, log.append, first_pause=0.01)
        for one in updates:
            outlet.put(one)
        task = asyncio.create_task(outlet.run())
        async with asyncio.timeout(60):
            while len(outlet.waiting) and not outlet.has_ended:  # noqa: ASYNC110  also after a failure
                await asyncio.sleep(0.01)
            if then is not None:
                await then()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return outlet

    return asyncio.run(main()), log
