"""An OBIS code -> what it means: the field of `Measurement` that it fills, unit, kind, text. One line per code."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.obis.code import ELECTRICITY

if TYPE_CHECKING:
    from hanparse.obis.code import Obis


class Kind(Enum):
    """What a value is, whatever type carries it."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"


class Entry(NamedTuple):
    """One line of the registry: `field` is empty where `Measurement` has none, `unit` where the value has none."""

    code: str
    field: str
    unit: str
    kind: Kind
    description: str


_TEXT, _TIME, _NUMBER = Kind.TEXT, Kind.TIME, Kind.NUMBER

# Without A-B: electricity (A = 1), any channel. A code with A-B means exactly that.
# fmt: off
ENTRIES: Final = tuple(Entry(*line) for line in (
    ("0.2.129",    "list_id",                  "",     _TEXT,   "OBIS list version identifier"),
    ("0-0:96.1.0", "meter_id",                 "",     _TEXT,   "meter number (GS1, GIAI)"),
    ("1-1:0.0.5",  "meter_id",                 "",     _TEXT,   "meter number (GS1)"),
    ("0-0:96.1.7", "model",                    "",     _TEXT,   "meter type"),
    ("1-1:96.1.1", "model",                    "",     _TEXT,   "meter type number"),
    ("0-0:1.0.0",  "energy_time",              "",     _TIME,   "clock"),
    ("0-1:1.0.0",  "energy_time",              "",     _TIME,   "clock"),
    ("1.7.0",      "active_power_import",      "W",    _NUMBER, "active power import"),
    ("2.7.0",      "active_power_export",      "W",    _NUMBER, "active power export"),
    ("3.7.0",      "reactive_power_import",    "var",  _NUMBER, "reactive power import (QI + QII)"),
    ("4.7.0",      "reactive_power_export",    "var",  _NUMBER, "reactive power export (QIII + QIV)"),
    ("21.7.0",     "active_power_import_l1",   "W",    _NUMBER, "active power import, L1"),
    ("22.7.0",     "active_power_export_l1",   "W",    _NUMBER, "active power export, L1"),
    ("23.7.0",     "reactive_power_import_l1", "var",  _NUMBER, "reactive power import, L1"),
    ("24.7.0",     "reactive_power_export_l1", "var",  _NUMBER, "reactive power export, L1"),
    ("41.7.0",     "active_power_import_l2",   "W",    _NUMBER, "active power import, L2"),
    ("42.7.0",     "active_power_export_l2",   "W",    _NUMBER, "active power export, L2"),
    ("43.7.0",     "reactive_power_import_l2", "var",  _NUMBER, "reactive power import, L2"),
    ("44.7.0",     "reactive_power_export_l2", "var",  _NUMBER, "reactive power export, L2"),
    ("61.7.0",     "active_power_import_l3",   "W",    _NUMBER, "active power import, L3"),
    ("62.7.0",     "active_power_export_l3",   "W",    _NUMBER, "active power export, L3"),
    ("63.7.0",     "reactive_power_import_l3", "var",  _NUMBER, "reactive power import, L3"),
    ("64.7.0",     "reactive_power_export_l3", "var",  _NUMBER, "reactive power export, L3"),
    ("31.7.0",     "current_l1",               "A",    _NUMBER, "current, L1"),
    ("51.7.0",     "current_l2",               "A",    _NUMBER, "current, L2"),
    ("71.7.0",     "current_l3",               "A",    _NUMBER, "current, L3"),
    ("32.7.0",     "voltage_l1",               "V",    _NUMBER, "voltage, L1 (3-wire: L1-L2)"),
    ("52.7.0",     "voltage_l2",               "V",    _NUMBER, "voltage, L2 (3-wire: L1-L3)"),
    ("72.7.0",     "voltage_l3",               "V",    _NUMBER, "voltage, L3 (3-wire: L2-L3)"),
    ("1.8.0",      "active_energy_import",     "Wh",   _NUMBER, "active energy import, total"),
    ("2.8.0",      "active_energy_export",     "Wh",   _NUMBER, "active energy export, total"),
    ("3.8.0",      "reactive_energy_import",   "varh", _NUMBER, "reactive energy import (QI + QII), total"),
    ("4.8.0",      "reactive_energy_export",   "varh", _NUMBER, "reactive energy export (QIII + QIV), total"),
))
# fmt: on

_BY_CODE: Final = {entry.code: entry for entry in ENTRIES}
_CURRENT: Final = 255  # F: the present value, not that of a billing period or of a transformer's other side
_SPECIAL_CHANNELS: Final = range(65, 200)  # B: 65-127 utility, 128-199 manufacturer specific (Blue Book 7.3)
_TIME_INTEGRAL: Final = 8  # D
_SUM_ENERGIES: Final = range(1, 5)  # C


def lookup(obis: Obis) -> Entry | None:
    """What `obis` means, or `None` when the registry does not know it.

    The channel B does not matter for electricity, unless it is in a utility or manufacturer range: meters send 0 or 1
    as they please. Sum energies that come with A = 0 are taken as electricity (seen in an EMBRIQ hourly list).
    """
    if obis.f != _CURRENT:
        return None
    exact = _BY_CODE.get(f"{obis.a}-{obis.b}:{obis.reduced}")
    if exact is not None:
        return exact
    abstract_energy = obis.a == 0 and obis.c in _SUM_ENERGIES and obis.d == _TIME_INTEGRAL
    electricity = obis.a == ELECTRICITY and obis.b not in _SPECIAL_CHANNELS
    return _BY_CODE.get(obis.reduced) if electricity or abstract_energy else None
