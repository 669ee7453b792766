"""Simulated homes on an IT net: appliances between the lines -> what a 3-wire meter says, and the true L2 current.

Each appliance has a fundamental, and harmonics up to the 15th. How large they may be has a source: the limits for what
may be sold, IEC 61000-3-2 by class (A: household appliances, in A; C: lighting, in % of the fundamental; D: computers
and television, in mA/W), and IEC 61000-3-12, table 2, for the charger of a car. An appliance draws a part of its limit.
Which part, and how many appliances of which power there are, is a guess that no table stands behind.

Rectifiers draw their current at the peak of the voltage, so their harmonics have alternating signs there; the angles
are spread around that. Harmonics of all appliances are added as phasors in each line, then the RMS is taken.
"""

from __future__ import annotations

import math
from cmath import rect
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from random import Random

    Spectrum = dict[int, complex]

CLASS_A: Final = {3: 2.30, 5: 1.14, 7: 0.77, 9: 0.40, 11: 0.33, 13: 0.21, 15: 0.15}  # A
CLASS_C: Final = {3: 27.0, 5: 10.0, 7: 7.0, 9: 5.0, 11: 3.0, 13: 3.0, 15: 3.0}  # %; 30 times a power factor of 0.9
CLASS_D: Final = {3: 3.4, 5: 1.9, 7: 1.0, 9: 0.5, 11: 0.35, 13: 3.85 / 13, 15: 3.85 / 15}  # mA/W, up to class A
CAR: Final = {3: 21.6, 5: 10.7, 7: 7.2, 9: 3.8, 11: 3.1, 13: 2.0}  # %
PAIRS: Final = ((1, 2), (2, 3), (3, 1))
VOLTAGE: Final = 230.0


class Home(NamedTuple):
    """What a meter says of a home, as arguments of `line2_current`, and what it would measure in L2, in A."""

    inputs: dict[str, Any]
    current_l2: float


class Kind(NamedTuple):
    """What is particular about homes: a car that charges, how far the net is out of balance, what flows to earth."""

    name: str
    car: bool = False
    unbalance: float = 0.007
    solar: bool = False


KINDS: Final = (
    Kind("households"),
    Kind("charging a car", car=True),
    Kind("2 % unbalanced", unbalance=0.02),
    Kind("charging, 2 % unbalanced", car=True, unbalance=0.02),
)
SOLAR: Final = Kind("solar power in the house", solar=True)


def home(rng: Random, kind: Kind) -> Home:
    """One home at one moment."""
    star = [rect(VOLTAGE / math.sqrt(3), -math.tau / 3 * place) for place in range(3)]
    scale = VOLTAGE / math.sqrt(3) * rng.gauss(0, kind.unbalance)
    star = [volts + scale * rect(1, rng.uniform(0, math.tau)) for volts in star]
    voltages = [star[one - 1] - star[other - 1] for one, other in PAIRS]
    factor = rng.uniform(0.97, 1.03)
    voltages = [volts * factor for volts in voltages]
    busy = rng.random()  # a home that is up cooks and heats on all lines more or less
    pairs = [_appliances(rng, volts, busy * rng.uniform(0.5, 1)) for volts in voltages]
    if kind.car:
        _charge(rng, pairs, voltages)
    if kind.solar:
        _produce(rng, pairs, voltages)
    return _metered(rng, pairs, voltages)


def _appliances(rng: Random, volts: complex, busy: float) -> Spectrum:
    """Everything between two lines."""
    found: Spectrum = {}
    watts = rng.lognormvariate(math.log(150), 0.8)
    _add(found, _load(rng, volts, watts, limits=_in_amperes(CLASS_D, watts), part=(0.3, 1.0)))
    watts = rng.lognormvariate(math.log(60), 0.8)
    _add(found, _load(rng, volts, watts, limits=_in_percent(CLASS_C, watts), part=(0.3, 1.0)))
    _add(found, {1: 1j * rng.uniform(0, 90) / abs(volts) * volts / abs(volts)})  # capacitors of filters
    for chance, low, high, angle, part in (
        (1.0, 50, 200, (25, 55), (0.0, 0.05)),  # refrigerators, pumps, fans
        (0.10 * busy, 500, 2000, (20, 45), (0.0, 0.2)),  # motors
        (0.25 * busy, 500, 2500, (-20, 25), (0.1, 0.9)),  # heat pump with an inverter
        (0.25 * busy, 500, 3500, (0, 5), (0.05, 0.5)),  # induction hob
        (0.08 * busy, 900, 1500, (0, 15), (0.4, 0.9)),  # microwave oven
        (0.15 * busy, 200, 600, (10, 40), (0.1, 0.6)),  # washing machine, its motor
        (0.60 * busy, 300, 2500, (0, 0), (0.0, 0.0)),  # heaters of rooms, water, ovens, washing machines
        (0.30 * busy, 300, 3000, (0, 0), (0.0, 0.0)),
        (0.20 * busy, 1000, 4000, (0, 0), (0.0, 0.0)),
    ):
        if rng.random() < chance:
            _add(found, _load(rng, volts, rng.uniform(low, high), lag=rng.uniform(*angle), limits=CLASS_A, part=part))
    return found


