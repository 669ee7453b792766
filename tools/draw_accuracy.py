"""Draw docs/plots/estimate-current.svg and docs/plots/estimate-calibration.svg.

The first plot shows a real meter, the second plot shows simulated homes. First run ``python
benchmarks/simulated_homes.py --calibrate``, which writes the data of the second plot. Then run ``python
tools/draw_accuracy.py``. Run both commands after a change of the estimate. A test fails if a plot is old.
"""

from __future__ import annotations

import csv
import sys
from html import escape
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from estimates import Row, reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PLOTS: Final = Path(__file__).parents[1] / "docs" / "plots"
CALIBRATION: Final = PLOTS / "estimate-calibration.csv"
SIZE: Final = 460
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 64, 48
LETTER: Final = 7.2
"""The mean width of a letter in px, in the widest of the usual fonts (DejaVu Sans)."""
BLUE, ORANGE, LIGHT = "#0072b2", "#d55e00", "#c3cad1"
STYLE: Final = """
text { font: 13px sans-serif; fill: #333 } .title { font-weight: 600; font-size: 14px } .end { text-anchor: end }
.middle { text-anchor: middle } .axis { stroke: #333 } .grid { stroke: #e3e6e9 } .ground { fill: #fff }
"""
NONE: Final = 0.005
"""The position in % of a share of 0, which a logarithmic axis cannot show. It is below the smallest share above 0."""


class Scale(NamedTuple):
    """A logarithmic or linear axis with its ticks. Two values and their positions define the axis."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    is_logarithmic: bool = True

    def place(self, value: float) -> float:
        """Return the position of a value."""
        low, high, at = (log(v) for v in (self.low, self.high, value)) if self.is_logarithmic else (*self[:2], value)
        return self.start + (at - low) / (high - low) * (self.end - self.start)


X_END, Y_END = SIZE - RIGHT, SIZE - BOTTOM
AMPERES: Final = (2, 3, 4, 5, 7, 10, 15, 20)
MEASURED: Final = Scale(2.5, 20, LEFT, X_END, AMPERES[1:])
ESTIMATED: Final = Scale(1.5, 22, Y_END, TOP, AMPERES)
WIDTH: Final = Scale(0, 3000, LEFT, X_END - 12, (0, 500, 1000, 1500, 2000, 2500, 3000), is_logarithmic=False)
SHARE: Final = Scale(NONE, 100, Y_END, TOP, (0.01, 0.1, 1, 10, 100))


def currents(rows: Sequence[Row]) -> str:
    """Return the plot of the estimated L2 over the measured L2, with the likely limits and bounds of each estimate."""
    parts = [*_axes(MEASURED, ESTIMATED, "L2 current as measured, A", "as estimated")]
    estimates = [(MEASURED.place(row.current_l2), row.estimate()) for row in rows]
    for colour, width, names in ((LIGHT, 1, ("low", "high")), ("#7fb3d5", 1.5, ("likely_low", "likely_high"))):
        for x, made in estimates:
            low, high = (ESTIMATED.place(max(getattr(made, name), ESTIMATED.low)) for name in names)
            parts.append(_line(x, low, x, high, f'stroke="{colour}" stroke-width="{width}"'))
    low, high = MEASURED.low, MEASURED.high
    ends = (MEASURED.place(low), ESTIMATED.place(low), MEASURED.place(high), ESTIMATED.place(high))
    parts.append(_line(*ends, 'class="axis"'))
    parts += [_dot(x, ESTIMATED.place(made.value), BLUE, 2) for x, made in estimates]
    legend = (("estimate", BLUE), ("likely_low to likely_high", "#7fb3d5"), ("low to high", LIGHT))
    return _svg(f"{len(rows)} lists of a home whose meter measures L2", legend, parts)


def calibration(names: Sequence[str], rows: Sequence[tuple[float, ...]]) -> str:
    """Return the plot of the share of homes whose L2 is above the limit, over the assumed error of the gap in VA."""
    parts = [*_axes(WIDTH, SHARE, "VA that the gap may be too wide", "%, L2 is above")]
    for x, name, gap, look in ((500, "likely_high", 4, ""), (3000, "rare_high", -4, "end")):
        place = WIDTH.place(x)
        parts.append(_line(place, TOP, place, Y_END, 'stroke="#999" stroke-dasharray="4 4"'))
        parts.append(_text(place + gap, TOP + 14, name, look))
    for column, colour in enumerate((BLUE, ORANGE), 1):
        places = [(WIDTH.place(row[0]), SHARE.place(max(row[column], NONE))) for row in rows]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [_dot(x, y, colour, 4, is_open=not row[column]) for row, (x, y) in zip(rows, places, strict=True)]
    legend = list(zip(names, (BLUE, ORANGE), strict=True))
    return _svg("How often the limits are passed (open: never)", legend, parts)


def read_calibration() -> tuple[list[str], list[tuple[float, ...]]]:
    """Return the names of the two columns with shares, and the rows. A row contains VA and the shares in %."""
    with CALIBRATION.open(encoding="ascii", newline="") as file:
        (_, *names), *lines = list(csv.reader(file))
    return names, [tuple(map(float, line)) for line in lines]


def plots() -> dict[str, str]:
    """Return the content of both files, by the names of the files."""
    drawn = {"estimate-current.svg": currents(reference())}
    return drawn | {"estimate-calibration.svg": calibration(*read_calibration())}


def _axes(across: Scale, up: Scale, below: str, beside: str) -> Iterator[str]:
    for tick in across.ticks:
        x = across.place(tick)
        yield _line(x, TOP, x, Y_END, 'class="grid"')
        yield _text(x, Y_END + 16, f"{tick:g}", "middle")
    for tick in up.ticks:
        y = up.place(tick)
        yield _line(LEFT, y, X_END, y, 'class="grid"')
        yield _text(LEFT - 6, y + 4, f"{tick:g}", "end")
    yield _line(LEFT, Y_END, X_END, Y_END, 'class="axis"')
    yield _line(LEFT, TOP, LEFT, Y_END, 'class="axis"')
    yield _text((LEFT + X_END) / 2, SIZE - 12, below, "middle")
    yield f'<text transform="translate(14 {(TOP + Y_END) / 2}) rotate(-90)" class="middle">{escape(beside)}</text>'


def _svg(title: str, legend: Sequence[tuple[str, str]], parts: Sequence[str]) -> str:
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{SIZE}" height="{SIZE}" class="ground"/>',
        _text(12, 22, title, "title"),
    ]
    x = 18.0
    for name, colour in legend:
        head += [_dot(x, 42, colour, 4), _text(x + 9, 46, name, "")]
        x += 27 + LETTER * len(name)
    return "\n".join([*head, *parts, "</svg>\n"])


def _line(x: float, y: float, to_x: float, to_y: float, look: str) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" {look}/>'


def _dot(x: float, y: float, colour: str, radius: float, *, is_open: bool = False) -> str:
    fill = "#fff" if is_open else colour
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, look: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{look}">{escape(text)}</text>'


def main() -> None:
    """Write both plots."""
    for name, text in plots().items():
        (PLOTS / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
