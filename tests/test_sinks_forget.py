"""Forgetting with a real mosquitto: it removes what a bridge has retained, and nothing that others have retained."""

from __future__ import annotations

import asyncio
import json
from getpass import getuser
from typing import TYPE_CHECKING

import brokers
import pytest
from bridgepeers import USER, Broker, Listener, until
from updates import at, driven

from hanparse import Measurement
from hanparse.sinks import forget as module
from hanparse.sinks.forget import forget
from hanparse.sinks.mqtt import Mqtt
from hanparse.sinks.target import parse
from hanparse.sinks.tracker import Tracker

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("aiomqtt", reason="the extra mqtt is not installed")

FOREIGN = {
    "home/kitchen/light/state": "on",
    "home/thermostat/config": "{}",
    "home/thermostat/status": "online",
    "home/thermostat/energy": '{"total": 5}',
    "home/fridge/energy": "5",
    "home/oven/energy": "{",
    "home/lamp/energy": "{}",
    "home/fan/energy": "[" * 50_000,
    "home/end": "end",
    "home/house2/7/status": "online",
    "home/house2/7/energy": '{"active_energy_import": 5}',
    "home/7/light": "on",
    "home/7/energy/day": "5",
    "homeassistant/device/hanparse_7_2/config": '{"availability_topic": "home/house2/7/status"}',
    "homeassistant/device/hanparse_7_3/config": '{"availability_topic": "home/7/status/x"}',
    "homeassistant/device/hanparse_7_4/config": '{"note": "\\"availability_topic\\": \\"home/7/status\\""}',
    "homeassistant/device/hanparse_7_5/config": "{",
    "homeassistant/device/hanparse_7_6/config": "[]",
    "homeassistant/device/hanparse_7_7/config": "[" * 50_000,
    "homeassistant/device/other/config": '{"availability_topic": "home/thermostat/status"}',
}
"""Retained messages of other programs, and of a bridge whose base is home/house2."""


def kept(broker: Broker) -> dict[str, str]:
    """What the broker has retained. A last message on a topic of its own shows that the list is complete."""
    with Listener(broker) as first:
        first.publish("last", "last", retain=True)
    with Listener(broker) as listener:
        until(lambda: "last" in listener.kept)
        listener.publish("after", "after")
        listener.wait("after")
        return {topic: payload.decode() for topic, payload in listener.kept.items() if topic != "last"}


def run_bridge(url: str) -> None:
    """Let a bridge publish three meters: meter 7 has registers, meter 8 has none, and the third sends no id."""
    tracker = Tracker()
    pushes = [
        Measurement(meter_id="7", active_power_import=5, active_energy_import=1000, received=at(0)),
        Measurement(meter_id="8", active_power_import=6, received=at(1)),
        Measurement(active_energy_import=2000, received=at(2)),
    ]
    driven(Mqtt(parse(url), 60), [one for push in pushes for one in tracker.update(push, f"pulse/{push.meter_id}")])


@pytest.mark.parametrize("query", ["", "?flat=1", "?discovery=", "?discovery=ha&flat=1"])
def test_all_messages_of_the_bridge_are_removed_and_no_message_of_other_programs(tmp_path: Path, query: str) -> None:
    with Broker(tmp_path) as broker:
        with Listener(broker) as others:
            for topic, payload in FOREIGN.items():
                others.publish(topic, payload, retain=True)
        run_bridge(f"{broker.url}/home{query}")
        ours = kept(broker).keys() - FOREIGN.keys()
        assert {"home/7/status", "home/7/energy"} <= ours
        assert asyncio.run(forget(parse(f"{broker.url}/home{query}"))) == len(ours)
        assert kept(broker) == FOREIGN
        assert asyncio.run(forget(parse(f"{broker.url}/home{query}"))) == 0


def test_a_status_that_several_meters_share_is_removed_with_the_discovery_of_each(tmp_path: Path) -> None:
    discovery = {"availability_topic": "home/7/status", "components": {"x": {"state_topic": "home/8/state"}}}
    with Broker(tmp_path) as broker:
        with Listener(broker) as bridge:
            bridge.publish("homeassistant/device/hanparse_8/config", json.dumps(discovery), retain=True)
            bridge.publish("home/7/status", "offline", retain=True)
            bridge.publish("home/8/active_energy_import", "5", retain=True)
        assert asyncio.run(forget(parse(f"{broker.url}/home"))) == 3
        assert not kept(broker)


@brokers.needs_mosquitto
@pytest.mark.parametrize(
    ("rights", "left"), [("topic read #", 6), ("topic read #\ntopic write home/#", 3), ("topic write #", 6)]
)
def test_a_broker_that_drops_messages_is_an_error_that_names_the_missing_right(
    tmp_path: Path, rights: str, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.5)
    access = tmp_path / "access"
    access.touch(0o600)
    access.write_text(f"{rights}\nuser {USER}\ntopic #\n", "ascii")
    with brokers.broker(tmp_path, f"allow_anonymous true\nacl_file {access}\nuser {getuser()}") as broker:
        url = f"{brokers.HOST}:{broker.port}/home"
        run_bridge(f"mqtt://{USER}:x@{url}")
        with pytest.raises(PermissionError, match=r"right to read and to write home/\+, home/\+/\+ and homeassistant/"):
            asyncio.run(forget(parse(f"mqtt://{url}")))
        monkeypatch.undo()
        assert asyncio.run(forget(parse(f"mqtt://{USER}:x@{url}"))) == left
