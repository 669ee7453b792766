"""An OBIS code -> what it means: the field of `Measurement` that it fills, unit, kind, text.

What the standard defines by rule is derived by that rule: a quantity for the sum and each phase (C), a way of
processing (D), tariffs (E). What it lists one by one is a line here.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.obis.code import ELECTRICITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.obis.code import Obis


class Kind(Enum):
    """What a value is, whatever type carries it."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    COUNT = "count"
    BREAKER = "breaker"
    FAILURES = "power failures"
    PEAKS = "peaks"
    SUBMETERS = "sub-meters"


class Entry(NamedTuple):
    """One line of the registry: `field` is empty where `Measurement` has none, `unit` where the value has none."""

    code: str
    field: str
    unit: str
    kind: Kind
    description: str


_TEXT, _TIME, _NUMBER, _COUNT = Kind.TEXT, Kind.TIME, Kind.NUMBER, Kind.COUNT
_PHASES: Final = (("", ""), ("_l1", ", L1"), ("_l2", ", L2"), ("_l3", ", L3"))
_PER_PHASE: Final = 20  # C: quantity q of phase p is q + 20 p (Blue Book 7.5.1)
_TARIFFS: Final = range(1, 5)  # E, of those that Measurement has fields for

# Without A-B: electricity (A = 1). A code with A-B means exactly that. B stands for channels 1 to 4.
# A code that comes with several units means another quantity in each, without a unit the first.
# fmt: off
_LISTED: Final = (
    ("0-0:96.1.7",  "model",       "",   _TEXT,   "meter type"),
    ("1-1:96.1.1",  "model",       "",   _TEXT,   "meter type number"),
    ("0-0:96.1.0",  "meter_id",    "",   _TEXT,   "meter number (GS1, GIAI)"),
    ("1-1:0.0.5",   "meter_id",    "",   _TEXT,   "meter number (GS1)"),
    ("0.2.129",     "list_id",     "",   _TEXT,   "OBIS list version identifier"),
    ("1-1:0.0.1",   "",            "",   _NUMBER, "meter number"),
    ("0-0:96.1.1",  "meter_id",    "",   _TEXT,   "device ID 2: the meter number where 0-0:96.1.0 is not sent"),
    ("1-3:0.2.8",   "p1_version",  "",   _TEXT,   "version of the P1 description (DSMR)"),
    ("0-0:96.1.4",  "p1_version",  "",   _TEXT,   "version of the P1 description (e-MUCS)"),
    ("0-0:42.0.0",  "",            "",   _TEXT,   "COSEM logical device name"),
    ("0-0:1.0.0",   "energy_time", "",   _TIME,   "clock"),
    ("0-1:1.0.0",   "energy_time", "",   _TIME,   "clock"),
    ("0-0:17.0.0",  "",            "",   _NUMBER, "limiter"),
    ("0-0:17.0.0",  "power_limit", "W",  _NUMBER, "limiter, power"),
    ("0-0:17.0.0",  "apparent_power_limit", "VA", _NUMBER, "limiter, apparent power"),
    ("0-0:17.0.0",  "current_limit", "A", _NUMBER, "limiter, current"),
    ("31.4.0",      "current_limit", "A", _NUMBER, "fuse threshold"),
    ("0-0:21.0.0",  "",            "",   _NUMBER, "capture period of the push"),
    ("0-0:96.3.10", "breaker",     "",   Kind.BREAKER, "disconnect control state"),
    ("0-B:96.3.10", "",            "",   _NUMBER, "relay B, control state"),
    ("0-0:96.13.0", "message",     "",   _TEXT,   "message for the consumer, port"),
    ("0-0:96.13.1", "",            "",   _TEXT,   "message for the consumer, display"),
    ("0-0:96.14.0", "tariff",      "",   _COUNT,  "active tariff"),
    ("0-0:96.7.9",  "long_power_failures", "", _COUNT, "long power failures, any phase"),
    ("0-0:96.7.21", "power_failures", "", _COUNT, "power failures, any phase"),
    ("1-0:99.97.0", "power_failure_log", "", Kind.FAILURES, "log of long power failures"),
    ("0-0:97.98.0", "",            "",   _NUMBER, "alarm register 1"),
    ("0-0:97.98.10", "",           "",   _NUMBER, "alarm filter 1"),
    ("0-0:97.98.20", "",           "",   _NUMBER, "alarm descriptor 1"),
    ("0-0:98.1.0",  "peak_history", "", Kind.PEAKS, "highest average power of each month, in W"),
    ("0-B:24.1.0",  "",            "",   _NUMBER, "M-Bus channel B, device type"),
    ("0-B:24.2.1",  "",            "",   _NUMBER, "M-Bus channel B, value"),
    ("0-B:24.2.3",  "",            "",   _NUMBER, "M-Bus channel B, value, gas not converted to a temperature"),
    ("0-B:24.3.0",  "",            "",   _NUMBER, "M-Bus channel B, value, as DSMR 2.2 and 3.0 send it"),
    ("0-B:96.1.0",  "",            "",   _TEXT,   "M-Bus channel B, device number"),
    ("14.7.0",      "frequency",   "Hz", _NUMBER, "supply frequency"),
    ("90.7.0",      "",            "A",  _NUMBER, "sum of the phase currents"),
    ("91.7.0",      "current_neutral", "A", _NUMBER, "neutral current"),
    ("11.7.0",      "",            "A",  _NUMBER, "current, any phase"),
    ("12.7.0",      "",            "V",  _NUMBER, "voltage, any phase"),
    ("124.7.0",     "",            "V",  _NUMBER, "voltage, L1-L2"),
    ("125.7.0",     "",            "V",  _NUMBER, "voltage, L2-L3"),
    ("126.7.0",     "",            "V",  _NUMBER, "voltage, L3-L1"),
    ("81.7.40",     "",            "°",  _NUMBER, "angle of the current to the voltage, L1"),
    ("81.7.51",     "",            "°",  _NUMBER, "angle of the current to the voltage, L2"),
    ("81.7.62",     "",            "°",  _NUMBER, "angle of the current to the voltage, L3"),
    ("81.7.1",      "",            "°",  _NUMBER, "angle of the voltages, L2 to L1"),
    ("81.7.2",      "",            "°",  _NUMBER, "angle of the voltages, L3 to L1"),
)

