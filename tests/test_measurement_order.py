from __future__ import annotations

from typing import TYPE_CHECKING

from framefiles import SOUND

from hanparse import decode_all
from hanparse.measurement import FIELDS
from hanparse.measurement.order import Order

if TYPE_CHECKING:
    from hanparse import Measurement

READABLE = [file for file in SOUND if file.expect]


def present(measurement: Measurement) -> dict[str, object]:
    """Return the fields that a measurement has, asked for one by one."""
    return {name: value for name in FIELDS if (value := getattr(measurement, name)) is not None}


def test_a_dictionary_has_the_fields_in_the_order_of_the_fields() -> None:
    for file in READABLE:
        for measurement in decode_all(file.data * 2):  # the second one is recognised by its layout
            expected, found = present(measurement), measurement.to_dict(iso=False)
            assert list(found) == list(expected)
            assert {name: value for name, value in found.items() if type(value) in (str, int, float)} == {
                name: value for name, value in expected.items() if type(value) in (str, int, float)
            }


def test_times_and_records_are_converted_and_nothing_else_is() -> None:
    names = ["voltage_l1", "gas_time", "breaker", "submeters", "meter_id", "power_failures", "timestamp", "wiring"]
    order = Order({name: position for position, name in enumerate(names)})
    assert order.converted == ("gas_time", "breaker", "submeters", "timestamp")
    assert order.positions(FIELDS) == tuple(
        sorted(((name, names.index(name)) for name in names[:-1]), key=lambda field: FIELDS.index(field[0]))
    )
