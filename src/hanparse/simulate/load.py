"""Defines `State`, which simulates the load of a meter and the registers that count its energy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

_HOUR: Final = 3600
_LARGEST_CURRENT: Final = 63.0  # in A; the main fuses of a large home


@dataclass
class State:
    """A `State` contains what a simulated meter measures (W, var, V), and the registers of its energy (Wh, varh).

    `powers`, `reactive` and `voltages` contain one value for each of the three phases. `energies` maps the codes of the
    registers to their values.
    """

    rng: Random
    powers: list[float] = field(default_factory=lambda: [150.0, 200.0, 100.0])
    reactive: list[float] = field(default_factory=lambda: [20.0, 30.0, 10.0])
    voltages: list[float] = field(default_factory=lambda: [230.0, 231.0, 229.5])
    energies: dict[str, float] = field(
        default_factory=lambda: {"1.8.0": 12_345_000.0, "2.8.0": 0.0, "3.8.0": 678_000.0, "4.8.0": 12_000.0}
    )

    def advance(self, seconds: float) -> None:
        """Add to the registers the energy of the present powers in `seconds`. Then change the powers and voltages."""
        for code, power in self.totals.items():
            self.energies[code.replace(".7.", ".8.")] += power * seconds / _HOUR
        for phase in range(3):
            if self.rng.random() < seconds / 180:  # an appliance is switched every 180 s on average
                self.powers[phase] = 50.0 + self.rng.choice((0, 100, 400, 1000, 2000, 3600)) * self.rng.random()
            self.powers[phase] = max(0.0, self.powers[phase] + self.rng.uniform(-5, 5))
            self.voltages[phase] = min(252.0, max(212.0, self.voltages[phase] + self.rng.uniform(-0.3, 0.3)))

    @property
    def totals(self) -> dict[str, int]:
        """Return the total powers by OBIS code, as integers in W and var. The registers count their energy."""
        return {"1.7.0": round(sum(self.powers)), "2.7.0": 0, "3.7.0": round(sum(self.reactive)), "4.7.0": 0}

    def values(self) -> dict[str, float]:
        """Return all powers, currents and voltages by OBIS code, in W, var, A and V."""
        values: dict[str, float] = dict(self.totals)
        for phase, (active, reactive, volts) in enumerate(zip(self.powers, self.reactive, self.voltages, strict=True)):
            values[f"{20 * phase + 31}.7.0"] = min(_LARGEST_CURRENT, (active**2 + reactive**2) ** 0.5 / volts)
            values[f"{20 * phase + 32}.7.0"] = volts
            for quantity, value in zip((21, 22, 23, 24), (active, 0.0, reactive, 0.0), strict=True):
                values[f"{20 * phase + quantity}.7.0"] = value
        return values
