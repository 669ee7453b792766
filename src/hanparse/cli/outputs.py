"""Sends bytes to the clients of a TCP port, to a pseudo terminal, to a file or to standard output.

`output` opens one of these.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from hanparse.sources.address import host_and_port
from hanparse.sources.network import file_path, host_text

if TYPE_CHECKING:
    from collections.abc import Iterable

STANDARD_OUTPUT: Final = "-"
PTY: Final = "pty"
_TCP: Final = "tcp:"
_FILE: Final = "file:"
_POLL: Final = 0.5  # s; Windows handles an interrupt only between two calls of select


class Output(Protocol):
    """An `Output` is a destination of bytes. `address` is its URL or path.

    `address` is empty for a file and for standard output, because the user knows them.
    """

    address: str

    def send(self, data: bytes) -> None:
        """Send bytes. Raises `OSError` if a file or standard output cannot take them, as on a full disk."""

    def drop(self) -> None:
        """Close the connections of all clients."""

    def close(self) -> None:
        """Close the output."""


def output(url: str, *, waits: bool = False) -> Output:
    """Open the output ``tcp://host:port``, ``pty`` (a pseudo terminal), ``-`` (standard output), or the file of a path.

    With `waits`, `send` waits until the buffers to the readers have taken the bytes, and a TCP port waits until it has
    a client.
    Without `waits`, a pseudo terminal drops bytes that do not fit in its buffer, and a TCP port closes the connection
    to a client that reads too slowly. Raises `ValueError` if the URL has another scheme or form, or if Windows has no
    such output. Raises `OSError` if the output cannot be opened.
    """
    if url == STANDARD_OUTPUT:
        return _File(sys.stdout.buffer)
    if url == PTY:
        return _Terminal(waits=waits)
    if url.startswith(_TCP):
        return _Port(*host_and_port(url, lowest=0), waits=waits)
    if url.startswith(_FILE):
        return _File(Path(file_path("file", url.removeprefix(_FILE))).open("wb"))
    if "://" in url:
        scheme = url.partition(":")[0]
        raise ValueError(f"expected tcp://host:port, {PTY}, a file, or {STANDARD_OUTPUT}; found the scheme {scheme!r}")
    return _File(Path(url).open("wb"))


class _File:
    address = ""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def send(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()

    def drop(self) -> None:
        """Do nothing: a file has no clients."""

    def close(self) -> None:
        if self._file is not sys.stdout.buffer:
            self._file.close()


class _Terminal:
    def __init__(self, *, waits: bool) -> None:
        try:
            import pty  # noqa: PLC0415  not on Windows
            import tty  # noqa: PLC0415
        except ImportError:
            raise ValueError(f"expected tcp://host:port or a file: Windows has no {PTY}") from None
        # this program keeps both ends open, because a write fails while the other end is closed
        self._meter, self._port = pty.openpty()
        tty.setraw(self._port)
        os.set_blocking(self._meter, False)
        self._waits = waits
        self.address = os.ttyname(self._port)

    def send(self, data: bytes) -> None:
        while data:
            if self._waits:
                select.select([], [self._meter], [])
            with suppress(BlockingIOError):
                data = data[os.write(self._meter, data) :]
            if not self._waits:
                return

    def drop(self) -> None:
        """Do nothing: a terminal has no connection."""

    def close(self) -> None:
        os.close(self._meter)
        os.close(self._port)


class _Port:
    def __init__(self, host: str, port: int, *, waits: bool) -> None:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        self._server = socket.create_server((host, port), family=family)
        self._server.settimeout(0)
        self._clients: list[socket.socket] = []
        self._waits = waits
        self.address = f"tcp://{host_text(host)}:{self._server.getsockname()[1]}"

    def send(self, data: bytes) -> None:
        self._accept()
        while self._waits and not self._clients:
            select.select([self._server], [], [], _POLL)
            self._accept()
        self._close(client for client in self._clients if not self._sent(client, data))

    def _sent(self, client: socket.socket, data: bytes) -> bool:
        try:
            if self._waits:
                client.sendall(data)
                return True
            return client.send(data) == len(data)
        except OSError:
            return False

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                client = self._server.accept()[0]
                client.setblocking(self._waits)
                self._clients.append(client)

    def drop(self) -> None:
        self._accept()
        self._close(self._clients)

    def _close(self, clients: Iterable[socket.socket]) -> None:
        for client in list(clients):
            self._clients.remove(client)
            client.close()

    def close(self) -> None:
        self.drop()
        self._server.close()
