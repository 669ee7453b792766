"""Defines `Finding`, which describes an impossible value and contains the factors that correct it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from hanparse.measurement import Scale

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problem(Enum):
    """The kind of a finding."""

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
    """An instance describes one impossible value. `seen`, `expected` and `remedy` are texts.

    `scale` contains the factors that correct the value, in addition to the scale of the measurement. `scale` is `None`
    if no factor corrects the value, or if the factor is not known.
    """

    problem: Problem
    seen: str
    expected: str
    remedy: str
    scale: Scale | None = None

    def __str__(self) -> str:
        """Return the problem, the value seen, the value expected and the remedy on one line."""
        return f"{self.problem.value}: {self.seen}; expected {self.expected}; {self.remedy}"


def corrected_scale(findings: Iterable[Finding], scale: Scale = Scale()) -> Scale:  # noqa: B008  immutable
    """Return the scale for the next measurements: `scale` multiplied by the factors of the findings.

    `scale` must be the scale of the measurements that led to the findings.
    """
    factors = {field.name: Fraction(str(getattr(scale, field.name))) for field in fields(Scale)}
    for finding in findings:
        for name in factors if finding.scale else ():
            factors[name] *= Fraction(str(getattr(finding.scale, name)))
    return Scale(**{name: _number(factor) for name, factor in factors.items()})


def _number(factor: Fraction) -> float:
    return factor.numerator if factor.denominator == 1 else float(factor)
