"""`sources.read`: an iterator for programs without asyncio."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from gateways import Gateway

from hanparse import Decoder, sources
from hanparse.simulate import simulate

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hanparse import Measurement
    from hanparse.wire.buffer import Buffer

STREAM = b"".join(push.data for push in islice(simulate("kaifa", seed=1), 200))
EXPECTED = Decoder().feed(STREAM)
SLOW = 60  # s


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("hanparse")]


def test_a_file_is_iterated_to_its_end_and_no_thread_is_left(tmp_path: Path) -> None:
    path = tmp_path / "meter.bin"
    path.write_bytes(STREAM)
    reading = sources.read(f"file://{path}")
    assert list(reading) == EXPECTED
    assert not threads()
    assert next(reading, None) is None


def test_a_gateway_is_read_until_the_iterator_is_closed() -> None:
    with Gateway(STREAM) as gateway, sources.read(gateway.url) as reading:
        assert [m.active_power_import for m in islice(reading, 3)] == [m.active_power_import for m in EXPECTED[:3]]
        assert reading.source.connections == 1
        assert threads()
    assert not threads()
    reading.close()
    assert list(reading) == []


def test_an_error_reaches_the_caller_and_closes_the_iterator(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.bin"):
        next(sources.read(f"file://{tmp_path}/none.bin"))
    assert not threads()
    with pytest.raises(ValueError, match="found the scheme 'http'"):
        sources.read("http://example.org")


def test_another_thread_may_close_an_iterator_that_waits() -> None:
    with Gateway(b"") as gateway:
        reading = sources.read(gateway.url)
        found: list[object] = []
        consumer = threading.Thread(target=lambda: found.extend(reading))
        consumer.start()
        gateway.connected.wait(SLOW)
        reading.close()
        consumer.join(SLOW)
        assert not consumer.is_alive()
        assert not threads()


def test_an_iterator_that_no_program_refers_to_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "meter.bin"
    path.write_bytes(STREAM)
    for _ in sources.read(f"file://{path}"):
        break
    with Gateway(STREAM) as gateway:
        for _ in sources.read(gateway.url):
            break
    gc.collect()
    assert not threads()


def test_the_garbage_collector_may_close_an_iterator_in_the_thread_of_its_source() -> None:
    unreachable = threading.Event()

    class Collecting(Decoder):
        def feed(self, data: Buffer, received: datetime | None = None) -> list[Measurement]:
            unreachable.wait(SLOW)
            gc.collect()
            return super().feed(data, received)

    with Gateway(STREAM) as gateway:
        reading: Any = sources.read(gateway.url, decoder=Collecting)
        reading.itself = reading
        (thread,) = (one for one in threading.enumerate() if one.name.startswith("hanparse"))
        del reading
        unreachable.set()
        thread.join(SLOW)
    assert not threads()


def test_a_program_that_closes_nothing_ends() -> None:
    with Gateway(STREAM) as gateway:
        code = f"from hanparse import sources\nr = sources.read({gateway.url!r})\nprint(next(r).active_power_import)"
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=SLOW, check=True
        )
    assert (done.stdout.strip(), done.stderr) == (str(EXPECTED[0].active_power_import), "")
