"""Measurements -> `Finding`s: values that cannot be, which factor corrects them, and the `Scale` that does."""

from hanparse.energy.plausibility.finding import Finding, Problem, corrected_scale
from hanparse.energy.plausibility.push import check
from hanparse.energy.plausibility.run import Plausibility

__all__ = ["Finding", "Plausibility", "Problem", "check", "corrected_scale"]
