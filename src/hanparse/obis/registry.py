"""Looks up the meaning of an OBIS code: the field of `Measurement` that it fills, its unit, kind and description.

In most codes, each group has a fixed meaning (IEC 62056-61). Group C is a quantity, either of one phase or of the sum
of the phases. Group D is the processing (for example, instantaneous value or average), and group E is the tariff. This
module derives the entries of these codes from the groups. The table `_LISTED` contains all codes that do not follow
these rules.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.obis.code import ELECTRICITY, Obis

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(Enum):
    """The kind of a value. The kind determines the type of the value in Python.

    It does not determine the A-XDR type: meters send values of one kind in different A-XDR types.
    """

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    COUNT = "count"
    BREAKER = "breaker"
    FAILURES = "power failures"
    PEAKS = "peaks"
    SUBMETERS = "sub-meters"


class Entry(NamedTuple):
    """An entry describes one code.

    `field` is the field of `Measurement` that a value with the code fills, or empty. `unit` is empty for values without
    a unit.
    """

    code: str
    field: str
    unit: str
    kind: Kind
    description: str


_TEXT, _TIME, _NUMBER, _COUNT = Kind.TEXT, Kind.TIME, Kind.NUMBER, Kind.COUNT
_PHASES: Final = (("", ""), ("_l1", ", L1"), ("_l2", ", L2"), ("_l3", ", L3"))
_PER_PHASE: Final = 20  # group C of quantity q is q for the sum, and q + 20 p for phase p (Blue Book 7.5.1)
_TARIFFS: Final = range(1, 5)  # the values of group E for which Measurement has fields

# A code without groups A and B is a code of electricity (A = 1, B = 0 or 1). In a code with the letter B, B is channel
# 1, 2, 3 or 4. If a code has several entries, the unit of the value selects one of them. For a value without a unit,
# or with a unit that no entry has, the first entry applies.
# fmt: off
_LISTED: Final = (
    ("0-0:96.1.7",  "model",       "",   _TEXT,   "meter type"),
    ("1-1:96.1.1",  "model",       "",   _TEXT,   "meter type number"),
    ("0-0:96.1.0",  "meter_id",    "",   _TEXT,   "meter number (GS1, GIAI)"),
    ("1-1:0.0.5",   "meter_id",    "",   _TEXT,   "meter number (GS1)"),
    ("0.2.129",     "list_id",     "",   _TEXT,   "OBIS list version identifier"),
    ("1-1:0.0.1",   "",            "",   _NUMBER, "meter number"),
    ("0-0:96.1.1",  "meter_id",    "",   _TEXT,   "device ID 2; the meter number if a list has no 0-0:96.1.0"),
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
    ("0-0:96.13.0", "message",     "",   _TEXT,   "message for the consumer, sent at the port"),
    ("0-0:96.13.1", "",            "",   _TEXT,   "message for the consumer, shown on the display"),
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
    ("0-B:24.2.3",  "",            "",   _NUMBER, "M-Bus channel B, value, gas volume at its own temperature"),
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

# A row contains group C for the sum of the phases, the field of the power, the unit of the power, and the description
# of the power and the energy. The text "power" or "energy" replaces {} in the description.
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
# Maps groups (C, D) to a field. These quantities have a field only for the sum of the phases and of the tariffs.
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
# Maps group D to the name of an average or maximum: the "current average" is that of the period that has not ended.
_DEMANDS: Final = {4: "current average", 5: "last average", 6: "maximum", 24: "current average", 25: "last average"}
_THREE_WIRE: Final = {1: "L1-L2", 2: "L1-L3", 3: "L2-L3"}


def _listed() -> Iterator[Entry]:
    for code, field, unit, kind, description in _LISTED:
        if "-B:" not in code:
            yield Entry(code, field, unit, kind, description)
            continue
        for channel in "1234":
            yield Entry(code.replace("B", channel), field, unit, kind, description.replace("B,", f"{channel},"))


def _powers() -> Iterator[Entry]:
    """Yield the entries of power for the sum and each phase: instantaneous value, averages and maximum."""
    for quantity, field, unit, text in _POWERS:
        for phase, (suffix, name) in enumerate(_PHASES):
            c, power = quantity + _PER_PHASE * phase, text.format("power") + name
            yield Entry(f"{c}.7.0", field + suffix if field else _SUMS.get((c, 7), ""), unit, _NUMBER, power)
            for d, processing in _DEMANDS.items():
                yield Entry(f"{c}.{d}.0", _SUMS.get((c, d), ""), unit, _NUMBER, f"{power}, {processing}")


def _energies() -> Iterator[Entry]:
    """Yield the entries of energy registers. Only registers for the sum of the phases have fields."""
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
    """Yield the entries of current, voltage (with sags and swells), and power factor.

    A 3-wire meter sends a line voltage with the code of a phase voltage (Norwegian definitions of lists). The
    description of a voltage names both voltages.
    """
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
"""All entries with a code. The entries of `_LISTED` precede the derived entries."""

UNCODED: Final = (
    Entry("", "manufacturer", "", _TEXT, "manufacturer, from the profile that reads the list"),
    Entry("", "timestamp", "", _TIME, "time of the values: the date-time of the push, else the clock in the list"),
    Entry("", "peak_power", "W", _NUMBER, "highest average power of this month"),
    Entry("", "peak_power_time", "", _TIME, "time of the highest average power of this month"),
    Entry("", "gas_time", "", _TIME, "time of the latest reading of the gas meter"),
    Entry("", "water_time", "", _TIME, "time of the latest reading of the water meter"),
    Entry("", "gas_volume", "m³", _NUMBER, "latest reading of the gas meter among the sub-meters"),
    Entry("", "water_volume", "m³", _NUMBER, "latest reading of the water meter among the sub-meters"),
    Entry("", "submeters", "", Kind.SUBMETERS, "meters that the electricity meter reads, with their latest readings"),
)
"""The entries of the fields that have no code in the registry."""

WHOLE_UNITS: Final = frozenset({"W", "VA", "var", "Wh", "VAh", "varh"})
"""The units whose numbers are int, unless the meter sends a float, or a scaler or a `Scale` divides the number.

