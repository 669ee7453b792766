"""The promises of sources, each tested with real peers or with a clock that the test moves.

===  ==================================================================================================================
S1   real peers: simulated meters behind TCP with noise, cuts, silence and refusals, ser2net, socat
     (test_sources_peers); pseudo terminals, a gateway that comes later (test_sources); mosquitto (test_sources_mqtt);
     speeds and parities (test_sources_probing)
S2   a peer that freezes is noticed within the silence and 1 s (test_sources_peers; of a broker: test_sources_mqtt)
S3   10,000 refused connections leak no task, no socket and no memory (here)
S4   only a measurement ends the growth of the pauses: at most 8 connections in 60 s without one (here)
S5   leaving ends every task at once, in every state (here, and with a frozen broker)
S6   kinds of messages, cut messages, repeated pushes, two topics (test_sources_mqtt)
S7   every frame comes out, in writes of 1, 61 and 4096 bytes (here)
S8   a slow consumer gets the newest values and every register (test_sources)
S9   a wrong URL and a missing extra are one sentence (test_sources_address)
S10  no password in a log, a repr or an error (test_sources_address, test_sources_mqtt)
S11  importing hanparse imports no asyncio (test_sources)
===  ==================================================================================================================
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
import tracemalloc
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from brokers import broker, free_port, needs_mosquitto
from framefiles import SOUND
from gateways import EXPECTED, PUSHES, SLOW, STREAM, fast, gateway, take, until, values
from sweeps import cases

from hanparse import Decoder
from hanparse.simulate import simulate
from hanparse.sources import Piece
from hanparse.sources.address import parse
from hanparse.sources.source import CONNECTING, MAX_WAITING, PAUSING, RECEIVING, Source

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from hanparse.sources.address import Address

ADDRESS = parse("tcp://127.0.0.1:1")
linux = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="sockets are counted as Linux shows them")


def tasks_of_sources() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("hanparse")]


def files() -> int:
    """The number of open files of this process."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  names alone


# S3


def test_s3_ten_thousand_refused_connections_leak_nothing() -> None:
    async def refused(_address: Address) -> AsyncGenerator[Piece, None]:
        raise ConnectionRefusedError(111, "Connection refused")
        yield Piece(b"")

    async def main() -> None:
        source = Source(ADDRESS, transport=refused, sleep=lambda _: asyncio.sleep(0))
        async with source:
            await until(lambda: source.connections >= 1000)
            gc.collect()
            before, tasks = tracemalloc.get_traced_memory()[0], len(asyncio.all_tasks())
            await until(lambda: source.connections >= 11_000)
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] - before < 200_000
            assert len(asyncio.all_tasks()) == tasks

    tracemalloc.start()
    try:
        asyncio.run(main())
    finally:
        tracemalloc.stop()


@linux
@pytest.mark.parametrize("scheme", ["tcp", "socket", "mqtt"])
def test_s3_refused_connections_of_real_transports_leave_no_socket(scheme: str) -> None:
    if scheme != "tcp":
        pytest.importorskip({"socket": "serialx", "mqtt": "aiomqtt"}[scheme], reason="the extra is not installed")
    url = f"{scheme}://127.0.0.1:{free_port()}" + ("/t" if scheme == "mqtt" else "")

    async def main() -> None:
        async with Source(parse(url), sleep=lambda _: asyncio.sleep(0)) as source:
            await until(lambda: source.connections >= 20)
            before, tasks = files(), len(asyncio.all_tasks())
            await until(lambda: source.connections >= 300)
            assert files() <= before + 2  # one connection is being opened
            assert len(asyncio.all_tasks()) <= tasks + 2

    asyncio.run(main())


# S4


def test_s4_a_gateway_that_accepts_and_drops_is_called_at_most_8_times_a_minute() -> None:
    assert 2 <= len(connections_in_a_minute([b"\x7e"])) <= 8
    assert 2 <= len(connections_in_a_minute([PUSHES[0][:-1], b"Welcome!\r\n"])) <= 8


def test_s4_a_measurement_ends_the_growth_of_the_pauses() -> None:
    """The pauses are from 0.5 to 1 s, so there are 60 to 120 connections in 60 s."""
    assert 60 <= len(connections_in_a_minute([PUSHES[0]])) <= 121


def connections_in_a_minute(pieces: list[bytes]) -> list[float]:
    """The times in s of the connections to a gateway that sends `pieces` and closes; the clock is the sum of pauses."""
    now, times = 0.0, list[float]()
    ended = asyncio.Event()

    async def drop(_address: Address) -> AsyncGenerator[Piece, None]:
        times.append(now)
        for data in pieces:
            yield Piece(data)

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        if now >= 60:
            ended.set()
            await asyncio.Event().wait()

    async def main() -> None:
        async with Source(ADDRESS, transport=drop, sleep=sleep):
            async with asyncio.timeout(SLOW):
                await ended.wait()

    asyncio.run(main())
    return times


# S5


async def connecting(_address: Address) -> AsyncGenerator[Piece, None]:
    await asyncio.Event().wait()
    yield Piece(b"")


async def receiving(_address: Address) -> AsyncGenerator[Piece, None]:
    yield Piece(PUSHES[0])
    await asyncio.Event().wait()


