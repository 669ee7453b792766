"""Topics of a real mosquitto: every kind of message, brokers that are killed and frozen, passwords."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from brokermessages import pulse_han, pulse_p1
from brokers import HOST, Broker, broker, needs_mosquitto
from gateways import SLOW, until

from hanparse import Decoder, Measurement
from hanparse.simulate import simulate
from hanparse.sources.address import parse
from hanparse.sources.source import MAX_CHANNELS, RECEIVING, Source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

aiomqtt = pytest.importorskip("aiomqtt", reason="the extra mqtt is not installed")
pytestmark = needs_mosquitto

KAIFA = [push.data for push in islice(simulate("kaifa", seed=3, list_number=2), 20)]
P1 = [push.data for push in islice(simulate("p1", seed=3), 2)]
APDU = KAIFA[0][KAIFA[0].index(b"\xe6\xe7\x00") + 3 : -3]  # between the LLC header and FCS, flag
LIST = APDU[APDU.index(b"\x02") :]  # a structure begins the body, behind the date-time

PAYLOADS = {
    "frame": (KAIFA[0], 1),
    "without flags": (KAIFA[0][1:-1], 1),
    "hex": (KAIFA[0].hex().encode(), 1),
    "upper hex": (KAIFA[0].hex().upper().encode(), 1),
    "JSON with hex": (json.dumps({"data": KAIFA[0].hex().upper()}).encode(), 1),
    "APDU": (APDU, 1),
    "LLC": (b"\xe6\xe7\x00" + APDU, 1),
    "list": (LIST.hex().encode(), 1),
    "Pulse HAN": (pulse_han(*KAIFA[:2]), 2),
    "Pulse P1": (pulse_p1(*P1), 2),
    "debug text": (b"Debug: Cap voltage low!", 0),
    "status": (b'{"status":{"rssi":-67}}', 0),
    "decoded JSON": (b'{"P":1,"t":2}', 0),
    "empty": (b"", 0),
}


def source_at(one: Broker, topic: str, user: str = "", **options: Any) -> Source:  # noqa: ANN401  as declared
    url = f"mqtt://{user}{HOST}:{one.port}/{topic}"
    return Source(parse(url), **{"first_pause": 0.01, "longest_pause": 0.05} | options)


@asynccontextmanager
async def client_of(one: Broker, source: Source, **options: Any) -> AsyncIterator[Any]:  # noqa: ANN401
    """A client that publishes, once the source receives what it publishes."""
    async with asyncio.timeout(SLOW), aiomqtt.Client(HOST, one.port, **options) as client:
        while source.state != RECEIVING:
            await client.publish("t/ready", b"Debug: ready")
            await asyncio.sleep(0.02)
        yield client


async def take(source: Source, count: int) -> list[tuple[str, Measurement]]:
    async with asyncio.timeout(SLOW):
        return [(await anext(source), source.channel)[::-1] for _ in range(count)]


def powers(pushes: list[bytes]) -> list[object]:
    return [one.active_power_import for one in Decoder().feed(b"".join(pushes))]


def test_every_kind_of_message_comes_out_with_its_topic(tmp_path: Path) -> None:
    async def main() -> list[tuple[str, Measurement]]:
        with broker(tmp_path) as one:
            async with source_at(one, "t/#") as source, client_of(one, source) as client:
                for name, (payload, _) in PAYLOADS.items():
                    await client.publish(f"t/{name}", payload, qos=1)
                await client.publish("t/last", KAIFA[9], qos=1)
                return await take(source, sum(count for _, count in PAYLOADS.values()) + 1)

    found = asyncio.run(main())
    assert found[-1][0] == "t/last"
    for name, (_, count) in PAYLOADS.items():
        of_topic = [measurement for topic, measurement in found if topic == f"t/{name}"]
        assert len(of_topic) == count, name
        assert all(measurement.received for measurement in of_topic)
        expected = powers(P1 if name == "Pulse P1" else KAIFA[:count])
        assert [measurement.active_power_import for measurement in of_topic] == expected[:count], name


def test_a_cut_message_harms_no_later_one_and_a_push_that_comes_twice_is_delivered_once(tmp_path: Path) -> None:
    async def main() -> list[tuple[str, Measurement]]:
        with broker(tmp_path) as one:
            async with source_at(one, "t/#") as source, client_of(one, source) as client:
                for payload in (KAIFA[0][:50], KAIFA[1], KAIFA[1], LIST, KAIFA[2].hex().encode(), KAIFA[2], KAIFA[3]):
                    await client.publish("t/a", payload, qos=1)
                return await take(source, 4)

    found = [measurement.active_power_import for _, measurement in asyncio.run(main())]
    assert found == powers([KAIFA[1], KAIFA[0], KAIFA[2], KAIFA[3]])


def test_two_topics_have_two_decoders(tmp_path: Path) -> None:
    async def main() -> None:
        with broker(tmp_path) as one:
            async with source_at(one, "t/+/raw") as source, aiomqtt.Client(HOST, one.port) as client:
                for topic in ("t/a/raw", "t/c", "t/b/raw"):
                    await client.publish(topic, KAIFA[0], qos=1, retain=True)
                found = await take(source, 2)
            assert {topic for topic, _ in found} == {"t/a/raw", "t/b/raw"}
            assert source.decoders["t/a/raw"] is not source.decoders["t/b/raw"]

    asyncio.run(main())


def test_a_broker_that_is_killed_and_comes_again_is_found(tmp_path: Path) -> None:
    async def main() -> None:
        with broker(tmp_path) as one:
            async with source_at(one, "t/#") as source:
                for push in (KAIFA[0], KAIFA[1]):
                    async with client_of(one, source) as client:
                        await client.publish("t/a", push, qos=1)
                        assert [m.active_power_import for _, m in await take(source, 1)] == powers([push])
                    one.kill()
                    await until(lambda: source.state != RECEIVING)
                    one.start()
                assert isinstance(source.last_error, OSError)

    asyncio.run(main())


def test_a_broker_that_freezes_is_left_after_the_silence_and_found_again(tmp_path: Path) -> None:
    async def main() -> None:
        with broker(tmp_path) as one:
            async with source_at(one, "t/#", silence=0.3) as source:
                async with client_of(one, source):
                    pass
                one.freeze()
                await until(lambda: isinstance(source.last_error, TimeoutError))
                one.thaw()
                async with client_of(one, source) as client:
                    await client.publish("t/a", KAIFA[0], qos=1)
                    assert [m.active_power_import for _, m in await take(source, 1)] == powers([KAIFA[0]])

    asyncio.run(main())


def test_a_wildcard_over_many_topics_keeps_a_bounded_number_of_decoders_and_those_of_meters(tmp_path: Path) -> None:
    async def main() -> None:
        with broker(tmp_path) as one:
            async with source_at(one, "#") as source, client_of(one, source) as client:
                await client.publish("meter", KAIFA[0], qos=1)
                await take(source, 1)
                for number in range(MAX_CHANNELS + 20):
                    await client.publish(f"t/{number}", b"Debug: nothing", qos=1)
                await client.publish("meter", KAIFA[1], qos=1)
                await take(source, 1)
                assert len(source.decoders) == MAX_CHANNELS
                assert source.decoders["meter"].stats.measurements == 2

    asyncio.run(main())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_mqtts_encrypts_and_trusts_only_known_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=broker", "-addext", f"subjectAltName=IP:{HOST}"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    settings = f"allow_anonymous true\nuser root\ncertfile {certificate}\nkeyfile {key}"

    async def main() -> None:
        with broker(tmp_path, settings) as one:
            address = parse(f"mqtts://{HOST}:{one.port}/t/#")
            async with Source(address, first_pause=0.01) as source:
                await until(lambda: source.last_error is not None)
                assert "CERTIFICATE_VERIFY_FAILED" in str(source.last_error)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            trusted = {"tls_params": aiomqtt.TLSParameters()}
            async with Source(address, first_pause=0.01) as source, client_of(one, source, **trusted) as client:
                await client.publish("t/a", KAIFA[0], qos=1)
                assert [m.active_power_import for _, m in await take(source, 1)] == powers([KAIFA[0]])

    asyncio.run(main())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems answer for a server that accepts nothing")
def test_leaving_while_no_broker_answers_leaves_no_thread() -> None:
    with socket.create_server((HOST, 0), backlog=0) as server, ExitStack() as waiting:
        for _ in range(4):  # the queue of the server is full
            client = waiting.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex(server.getsockname())

        async def main() -> set[str]:
            async with Source(parse(f"mqtt://{HOST}:{server.getsockname()[1]}/t")) as source:
                await until(lambda: source.connections == 1)
                await asyncio.sleep(0.1)  # a thread would have begun by now
            return {thread.name for thread in threading.enumerate()} - before

        before = {thread.name for thread in threading.enumerate()}
        assert not asyncio.run(main())


@pytest.mark.skipif(shutil.which("mosquitto_passwd") is None, reason="mosquitto_passwd is not installed")
def test_a_password_opens_the_broker_and_appears_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "me@home", "s3cr:et/?#"], check=True)  # noqa: S607
    caplog.set_level(0)

    async def main() -> None:
        with broker(tmp_path, f"allow_anonymous false\nuser root\npassword_file {passwords}") as one:
            url = f"mqtt://me%40home:s3cr%3Aet%2F%3F%23@{HOST}:{one.port}/t/%23"
            source = Source(parse(url))
            async with source, client_of(one, source, username="me@home", password="s3cr:et/?#") as client:  # noqa: S106
                await client.publish("t/a", KAIFA[0], qos=1)
                await take(source, 1)
            async with source_at(one, "t/#", "me%40home:wr0ng@") as refused:
                await until(lambda: refused.last_error is not None)
            assert "Not authorized" in str(refused.last_error)
            shown = f"{source!r} {vars(source)!r} {parse(url)!r} {refused.last_error!r} {vars(refused)!r}"
            assert not [text for text in ("s3cr", "wr0ng") if text in shown]

    asyncio.run(main())
    printed = "".join(capfd.readouterr()) + caplog.text
    assert not [text for text in ("s3cr", "wr0ng") if text in printed]
