"""The properties of fields, compared with the registry and with the tables of Home Assistant."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

from hanparse import Measurement, fields
from hanparse.fields import METADATA, Metadata
from hanparse.obis import Kind

NEWER = {"reactive_energy"}
"""Device classes that Home Assistant has since 2025.5 or later."""


def test_every_field_that_holds_one_value_has_an_entry_with_its_unit() -> None:
    tuples = {Kind.FAILURES, Kind.PEAKS, Kind.SUBMETERS}
    scalars = {field.name: field.unit or None for field in Measurement.fields() if field.kind not in tuples}
    assert {name: entry.unit for name, entry in METADATA.items()} == scalars
    assert [entry.name for entry in METADATA.values()] == list(METADATA)


def test_every_number_has_a_precision_and_nothing_else_has() -> None:
    numbers = {field.name for field in Measurement.fields() if field.kind in (Kind.NUMBER, Kind.COUNT)}
    assert {name for name, entry in METADATA.items() if entry.precision is not None} == numbers


@pytest.mark.parametrize(
    "expected",
    [
        Metadata("active_power_import", "Active power import", "W", "power", "measurement", 0, 10),
        Metadata("active_power_import_l1", "Active power import L1", "W", "power", "measurement", 0, 10),
        Metadata("current_l2", "Current L2", "A", "current", "measurement", 2, 10),
        Metadata("voltage_l3", "Voltage L3", "V", "voltage", "measurement", 1, 10),
        Metadata("frequency", "Frequency", "Hz", "frequency", "measurement", 2, 10),
        Metadata("power_factor", "Power factor", None, "power_factor", "measurement", 3, 10),
        Metadata("reactive_power_export", "Reactive power export", "var", "reactive_power", "measurement", 0, 10),
        Metadata("active_energy_import", "Active energy import", "Wh", "energy", "total_increasing", 0, 3600),
        Metadata(
            "active_energy_import_t1", "Active energy import tariff 1", "Wh", "energy", "total_increasing", 0, 3600
        ),
        Metadata("reactive_energy_q3", "Reactive energy Q3", "varh", "reactive_energy", "total_increasing", 0, 3600),
        Metadata("gas_volume", "Gas volume", "m³", "gas", "total_increasing", 3, 3600),
        Metadata("water_volume", "Water volume", "m³", "water", "total_increasing", 3, 3600),
        Metadata("meter_id", "Meter ID", None, None, None, None, 3600),
        Metadata("p1_version", "P1 version", None, None, None, None, 3600),
        Metadata("timestamp", "Timestamp", None, "timestamp", None, None, 3600),
        Metadata("breaker", "Breaker", None, "enum", None, None, 3600),
        Metadata("tariff", "Tariff", None, None, None, 0, 3600),
        Metadata("power_failures", "Power failures", None, None, "total_increasing", 0, 3600),
    ],
    ids=lambda expected: expected.name,
)
def test_a_field_has_these_properties(expected: Metadata) -> None:
    assert METADATA[expected.name] == expected


def test_a_number_with_a_unit_that_no_other_field_has_is_a_measurement_without_a_class() -> None:
    field = next(each for each in Measurement.fields() if each.unit == "V")._replace(name="case_temperature", unit="°C")
    entry = fields._metadata(field)  # noqa: SLF001  the registry has no such field
    assert entry
    assert (entry.unit, entry.device_class, entry.state_class) == ("°C", None, "measurement")


def test_display_names_differ() -> None:
    assert len({entry.display_name for entry in METADATA.values()}) == len(METADATA)


def test_the_module_imports_no_home_assistant() -> None:
    code = "import sys, hanparse.fields; print([name for name in sys.modules if 'homeassistant' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def sensor() -> Any:  # noqa: ANN401  Home Assistant may not be installed
    """The constants of Home Assistant's sensors; ``nox -s homeassistant`` installs them."""
    try:
        return importlib.import_module("homeassistant.components.sensor.const")
    except ImportError as error:
        pytest.skip(f"Home Assistant is not installed for this Python: {error}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", METADATA.values(), ids=lambda entry: entry.name)
def test_home_assistant_accepts_unit_and_classes(sensor: Any, entry: Metadata) -> None:  # noqa: ANN401  see above
    if entry.state_class is not None:
        sensor.SensorStateClass(entry.state_class)
    if entry.device_class is None:
        return
    if entry.device_class in NEWER and entry.device_class not in set(sensor.SensorDeviceClass):
        pytest.skip(f"this Home Assistant has no device class {entry.device_class}")
    device_class = sensor.SensorDeviceClass(entry.device_class)
    if device_class in sensor.NON_NUMERIC_DEVICE_CLASSES:
        assert (entry.unit, entry.state_class, entry.precision) == (None, None, None)
        return
    assert entry.unit in sensor.DEVICE_CLASS_UNITS[device_class]
    assert entry.state_class in sensor.DEVICE_CLASS_STATE_CLASSES[device_class]
