"""Simulate an evening of a home in an IT net: the limit for a charger and the currents of the lines, with a plot.

The script needs matplotlib 3.10 or later: ``pip install . matplotlib && python benchmarks/evening.py``. It takes a few
seconds and writes docs/plots/headroom-evening.svg. Equal figures give equal files. The simulation has no random part.

The meter does not measure L2. It sends the power every 2.5 s, and the power with the currents of L1 and L3 every 10 s,
in steps of 0.1 A. The charger is between L1 and L3. It takes the current of the limit, but at most 20 A. If the limit
is below 6 A, it pauses, because IEC 61851-1 has no signal for a lower current.
"""

from __future__ import annotations

from cmath import rect
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from math import acos, radians
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from hanparse.energy.headroom import Freshness, FuseGuard, Headroom
from hanparse.measurement import Measurement, Wiring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from matplotlib.axes import Axes

    Lines = tuple[complex, complex, complex]

PLOTS: Final = Path(__file__).parents[1] / "docs" / "plots"
START: Final = datetime(2024, 1, 15, 16, tzinfo=UTC)
HOURS: Final = 8
STEP: Final = 2.5
FUSE: Final = 25
VOLTAGE: Final = 230
ANGLES: Final = {(1, 2): 0, (2, 3): -120, (3, 1): 120}
"""The angle of the voltage between two lines in degrees."""
LEAST_CHARGE: Final = 6
MOST_CHARGE: Final = 20
METER_STEP: Final = 0.1
SILENT: Final = (3.5, 3.75)
"""The meter sends nothing between these two times, in hours after the start."""
BROKEN: Final = (5.5, 5.7)
"""All frames are damaged between these two times, in hours after the start."""
COLOURS: Final = {1: "#0072b2", 2: "#d55e00", 3: "#009e73"}


class Appliance(NamedTuple):
    """A load in W between two lines.

    From hour `start` to hour `end`, it is on for the first `on` min of each `period` min.
    """

    lines: tuple[int, int]
    power: float
    start: float = 0
    end: float = HOURS
    period: float = 60
    on: float = 60
    power_factor: float = 1

    def current(self, hours: float) -> complex:
        """Return the phasor in A. The current enters at the first line and leaves at the second line."""
        runs = self.start <= hours < self.end and (hours - self.start) * 60 % self.period < self.on
        lag = acos(self.power_factor)
        size = self.power / VOLTAGE / self.power_factor
        return rect(size, radians(ANGLES[self.lines]) - lag) if runs else 0


HOUSE: Final = (
    Appliance((1, 2), 350),
    Appliance((2, 3), 250, power_factor=0.9),
    Appliance((2, 3), 1500, period=60, on=40, power_factor=0.95),  # heat pump
    Appliance((3, 1), 800, period=45, on=20),  # floor heating
    Appliance((1, 2), 2300, start=0.6, end=1.5, period=18, on=13),  # oven
    Appliance((3, 1), 1800, start=0.9, end=1.3),  # hob
    Appliance((1, 2), 2100, start=2.2, end=2.6),  # dishwasher heats
    Appliance((3, 1), 2000, start=2.8, end=2.87),  # kettle
    Appliance((3, 1), 2200, start=3.9, end=4.3),  # washing machine heats
    Appliance((1, 2), 2400, start=4.6, end=5.3, period=21, on=17),  # tumble dryer
    Appliance((3, 1), 2000, start=6.1, end=6.17),  # kettle
)


class Moment(NamedTuple):
    """The state of one step, before the charger receives a new limit."""

    hours: float
    lines: tuple[float, float, float]
    charging: float
    headroom: Headroom


def line_currents(hours: float, charging: float) -> Lines:
    """Return the phasors of the currents in L1, L2 and L3 in A, with the charger."""
    loads = [(each.lines, each.current(hours)) for each in HOUSE]
    loads.append(((3, 1), rect(charging, radians(ANGLES[3, 1]))))
    flows = [{out: current, back: -current} for (out, back), current in loads]
    one, two, three = (sum(flow.get(line, 0) for flow in flows) for line in (1, 2, 3))
    return one, two, three


def push(lines: Lines, *, with_currents: bool) -> Measurement:
    """Return the measurement of the meter: the power and, with `with_currents`, also the currents of L1 and L3."""
    one, _, three = lines
    u12, u32 = rect(VOLTAGE, radians(ANGLES[1, 2])), -rect(VOLTAGE, radians(ANGLES[2, 3]))
    power = round((u12 * one.conjugate() + u32 * three.conjugate()).real)
    if not with_currents:
        return Measurement(active_power_import=power)
    return Measurement(
        wiring=Wiring.THREE_WIRE,
        active_power_import=power,
        current_l1=round(abs(one), 1),
        current_l3=round(abs(three), 1),
        voltage_l1=VOLTAGE,
        voltage_l3=VOLTAGE,
    )


