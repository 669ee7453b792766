"""The pushes of a meter, one after the other -> `Estimate`s that know what a single list does not show: `Estimator`.

* Whether powers and currents are of one moment. Meters average the power and take the currents, or the reverse, so a
  list in which a load was switched just then fits no triangle. Where the power differs from that of the push before, a
  list without currents included, only the bounds hold. In the long recording of a home all errors above 1 A were such
  lists (docs/accuracy.md).
* Whether the house produces. One list cannot tell: a house may feed in on one pair of lines and import in sum. An
  export that was seen once counts for good.
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
"""How many meters an `Estimator` tells apart; those that come later get the bounds alone."""
_STEADY: Final = 50.0  # W, and a share of the power: 45 of 7,050 lists of a home differ by more from the push before
_STEADY_SHARE: Final = 0.05


@dataclass(slots=True)
class _Meter:
    """What was seen of one meter."""

    power: float | None = None
    """W, of the push before."""
    production: bool = False


class Estimator:
    """Takes every push of a stream, in order, and gives the estimates of each. No clock; a few numbers for each meter.

    A list that does not name its meter, such as one of the power alone, is taken for one of the meter named last.
    """

    def __init__(self) -> None:
        self._meters: dict[str, _Meter] = {}
        self._name: str | None = None
        self._meter = _Meter()
        self._others = _Meter(production=True)

    def update(self, measurement: Measurement) -> Mapping[str, Estimate]:
        """What the meter of this push does not measure, as `hanparse.energy.estimates.estimate` gives it."""
        return self.later(measurement)(measurement)

    def later(self, measurement: Measurement) -> Callable[[Measurement], dict[str, Estimate]]:
        """The same for those who may not ask for it: take in the push, and return what makes its estimates."""
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
            self._meters[name] = _Meter() if self._name else self._meter  # what came before a name was of the first
        return self._meters[name]


def _is_steady(before: float, power: float) -> bool:
    step = abs(power - before)
    return step <= _STEADY or step <= _STEADY_SHARE * min(abs(power), abs(before))
