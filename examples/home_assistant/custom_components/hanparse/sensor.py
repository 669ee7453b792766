"""Adds a sensor for each number that the meter sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from hanparse.fields import METADATA

from .const import DOMAIN, ESTIMATED
from .meter import REGISTERS

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddEntitiesCallback

_CLASSES = {one.value for one in SensorDeviceClass}  # some classes are missing in older versions of Home Assistant


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddEntitiesCallback) -> None:
    """Add a sensor when its value arrives for the first time."""
    meter = entry.runtime_data
    known: set[str] = set()

    @callback
    def add(keys: set[str]) -> None:
        new = [key for key in keys if key not in known]
        known.update(new)
        if new:
            async_add_entities([MeterSensor(entry, key) for key in new])

    entry.async_on_unload(async_dispatcher_connect(hass, meter.signal, add))
    add(set(meter.values))


class MeterSensor(SensorEntity):
    """A sensor shows one value of a meter."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: ConfigEntry, key: str) -> None:
        self._meter, self._key = entry.runtime_data, key
        is_estimated = key.endswith(ESTIMATED)
        field = METADATA[key.removesuffix(ESTIMATED)]
        number = entry.unique_id or entry.entry_id
        self._attr_unique_id = f"{number}_{key}"
        self._attr_translation_key = key
        self._attr_device_class = field.device_class if field.device_class in _CLASSES else None
        self._attr_state_class = field.state_class
        self._attr_native_unit_of_measurement = field.unit
        self._attr_suggested_display_precision = field.precision
        self._attr_entity_registry_enabled_default = not is_estimated
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, number)},
            manufacturer=entry.data.get("manufacturer"),
            model=entry.data.get("model"),
            name=entry.title,
            serial_number=entry.unique_id,
        )

    async def async_added_to_hass(self) -> None:
        """Subscribe to the values of the meter."""
        self.async_on_remove(async_dispatcher_connect(self.hass, self._meter.signal, self._arrived))

    @callback
    def _arrived(self, keys: set[str]) -> None:
        if self._key in keys:
            self.async_write_ha_state()

    @property
    def available(self) -> bool:
        """Return whether the meter sends its values. A register is always available."""
        return self._meter.is_available or self._key in REGISTERS

    @property
    def native_value(self) -> float | None:
        """Return the latest value."""
        return self._meter.values.get(self._key)

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the bounds of an estimate."""
        return dict(zip(("low", "high"), self._meter.bounds.get(self._key, ()), strict=False))
