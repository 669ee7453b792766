"""Compute medians, spreads and ratios from measured rounds, and compare the ratios with the goals."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import quantiles
from typing import Final, NamedTuple

OURS: Final = "hanparse"
RIVAL: Final = "amshan"
"""The library whose times the goals refer to."""


class Goal(NamedTuple):
    """The goal for a ratio to amshan."""

    at_least: float
    stretch: float


@dataclass(frozen=True)
class Scenario:
    """A measured quantity with its unit and its goal. The ratio is amshan divided by hanparse.

    With `as_share`, the ratio is hanparse divided by amshan.
    """

    title: str
    unit: str
    goal: Goal | None = None
    as_share: bool = False

    def reached(self, ratio: float, bound: float) -> bool:
        """Return whether a ratio is at least as good as a bound."""
        return ratio <= bound if self.as_share else ratio >= bound

    @property
    def floor(self) -> float | None:
        """Return half of the goal. The benchmarks with `--short` fail if a ratio is below this bound."""
        if self.goal is None:
            return None
        return self.goal.at_least * 2 if self.as_share else self.goal.at_least / 2


SCENARIOS: Final = {
    "warm": Scenario("one push, warm", "µs", Goal(150, 250)),
    "fields": Scenario("one push, warm, and every value read from the result", "µs", Goal(90, 150)),
    "cold": Scenario("first push of a list", "µs", Goal(1, 5)),
    "chunks 1": Scenario("stream in chunks of 1 byte", "µs"),
    "chunks 16": Scenario("stream in chunks of 16 bytes", "µs", Goal(75, 120)),
    "chunks 256": Scenario("stream in chunks of 256 bytes", "µs", Goal(120, 200)),
    "chunks 4096": Scenario("stream in chunks of 4,096 bytes", "µs"),
    "process": Scenario("a whole process", "ms"),
    "import": Scenario("import: a process with the import minus one without it", "ms", Goal(1, 0.6), as_share=True),
    "import time": Scenario("import: as shown by -X importtime", "ms", as_share=True),
    "retained": Scenario("retained memory of a result", "bytes", Goal(0.6, 0.4), as_share=True),
    "opened": Scenario("retained memory of a result whose values were read", "bytes", as_share=True),
    "allocated": Scenario(
        "peak memory of a long stream: what decoding allocates", "KiB", Goal(0.8, 0.7), as_share=True
    ),
    "resident": Scenario("peak memory of a long stream: the whole process", "KiB", Goal(0.8, 0.7), as_share=True),
}


class Spread(NamedTuple):
    """The median and the quartiles of some figures."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Row:
    """The figures of each library for one scenario and one list or meter, and the ratio of amshan and hanparse."""

    scenario: str
    case: str
    costs: dict[str, Spread]
    ratio: Spread

    @property
    def reached_goal(self) -> bool:
        """Return whether the ratio meets its goal. Return true for a scenario without a goal."""
        scenario = SCENARIOS[self.scenario]
        return scenario.goal is None or scenario.reached(self.ratio.median, scenario.goal.at_least)

    @property
    def reached_floor(self) -> bool:
        """Return whether the ratio is at least half of its goal. Return true for a scenario without a goal."""
        scenario = SCENARIOS[self.scenario]
        return scenario.floor is None or scenario.reached(self.ratio.median, scenario.floor)


def spread(figures: list[float]) -> Spread:
    """Return the median and the quartiles."""
    if len(set(figures)) == 1:
        return Spread(*figures[:1] * 3)
    return Spread(*quantiles(figures, n=4, method="inclusive"))


def row(scenario: str, case: str, samples: dict[str, list[float]]) -> Row:
    """Return the row with the figures of all rounds. Each ratio compares two figures of the same round."""
    pairs = zip(samples[OURS], samples[RIVAL], strict=True)
    as_share = SCENARIOS[scenario].as_share
    ratios = [ours / rival if as_share else rival / ours for ours, rival in pairs]
    return Row(scenario, case, {name: spread(figures) for name, figures in samples.items()}, spread(ratios))


def table(rows: list[Row]) -> str:
    """Return the ratios as text, one line for each row."""
    lines = [f"{'':72}{'hanparse':>10}{'amshan':>10}  ratio (quartiles)       at least  stretch"]
    for found in rows:
        scenario = SCENARIOS[found.scenario]
        costs = "".join(f"{found.costs[name].median:>10.4g}" for name in (OURS, RIVAL))
        ratio = "{1:.3g} ({0:.3g} to {2:.3g})".format(*found.ratio)
        goal = f"{scenario.goal.at_least:>8g}{scenario.goal.stretch:>9g}" if scenario.goal else ""
        verdict = "" if found.reached_floor else "  BELOW HALF"
        lines.append(f"{f'{scenario.title}, {scenario.unit}':55} {found.case:16}{costs}  {ratio:24}{goal}{verdict}")
    return "\n".join(lines)
