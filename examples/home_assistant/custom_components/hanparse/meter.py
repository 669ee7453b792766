"""Reads one meter, and holds the latest values for its entities: `Meter`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from math import floor
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_URL
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.storage import Store

from hanparse import Decoder, sources
from hanparse.energy import LiveEnergy
from hanparse.fields import METADATA

from .const import CONF_KEY, DOMAIN, ESTIMATED, SILENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from hanparse import Measurement
    from hanparse.sources import Source

NUMBERS: Final = [name for name, field in METADATA.items() if field.precision is not None]
REGISTERS: Final = {name for name, field in METADATA.items() if field.state_class == "total_increasing"}
_SAVE_DELAY: Final = 300  # s
_MAX_TOPICS: Final = 256


def decoder_of(data: Mapping[str, Any]) -> Decoder:
    """Return a decoder with the key of an entry. Raises `ValueError` for a wrong key."""
    return Decoder(key=data.get(CONF_KEY) or None, estimate=True)


def open_source(data: Mapping[str, Any]) -> Source:
    """Return the source of an entry.

    Raises `ValueError` for a wrong URL, and `ImportError` if an extra is missing.
    """
    return sources.open(data[CONF_URL], decoder=lambda: decoder_of(data))


def store(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    """Return the file that keeps the registers while Home Assistant does not run."""
    return Store(hass, 1, f"{DOMAIN}.{entry.entry_id}")


class Meter:
    """Holds the latest values of a meter, by the keys of their entities, and reads them in a task."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self.source = open_source(entry.data)
        self.signal = f"{DOMAIN} {entry.entry_id}"
        self.values: dict[str, float] = {}
        self.bounds: dict[str, tuple[float, float]] = {}
        self.is_available = False
        self._hass, self._number, self._store = hass, entry.unique_id, store(hass, entry)
        self._live = LiveEnergy()
        self._last_numbers: dict[str, str | None] = {}

    async def restore(self) -> None:
        """Continue with the registers that were saved."""
        with suppress(ValueError):  # this version cannot read the file
            self._live = LiveEnergy.from_dict(await self._store.async_load() or self._live.to_dict())
        self.values.update(_whole(self._live.values))

    async def run(self) -> None:
        """Read the meter until the task is cancelled, and save its registers."""
        try:
            async with self.source as source:
                while True:
                    try:
                        async with asyncio.timeout(SILENCE):
                            measurement = await anext(source)
                    except TimeoutError:
                        self._remove_values()
                        continue
                    if self._is_of_entry(measurement, source.channel):
                        self._take(measurement)
        except (StopAsyncIteration, OSError):  # the end of a file
            self._remove_values()
        finally:
            await self._store.async_save(self._live.to_dict())

    def _is_of_entry(self, measurement: Measurement, channel: str) -> bool:
        """Return whether the meter of the entry sent a push.

        A list without a number belongs to the last number of its topic.
        """
        if len(self._last_numbers) > _MAX_TOPICS:
            self._last_numbers.clear()
        number = self._last_numbers[channel] = measurement.meter_id or self._last_numbers.get(channel)
        return self._number in (None, number)

    def _take(self, measurement: Measurement) -> None:
        found = {name: value for name in NUMBERS if (value := getattr(measurement, name)) is not None}
        for name, estimate in measurement.estimated.items():
            found[name + ESTIMATED] = estimate.value
            self.bounds[name + ESTIMATED] = estimate.low, estimate.high
        found |= _whole(self._live.update(measurement))
        changed = {key for key, value in found.items() if value != self.values.get(key)}
        self.values.update(found)
        self.is_available = True
        self._store.async_delay_save(self._live.to_dict, _SAVE_DELAY)
        async_dispatcher_send(self._hass, self.signal, changed)

    def _remove_values(self) -> None:
        """Remove all values except registers, so that no old value is shown when the next push arrives."""
        keys, self.is_available = set(self.values), False
        self.values = {key: value for key, value in self.values.items() if key in REGISTERS}
        async_dispatcher_send(self._hass, self.signal, keys)


def _whole(registers: Mapping[str, float]) -> dict[str, int]:
    """Return registers rounded down to Wh, as meters show them."""
    return {name: floor(value) for name, value in registers.items()}
