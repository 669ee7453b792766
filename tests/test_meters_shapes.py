"""What a list means by its shape alone, whoever sends it."""

from __future__ import annotations

import pytest
from bodies import array, code, entry, measure, number, octets, register, sent, structure, text

from hanparse import Obis, UnknownMeterError
from hanparse.axdr.data import AttributeDescriptor, Data, Tag, Untagged
from hanparse.meters import codes, shapes
from hanparse.wire.link import Link


def test_registers_keep_their_scaler_and_unit() -> None:
    items = shapes.named(array(register("1.7.0", number(280), -1, 27), structure(code("0-0:96.1.7"), text("6525"))))
    assert items
    assert [(str(item.obis), item.scaler, item.unit) for item in items] == [
        ("1-0:1.7.0", -1, "W"),
        ("0-0:96.1.7", None, None),
    ]


@pytest.mark.parametrize(
    "stranger",
    [
        number(1),
        structure(code("1.7.0")),
        structure(text("a"), text("b")),
        structure(code("1.7.0"), number(1), number(2)),
        structure(code("1.7.0"), number(1), structure(number(1), Data(Tag.ENUM, 27))),  # a scaler is an integer
        structure(code("1.7.0"), number(1), structure(Data(Tag.INTEGER, 0), number(27))),  # a unit is an enum
        structure(),
    ],
)
def test_an_element_of_another_shape_is_kept_without_a_name(stranger: Data) -> None:
    items = shapes.named(array(register("1.7.0", number(280), 0, 27), stranger))
    assert items
    assert items[1] == shapes.Item(None, stranger)


def test_flat_pairs_may_have_the_list_identifier_in_front_and_nulls_between() -> None:
    null = Data(Tag.NULL_DATA)
    items = shapes.named(structure(text("Kamstrup_V0001"), code("1-1:1.7.0"), number(5), null, null))
    assert items
    assert [item.obis and str(item.obis) for item in items] == ["1-1:0.2.129", "1-1:1.7.0", None]


def test_a_value_behind_a_null_key_is_kept_without_a_name() -> None:
    items = shapes.named(structure(code("1.7.0"), number(1), Data(Tag.NULL_DATA), number(2)))
    assert items
    assert items[1] == shapes.Item(None, number(2))


@pytest.mark.parametrize(
    "body",
    [
        structure(code("1.7.0"), number(1), number(2)),
        structure(code("1.7.0"), number(1), text("17")),  # a number at the end only where a clock stands in front
        structure(code("1.7.0"), number(1), code("2.7.0")),
        structure(text("id"), number(1), number(2)),
        structure(octets(bytes(12)), text("17")),
        structure(octets(bytes(12)), code("1.7.0"), number(1), number(17)),  # a meter number is a text
        structure(Data(Tag.NULL_DATA), Data(Tag.NULL_DATA)),
        structure(octets(b"160456"), number(1)),
        structure(),
        array(),
        array(number(1)),
        number(1),
        Data(Tag.DATE_TIME, sent(2024, 7, 1, 12, 0, 0)),
    ],
)
def test_a_list_of_another_shape_has_no_names(body: Data) -> None:
    assert shapes.named(body) is None


def test_positions_apply_only_when_every_kind_fits() -> None:
    wanted = codes("0-0:96.1.7 0-0:1.0.0 1.7.0")
    assert shapes.positional(structure(text("X"), octets(bytes(12)), number(1)), wanted)
    assert shapes.positional(structure(text("X"), octets(bytes(12)), text("1")), wanted) is None
    assert shapes.positional(structure(text("X"), number(1), number(1)), wanted) is None
    assert shapes.positional(structure(text("X"), octets(bytes(12))), wanted) is None
    assert shapes.positional(array(text("X"), octets(bytes(12)), number(1)), wanted) is None


def test_a_code_may_apply_only_where_the_element_matches_a_pattern() -> None:
    for octet_string, obis in ((b"ISK10000017", shapes.METER_ID), (b"16820005", None), (b"", None)):
        items = shapes.positional(structure(octets(octet_string), number(1)), codes("0-0:96.1.0/oct~ISK* 1.7.0/u32"))
        assert items is not None
        assert [item.obis for item in items] == [obis, Obis.parse("1.7.0")]
    assert shapes.positional(structure(number(1), number(1)), codes("0-0:96.1.0/oct~ISK* 1.7.0/u32")) is None


def scale(scaler: int, unit: int) -> Data:
    return structure(Data(Tag.INTEGER, scaler), Data(Tag.ENUM, unit))


def meanings(body: Data) -> list[tuple[str, int | None, str | None]]:
    return [(str(item.obis), item.scaler, item.unit) for item in shapes.named(body) or ()]


def test_flat_triples_may_have_a_bare_clock_in_front_and_the_meter_number_at_the_end() -> None:
    body = structure(octets(bytes(12)), code("1.7.0"), number(5), scale(0, 27), text("10000017"))
    assert meanings(body) == [
        ("0-0:1.0.0", None, None),
        ("1-0:1.7.0", 0, "W"),
        ("0-0:96.1.0", None, None),
    ]


def test_a_text_at_the_end_that_a_code_stands_before_is_its_value() -> None:
    body = structure(octets(bytes(12)), code("1.7.0"), number(5), code("0-0:96.1.7"), text("6525"))
    assert [row[0] for row in meanings(body)] == ["0-0:1.0.0", "1-0:1.7.0", "0-0:96.1.7"]


