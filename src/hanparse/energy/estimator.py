"""Estimates the unmeasured values of a meter from its successive pushes: `Estimator`.

The `Estimator` derives two conditions from the previous pushes, because a single list does not show them:

* Powers and currents may be of different moments. Meters average the power and sample the currents, or the reverse. A
  list is outside the triangle model if a load has just been switched. If the power differs from that of the previous
  push (a list without currents included), only the bounds apply. In the long recording of a home, all errors above 1 A
  were in such lists (docs/accuracy.md).
* The house may produce. It may feed in on one pair of lines and import in sum, which a single list does not show. After
  the first push with an export, the house always counts as producing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hanparse.energy.estimates import estimates, estimates_without_likely_limits, shows_production
from hanparse.energy.loads import net_power

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse.measurement import Estimate, Measurement

METERS: Final = 16
"""The largest number of meters that an `Estimator` distinguishes. Further meters get only the bounds."""
_STEADY: Final = 50.0  # W; 45 of 7,050 lists of a home differ from the previous push by more than both limits
_STEADY_SHARE: Final = 0.05


@dataclass(slots=True)
class _Meter:
    """The last power of one meter in W, and whether its house has exported."""

    power: float | None = None
    production: bool = False


class Estimator:
    """Takes every push of a stream, in order, and returns the estimates of each push.

    An `Estimator` uses no clock and keeps two values for each meter. A list without a meter id, such as a list with
    only the power, counts as a list of the meter whose id was the last.
    """

    def __init__(self) -> None:
        self._meters: dict[str, _Meter] = {}
        self._name: str | None = None
        self._meter = _Meter()
        self._others = _Meter(production=True)

    def update(self, measurement: Measurement) -> Mapping[str, Estimate]:
        """Return the estimates of this push, in the form that `hanparse.energy.estimates.estimate` returns."""
        return self.later(measurement)(measurement)

    def later(self, measurement: Measurement) -> Callable[[Measurement], dict[str, Estimate]]:
        """Take the push, and return the function that computes its estimates. The caller calls it only if needed."""
        name = measurement.meter_id
        if name and name != self._name:
            self._name, self._meter = name, self._named(name)
        meter, power, is_steady = self._meter, net_power(measurement), True
        if power is not None:
            is_steady = meter.power is None or _is_steady(meter.power, power)
            meter.power = power
        meter.production = meter.production or shows_production(measurement)
        return estimates if is_steady and not meter.production else estimates_without_likely_limits

    def _named(self, name: str) -> _Meter:
        if name not in self._meters:
            if len(self._meters) == METERS:
                return self._others
            self._meters[name] = _Meter() if self._name else self._meter  # earlier lists are the first meter's
        return self._meters[name]


def _is_steady(before: float, power: float) -> bool:
    step = abs(power - before)
    return step <= _STEADY or step <= _STEADY_SHARE * min(abs(power), abs(before))
