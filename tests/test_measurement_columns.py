"""Columns give what the fields of a measurement give, whatever made it."""

from __future__ import annotations

from framefiles import ALL
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Decoder, Measurement
from hanparse.measurement import FIELDS
from hanparse.measurement.columns import Columns

NAMES = (*FIELDS, "wiring")
MEASUREMENTS = [m for file in ALL if not file.options for m in Decoder().feed(file.data * 3)]


@given(st.lists(st.sampled_from(NAMES), unique=True), st.lists(st.sampled_from(MEASUREMENTS), max_size=20))
def test_what_is_present_is_what_the_fields_are_in_the_order_of_the_names(
    names: list[str], measurements: list[Measurement]
) -> None:
    columns = Columns({name: lambda value: (value,) for name in names})
    for measurement in measurements:
        expected = [
            (at, (value,)) for at, name in enumerate(names) if (value := getattr(measurement, name)) is not None
        ]
        assert columns.present(measurement) == expected


def test_what_a_function_gives_nothing_for_is_left_out() -> None:
    columns: Columns[object] = Columns({"model": lambda model: model.strip() or None, "voltage_l1": round})
    assert columns.present(Measurement(model=" ", voltage_l1=230.2)) == [(1, 230)]


def test_kinds_without_end_do_not_grow_the_memory() -> None:
    columns: Columns[float] = Columns({"current_l1": float, "voltage_l1": float})
    for number in range(2000):
        names = [name for bit, name in enumerate(FIELDS[30:50]) if number >> bit & 1]
        made = Measurement(voltage_l1=1.0) if not names else Measurement.from_dict(dict.fromkeys(names, 1.0))
        columns.present(made)
    assert len(columns._plans) <= 256  # noqa: SLF001
