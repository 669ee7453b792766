"""Rows of a real 3-wire meter that does measure L2 -> how good its estimate is: a table and two plots.

Needs matplotlib 3.10 or later beside hanparse: ``pip install . matplotlib && python benchmarks/estimates.py``. It takes
some seconds and writes docs/plots/estimate-current.svg and docs/plots/estimate-error.svg; equal rows give equal files.
"""

from __future__ import annotations

import csv
from functools import partial
from math import acos, cos, hypot, pi, sin, sqrt
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from hanparse.energy.estimates import DISTORTION, line2_current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanparse import Estimate

ROOT: Final = Path(__file__).parents[1]
REFERENCE: Final = ROOT / "tests" / "data" / "it_three_wire_reference.csv"
RESOLUTION: Final = 0.001
"""A. That of the reference meter."""
BLOCKS: Final = 8
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8a939b"


class Row(NamedTuple):
    """One line of the reference data, in W, var, A, V; powers are import − export."""

    active_power: float
    reactive_power: float
    current_l1: float
    current_l2: float
    current_l3: float
    voltage_l1: float
    voltage_l3: float

    def estimate(self, distortion: float = DISTORTION) -> Estimate:
        """The L2 current from everything else."""
        inputs = {name: value for name, value in self._asdict().items() if name != "current_l2"}
        return line2_current(**inputs, distortion=distortion, resolution=RESOLUTION)


def reference() -> list[Row]:
    """The rows in their order."""
    with REFERENCE.open(encoding="ascii", newline="") as file:
        return [Row(*map(float, line)) for line in list(csv.reader(file))[1:]]


def triangle(row: Row, current_l1: float, current_l3: float, apparent_power: float) -> float:
    """The phasor triangle of `hanparse.energy.estimates`, open to other currents and another apparent power."""
    a, b = row.voltage_l1 * current_l1, row.voltage_l3 * current_l3
    angle = pi / 3 + acos(max(-1, min((apparent_power**2 - a * a - b * b) / (2 * a * b), 1)))
    return hypot(current_l1 + current_l3 * cos(angle), current_l3 * sin(angle))


def measured_power(row: Row) -> float:
    """P and Q in quadrature."""
    return hypot(row.active_power, row.reactive_power)


def in_quadrature(row: Row, extra: float) -> float:
    """Apparent power raised by so many VA at right angles: the method of hanparse."""
    return triangle(row, row.current_l1, row.current_l3, hypot(measured_power(row), extra))


def in_line(row: Row, extra: float) -> float:
    """Apparent power raised by so many VA."""
    return triangle(row, row.current_l1, row.current_l3, measured_power(row) + extra)


def in_proportion(row: Row, share: float) -> float:
    """Apparent power raised by so large a share of itself."""
    return triangle(row, row.current_l1, row.current_l3, measured_power(row) * (1 + share))


def without_harmonics(row: Row, harmonics: float) -> float:
    """So many A of harmonic current taken out of both currents at right angles."""
    current_l1, current_l3 = (sqrt(max(i * i - harmonics**2, 1e-6)) for i in (row.current_l1, row.current_l3))
    return triangle(row, current_l1, current_l3, measured_power(row))


def between_roots(row: Row, share: float) -> float:
    """So far from the estimate without allowance towards the angle of 60°, in the middle of the two roots."""
    middle = sqrt(row.current_l1**2 + row.current_l3**2 + row.current_l1 * row.current_l3)
    return (1 - share) * in_quadrature(row, 0) + share * middle


def added(row: Row, extra: float) -> float:
    """So many A added to the estimate without allowance."""
    return in_quadrature(row, 0) + extra


METHODS: Final[dict[str, tuple[Callable[[Row, float], float], list[float]]]] = {
    "VA in quadrature": (in_quadrature, [10.0 * step for step in range(80)]),
    "VA in line": (in_line, [5.0 * step for step in range(40)]),
    "share of S": (in_proportion, [0.005 * step for step in range(40)]),
    "A out of I1 and I3": (without_harmonics, [0.02 * step for step in range(80)]),
    "between the roots": (between_roots, [0.02 * step for step in range(51)]),
    "A added": (added, [0.02 * step for step in range(50)]),
}
"""Ways to make up for harmonics, each with one parameter and what it may be."""


