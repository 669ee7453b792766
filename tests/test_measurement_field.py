from __future__ import annotations

from datetime import datetime

import pytest

from hanparse import Breaker, Measurement, Peak, PowerFailure, Submeter
from hanparse.measurement import FIELD_UNITS, FIELDS
from hanparse.obis import Kind

FIELD = {field.name: field for field in Measurement.fields()}


def test_the_fields_are_listed_in_their_order() -> None:
    assert tuple(FIELD) == FIELDS
    assert FIELDS[:7] == (
        *("manufacturer", "model", "meter_id", "list_id", "timestamp", "energy_time"),
        "active_power_import",
    )


@pytest.mark.parametrize(
    ("name", "unit", "kind", "type_", "codes"),
    [
        ("meter_id", "", Kind.TEXT, str, ("0-0:96.1.0", "1-1:0.0.5", "0-0:96.1.1")),
        ("timestamp", "", Kind.TIME, datetime, ()),
        ("active_power_import", "W", Kind.NUMBER, float, ("1.7.0",)),
        ("reactive_energy_export_t4", "varh", Kind.NUMBER, float, ("4.8.4",)),
        ("power_factor_l2", "", Kind.NUMBER, float, ("53.7.0",)),
        ("tariff", "", Kind.COUNT, int, ("0-0:96.14.0",)),
        ("current_limit", "A", Kind.NUMBER, float, ("0-0:17.0.0", "31.4.0")),
        ("breaker", "", Kind.BREAKER, Breaker, ("0-0:96.3.10",)),
        ("submeters", "", Kind.SUBMETERS, tuple, ()),
    ],
)
def test_a_field_says_its_unit_kind_type_and_codes(
    name: str, unit: str, kind: Kind, type_: type, codes: tuple[str, ...]
) -> None:
    field = FIELD[name]
    assert (field.unit, field.kind, field.type, field.codes) == (unit, kind, type_, codes)


def test_a_tuple_says_what_it_holds() -> None:
    held = {name: (field.item, field.annotation) for name, field in FIELD.items() if field.type is tuple}
    assert held == {
        "power_failure_log": (PowerFailure, "tuple[PowerFailure, ...]"),
        "peak_history": (Peak, "tuple[Peak, ...]"),
        "submeters": (Submeter, "tuple[Submeter, ...]"),
    }
    with pytest.raises(TypeError, match="submeters"):
        Measurement(submeters=(1,))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tariff"):
        Measurement(tariff=1.5)  # type: ignore[arg-type]


def test_a_docstring_has_description_unit_and_code() -> None:
    assert Measurement.voltage_l1.__doc__ == "Voltage, L1 (3-wire: L1-L2), in V. OBIS 32.7.0."
    assert (
        Measurement.energy_time.__doc__
        == "Clock. The meter read the energy registers at this time. OBIS 0-0:1.0.0, 0-1:1.0.0."
    )
    assert Measurement.power_factor.__doc__ == "Power factor. OBIS 13.7.0."


def test_powers_and_energies_may_be_whole_and_all_other_numbers_are_float() -> None:
    whole = {name for name, field in FIELD.items() if field.kind is Kind.NUMBER and not field.is_float}
    units = {name: field.unit for name, field in FIELD.items() if field.kind is Kind.NUMBER}
    assert whole == {name for name, unit in units.items() if unit in ("W", "VA", "var", "Wh", "varh")}


def test_every_number_has_a_unit() -> None:
    numbers = {name for name, field in FIELD.items() if field.kind is Kind.NUMBER}
    factors = {name for name in FIELDS if name.startswith("power_factor")}
    assert set(FIELD_UNITS) == numbers - factors
