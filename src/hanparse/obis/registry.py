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


class Entry(NamedTuple):
    """One line of the registry: `field` is empty where `Measurement` has none, `unit` where the value has none."""

    code: str
    field: str
    unit: str
    kind: Kind
    description: str


_TEXT, _TIME, _NUMBER = Kind.TEXT, Kind.TIME, Kind.NUMBER
_PHASES: Final = (("", ""), ("_l1", ", L1"), ("_l2", ", L2"), ("_l3", ", L3"))
_PER_PHASE: Final = 20  # C: quantity q of phase p is q + 20 p (Blue Book 7.5.1)
_TARIFFS: Final = range(1, 5)  # E, of those that Measurement has fields for

# Without A-B: electricity (A = 1). A code with A-B means exactly that. B stands for channels 1 to 4.
# fmt: off
_LISTED: Final = (
    ("0-0:96.1.7",  "model",       "",   _TEXT,   "meter type"),
    ("1-1:96.1.1",  "model",       "",   _TEXT,   "meter type number"),
    ("0-0:96.1.0",  "meter_id",    "",   _TEXT,   "meter number (GS1, GIAI)"),
    ("1-1:0.0.5",   "meter_id",    "",   _TEXT,   "meter number (GS1)"),
    ("0.2.129",     "list_id",     "",   _TEXT,   "OBIS list version identifier"),
    ("1-1:0.0.1",   "",            "",   _NUMBER, "meter number"),
    ("0-0:96.1.1",  "",            "",   _TEXT,   "device ID 2"),
    ("0-0:42.0.0",  "",            "",   _TEXT,   "COSEM logical device name"),
    ("0-0:1.0.0",   "energy_time", "",   _TIME,   "clock"),
    ("0-1:1.0.0",   "energy_time", "",   _TIME,   "clock"),
    ("0-0:17.0.0",  "",            "",   _NUMBER, "limiter"),
    ("0-0:21.0.0",  "",            "",   _NUMBER, "capture period of the push"),
    ("0-0:96.3.10", "",            "",   _NUMBER, "disconnect control state"),
    ("0-B:96.3.10", "",            "",   _NUMBER, "relay B, control state"),
    ("0-0:96.13.0", "",            "",   _TEXT,   "message for the consumer, port"),
    ("0-0:96.13.1", "",            "",   _TEXT,   "message for the consumer, display"),
    ("0-0:96.14.0", "",            "",   _TEXT,   "active tariff"),
    ("0-0:96.7.9",  "",            "",   _NUMBER, "long power failures, any phase"),
    ("0-0:96.7.21", "",            "",   _NUMBER, "power failures, any phase"),
    ("0-B:24.1.0",  "",            "",   _NUMBER, "M-Bus channel B, device type"),
    ("0-B:24.2.1",  "",            "",   _NUMBER, "M-Bus channel B, value"),
    ("0-B:96.1.0",  "",            "",   _TEXT,   "M-Bus channel B, device number"),
    ("14.7.0",      "frequency",   "Hz", _NUMBER, "supply frequency"),
    ("90.7.0",      "",            "A",  _NUMBER, "sum of the phase currents"),
    ("91.7.0",      "",            "A",  _NUMBER, "neutral current"),
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
            yield Entry(f"{c}.7.0", field and field + suffix, unit, _NUMBER, power)
            yield from (Entry(f"{c}.{d}.0", "", unit, _NUMBER, f"{power}, {way}") for d, way in _DEMANDS.items())


def _energies() -> Iterator[Entry]:
    """Registers since the beginning: the total has a field, so have the tariffs of the sum; a phase has none."""
    for quantity, field, unit, text in _POWERS:
        for phase, (suffix, name) in enumerate(_PHASES):
            c, energy = quantity + _PER_PHASE * phase, text.format("energy") + name
            total = "" if suffix else field.replace("power", "energy")
            yield Entry(f"{c}.8.0", total, f"{unit}h", _NUMBER, f"{energy}, total")
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
            yield Entry(f"{c + 12}.32.0", "", "", _NUMBER, f"voltage sags{name}")
            yield Entry(f"{c + 12}.36.0", "", "", _NUMBER, f"voltage swells{name}")


ENTRIES: Final = (*_listed(), *_phase_values(), *_powers(), *_energies())
"""Every code that is known; those that are listed one by one first."""

UNCODED: Final = (
    Entry("", "manufacturer", "", _TEXT, "maker, as the profile names it that reads the list"),
    Entry("", "timestamp", "", _TIME, "when the values were taken: by the push, else by the clock in the list"),
)
"""The fields that no code fills."""

WHOLE_UNITS: Final = frozenset({"W", "VA", "var", "Wh", "VAh", "varh"})
"""Units of numbers that are int unless they are scaled or sent with decimals; numbers in any other unit are float."""

_BY_CODE: Final = {entry.code: entry for entry in ENTRIES}
_CURRENT: Final = 255  # F: the present value, not that of a billing period or of a transformer's other side
# B of electricity: 0 is no channel, 1 to 64 are channels, 65 to 127 utility and 128 to 199 manufacturer specific, the
# others reserved (Blue Book 7.3). Every meter known sends its own values with 0 or 1.
_OWN_CHANNELS: Final = range(2)
_OTHER_CHANNELS: Final = range(2, 65)
_TIME_INTEGRAL: Final = 8  # D
_SUM_ENERGIES: Final = range(1, 5)  # C


def lookup(obis: Obis) -> Entry | None:
    """What `obis` means, or `None` when the registry does not know it.

    For electricity meters send 0 or 1 as channel B as they please. Channels 2 to 64 are known and fill no field: what
    they measure is not the total. Sum energies with A and B = 0 are electricity (seen in an EMBRIQ hourly list).
    """
    return _lookup(obis)


def precedence(obis: Obis) -> int:
    """Which of several codes in one list fills a field: that with the lowest number; no channel before channel 1.

    A sum energy with A = 0 comes last, it is only taken for electricity.
    """
    return len(_OWN_CHANNELS) if _is_abstract_energy(obis) else obis.b


@lru_cache(maxsize=256)  # apart, because type checkers do not look at what is given to a function that is cached
def _lookup(obis: Obis) -> Entry | None:
    if obis.f != _CURRENT:
        return None
    exact = _BY_CODE.get(f"{obis.a}-{obis.b}:{obis.reduced}")
    if exact is not None:
        return exact
    if _is_abstract_energy(obis) or (obis.a == ELECTRICITY and obis.b in _OWN_CHANNELS):
        return _BY_CODE.get(obis.reduced)
    if obis.a == ELECTRICITY and obis.b in _OTHER_CHANNELS and (entry := _BY_CODE.get(obis.reduced)):
        return entry._replace(code=str(obis), field="", description=f"{entry.description}, channel {obis.b}")
    return None


def _is_abstract_energy(obis: Obis) -> bool:
    return obis.a == obis.b == 0 and obis.c in _SUM_ENERGIES and obis.d == _TIME_INTEGRAL
