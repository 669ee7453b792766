"""Sources with real peers, rows S1 and S2 of test_sources_acceptance: simulated meters with faults, ser2net, socat."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from brokers import free_port
from gateways import EXPECTED, PUSHES, SLOW, fast, take, until, values
from test_cli_simulate import simulated

from hanparse import Decoder, Measurement
from hanparse.simulate import simulate
from hanparse.sources.source import PAUSING, Source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


SER2NET = shutil.which("ser2net", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
linux = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="sockets are counted as Linux shows them")
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo terminals are those of POSIX")


# S1


@cache
def values_of_a_kaifa() -> set[tuple[object, ...]]:
    """What the meter measures in the first two hours."""
    pushes = takewhile(lambda push: push.seconds < 7200, simulate("kaifa"))
    return {*values(Decoder().feed(b"".join(push.data for push in pushes)))}


@posix
@pytest.mark.parametrize(
    "faults",
    [
        ["--noise", "0.7"],
        ["--cut", "0.5"],
        ["--damaged", "0.5"],
        ["--lost", "0.5"],
        ["--drop", "0.3"],
        ["--noise", "0.3", "--cut", "0.3", "--damaged", "0.2", "--drop", "0.1"],
    ],
    ids=" ".join,
)
def test_s1_a_meter_with_faults_gives_values_again_and_again_and_no_wrong_one(faults: list[str]) -> None:
    async def main(address: str) -> None:
        async with fast(address) as source:
            found = await take(source, 20)
            assert {*values(found)} <= values_of_a_kaifa()

    with simulated("kaifa", "tcp://127.0.0.1:0", "--speed", "50", *faults) as (_, address):
        asyncio.run(main(address))


@posix
def test_s1_a_meter_that_falls_silent_or_refuses_is_found_again() -> None:
    async def main() -> None:
        port = free_port()
        async with fast(f"tcp://127.0.0.1:{port}", silence=0.5) as source:
            for fault in (["--mute", "20"], ["--count", "5"], []):
                # at the speed 0, a meter begins with its first client
                with simulated("kaifa", f"tcp://127.0.0.1:{port}", "--speed", "0", *fault) as (meter, _):
                    found = await take(source, 3)
                    assert all(one.active_power_import is not None for one in found)
                    if "--mute" in fault:
                        await until(lambda: isinstance(source.last_error, TimeoutError))
                    meter.kill()
                await until(lambda: source.state == PAUSING)
                assert isinstance(source.last_error, OSError)

    asyncio.run(main())


@contextmanager
def serial_line() -> Iterator[tuple[int, str]]:
    """The meter's end of a serial line, and the path of the other end."""
    import pty  # noqa: PLC0415  not on Windows
    import tty  # noqa: PLC0415

    meter, port = pty.openpty()
    try:
        tty.setraw(meter)
        tty.setraw(port)
        yield meter, os.ttyname(port)
    finally:
        os.close(meter)
        os.close(port)


@contextmanager
def process(*command: str, port: int) -> Iterator[None]:
    """A server that has begun to listen, ended by its own process id."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + SLOW
            while not _is_listening(port):
                assert server.poll() is None, f"{command[0]} ended"
                assert time.monotonic() < end, f"{command[0]} does not listen"
                time.sleep(0.02)
            yield
        finally:
            server.kill()


def _is_listening(port: int) -> bool:
    """Whether a server listens on a port; a connection would be served."""
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in lines)


async def written_until_read(source: Source, meter: int) -> list[Measurement]:
    """Write pushes one after the other until some have come out."""
    found: list[Measurement] = []

    async def collect() -> None:
        found.extend([await anext(source) for _ in range(5)])

    collecting = asyncio.ensure_future(collect())
    async with asyncio.timeout(SLOW):
        for number in range(10**6):
            if collecting.done():
                break
            os.write(meter, PUSHES[number % len(PUSHES)])
            await asyncio.wait({collecting}, timeout=0.05)
    await collecting
    return found


@linux
@pytest.mark.skipif(SER2NET is None, reason="ser2net is not installed")
@pytest.mark.parametrize("scheme", ["tcp", "socket"])
def test_s1_ser2net_gives_the_pushes_of_its_serial_port(tmp_path: Path, scheme: str) -> None:
    if scheme == "socket":
        pytest.importorskip("serialx", reason="the extra serial is not installed")
    port, settings = free_port(), tmp_path / "ser2net.yaml"

    async def main(meter: int) -> None:
        async with fast(f"{scheme}://127.0.0.1:{port}") as source:
            found = await written_until_read(source, meter)
            assert {*values(found)} <= {*values(EXPECTED)}

    with serial_line() as (meter, path):
        text = f"accepter: tcp,127.0.0.1,{port}\n  connector: serialdev,{path},2400n81,local"
        settings.write_text(f"connection: &meter\n  {text}\n", "ascii")
        assert SER2NET is not None
        with process(SER2NET, "-n", "-d", "-c", str(settings), port=port):
            asyncio.run(main(meter))


@linux
@pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")
def test_s1_socat_ends_the_connection_after_each_dump_and_is_called_again(tmp_path: Path) -> None:
    port, dump = free_port(), tmp_path / "dump.bin"
    dump.write_bytes(b"".join(PUSHES[:10]))

    async def main() -> None:
        async with fast(f"tcp://127.0.0.1:{port}") as source:
            found = await take(source, 25)
            assert values(found) == values(EXPECTED[:10] * 2 + EXPECTED[:5])
            assert source.connections >= 3

    listener = f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork"
    with process("socat", listener, f"OPEN:{dump},rdonly", port=port):
        asyncio.run(main())


# S2


@posix
def test_s2_a_frozen_peer_is_noticed_within_the_silence_and_a_second() -> None:
    silence = 1.5

    async def main(address: str, meter: subprocess.Popen[str]) -> None:
        async with fast(address, silence=silence) as source, longest_delay() as delay:
            await take(source, 1)
            meter.send_signal(signal.SIGSTOP)
            frozen = time.monotonic()
            await until(lambda: isinstance(source.last_error, TimeoutError))
            passed = time.monotonic() - frozen
            assert passed < silence + 1 + 2 * delay()

    with simulated("kaifa", "tcp://127.0.0.1:0", "--speed", "20") as (meter, address):
        try:
            asyncio.run(main(address, meter))
        finally:
            meter.send_signal(signal.SIGCONT)


@asynccontextmanager
async def longest_delay() -> AsyncIterator[Callable[[], float]]:
    """The longest time in s for which this machine kept a task waiting that was due."""
    delays = [0.0]

    async def watch() -> None:
        while True:
            begin = time.monotonic()
            await asyncio.sleep(0.02)
            delays.append(time.monotonic() - begin - 0.02)

    watching = asyncio.create_task(watch())
    try:
        yield lambda: max(delays)
    finally:
        watching.cancel()
