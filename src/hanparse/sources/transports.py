"""Defines the transports. The transport of a scheme opens one connection and yields the `Piece`s that it receives.

A transport is an async generator. It ends when its peer closes the connection, and raises `OSError` if the connection
fails. It does not decode, and it does not connect again: `hanparse.sources.source` does both.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from hanparse.sources.address import DEVICES
from hanparse.sources.background import in_background
from hanparse.sources.installed import installed_transport
from hanparse.sources.mqtt import messages
from hanparse.sources.piece import Piece, connecting

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from hanparse.sources.address import Address

    Pieces = AsyncGenerator[Piece, None]
    Transport = Callable[[Address], Pieces]

CHUNK: Final = 4096
_CLOSE_TIMEOUT: Final = 1.0  # s


async def _tcp(address: Address) -> Pieces:
    async with connecting(address.host, address.port):
        reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        while chunk := await reader.read(CHUNK):
            yield Piece(chunk)
    finally:
        writer.transport.abort()  # `close` would wait for a peer that does not answer


async def _serial(address: Address) -> Pieces:
    import serialx  # noqa: PLC0415  an extra, which `check_extra` looks for

    line = {"baudrate": address.baud, "parity": serialx.Parity(address.parity)}
    try:
        reader, writer = await serialx.open_serial_connection(address.url, **line)
        try:
            while chunk := await reader.read(CHUNK):
                yield Piece(chunk)
        finally:
            writer.transport.abort()
            with suppress(Exception):  # a thread closes the port; the port is locked until the thread ends
                async with asyncio.timeout(_CLOSE_TIMEOUT):
                    await writer.wait_closed()
    except serialx.SerialException as error:  # a SerialException is not an OSError
        raise OSError(str(error).replace(address.url, f"{address.scheme}:{address.target}")) from None


async def _file(address: Address) -> Pieces:
    """Read in a thread. The end of the program does not wait for this thread, because standard input may never end."""
    path, is_input = (0, True) if address.scheme == "-" else (address.target, False)
    # unbuffered: a waiting thread holds the lock of the buffer, and Python aborts if it cannot get this lock at exit
    stream = await asyncio.to_thread(open, path, "rb", buffering=0, closefd=not is_input)
    try:
        while chunk := await in_background(partial(stream.read, CHUNK)):
            yield Piece(chunk)
    finally:
        if not is_input:
            stream.close()


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
    """Return the transport for a scheme, from this module or from an installed package."""
    return TRANSPORTS.get(scheme) or installed_transport(scheme)
