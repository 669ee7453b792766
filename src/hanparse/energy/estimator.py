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

from hanparse.energy.estimates import estimate, shows_production
from hanparse.energy.loads import net_power

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        self._last = _Meter()
        self._others = _Meter(production=True)

    def update(self, measurement: Measurement) -> Mapping[str, Estimate]:
        """What the meter of this push does not measure, as `hanparse.energy.estimates.estimate` gives it."""
        meter = self._last
        if name := measurement.meter_id:
            meter = self._last = self._named(name)
        if not meter.production and shows_production(measurement):
            meter.production = True
        power, before = net_power(measurement), meter.power
        if power is None:
            return estimate(measurement, production=meter.production)
        meter.power = power
        return estimate(measurement, settled=_is_steady(before, power), production=meter.production)

    def _named(self, name: str) -> _Meter:
        meter = self._meters.get(name)
        if meter is None and len(self._meters) < METERS:
            meter = _Meter() if self._meters else self._last  # which was nameless
            self._meters[name] = meter
        return meter or self._others


def _is_steady(before: float | None, power: float) -> bool:
    if before is None:
        return True
    return abs(power - before) <= max(_STEADY, _STEADY_SHARE * min(abs(power), abs(before)))
