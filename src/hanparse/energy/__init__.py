"""What is computed from measurements alone: free current, hours, reports, the L2 current, plausibility."""

from hanparse.energy import plausibility
from hanparse.energy.estimates import estimate, line2_current, line2_voltage
from hanparse.energy.headroom import Freshness, FuseGuard, Headroom
from hanparse.energy.hours import Gap, Hour, HourlyEnergy
from hanparse.energy.live import LiveEnergy
from hanparse.energy.reporter import Cause, FixedPoint, Mode, Parameters, Report, Reporter

__all__ = [
    "Cause",
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
    "Report",
    "Reporter",
    "estimate",
    "line2_current",
    "line2_voltage",
    "plausibility",
]
