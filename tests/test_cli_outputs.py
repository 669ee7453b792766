"""Outputs of a simulated meter: clients of a port that come, go and do not read, a terminal, a file."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hanparse.cli.outputs import output

if TYPE_CHECKING:
    from pathlib import Path

DATA = bytes(range(256))
SLOW = 60  # s
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")


def client_of(address: str) -> socket.socket:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=SLOW)


def received(client: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count and (more := client.recv(1 << 16)):
        found += more
    return bytes(found)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_every_client_gets_what_is_sent_after_it_came(host: str) -> None:
    if host == "[::1]" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with closing(output(f"tcp://{host}:0")) as port:
        port.send(b"lost: there is no client")
        with client_of(port.address) as one, client_of(port.address) as other:
            port.send(DATA)
            assert received(one, len(DATA)) == DATA
            assert received(other, len(DATA)) == DATA


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_a_client_that_has_left_or_does_not_read_is_closed_and_harms_no_other() -> None:
    with closing(output("tcp://127.0.0.1:0")) as port, client_of(port.address) as good, client_of(port.address) as mute:
        client_of(port.address).close()
        for _ in range(1500):  # 24 MB, more than the buffers of two sockets
            port.send(DATA * 64)
            assert received(good, len(DATA) * 64) == DATA * 64
        assert len(received(mute, 1 << 30)) < 1500 * 64 * len(DATA)  # and then the end of the connection


def test_an_output_that_waits_gives_a_client_everything() -> None:
    with closing(output("tcp://127.0.0.1:0", waits=True)) as port:

        def send() -> None:
            for _ in range(1000):
                port.send(DATA * 16)

        sending = threading.Thread(target=send)
        sending.start()
        with client_of(port.address) as client:
            assert received(client, 1000 * 16 * len(DATA)) == DATA * 16_000
        sending.join(SLOW)
        assert not sending.is_alive()


def test_dropping_closes_the_clients_and_not_the_port() -> None:
    with closing(output("tcp://127.0.0.1:0")) as port, client_of(port.address) as one:
        port.drop()
        assert received(one, 1) == b""
        with client_of(port.address) as other:
            port.send(DATA)
            assert received(other, len(DATA)) == DATA


@posix
@pytest.mark.parametrize("waits", [False, True])
def test_a_terminal_gives_bytes_unchanged_also_those_with_a_meaning(waits: bool) -> None:
    with closing(output("pty", waits=waits)) as terminal:
        port = os.open(terminal.address, os.O_RDONLY | os.O_NOCTTY)
        try:
            terminal.send(DATA)
            terminal.drop()
            found = b""
            while len(found) < len(DATA):
                found += os.read(port, 4096)
            assert found == DATA
        finally:
            os.close(port)


@posix
def test_a_terminal_without_a_reader_loses_bytes_and_never_waits() -> None:
    with closing(output("pty")) as terminal:
        for _ in range(1000):
            terminal.send(DATA)


@pytest.mark.parametrize("scheme", ["", "file:", "file://"])
def test_a_file_is_written_at_once(tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "meter.bin"
    with closing(output(f"{scheme}{path}")) as file:
        file.send(DATA)
        file.drop()
        assert path.read_bytes() == DATA
        assert file.address == ""


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://host", "found the scheme 'http'"),
        ("tcp://host", "expected tcp://host:port with a port from 0 to 65535"),
        ("tcp:", "expected tcp://host:port"),
    ],
)
def test_a_wrong_url_is_an_error(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        output(url)


def test_windows_has_no_terminal_and_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pty", None)
    with pytest.raises(ValueError, match="Windows has no pty"):
        output("pty")
