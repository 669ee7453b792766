"""The command `hanparse simulate`, as a process of its own that other programs read."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from hanparse import Decoder, Measurement
from hanparse.cli.main import main
from hanparse.simulate import Faults, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOW = 60  # s that a process may take on a busy machine
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither pseudo terminals nor SIGTERM")


@contextmanager
def simulated(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A simulated meter, and the address that it printed."""
    command = [sys.executable, "-m", "hanparse", "simulate", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as meter:
        try:
            assert meter.stdout is not None
            yield meter, meter.stdout.readline().strip()
        finally:
            meter.kill()


def connected(address: str) -> socket.socket:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=SLOW)


def first_measurement(client: socket.socket) -> Measurement:
    decoder = Decoder()
    while True:
        received = client.recv(4096)
        assert received, "expected a measurement before the end of the connection"
        if found := decoder.feed(received):
            return found[0]


@pytest.mark.parametrize("meter", ["aidon", "embriq", "kaifa", "kamstrup", "p1"])
def test_a_file_has_the_bytes_of_the_pushes(tmp_path: Path, meter: str) -> None:
    path = tmp_path / "meter.bin"
    faults = ["--noise", "0.5", "--cut", "0.1", "--damaged", "0.1", "--lost", "0.1", "--seed", "7"]
    assert main(["simulate", meter, str(path), "--speed", "0", "--count", "50", *faults]) == 0
    pushes = simulate(meter, seed=7, faults=Faults(0.5, 0.1, 0.1, 0.1))
    assert path.read_bytes() == b"".join(push.data for push in islice(pushes, 50))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_every_client_of_a_port_gets_the_pushes(host: str) -> None:
    with (
        simulated("kaifa", f"tcp://{host}:0", "--speed", "100") as (_, address),
        connected(address) as one,
        connected(address) as other,
    ):
        assert first_measurement(one).active_power_import is not None
        assert first_measurement(other).active_power_import is not None


def test_a_client_that_does_not_read_harms_no_other() -> None:
    with simulated("p1", "tcp://127.0.0.1:0", "--speed", "20000") as (_, address), connected(address):
        for _ in range(3):
            with connected(address) as client:
                assert first_measurement(client).active_power_import is not None


def test_a_port_without_waiting_begins_with_its_first_client() -> None:
    with simulated("kaifa", "tcp://127.0.0.1:0", "--speed", "0", "--count", "300") as (meter, address):
        with connected(address) as client:
            received = b"".join(iter(lambda: client.recv(4096), b""))
        assert received == b"".join(push.data for push in islice(simulate("kaifa"), 300))
        assert meter.wait(SLOW) == 0


def test_a_mute_meter_keeps_the_connection_open() -> None:
    with (
        simulated("kaifa", "tcp://127.0.0.1:0", "--speed", "0", "--mute", "20") as (_, address),
        connected(address) as client,
    ):
        expected = b"".join(push.data for push in islice(simulate("kaifa"), 10))
        received = b""
        while len(received) < len(expected):
            received += client.recv(4096)
        assert received == expected
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_meter_that_drops_closes_the_connections() -> None:
    with (
        simulated("kaifa", "tcp://127.0.0.1:0", "--speed", "0", "--drop", "1") as (_, address),
        connected(address) as client,
    ):
        assert b"".join(iter(lambda: client.recv(4096), b"")) == next(simulate("kaifa")).data


@posix
def test_a_pseudo_terminal_gives_the_pushes() -> None:
    with simulated("aidon", "pty", "--speed", "0") as (_, path):
        decoder, found = Decoder(), list[Measurement]()
        port = os.open(path, os.O_RDONLY | os.O_NOCTTY)
        try:
            while len(found) < 250:
                found += decoder.feed(os.read(port, 4096))
        finally:
            os.close(port)
        expected = Decoder().feed(b"".join(push.data for push in islice(simulate("aidon"), 1000)))
        assert found == expected[: len(found)]


@posix
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("url", ["tcp://127.0.0.1:0", "pty"])
def test_a_signal_ends_the_meter_at_once(url: str, ending: signal.Signals) -> None:
    with simulated("kamstrup", url, "--every", "3600") as (meter, _):
        assert meter.stderr is not None
        assert "Ctrl-C" in meter.stderr.readline()
        meter.send_signal(ending)
        assert meter.wait(SLOW) == 130
        assert not meter.stderr.read()


@pytest.mark.parametrize("options", [["--speed", "1e-20"], ["--speed", "1e-320"], ["--mute", "0"]])
def test_a_meter_that_never_sends_again_waits_for_an_interrupt(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("hanparse.cli.commands.simulate.time.sleep", sleep)
    assert main(["simulate", "kaifa", str(tmp_path / "meter.bin"), *options]) == 130
    assert slept == [3600, 3600, 3600]


def test_one_list_is_sent_at_an_interval(tmp_path: Path) -> None:
    path = tmp_path / "meter.bin"
    assert main(["simulate", "kaifa", str(path), "--list", "3", "--every", "1", "--speed", "0", "--count", "5"]) == 0
    found = Decoder().feed(path.read_bytes())
    assert [one.timestamp.second for one in found if one.timestamp] == [50, 51, 52, 53, 54]
    assert all(one.active_energy_import is not None for one in found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nokia", "-"], "invalid choice: 'nokia'"),
        (["kaifa", "mqtt://127.0.0.1/x"], "found the scheme 'mqtt'"),
        (["kaifa", "tcp://127.0.0.1:70000"], "a port from 0 to 65535"),
        (["kaifa", "-", "--list", "4"], "expected the number of a list of this meter, one of [1, 2, 3], found 4"),
        (["kaifa", "-", "--every", "0"], "expected an interval above 0 s, of at most 86400 s, found 0.0"),
        (["kaifa", "-", "--every", "1e13"], "expected an interval above 0 s, of at most 86400 s"),
        (["kaifa", "tcp://a..b:1"], "expected a host name with 1 to 63 characters between its dots"),
        (["kaifa", "-", "--noise", "2"], "expected probabilities from 0 to 1"),
        (["kaifa", "-", "--drop", "2"], "expected a probability from 0 to 1 for --drop, found 2.0"),
        (["kaifa", "-", "--mute", "nan"], "expected a --mute of 0 s or more, found nan"),
        (["kaifa", "-", "--count", "-1"], "expected a --count from 0 to"),
        (["kaifa", "-", "--count", "9" * 30], "expected a --count from 0 to"),
        (["kaifa", "-", "--speed", "-1"], "expected a finite --speed of 0 or more, found -1.0"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["simulate", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["simulate", "kaifa", f"tcp://127.0.0.1:{taken.getsockname()[1]}"]) == 1
    assert "in use" in capsys.readouterr().err
