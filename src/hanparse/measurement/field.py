"""The registry of codes -> what a program may ask of a field of `Measurement`: name, unit, kind, description, codes."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from hanparse.measurement.parts import Breaker, Peak, PowerFailure, RecordType, Submeter
from hanparse.obis import ENTRIES, UNCODED, WHOLE_UNITS, Kind


class Field(NamedTuple):
    """A field of `Measurement`: its name, unit (empty: none), kind, description, and the OBIS codes that fill it."""

    name: str
    unit: str
    kind: Kind
    description: str
    codes: tuple[str, ...]

    @property
    def is_float(self) -> bool:
        """Whether its values are always float; else they are int as long as the meter sends whole numbers."""
        return self.kind is Kind.NUMBER and self.unit not in WHOLE_UNITS

    @property
    def type(self) -> type:
        """The type of its values: `str`, `datetime`, `float`, `int`, `Breaker`, or `tuple` of what `item` says."""
        return tuple if self.kind in _ITEMS else _TYPES[self.kind]

    @property
    def item(self) -> RecordType | None:
        """The type of what a tuple holds; `None` for other fields."""
        return _ITEMS.get(self.kind)

    @property
    def annotation(self) -> str:
        """The type as it is written in code."""
        return f"tuple[{self.item.__name__}, ...]" if self.item else self.type.__name__

    def doc(self) -> str:
        """The docstring of the field, in one line."""
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
    "timestamp": " Naive if the zone is unknown.",
    "energy_time": " It dates the energy registers.",
}


def _fields() -> dict[str, Field]:
    found: dict[str, Field] = {}
    for entry in (*UNCODED, *ENTRIES):
        if name := entry.field:
            first = found.get(name) or Field(name, entry.unit, entry.kind, entry.description, ())
            found[name] = first._replace(codes=(*first.codes, entry.code)) if entry.code else first
    return found


FIELD_OF: Final = _fields()
"""Every field by its name, in the order of the registry."""
FIELD_UNITS: Final = {field.name: field.unit for field in FIELD_OF.values() if field.unit}
"""The unit of every field that has one."""
