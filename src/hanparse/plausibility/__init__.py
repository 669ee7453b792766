"""Measurements -> `Finding`s: values that cannot be, which factor mends them, and the `Scale` that does."""

from hanparse.plausibility.finding import Finding, Problem, mend
from hanparse.plausibility.push import check
from hanparse.plausibility.run import Plausibility

__all__ = ["Finding", "Plausibility", "Problem", "check", "mend"]
