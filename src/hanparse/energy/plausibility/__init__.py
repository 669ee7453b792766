"""Measurements -> `Finding`s: values that cannot be, which factor mends them, and the `Scale` that does."""

from hanparse.energy.plausibility.finding import Finding, Problem, mend
from hanparse.energy.plausibility.push import check
from hanparse.energy.plausibility.run import Plausibility

__all__ = ["Finding", "Plausibility", "Problem", "check", "mend"]
