"""Keep a charger below the main fuse, even if the meter or the gateway fails.

    python examples/charger.py 192.168.1.20 3001 25

The program reads a TCP gateway, in a house with a TN net and a main fuse of 25 A, and
prints the limits that a charger would receive. The meter may be silent or send noise,
and the gateway may be disconnected. For your charger, write a class with the two
methods of `Charger`. If the charger has a fallback limit for a lost connection, set it
too: a program can end at any time.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from hanparse import Decoder, Wiring
from hanparse.energy.headroom import FuseGuard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

LEAST: Final = 6.0  # A; IEC 61851-1 has no signal for a lower current
LATENCY: Final = 5.0  # s; a push is at most this old when it arrives


class Charger(Protocol):
    """A charger with a current limit. Both methods must return quickly."""

    def measured_current(self) -> float:
        """Return the measured current of each line in A, not the limit.

        Return 0 if the charger does not measure it.
        """

    def set_limit(self, amperes: float) -> None:
        """Limit the current of the charger to `amperes`. 0 pauses the charger."""


class Lowest:
    """A charger that returns the lowest measured current of the last seconds.

    A push shows the current of the charger at an earlier moment. If the current has
    changed since, the guard needs the lower one.
    """

    def __init__(self, charger: Charger) -> None:
        """Begin with 0 A: the earlier currents are not known."""
        self._charger = charger
        self._measured = deque([(monotonic(), 0.0)])

    def measured_current(self) -> float:
        """Measure, and return the lowest current of the last `LATENCY` seconds in A."""
        now = monotonic()
        self._measured.append((now, self._charger.measured_current()))
        while self._measured[0][0] < now - LATENCY:
            self._measured.popleft()
        return min(current for _, current in self._measured)

    def set_limit(self, amperes: float) -> None:
        """Limit the current of the charger."""
        self._charger.set_limit(amperes)


async def listen(
    connect: Connect,
    guard: FuseGuard,
    charger: Charger,
    *,
    silence: float = 60,
    pause: float = 5,
) -> None:
    """Pass every measurement to the guard, until this task is cancelled.

    Reconnect after `silence` seconds without a byte.
    """
    decoder = Decoder(on_error=lambda _error: guard.bad_data(datetime.now(UTC)))
    while True:
        try:
            async with asyncio.timeout(silence):
                reader, writer = await connect()
            with closing(writer):
                while chunk := await _read(reader, silence):
                    for measurement in decoder.feed(chunk):
                        drawn = charger.measured_current()
                        guard.update(measurement, datetime.now(UTC), charging=drawn)
        except OSError as error:  # this includes TimeoutError, which has no message
            print(str(error) or f"silent for {silence} s", file=sys.stderr)
        await asyncio.sleep(pause)


async def _read(reader: asyncio.StreamReader, silence: float) -> bytes:
    # asyncio.wait_for in Python 3.11 can miss the cancellation of its task
    async with asyncio.timeout(silence):
        return await reader.read(4096)


async def control(guard: FuseGuard, charger: Charger, *, period: float = 1) -> None:
    """Set the limit of the charger once in each period, with and without pushes.

    Pause the charger at the end.
    """
    try:
        while True:
            current = guard.headroom(datetime.now(UTC)).current
            charger.set_limit(current if current >= LEAST else 0)
            charger.measured_current()  # `Lowest` remembers it
            await asyncio.sleep(period)
    finally:
        charger.set_limit(0)


async def keep(connect: Connect, guard: FuseGuard, charger: Charger) -> None:
    """Run `listen` and `control` together.

    If one function fails, the other function also ends, and the charger pauses.
    """
    charger = Lowest(charger)
    async with asyncio.TaskGroup() as group:
        group.create_task(control(guard, charger))
        group.create_task(listen(connect, guard, charger))


class PrintedCharger:
    """Prints the limits. Replace it by a class for your charger."""

    def measured_current(self) -> float:
        """Return 0: this charger draws nothing."""
        return 0

    def set_limit(self, amperes: float) -> None:
        """Print the limit."""
        print(f"{datetime.now(UTC):%H:%M:%S} {amperes:.1f} A", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:  # noqa: PLR2004  the program, host, port, fuse
        sys.exit("usage: charger.py HOST PORT FUSE")
    host, port, fuse = sys.argv[1:]
    gateway = partial(asyncio.open_connection, host, int(port))
    guard = FuseGuard(float(fuse), Wiring.FOUR_WIRE)
    asyncio.run(keep(gateway, guard, PrintedCharger()))
