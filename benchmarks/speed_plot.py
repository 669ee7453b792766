"""Draw docs/plots/speed.svg: the time of one push in each library, and the ratios to amshan with their goals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
from figures import OURS, RIVAL, SCENARIOS
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from figures import Row
    from matplotlib.axes import Axes

PLOT: Final = Path(__file__).parents[1] / "docs" / "plots" / "speed.svg"
COLOURS: Final = {
    OURS: "#0072b2",
    RIVAL: "#d55e00",
    "dlms-cosem": "#009e73",
    "gurux-dlms": "#cc79a7",
    "pydlms-client": "#e69f00",
}
SHOWN: Final = {"warm": "one push, warm", "chunks 256": "256-byte chunks", "chunks 16": "16-byte chunks"}
_STYLE: Final = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "hanparse"}


def write(rows: list[Row]) -> None:
    """Draw the plot, and write it without a date."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 7.2), layout="constrained")
        above, below = figure.subplots(2, 1, height_ratios=(8, 9))
        _times(above, rows)
        _ratios(below, rows)
        PLOT.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(PLOT, metadata={"Date": None, "Creator": None})


def _times(axes: Axes, rows: list[Row]) -> None:
    """Draw a dot for each library and list on a logarithmic scale, and a ring for the first push."""
    warm = [found for found in rows if found.scenario == "warm"]
    places = {found.case: place for place, found in enumerate(warm)}
    for name, colour in COLOURS.items():
        able = [found for found in warm if name in found.costs]
        axes.plot(
            [found.costs[name].median for found in able], [places[found.case] for found in able],
            "o", color=colour, label=name, markersize=7,
        )  # fmt: skip
    cold = [found for found in rows if found.scenario == "cold"]
    axes.plot(
        [found.costs[OURS].median for found in cold], [places[found.case] for found in cold],
        "o", color=COLOURS[OURS], label="hanparse, first push", markersize=7, fillstyle="none",
    )  # fmt: skip
    axes.set(xscale="log", xlim=(0.5, 3000))
    axes.set_xticks([1, 10, 100, 1000], ["1 µs", "10 µs", "100 µs", "1 ms"])
    axes.set_yticks(range(len(warm)), places)
    axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    axes.set_title("The time of one push, from bytes to values", loc="left", fontsize=11, weight="bold")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, frameon=False)


def _ratios(axes: Axes, rows: list[Row]) -> None:
    """Draw a bar for each list or meter, and marks at the goals."""
    shown = [found for name in SHOWN for found in rows if found.scenario == name]
    for place, found in enumerate(shown):
        low, median, high = found.ratio
        axes.barh(place, median, color=COLOURS[OURS], alpha=0.75)
        axes.plot([low, high], [place, place], color="black", linewidth=1.5)
        goal = SCENARIOS[found.scenario].goal
        for bound, style in zip(goal or (), ("-", ":"), strict=False):
            axes.plot([bound, bound], [place - 0.5, place + 0.5], style, color="black", linewidth=1.5)
    axes.set_yticks(range(len(shown)), [f"{SHOWN[found.scenario]}: {found.case}" for found in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlabel("times as fast as amshan; lines: the goal, dotted: the stretch goal")
    axes.set_title("hanparse and amshan in the same run", loc="left", fontsize=11, weight="bold")
