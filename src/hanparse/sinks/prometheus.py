"""Answers the HTTP requests of Prometheus with the last values, for example at ``prometheus://127.0.0.1:9101``.

Powers, currents and voltages are gauges. Registers are counters, whose values never fall. If a meter is silent, the
answers do not contain the series of the meter. Otherwise Prometheus would record an old value again and again.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from hanparse.fields import METADATA, REGISTER_CADENCE
from hanparse.sinks.discovery import LATE
from hanparse.sinks.update import ESTIMATED, NUMBERS, REGISTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.sinks.outlet import Outlet
    from hanparse.sinks.target import Target
    from hanparse.sinks.update import Update

REQUEST_TIMEOUT: Final = 10.0
"""The longest time in s for a request and its answer."""
_UNITS: Final = {
    "W": "_watts",
    "VA": "_volt_amperes",
    "var": "_vars",
    "A": "_amperes",
    "V": "_volts",
    "Hz": "_hertz",
    "Wh": "_watt_hours",
    "varh": "_var_hours",
    "m³": "_cubic_metres",
    None: "",
}


class Series:
    """Keeps the last value of each number of each meter. prometheus_client calls `collect` for each answer."""

    def __init__(self, silence: float, clock: Callable[[], float] = monotonic) -> None:
        """`silence` is the time in s without a push after which the series of a meter are omitted."""
        self._silence = silence
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._values: dict[str, dict[str, tuple[float, float]]] = {}

    def take(self, update: Update) -> None:
        """Add the values of a push."""
        now, meter = self._clock(), update.meter.name
        self._seen[meter] = now
        values = self._values.setdefault(meter, {})
        for name, value in (update.numbers() | update.estimates()).items():
            values[name] = value, now

    def collect(self) -> Iterator[Any]:
        """Yield one metric family for each number and for each estimate, with a sample for each meter.

        See `_current` for omitted values.
        """
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415  an extra

        for name in NUMBERS:
            for ending in ("", ESTIMATED):
                kind = CounterMetricFamily if name in REGISTERS else GaugeMetricFamily
                field, samples = METADATA[name], self._current(name, ending)
                words = field.display_name + (", estimated" if ending else "")
                family = kind(f"hanparse_{name}{ending}{_UNITS[field.unit]}", words, labels=["meter"])
                for meter, value in samples:
                    family.add_metric([meter], value)
                if samples:
                    yield family

    def _current(self, name: str, ending: str) -> list[tuple[str, float]]:
        """Return pairs of a meter and its value of one number.

        Omit all values of a meter that has been silent for longer than `silence`. Also omit a register that is older
        than `REGISTER_CADENCE` plus `LATE`, and another value that is older than `silence` and the usual interval of
        its field.
        """
        now = self._clock()
        lifetime = REGISTER_CADENCE + LATE if name in REGISTERS else max(self._silence, METADATA[name].cadence)
        current = []
        for meter, values in self._values.items():
            value, then = values.get(name + ending, (0.0, float("-inf")))
            if now - self._seen[meter] <= self._silence and now - then <= lifetime:
                current.append((meter, value))
        return current


class Prometheus:
    """Answers Prometheus with the last values."""

    def __init__(self, target: Target, silence: float) -> None:
        self._target = target
        self._series = Series(silence)
        self._answers: set[asyncio.Task[None] | None] = set()

    async def __call__(self, outlet: Outlet) -> None:
        """Add every update, and answer requests at the same time. Raises `OSError` if another program uses the port."""
        server = await asyncio.start_server(self._answer, self._target.host, self._target.port)
        try:
            while True:
                update = await outlet.first()
                self._series.take(update)
                outlet.done(update)
        finally:
            server.close()
            for answer in self._answers:  # a slow client must not delay the end of the program
                if answer is not None:
                    answer.cancel()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close the connection."""
        task = asyncio.current_task()
        self._answers.add(task)
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._safe_response(head.decode("latin-1")))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client has closed the connection, or sends no request
        finally:
            self._answers.discard(task)
            writer.transport.abort()

    def _safe_response(self, head: str) -> bytes:
        try:
            return self._response(head)
        except Exception as error:  # noqa: BLE001  without an answer, the client would not know what is wrong
            return _http("500 Internal Server Error", "text/plain", f"{type(error).__name__}: {error}\n".encode())

    def _response(self, head: str) -> bytes:
        from prometheus_client import CollectorRegistry  # noqa: PLC0415  an extra
        from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

        request, *fields = head.split("\r\n")
        method, _, rest = request.partition(" ")
        if method != "GET" or rest.partition(" ")[0].partition("?")[0] not in ("/metrics", "/"):
            return _http("404 Not Found", "text/plain", b"expected GET /metrics\n")
        accepted = next((one.partition(":")[2] for one in fields if one.lower().startswith("accept:")), "")
        try:
            encode, content_type = choose_encoder(accepted.strip())
        except Exception:  # noqa: BLE001  prometheus_client fails on some fields, such as "text/plain;version=latest"
            encode, content_type = choose_encoder("")
        registry = CollectorRegistry()
        registry.register(self._series)
        return _http("200 OK", content_type, encode(registry))


def _http(status: str, content_type: str, body: bytes) -> bytes:
    heads = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*heads, "", ""]).encode() + body
