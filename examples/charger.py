"""Keep a charger below the main fuse, also while the meter is silent, sends noise, or its gateway is away.

    python examples/charger.py 192.168.1.20 3001 25

It listens to a TCP gateway, in a TN house with a main fuse of 25 A, and prints what a charger would be told. Write a
class with the two methods of `Charger` for yours. Give the charger a limit of its own for the time in which nobody
speaks to it, if it has one: a program can end without a word.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from hanparse import Decoder, Wiring
from hanparse.energy.headroom import FuseGuard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

LEAST: Final = 6.0  # A; no car can be told to take less (IEC 61851-1), so below that it waits


class Charger(Protocol):
    """What the charger has to be able to do; neither call may wait long."""

    def measured_current(self) -> float:
        """A that it draws in each of its lines by its own meter, not what it was told; 0 where it does not know."""

    def set_limit(self, amperes: float) -> None:
        """Take no more than this from now on; 0 is a pause."""


async def listen(
    connect: Connect, guard: FuseGuard, charger: Charger, *, silence: float = 60, pause: float = 5
) -> None:
    """Tell the guard all that comes, without end, and connect again after `silence` seconds without a byte."""
    decoder = Decoder(on_error=lambda _error: guard.bad_data(datetime.now(UTC)))
    while True:
        try:
            async with asyncio.timeout(silence):
                reader, writer = await connect()
            with closing(writer):
                while chunk := await _read(reader, silence):
                    for measurement in decoder.feed(chunk):
                        guard.update(measurement, datetime.now(UTC), charging=charger.measured_current())
        except OSError as error:  # also TimeoutError, which says nothing of its own
            print(str(error) or f"silent for {silence} s", file=sys.stderr)
        await asyncio.sleep(pause)


async def _read(reader: asyncio.StreamReader, silence: float) -> bytes:
    async with asyncio.timeout(silence):  # asyncio.wait_for of Python 3.11 may overlook that its task is cancelled
        return await reader.read(4096)


async def control(guard: FuseGuard, charger: Charger, *, period: float = 1) -> None:
    """Tell the charger what it may take, once in a period, whether anything has come or not; a pause at the end."""
    try:
        while True:
            current = guard.headroom(datetime.now(UTC)).current
            charger.set_limit(current if current >= LEAST else 0)
            await asyncio.sleep(period)
    finally:
        charger.set_limit(0)


async def keep(connect: Connect, guard: FuseGuard, charger: Charger) -> None:
    """Both at once; where one fails the other ends, too, and the charger pauses."""
    async with asyncio.TaskGroup() as group:
        group.create_task(control(guard, charger))
        group.create_task(listen(connect, guard, charger))


class PrintedCharger:
    """Stands in for yours."""

    def measured_current(self) -> float:
        """It draws nothing."""
        return 0

    def set_limit(self, amperes: float) -> None:
        """Say so."""
        print(f"{datetime.now(UTC):%H:%M:%S} {amperes:.1f} A", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:  # noqa: PLR2004  its own name, host, port, fuse
        sys.exit("usage: charger.py HOST PORT FUSE")
    host, port, fuse = sys.argv[1:]
    gateway = partial(asyncio.open_connection, host, int(port))
    asyncio.run(keep(gateway, FuseGuard(float(fuse), Wiring.FOUR_WIRE), PrintedCharger()))