def _load(
    rng: Random, volts: complex, watts: float, *, limits: dict[int, float], part: tuple[float, float], lag: float = 0
) -> Spectrum:
    """One appliance: its power, how many degrees it lags, and which part of its limits its harmonics are."""
    phi, share, angle = math.radians(lag), rng.uniform(*part), math.atan2(volts.imag, volts.real)
    found: Spectrum = {1: rect(watts / abs(volts) / math.cos(phi), angle - phi)}
    for order, limit in limits.items():
        at_peak = math.pi * ((order - 1) // 2)
        size = share * limit * rng.uniform(0.6, 1)
        found[order] = rect(size, order * angle + at_peak + order * rng.gauss(0, math.radians(8)))
    return found


def _in_amperes(limits: dict[int, float], watts: float) -> dict[int, float]:
    return {order: min(limit * watts / 1000, CLASS_A[order]) for order, limit in limits.items()}


def _in_percent(limits: dict[int, float], watts: float) -> dict[int, float]:
    return {order: limit / 100 * watts / VOLTAGE for order, limit in limits.items()}


def _charge(rng: Random, pairs: list[Spectrum], voltages: list[complex]) -> None:
    """A car: between two lines, or on all three."""
    amperes, part = rng.uniform(6, 32), (0.05, 0.35)
    places = range(3) if rng.random() < 0.3 else [rng.randrange(3)]
    if len(places) == 3:
        amperes /= math.sqrt(3)
    limits = {order: limit / 100 * amperes for order, limit in CAR.items()}
    for place in places:
        watts = amperes * abs(voltages[place])
        _add(pairs[place], _load(rng, voltages[place], watts, limits=limits, part=part, lag=rng.uniform(-5, 5)))


def _produce(rng: Random, pairs: list[Spectrum], voltages: list[complex]) -> None:
    watts = rng.uniform(1000, 10_000)
    places = range(3) if rng.random() < 0.5 else [rng.randrange(3)]
    for place in places:
        made = _load(rng, voltages[place], -watts / len(places), limits=CLASS_A, part=(0.1, 0.4))
        _add(pairs[place], made)


def _add(found: Spectrum, more: Spectrum) -> None:
    for order, current in more.items():
        found[order] = found.get(order, 0j) + current


def _metered(rng: Random, pairs: list[Spectrum], voltages: list[complex]) -> Home:
    """What a meter of two systems in L1 and L3 sends, with errors of 0.3 % and the steps of Aidon."""
    (p12, p23, p31), (u12, u23, u31) = pairs, voltages
    orders = {order for pair in pairs for order in pair}
    one, two, three = (
        {order: first.get(order, 0j) - second.get(order, 0j) for order in orders}
        for first, second in ((p12, p31), (p23, p12), (p31, p23))
    )
    power = u12 * one[1].conjugate() - u23 * three[1].conjugate()
    gains = [rng.gauss(1, 0.003) for _ in range(6)]
    currents = (_rms(one) * gains[0], _rms(three) * gains[1])
    sent: dict[str, float] = {
        "active_power": round(power.real * gains[2]),
        "reactive_power": round(power.imag * gains[3]),
    }
    sent |= {"current_l1": round(currents[0], 1), "current_l3": round(currents[1], 1)}
    sent |= {"voltage_l1": round(abs(u12) * gains[4], 1), "voltage_l3": round(abs(u23) * gains[5], 1)}
    if rng.random() < 0.5:  # Aidon sends it, Kaifa does not
        sent["voltage_l2"] = round(abs(u31), 1)
    return Home(sent, _rms(two))


def _rms(spectrum: Spectrum) -> float:
    return math.sqrt(sum(abs(current) ** 2 for current in spectrum.values()))
