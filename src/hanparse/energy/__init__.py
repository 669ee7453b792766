"""Computes results from measurements: limits for chargers, energy of hours, reports, estimates and findings."""

from hanparse.energy import plausibility
from hanparse.energy.chargers import Charger, Ramp, share
from hanparse.energy.estimates import estimate, line2_current, line2_voltage
from hanparse.energy.estimator import Estimator
from hanparse.energy.headroom import Freshness, FuseGuard, Headroom
from hanparse.energy.hours import Gap, Hour, HourlyEnergy
from hanparse.energy.live import LiveEnergy
from hanparse.energy.reporter import Cause, FixedPoint, Mode, Parameters, Report, Reporter

__all__ = [
    "Cause",
    "Charger",
    "Estimator",
    "FixedPoint",
    "Freshness",
    "FuseGuard",
    "Gap",
    "Headroom",
    "Hour",
    "HourlyEnergy",
    "LiveEnergy",
    "Mode",
    "Parameters",
    "Ramp",
    "Report",
    "Reporter",
    "estimate",
    "line2_current",
    "line2_voltage",
    "plausibility",
    "share",
]
