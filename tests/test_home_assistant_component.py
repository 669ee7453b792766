"""The component in a real Home Assistant: its flow, entities, registers, diagnostics, and its end.

``nox -s homeassistant`` installs Home Assistant and runs this module; elsewhere it is skipped.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from scripts import ROOT

from hanparse import Decoder
from hanparse.simulate import simulate

pytest.importorskip("pytest_homeassistant_custom_component", reason="nox -s homeassistant installs Home Assistant")
sys.path.insert(0, str(ROOT / "examples" / "home_assistant"))

import custom_components.hanparse
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import device_registry, entity_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

DOMAIN = "hanparse"
assert custom_components.hanparse.__file__.startswith(str(ROOT))  # imported before Home Assistant has its own folder
pytestmark = pytest.mark.usefixtures("socket_enabled", "enable_custom_integrations")
KAIFA = [push.data for push in islice(simulate("kaifa", seed=5), 12)]
AIDON = [push.data for push in islice(simulate("aidon", seed=5), 12)]
NUMBERS = {"kaifa": "6970631400000017", "aidon": "7359992890000017"}


@asynccontextmanager
async def gateway(*pushes: bytes, port: int = 0) -> AsyncIterator[str]:
    """A gateway that sends these pushes to each client, and then nothing; its URL."""
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[Any] = set()

    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        tasks.add(asyncio.current_task())
        with suppress(ConnectionError):
            writer.write(b"".join(pushes))
            await writer.drain()
            await writer.wait_closed()

    server = await asyncio.start_server(send, "127.0.0.1", port)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  Home Assistant has no event for it
            await asyncio.sleep(0.01)


async def flow(hass: Any, data: dict[str, str]) -> Any:  # noqa: ANN401  of Home Assistant
    """The result of the dialog with this input."""
    begun = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert (begun["type"], begun["step_id"]) == ("form", "user")
    return await hass.config_entries.flow.async_configure(begun["flow_id"], data)


async def reconfiguring(hass: Any, entry: Any) -> Any:  # noqa: ANN401  of Home Assistant
    """The dialog that changes an entry."""
    context = {"source": "reconfigure", "entry_id": entry.entry_id}
    return await hass.config_entries.flow.async_init(DOMAIN, context=context)


async def added(hass: Any, url: str) -> Any:  # noqa: ANN401  of Home Assistant
    """The entry of a meter that the dialog has added, with all values of its pushes."""
    done = await flow(hass, {"url": url})
    assert done["type"] == "create_entry", done
    entry = done["result"]
    await until(lambda: state(hass, entry, "active_energy_import") is not None)
    return entry


def state(hass: Any, entry: Any, key: str) -> Any:  # noqa: ANN401  of Home Assistant
    entity = entity_registry.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{entry.unique_id}_{key}")
    return entity and hass.states.get(entity)


async def unloaded(hass: Any, *entries: Any) -> None:  # noqa: ANN401  of Home Assistant
    for entry in entries:
        if entry.state is ConfigEntryState.LOADED:
            assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


async def test_a_meter_gets_a_device_and_a_sensor_for_each_number(hass: Any) -> None:  # noqa: ANN401
    async with gateway(*KAIFA) as url:
        entry = await added(hass, url)
        assert (entry.title, entry.unique_id) == ("Kaifa MA304H4", NUMBERS["kaifa"])
        assert entry.data == {"url": url, "manufacturer": "Kaifa", "model": "MA304H4"}
        expected: dict[str, Any] = {}
        for measurement in Decoder().feed(b"".join(KAIFA)):
            expected |= measurement.to_dict()
        power = float(expected["active_power_import"])
        await until(lambda: float(state(hass, entry, "active_power_import").state) == power)
        assert float(state(hass, entry, "current_l2").state) == pytest.approx(expected["current_l2"], abs=0.01)
        energy = state(hass, entry, "active_energy_import")
        assert float(energy.state) == pytest.approx(expected["active_energy_import"], abs=2)
        shown = energy.attributes
        assert (shown["device_class"], shown["state_class"], shown["unit_of_measurement"]) == (
            "energy",
            "total_increasing",
            "Wh",
        )
        assert shown["friendly_name"] == "Kaifa MA304H4 Active energy import"
        (device,) = device_registry.async_get(hass).devices.values()
        assert (device.manufacturer, device.model, device.serial_number) == ("Kaifa", "MA304H4", NUMBERS["kaifa"])
        assert len(hass.states.async_all()) == 14
        await unloaded(hass, entry)


async def test_the_dialog_explains_a_missing_push_a_bad_url_and_a_bad_key(
    hass: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.hanparse.config_flow.FIRST_PUSH", 0.2)
    async with gateway() as url:
        assert (await flow(hass, {"url": url}))["errors"] == {"base": "no_push"}
    assert (await flow(hass, {"url": "gopher://x"}))["errors"] == {"url": "bad_url"}
    assert (await flow(hass, {"url": "tcp://127.0.0.1:1", "key": "00"}))["errors"] == {"key": "bad_key"}
    assert hass.config_entries.async_entries(DOMAIN) == []


async def test_the_same_meter_is_not_added_twice(hass: Any) -> None:  # noqa: ANN401
    async with gateway(*KAIFA) as url, gateway(*KAIFA) as other:
        entry = await added(hass, url)
        for again in (url, other):
            done = await flow(hass, {"url": again})
            assert (done["type"], done["reason"]) == ("abort", "already_configured")
        await unloaded(hass, entry)


async def test_two_meters_have_their_own_devices_and_values(hass: Any) -> None:  # noqa: ANN401
    async with gateway(*KAIFA) as one, gateway(*AIDON) as other:
        kaifa, aidon = await added(hass, one), await added(hass, other)
        assert {kaifa.unique_id, aidon.unique_id} == set(NUMBERS.values())
        assert len(device_registry.async_get(hass).devices) == 2
        assert state(hass, kaifa, "current_l1").entity_id != state(hass, aidon, "current_l1").entity_id
        await unloaded(hass, kaifa, aidon)


async def test_a_meter_is_reconfigured_to_another_address_and_not_to_another_meter(hass: Any) -> None:  # noqa: ANN401
    async with gateway(*KAIFA) as old, gateway(*KAIFA) as new, gateway(*AIDON) as other:
        entry = await added(hass, old)
        for url, reason in ((other, "another_meter"), (new, "reconfigure_successful")):
            begun = await reconfiguring(hass, entry)
            assert begun["step_id"] == "reconfigure"
            done = await hass.config_entries.flow.async_configure(begun["flow_id"], {"url": url})
            assert (done["type"], done["reason"]) == ("abort", reason)
            await hass.async_block_till_done()
            assert entry.state is ConfigEntryState.LOADED
        assert entry.data["url"] == new
        await until(lambda: state(hass, entry, "active_power_import").state != "unavailable")
        await unloaded(hass, entry)


async def test_a_reconfiguration_that_fails_keeps_the_old_address(
    hass: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with gateway(*KAIFA) as url, gateway() as silent:
        entry = await added(hass, url)
        monkeypatch.setattr("custom_components.hanparse.config_flow.FIRST_PUSH", 0.2)
        begun = await reconfiguring(hass, entry)
        done = await hass.config_entries.flow.async_configure(begun["flow_id"], {"url": silent})
        assert (done["type"], done["errors"]) == ("form", {"base": "no_push"})
        await hass.async_block_till_done()
        assert (entry.state, entry.data["url"]) == (ConfigEntryState.LOADED, url)
        await unloaded(hass, entry)


async def test_unloading_ends_the_task_and_the_connection(hass: Any) -> None:  # noqa: ANN401
    before = asyncio.all_tasks()
    async with gateway(*KAIFA) as url:
        entry = await added(hass, url)
        await unloaded(hass, entry)
        names = {task.get_name() for task in asyncio.all_tasks() - before}
        assert not [name for name in names if "hanparse" in name]
        assert state(hass, entry, "active_power_import").state == "unavailable"


async def test_registers_are_known_after_a_restart_and_powers_are_not(hass: Any) -> None:  # noqa: ANN401
    async with gateway(*KAIFA) as url:
        entry = await added(hass, url)
        await unloaded(hass, entry)
    assert await hass.config_entries.async_setup(entry.entry_id)  # nothing answers now
    await hass.async_block_till_done()
    assert float(state(hass, entry, "active_energy_import").state) >= 12_345_000
    assert state(hass, entry, "active_power_import").state == "unavailable"
    await unloaded(hass, entry)


async def test_saved_registers_that_cannot_be_read_are_left_out(hass: Any, hass_storage: Any) -> None:  # noqa: ANN401
    async with gateway(*KAIFA) as url:
        entry = await added(hass, url)
        await unloaded(hass, entry)
        hass_storage[f"hanparse.{entry.entry_id}"]["data"] = {"counters": 1}
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(lambda: state(hass, entry, "active_energy_import").state not in ("unavailable", "unknown"))
        await unloaded(hass, entry)


async def test_a_meter_without_a_number_is_known_by_its_entry(hass: Any, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "p1.txt"  # a Swedish P1 port sends no number
    path.write_bytes(b"".join(push.data for push in islice(simulate("p1"), 3)))
    done = await flow(hass, {"url": f"file://{path}"})
    entry = done["result"]
    assert (entry.title, entry.unique_id) == ("Landis+Gyr", None)
    await until(lambda: hass.states.get("sensor.landis_gyr_active_energy_import"))
    (device,) = device_registry.async_get(hass).devices.values()
    assert (device.identifiers, device.serial_number) == ({(DOMAIN, entry.entry_id)}, None)
    await unloaded(hass, entry)


async def test_a_meter_that_falls_silent_is_unavailable_but_its_registers_stay(
    hass: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.hanparse.meter.SILENCE", 0.3)
    async with gateway(*KAIFA) as url:
        entry = await added(hass, url)
        await until(lambda: state(hass, entry, "active_power_import").state == "unavailable")
        assert state(hass, entry, "active_energy_import").state != "unavailable"
        await unloaded(hass, entry)


async def test_an_estimate_is_an_entity_of_its_own_and_disabled(hass: Any) -> None:  # noqa: ANN401
    from framefiles import named  # noqa: PLC0415  beside Home Assistant

    push = named("aidon/list3-6525-it").data  # a meter with three wires: L2 is estimated
    async with gateway(push * 3) as url:
        entry = await added(hass, url)
        entities = entity_registry.async_get(hass)
        identifier = entities.async_get_entity_id("sensor", DOMAIN, f"{entry.unique_id}_current_l2_estimated")
        assert identifier
        assert entities.async_get(identifier).disabled_by == "integration"
        assert state(hass, entry, "current_l2") is None
        await unloaded(hass, entry)


async def test_diagnostics_contain_no_number_no_key_and_no_address(hass: Any) -> None:  # noqa: ANN401
    from custom_components.hanparse.diagnostics import (  # noqa: PLC0415  beside Home Assistant
        async_get_config_entry_diagnostics,
    )

    async with gateway(*KAIFA) as url:
        key = "000102030405060708090A0B0C0D0E0F"
        entry = (await flow(hass, {"url": url, "key": key}))["result"]
        await until(lambda: state(hass, entry, "active_energy_import") is not None)
        found = await async_get_config_entry_diagnostics(hass, entry)
        assert found["stats"]["measurements"] >= 2
        assert (found["manufacturer"], found["scheme"]) == ("Kaifa", "tcp")
        text = json.dumps(found)
        assert not any(secret in text for secret in (NUMBERS["kaifa"], key, url, "127.0.0.1", entry.entry_id))
        await unloaded(hass, entry)
