"""Describes the connection of a meter for an issue, without meter numbers, keys and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:  # noqa: ARG001
    """Return the counts, the kinds of the faults and the values.

    Messages are omitted, because some contain the meter number.
    """
    meter, source = entry.runtime_data, entry.runtime_data.source
    return {
        "manufacturer": entry.data["manufacturer"],
        "model": entry.data["model"],
        "scheme": entry.data["url"].partition(":")[0] if "://" in entry.data["url"] else "path",
        "connections": source.connections,
        "dropped": source.dropped,
        "stats": source.decoder.stats._asdict(),
        "faults": [{"kind": fault.kind, "counts": dict(fault.counts)} for fault in source.diagnosis()],
        "last_error": type(source.last_error).__name__,
        "is_available": meter.is_available,
        "values": meter.values,
    }
