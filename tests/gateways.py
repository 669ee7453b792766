"""A TCP gateway in a thread: it sends bytes to each client and then keeps the connection open."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


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
