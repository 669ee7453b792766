"""Describes the fields of `Measurement` for programs that show or store values: unit, device class, state class.

Home Assistant defines the device classes and state classes for its sensors. This module does not import Home Assistant;
a test compares the classes with those of Home Assistant. Each description is derived from the name of the field, and
from its unit and kind in the registry of OBIS codes. Fields that hold tuples, such as `submeters`, have no description.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement.field import FIELD_OF, Field
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Metadata(NamedTuple):
    """An instance describes one field of `Measurement`."""

    name: str
    """The name of the field. A program that translates `display_name` can use it as the key."""
    display_name: str
    """The name in English, such as "Current L1"."""
    unit: str | None
    """The unit of the values in `Measurement`; `None` for a value without a unit."""
    device_class: str | None
    """The device class; `None` if no device class describes the field."""
    state_class: str | None
    """"measurement" for an instantaneous value, "total_increasing" for a register or a counter, otherwise `None`."""
    precision: int | None
    """The number of decimals that a program should show; `None` for a value that is not a number."""
    cadence: float
    """The longest usual time between two pushes that contain the field, in s."""


class _Quantity(NamedTuple):
    device_class: str | None
    state_class: str | None
    precision: int | None
    cadence: float


LIST_CADENCE: Final = 10.0
"""The longest usual time between two pushes with powers, in s: Kamstrup and Aidon meters send powers every 10 s."""
REGISTER_CADENCE: Final = 3600.0
"""The longest usual time between two pushes with registers, in s: Norwegian meters send registers every hour."""

_MEASURED, _TOTAL = "measurement", "total_increasing"
_QUANTITIES: Final[Mapping[str, _Quantity]] = {
    "W": _Quantity("power", _MEASURED, 0, LIST_CADENCE),
    "VA": _Quantity("apparent_power", _MEASURED, 0, LIST_CADENCE),
    "var": _Quantity("reactive_power", _MEASURED, 0, LIST_CADENCE),
    "A": _Quantity("current", _MEASURED, 2, LIST_CADENCE),
    "V": _Quantity("voltage", _MEASURED, 1, LIST_CADENCE),
    "Hz": _Quantity("frequency", _MEASURED, 2, LIST_CADENCE),
    "": _Quantity("power_factor", _MEASURED, 3, LIST_CADENCE),  # power factors are the only numbers without a unit
    "Wh": _Quantity("energy", _TOTAL, 0, REGISTER_CADENCE),
    "varh": _Quantity("reactive_energy", _TOTAL, 0, REGISTER_CADENCE),
}
_OTHER: Final = _Quantity(None, _MEASURED, 2, LIST_CADENCE)
_VOLUMES: Final = {"gas_volume": "gas", "water_volume": "water"}
_DEVICE_CLASSES: Final = {Kind.TEXT: None, Kind.TIME: "timestamp", Kind.BREAKER: "enum"}
_WORDS: Final = {"id": "ID", "t1": "tariff 1", "t2": "tariff 2", "t3": "tariff 3", "t4": "tariff 4"}


def _metadata(field: Field) -> Metadata | None:
    """Return the description of a field; `None` for a field that holds a tuple."""
    if (quantity := _quantity(field)) is None:
        return None
    return Metadata(field.name, _display_name(field.name), field.unit or None, *quantity)


def _quantity(field: Field) -> _Quantity | None:
    if field.name in _VOLUMES:
        return _Quantity(_VOLUMES[field.name], _TOTAL, 3, REGISTER_CADENCE)
    if field.kind is Kind.NUMBER:
        return _QUANTITIES.get(field.unit, _OTHER)
    if field.kind is Kind.COUNT:  # `tariff` is not a counter: the number of the active tariff can decrease
        return _Quantity(None, None if field.name == "tariff" else _TOTAL, 0, REGISTER_CADENCE)
    if field.kind in _DEVICE_CLASSES:
        return _Quantity(_DEVICE_CLASSES[field.kind], None, None, REGISTER_CADENCE)
    return None


def _display_name(name: str) -> str:
    """Return the name of a field in English, such as "Voltage L1" for ``voltage_l1``; "t1" becomes "tariff 1"."""
    words = [_WORDS.get(word, word.upper() if word[1:].isdigit() else word) for word in name.split("_")]
    text = " ".join(words)
    return text[0].upper() + text[1:]


METADATA: Final[Mapping[str, Metadata]] = MappingProxyType(
    {field.name: metadata for field in FIELD_OF.values() if (metadata := _metadata(field))}
)
"""Maps the name of each field with a description to this description, in the order of the registry."""