# Quantity (C of the sum), field of the power, unit of the power, description; energies follow.
_POWERS: Final = (
    (1,  "active_power_import",   "W",   "active {} import"),
    (2,  "active_power_export",   "W",   "active {} export"),
    (3,  "reactive_power_import", "var", "reactive {} import (QI + QII)"),
    (4,  "reactive_power_export", "var", "reactive {} export (QIII + QIV)"),
    (5,  "",                      "var", "reactive {} QI"),
    (6,  "",                      "var", "reactive {} QII"),
    (7,  "",                      "var", "reactive {} QIII"),
    (8,  "",                      "var", "reactive {} QIV"),
    (9,  "",                      "VA",  "apparent {} import"),
    (10, "",                      "VA",  "apparent {} export"),
    (15, "",                      "W",   "active {}, absolute sum"),
    (16, "",                      "W",   "active {}, net"),
    (17, "",                      "W",   "active {} QI"),
    (18, "",                      "W",   "active {} QII"),
    (19, "",                      "W",   "active {} QIII"),
    (20, "",                      "W",   "active {} QIV"),
)
# Quantities of which the sum alone has a field; C and D as in its code.
_SUMS: Final = {
    (1, 4):  "average_power_import",
    (5, 8):  "reactive_energy_q1",
    (6, 8):  "reactive_energy_q2",
    (7, 8):  "reactive_energy_q3",
    (8, 8):  "reactive_energy_q4",
    (9, 7):  "apparent_power_import",
    (10, 7): "apparent_power_export",
    (15, 7): "active_power_absolute",
    (15, 8): "active_energy_absolute",
    (16, 7): "active_power_net",
}
# fmt: on
_DEMANDS: Final = {
    4: "current average",
    5: "last average",
    6: "maximum",
    24: "current average",
    25: "last average",
}  # D
_THREE_WIRE: Final = {1: "L1-L2", 2: "L1-L3", 3: "L2-L3"}


def _listed() -> Iterator[Entry]:
    for code, field, unit, kind, description in _LISTED:
        if "-B:" not in code:
            yield Entry(code, field, unit, kind, description)
            continue
        for channel in "1234":
            yield Entry(code.replace("B", channel), field, unit, kind, description.replace("B,", f"{channel},"))


def _powers() -> Iterator[Entry]:
    """Instantaneous power, and its averages and maximum, for the sum and each phase."""
    for quantity, field, unit, text in _POWERS:
        for phase, (suffix, name) in enumerate(_PHASES):
            c, power = quantity + _PER_PHASE * phase, text.format("power") + name
            yield Entry(f"{c}.7.0", field + suffix if field else _SUMS.get((c, 7), ""), unit, _NUMBER, power)
            for d, way in _DEMANDS.items():
                yield Entry(f"{c}.{d}.0", _SUMS.get((c, d), ""), unit, _NUMBER, f"{power}, {way}")


def _energies() -> Iterator[Entry]:
    """Registers since the beginning: the total has a field, so have the tariffs of the sum; a phase has none."""
    for quantity, field, unit, text in _POWERS:
        for phase, (suffix, name) in enumerate(_PHASES):
            c, energy = quantity + _PER_PHASE * phase, text.format("energy") + name
            total = "" if suffix else field.replace("power", "energy")
            yield Entry(f"{c}.8.0", total or _SUMS.get((c, 8), ""), f"{unit}h", _NUMBER, f"{energy}, total")
            for tariff in _TARIFFS:
                yield Entry(
                    f"{c}.8.{tariff}", total and f"{total}_t{tariff}", f"{unit}h", _NUMBER, f"{energy}, tariff {tariff}"
                )


