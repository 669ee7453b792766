"""What is not as it should be, in words and as the factors that correct it: `Finding`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from hanparse.measurement import Scale

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problem(Enum):
    """The kinds of findings."""

    VOLTAGE = "voltage off by a power of ten"
    CURRENT = "current off by a power of ten"
    POWER = "power off by a power of ten"
    ENERGY = "energy off by a power of ten"
    TRANSFORMER = "the ratio of current transformers is missing"
    DIRECTION = "import and export are swapped"
    DEAD_PHASE = "a phase is dead"
    NOT_MEASURED = "zeros where the meter does not measure"
    WIRING = "phases that do not fit the wiring"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that cannot be: what was `seen`, what was `expected`, and the `remedy`, in words.

    `scale` has the factors that correct it, on top of the scale that the values were decoded with; `None` where no
    factor does.
    """

    problem: Problem
    seen: str
    expected: str
    remedy: str
    scale: Scale | None = None

    def __str__(self) -> str:
        """All of it, in one sentence."""
        return f"{self.problem.value}: {self.seen}; expected {self.expected}; {self.remedy}"


def corrected_scale(findings: Iterable[Finding], scale: Scale = Scale()) -> Scale:  # noqa: B008  immutable
    """The scale to decode with from now on: `scale`, which the findings were made with, and their factors on top."""
    factors = {field.name: Fraction(str(getattr(scale, field.name))) for field in fields(Scale)}
    for finding in findings:
        for name in factors if finding.scale else ():
            factors[name] *= Fraction(str(getattr(finding.scale, name)))
    return Scale(**{name: _number(factor) for name, factor in factors.items()})


def _number(factor: Fraction) -> float:
    return factor.numerator if factor.denominator == 1 else float(factor)
