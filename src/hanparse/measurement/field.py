"""Describes each field of `Measurement` (name, unit, kind, description, OBIS codes), according to the code registry."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from hanparse.measurement.parts import Breaker, Peak, PowerFailure, RecordType, Submeter
from hanparse.obis import ENTRIES, UNCODED, WHOLE_UNITS, Kind


class Field(NamedTuple):
    """An instance describes one field of `Measurement`.

    `unit` is empty for a field without a unit. A value with one of the OBIS `codes` fills the field.
    """

    name: str
    unit: str
    kind: Kind
    description: str
    codes: tuple[str, ...]

    @property
    def is_float(self) -> bool:
        """True if every value is a float. False for other types, and for units in which a value can be an int."""
        return self.kind is Kind.NUMBER and self.unit not in WHOLE_UNITS

    @property
    def type(self) -> type:
        """The type of the values: `str`, `datetime`, `float`, `int`, `Breaker`, or `tuple` (see `item`)."""
        return tuple if self.kind in _ITEMS else _TYPES[self.kind]

    @property
    def item(self) -> RecordType | None:
        """The type of the elements if the values are tuples; `None` for other fields."""
        return _ITEMS.get(self.kind)

    @property
    def annotation(self) -> str:
        """The type of the values as Python code."""
        return f"tuple[{self.item.__name__}, ...]" if self.item else self.type.__name__

    def doc(self) -> str:
        """Return a text for the docstring of the field, in one line."""
        text = self.description[0].upper() + self.description[1:]
        unit = f", in {self.unit}" if self.unit else ""
        codes = f" OBIS {', '.join(self.codes)}." if self.codes else ""
        return f"{text}{unit}.{_NOTES.get(self.name, '')}{codes}"


_TYPES: Final[dict[Kind, type]] = {
    Kind.TEXT: str,
    Kind.TIME: datetime,
    Kind.NUMBER: float,
    Kind.COUNT: int,
    Kind.BREAKER: Breaker,
}
_ITEMS: Final[dict[Kind, RecordType]] = {
    Kind.FAILURES: PowerFailure,
    Kind.PEAKS: Peak,
    Kind.SUBMETERS: Submeter,
}


_NOTES: Final = {
    "timestamp": " It is naive if the zone is unknown.",
    "energy_time": " The meter read the energy registers at this time.",
    "average_power_import": " The averaging period has not ended yet.",
    "active_power_absolute": " The sum adds import and export.",
    "active_power_net": " Net is import minus export.",
}


def _fields() -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for entry in (*UNCODED, *ENTRIES):
        if name := entry.field:
            first = fields.get(name) or Field(name, entry.unit, entry.kind, entry.description, ())
            fields[name] = first._replace(codes=(*first.codes, entry.code)) if entry.code else first
    return fields


FIELD_OF: Final = _fields()
"""Maps the name of each field to its `Field`, in the order of the registry."""
FIELD_UNITS: Final = {field.name: field.unit for field in FIELD_OF.values() if field.unit}
"""Maps the name of each field to its unit. Fields without a unit are left out."""
