"""What Prometheus gets, read by the parsers of prometheus_client."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from brokers import free_port
from hypothesis import given
from hypothesis import strategies as st
from sweeps import cases
from updates import driven, update, update_of_frame, updates_of

from hanparse.fields import METADATA
from hanparse.sinks.outlet import Outlet
from hanparse.sinks.prometheus import Prometheus, Series
from hanparse.sinks.target import parse
from hanparse.sinks.update import NUMBERS, REGISTERS

if TYPE_CHECKING:
    from collections.abc import Iterable

prometheus_client = pytest.importorskip("prometheus_client", reason="the extra prometheus is not installed")
exposition = pytest.importorskip("prometheus_client.parser")
openmetrics = pytest.importorskip("prometheus_client.openmetrics.parser")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def read(series: Series) -> list[Any]:
    """The families of an exposition, as prometheus_client's own parser reads them."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(series)
    return [*exposition.text_string_to_metric_families(prometheus_client.generate_latest(registry).decode())]


def samples(series: Series) -> dict[tuple[str, str], float]:
    return {(one.name, one.labels["meter"]): one.value for family in read(series) for one in family.samples}


def test_powers_are_gauges_and_registers_are_counters_with_units_in_their_names() -> None:
    series = Series(60)
    for one in updates_of("kaifa", 12):
        series.take(one)
    types = {family.name: family.type for family in read(series)}
    assert types["hanparse_active_power_import_watts"] == "gauge"
    assert types["hanparse_current_l1_amperes"] == "gauge"
    assert types["hanparse_voltage_l3_volts"] == "gauge"
    assert types["hanparse_active_energy_import_watt_hours"] == "counter"
    assert len(types) == 14


def test_every_number_can_be_a_series() -> None:
    series = Series(60)
    fields = {name: 1 if METADATA[name].precision == 0 else 1.5 for name in NUMBERS}
    series.take(update(**fields))
    assert len(samples(series)) == len(NUMBERS)
    counters = {family.name for family in read(series) if family.type == "counter"}
    assert len(counters) == len(REGISTERS)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 100)), min_size=1, max_size=10), st.text(min_size=1))
def test_the_parser_reads_the_last_values_and_any_meter_name(pushes: list[tuple[int, float]], meter: str) -> None:
    series = Series(60)
    for energy, current in pushes:
        series.take(update(meter_id=meter, active_energy_import=energy, current_l1=current))
    found = {name: value for (name, _), value in samples(series).items()}
    energy, current = pushes[-1]
    assert found == {"hanparse_active_energy_import_watt_hours_total": energy, "hanparse_current_l1_amperes": current}


def test_counters_never_fall_over_hours_of_pushes() -> None:
    series, before = Series(1e9), 0.0
    for number, one in enumerate(updates_of("kaifa", cases(1500))):
        series.take(one)
        if number % 30:
            continue
        found = samples(series).get(("hanparse_active_energy_import_watt_hours_total", "6970631400000017"), before)
        assert found >= before
        before = found
    assert before > 0


def test_all_series_of_a_meter_vanish_when_it_is_silent() -> None:
    clock = Clock()
    series = Series(60, clock)
    series.take(update(meter_id="1", active_power_import=5, active_energy_import=7))
    clock.now = 59
    series.take(update(meter_id="2", active_power_import=6))
    assert len(samples(series)) == 3
    clock.now = 61
    assert samples(series) == {("hanparse_active_power_import_watts", "2"): 6}
    series.take(update(meter_id="1", voltage_l1=230.0))
    assert samples(series) == {
        ("hanparse_active_power_import_watts", "2"): 6,
        ("hanparse_voltage_l1_volts", "1"): 230,
        ("hanparse_active_energy_import_watt_hours_total", "1"): 7,  # a register is that of the hour
    }


def test_estimates_are_series_of_their_own() -> None:
    series = Series(60)
    series.take(update_of_frame("kaifa/list2-ma304h3e-it"))
    names = {name for name, _ in samples(series)}
    assert "hanparse_voltage_l2_estimated_volts" in names
    assert "hanparse_voltage_l2_volts" not in names


def asked(requests: Iterable[bytes]) -> list[bytes]:
    """The answers of a sink that has one push."""
    port = free_port()
    answers: list[bytes] = []

    async def ask() -> None:
        for request in requests:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            try:
                answers.append(await reader.read())
            except ConnectionError:  # the server has left what the client sends
                answers.append(b"")
            writer.transport.abort()

    one = update(active_power_import=5, active_energy_import=7)
    driven(Prometheus(parse(f"prometheus://127.0.0.1:{port}"), 60), [one], ask)
    return answers


def test_requests_are_answered_in_the_format_that_they_accept() -> None:
    plain = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    open_metrics = b"GET /metrics?x=1 HTTP/1.1\r\nAccept: application/openmetrics-text; version=1.0.0\r\n\r\n"
    texts = asked([plain, open_metrics])
    for text, parser in zip(texts, (exposition, openmetrics), strict=True):
        head, _, body = text.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: ")
        assert b"Content-Length: %d\r\n" % len(body) in head
        found = [one for family in parser.text_string_to_metric_families(body.decode()) for one in family.samples]
        assert {one.value for one in found} == {5, 7}


def test_other_requests_and_noise_are_answered_or_left_and_the_next_is_answered() -> None:
    noise = b"\x16\x03\x01" + bytes(70_000) + b"\r\n\r\n"
    wrong, _, right = asked([b"GET /secret HTTP/1.1\r\n\r\n", noise, b"GET / HTTP/1.1\r\n\r\n"])
    assert wrong.startswith(b"HTTP/1.1 404 ")
    assert b"hanparse_active_power_import_watts" in right


@pytest.mark.parametrize("accepted", ["text/plain;version=latest", "text/plain;version=", ";;=", "\xff", "a" * 5000])
def test_a_format_that_is_not_known_is_answered_in_the_plain_format(accepted: str) -> None:
    (answer,) = asked([f"GET /metrics HTTP/1.1\r\nAccept: {accepted}\r\n\r\n".encode("latin-1")])
    assert answer.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=")
    assert b"hanparse_active_power_import_watts" in answer


def test_a_fault_of_this_program_is_answered_with_status_500(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_self: Series) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(Series, "collect", fail)
    (answer,) = asked([b"GET /metrics HTTP/1.1\r\n\r\n"])
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert answer.endswith(b"\r\n\r\nKeyError: 'a fault'\n")
    assert not capsys.readouterr().err


def test_a_client_that_sends_nothing_does_not_delay_the_end() -> None:
    port = free_port()

    async def connect() -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        await asyncio.sleep(0.05)
        connections.append(connection)

    connections: list[socket.socket] = []
    driven(Prometheus(parse(f"prometheus://127.0.0.1:{port}"), 60), [update()], connect)
    with connections[0] as connection, suppress(ConnectionError):
        assert connection.recv(1) == b""


def test_a_port_that_is_taken_is_an_error_of_this_sink() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        sink = Prometheus(parse(f"prometheus://127.0.0.1:{other.getsockname()[1]}"), 60)
        with pytest.raises(OSError, match=str(other.getsockname()[1])):
            asyncio.run(sink(Outlet("prometheus", sink, print)))
