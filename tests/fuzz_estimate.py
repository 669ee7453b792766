"""Seeded cases -> L2 estimates, and an error where the order of bounds, likely limits and value is broken.

``python tests/fuzz_estimate.py --cases 100000`` draws powers, currents and voltages of every size, homes among them.
"""

from __future__ import annotations

import argparse
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wire import seeded

from hanparse.energy.estimates import line2_current

if TYPE_CHECKING:
    from random import Random


class BrokenPromiseError(AssertionError):
    """Something that may not happen, whatever the input."""


def case(rng: Random) -> dict[str, Any]:
    """The numbers of one list: those of a home, of an absurd home, or of any size that a float has."""
    kind = rng.random()
    if kind < 0.6:
        sizes = {"power": 30_000.0, "current": 63.0, "voltage": 250.0}
    elif kind < 0.8:
        sizes = {"power": 10 ** rng.uniform(-9, 9), "current": 10 ** rng.uniform(-9, 9), "voltage": 500.0}
    else:
        sizes = dict.fromkeys(("power", "current", "voltage"), 10 ** rng.uniform(-300, 75))
    least = 0.9 if kind < 0.4 else 0.0
    found: dict[str, Any] = {f"{name}_power": rng.uniform(-1, 1) * sizes["power"] for name in ("active", "reactive")}
    found |= {f"current_l{line}": rng.random() * sizes["current"] for line in (1, 3)}
    found |= {f"voltage_l{line}": (least + rng.random() * (1 - least)) * sizes["voltage"] for line in (1, 3)}
    if rng.random() < 0.5:
        found["voltage_l2"] = (least + rng.random() * (1 - least)) * sizes["voltage"]
    if rng.random() < 0.1:
        found[rng.choice(("current_l1", "current_l3"))] = 0.0
    found["resolution"] = rng.choice((0, 0.001, 0.01, 0.1, 2))
    found["distortion"] = rng.choice((0, 500.0, rng.uniform(0, 5000)))
    found["production"] = rng.random() < 0.1
    return found


def check(inputs: dict[str, Any]) -> None:
    """Raise `BrokenPromiseError` unless low ≤ likely_low ≤ value ≤ likely_high ≤ rare_high ≤ high."""
    if not inputs["voltage_l1"] or not inputs["voltage_l3"]:  # too small for a float
        return
    made = line2_current(**inputs)
    ordered = (0.0, made.low, made.likely_low, made.value, made.likely_high, made.rare_high, made.high)
    if not all(one <= other for one, other in pairwise(ordered)) or not math.isfinite(made.high):
        raise BrokenPromiseError(f"{inputs}: {made}")
    produces = inputs["production"] or inputs["active_power"] < 0
    if produces and (made.likely_low, made.likely_high, made.rare_high) != (made.low, made.high, made.high):
        raise BrokenPromiseError(f"likely limits of a house that produces, {inputs}: {made}")


def main() -> None:
    """Check as many as the caller asks for."""
    parser = argparse.ArgumentParser(description="the order of an estimate's value and limits, for random inputs")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=21)
    options = parser.parse_args()
    rng = seeded(options.seed)
    for _ in range(options.cases):
        check(case(rng))
    print(f"{options.cases} cases, all in order")  # noqa: T201


if __name__ == "__main__":
    main()
