"""Defines `Estimator`, which estimates the values that a meter does not measure from successive pushes of the meter.

A single push does not show whether the likely limits of an estimate apply. So the `Estimator` also uses the previous
pushes. It sets the likely limits to the bounds in two cases:

* The power differs clearly from the power of the previous push. This shows that a load was switched. Some meters
  average the power and sample the currents, other meters average the currents and sample the power. So the powers and
  the currents of this push can belong to different times, and the triangle model (`hanparse.energy.triangle`) does not
  apply. In a long recording of one home, all errors above 1 A were in such pushes (docs/accuracy.md).
* This push or an earlier push contains an export. A house that produces power can export on one pair of lines and
  import more on another pair. The sum is then an import, but the model does not apply to these currents.
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
"""The largest number of meters that an `Estimator` distinguishes.

For all other meters, the likely limits are equal to the bounds.
"""
_STEADY: Final = 50.0  # W; 45 of 7,050 pushes of a home differ from the previous push by more than both limits
_STEADY_SHARE: Final = 0.05


@dataclass(slots=True)
class _Meter:
    """An instance holds the last power of one meter in W. `production` is true if the house has exported."""

    power: float | None = None
    production: bool = False


class Estimator:
    """Takes every push of a stream, in order, and returns the estimates of each push.

    An `Estimator` uses no clock. It stores two values for each meter: the last power, and whether the house has
    exported. A push without a meter id is assigned to the meter that sent the last meter id.
    """

    def __init__(self) -> None:
        self._meters: dict[str, _Meter] = {}
        self._name: str | None = None
        self._meter = _Meter()
        self._further = _Meter(production=True)  # all meters beyond `METERS`

    def update(self, measurement: Measurement) -> Mapping[str, Estimate]:
        """Return the estimates of this push by field name, as `hanparse.energy.estimates.estimate` does."""
        return self.later(measurement)(measurement)

    def later(self, measurement: Measurement) -> Callable[[Measurement], dict[str, Estimate]]:
        """Take the push, and return a function that computes the estimates of the push when they are needed."""
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
                return self._further
            # The pushes before the first meter id are from the meter with this meter id.
            self._meters[name] = _Meter() if self._name else self._meter
        return self._meters[name]


def _is_steady(before: float, power: float) -> bool:
    step = abs(power - before)
    return step <= _STEADY or step <= _STEADY_SHARE * min(abs(power), abs(before))
