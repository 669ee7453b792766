"""Print the measurements from a TCP gateway, and reconnect after it disconnects.

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


async def measurements(
    host: str, port: int, *, pause: float = 5, silence: float = 60
) -> AsyncIterator[Measurement]:
    """Yield measurements until the program is interrupted.

    One decoder serves all connections, so a truncated frame has no influence on other
    frames. A gateway without power does not close the connection. So `silence` seconds
    without a byte also end the connection.
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
        except OSError as error:  # this includes TimeoutError, which has no message
            reason = str(error) or f"silent for {silence} s"
            print(f"{host}:{port}: {reason}", file=sys.stderr)
        for measurement in decoder.flush():
            yield measurement
        await asyncio.sleep(pause)


async def _read(reader: asyncio.StreamReader, silence: float) -> bytes:
    # asyncio.wait_for in Python 3.11 can miss the cancellation of its task
    async with asyncio.timeout(silence):
        return await reader.read(4096)


async def main(host: str, port: int) -> None:
    """Print every measurement."""
    async for measurement in measurements(host, port):
        print(measurement, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004  the program, host, port
        sys.exit("usage: tcp_gateway.py HOST PORT")
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
