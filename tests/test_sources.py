"""Sources over the loopback interface: simulated meters behind gateways that fail in every way a gateway fails."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from gateways import EXPECTED, PUSHES, SLOW, STREAM, fast, gateway, take, until, values

from hanparse import Decoder, sources
from hanparse.simulate import simulate
from hanparse.sources import piece
from hanparse.sources.address import parse
from hanparse.sources.piece import Piece
from hanparse.sources.source import ENDED, MAX_WAITING, PAUSING, Source

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from hanparse.sources.address import Address


@pytest.mark.parametrize("size", [7, 61, 4096])
def test_every_push_of_a_gateway_comes_out_in_order_with_its_arrival(size: int) -> None:
    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for at in range(0, len(STREAM), size):
            writer.write(STREAM[at : at + size])
            await writer.drain()
        await asyncio.Event().wait()

    async def main() -> None:
        async with gateway(send) as url, fast(url) as source:
            found = await take(source, len(EXPECTED))
            assert values(found) == values(EXPECTED)
            assert all(m.received is not None for m in found)
            assert (source.dropped, source.connections) == (0, 1)

    asyncio.run(main())


def test_a_connection_that_ends_is_replaced_and_the_meter_is_still_known() -> None:
    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PUSHES[0] + PUSHES[1][:20])

    async def main() -> None:
        async with gateway(send) as url, fast(url) as source:
            found = await take(source, 3)
            assert values(found) == values(EXPECTED[:1] * 3)
            assert source.connections >= 3

    asyncio.run(main())


def test_a_gateway_that_falls_silent_is_left_and_the_error_has_a_diagnosis() -> None:
    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PUSHES[0])
        await asyncio.Event().wait()

    async def main() -> None:
        async with gateway(send) as url, fast(url, silence=0.1) as source:
            await take(source, 2)
            assert isinstance(source.last_error, TimeoutError)
            assert "expected bytes within 0.1 s, found none" in str(source.last_error)

    asyncio.run(main())


def test_a_gateway_that_comes_later_is_found() -> None:
    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PUSHES[0])

    async def main() -> None:
        async with gateway(send) as url:
            port = parse(url).port
        async with fast(url) as source:
            await until(lambda: source.connections >= 3)
            assert isinstance(source.last_error, OSError)

            async with gateway(send, port):
                assert values(await take(source, 1)) == values(EXPECTED[:1])

    asyncio.run(main())


def test_a_slow_consumer_gets_the_newest_values_and_every_register() -> None:
    stream = b"".join(push.data for push in islice(simulate("kaifa", seed=1), 4000))
    expected = Decoder().feed(stream)

    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(stream)
        await writer.drain()
        await asyncio.Event().wait()

    async def main() -> None:
        async with gateway(send) as url, fast(url) as source:
            await until(lambda: source.dropped >= len(expected) - MAX_WAITING)
            found = await take(source, MAX_WAITING)
            assert values(found[-10:]) == values(expected[-10:])
            registers = [m.active_energy_import for m in expected if m.active_energy_import is not None]
            assert [m.active_energy_import for m in found if m.active_energy_import is not None] == registers
            assert len(registers) > 1

    asyncio.run(main())


def test_a_file_is_read_to_its_end_and_nothing_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "meter.bin"
    stream = b"".join(push.data for push in islice(simulate("aidon", seed=1), 1000))
    path.write_bytes(stream + PUSHES[0][:20])

    async def main() -> None:
        async with sources.open(f"file://{path}") as source:
            await until(lambda: len(source._waiting) > MAX_WAITING)  # noqa: SLF001  the file waits from here on
            found = []
            async for measurement in source:
                found.append(measurement)
                await asyncio.sleep(0)
            assert found == Decoder().feed(stream)
            assert source.dropped == 0
            assert all(m.received is None for m in found)

    asyncio.run(main())


def test_a_file_that_does_not_exist_raises_its_error(tmp_path: Path) -> None:
    async def main() -> None:
        async with sources.open(f"file://{tmp_path}/none.bin") as source:
            await anext(source)

    with pytest.raises(FileNotFoundError):
        asyncio.run(main())


def test_standard_input_is_read_and_never_keeps_the_program_from_ending() -> None:
    code = (
        "import asyncio\nfrom hanparse import sources\n"
        "async def main():\n"
        "    async with sources.open('-') as source:\n"
        "        print((await anext(source)).active_power_import)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(STREAM[: len(PUSHES[0]) + len(PUSHES[1])])
        program.stdin.flush()
        assert program.stdout.readline().strip() == str(EXPECTED[0].active_power_import).encode()
        program.stdout.close()
        assert program.wait(30) == 0  # its standard input is still open


@pytest.mark.parametrize("state", ["connecting", "reading", "pausing"])
def test_leaving_ends_every_task_at_once(state: str) -> None:
    connected = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        connected.set()
        if state == "reading":
            await asyncio.Event().wait()

    async def main() -> None:
        async with gateway(wait) as url:
            async with fast(url, first_pause=30, longest_pause=30) as source:
                if state == "reading":
                    await connected.wait()
                elif state == "pausing":
                    await until(lambda: source.state == PAUSING)
            assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("hanparse")]
            assert source.connections <= 1

    asyncio.run(main())


async def write_until_read(source: Source, meter: int) -> None:
    """Write a push again and again, because opening a port discards what has arrived; then another one."""
    first = asyncio.ensure_future(anext(source))
    async with asyncio.timeout(SLOW):
        while not first.done():
            os.write(meter, PUSHES[0])
            await asyncio.wait({first}, timeout=0.05)
        os.write(meter, PUSHES[1])
        found = [await first]
        while values(found[-1:]) != values(EXPECTED[1:2]):
            found.append(await anext(source))
    assert values(found[:-1]) == values(EXPECTED[:1]) * (len(found) - 1)


@pytest.mark.parametrize("error", [ConnectionError("refused"), TimeoutError("no answer")], ids=type)
def test_leaving_ends_a_connection_whose_error_hides_the_cancellation(error: OSError) -> None:
    async def transport(_address: Address) -> AsyncGenerator[Piece, None]:  # as asyncio.wait_for of Python 3.11
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise error from None
        yield Piece(b"")

    async def main() -> Source:
        async with Source(parse("mqtt://127.0.0.1:1/t"), transport=transport, first_pause=0.01) as source:
            await until(lambda: source.connections == 1)
        return source

    source = asyncio.run(asyncio.wait_for(main(), SLOW))
    assert (source.state, source.connections) == (ENDED, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")
def test_a_serial_port_is_read() -> None:
    pytest.importorskip("serialx", reason="the extra serial is not installed")
    import pty  # noqa: PLC0415  not on Windows

    meter, port = pty.openpty()

    async def main() -> None:
        for _ in range(3):  # the port can be opened again at once
            async with sources.open(f"serial://{os.ttyname(port)}?baud=2400&parity=N") as source:
                await write_until_read(source, meter)
                assert source.last_error is None

    try:
        asyncio.run(main())
    finally:
        os.close(meter)
        os.close(port)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")
def test_a_serial_port_that_is_missing_or_pulled_out_is_opened_again(tmp_path: Path) -> None:
    pytest.importorskip("serialx", reason="the extra serial is not installed")
    import pty  # noqa: PLC0415  not on Windows

    path = tmp_path / "by-id"

    async def main() -> None:
        async with fast(f"serial://{path}?parity=N") as source:
            for _ in range(2):
                attempts = source.connections
                await until(lambda attempts=attempts: source.connections >= attempts + 2)  # type: ignore[misc]
                assert isinstance(source.last_error, OSError)
                meter, port = pty.openpty()
                path.symlink_to(os.ttyname(port))
                await write_until_read(source, meter)
                path.unlink()
                os.close(port)
                os.close(meter)

    asyncio.run(main())


def test_importing_hanparse_imports_no_asyncio() -> None:
    code = "import sys, hanparse; hanparse.Decoder(); print('asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_host_that_does_not_answer_is_not_reported_as_a_silent_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: object) -> None:
        await asyncio.sleep(SLOW)

    async def main() -> None:
        async with fast("tcp://meter.local:3001") as source:
            await until(lambda: source.last_error is not None)
            assert "expected meter.local:3001 to accept a connection within 0.01 s" in str(source.last_error)

    monkeypatch.setattr(asyncio, "open_connection", silent)
    monkeypatch.setattr(piece, "CONNECT_TIMEOUT", 0.01)
    asyncio.run(main())
