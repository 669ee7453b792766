"""TCP gateways on the loopback interface, in this loop and in a thread, and sources that connect to them."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Self

from hanparse import Decoder, Measurement
from hanparse.simulate import simulate
from hanparse.sources.address import parse
from hanparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SLOW: Final = 60.0  # s that anything may take on a busy machine
PUSHES = [push.data for push in islice(simulate("kaifa", seed=5), 40)]
STREAM = b"".join(PUSHES)
EXPECTED = Decoder().feed(STREAM)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def gateway(handler: Handler, port: int = 0) -> AsyncIterator[str]:
    """A gateway on a port, by default one that is free; its URL."""

    tasks, writers = set(), set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        writers.add(writer)
        with suppress(ConnectionError):
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        await asyncio.sleep(0.05)  # a connection may be accepted that its peer has left
        server.close()
        for task in tasks:
            if task is not None:
                task.cancel()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)  # the transports close in the next turn of the loop


def fast(url: str, **options: Any) -> Source:  # noqa: ANN401  as declared
    """A source that does not wait long before it connects again."""
    return Source(parse(url), **{"first_pause": 0.01, "longest_pause": 0.05} | options)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(SLOW):
        while not condition():  # noqa: ASYNC110  the source has no event for it
            await asyncio.sleep(0.01)


async def take(source: Source, count: int) -> list[Measurement]:
    async with asyncio.timeout(SLOW):
        return [await anext(source) for _ in range(count)]


def values(found: list[Measurement]) -> list[tuple[object, ...]]:
    return [(m.timestamp, m.active_power_import, m.active_energy_import) for m in found]


class Gateway:
    """Sends `stream` to each client. `connected` is set by the first one."""

    def __init__(self, stream: bytes) -> None:
        self.connected = threading.Event()
        self._stream = stream
        self._clients: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client = self._server.accept()[0]
                self._clients.append(client)
                self.connected.set()
                with suppress(OSError):  # the client has left
                    client.sendall(self._stream)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._clients:
            client.close()
        self._thread.join()
