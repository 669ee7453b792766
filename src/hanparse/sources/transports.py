"""Opens the connections of each kind of URL: one async generator of `Piece`s for one connection.

A transport ends when its peer closes the connection, and raises `OSError` when the connection fails. It knows nothing
of decoders and never connects again: `hanparse.sources.source` does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final

from hanparse.sources.address import DEVICES
from hanparse.sources.installed import installed_transport
from hanparse.sources.mqtt import messages
from hanparse.sources.piece import CONNECT_TIMEOUT, Piece

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from io import FileIO

    from hanparse.sources.address import Address

    Pieces = AsyncGenerator[Piece, None]
    Transport = Callable[[Address], Pieces]

CHUNK: Final = 4096
_CLOSE_TIMEOUT: Final = 1.0  # s


async def _tcp(address: Address) -> Pieces:
    async with asyncio.timeout(CONNECT_TIMEOUT):
        reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        while chunk := await reader.read(CHUNK):
            yield Piece(chunk)
    finally:
        writer.transport.abort()  # close would wait for a peer that is gone


async def _serial(address: Address) -> Pieces:
    import serialx  # noqa: PLC0415  an extra, which `check` looks for

    line = {"baudrate": address.baud, "parity": serialx.Parity(address.parity)}
    try:
        reader, writer = await serialx.open_serial_connection(address.url, **line)
        try:
            while chunk := await reader.read(CHUNK):
                yield Piece(chunk)
        finally:
            writer.transport.abort()
            with suppress(Exception):  # a thread closes the port, which is locked until then
                async with asyncio.timeout(_CLOSE_TIMEOUT):
                    await writer.wait_closed()
    except serialx.SerialException as error:  # it is no OSError
        raise OSError(str(error).replace(address.url, f"{address.scheme}:{address.target}")) from None


async def _file(address: Address) -> Pieces:
    """Read in a thread that does not keep the program from ending, because standard input may never end."""
    path, is_input = (0, True) if address.scheme == "-" else (address.target, False)
    # without a buffer, because its lock, held by a thread that waits, would abort the end of the program
    stream = await asyncio.to_thread(open, path, "rb", buffering=0, closefd=not is_input)
    try:
        while chunk := await _read(asyncio.get_running_loop(), stream):
            yield Piece(chunk)
    finally:
        if not is_input:
            stream.close()


async def _read(loop: asyncio.AbstractEventLoop, stream: FileIO) -> bytes:
    answer: asyncio.Future[bytes] = loop.create_future()

    def give(chunk: bytes | OSError) -> None:
        if answer.done():  # the reader was cancelled
            return
        if isinstance(chunk, OSError):
            answer.set_exception(chunk)
        else:
            answer.set_result(chunk)

    def run() -> None:
        try:
            chunk: bytes | OSError = stream.read(CHUNK)
        except OSError as error:
            chunk = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(give, chunk)

    Thread(target=run, daemon=True).start()
    return await answer


TRANSPORTS: Final[Mapping[str, Transport]] = {
    "serial": _serial,
    **dict.fromkeys(DEVICES, _serial),
    "tcp": _tcp,
    "mqtt": messages,
    "mqtts": messages,
    "file": _file,
    "-": _file,
}
"""The transports by their schemes."""


def transport_of(scheme: str) -> Transport:
    """Return the transport for a scheme, if necessary from an installed package."""
    return TRANSPORTS.get(scheme) or installed_transport(scheme)
