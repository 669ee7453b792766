"""Print what a meter pushes through a TCP gateway, and connect again whenever the gateway goes away.

python examples/tcp_gateway.py 192.168.1.20 3001
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from hanparse import Decoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hanparse import Measurement


async def measurements(host: str, port: int, *, pause: float = 5, silence: float = 60) -> AsyncIterator[Measurement]:
    """Every measurement, without end. One decoder for all connections: what one of them broke off harms nothing.

    A gateway that lost its power says no goodbye, so `silence` seconds without a byte end a connection, too.
    """
    decoder = Decoder()
    while True:
        try:
            async with asyncio.timeout(silence):
                reader, writer = await asyncio.open_connection(host, port)
            with closing(writer):
                while chunk := await _read(reader, silence):
                    for measurement in decoder.feed(chunk):
                        yield measurement
        except OSError as error:  # also TimeoutError, which says nothing of its own
            print(f"{host}:{port}: {str(error) or f'silent for {silence} s'}", file=sys.stderr)
        for measurement in decoder.flush():
            yield measurement
        await asyncio.sleep(pause)


async def _read(reader: asyncio.StreamReader, silence: float) -> bytes:
    async with asyncio.timeout(silence):  # asyncio.wait_for of Python 3.11 may overlook that its task is cancelled
        return await reader.read(4096)


async def main(host: str, port: int) -> None:
    """Print them."""
    async for measurement in measurements(host, port):
        print(measurement, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004  its own name, host, port
        sys.exit("usage: tcp_gateway.py HOST PORT")
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
