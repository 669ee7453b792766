"""The examples, each run against frames in odd chunks and an end in the middle of one."""

from __future__ import annotations

import asyncio
import io

import pytest
from framefiles import SOUND, named
from scripts import script

from hanparse import Measurement, decode

STREAM = b"".join(file.data for file in SOUND)


class OddPort(io.BytesIO):
    """A port that gives one, two, three … bytes, whatever is asked for."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        self.asked += 1
        return super().read(min(self.asked % 37 + 1, size or 1))


def test_the_serial_reader_prints_every_push_and_ends_with_the_port() -> None:
    half = named("aidon/list3-6534-tn").data[:100]
    found = list(script("examples/serial_reader.py").measurements(OddPort(STREAM + half)))
    assert [m.meter_id for m in found] == [decode(file.data).meter_id for file in SOUND]


def test_the_serial_reader_says_why_when_nothing_was_decoded() -> None:
    with pytest.raises(SystemExit, match="nothing was decoded"):
        list(script("examples/serial_reader.py").measurements(OddPort(named("refused/ciphered-glo").data)))


def test_the_gateway_reader_survives_a_gateway_that_goes_away_in_the_middle_of_a_frame() -> None:
    frame = named("aidon/list3-6534-tn").data
    served = 0

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        data = frame + frame + frame[:150] if served == 1 else frame
        for i in range(0, len(data), 61):
            writer.write(data[i : i + 61])
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def read(count: int) -> list[Measurement]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found = []
        async with server:
            stream = script("examples/tcp_gateway.py").measurements("127.0.0.1", port, pause=0)
            async for measurement in stream:
                found.append(measurement)
                if len(found) == count:
                    break
            await stream.aclose()
        return found

    found = asyncio.run(asyncio.wait_for(read(4), 20))
    assert found == [decode(frame)] * 4
    assert served >= 3


def test_the_gateway_reader_connects_again_when_a_gateway_falls_silent_without_closing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    frame = named("aidon/list3-6534-tn").data
    ended = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame + frame[:150])
        await ended.wait()
        writer.close()

    async def read(count: int) -> list[Measurement]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        stream = script("examples/tcp_gateway.py").measurements("127.0.0.1", port, pause=0, silence=0.2)
        async with server:
            found = [await anext(stream) for _ in range(count)]
            await stream.aclose()
            ended.set()
        return found

    assert asyncio.run(asyncio.wait_for(read(3), 20)) == [decode(frame)] * 3
    assert "silent for 0.2 s" in capsys.readouterr().err
