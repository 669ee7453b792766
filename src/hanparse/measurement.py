"""What one push said, in SI units and with one meaning for every meter: `Measurement` and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003  get_type_hints(Measurement) is for users, too
from datetime import datetime
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, Protocol, Self

from hanparse.obis import ENTRIES, Obis

Plain = None | bool | int | float | str | bytes | tuple["Plain", ...]
"""A value as sent, without its type tag."""


def _comparable(value: Any) -> Any:  # noqa: ANN401  whatever a measurement holds
    """The value, with one object in place of every NaN, which equals no other and not its own copy."""
    if isinstance(value, tuple):
        return tuple(map(_comparable, value))
    return _NAN if isinstance(value, float) and value != value else value  # noqa: PLR0124  true of NaN alone


class Wiring(Enum):
    """How the meter is connected; it decides what L1, L2 and L3 mean."""

    ONE_PHASE = "1-phase"
    THREE_WIRE = "3-phase 3-wire (IT, delta)"
    FOUR_WIRE = "3-phase 4-wire (TN)"


class Register(NamedTuple):
    """One element of the list: the value as sent, and the power of ten and the unit that belong to it.

    `obis` is `None` where neither the list nor its documentation names the element. `scaler` and `unit` are those sent;
    where the list sends none, those that the meter's documentation states; `None` where nobody states any. A register
    equals its copy also where the meter sent a NaN.
    """

    obis: Obis | None
    value: Plain
    scaler: int | None = None
    unit: str | None = None

    def __eq__(self, other: object) -> bool:
        """Equal in every part, as tuples are."""
        return _comparable(self) == _comparable(other) if isinstance(other, tuple) else NotImplemented

    def __ne__(self, other: object) -> bool:
        """The reverse; a tuple would answer by itself."""
        return not self == other

    def __hash__(self) -> int:
        """Equal registers have equal hashes."""
        return hash(_comparable(self))


class Estimate(NamedTuple):
    """A value that the meter does not measure, in the unit of its field, and the bounds that always hold."""

    value: float
    low: float
    high: float
    method: str


_NAN: Final = float("nan")
_ESTIMATED: Final = "estimated"
_NO_ESTIMATES: Final[Mapping[str, Estimate]] = MappingProxyType({})


class Kind(Protocol):
    """What measurements of one kind have in common: the names of their values, and how these are read from a push."""

    index: Mapping[str, int]
    """Where each value stands."""

    def values(self, push: Any, /) -> Sequence[Any]:  # noqa: ANN401  each kind keeps what it likes
        """What `index` names, in that order."""

    def registers(self, push: Any, /) -> tuple[Register, ...]:  # noqa: ANN401  the same
        """Every element of the push."""


class Measurement:
    """One push. Immutable; a field is `None` when the push does not carry it or the meter does not measure it.

    Zero is a measured zero. Powers are in W and var, currents in A, voltages in V, energies in Wh and varh, the
    frequency in Hz. A power factor is a part of 1. `_t1` to `_t4` are registers of a tariff, those without are totals.

    On a 3-wire meter (`Wiring.THREE_WIRE`) `voltage_l1`, `voltage_l2` and `voltage_l3` are the line voltages L1-L2,
    L1-L3 and L2-L3, as Norwegian lists define them.
    """

    manufacturer: str | None
    model: str | None
    meter_id: str | None
    list_id: str | None
    timestamp: datetime | None
    """When the values were taken: the APDU's date-time, else the clock in the list; naive when the zone is unknown."""
    energy_time: datetime | None
    """The clock in the list, which dates the energy registers."""
    active_power_import: float | None
    active_power_export: float | None
    reactive_power_import: float | None
    reactive_power_export: float | None
    active_power_import_l1: float | None
    active_power_export_l1: float | None
    reactive_power_import_l1: float | None
    reactive_power_export_l1: float | None
    active_power_import_l2: float | None
    active_power_export_l2: float | None
    reactive_power_import_l2: float | None
    reactive_power_export_l2: float | None
    active_power_import_l3: float | None
    active_power_export_l3: float | None
    reactive_power_import_l3: float | None
    reactive_power_export_l3: float | None
    current_l1: float | None
    current_l2: float | None
    current_l3: float | None
    voltage_l1: float | None
    voltage_l2: float | None
    voltage_l3: float | None
    active_energy_import: float | None
    active_energy_export: float | None
    reactive_energy_import: float | None
    reactive_energy_export: float | None
    active_energy_import_t1: float | None
    active_energy_import_t2: float | None
    active_energy_import_t3: float | None
    active_energy_import_t4: float | None
    active_energy_export_t1: float | None
    active_energy_export_t2: float | None
    active_energy_export_t3: float | None
    active_energy_export_t4: float | None
    reactive_energy_import_t1: float | None
    reactive_energy_import_t2: float | None
    reactive_energy_import_t3: float | None
    reactive_energy_import_t4: float | None
    reactive_energy_export_t1: float | None
    reactive_energy_export_t2: float | None
    reactive_energy_export_t3: float | None
    reactive_energy_export_t4: float | None
    power_factor: float | None
    power_factor_l1: float | None
    power_factor_l2: float | None
    power_factor_l3: float | None
    frequency: float | None

    wiring: Wiring | None
    """How the meter is connected, where its type says so."""

    # What names the values and reads them; and the push, until something is asked for: then the values in their order
    # and, last, the push, until the registers are asked for: then these.
    __slots__ = ("_kind", "_state")
    _kind: Kind
    _state: Any

    def __init__(
        self,
        *,
        registers: Iterable[Register] = (),
        estimated: Mapping[str, Estimate] = _NO_ESTIMATES,
        **fields: Any,  # noqa: ANN401  each field has its own type, declared above
    ) -> None:
        """A measurement of the named fields; the others are `None`. Raises `TypeError` for a name that is no field."""
        unknown = fields.keys() - _NAMES
        if unknown:
            raise TypeError(f"Measurement has no field {', '.join(sorted(unknown))}")
        present = {name: value for name, value in fields.items() if value is not None}
        if estimated:
            present[_ESTIMATED] = MappingProxyType(dict(estimated))
        fill_kind(self, _made(tuple(present)))
        fill_state(self, (*present.values(), tuple(registers)))

    def _read(self) -> tuple[Any, ...]:
        state = self._state
        if type(state) is not tuple:
            state = (*self._kind.values(state), state)
            fill_state(self, state)
        return state

    @property
    def registers(self) -> tuple[Register, ...]:
        """Every element of the list in its order, as sent; nothing is left out, duplicates are kept."""
        *values, push = self._read()
        if type(push) is tuple:
            return push
        registers = self._kind.registers(push)
        fill_state(self, (*values, registers))
        return registers

    @property
    def estimated(self) -> Mapping[str, Estimate]:
        """What the meter does not measure, by field name; empty unless asked for. Never mixed with measured fields."""
        place = self._kind.index.get(_ESTIMATED)
        return _NO_ESTIMATES if place is None else self._read()[place]

    def with_estimates(self, estimated: Mapping[str, Estimate]) -> Self:
        """The same measurement with `estimated`."""
        return type(self)(**self._fields(), registers=self.registers, estimated=estimated)

    def _fields(self) -> dict[str, Any]:
        """What is there, by name, without estimates."""
        return {name: value for name, value in zip(self._kind.index, self._read(), strict=False) if name != _ESTIMATED}

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
        estimates = {name: estimate._asdict() for name, estimate in self.estimated.items()}
        return fields | ({"estimated": estimates} if estimates else {})

    def _present(self) -> list[tuple[str, Any]]:
        return [(name, value) for name in FIELDS if (value := getattr(self, name)) is not None]

    def __repr__(self) -> str:
        """The fields that are present, with units, on one line."""
        return f"Measurement({', '.join(f'{name}={_readable(name, value)}' for name, value in self._present())})"

    def rows(self) -> list[tuple[str, str]]:
        """The fields that are present, by name, and their values as text with units."""
        return [(name, f"{value} {FIELD_UNITS.get(name, '')}".rstrip()) for name, value in self._present()]

    def _repr_html_(self) -> str:
        """A table for notebooks: the fields that are present, with units, and estimates marked as such."""
        from html import escape  # noqa: PLC0415  seldom needed

        rows = self.rows()
        rows += [(f"{name} (estimated)", f"{e.value:.3f} {FIELD_UNITS[name]}") for name, e in self.estimated.items()]
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        return f"<table>{cells}</table>"

    def __eq__(self, other: object) -> bool:
        """Equal in every field, `wiring`, `registers` and `estimated`."""
        return self._key() == other._key() if isinstance(other, Measurement) else NotImplemented

    def __hash__(self) -> int:
        """Equal measurements have equal hashes."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        fields = tuple(getattr(self, name) for name in _NAMES)
        return tuple(map(_comparable, (*fields, self.registers, tuple(self.estimated.items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles hold values only, not what they were read with."""
        return _restore, (self._fields(), self.registers, dict(self.estimated))

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        """Measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be set"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        """Measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be deleted"
        raise AttributeError(message)


