"""The line protocol, read back by line-protocol-parser, and its delivery by HTTP, UDP and files."""

from __future__ import annotations

import asyncio
import math
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from updates import driven, update, update_of_frame, updates_of

from hanparse import Measurement
from hanparse.fields import METADATA
from hanparse.sinks.influx import Influx, line
from hanparse.sinks.outlet import Outlet
from hanparse.sinks.target import parse
from hanparse.sinks.tracker import Tracker
from hanparse.sinks.update import NUMBERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

UPDATES = updates_of("kaifa", 12)
WHOLE, ANY = st.integers(0, 10**12), st.floats(0, allow_subnormal=False)  # the parser refuses those


def parsed(text: str) -> dict[str, Any]:
    oracle = pytest.importorskip("line_protocol_parser", reason="line-protocol-parser is not installed")
    found: dict[str, Any] = oracle.parse_line(text)
    return found


@given(
    st.fixed_dictionaries({}, optional={name: WHOLE if METADATA[name].precision == 0 else ANY for name in NUMBERS}),
    st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip),
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds it
)
def test_a_parser_reads_back_the_floats_the_meter_and_the_time(
    fields: dict[str, float], meter: str, time: datetime
) -> None:
    tracker = Tracker()
    (one,) = tracker.update(Measurement(meter_id=meter, received=time, **fields))  # type: ignore[arg-type]
    text = line(one)
    expected = {name: float(value) for name, value in fields.items() if math.isfinite(value)}
    if not expected:
        assert text == ""
        return
    found = parsed(text.removesuffix("\n"))
    assert text.count("\n") == 1
    assert found["fields"] == expected
    assert all(type(value) is float for value in found["fields"].values())
    assert found["time"] == int(time.timestamp()) * 10**9 + time.microsecond * 1000
    assert len(found["tags"]) == 1
    if meter.isalnum():
        assert found["tags"]["meter"] == meter


def test_estimates_have_names_of_their_own() -> None:
    one = update_of_frame("kaifa/list2-ma304h3e-it")
    found = parsed(line(one).strip())
    assert found["fields"].keys() & {"voltage_l2", "voltage_l2_estimated"} == {"voltage_l2_estimated"}


@asynccontextmanager
async def server(statuses: list[int]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers with these statuses, the last one again and again; what it got."""
    got: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(int(one[16:]) for one in head.split(b"\r\n") if one.startswith(b"Content-Length: "))
        got.append(head + await reader.readexactly(size))
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        writer.write(b"HTTP/1.1 %d Something\r\n\r\n" % status if status else b"nonsense\r\n")
        writer.close()

    one = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield one.sockets[0].getsockname()[1], got
    finally:
        one.close()


def posted(statuses: list[int], url: str, count: int) -> tuple[list[bytes], list[str]]:
    """What a server got until it had `count` requests, and the log."""
    log: list[str] = []

    async def main() -> list[bytes]:
        async with server(statuses) as (port, got):
            outlet = Outlet("influx", Influx(parse(url.format(port=port))), log.append, first_pause=0.01)
            for one in UPDATES[:2]:
                outlet.put(one)
            task = asyncio.create_task(outlet.run())
            async with asyncio.timeout(60):
                while len(got) < count or len(outlet.waiting) > 0:  # noqa: ASYNC110  the server has no event
                    await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return got

    return asyncio.run(main()), log


def test_http_gets_a_request_per_push_with_the_token_but_not_in_the_path() -> None:
    got, log = posted([204], "influx+http://127.0.0.1:{port}/api/v2/write?org=home&bucket=han&token=T0ken", 2)
    head, _, body = got[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v2/write?org=home&bucket=han HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Token T0ken" in head
    assert body.decode() == line(UPDATES[0])
    assert (len(got), log) == (2, [])


def test_http_with_user_and_password_is_basic() -> None:
    got, _ = posted([204], "influx+http://Aladdin:open%20sesame@127.0.0.1:{port}/write?db=han", 2)
    assert b"\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n" in got[0]  # the example of RFC 7617


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "found 401: user and password"),
        (404, "found 404: there is no database"),
        (503, "found 503"),
        (0, "found none"),
    ],
)
def test_a_server_that_fails_is_tried_again_and_nothing_is_lost(status: int, message: str) -> None:
    got, log = posted([status, status, 204], "influx+http://127.0.0.1:{port}/write", 4)
    assert [one.partition(b"\r\n\r\n")[2].decode() for one in got] == [line(UPDATES[index]) for index in (0, 0, 0, 1)]
    assert message in log[0]
    assert log[1:] == ["influx: works again"]


def test_a_line_that_the_server_refuses_is_left_out() -> None:
    got, log = posted([400, 204], "influx+http://127.0.0.1:{port}/write", 2)
    assert [one.partition(b"\r\n\r\n")[2].decode() for one in got] == [line(one) for one in UPDATES[:2]]
    assert log == [
        "influx: the server refuses a line with status 400; hanparse drops each update that this sink cannot deliver"
    ]


def test_udp_gets_a_datagram_per_push() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(60)
        driven(Influx(parse(f"influx+udp://127.0.0.1:{receiver.getsockname()[1]}")), UPDATES[:3])
        assert [receiver.recv(4096).decode() for _ in range(3)] == [line(one) for one in UPDATES[:3]]


def test_a_file_gets_a_line_per_push_with_numbers(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    driven(Influx(parse(f"influx+file:{path}")), [*UPDATES[:2], update(list_id="X")])
    assert path.read_text("utf-8") == line(UPDATES[0]) + line(UPDATES[1])