def evening() -> Iterator[Moment]:
    """Yield the steps: the loads change, the meter sends, and the charger follows its limit."""
    guard = FuseGuard(FUSE, Wiring.THREE_WIRE, charger=(1, 3))
    charging = 0.0
    for step in range(int(HOURS * 3600 / STEP)):
        hours = step * STEP / 3600
        now = START + timedelta(hours=hours)
        lines = line_currents(hours, charging)
        if BROKEN[0] <= hours < BROKEN[1]:
            guard.bad_data(now)
        elif not SILENT[0] <= hours < SILENT[1]:
            guard.update(push(lines, with_currents=step % 4 == 0), now, charging=charging)
        headroom = guard.headroom(now)
        one, two, three = map(abs, lines)
        yield Moment(hours, (one, two, three), charging, headroom)
        charging = min(headroom.current, MOST_CHARGE) if headroom.current >= LEAST_CHARGE else 0.0


def seconds_above(currents: Iterable[tuple[float, ...]]) -> tuple[float, float]:
    """Return the longest and the total time in which a current was above the fuse by more than the resolution."""
    runs = groupby(max(lines) > FUSE + METER_STEP for lines in currents)
    lengths = [sum(STEP for _ in run) for above, run in runs if above]
    return max(lengths, default=0), sum(lengths)


def figures(moments: Sequence[Moment]) -> Iterator[str]:
    """Yield the results of the evening, line by line."""
    charged = sum(moment.charging for moment in moments) * VOLTAGE * STEP / 3.6e6
    guarded = seconds_above(moment.lines for moment in moments)
    fixed = seconds_above(tuple(map(abs, line_currents(moment.hours, 16))) for moment in moments)
    yield f"charged                              {charged:7.1f} kWh"
    yield f"a line above {FUSE} A, longest and in all {guarded[0]:7.1f} s {guarded[1]:7.1f} s"
    yield f"the same with 16 A all the time      {fixed[0]:7.1f} s {fixed[1]:7.1f} s"
    for freshness in Freshness:
        minutes = sum(moment.headroom.freshness is freshness for moment in moments) * STEP / 60
        yield f"{freshness.value:36} {minutes:7.1f} min"


def draw(moments: Sequence[Moment]) -> Figure:
    """Draw the currents of the lines in the upper part and the current of the charger in the lower part."""
    figure = Figure(figsize=(7.2, 5.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for line, colour in COLOURS.items():
        steps(above, moments, [moment.lines[line - 1] for moment in moments], colour, f"L{line}")
    above.axhline(FUSE, color="black", linestyle="--", linewidth=1)
    above.text(HOURS, FUSE + 0.3, f"main fuse, {FUSE} A", va="bottom", ha="right", fontsize=9)
    above.set(ylabel="A in the line", ylim=(0, FUSE + 10))
    above.legend(loc="upper left", frameon=False, ncols=3)
    steps(below, moments, [moment.charging for moment in moments], "black", "")
    below.set(ylabel="A to the charger", ylim=(0, MOST_CHARGE + 5), xlim=(0, HOURS))
    below.set_xticks(range(HOURS + 1), [f"{(START.hour + hour) % 24:02}:00" for hour in range(HOURS + 1)])
    mark_fallback(below, moments)
    figure.suptitle("The charger takes what the house leaves", x=0.02, ha="left", fontsize=11, weight="bold")
    return figure


def steps(axes: Axes, moments: Sequence[Moment], values: list[float], colour: str, label: str) -> None:
    """Draw a value that changes in steps, with a point only at each change."""
    hours = [moment.hours for moment in moments]
    changes = [0, *(place for place, (old, new) in enumerate(pairwise(values), 1) if old != new), len(values) - 1]
    shown = [hours[place] for place in changes], [values[place] for place in changes]
    axes.plot(*shown, drawstyle="steps-post", color=colour, linewidth=1, label=label)


def mark_fallback(axes: Axes, moments: Sequence[Moment]) -> None:
    """Shade the times without fresh data, and label them."""
    for freshness, run in groupby(moments, key=lambda moment: moment.headroom.freshness):
        hours = [moment.hours for moment in run]
        if freshness is not Freshness.ACTIVE:
            axes.axvspan(hours[0], hours[-1], color="#dddddd", linewidth=0)
            axes.text(hours[0], MOST_CHARGE + 1, f"{freshness.value}: fallback", fontsize=9)


def main() -> None:
    """Simulate, print the figures, and draw the plot."""
    moments = list(evening())
    print("\n".join(figures(moments)))
    PLOTS.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(
        {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "hanparse"}
    ):
        draw(moments).savefig(PLOTS / "headroom-evening.svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