Numbers in other units are float.
"""

_BY_CODE: Final = {entry.code: entry for entry in reversed(ENTRIES)}
_BY_UNIT: Final = {(entry.code, entry.unit): entry for entry in ENTRIES}
_PRESENT: Final = 255  # F of the present value; another F is a billing period, or the other side of a transformer
# Group B in codes of electricity: 0 is no channel, 1 to 64 are channels, 65 to 127 are utility-specific, 128 to 199 are
# manufacturer-specific, and the rest is reserved (Blue Book 7.3). All known meters send the values that they measure
# themselves with B = 0 or 1.
_OWN_CHANNELS: Final = range(2)
_OTHER_CHANNELS: Final = range(2, 65)
_SECOND_ID: Final = (0, 0, 96, 1, 1, _PRESENT)
_TIME_INTEGRAL: Final = 8  # D
_SUM_ENERGIES: Final = range(1, 5)  # C


def lookup(obis: Obis, unit: str | None = None) -> Entry | None:
    """Return the entry of `obis`, or `None` if the registry does not contain the code.

    `unit` is the unit of the value. It selects the entry if the meaning of the code depends on the unit. In codes of
    electricity, B = 0 and B = 1 have the same meaning, because meters use either of them for the values that they
    measure. Codes with B = 2 to 64 fill no field, because these channels do not measure the total; 1-3:0.2.8 is the
    only exception. A code of an energy with A = 0 and B = 0 is read as a code of electricity, because EMBRIQ meters
    send such codes in hourly lists. Raises `TypeError` if `obis` is not an `Obis`.
    """
    if not isinstance(obis, Obis):
        raise TypeError(f"expected an Obis, such as Obis.parse('1.7.0'), found {type(obis).__name__}")
    return _lookup(obis, unit)


def precedence(obis: Obis) -> int:
    """Return the rank of a code. If several codes of a list fill one field, the code with the smallest rank is used.

    The rank is group B, with two exceptions. Codes of energy with A = 0 have rank 2, because hanparse only assumes that
    they are codes of electricity. Device ID 2 has rank 2, because it is the meter number only if 0-0:96.1.0 is missing.
    """
    return len(_OWN_CHANNELS) if _is_abstract_energy(obis) or obis == _SECOND_ID else obis.b


@lru_cache(maxsize=256)  # `lookup` has no cache, because type checkers do not check the arguments of a cached function
def _lookup(obis: Obis, unit: str | None) -> Entry | None:
    if obis.f != _PRESENT:
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
