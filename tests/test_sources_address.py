"""URLs of sources: their parts, errors of one sentence, and secrets that appear nowhere."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from gateways import SLOW, until

from hanparse import sources
from hanparse.sources.address import Address, is_filter, parse
from hanparse.sources.source import Source

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


@pytest.mark.parametrize(
    ("url", "scheme", "target"),
    [
        ("/dev/ttyUSB0", "serial", "/dev/ttyUSB0"),
        ("/dev/serial/by-path/pci-0:1.0-port0", "serial", "/dev/serial/by-path/pci-0:1.0-port0"),
        ("COM3", "serial", "COM3"),
        ("C:\\x", "serial", "C:\\x"),
        ("serial:///dev/ttyUSB0?baud=2400&parity=N", "serial", "/dev/ttyUSB0"),
        ("serial:COM3", "serial", "COM3"),
        ("tcp://[::1]:3001", "tcp", "[::1]:3001"),
        ("tcp:gateway:23", "tcp", "gateway:23"),
        ("socket://gateway:3001", "socket", "gateway:3001"),
        ("rfc2217://gateway:3001?baud=115200&parity=N", "rfc2217", "gateway:3001"),
        ("esphome://gateway/?port_name=HAN&key=secret", "esphome", "gateway:6053"),
        ("esphome://me:secret@gateway:6054/?port_name=HAN&key=secret", "esphome", "gateway:6054"),
        ("file:///x/y.bin", "file", "/x/y.bin"),
        ("file:y.bin", "file", "y.bin"),
        ("-", "-", "-"),
        ("file:///x/a%20%3Fb.bin", "file", "/x/a ?b.bin"),
        ("serial:///dev/a%2541%3F?baud=9600", "serial", "/dev/a%41?"),
        ("/dev/a%41", "serial", "/dev/a%41"),  # a path contains no percent codes
    ],
)
def test_a_url_has_a_scheme_and_a_target(url: str, scheme: str, target: str) -> None:
    assert (parse(url).scheme, parse(url).target) == (scheme, target)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/dev/ttyUSB0", "/dev/ttyUSB0"),
        ("serial:///dev/ttyUSB0?baud=2400&parity=N", "/dev/ttyUSB0"),
        ("tcp://gateway:3001", "tcp://gateway:3001"),
        ("tcp://me:secret@[::1]:3001", "tcp://[::1]:3001"),
        ("mqtt:me:secret@host/topic", "mqtt://host:1883/topic"),
        ("mqtt://me:sec#ret@host/topic", "mqtt://host:1883/topic"),
        ("mqtts://me:sec@ret@host/pulse/#", "mqtts://host:8883/pulse/#"),
        ("esphome:me:secret@host?key=secret", "esphome://host:6053"),
        ("file:///x/y.bin", "/x/y.bin"),
        ("-", "-"),
    ],
)
def test_a_url_is_shown_without_user_password_and_options(url: str, shown: str) -> None:
    assert parse(url).shown == shown


@pytest.mark.parametrize(
    ("url", "baud", "parity", "opened"),
    [
        ("/dev/ttyUSB0", 2400, "E", "/dev/ttyUSB0"),
        ("serial:///dev/ttyUSB0?baud=115200&parity=N", 115_200, "N", "/dev/ttyUSB0"),
        ("/dev/ttyUSB0?parity=O", 2400, "O", "/dev/ttyUSB0"),
        ("rfc2217://gateway:3001?baud=9600", 9600, "E", "rfc2217://gateway:3001"),
        ("esphome://h:6053/?port_name=A B&baud=2400&key=k", 2400, "E", "esphome://h:6053/?port_name=A+B&key=k"),
    ],
)
def test_a_serial_port_has_a_speed_and_a_parity_and_serialx_gets_the_rest(
    url: str, baud: int, parity: str, opened: str
) -> None:
    address = parse(url)
    assert (address.baud, address.parity, address.url) == (baud, parity, opened)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://broker/pulse/publish", ("broker", 1883, "pulse/publish", None, None)),
        ("mqtts://broker/pulse/#", ("broker", 8883, "pulse/#", None, None)),
        ("mqtt://broker:1884/#", ("broker", 1884, "#", None, None)),
        ("mqtt://me:pw@[fd00::1]:1884/+/raw", ("fd00::1", 1884, "+/raw", "me", "pw")),
        ("mqtt://me%40home:p%3Aw%2F@broker/a%20b", ("broker", 1883, "a b", "me@home", "p:w/")),
        ("mqtt://me@broker//leading", ("broker", 1883, "/leading", "me", None)),
        ("mqtt://a:b:c@d@broker/t", ("broker", 1883, "t", "a", "b:c@d")),
        ("mqtt://broker/t?x", ("broker", 1883, "t?x", None, None)),
    ],
)
def test_a_broker_has_a_topic_with_wildcards_and_a_user(url: str, expected: tuple[object, ...]) -> None:
    found = parse(url)
    assert (found.host, found.port, found.topic, found.user, found.password) == expected


@pytest.mark.parametrize(
    ("topic", "is_valid"),
    [  # examples of MQTT 5.0, 4.7.1.2 and 4.7.1.3
        ("sport/tennis/player1/#", True),
        ("sport/#", True),
        ("#", True),
        ("sport/tennis/#", True),
        ("sport/tennis#", False),
        ("sport/tennis/#/ranking", False),
        ("+", True),
        ("+/tennis/#", True),
        ("sport+", False),
        ("sport/+/player1", True),
        ("", False),
    ],
)
def test_a_topic_filter_is_checked_as_mqtt_defines_it(topic: str, is_valid: bool) -> None:
    assert is_filter(topic) is is_valid


BROKER = r"expected mqtts?://user:password@host:port/topic, .*; found another form"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "http://admin:secret@host/x",
            "expected a path, -, or a URL with the scheme serial, .*, file; found the scheme 'http'",
        ),
        ("tcp://admin:secret@host", "expected tcp://host:port"),
        ("tcp://host:99999", "expected tcp://host:port"),
        ("tcp://host:0", "expected tcp://host:port with a port from 1 to 65535"),
        ("tcp:", "expected tcp://host:port"),
        ("file:", "expected a path after file:"),
        ("socket://", "expected socket://host:port"),
        ("socket://me:secret@host", "expected socket://host:port with a port from 1 to 65535"),
        ("socket://me:secret@host:1/x?key=secret", "expected socket://host:port with a port"),
        ("rfc2217://me:secret@host:99999", "expected rfc2217://host:port"),
        ("esphome://me:secret@:6053", "expected esphome://host:port"),
        ("serial:///dev/ttyUSB0?baud=fast", "expected baud=2400"),
        ("serial:///dev/ttyUSB0?baud=0", "expected baud=2400"),
        ("serial:///dev/ttyUSB0?baud=²", "expected baud=2400"),
        ("serial:///dev/ttyUSB0?parity=X", "expected baud=2400 or another number, and parity=E, N or O"),
        ("", "expected a path after serial:"),
        ("mqtt://me:secret@broker", BROKER),
        ("mqtt://me:secret@broker:x/t", BROKER),
        ("mqtts://me:secret@broker:99999/t", BROKER),
        ("mqtt://me:secret@:1883/t", BROKER),
        ("mqtt://me:secret@broker/t#", BROKER),
        ("mqtt:", BROKER),
        (
            "mqtt://me:12/secret@broker/t",
            "write %2F for / and %3F for . in a password, and %40 for an @ behind the host",
        ),
        ("mqtt://me:secret@ho..st/t", "expected a host name with 1 to 63 characters between its dots"),
        (f"tcp://{64 * 'a'}:1", "expected a host name with 1 to 63 characters between its dots"),
        ("file:x?secret", "expected a path without options after file:, found a .; write %3F"),
        ("tcp://host:3001/x", "expected tcp://host:port"),
        ("tcp://host:3001?silence=3", "expected tcp://host:port"),
        ("serial:///dev/ttyUSB0?bauds=9600", "expected the options baud and parity"),
    ],
)
def test_a_url_that_cannot_be_opened_is_a_value_error_without_its_secrets(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        sources.open(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("/dev/ttyUSB0", "serialx", r"hanparse\[serial\]"),
        ("socket://host:1", "serialx", r"hanparse\[serial\]"),
        ("rfc2217://host:1", "serialx", r"hanparse\[serial\]"),
        ("esphome://host:1", "aioesphomeapi", r"serialx\[esphome\]"),
        ("mqtt://host/t", "aiomqtt", r"hanparse\[mqtt\]"),
        ("mqtts://host/t", "aiomqtt", r"hanparse\[mqtt\]"),
    ],
)
def test_a_missing_extra_is_one_sentence_that_names_it(
    url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == module else real(name, package)

    real = importlib.util.find_spec
    monkeypatch.setattr("hanparse.sources.address.find_spec", without)
    with pytest.raises(ImportError, match=rf'needs {module}: pip install "{extra}"') as caught:
        sources.open(url)
    assert "\n" not in str(caught.value)


SECRETS = {
    "tcp": "tcp://me:s3cret@127.0.0.1:1",
    "mqtt": "mqtt://me:s3cret@127.0.0.1:1/t",
    "mqtts": "mqtts://me:s3cret@127.0.0.1:1/t",
    "socket": "socket://me:s3cret@127.0.0.1:1?key=s3cret",
    "rfc2217": "rfc2217://me:s3cret@127.0.0.1:1?password=s3cret",
}


@pytest.mark.parametrize("scheme", SECRETS)
def test_no_secret_of_a_url_is_in_a_repr_a_log_an_error_or_the_name_of_a_task(
    scheme: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    needed = {"mqtt": "aiomqtt", "mqtts": "aiomqtt", "tcp": "asyncio"}.get(scheme, "serialx")
    pytest.importorskip(needed, reason=f"{needed} is not installed")
    caplog.set_level(0)

    async def main() -> None:
        address = parse(SECRETS[scheme])
        source = Source(address, first_pause=0.01)
        async with asyncio.timeout(SLOW):
            with suppress(ValueError):  # serialx may refuse a URL with a user
                async with source:
                    await until(lambda: source.last_error is not None or source.state == "ended")
                    names = [task.get_name() for task in asyncio.all_tasks()]
                    shown = f"{address!r} {address} {source!r} {vars(source)!r} {source.last_error!r} {names}"
                    assert "s3cret" not in shown
                    if source.last_error is None:
                        await anext(source)

    asyncio.run(main())
    assert "s3cret" not in caplog.text + "".join(capfd.readouterr())


def test_an_address_compares_by_all_its_parts() -> None:
    assert parse("mqtt://a:b@h/t") == Address("mqtt", "h:1883/t", "h", 1883, "t", "a", "b")
    assert parse("mqtt://a:b@h/t") != parse("mqtt://a:c@h/t")


def test_python_without_serialx_reads_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serialx", None)
    sources.open("file:x.bin")
