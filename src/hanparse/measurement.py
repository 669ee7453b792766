"""What one push said, in SI units and with one meaning for every meter: `Measurement` and what belongs to it."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Self

from hanparse.obis import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanparse.obis import Obis

Plain = None | bool | int | float | str | bytes | tuple["Plain", ...]
"""A value as sent, without its type tag."""


_RATIO: Final = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(?::\s*(\d{1,6}(?:\.\d{1,6})?)\s*)?", re.ASCII)


class Wiring(Enum):
    """How the meter is connected; it decides what L1, L2 and L3 mean."""

    ONE_PHASE = "1-phase"
    THREE_WIRE = "3-phase 3-wire (IT, delta)"
    FOUR_WIRE = "3-phase 4-wire (TN)"


class Register(NamedTuple):
    """One element of the list: the value as sent, and the power of ten and the unit that belong to it.

    `obis` is `None` where neither the list nor its documentation names the element. `scaler` and `unit` are those sent;
    where the list sends none, those that the meter's documentation states; `None` where nobody states any.
    """

    obis: Obis | None
    value: Plain
    scaler: int | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Factors for what the meter reports: a transformer ratio that it does not know, or a register that is off by ten.

    Current (A), voltage (V), power (W, var) and energy (Wh, varh) are multiplied. Raises `ValueError` for a factor that
    is not positive and finite. `Measurement.registers` keep what the meter sent.
    """

    current: float = 1
    voltage: float = 1
    power: float = 1
    energy: float = 1

    def __post_init__(self) -> None:
        """Check the factors."""
        for name in ("current", "voltage", "power", "energy"):
            factor = getattr(self, name)
            if not isinstance(factor, int | float) or isinstance(factor, bool):
                raise TypeError(f"expected a number as {name} ratio, found {type(factor).__name__}")
            if not 0 < factor <= sys.float_info.max:
                raise ValueError(f"expected a positive, finite {name} ratio, found {factor!r}")

    @classmethod
    def ct(cls, ratio: str | float) -> Self:
        """The scale of a current transformer: ``"100:5"`` (primary:secondary) or the ratio itself, here 20."""
        if isinstance(ratio, str):
            match = _RATIO.fullmatch(ratio)
            primary, secondary = (Fraction(match[1]), Fraction(match[2] or 1)) if match else (0, 0)
            if not secondary:
                raise ValueError(f"expected a transformer ratio such as 100:5 or 20, found {ratio!r}")
            exact = Fraction(primary, secondary)
            ratio = exact.numerator if exact.denominator == 1 else float(exact)
        return cls(current=ratio, power=ratio, energy=ratio)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value that the meter does not measure, in the unit of its field, and the bounds that always hold."""

    value: float
    low: float
    high: float
    method: str


class Measurement:
    """One push. Immutable; a field is `None` when the push does not carry it or the meter does not measure it.

    Zero is a measured zero. Powers are in W and var, currents in A, voltages in V, energies in Wh and varh.

    On a 3-wire meter (`Wiring.THREE_WIRE`) `voltage_l1`, `voltage_l2` and `voltage_l3` are the line voltages L1-L2,
    L1-L3 and L2-L3, as Norwegian lists define them.
    """

    manufacturer: str | None = None
    model: str | None = None
    meter_id: str | None = None
    list_id: str | None = None
    timestamp: datetime | None = None
    """When the values were taken: the APDU's date-time, else the clock in the list; naive when the zone is unknown."""
    energy_time: datetime | None = None
    """The clock in the list, which dates the energy registers."""
    active_power_import: float | None = None
    active_power_export: float | None = None
    reactive_power_import: float | None = None
    reactive_power_export: float | None = None
    active_power_import_l1: float | None = None
    active_power_export_l1: float | None = None
    reactive_power_import_l1: float | None = None
    reactive_power_export_l1: float | None = None
    active_power_import_l2: float | None = None
    active_power_export_l2: float | None = None
    reactive_power_import_l2: float | None = None
    reactive_power_export_l2: float | None = None
    active_power_import_l3: float | None = None
    active_power_export_l3: float | None = None
    reactive_power_import_l3: float | None = None
    reactive_power_export_l3: float | None = None
    current_l1: float | None = None
    current_l2: float | None = None
    current_l3: float | None = None
    voltage_l1: float | None = None
    voltage_l2: float | None = None
    voltage_l3: float | None = None
    active_energy_import: float | None = None
    active_energy_export: float | None = None
    reactive_energy_import: float | None = None
    reactive_energy_export: float | None = None

    wiring: Wiring | None = None
    """How the meter is connected, where its type says so."""
    registers: tuple[Register, ...] = ()
    """Every element of the list in its order, as sent; nothing is left out, duplicates are kept."""
    estimated: Mapping[str, Estimate] = MappingProxyType({})
    """What the meter does not measure, by field name; empty unless asked for. Never mixed with measured fields."""

    def __init__(self, **fields: Any) -> None:  # noqa: ANN401  each field has its own type, declared above
        """A measurement of the named fields; the others keep `None`. Raises `TypeError` for a name that is no field."""
        unknown = fields.keys() - _ATTRIBUTES
        if unknown:
            message = f"Measurement has no field {', '.join(sorted(unknown))}"
            raise TypeError(message)
        vars(self).update(fields)

    @property
    def active_power(self) -> float | None:
        """Import − export in W; `None` unless the push carries both."""
        return _difference(self.active_power_import, self.active_power_export)

    @property
    def reactive_power(self) -> float | None:
        """Import − export in var; `None` unless the push carries both."""
        return _difference(self.reactive_power_import, self.reactive_power_export)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are present, ready for JSON: times in ISO 8601, numbers and texts as they are.

        Estimates, if there are any, stand apart under ``"estimated"``.
        """
        fields = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in self._present()}
        estimates = {name: asdict(estimate) for name, estimate in self.estimated.items()}
        return fields | ({"estimated": estimates} if estimates else {})

    def _present(self) -> list[tuple[str, Any]]:
        return [(name, value) for name in FIELDS if (value := getattr(self, name)) is not None]

    def __repr__(self) -> str:
        """The fields that are present, with units, on one line."""
        return f"Measurement({', '.join(f'{name}={_readable(name, value)}' for name, value in self._present())})"

    def __eq__(self, other: object) -> bool:
        """Equal in every field, `wiring`, `registers` and `estimated`."""
        return self._key() == other._key() if isinstance(other, Measurement) else NotImplemented

    def __hash__(self) -> int:
        """Equal measurements have equal hashes."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        fields = tuple(getattr(self, name) for name in _ATTRIBUTES if name != "estimated")
        return (*fields, tuple(self.estimated.items()))

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        """Measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be set"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        """Measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be deleted"
        raise AttributeError(message)


_ATTRIBUTES: Final = tuple(Measurement.__annotations__)
FIELDS: Final = tuple(name for name in _ATTRIBUTES if name not in ("wiring", "registers", "estimated"))
"""The names of what a push may carry, in their order."""
FIELD_UNITS: Final = {entry.field: entry.unit for entry in ENTRIES if entry.field and entry.unit}
"""The unit of every field that has one."""


def _difference(plus: float | None, minus: float | None) -> float | None:
    return None if plus is None or minus is None else plus - minus


def _readable(name: str, value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    return f"{value} {FIELD_UNITS[name]}" if name in FIELD_UNITS else str(value)
