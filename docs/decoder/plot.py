"""Draws the power of many pushes as SVG. The style sheet of the page contains the colours and widths."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanparse import Measurement

_WIDTH: Final = 720
_HEIGHT: Final = 220
_LEFT: Final = 64
_BOTTOM: Final = 24
_TOP: Final = 12
_COLUMNS: Final = 640  # more points than pixels would only make the SVG larger
_STEPS: Final = (1, 2, 5)
_LINES: Final = 4  # the number of intervals between the lines of the grid


def plot(measurements: Sequence[Measurement]) -> str:
    """Return a plot of the net power (import minus export, in W) as SVG. For fewer than two pushes, return "".

    The horizontal axis is the number of the push, because some lists do not contain the time. If there are many pushes,
    each column of the plot shows the lowest and the highest value of its pushes, so the plot shows every peak.
    """
    powers = [power for each in measurements if (power := _net(each)) is not None]
    if len(powers) < 2:  # noqa: PLR2004  a line needs two points
        return ""
    least, greatest = min(0.0, *powers), max(0.0, *powers)
    grid = _grid(least, greatest)
    low, high = min(least, grid[0]), max(greatest, grid[-1], 1.0)

    def y(power: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - power) / (high - low)

    lines = "".join(
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y(at):.1f}" y2="{y(at):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y(at) + 4:.1f}" text-anchor="end">{at:,.0f}</text>'
        for at in grid
    )
    points = " ".join(f"{_LEFT + (_WIDTH - _LEFT) * x:.1f},{y(power):.1f}" for x, power in _points(powers))
    title = f"Net power of {len(powers):,} pushes: from {min(powers):,.0f} W to {max(powers):,.0f} W"
    first, last = _ends(measurements)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}"><title>{title}</title>{lines}'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{escape(first)}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 6}" text-anchor="end">{escape(last)}</text>'
        f'<text x="{_LEFT + 6}" y="{_TOP + 12}" class="unit">W</text><polyline points="{points}"/></svg>'
    )


def _net(measurement: Measurement) -> float | None:
    """Return import minus export in W. The export is 0 if the meter sends only the import."""
    if measurement.active_power_import is None:
        return None
    return float(measurement.active_power_import) - float(measurement.active_power_export or 0)


def _grid(least: float, greatest: float) -> list[float]:
    """Return the values of the grid lines. They are multiples of 1, 2 or 5 times a power of ten, and contain 0."""
    span = max(greatest - least, 1.0)
    step = next(s * 10**n for n in range(-1, 9) for s in _STEPS if span <= _LINES * s * 10**n)
    return [n * step for n in range(int(least // step), int(greatest // step) + 1)]


def _points(powers: Sequence[float]) -> list[tuple[float, float]]:
    """Return the points of the plot, with x from 0 to 1: all powers, or the lowest and the highest of each column."""
    last = len(powers) - 1
    if len(powers) <= 2 * _COLUMNS:
        return [(at / last, power) for at, power in enumerate(powers)]
    edges = [at * len(powers) // _COLUMNS for at in range(_COLUMNS + 1)]
    columns = [powers[start:stop] for start, stop in pairwise(edges)]
    return [(at / (_COLUMNS - 1), end) for at, column in enumerate(columns) for end in (min(column), max(column))]


def _ends(measurements: Sequence[Measurement]) -> tuple[str, str]:
    """Return the labels of both ends of the axis: the first and the last time, or the numbers of the pushes."""
    times = [each.timestamp for each in measurements if each.timestamp]
    if len(times) > 1:
        return f"{times[0]:%Y-%m-%d %H:%M}", f"{times[-1]:%Y-%m-%d %H:%M}"
    return "push 1", f"push {len(measurements):,}"
