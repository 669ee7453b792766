"""Real peers of the bridge over the loopback interface: a mosquitto, a listener, a gateway, the command itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from getpass import getuser
from typing import IO, TYPE_CHECKING, Any, Self

import brokers
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LONGEST = 60.0
"""The time in s after which a test fails; how fast the machine is does not matter."""
USER = "bridge"


def until(condition: Callable[[], Any], what: str = "") -> Any:  # noqa: ANN401  the value that is true
    """Wait for the event itself."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {LONGEST} s: {what}")


class Broker(brokers.Broker):
    """A mosquitto that runs in a block, can be killed, and keeps nothing then."""

    def __init__(self, folder: Path, password: str | None = None) -> None:
        if brokers.MOSQUITTO is None:
            pytest.skip("mosquitto is not installed: apt-get install mosquitto")
        access = "allow_anonymous true"
        if password is not None:
            users = folder / "users"
            users.touch(0o600)
            command = [shutil.which("mosquitto_passwd") or "", "-b", str(users), USER, password]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            access = f"allow_anonymous false\npassword_file {users}\nuser {getuser()}"
        super().__init__(folder, access)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"mqtt://{brokers.HOST}:{self.port}"


class Listener:
    """A subscriber that keeps every message; `kept` are those that the broker had kept before it came."""

    def __init__(self, broker: Broker, password: str | None = None) -> None:
        client = pytest.importorskip("paho.mqtt.client", reason="the extra mqtt is not installed")
        self.messages: list[tuple[str, bytes]] = []
        self.kept: dict[str, bytes] = {}
        self._ready = threading.Event()
        self._client = client.Client(client.CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(None if password is None else USER, password)
        self._client.on_message = self._take
        self._client.on_connect = lambda *_: self._client.subscribe("#", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._port = broker.port

    def _take(self, _client: object, _data: object, message: Any) -> None:  # noqa: ANN401  a message of paho
        if message.retain:
            self.kept[message.topic] = message.payload
        self.messages.append((message.topic, message.payload))

    def __enter__(self) -> Self:
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._ready.wait(LONGEST)
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(LONGEST)

    def last(self, topic: str) -> bytes | None:
        return next((payload for name, payload in reversed(self.messages) if name == topic), None)

    def wait(self, topic: str, expected: Callable[[Any], bool] = lambda _payload: True) -> Any:  # noqa: ANN401  JSON
        """Wait for a message on the topic that is as expected; it is JSON, else a text."""
        seen = 0

        def look() -> list[Any]:
            nonlocal seen
            new, seen = self.messages[seen:], len(self.messages)
            return [[found] for name, payload in new if name == topic and expected(found := _content(payload))]

        return until(look, topic)[0][0]


def _content(payload: bytes) -> Any:  # noqa: ANN401  JSON
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode()


class Gateway:
    """A gateway in front of a meter: it sends to the newest connection what it is told."""

    def __init__(self, port: int = 0) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self._connections: list[socket.socket] = []
        self.url = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._connections.append(self._server.accept()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for one in (*self._connections, self._server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def connected(self) -> int:
        """The number of connections."""
        return len(self._connections)

    def send(self, *pushes: bytes) -> None:
        until(lambda: self._connections, "the bridge connects")
        for push in pushes:
            self._connections[-1].sendall(push)

    def disconnected(self) -> None:
        """Forget the connections of a bridge that has ended."""
        for one in self._connections:
            one.close()
        self._connections.clear()


def _read(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line)  # noqa: PERF402  others look at the list meanwhile


class Command:
    """`hanparse bridge` in a process of its own."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "hanparse", "bridge", *arguments]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.log: list[str] = []
        self.output: list[str] = []
        self._readers = [
            threading.Thread(target=_read, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self.output), (self.process.stderr, self.log))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self._end()

    def _end(self) -> int:
        status = self.process.wait(LONGEST)
        for reader in self._readers:
            reader.join(LONGEST)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return status

    def logged(self, text: str) -> str:
        """Wait for a line of the log that contains the text."""
        found: str = until(lambda: next((line for line in self.log if text in line), ""), text)
        return found

    def terminate(self) -> tuple[int, float]:
        """Send SIGTERM; return the exit status and the time in s that the command needed."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(LONGEST)
        passed = time.monotonic() - start
        self._end()
        return status, passed
