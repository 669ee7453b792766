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


async def measurements(host: str, port: int, *, pause: float = 5) -> AsyncIterator[Measurement]:
    """Every measurement, without end. One decoder for all connections: what one of them broke off harms nothing."""
    decoder = Decoder()
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            with closing(writer):
                while chunk := await reader.read(4096):
                    for measurement in decoder.feed(chunk):
                        yield measurement
        except OSError as error:
            print(f"{host}:{port}: {error}", file=sys.stderr)
        for measurement in decoder.flush():
            yield measurement
        await asyncio.sleep(pause)


async def main(host: str, port: int) -> None:
    """Print them."""
    async for measurement in measurements(host, port):
        print(measurement, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
