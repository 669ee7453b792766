"""Write src/hanparse/measurement/declared.py, the fields of `Measurement` for type checkers, from the registry.

Run ``python tools/write_fields.py`` after you add a field to the registry; a test fails when the module is old.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hanparse.measurement.field import FIELD_OF, Field
from hanparse.obis import Kind, Obis

MODULE: Final = Path(__file__).parents[1] / "src" / "hanparse" / "measurement" / "declared.py"

HEAD: Final = '''"""Declares the fields of `Measurement`. ``python tools/write_fields.py`` writes this module."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  users may call get_type_hints(Measurement)

from hanparse.measurement.parts import Breaker, Peak, PowerFailure, Submeter  # noqa: TC001
from hanparse.measurement.record import Record


class Fields(Record):
    """Declares one attribute for each value that a push can contain."""

    __slots__ = ()

'''

_UNITS: Final = ("W", "VA", "var"), ("A",), ("V",), ("Wh", "VAh", "varh"), ("",), ("Hz",)
_KINDS: Final = tuple(Kind)
_PUSH: Final = ("manufacturer", "model", "meter_id", "list_id", "timestamp", "energy_time")
_MEASURED: Final = (7, 8)  # D of an instantaneous value and of a total register
_QUANTITIES: Final = 20  # the distance in C between the phases


def module() -> str:
    """Return the module as text."""
    lines = [f'    {field.name}: {field.annotation} | None = None\n    """{field.doc()}"""\n' for field in fields()]
    return HEAD + "".join(lines)


def fields() -> list[Field]:
    """Return the fields in their order: the identity and the time of a push, then numbers by unit, then other fields.

    Totals come before tariffs, sums before phases, and instantaneous values before limits and averages.
    """
    return sorted(FIELD_OF.values(), key=_place)


def _place(field: Field) -> tuple[int, ...]:
    if field.name in _PUSH:
        return 0, _PUSH.index(field.name)
    if field.kind is not Kind.NUMBER:
        return 2, _KINDS.index(field.kind)  # in the order of the registry
    unit = next((rank for rank, units in enumerate(_UNITS) if field.unit in units), len(_UNITS))
    if not field.codes:
        return 1, unit, 1
    code = Obis.parse(field.codes[0])
    is_late = code.phase is None or code.d not in _MEASURED
    return 1, unit, is_late, code.e > 0, code.phase or 0, code.c % _QUANTITIES, code.e


if __name__ == "__main__":
    MODULE.write_text(module(), "utf-8")
