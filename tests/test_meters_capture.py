"""Entries of a push-object-list: which attribute of which object an element is, and whether it is a whole value."""

from __future__ import annotations

import pytest
from bodies import array, code, entry, measure, number, octets, structure

from hanparse import Obis, UnknownMeterError
from hanparse.axdr.data import Data, Tag
from hanparse.meters.capture import CaptureObject, capture_object

POWER = Obis.parse("1.7.0")
SETUP = entry(40, "0-1:25.9.0")
NOTHING = Data(Tag.NULL_DATA)


def extended(entry: Data, *selection: Data) -> Data:
    """Return an entry of a newer push setup: a selection follows the data index."""
    assert isinstance(entry.value, tuple)
    return structure(*entry.value, *selection)


def restriction(kind: int, value: Data = NOTHING) -> Data:
    return structure(Data(Tag.ENUM, kind), value)


def scale(scaler: int, unit: int) -> Data:
    return structure(Data(Tag.INTEGER, scaler), Data(Tag.ENUM, unit))


@pytest.mark.parametrize(
    ("selection", "is_whole"),
    [
        ((), True),
        ((restriction(0),), True),
        ((restriction(0), array()), True),
        ((restriction(1, structure(number(1), number(2))), array()), False),  # by date
        ((restriction(2, structure(number(1), number(2))),), False),  # by entry
        ((restriction(0), array(entry(3, "2.7.0"))), False),  # some columns of a buffer
    ],
)
def test_a_selection_that_restricts_something_leaves_a_part_of_the_attribute(
    selection: tuple[Data, ...], is_whole: bool
) -> None:
    found = capture_object(extended(entry(3, "1.7.0"), *selection))
    assert found == CaptureObject(3, POWER, 2, is_whole)
    assert found.is_value is is_whole


@pytest.mark.parametrize(
    "other",
    [
        number(1),
        structure(number(3), code("1.7.0"), Data(Tag.INTEGER, 2), Data(Tag.LONG_UNSIGNED, 0)),
        structure(Data(Tag.LONG_UNSIGNED, 3), octets(b"12345"), Data(Tag.INTEGER, 2), Data(Tag.LONG_UNSIGNED, 0)),
        extended(entry(3, "1.7.0"), number(1)),
        extended(entry(3, "1.7.0"), array()),
        extended(entry(3, "1.7.0"), restriction(0), array(), array()),
        array(*entry(3, "1.7.0").value),  # type: ignore[misc]
    ],
)
def test_an_entry_of_another_shape_is_no_capture_object(other: Data) -> None:
    assert capture_object(other) is None


@pytest.mark.parametrize("extend", [False, True])
def test_the_scaler_and_unit_of_a_register_that_the_push_contains_apply_to_its_value(extend: bool) -> None:
    entries = [SETUP, entry(3, "1.8.0"), entry(3, "1.8.0", attribute=3), entry(3, "32.7.0"), entry(3, "32.7.0", 3)]
    if extend:
        entries = [extended(each, restriction(0), array()) for each in entries]
    volts = Data(Tag.LONG_UNSIGNED, 2301)
    found = measure(structure(array(*entries), number(81), scale(1, 30), volts, scale(-1, 35)))
    assert (found.manufacturer, found.active_energy_import, found.voltage_l1) == (None, 810, 230.1)


def test_the_scaler_of_another_register_applies_to_no_value() -> None:
    for other in (entry(3, "2.8.0", attribute=3), entry(3, "1.8.0", 3, 1), entry(7, "1.8.0", 3)):
        with pytest.raises(UnknownMeterError):
            measure(structure(array(SETUP, entry(3, "1.8.0"), other), number(81), scale(1, 30)))
