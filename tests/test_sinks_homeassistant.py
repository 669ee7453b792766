"""A real Home Assistant, a real broker and the command: ``nox -s homeassistant`` installs what this needs."""

from __future__ import annotations

import asyncio
import importlib
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from bridgepeers import LONGEST, Broker, Command, Gateway

from hanparse import Decoder
from hanparse.fields import METADATA
from hanparse.simulate import simulate
from hanparse.sinks.discovery import NEWER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

common = pytest.importorskip(
    "pytest_homeassistant_custom_component.common", reason="Home Assistant is not installed for this Python"
)
METERS = ("kaifa", "kamstrup", "aidon")
PUSHES = {meter: [push.data for push in islice(simulate(meter, seed=5), 12)] for meter in METERS}
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
async def broker(hass: Any, socket_enabled: None, tmp_path: Path) -> AsyncIterator[Broker]:  # noqa: ANN401, ARG001
    """A broker to which Home Assistant is connected."""
    (tmp_path / "configuration.yaml").touch()
    hass.config.config_dir = str(tmp_path)
    with Broker(tmp_path) as running:
        entry = common.MockConfigEntry(domain="mqtt", data={"broker": "127.0.0.1", "port": running.port}, version=1)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        yield running
        await hass.config_entries.async_unload(entry.entry_id)


async def until(
    hass: Any,  # noqa: ANN401
    condition: Callable[[], Any],
    what: str,
    again: Callable[[], object] = lambda: None,
) -> None:
    """Wait for a state of Home Assistant, and do something each second meanwhile."""
    start = done = time.monotonic()
    while not condition():
        if time.monotonic() - done > 1:
            done = time.monotonic()
            await asyncio.to_thread(again)
        assert time.monotonic() - start < LONGEST, f"not within {LONGEST} s: {what}: {hass.states.async_all()}"
        await asyncio.sleep(0.005)


def registry(hass: Any) -> dict[str, str]:  # noqa: ANN401
    """The ids of entities by the names of their fields."""
    entity_registry = importlib.import_module("homeassistant.helpers.entity_registry")
    found = entity_registry.async_get(hass).entities.values()
    return {entry.unique_id.split("_", 2)[2]: entry.entity_id for entry in found}


class Shown:
    """What Home Assistant shows of one meter."""

    def __init__(self, hass: Any) -> None:  # noqa: ANN401
        self._hass = hass

    def state(self, field: str) -> Any:  # noqa: ANN401
        return self._hass.states.get(registry(self._hass).get(field, "sensor.none"))

    def missing(self) -> list[str]:
        """The entities without a value."""
        return [name for name in registry(self._hass) if self.state(name).state in ("unknown", "unavailable")]

    def is_number(self, field: str, number: float | None) -> bool:
        found = self.state(field)
        return found is not None and found.state not in ("unknown", "unavailable") and float(found.state) == number

    async def until(self, field: str, number: float | None) -> None:
        """Wait until a field has a value."""
        await until(self._hass, lambda: self.is_number(field, number), f"{field} {number}")


@pytest.mark.parametrize(("meter", "pushes"), PUSHES.items(), ids=PUSHES)
async def test_every_entity_of_a_meter_has_its_value_its_unit_and_its_classes(
    hass: Any,  # noqa: ANN401
    broker: Broker,
    meter: str,
    pushes: list[bytes],
) -> None:
    shown, last = Shown(hass), Decoder().feed(b"".join(pushes))[-1]
    with Gateway() as gateway, Command(gateway.url, broker.url):

        def send() -> None:
            gateway.send(*pushes)

        await asyncio.to_thread(send)
        await until(hass, lambda: len(registry(hass)) == 14, f"14 entities of {meter}", send)
        await until(hass, lambda: not shown.missing(), f"values of {meter}", send)
        await shown.until("active_power_import", last.active_power_import)
        for name in registry(hass):
            found, field = shown.state(name).attributes, METADATA[name]
            assert found["unit_of_measurement"] == field.unit
            assert found["state_class"] == field.state_class
            assert found.get("device_class") == (None if field.device_class in NEWER else field.device_class)


async def test_a_broker_that_is_killed_a_bridge_that_is_killed_and_their_return(hass: Any, broker: Broker) -> None:  # noqa: ANN401
    shown, pushes = Shown(hass), PUSHES["kaifa"]
    values = Decoder().feed(b"".join(pushes))
    with Gateway() as gateway:
        with Command(gateway.url, broker.url) as command:
            await asyncio.to_thread(gateway.send, *pushes[:-1])
            await until(hass, lambda: len(registry(hass)) == 14, "14 entities")
            await shown.until("active_power_import", values[-2].active_power_import)
            broker.kill()
            await asyncio.to_thread(command.logged, "tries again")
            await until(hass, lambda: shown.state("active_power_import").state == "unavailable", "unavailable")
            await asyncio.to_thread(broker.__enter__)
            await asyncio.to_thread(gateway.send, pushes[-1])
            await shown.until("active_power_import", values[-1].active_power_import)
            await until(hass, lambda: float(shown.state("active_energy_import").state) > 0, "registers")
        await until(hass, lambda: shown.state("active_power_import").state == "unavailable", "the will")
        await asyncio.to_thread(gateway.disconnected)
        with Command(gateway.url, broker.url):
            await asyncio.to_thread(gateway.send, pushes[0])
            await shown.until("active_power_import", values[0].active_power_import)
            assert float(shown.state("active_energy_import").state) > 0  # the broker has kept it
        with Command("--forget", broker.url) as command:
            await asyncio.to_thread(command.logged, "retained messages removed")
        await until(hass, lambda: not registry(hass), "no entity is left")


async def test_the_time_from_bytes_to_a_state_is_printed(hass: Any, broker: Broker) -> None:  # noqa: ANN401
    pushes = [push.data for push in islice(simulate("kaifa", seed=7), 110)]
    powers = [one.active_power_import for one in Decoder().feed(b"".join(pushes))]
    shown, times = Shown(hass), []
    with Gateway() as gateway, Command(gateway.url, broker.url):
        await asyncio.to_thread(gateway.send, *pushes[:10])
        await shown.until("active_power_import", powers[9])
        for before, power, push in zip(powers[9:], powers[10:], pushes[10:], strict=False):
            start = time.monotonic()
            await asyncio.to_thread(gateway.send, push)
            await shown.until("active_power_import", power)
            if power != before:
                times.append(time.monotonic() - start)
    times.sort()
    median, late = (times[len(times) * percent // 100] * 1000 for percent in (50, 95))
    print(f"bytes to state: median {median:.0f} ms, 95 of 100 in {late:.0f} ms")  # noqa: T201  a figure
    assert len(times) > 20
