"""Defines `Plausibility`, which finds impossible values in a run of successive measurements.

If a single push can show a finding, the finding is certain if more than half of 60 successive pushes show it. Pushes
without voltages are not counted. A meter that sends voltages every 10 s sends 60 such pushes in ten minutes. So a load
that has just been switched, or a phase that is failing at this moment, causes no finding. Longer runs show facts that a
single push cannot show. Examples are a difference between power and energy, a day of small currents behind
transformers, and a week of export.

The stored data have a fixed size. A push of another meter starts a new run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from hanparse.energy.plausibility import phases, push
from hanparse.energy.plausibility.balance import Mismatch, conclude
from hanparse.energy.plausibility.energy import Comparison
from hanparse.energy.plausibility.load import voltages
from hanparse.energy.plausibility.trends import Direction, Transformers
from hanparse.measurement import Measurement
from hanparse.measurement.inputs import CallersClock, check_type
from hanparse.measurement.state import Identity

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from datetime import datetime

    from hanparse.energy.plausibility.finding import Finding

_WINDOW: Final = 60  # pushes

_T = TypeVar("_T")


class Plausibility:
    """Takes the pushes of a meter and returns each finding when it becomes certain."""

    def __init__(self) -> None:
        self._meter = Identity()
        self._clock = CallersClock()
        self._run = _Run()
        self._reported: set[Hashable] = set()

    def update(self, measurement: Measurement, now: datetime) -> list[Finding]:
        """Return the findings that have become certain with the push that arrived at `now`.

        `now` is the time of the caller's clock; aware times are compared as instants. Raises `TypeError` for an
        argument that is not a `Measurement` or `datetime`, and for a mix of naive and aware times.
        """
        check_type("measurement", measurement, Measurement)
        instant = self._clock.instant(now)
        meter = Identity.of(measurement)
        if self._meter.differs(meter):
            self._meter, self._run, self._reported = meter, _Run(), set()
        self._meter = self._meter.joined(meter)
        self._run.update(measurement, instant)
        certain = {_key(finding): finding for finding in self._run.findings()}
        new = [finding for key, finding in certain.items() if key not in self._reported]
        self._reported = set(certain)
        return new

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings that are certain now."""
        return tuple(self._run.findings())


class _Majority(Generic[_T]):
    """Selects the items that occur in more than half of 60 pushes.

    `winners` contains each item as the latest push shows it.
    """

    def __init__(self) -> None:
        self.winners: tuple[_T, ...] = ()
        self._shown: dict[Hashable, tuple[int, _T]] = {}
        self._pushes = 0

    def add(self, shown: Mapping[Hashable, _T]) -> None:
        """Count the items of one push by their keys. `winners` changes after every 60th push."""
        for key, item in shown.items():
            self._shown[key] = (self._shown.get(key, (0, item))[0] + 1, item)
        self._pushes += 1
        if self._pushes == _WINDOW:
            self.winners = tuple(item for count, item in self._shown.values() if 2 * count > _WINDOW)
            self._shown, self._pushes = {}, 0


class _Run:
    """An instance holds the counters for a run of pushes of one meter."""

    def __init__(self) -> None:
        self._steady: _Majority[Finding] = _Majority()
        self._mismatch: _Majority[Mismatch] = _Majority()
        self._energy = Comparison()
        self._trends = (Transformers(), Direction())

    def update(self, m: Measurement, now: datetime) -> None:
        """Take one push."""
        self._energy.update(m, now)
        for trend in self._trends:
            trend.update(m, now)
        if mismatch := push.mismatch(m):
            self._mismatch.add({mismatch.excess: mismatch} if mismatch.excess else {})
        if voltages(m):
            self._steady.add({_key(finding): finding for finding in (*push.steady(m), *phases.in_a_run(m))})

    def findings(self) -> Iterator[Finding]:
        """Yield all findings that are certain now."""
        yield from self._steady.winners
        yield from conclude(next(iter(self._mismatch.winners), None), self._energy.verdict)
        yield from (trend.finding for trend in self._trends if trend.finding)


def _key(finding: Finding) -> Hashable:
    """Return a key of the finding. The key is equal for the same finding in different pushes."""
    return finding.problem, finding.remedy
