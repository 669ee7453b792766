"""The hour to which Home Assistant's statistics book the energy of a meter that sends its registers once an hour.

``nox -s homeassistant`` installs Home Assistant and runs this module; elsewhere it is skipped.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

import pytest
from scripts import ROOT

from hanparse import Decoder
from hanparse.energy import LiveEnergy
from hanparse.simulate import simulate

pytest.importorskip("pytest_homeassistant_custom_component", reason="nox -s homeassistant installs Home Assistant")
sys.path.insert(0, str(ROOT / "examples" / "home_assistant"))

import custom_components.hanparse
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse import Measurement

assert custom_components.hanparse.__file__.startswith(str(ROOT))
pytestmark = pytest.mark.usefixtures("recorder_mock", "enable_custom_integrations")
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)  # the plug-in logs every statement
BEGIN = datetime(2026, 1, 15, 9, 59, 50, tzinfo=UTC)
CLOCK = datetime(2026, 1, 15, 10, 59, 50)  # noqa: DTZ001  the clock of the meter, in Norway
HOUR = datetime(2026, 1, 15, 10, tzinfo=UTC)
RUN = 4220  # s, until ten minutes after the end of the hour
ENERGY = "sensor.meter_active_energy_import"


class Fake:
    """A source whose measurements the test puts in."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Measurement] = asyncio.Queue()
        self.channel = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def __anext__(self) -> Measurement:
        return await self.queue.get()


def pushes() -> list[tuple[datetime, Measurement]]:
    """Lists 2 and 3 of a simulated Kaifa with their times of arrival; list 3 arrives 10 s after the hour."""
    decoder, found = Decoder(), []
    for push in takewhile(lambda push: push.seconds <= RUN, simulate("kaifa", start=CLOCK, seed=5)):
        now = BEGIN + timedelta(seconds=push.seconds)
        found += [(now, measurement) for measurement in decoder.feed(push.data, now) if measurement.meter_id]
    return found


async def booked(hass: Any, freezer: Any, sent: list[tuple[datetime, Measurement]]) -> Callable[[int, int], float]:  # noqa: ANN401
    """The energy in Wh that the statistics book between two minutes after the beginning of the hour."""
    freezer.move_to(BEGIN)
    entry = MockConfigEntry(
        domain="hanparse", title="Meter", unique_id=sent[0][1].meter_id, data={"url": "tcp://127.0.0.1:1"}
    )
    entry.add_to_hass(hass)
    source = Fake()
    with patch("custom_components.hanparse.meter.sources.open", return_value=source):
        assert await hass.config_entries.async_setup(entry.entry_id)
    compiled = HOUR
    for now, measurement in sent:
        while compiled + timedelta(minutes=5) <= now:
            await async_wait_recording_done(hass)
            do_adhoc_statistics(hass, start=compiled)
            compiled += timedelta(minutes=5)
        freezer.move_to(now)
        source.queue.put_nowait(measurement)
        while not source.queue.empty():  # noqa: ASYNC110  the component takes it in the next turns of the loop
            await asyncio.sleep(0)
        await hass.async_block_till_done()
    await async_wait_recording_done(hass)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, HOUR, None, {ENERGY}, "5minute", {"energy": "Wh"}, {"change"}
    )
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    rows = {round((row["start"] - HOUR.timestamp()) / 60): row["change"] for row in found[ENERGY]}
    return lambda first, end: sum(change for minute, change in rows.items() if first <= minute < end)


async def test_the_energy_of_an_hour_is_booked_to_that_hour(
    hass: Any,  # noqa: ANN401
    freezer: Any,  # noqa: ANN401
) -> None:
    sent = pushes()
    registers = [m.active_energy_import for _, m in sent if m.active_energy_import is not None]
    assert len(registers) == 2
    truth = registers[1] - registers[0]
    between = await booked(hass, freezer, sent)
    assert between(0, 60) == pytest.approx(truth, rel=0.01), between(0, 60) / truth
    power = max(m.active_power_import or 0 for now, m in sent if now >= HOUR + timedelta(hours=1))
    assert 0 < between(60, 65) <= power / 12 + 0.01 * truth


async def test_registers_alone_are_booked_to_the_next_hour(
    hass: Any,  # noqa: ANN401
    freezer: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LiveEnergy, "update", lambda *_: {})
    sent = pushes()
    registers = [m.active_energy_import for _, m in sent if m.active_energy_import is not None]
    between = await booked(hass, freezer, sent)
    assert (between(0, 60), between(60, 65)) == (0, registers[1] - registers[0])
