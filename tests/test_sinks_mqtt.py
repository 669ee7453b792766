"""The MQTT sink with a real mosquitto: settings in the URL, several meters, a broker that hangs."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from datetime import timedelta
from getpass import getuser
from typing import TYPE_CHECKING, Any

import pytest
from bridgepeers import Broker, Listener, until
from updates import at, driven, update

from hanparse import Measurement
from hanparse.sinks.discovery import components
from hanparse.sinks.mqtt import ENERGY_PERIOD, Mqtt, Settings
from hanparse.sinks.outlet import Outlet
from hanparse.sinks.target import parse
from hanparse.sinks.tracker import Tracker

if TYPE_CHECKING:
    from pathlib import Path

    from hanparse.sinks.update import Update

pytest.importorskip("aiomqtt", reason="the extra mqtt is not installed")


def updates(*measurements: tuple[float, dict[str, Any]]) -> list[Update]:
    """The updates of one meter: seconds and fields of each push."""
    tracker = Tracker()
    pushes = [Measurement(meter_id="7", received=at(seconds), **fields) for seconds, fields in measurements]
    return [one for push in pushes for one in tracker.update(push)]


@pytest.mark.parametrize(
    ("url", "base", "prefix", "is_flat"),
    [
        ("mqtt://h", "hanparse", "homeassistant", False),
        ("mqtt://h/", "hanparse", "homeassistant", False),
        ("mqtt://h/home/han/?flat=1", "home/han", "homeassistant", True),
        ("mqtt://h?flat=0&discovery=", "hanparse", "", False),
        ("mqtt://h?discovery=ha", "hanparse", "ha", False),
    ],
)
def test_the_url_names_topics(url: str, base: str, prefix: str, is_flat: bool) -> None:
    found = Settings(parse(url))
    assert (found.base, found.prefix, found.is_flat) == (base, prefix, is_flat)


def test_registers_between_the_lists_are_published_at_most_each_ten_seconds_and_those_of_the_meter_at_once(
    tmp_path: Path,
) -> None:
    power = {"active_power_import": 3600}
    period = ENERGY_PERIOD / timedelta(seconds=1)
    pushes = updates(
        (0, {"active_energy_import": 1000} | power),
        (2, power),
        (period, power),
        (period + 2, {"active_energy_import": 1020}),
        (period + 4, power),
    )
    with Broker(tmp_path) as broker, Listener(broker) as listener:
        driven(Mqtt(parse(broker.url), 60), pushes)
        listener.wait("hanparse/7/status", lambda text: text == "offline")
        energies = [json.loads(payload) for topic, payload in listener.messages if topic == "hanparse/7/energy"]
    assert [one["active_energy_import"] for one in energies] == [1000, 1010, 1020]


def test_two_meters_of_one_source_are_two_devices_with_the_status_of_the_first(tmp_path: Path) -> None:
    tracker = Tracker()
    pushes = [
        one
        for meter in ("1", "2")
        for one in tracker.update(Measurement(meter_id=meter, active_power_import=int(meter), received=at(0)), meter)
    ]
    with Broker(tmp_path) as broker, Listener(broker) as listener:
        driven(Mqtt(parse(broker.url), 60), pushes)
        for meter in ("1", "2"):
            config = listener.wait(f"homeassistant/device/hanparse_{meter}/config")
            assert config["availability_topic"] == "hanparse/1/status"
            assert listener.wait(f"hanparse/{meter}/state")["active_power_import"] == int(meter)
        listener.wait("hanparse/1/status", lambda text: text == "offline")


@pytest.mark.parametrize("payload", ["offline", "", "else"])
@pytest.mark.parametrize("query", ["", "?discovery="])
def test_a_status_that_another_client_sets_is_online_again_while_the_bridge_runs(
    tmp_path: Path, payload: str, query: str
) -> None:
    status = "hanparse/7/status"

    async def overwrite() -> None:
        await asyncio.to_thread(listener.publish, status, payload, retain=True)
        await asyncio.to_thread(until, lambda: statuses() == ["online", payload, "online"])

    def statuses() -> list[str]:
        return [found.decode() for topic, found in listener.messages if topic == status]

    with Broker(tmp_path) as broker, Listener(broker) as listener:
        driven(Mqtt(parse(broker.url + query), 60), updates((0, {"active_power_import": 5})), overwrite)
        until(lambda: len(statuses()) == 4)
        with Listener(broker) as later:
            until(lambda: status in later.kept)
        assert statuses() == ["online", payload, "online", "offline"]  # the bridge does not answer its own "offline"
        assert later.kept[status] == b"offline"


def test_the_status_stays_online_when_one_of_two_bridges_of_a_meter_ends(tmp_path: Path) -> None:
    pushes = updates((0, {"active_power_import": 5}))

    async def end_another() -> None:
        await asyncio.to_thread(driven, Mqtt(parse(broker.url), 60), pushes)
        await asyncio.to_thread(listener.wait, "hanparse/7/status", lambda text: text == "offline")
        await asyncio.to_thread(until, lambda: listener.last("hanparse/7/status") == b"online")

    with Broker(tmp_path) as broker, Listener(broker) as listener:
        driven(Mqtt(parse(broker.url), 60), pushes, end_another)


def test_the_birth_message_of_home_assistant_repeats_the_status_the_discovery_and_the_values(tmp_path: Path) -> None:
    topics = ("hanparse/7/status", "homeassistant/device/hanparse_7/config", "hanparse/7/state")

    async def start_home_assistant() -> None:
        listener.messages.clear()
        await asyncio.to_thread(listener.publish, "homeassistant/status", "online")
        for topic in topics:
            await asyncio.to_thread(listener.wait, topic)
        assert listener.last(topics[0]) == b"online"

    with Broker(tmp_path) as broker, Listener(broker) as listener:
        driven(Mqtt(parse(broker.url), 60), updates((0, {"active_power_import": 5})), start_home_assistant)


def test_no_discovery_is_published_if_its_prefix_is_empty(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Listener(broker) as listener:
        driven(Mqtt(parse(f"{broker.url}?discovery="), 60), updates((0, {"active_power_import": 5})))
        listener.wait("hanparse/7/status", lambda text: text == "offline")
        assert not [topic for topic, _ in listener.messages if topic.startswith("homeassistant")]


def test_entities_of_an_earlier_bridge_stay_in_the_discovery(tmp_path: Path) -> None:
    config = "homeassistant/device/hanparse_7/config"
    with Broker(tmp_path) as broker:
        driven(Mqtt(parse(broker.url), 60), updates((0, {"active_power_import": 5, "active_energy_import": 1000})))
        with Listener(broker) as listener:
            driven(Mqtt(parse(broker.url), 60), updates((0, {"active_power_import": 6, "voltage_l1": 230.0})))
            found = listener.wait(config, lambda one: len(one["components"]) == 3)
    assert set(found["components"]) == {"active_power_import", "active_energy_import", "voltage_l1"}


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"components": 5}', b'{"components": {"x": {}}}', None, "{}"])
def test_a_kept_discovery_that_cannot_be_read_adds_nothing(payload: object) -> None:
    assert components(payload) == frozenset()


def test_a_broker_that_comes_later_gets_what_waited(tmp_path: Path) -> None:
    broker = Broker(tmp_path)

    async def start() -> None:
        broker.__enter__()

    async def sink(outlet: Any) -> None:  # noqa: ANN401  an Outlet
        if outlet.is_failing and broker._process is None:  # noqa: SLF001  to start it once
            await start()
            listener.__enter__()
        await Mqtt(parse(broker.url), 60)(outlet)

    listener = Listener(broker)
    try:
        _, log = driven(sink, updates((0, {"active_power_import": 5}), (2, {"active_power_import": 6})))
        listener.wait("hanparse/7/state", lambda state: state["active_power_import"] == 6)
        powers = [json.loads(payload) for topic, payload in listener.messages if topic == "hanparse/7/state"]
        assert [one["active_power_import"] for one in powers] == [5, 6]
        assert ["tries again" in log[0], log[1]] == [True, "sink: works again"]
        until(lambda: listener.last("hanparse/7/status") == b"offline")
    finally:
        listener.__exit__()
        broker.__exit__()


def certificate(folder: Path) -> Path:
    """A certificate for the loopback interface that signed itself, in a folder beside its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/ca.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return folder / "ca.pem"


def test_tls_accepts_the_certificate_that_the_url_names_and_no_other(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    log: list[str] = []

    async def refused(url: str) -> None:
        outlet = Outlet("mqtts", Mqtt(parse(url), 60), log.append)
        outlet.put(update())
        task = asyncio.create_task(outlet.run())
        async with asyncio.timeout(60):
            while not outlet.is_failing:  # noqa: ASYNC110  the sink has no event for it
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with Broker(tmp_path) as broker:
        plain = broker.port
        broker.kill()
        config = tmp_path / "mosquitto.conf"
        tls = f"certfile {path}\nkeyfile {tmp_path}/key.pem\nuser {getuser()}\n"
        config.write_text(config.read_text("ascii") + tls, "ascii")
        broker.start()
        asyncio.run(refused(f"mqtts://127.0.0.1:{plain}"))
        assert "certificate verify failed" in log[0]
        outlet, _ = driven(Mqtt(parse(f"mqtts://127.0.0.1:{plain}?ca={path}"), 60), [update(active_power_import=5)])
        assert not outlet.is_failing
