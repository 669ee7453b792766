"""What was measured, round by round -> medians and spreads, ratios pair by pair, and whether the goals are met."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import quantiles
from typing import Final, NamedTuple

OURS: Final = "hanparse"
RIVAL: Final = "amshan"
"""The library that the goals are set against."""


class Goal(NamedTuple):
    """What a ratio to amshan is to be."""

    at_least: float
    stretch: float


@dataclass(frozen=True)
class Scenario:
    """One thing that is measured, in which unit, and what is aimed at.

    The ratio says how many times less hanparse needs; with `as_share`, what hanparse needs for each 1 of the other.
    """

    title: str
    unit: str
    goal: Goal | None = None
    as_share: bool = False

    def reached(self, ratio: float, bound: float) -> bool:
        """Whether a ratio is on the good side of a bound."""
        return ratio <= bound if self.as_share else ratio >= bound

    @property
    def floor(self) -> float | None:
        """Half of the goal: what no change may fall below."""
        if self.goal is None:
            return None
        return self.goal.at_least * 2 if self.as_share else self.goal.at_least / 2


SCENARIOS: Final = {
    "warm": Scenario("one push, warm", "µs", Goal(150, 250)),
    "fields": Scenario("one push, warm, and every value read from the result", "µs", Goal(90, 150)),
    "cold": Scenario("first push of a kind", "µs", Goal(1, 5)),
    "chunks 1": Scenario("stream in chunks of 1 byte", "µs"),
    "chunks 16": Scenario("stream in chunks of 16 bytes", "µs", Goal(75, 120)),
    "chunks 256": Scenario("stream in chunks of 256 bytes", "µs", Goal(120, 200)),
    "chunks 4096": Scenario("stream in chunks of 4,096 bytes", "µs"),
    "process": Scenario("a whole process", "ms"),
    "import": Scenario("import: a process with it minus one without", "ms", Goal(1, 0.6), as_share=True),
    "import time": Scenario("import: as shown by -X importtime", "ms", as_share=True),
    "retained": Scenario("retained memory of a result", "bytes", Goal(0.6, 0.4), as_share=True),
    "opened": Scenario("retained memory of a result whose values were read", "bytes", as_share=True),
    "allocated": Scenario(
        "peak memory of a long stream: what decoding allocates", "KiB", Goal(0.8, 0.7), as_share=True
    ),
    "resident": Scenario("peak memory of a long stream: the whole process", "KiB", Goal(0.8, 0.7), as_share=True),
}


class Spread(NamedTuple):
    """The median of some figures, and the quartiles around it."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Row:
    """One scenario for one list or one meter: what each library needs, and the ratio of amshan and hanparse."""

    scenario: str
    case: str
    costs: dict[str, Spread]
    ratio: Spread

    @property
    def reached_goal(self) -> bool:
        """Whether the ratio is what is aimed at; where nothing is aimed at it is."""
        scenario = SCENARIOS[self.scenario]
        return scenario.goal is None or scenario.reached(self.ratio.median, scenario.goal.at_least)

    @property
    def reached_floor(self) -> bool:
        """Whether the ratio is at least half of what is aimed at; where nothing is aimed at it is."""
        scenario = SCENARIOS[self.scenario]
        return scenario.floor is None or scenario.reached(self.ratio.median, scenario.floor)


def spread(figures: list[float]) -> Spread:
    """Median and quartiles."""
    if len(set(figures)) == 1:
        return Spread(*figures[:1] * 3)
    return Spread(*quantiles(figures, n=4, method="inclusive"))


def row(scenario: str, case: str, samples: dict[str, list[float]]) -> Row:
    """What the rounds of each library come to; the ratio is that of the figures of the same round."""
    pairs = zip(samples[OURS], samples[RIVAL], strict=True)
    as_share = SCENARIOS[scenario].as_share
    ratios = [ours / rival if as_share else rival / ours for ours, rival in pairs]
    return Row(scenario, case, {name: spread(figures) for name, figures in samples.items()}, spread(ratios))


def table(rows: list[Row]) -> str:
    """The ratios as text, one line for each row."""
    lines = [f"{'':72}{'hanparse':>10}{'amshan':>10}  ratio (quartiles)       at least  stretch"]
    for found in rows:
        scenario = SCENARIOS[found.scenario]
        costs = "".join(f"{found.costs[name].median:>10.4g}" for name in (OURS, RIVAL))
        ratio = "{1:.3g} ({0:.3g} to {2:.3g})".format(*found.ratio)
        goal = f"{scenario.goal.at_least:>8g}{scenario.goal.stretch:>9g}" if scenario.goal else ""
        verdict = "" if found.reached_floor else "  BELOW HALF"
        lines.append(f"{f'{scenario.title}, {scenario.unit}':55} {found.case:16}{costs}  {ratio:24}{goal}{verdict}")
    return "\n".join(lines)
