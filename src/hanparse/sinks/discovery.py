"""Builds the messages of the MQTT sink: the values of a meter, and its discovery.

The discovery is one message that describes the meter with all its entities to Home Assistant. Source: "MQTT discovery"
in the documentation of Home Assistant.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.fields import METADATA, REGISTER_CADENCE
from hanparse.sinks.update import ESTIMATED, NUMBERS, REGISTERS, as_json, short_hash
from hanparse.versions import version

if TYPE_CHECKING:
    from hanparse.fields import Metadata
    from hanparse.sinks.update import Identity, Update

ONLINE, OFFLINE = "online", "offline"
LATE: Final = 300.0
"""The time in s by which an hourly push with registers can be late. After that, the registers count as missing."""
ORIGIN: Final = "hanparse"
BASE: Final = "hanparse"
"""The first part of every topic, unless the URL of the sink has a path."""
ENERGY_NAMES: Final = REGISTERS | {"energy_time"}
"""The names of the fields in a message with registers."""


class Message(NamedTuple):
    """A message to publish. If it is retained and empty, it removes the retained message of its topic."""

    topic: str
    payload: str
    retain: bool = False


class Topics(NamedTuple):
    """`Topics` names the topics of one meter."""

    base: str
    meter: Identity

    def of(self, name: str) -> str:
        """Return a topic of the meter: "state", "energy", "status", or the name of a field."""
        return f"{self.base}/{self.meter.key}/{name}"

    def config(self, prefix: str) -> str:
        """Return the topic of the discovery. `prefix` is its first part, usually "homeassistant"."""
        return f"{prefix}/device/{self.unique}/config"

    @property
    def unique(self) -> str:
        """Return the id with which Home Assistant recognises the device of a meter.

        If the meter sends no id, the base also distinguishes the device, because two bridges can use the same name.
        """
        unique = f"{ORIGIN}_{self.meter.key}"
        return unique if self.meter.is_id or self.base == BASE else f"{unique}_{short_hash(self.base)}"


def states(update: Update, base: str) -> list[Message]:
    """Return two messages: a retained message with the registers, and a message with the other values of the push.

    If no register of the meter is known yet, return only the message with the other values.
    """
    topics = Topics(base, update.meter)
    document = update.document()
    energy = {name: document.pop(name) for name in [*document] if name in ENERGY_NAMES}
    found = [Message(topics.of("state"), as_json(document))]
    return [*found, Message(topics.of("energy"), as_json(energy), retain=True)] if update.registers else found


def flat(update: Update, base: str) -> list[Message]:
    """Return one message for each number. The topic ends in the name of the field. The payload is only the number."""
    topics, numbers = Topics(base, update.meter), update.numbers() | update.estimates()
    if (net := update.measurement.active_power) is not None:
        numbers["active_power"] = net
    return [Message(topics.of(name), f"{value}", name in REGISTERS) for name, value in numbers.items()]


def discovery(update: Update, base: str, prefix: str, status: str, silence: float) -> Message:
    """Return the discovery of a meter. It has one entity for each number in `update.shown`.

    `status` is the topic whose message is "online" while the bridge runs. An entity becomes unavailable if no message
    contains its value for `silence` s, or for the usual interval of the value if this interval is longer. The entity of
    a register becomes unavailable after `REGISTER_CADENCE` plus `LATE`.
    """
    topics = Topics(base, update.meter)
    shown = [(name, ending) for name in NUMBERS for ending in ("", ESTIMATED) if name + ending in update.shown]
    payload = {
        "device": _device(topics),
        "origin": {"name": ORIGIN, "sw_version": version("hanparse"), "support_url": _SUPPORT},
        "availability_topic": status,
        "components": {name + ending: _entity(METADATA[name], ending, topics, silence) for name, ending in shown},
    }
    return Message(topics.config(prefix), as_json(payload), retain=True)


def components(payload: object) -> frozenset[str]:
    """Return the names of the entities in the payload of a discovery.

    If the payload is not valid, return no names.
    """
    try:
        found = json.loads(bytes(payload))["components"]  # type: ignore[call-overload]  # an error is caught
        return frozenset(name for name in found if name.removesuffix(ESTIMATED) in NUMBERS)
    except (AttributeError, KeyError, TypeError, ValueError):
        return frozenset()


NEWER: Final = frozenset({"reactive_energy"})
"""Device classes that are new in Home Assistant 2025.5.

The discovery omits these classes, because older versions refuse a discovery with them.
"""
_SUPPORT: Final = "https://github.com/hanparse/hanparse"


def _device(topics: Topics) -> dict[str, Any]:
    meter = topics.meter
    name = " ".join(part for part in (meter.manufacturer, meter.model) if part) or "Meter"
    parts = {
        "identifiers": [topics.unique],
        "name": name,
        "manufacturer": meter.manufacturer,
        "model": meter.model,
        "serial_number": meter.name,
        "sw_version": meter.list_id,
    }
    return {name: part for name, part in parts.items() if part}


def _entity(field: Metadata, ending: str, topics: Topics, silence: float) -> dict[str, Any]:
    is_register = field.name in REGISTERS
    value = f"value_json.estimated.{field.name}.value" if ending else f"value_json.{field.name}"
    parts = {
        "platform": "sensor",
        "unique_id": f"{topics.unique}_{field.name}{ending}",
        "name": field.display_name + (" (estimated)" if ending else ""),
        "state_topic": topics.of("energy" if is_register else "state"),
        "value_template": f"{{{{ {value} | is_defined }}}}",  # a list without the field does not change the state
        "unit_of_measurement": field.unit,
        "device_class": None if field.device_class in NEWER else field.device_class,
        "state_class": field.state_class,
        "suggested_display_precision": field.precision,
        "expire_after": int(REGISTER_CADENCE + LATE if is_register else max(silence, field.cadence)),
        "enabled_by_default": False if ending else None,
    }
    return {name: part for name, part in parts.items() if part is not None}