def _phase_values() -> Iterator[Entry]:
    """Current, voltage and power factor; Norwegian lists define what the voltages of a 3-wire meter are."""
    for phase, (suffix, name) in enumerate(_PHASES):
        c = _PER_PHASE * phase
        yield Entry(f"{c + 13}.7.0", f"power_factor{suffix}", "", _NUMBER, f"power factor{name}")
        if phase:
            yield Entry(f"{c + 11}.7.0", f"current{suffix}", "A", _NUMBER, f"current{name}")
            yield Entry(
                f"{c + 12}.7.0", f"voltage{suffix}", "V", _NUMBER, f"voltage{name} (3-wire: {_THREE_WIRE[phase]})"
            )
            yield Entry(f"{c + 12}.32.0", f"voltage_sags{suffix}", "", _COUNT, f"voltage sags{name}")
            yield Entry(f"{c + 12}.36.0", f"voltage_swells{suffix}", "", _COUNT, f"voltage swells{name}")


ENTRIES: Final = (*_listed(), *_phase_values(), *_powers(), *_energies())
"""Every code that is known; those that are listed one by one first."""

UNCODED: Final = (
    Entry("", "manufacturer", "", _TEXT, "maker, as the profile names it that reads the list"),
    Entry("", "timestamp", "", _TIME, "when the values were taken: by the push, else by the clock in the list"),
    Entry("", "peak_power", "W", _NUMBER, "highest average power of this month"),
    Entry("", "peak_power_time", "", _TIME, "when the highest average power of this month was measured"),
    Entry("", "gas_time", "", _TIME, "when the gas meter was read"),
    Entry("", "water_time", "", _TIME, "when the water meter was read"),
    Entry("", "gas_volume", "m³", _NUMBER, "latest reading of the gas meter among the sub-meters"),
    Entry("", "water_volume", "m³", _NUMBER, "latest reading of the water meter among the sub-meters"),
    Entry("", "submeters", "", Kind.SUBMETERS, "meters that this one reads, with their last readings"),
)
"""The fields that no code fills."""

WHOLE_UNITS: Final = frozenset({"W", "VA", "var", "Wh", "VAh", "varh"})
"""Units of numbers that are int unless they are scaled or sent with decimals; numbers in any other unit are float."""

_BY_CODE: Final = {entry.code: entry for entry in reversed(ENTRIES)}
_BY_UNIT: Final = {(entry.code, entry.unit): entry for entry in ENTRIES}
_CURRENT: Final = 255  # F: the present value, not that of a billing period or of a transformer's other side
# B of electricity: 0 is no channel, 1 to 64 are channels, 65 to 127 utility and 128 to 199 manufacturer specific, the
# others reserved (Blue Book 7.3). Every meter known sends its own values with 0 or 1.
_OWN_CHANNELS: Final = range(2)
_OTHER_CHANNELS: Final = range(2, 65)
_SECOND_ID: Final = (0, 0, 96, 1, 1, _CURRENT)
_TIME_INTEGRAL: Final = 8  # D
_SUM_ENERGIES: Final = range(1, 5)  # C


def lookup(obis: Obis, unit: str | None = None) -> Entry | None:
    """What `obis` means, in this unit where it means several quantities, or `None` when the registry does not know it.

    For electricity meters send 0 or 1 as channel B as they please. Channels 2 to 64 are known and fill no field: what
    they measure is not the total. Sum energies with A and B = 0 are electricity (seen in an EMBRIQ hourly list).
    """
    return _lookup(obis, unit)


def precedence(obis: Obis) -> int:
    """Return the rank of a code among several that fill one field: the code with the lowest rank fills it.

    No channel comes before channel 1. A sum energy with A = 0 comes last, because it is only taken for electricity, and
    the second device ID after the first.
    """
    return len(_OWN_CHANNELS) if _is_abstract_energy(obis) or obis == _SECOND_ID else obis.b


@lru_cache(maxsize=256)  # apart, because type checkers do not look at what is given to a function that is cached
def _lookup(obis: Obis, unit: str | None) -> Entry | None:
    if obis.f != _CURRENT:
        return None
    if exact := _entry(f"{obis.a}-{obis.b}:{obis.reduced}", unit):
        return exact
    if _is_abstract_energy(obis) or (obis.a == ELECTRICITY and obis.b in _OWN_CHANNELS):
        return _entry(obis.reduced, unit)
    if obis.a == ELECTRICITY and obis.b in _OTHER_CHANNELS and (entry := _entry(obis.reduced, unit)):
        return entry._replace(code=str(obis), field="", description=f"{entry.description}, channel {obis.b}")
    return None


def _is_abstract_energy(obis: Obis) -> bool:
    return obis.a == obis.b == 0 and obis.c in _SUM_ENERGIES and obis.d == _TIME_INTEGRAL


def _entry(code: str, unit: str | None) -> Entry | None:
    return _BY_UNIT.get((code, unit or "")) or _BY_CODE.get(code)
