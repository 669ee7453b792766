"""Defines `Reserve`, the current that `FuseGuard` reserves because the power has risen since the last list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hanparse.energy.chargers import power_of_change

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse.energy.loads import Voltages
    from hanparse.measurement import Wiring


class _Power(NamedTuple):
    """An instance holds a power in W, and the charging currents at its time, in A by line."""

    net: float
    charging: Mapping[int, float]


class Reserve:
    """Adds the rises of the power between the pushes since the last list with currents.

    `net` is the power of a push in W, negative for an export, or `None`. `charging` contains the charging currents at
    the time of the push, in A by line.
    """

    def __init__(self) -> None:
        self.amps = 0.0
        """The reserved current in A."""
        self.has_power = False
        """True if a push had a power."""
        self._exports = False  # true if a push has shown an export
        self._before = _Power(0.0, {})

    def restart(self, net: float | None, charging: Mapping[int, float], most_export: float) -> None:
        """Begin at a new list, which includes all earlier rises.

        A list without a power does not tell the power at its time. The lowest possible power is then used: 0 or, if the
        house exports, `most_export` W of export.
        """
        self._note(net)
        self.amps = 0.0
        unknown = -most_export if self._exports else 0.0
        self._before = _Power(unknown if net is None else net, charging)

    def doubt(self, net: float | None, charging: Mapping[int, float]) -> None:
        """Take a list that is equal to the last one, although the charging current has changed.

        It can be a repetition. Otherwise other loads have changed by the same current as the charger. So later rises
        count from the lower power and the higher charging current of both cases.
        """
        lower = self._before.net if net is None else min(net, self._before.net)
        self._before = _Power(lower, each(max, charging, self._before.charging))

    def add(self, net: float | None, charging: Mapping[int, float], wiring: Wiring | None, volts: Voltages) -> None:
        """Add the current that the rise of the power since the previous push can add to a line.

        If the charger drew more power than before, the difference is subtracted, because `charging` includes it. If the
        charger drew less, the difference is added, because other loads have drawn this power. If the power has fallen,
        nothing is added, because it can have fallen in another line.
        """
        self._note(net)
        if net is not None:
            before, self._before = self._before, _Power(net, charging)
            own = power_of_change(before.charging, charging, wiring, volts)
            self.amps += max(0.0, net - before.net - own) / volts.lowest

    def _note(self, net: float | None) -> None:
        if net is not None:
            self.has_power = True
            self._exports = self._exports or net < 0


def each(
    choose: Callable[[float, float], float], charging: Mapping[int, float], other: Mapping[int, float]
) -> dict[int, float]:
    """Return the result of `choose` for the two currents of each line."""
    return {line: choose(amps, other[line]) for line, amps in charging.items()}
