"""Finds impossible values in measurements.

A `Finding` describes an impossible value and contains factors that correct it.
"""

from hanparse.energy.plausibility.finding import Finding, Problem, corrected_scale
from hanparse.energy.plausibility.push import check
from hanparse.energy.plausibility.run import Plausibility

__all__ = ["Finding", "Plausibility", "Problem", "check", "corrected_scale"]
