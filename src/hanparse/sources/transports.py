"""Opens the connections of each kind of URL: one async generator of bytes for one connection.

A transport ends when its peer closes the connection, and raises `OSError` when the connection fails. It knows nothing
of decoders and never connects again: `hanparse.sources.source` does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from io import FileIO

CHUNK: Final = 4096
_PARITIES: Final = ("E", "N", "O")
CONNECT_TIMEOUT: Final = 10.0  # s


class Address(NamedTuple):
    """A URL in its parts."""

    scheme: str
    target: str
    """The path of a device or file, or host:port."""
    host: str
    port: int
    options: Mapping[str, str]


def parse(url: str) -> Address:
    """Return the parts of a URL. Raises `ValueError` for a URL that no transport opens; it does not show the URL."""
    if url == "-":
        return Address("-", "-", "", 0, {})
    scheme, colon, rest = url.partition(":")
    if not colon or len(scheme) == 1 or scheme not in TRANSPORTS:
        if "://" in url:
            raise ValueError(f"expected a URL with {', '.join(TRANSPORTS)}, or a path, found the scheme {scheme!r}")
        scheme, rest = "serial", url
    if scheme == "tcp":
        return _tcp_address(rest)
    path, _, query = rest.removeprefix("//").partition("?")
    if not path:
        raise ValueError(f"expected a path after {scheme}:, found none")
    options = dict(parse_qsl(query))
    baud, parity = options.get("baud", "2400"), options.get("parity", "E")
    if scheme == "serial" and not (baud.isdecimal() and parity in _PARITIES):
        raise ValueError("expected baud=2400 or another number, and parity=E, N or O, found another value")
    return Address(scheme, path, "", 0, options)


def _tcp_address(rest: str) -> Address:
    parts = urlsplit("//" + rest.removeprefix("//"))
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = parts.hostname, None
    if not host or not port:
        raise ValueError("expected tcp://host:port with a port from 1 to 65535, found another form")
    return Address("tcp", f"{host}:{port}", host, port, {})


async def _tcp(address: Address) -> AsyncGenerator[bytes, None]:
    async with asyncio.timeout(CONNECT_TIMEOUT):
        reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        while chunk := await reader.read(CHUNK):
            yield chunk
    finally:
        writer.transport.abort()  # close would wait for a peer that is gone


async def _serial(address: Address) -> AsyncGenerator[bytes, None]:
    import serialx  # noqa: PLC0415  an extra, which `check` looks for

    baud, parity = int(address.options.get("baud", "2400")), serialx.Parity(address.options.get("parity", "E"))
    try:
        reader, writer = await serialx.open_serial_connection(address.target, baudrate=baud, parity=parity)
        try:
            while chunk := await reader.read(CHUNK):
                yield chunk
        finally:
            writer.transport.abort()
    except serialx.SerialException as error:  # it is no OSError
        raise OSError(str(error)) from error


async def _file(address: Address) -> AsyncGenerator[bytes, None]:
    """Read in a thread that does not keep the program from ending, because standard input may never end."""
    path, is_input = (0, True) if address.scheme == "-" else (address.target, False)
    # without a buffer, because its lock, held by a thread that waits, would abort the end of the program
    stream = await asyncio.to_thread(open, path, "rb", buffering=0, closefd=not is_input)
    try:
        while chunk := await _read(asyncio.get_running_loop(), stream):
            yield chunk
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


TRANSPORTS: Final[Mapping[str, Callable[[Address], AsyncGenerator[bytes, None]]]] = {
    "serial": _serial,
    "tcp": _tcp,
    "file": _file,
    "-": _file,
}
"""The transports by their schemes."""
ENDING: Final = frozenset({"file", "-"})
"""The schemes whose end is the end of the input."""