def _field(name: str) -> property:
    """What reads one field."""

    def read(measurement: Measurement) -> Any:  # noqa: ANN401  declared in Measurement
        state = measurement._state  # noqa: SLF001  one class in two halves
        if type(state) is not tuple:
            state = measurement._read()  # noqa: SLF001
        place = measurement._kind.index.get(name)  # noqa: SLF001
        return None if place is None else state[place]

    return property(read)


_NAMES: Final = tuple(name for name in Measurement.__annotations__ if not name.startswith("_"))
FIELDS: Final = tuple(name for name in _NAMES if name != "wiring")
"""The names of what a push may carry, in their order."""
FIELD_UNITS: Final = {entry.field: entry.unit for entry in ENTRIES if entry.field and entry.unit}
"""The unit of every field that has one."""

for _name in _NAMES:
    setattr(Measurement, _name, _field(_name))

# Measurement forbids setting, and object.__setattr__ looks names up: the slots are filled by their own descriptors.
# A measurement of a kind that reads its values later is made of these three, without another call in between.
blank = Measurement.__new__
fill_kind = Measurement.__dict__["_kind"].__set__
fill_state = Measurement.__dict__["_state"].__set__


class _Made:
    """The kind of measurements whose values and registers are there."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.index: Mapping[str, int] = {name: place for place, name in enumerate(names)}

    def values(self, push: tuple[Any, ...]) -> tuple[Any, ...]:
        return push

    def registers(self, push: tuple[Register, ...]) -> tuple[Register, ...]:
        return push


_made = lru_cache(maxsize=256)(_Made)


def _restore(fields: dict[str, Any], registers: tuple[Register, ...], estimated: dict[str, Estimate]) -> Measurement:
    return Measurement(**fields, registers=registers, estimated=estimated)


def _difference(plus: float | None, minus: float | None) -> float | None:
    return None if plus is None or minus is None else plus - minus


def _readable(name: str, value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    return f"{value} {FIELD_UNITS[name]}" if name in FIELD_UNITS else str(value)
