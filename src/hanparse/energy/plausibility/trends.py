"""Finds impossible values that only a long run of pushes shows: a day of small currents, or a week of export.

Transformers: a meter behind current transformers can send current, power and energy as secondary values (not multiplied
by the ratio of the transformers). The three values then agree, so no comparison shows that the ratio is missing.
Small currents alone do not show a missing ratio, because the currents of many homes are below 6 A for days. So the
finding requires a meter type that is made for transformers, currents without a scale, and a day in which no current
exceeds 6 A, the largest secondary current, by more than 20 %. Primary values exceed 6 A within a day, because
transformers are only installed for large currents.

Direction: a house with import and export swapped exports day and night. A power station also exports day and night, but
sometimes stops. The run is a week long, because a power station probably stops at least once in a week, and then
imports.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from hanparse.energy.plausibility.balance import SWAPPED
from hanparse.energy.plausibility.finding import Finding, Problem
from hanparse.energy.plausibility.load import PHASES, net, value

if TYPE_CHECKING:
    from hanparse.measurement import Measurement

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_PUSHES_ENOUGH: Final = 360  # pushes in a day or a week; a meter that sends every 10 s sends 360 pushes in an hour
_SECONDARY: Final = 7.2  # A; 6 A plus 20 %
_STANDBY: Final = 50  # W; a smaller power counts neither as import nor as export
_MOSTLY: Final = 0.9


class Transformers:
    """Checks the currents of each day if the meter type is made for transformers."""

    def __init__(self) -> None:
        self.finding: Finding | None = None
        self._since: datetime | None = None
        self._pushes = 0
        self._greatest = 0.0

    def update(self, m: Measurement, now: datetime) -> None:
        """Take the push that arrived at `now`."""
        currents = [abs(current) for phase in PHASES if (current := value(m, f"current_l{phase}")) is not None]
        is_as_sent = m.scale.current == 1
        if not currents or not m.made_for_transformers or not is_as_sent:
            return
        if self._since is None or now < self._since:
            self._since, self._pushes, self._greatest = now, 0, 0.0
        self._pushes += 1
        self._greatest = max(self._greatest, *currents)
        if now - self._since >= _DAY:
            self.finding = self._judge(m)
            self._since = None

    def _judge(self, m: Measurement) -> Finding | None:
        if self._greatest > _SECONDARY or self._pushes < _PUSHES_ENOUGH:
            return None
        return Finding(
            Problem.TRANSFORMER,
            f"a meter made for current transformers ({m.model}), not scaled: at most {self._greatest:g} A in a day",
            "values multiplied by the ratio of the transformers",
            "Scale.ct with the ratio of the transformers, such as Scale.ct('100:5'), corrects it",
        )


class Direction:
    """Checks the import and export of each week."""

    def __init__(self) -> None:
        self.finding: Finding | None = None
        self._since: datetime | None = None
        self._pushes = self._exporting = self._importing = 0

    def update(self, m: Measurement, now: datetime) -> None:
        """Take the push that arrived at `now`."""
        power = net(m, "active")
        if power is None or m.active_power_export is None:
            return
        if self._since is None or now < self._since:
            self._since = now
            self._pushes = self._exporting = self._importing = 0
        self._pushes += 1
        self._exporting += power <= -_STANDBY
        self._importing += power >= _STANDBY
        if now - self._since >= _WEEK:
            self.finding = self._judge()
            self._since = None

    def _judge(self) -> Finding | None:
        if self._importing or self._pushes < _PUSHES_ENOUGH or self._exporting < _MOSTLY * self._pushes:
            return None
        return Finding(
            Problem.DIRECTION,
            f"export day and night for a week, in {self._exporting} of {self._pushes} pushes, and never import",
            "import at night, unless the house is a power station",
            SWAPPED,
        )
