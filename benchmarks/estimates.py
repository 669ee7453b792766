"""Compare the estimates of L2 with the current of a real 3-wire meter that measures L2: a table.

``python benchmarks/estimates.py`` needs only hanparse. Consecutive rows are similar, and a night must not have the
weight of a thousand rows. So only the first row of each interval of 40 W, 40 var and 0.2 A is used: an operating point.
"""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.energy.estimates import DISTORTION, line2_current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hanparse import Estimate

REFERENCE: Final = Path(__file__).parents[1] / "tests" / "data" / "it_three_wire_reference.csv"
RESOLUTION: Final = 0.001
"""The resolution of the currents of the reference meter in A."""
POINT: Final = {"active_power": 40, "reactive_power": 40, "current_l1": 0.2, "current_l3": 0.2}


class Row(NamedTuple):
    """One line of the reference data, in W, var, A and V. A power is import minus export."""

    active_power: float
    reactive_power: float
    current_l1: float
    current_l2: float
    current_l3: float
    voltage_l1: float
    voltage_l3: float

    def estimate(self, distortion: float = DISTORTION) -> Estimate:
        """Return the L2 current, estimated from the other values of the row."""
        return line2_current(
            active_power=self.active_power,
            reactive_power=self.reactive_power,
            current_l1=self.current_l1,
            current_l3=self.current_l3,
            voltage_l1=self.voltage_l1,
            voltage_l3=self.voltage_l3,
            distortion=distortion,
            resolution=RESOLUTION,
        )


WAYS: Final[dict[str, Callable[[Row], float]]] = {
    "harmonics of nothing": lambda row: row.estimate(0).value,
    f"harmonics of 0.65 of the gap, at most {DISTORTION:.0f} VA": lambda row: row.estimate().value,
    "likely_low": lambda row: row.estimate().likely_low,
    "likely_high": lambda row: row.estimate().likely_high,
    "rare_high": lambda row: row.estimate().rare_high,
    "high, I1 + I3": lambda row: row.estimate().high,
    "the larger of I1 and I3": lambda row: max(row.current_l1, row.current_l3),
}


def reference() -> list[Row]:
    """Return the rows in their order."""
    with REFERENCE.open(encoding="ascii", newline="") as file:
        return [Row(*map(float, line)) for line in list(csv.reader(file))[1:]]


def operating_points(rows: Sequence[Row]) -> list[Row]:
    """Return the first row of each operating point."""
    found: dict[tuple[int, ...], Row] = {}
    for row in rows:
        found.setdefault(tuple(round(getattr(row, name) / step) for name, step in POINT.items()), row)
    return list(found.values())


def summary(found: Sequence[float]) -> str:
    """Return the figures of one method.

    They are the median, the 95th percentile and the maximum of the absolute error, the median error, and the share of
    errors >= 0.
    """
    sizes = [abs(error) for error in found]
    above = sum(error >= 0 for error in found) / len(found)
    return f"{median(sizes):8.3f}{quantiles(sizes, n=20)[-1]:8.2f}{max(sizes):8.2f}{median(found):+8.3f}{above:9.1%}"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Return the figures, with a line for each method."""
    for title, part in (("rows", rows), ("operating points", operating_points(rows))):
        yield f"{f'errors in A, {len(part)} {title}':52}{'median':>8}{'95 %':>8}{'worst':>8}{'bias':>8}{'not low':>9}"
        for name, way in WAYS.items():
            yield f"{name:52}{summary([way(row) - row.current_l2 for row in part])}"


def main() -> None:
    """Compute and print the table."""
    print("\n".join(table(reference())))


if __name__ == "__main__":
    main()
