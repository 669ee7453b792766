"""Declares the fields of `Measurement`. ``python tools/write_fields.py`` writes this module."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  users may call get_type_hints(Measurement)

from hanparse.measurement.parts import Breaker, Peak, PowerFailure, Submeter  # noqa: TC001
from hanparse.measurement.record import Record


class Fields(Record):
    """Declares one attribute for each value that a push can contain."""

    __slots__ = ()

    manufacturer: str | None = None
    """Manufacturer, from the profile that reads the list."""
    model: str | None = None
    """Meter type. OBIS 0-0:96.1.7, 1-1:96.1.1."""
    meter_id: str | None = None
    """Meter number (GS1, GIAI). OBIS 0-0:96.1.0, 1-1:0.0.5, 0-0:96.1.1."""
    list_id: str | None = None
    """OBIS list version identifier. OBIS 0.2.129."""
    timestamp: datetime | None = None
    """Time of the values: the date-time of the push, else the clock in the list. It is naive if the zone is unknown."""
    energy_time: datetime | None = None
    """Clock. The meter read the energy registers at this time. OBIS 0-0:1.0.0, 0-1:1.0.0."""
    active_power_import: float | None = None
    """Active power import, in W. OBIS 1.7.0."""
    active_power_export: float | None = None
    """Active power export, in W. OBIS 2.7.0."""
    reactive_power_import: float | None = None
    """Reactive power import (QI + QII), in var. OBIS 3.7.0."""
    reactive_power_export: float | None = None
    """Reactive power export (QIII + QIV), in var. OBIS 4.7.0."""
    apparent_power_import: float | None = None
    """Apparent power import, in VA. OBIS 9.7.0."""
    apparent_power_export: float | None = None
    """Apparent power export, in VA. OBIS 10.7.0."""
    active_power_absolute: float | None = None
    """Active power, absolute sum, in W. The sum adds import and export. OBIS 15.7.0."""
    active_power_net: float | None = None
    """Active power, net, in W. Net is import minus export. OBIS 16.7.0."""
    active_power_import_l1: float | None = None
    """Active power import, L1, in W. OBIS 21.7.0."""
    active_power_export_l1: float | None = None
    """Active power export, L1, in W. OBIS 22.7.0."""
    reactive_power_import_l1: float | None = None
    """Reactive power import (QI + QII), L1, in var. OBIS 23.7.0."""
    reactive_power_export_l1: float | None = None
    """Reactive power export (QIII + QIV), L1, in var. OBIS 24.7.0."""
    active_power_import_l2: float | None = None
    """Active power import, L2, in W. OBIS 41.7.0."""
    active_power_export_l2: float | None = None
    """Active power export, L2, in W. OBIS 42.7.0."""
    reactive_power_import_l2: float | None = None
    """Reactive power import (QI + QII), L2, in var. OBIS 43.7.0."""
    reactive_power_export_l2: float | None = None
    """Reactive power export (QIII + QIV), L2, in var. OBIS 44.7.0."""
    active_power_import_l3: float | None = None
    """Active power import, L3, in W. OBIS 61.7.0."""
    active_power_export_l3: float | None = None
    """Active power export, L3, in W. OBIS 62.7.0."""
    reactive_power_import_l3: float | None = None
    """Reactive power import (QI + QII), L3, in var. OBIS 63.7.0."""
    reactive_power_export_l3: float | None = None
    """Reactive power export (QIII + QIV), L3, in var. OBIS 64.7.0."""
    peak_power: float | None = None
    """Highest average power of this month, in W."""
    average_power_import: float | None = None
    """Active power import, current average, in W. The averaging period has not ended yet. OBIS 1.4.0."""
    power_limit: float | None = None
    """Limiter, power, in W. OBIS 0-0:17.0.0."""
    apparent_power_limit: float | None = None
    """Limiter, apparent power, in VA. OBIS 0-0:17.0.0."""
    current_l1: float | None = None
    """Current, L1, in A. OBIS 31.7.0."""
    current_l2: float | None = None
    """Current, L2, in A. OBIS 51.7.0."""
    current_l3: float | None = None
    """Current, L3, in A. OBIS 71.7.0."""
    current_neutral: float | None = None
    """Neutral current, in A. OBIS 91.7.0."""
    current_limit: float | None = None
    """Limiter, current, in A. OBIS 0-0:17.0.0, 31.4.0."""
    voltage_l1: float | None = None
    """Voltage, L1 (3-wire: L1-L2), in V. OBIS 32.7.0."""
    voltage_l2: float | None = None
    """Voltage, L2 (3-wire: L1-L3), in V. OBIS 52.7.0."""
    voltage_l3: float | None = None
    """Voltage, L3 (3-wire: L2-L3), in V. OBIS 72.7.0."""
    active_energy_import: float | None = None
    """Active energy import, total, in Wh. OBIS 1.8.0."""
    active_energy_export: float | None = None
    """Active energy export, total, in Wh. OBIS 2.8.0."""
    reactive_energy_import: float | None = None
    """Reactive energy import (QI + QII), total, in varh. OBIS 3.8.0."""
    reactive_energy_export: float | None = None
    """Reactive energy export (QIII + QIV), total, in varh. OBIS 4.8.0."""
    reactive_energy_q1: float | None = None
    """Reactive energy QI, total, in varh. OBIS 5.8.0."""
    reactive_energy_q2: float | None = None
    """Reactive energy QII, total, in varh. OBIS 6.8.0."""
    reactive_energy_q3: float | None = None
    """Reactive energy QIII, total, in varh. OBIS 7.8.0."""
    reactive_energy_q4: float | None = None
    """Reactive energy QIV, total, in varh. OBIS 8.8.0."""
    active_energy_absolute: float | None = None
    """Active energy, absolute sum, total, in Wh. OBIS 15.8.0."""
    active_energy_import_t1: float | None = None
    """Active energy import, tariff 1, in Wh. OBIS 1.8.1."""
    active_energy_import_t2: float | None = None
    """Active energy import, tariff 2, in Wh. OBIS 1.8.2."""
    active_energy_import_t3: float | None = None
    """Active energy import, tariff 3, in Wh. OBIS 1.8.3."""
    active_energy_import_t4: float | None = None
    """Active energy import, tariff 4, in Wh. OBIS 1.8.4."""
    active_energy_export_t1: float | None = None
    """Active energy export, tariff 1, in Wh. OBIS 2.8.1."""
    active_energy_export_t2: float | None = None
    """Active energy export, tariff 2, in Wh. OBIS 2.8.2."""
    active_energy_export_t3: float | None = None
    """Active energy export, tariff 3, in Wh. OBIS 2.8.3."""
    active_energy_export_t4: float | None = None
    """Active energy export, tariff 4, in Wh. OBIS 2.8.4."""
    reactive_energy_import_t1: float | None = None
    """Reactive energy import (QI + QII), tariff 1, in varh. OBIS 3.8.1."""
    reactive_energy_import_t2: float | None = None
    """Reactive energy import (QI + QII), tariff 2, in varh. OBIS 3.8.2."""
    reactive_energy_import_t3: float | None = None
    """Reactive energy import (QI + QII), tariff 3, in varh. OBIS 3.8.3."""
    reactive_energy_import_t4: float | None = None
    """Reactive energy import (QI + QII), tariff 4, in varh. OBIS 3.8.4."""
    reactive_energy_export_t1: float | None = None
    """Reactive energy export (QIII + QIV), tariff 1, in varh. OBIS 4.8.1."""
    reactive_energy_export_t2: float | None = None
    """Reactive energy export (QIII + QIV), tariff 2, in varh. OBIS 4.8.2."""
    reactive_energy_export_t3: float | None = None
    """Reactive energy export (QIII + QIV), tariff 3, in varh. OBIS 4.8.3."""
    reactive_energy_export_t4: float | None = None
    """Reactive energy export (QIII + QIV), tariff 4, in varh. OBIS 4.8.4."""
    power_factor: float | None = None
    """Power factor. OBIS 13.7.0."""
    power_factor_l1: float | None = None
    """Power factor, L1. OBIS 33.7.0."""
    power_factor_l2: float | None = None
    """Power factor, L2. OBIS 53.7.0."""
    power_factor_l3: float | None = None
    """Power factor, L3. OBIS 73.7.0."""
    frequency: float | None = None
    """Supply frequency, in Hz. OBIS 14.7.0."""
    gas_volume: float | None = None
    """Latest reading of the gas meter among the sub-meters, in m³."""
    water_volume: float | None = None
    """Latest reading of the water meter among the sub-meters, in m³."""
    p1_version: str | None = None
    """Version of the P1 description (DSMR). OBIS 1-3:0.2.8, 0-0:96.1.4."""
    message: str | None = None
    """Message for the consumer, sent at the port. OBIS 0-0:96.13.0."""
    peak_power_time: datetime | None = None
    """Time of the highest average power of this month."""
    gas_time: datetime | None = None
    """Time of the latest reading of the gas meter."""
    water_time: datetime | None = None
    """Time of the latest reading of the water meter."""
    tariff: int | None = None
    """Active tariff. OBIS 0-0:96.14.0."""
    long_power_failures: int | None = None
    """Long power failures, any phase. OBIS 0-0:96.7.9."""
    power_failures: int | None = None
    """Power failures, any phase. OBIS 0-0:96.7.21."""
    voltage_sags_l1: int | None = None
    """Voltage sags, L1. OBIS 32.32.0."""
    voltage_swells_l1: int | None = None
    """Voltage swells, L1. OBIS 32.36.0."""
    voltage_sags_l2: int | None = None
    """Voltage sags, L2. OBIS 52.32.0."""
    voltage_swells_l2: int | None = None
    """Voltage swells, L2. OBIS 52.36.0."""
    voltage_sags_l3: int | None = None
    """Voltage sags, L3. OBIS 72.32.0."""
    voltage_swells_l3: int | None = None
    """Voltage swells, L3. OBIS 72.36.0."""
    breaker: Breaker | None = None
    """Disconnect control state. OBIS 0-0:96.3.10."""
    power_failure_log: tuple[PowerFailure, ...] | None = None
    """Log of long power failures. OBIS 1-0:99.97.0."""
    peak_history: tuple[Peak, ...] | None = None
    """Highest average power of each month, in W. OBIS 0-0:98.1.0."""
    submeters: tuple[Submeter, ...] | None = None
    """Meters that the electricity meter reads, with their latest readings."""