async def ending(_address: Address) -> AsyncGenerator[Piece, None]:
    yield Piece(b"\x7e")


async def flooding(_address: Address) -> AsyncGenerator[Piece, None]:
    while True:
        for push in PUSHES:
            yield Piece(push)


STATES: dict[str, tuple[Any, Callable[[Source], bool]]] = {
    "connecting": (connecting, lambda source: source.state == CONNECTING and source.connections > 0),
    "receiving": (receiving, lambda source: source.state == RECEIVING),
    "pausing": (ending, lambda source: source.state == PAUSING),
    "queue full": (flooding, lambda source: source.dropped > MAX_WAITING),
}


@pytest.mark.parametrize("state", STATES)
def test_s5_cancelling_ends_every_task_at_once(state: str) -> None:
    """The best of several times counts: a machine may be busy for a moment, but a wait would be in all of them."""
    transport, is_reached = STATES[state]

    async def consume(source: Source) -> None:
        async with source:
            await anext(source) if state == "receiving" else None
            await asyncio.Event().wait()

    async def main() -> float:
        before = asyncio.all_tasks()
        source = Source(ADDRESS, transport=transport)
        consumer = asyncio.create_task(consume(source))
        await until(lambda: is_reached(source))
        begin = time.monotonic()
        consumer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await consumer
        passed = time.monotonic() - begin
        assert asyncio.all_tasks() == before
        return passed

    assert min(asyncio.run(main()) for _ in range(5)) < 0.05


@needs_mosquitto
@linux
@pytest.mark.parametrize("state", ["connecting", "receiving"])
def test_s5_leaving_a_frozen_broker_leaves_no_task_and_no_socket(tmp_path: Path, state: str) -> None:
    aiomqtt = pytest.importorskip("aiomqtt", reason="the extra mqtt is not installed")

    async def once(port: int, freeze: Callable[[], None]) -> float:
        before, opened = asyncio.all_tasks(), files()
        async with asyncio.timeout(SLOW), fast(f"mqtt://127.0.0.1:{port}/t/#") as source:
            if state == "receiving":
                async with aiomqtt.Client("127.0.0.1", port) as client:
                    while source.state != RECEIVING:
                        await client.publish("t/ready", b"Debug: ready")
                        await asyncio.sleep(0.01)
                freeze()
            else:
                await until(lambda: files() > opened)  # the socket of the connection
            begin = time.monotonic()
        passed = time.monotonic() - begin
        await until(lambda: asyncio.all_tasks() == before and files() <= opened)
        return passed

    with broker(tmp_path) as one:
        if state == "connecting":
            one.freeze()
        times = []
        for _ in range(3):
            times.append(asyncio.run(once(one.port, one.freeze)))
            if state == "receiving":
                one.thaw()
        assert min(times) < 0.5


def test_s5_a_source_that_was_cancelled_closes_its_socket() -> None:
    closed = asyncio.Event()

    async def wait_for_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PUSHES[0])
        with suppress(ConnectionError):
            await reader.read()
        closed.set()

    async def main() -> None:
        async with gateway(wait_for_the_end) as url:
            async with fast(url) as source:
                await take(source, 1)
            async with asyncio.timeout(SLOW):
                await closed.wait()
        assert not tasks_of_sources()

    asyncio.run(main())


# S7


FRAMES = b"".join(file.data for file in SOUND)
RECORDED = cases(4000)


@cache
def recording() -> bytes:
    meters = ("aidon", "embriq", "kaifa", "kamstrup", "p1")
    return b"".join(push.data for meter in meters for push in islice(simulate(meter), RECORDED // len(meters)))


@pytest.mark.parametrize("size", [1, 61, 4096])
@pytest.mark.parametrize(("made", "count"), [(lambda: FRAMES, 0), (recording, RECORDED)], ids=["frames", "recording"])
def test_s7_every_frame_comes_out_of_writes_of_any_size(made: Callable[[], bytes], count: int, size: int) -> None:
    stream = made()[: len(made()) // 40] if size == 1 and count else made()
    expected = Decoder().feed(stream)
    assert size == 1 or not count or len(expected) == count

    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for at in range(0, len(stream), size):
            writer.write(stream[at : at + size])
            await writer.drain()
        await asyncio.Event().wait()

    async def main() -> None:
        async with gateway(send) as url, fast(url) as source:
            assert values(await take(source, len(expected))) == values(expected)
            assert (source.dropped, source.connections) == (0, 1)

    asyncio.run(main())


def test_s7_messages_of_a_random_cut_keep_the_order() -> None:
    chance, pieces, at = Random(8), list[bytes](), 0  # noqa: S311  no secret
    while at < len(STREAM):
        size = chance.randint(1, 900)
        pieces.append(STREAM[at : at + size])
        at += size

    async def send(_address: Address) -> AsyncGenerator[Piece, None]:
        for piece in pieces:
            yield Piece(piece)
        await asyncio.Event().wait()

    async def main() -> None:
        async with Source(ADDRESS, transport=send) as source:
            assert values(await take(source, len(EXPECTED))) == values(EXPECTED)

    asyncio.run(main())