def blocks(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in parts that follow each other: neighbours in time are alike, so they stay together."""
    size = -(-len(rows) // BLOCKS)
    return [list(rows[start : start + size]) for start in range(0, len(rows), size)]


def halves(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of small load, and those of large load."""
    middle = median(row.active_power for row in rows)
    return [[row for row in rows if (row.active_power < middle) is small] for small in (True, False)]


def errors(rows: Sequence[Row], method: Callable[[Row], float]) -> list[float]:
    """Estimated − measured, A."""
    return [method(row) - row.current_l2 for row in rows]


def fitted(name: str, rows: Sequence[Row]) -> float:
    """The parameter of a method that gives these rows the smallest median error."""
    method, choices = METHODS[name]
    return min(choices, key=lambda choice: median(map(abs, errors(rows, lambda row: method(row, choice)))))


def cross_validated(name: str, parts: Sequence[list[Row]]) -> tuple[list[float], list[float]]:
    """The errors of each part with the parameter that the other parts give, and those parameters."""
    found, parameters = [], []
    for part in parts:
        parameter = fitted(name, [row for other in parts if other is not part for row in other])
        parameters.append(parameter)
        found += errors(part, partial(_apply, METHODS[name][0], parameter))
    return found, parameters


def _apply(method: Callable[[Row, float], float], parameter: float, row: Row) -> float:
    return method(row, parameter)


def summary(found: Sequence[float]) -> str:
    """Median and 95th percentile of the size, median with its sign."""
    sizes = [abs(error) for error in found]
    return f"{median(sizes):8.3f}{quantiles(sizes, n=20)[-1]:8.2f}{median(found):+8.3f}"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The figures: fixed allowances, what a meter's owner would guess, and methods fitted on rows kept apart."""
    yield f"{'errors in A':52}{'median':>8}{'95 %':>8}{'bias':>8}"
    for allowance in (0, 300, DISTORTION, 400, 450):
        yield f"{f'allowance {allowance:.0f} VA':52}{summary(errors(rows, lambda row: row.estimate(allowance).value))}"  # noqa: B023
    yield f"{'the larger of I1 and I3':52}{summary(errors(rows, lambda row: max(row.current_l1, row.current_l3)))}"
    yield f"{'the upper bound, I1 + I3':52}{summary(errors(rows, lambda row: row.estimate().high))}"
    for title, parts in ((f"{BLOCKS} blocks", blocks(rows)), ("halves by load", halves(rows))):
        for name in METHODS:
            found, parameters = cross_validated(name, parts)
            span = f"{min(parameters):g} to {max(parameters):g}"
            yield f"{f'{name}, {title}, {span}':52}{summary(found)}"
    inside = sum(row.estimate().low <= row.current_l2 <= row.estimate().high for row in rows)
    yield f"inside the bounds: {inside} of {len(rows)}"


def draw_currents(rows: Sequence[Row]) -> Figure:
    """Estimated over measured current, each with its bounds."""
    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    axes = figure.subplots()
    measured = [row.current_l2 for row in rows]
    estimates = [row.estimate() for row in rows]
    axes.vlines(
        measured,
        [estimate.low for estimate in estimates],
        [estimate.high for estimate in estimates],
        color=GREY,
        linewidth=0.6,
        alpha=0.3,
        label="its bounds, |I1 − I3| to I1 + I3",
    )
    axes.plot([2, 20], [2, 20], color="black", linewidth=1, label="as measured")
    values = [estimate.value for estimate in estimates]
    axes.plot(measured, values, "o", color=BLUE, markersize=3, alpha=0.7, markeredgewidth=0, label="estimate")
    ticks = [2, 3, 4, 5, 7, 10, 15, 20]
    axes.set(xscale="log", yscale="log", xlim=(2.5, 18), ylim=(1.2, 20), xlabel="L2 current as measured, A")
    axes.set_ylabel("L2 current as estimated, A")
    axes.set_xticks(ticks[1:-1], map(str, ticks[1:-1]))
    axes.set_yticks(ticks, map(str, ticks))
    axes.minorticks_off()
    axes.legend(loc="upper left", frameon=False)
    figure.suptitle("The estimate follows L2; the bounds always hold it", x=0.02, ha="left", fontsize=11, weight="bold")
    return figure


def draw_errors(rows: Sequence[Row]) -> Figure:
    """How often which error occurs, with and without the allowance."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    edges = [step * 0.05 for step in range(-24, 21)]
    for distortion, colour in ((0.0, ORANGE), (DISTORTION, BLUE)):
        found = errors(rows, lambda row: row.estimate(distortion).value)  # noqa: B023
        middle = median(found)
        label = f"allowance {distortion:.0f} VA, median {middle:+.2f} A".replace("-", "−")
        axes.hist(found, edges, color=colour, alpha=0.55, label=label)
        axes.axvline(middle, color=colour, linewidth=1.5, linestyle="--")
    axes.axvline(0, color="black", linewidth=1)
    axes.set(xlabel="estimated − measured, A", ylabel=f"rows of {len(rows)}", xlim=(-1.2, 1))
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle("The allowance takes back more than half of the error", x=0.02, ha="left", weight="bold")
    return figure


def save(figure: Figure, name: str) -> None:
    """Write a plot; nothing in the file but the plot, no date."""
    path = ROOT / "docs" / "plots" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def main() -> None:
    """Judge, print, draw."""
    rows = reference()
    print("\n".join(table(rows)))
    with mpl.rc_context(
        {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "hanparse"}
    ):
        save(draw_currents(rows), "estimate-current.svg")
        save(draw_errors(rows), "estimate-error.svg")


if __name__ == "__main__":
    main()
