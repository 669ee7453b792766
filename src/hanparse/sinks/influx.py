r"""Writes the line protocol of InfluxDB over HTTP or UDP, to standard output or to a file.

InfluxDB 1 to 3, Telegraf, QuestDB and VictoriaMetrics read this protocol. Every number is written as a float, because
InfluxDB refuses a field that is an integer in one line and a float in another line. Source of the syntax: "Line
protocol" in the documentation of InfluxDB. In a tag, ``\`` escapes ``,``, ``=`` and space.
"""

from __future__ import annotations

import asyncio
import re
import socket
from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from hanparse.sinks.jsonlines import write
from hanparse.sources.background import in_background

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hanparse.sinks.outlet import Outlet
    from hanparse.sinks.target import Target
    from hanparse.sinks.update import Update

MEASUREMENT: Final = "hanparse"
ANSWER_TIMEOUT: Final = 10.0
"""The longest time in s for the connection, the request and its answer."""
_PORT: Final = 8086
_REFUSED: Final = (400, 413, 422)  # HTTP statuses after which the server would also refuse the line a second time
_TAG: Final = re.compile(r"([,= ])")
_NOT_IN_TAGS: Final = re.compile(r"[\\\x00-\x1f\x7f]")


def line(update: Update) -> str:
    """Return one line for an update, with its time `at` in ns. The line is empty if the update contains no number."""
    numbers = update.numbers() | update.estimates()
    values = ",".join(f"{name}={float(value)!r}" for name, value in numbers.items())
    time = int(update.at.timestamp()) * 1_000_000_000 + update.at.microsecond * 1000
    return f"{MEASUREMENT},meter={_tag(update.meter.name)} {values} {time}\n" if values else ""


def _tag(text: str) -> str:
    r"""Return the value of a tag. ``_`` replaces characters that cannot be escaped: ``\`` and control characters."""
    return _TAG.sub(r"\\\1", _NOT_IN_TAGS.sub("_", text))


class Influx:
    """Writes the line protocol to a server or a file."""

    def __init__(self, target: Target) -> None:
        self._target = target
        # one line per request: a server can refuse the request for one line; one line per datagram: a datagram is small
        self._is_single = target.scheme != "influx+file"
        self._send: Callable[[bytes], Awaitable[int]] = {
            "influx+udp": self._datagram,
            "influx+file": self._file,
        }.get(target.scheme, self._post)

    async def __call__(self, outlet: Outlet) -> None:
        """Send every update. Drop each line that the server refuses."""
        while True:
            updates = [await outlet.first()] if self._is_single else await outlet.all()
            lines = outlet.converted(updates, lambda update: line(update).encode())
            status = await self._send(text) if (text := b"".join(one for _, one in lines)) else 0
            if status in _REFUSED:
                outlet.refuse(updates[0], f"the server refuses a line with status {status}")
            else:
                outlet.done(*(update for update, _ in lines))

    async def _file(self, text: bytes) -> int:
        await in_background(partial(write, self._target.path, text))
        return 0

    async def _datagram(self, text: bytes) -> int:
        loop, target = asyncio.get_running_loop(), self._target
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(target.host, target.port or _PORT), family=socket.AF_UNSPEC
        )
        try:
            transport.sendto(text)
        finally:
            transport.close()
        return 0

    async def _post(self, text: bytes) -> int:
        """Send a request, and return the status of the answer: a success, or one of `_REFUSED`.

        Raises `OSError` for every other result, because a later attempt can succeed.
        """
        is_secure = self._target.scheme == "influx+https"
        port = self._target.port or _PORT
        async with asyncio.timeout(ANSWER_TIMEOUT):
            reader, writer = await asyncio.open_connection(self._target.host, port, ssl=is_secure or None)
            try:
                writer.write(self._request(text))
                status = _status(await reader.readline())
            finally:
                writer.transport.abort()
        if not (200 <= status < 300 or status in _REFUSED):  # noqa: PLR2004  the statuses of success
            raise OSError(f"expected status 204, found {status}{_HINTS.get(status, '')}")
        return status

    def _request(self, body: bytes) -> bytes:
        target = self._target
        options = dict(parse_qsl(target.query))
        token = options.pop("token", None)
        heads = [
            f"POST /{target.path or 'write'}?{urlencode(options)} HTTP/1.1",
            f"Host: {target.host}:{target.port or _PORT}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        if token is not None:
            heads.append(f"Authorization: Token {token}")
        elif target.username is not None:
            login = f"{target.username}:{target.password or ''}"
            heads.append(f"Authorization: Basic {b64encode(login.encode()).decode()}")
        return "\r\n".join([*heads, "", ""]).encode() + body


_HINTS: Final = {
    401: ": user and password, or the token, are wrong or missing",
    403: ": the token has no right to write",
    404: ": there is no database, bucket or path of this name",
}


def _status(first: bytes) -> int:
    """Return the status of an answer, such as ``HTTP/1.1 204 No Content``."""
    parts = first.split(maxsplit=2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():  # noqa: PLR2004  version, status
        raise OSError("expected an answer of HTTP, found none")
    return int(parts[1])