def test_codes_and_values_in_turn_and_whole_registers_may_stand_in_one_list() -> None:
    body = structure(
        code("0-0:1.0.0"),
        octets(bytes(12)),
        structure(code("0-0:42.0.0"), text("KFM1200200000017")),
        register("32.7.0", number(2301), -1, 35),
        code("31.7.0"),
        number(17),
        scale(-2, 33),
    )
    assert meanings(body) == [
        ("0-0:1.0.0", None, None),
        ("0-0:42.0.0", None, None),
        ("1-0:32.7.0", -1, "V"),
        ("1-0:31.7.0", -2, "A"),
    ]


def attribute(group: int, logical_name: bytes, number_of_attribute: int, value: Data) -> Data:
    descriptor = AttributeDescriptor(group, logical_name, number_of_attribute)
    return structure(Data(Untagged.ATTRIBUTE_DESCRIPTOR, descriptor), value)


@pytest.mark.parametrize(
    ("group", "number_of_attribute", "is_value"), [(3, 2, True), (1, 2, True), (3, 3, False), (40, 2, False)]
)
def test_a_list_of_attributes_says_which_of_them_is_a_value(
    group: int, number_of_attribute: int, is_value: bool
) -> None:
    name = bytes(Obis.parse("1.7.0"))
    null, reason = Data(Tag.NULL_DATA), Data(Tag.ENUM, 2)
    items = shapes.named(structure(reason, array(attribute(group, name, number_of_attribute, number(640)), null)))
    assert items == [
        shapes.Item(None, reason),
        shapes.Item(Obis.parse("1.7.0"), number(640), is_value=is_value),
        shapes.Item(None, null),
    ]


@pytest.mark.parametrize(
    "elements",
    [
        (),
        (Data(Tag.NULL_DATA),),
        (attribute(3, b"160456", 2, number(640)),),  # six bytes of text are no code
        (attribute(3, bytes(Obis.parse("1.7.0")), 2, number(640)), number(640)),
    ],
)
def test_a_list_in_which_something_is_no_attribute_has_no_names(elements: tuple[Data, ...]) -> None:
    assert shapes.named(structure(Data(Tag.ENUM, 2), array(*elements))) is None


@pytest.mark.parametrize(
    ("described", "is_value"),
    [
        (entry(3, "1.7.0"), True),
        (entry(1, "1.7.0"), True),
        (entry(4, "1.7.0"), True),
        (entry(8, "1.7.0"), True),
        (entry(3, "1.7.0", attribute=1), False),  # its name
        (entry(3, "1.7.0", attribute=3), False),  # its scaler and unit
        (entry(4, "1.7.0", attribute=5), False),  # its time
        (entry(3, "1.7.0", index=1), False),  # a part of it
        (entry(40, "1.7.0"), False),
        (entry(5, "1.7.0"), False),  # the second attribute of a demand register is an average that goes on
    ],
)
def test_a_described_list_says_which_element_is_a_value(described: Data, is_value: bool) -> None:
    body = structure(array(entry(40, "0-8:25.9.0"), described), number(640))
    items = shapes.named(body)
    assert items
    assert [item.is_value for item in items] == [False, is_value]
    wire = Link((103, 127), (1,), 0x13)
    if is_value:
        assert measure(body, wire).active_power_import == 640
    else:
        with pytest.raises(UnknownMeterError):
            measure(body, wire)


@pytest.mark.parametrize(
    "first",
    [
        array(entry(40, "0-8:25.9.0")),  # one entry for two elements
        array(entry(40, "0-8:25.9.0"), number(1)),
        array(entry(40, "0-8:25.9.0"), structure(number(3), code("1.7.0"), number(2), number(0))),
        array(entry(40, "0-8:25.9.0"), entry(3, "1.7.0"), entry(3, "2.7.0")),
        structure(entry(40, "0-8:25.9.0"), entry(3, "1.7.0")),
    ],
)
def test_a_list_is_described_only_when_every_element_is(first: Data) -> None:
    assert not any(item.obis and item.is_value for item in shapes.named(structure(first, number(640))) or ())


@pytest.mark.parametrize(
    ("place", "data", "fits"),
    [
        ("?/oct8=1682*", octets(b"16820005"), True),
        ("?/oct8=1682*", octets(b"16830005"), False),
        ("?/oct8=1682*", octets(b"1682000"), False),
        ("?/oct8=1682*", text("16820005"), False),
        ("?/oct6=0-6:25.9.0", code("0-6:25.9.0"), True),
        ("?/oct6=0-6:25.9.0", code("0-7:25.9.0"), False),
        ("1.7.0/u32", number(1), True),
        ("1.7.0/u32", Data(Tag.LONG_UNSIGNED, 1), False),
        ("1.7.0/u32", Data(Tag.NULL_DATA), False),
        ("1.7.0", Data(Tag.NULL_DATA), True),
        ("?/array", array(number(1)), True),
        ("?", number(1), True),
        ("?", text("1"), False),
    ],
)
def test_what_a_place_demands_must_stand_there(place: str, data: Data, fits: bool) -> None:
    assert bool(shapes.positional(structure(data), codes(place))) is fits


def test_null_data_may_take_the_place_of_less_than_half_of_a_list_at_its_end() -> None:
    null, places = Data(Tag.NULL_DATA), codes("1.7.0/u32 2.7.0/u32 3.7.0/u32 4.7.0/u32")
    assert shapes.positional(structure(number(1), number(2), number(3), null), places)
    assert shapes.positional(structure(number(1), number(2), null, null), places) is None
    assert shapes.positional(structure(number(1), null, number(3), number(4)), places) is None
