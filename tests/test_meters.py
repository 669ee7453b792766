"""Profiles, shapes, values, clocks, the engine, the report: one room, one file of tests."""

from __future__ import annotations

import math
import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from framefiles import SOUND, FrameFile, check_sequence, named
from hypothesis import given
from hypothesis import strategies as st
from scripts import ROOT, script

from hanparse import Measurement, Obis, Scale, UnknownMeterError, Wiring, cosem, decode
from hanparse.cosem import DataNotification
from hanparse.data import AttributeDescriptor, CompactArray, Data, DateTime, Tag, TypeDescription, Untagged
from hanparse.meters import PROFILES, Model, Place, Profile, Wire, clock, codes, read, shapes, values
from hanparse.obis import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_SPECIFIED = -0x8000


def text(value: str) -> Data:
    return Data(Tag.VISIBLE_STRING, value)


def octets(value: bytes) -> Data:
    return Data(Tag.OCTET_STRING, value)


def number(value: int) -> Data:
    return Data(Tag.DOUBLE_LONG_UNSIGNED, value)


def code(obis: str) -> Data:
    return octets(bytes(Obis.parse(obis)))


def structure(*elements: Data) -> Data:
    return Data(Tag.STRUCTURE, elements)


def register(obis: str, value: Data, scaler: int, unit: int) -> Data:
    return structure(code(obis), value, structure(Data(Tag.INTEGER, scaler), Data(Tag.ENUM, unit)))


def array(*elements: Data) -> Data:
    return Data(Tag.ARRAY, elements)


def measure(
    body: Data, wire: Wire | None = None, known: Profile | None = None, scale: Scale | None = None
) -> Measurement:
    return read(DataNotification(0, None, body), PROFILES, wire, known).measurement(scale or Scale(), None)


# --- clocks


def sent(
    *wall: int, deviation: int = NOT_SPECIFIED, status: int = 0, hundredths: int = 255, weekday: int = 255
) -> DateTime:
    year, month, day, hour, minute, second = wall
    return DateTime(year, month, day, weekday, hour, minute, second, hundredths, deviation, status)


@pytest.mark.parametrize(
    ("rule", "deviation", "expected"),
    [
        ("deviation", -60, "2024-07-01T12:00:00+01:00"),  # UTC = local + deviation
        ("deviation", -120, "2024-07-01T12:00:00+02:00"),
        ("deviation", 720, "2024-07-01T12:00:00-12:00"),
        ("deviation", NOT_SPECIFIED, "2024-07-01T12:00:00"),
        ("deviation", 721, "2024-07-01T12:00:00"),
        ("+01:00", 0, "2024-07-01T12:00:00+01:00"),
        ("+01:00", NOT_SPECIFIED, "2024-07-01T12:00:00+01:00"),
        ("-02:30", -60, "2024-07-01T12:00:00-02:30"),
        ("Europe/Oslo", NOT_SPECIFIED, "2024-07-01T12:00:00+02:00"),
        ("Europe/Oslo", -60, "2024-07-01T12:00:00+01:00"),
    ],
)
def test_a_clock_rule_says_which_clock_the_meter_shows(rule: str, deviation: int, expected: str) -> None:
    moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, deviation=deviation), rule)
    assert moment is not None
    assert moment.isoformat() == expected


@given(st.datetimes(datetime(1996, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001  wall clocks
def test_norwegian_local_time_is_what_the_time_zone_database_says(wall: datetime) -> None:
    wall = wall.replace(microsecond=0)
    moment = clock.resolve(sent(*wall.timetuple()[:6]), "Europe/Oslo")
    assert moment is not None
    assert moment.utcoffset() == wall.replace(tzinfo=ZoneInfo("Europe/Oslo")).utcoffset()


@pytest.mark.parametrize(
    ("wall", "offset"),
    [
        ((2024, 3, 31, 1, 59, 59), 1),
        ((2024, 3, 31, 3, 0, 0), 2),
        ((2024, 10, 27, 1, 59, 59), 2),
        ((2024, 10, 27, 2, 30, 0), 2),  # exists twice; the first pass
        ((2024, 10, 27, 3, 0, 0), 1),
    ],
)
def test_the_days_on_which_clocks_change_are_known(wall: tuple[int, ...], offset: int) -> None:
    moment = clock.resolve(sent(*wall), "Europe/Oslo")
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize(
    "wall",
    [
        (0xFFFF, 7, 1, 12, 0, 0),
        (2024, 0xFF, 1, 12, 0, 0),
        (2024, 0xFD, 1, 12, 0, 0),
        (2024, 7, 0xFE, 12, 0, 0),
        (2024, 7, 1, 0xFF, 0, 0),
        (2024, 7, 1, 12, 0xFF, 0),
        (2024, 7, 1, 12, 0, 0xFF),
        (2024, 2, 30, 12, 0, 0),
        (2024, 13, 1, 12, 0, 0),
        (0, 1, 1, 0, 0, 0),
        (2024, 7, 1, 24, 0, 0),
    ],
)
def test_a_moment_with_a_part_missing_or_impossible_is_none(wall: tuple[int, ...]) -> None:
    for rule in ("deviation", "+01:00", "Europe/Oslo"):
        assert clock.resolve(sent(*wall), rule) is None


@given(st.binary(min_size=12, max_size=12), st.sampled_from(["deviation", "+01:00", "Europe/Oslo"]))
def test_no_twelve_bytes_make_a_clock_raise(data: bytes, rule: str) -> None:
    moment = clock.resolve(cosem.date_time(data), rule)
    assert moment is None or moment.isoformat()


def test_weekday_zero_is_ignored_and_hundredths_count() -> None:
    moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, weekday=0, hundredths=25), "+01:00")
    assert moment == datetime(2024, 7, 1, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(("hundredths", "microsecond"), [(0, 0), (1, 10_000), (99, 990_000), (100, 0), (255, 0)])
def test_hundredths_go_from_0_to_99_and_others_are_not_specified(hundredths: int, microsecond: int) -> None:
    moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, hundredths=hundredths), "+01:00")
    assert moment
    assert (moment.second, moment.microsecond) == (0, microsecond)


def test_the_callers_time_zone_takes_the_place_of_every_rule() -> None:
    for rule in ("deviation", "+01:00", "Europe/Oslo"):
        moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, deviation=-60), rule, UTC)
        assert moment == datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("rule", ["", "CET", "01:00", "+1:00", "+24:00", "Europe/Paris"])
def test_a_clock_rule_that_is_none_is_a_value_error(rule: str) -> None:
    with pytest.raises(ValueError, match="clock rule"):
        Profile(manufacturer="X", clock=rule)


@pytest.mark.parametrize("rule", ["deviation", "+01:00", "-02:30", "+23:59", "Europe/Oslo"])
def test_a_clock_rule_of_the_document_is_taken_as_it_is_written(rule: str) -> None:
    assert Profile(manufacturer="X", clock=rule).clock == rule
    assert Profile(manufacturer="X").clock == "deviation"


# --- values


@pytest.mark.parametrize(
    ("raw", "exponent", "expected"), [(2334, -1, 233.4), (237, -2, 2.37), (5, 0, 5), (7745250, 1, 77452500)]
)
def test_a_number_is_scaled_by_its_power_of_ten(raw: int, exponent: int, expected: float) -> None:
    assert values.scaled(raw, exponent) == expected


@given(st.integers(-(2**63), 2**64 - 1), st.integers(-128, 127))
def test_a_scaled_number_is_the_float_nearest_to_the_exact_value(raw: int, exponent: int) -> None:
    exact = Fraction(raw) * Fraction(10) ** exponent
    scaled = values.scaled(raw, exponent)
    assert scaled is not None
    assert scaled == (exact if exponent >= 0 else float(exact))


def test_whole_numbers_stay_whole() -> None:
    assert isinstance(values.scaled(1362, 0), int)
    assert isinstance(values.scaled(5676882, 1), int)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_number(value: float) -> None:
    assert values.number(Data(Tag.FLOAT64, value)) is None


def test_a_number_beyond_all_floats_is_none() -> None:
    assert values.scaled(1e300, 127) is None
    assert values.scaled(2**64, 127, 1e308) is None
    assert values.scaled(1.5, 0, 1e308) == 1.5e308
    assert values.scaled(2.5, 127, 1e300) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (text("6525"), "6525"),
        (octets(b"KFM_001"), "KFM_001"),
        (octets(b"12000017\0\0\0\0\0\0\0\0"), "12000017"),
        (text("  MA304H4 \0"), "MA304H4"),
        (text("XYZ-1 X"), "XYZ-1 X"),
        (octets(b"\t\r\nA B\r\n"), "A B"),
        (octets(b"A\x07B"), None),
        (octets(b"A\nB"), None),
        (text(""), None),
        (octets(b"\0\0"), None),
        (octets(b"\x01\x00\x01\x07\x00\xff"), None),
        (octets(b"caf\xe9"), None),
        (Data(Tag.UTF8_STRING, "\udc80"), None),
        (Data(Tag.BIT_STRING, "0101"), None),
        (number(7), None),
    ],
)
def test_a_text_is_printable_and_stripped_of_nul_and_blanks(data: Data, expected: str | None) -> None:
    assert values.text(data) == expected


def test_a_value_loses_its_types_but_nothing_else() -> None:
    compact = CompactArray(TypeDescription(Tag.UNSIGNED), (Data(Tag.UNSIGNED, 1), Data(Tag.UNSIGNED, 2)))
    nested = structure(text("a"), array(number(1), Data(Tag.NULL_DATA)), Data(Tag.COMPACT_ARRAY, compact))
    assert values.plain(nested) == ("a", (1, None), (1, 2))


def test_a_date_time_is_a_time_by_its_own_type_and_as_twelve_bytes() -> None:
    moment = sent(2024, 2, 29, 23, 59, 58)
    octets_sent = octets(bytes.fromhex("07E8 02 1D FF 17 3B 3A FF 8000 00"))
    assert values.time(Data(Tag.DATE_TIME, moment)) == values.time(octets_sent) == moment
    assert values.time(octets(bytes(11))) is values.time(text("x" * 12)) is values.time(number(12)) is None
    assert values.plain(Data(Tag.DATE_TIME, moment)) == moment


@pytest.mark.parametrize(
    ("raw", "exponent", "factor", "expected"),
    [(11, 0, 2, 22), (11, 0, 0.5, 5.5), (11, -1, 2, 2.2), (11, 1, 3, 330), (12, -1, 0.5, 0.6), (7, 0, 0.1, 0.7)],
)
def test_a_number_is_multiplied_by_the_factor_of_the_caller(
    raw: int, exponent: int, factor: float, expected: float
) -> None:
    assert values.scaled(raw, exponent, factor) == expected


def test_null_stands_for_any_kind_and_a_blank_text_is_a_text() -> None:
    assert all(values.has_kind(Data(Tag.NULL_DATA), kind) for kind in Kind)
    assert values.has_kind(octets(b"\0\0"), Kind.TEXT)
    assert not values.has_kind(number(1), Kind.TEXT)
    assert not values.has_kind(Data(Tag.BOOLEAN, value=True), Kind.NUMBER)
    assert values.has_kind(octets(bytes(12)), Kind.TIME)
    assert not values.has_kind(octets(bytes(11)), Kind.TIME)


# --- shapes


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


def entry(group: int, obis: str, attribute: int = 2, index: int = 0) -> Data:
    named_by = (Data(Tag.LONG_UNSIGNED, group), code(obis), Data(Tag.INTEGER, attribute))
    return structure(*named_by, Data(Tag.LONG_UNSIGNED, index))


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
    wire = Wire((103, 127), (1,), 0x13)
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
    ("word", "expected"),
    [
        ("1.7.0", Place(Obis.parse("1.7.0"))),
        ("1.7.0/u32", Place(Obis.parse("1.7.0"), Tag.DOUBLE_LONG_UNSIGNED)),
        ("?/oct8=1682*", Place(None, Tag.OCTET_STRING, 8, "1682*")),
        ("0-0:42.0.0/vis=ISK*", Place(Obis.parse("0-0:42.0.0"), Tag.VISIBLE_STRING, None, "ISK*")),
        ("?", Place(None)),
    ],
)
def test_a_place_is_a_code_and_what_must_stand_there(word: str, expected: Place) -> None:
    assert codes(word) == (expected,)


@pytest.mark.parametrize(
    ("word", "tag"),
    [
        ("bool", Tag.BOOLEAN),
        ("enum", Tag.ENUM),
        ("array", Tag.ARRAY),
        ("oct", Tag.OCTET_STRING),
        ("vis", Tag.VISIBLE_STRING),
        ("u8", Tag.UNSIGNED),
        ("u16", Tag.LONG_UNSIGNED),
        ("u32", Tag.DOUBLE_LONG_UNSIGNED),
        ("u64", Tag.LONG64_UNSIGNED),
        ("i8", Tag.INTEGER),
        ("i16", Tag.LONG),
        ("i32", Tag.DOUBLE_LONG),
        ("i64", Tag.LONG64),
    ],
)
def test_each_type_of_a_place_is_one_of_the_blue_book(word: str, tag: Tag) -> None:
    assert codes(f"?/{word}") == (Place(None, tag),)


@pytest.mark.parametrize("word", ["1.7.0/u33", "1.7.0/", "/u32", "?/oct8=", "1.7.0=7", "x"])
def test_what_is_no_place_is_a_value_error(word: str) -> None:
    with pytest.raises(ValueError, match=r"expected (a place|an OBIS code)"):
        codes(word)


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


# --- the engine: which profile reads a list

SELF_DESCRIBING = array(register("1.7.0", number(280), 0, 27))
BARE = structure(number(5852))
KAIFA_WIRE = Wire((0,), (1, 0), 0x10)


def profile_of(name: str) -> Profile:
    return next(profile for profile in PROFILES if profile.manufacturer == name)


def test_no_two_profiles_claim_the_same_list_identifier() -> None:
    for profile in PROFILES:
        for prefix in profile.list_ids:
            assert [other for other in PROFILES if other.claims(prefix)] == [profile]


def test_no_two_profiles_know_the_same_wire() -> None:
    for positional in (True, False):
        wires = [wire for profile in PROFILES if bool(profile.positions) is positional for wire in profile.wires]
        assert len(wires) == len(set(wires))


def test_no_two_profiles_claim_the_same_device_without_its_wire() -> None:
    devices = [device for profile in PROFILES if not profile.wires for device in profile.devices]
    assert not [pair for pair in combinations(devices, 2) if pair[0].startswith(pair[1]) or pair[1].startswith(pair[0])]


SAMPLES = {
    Tag.NULL_DATA: None,
    Tag.ARRAY: (),
    Tag.BOOLEAN: False,
    Tag.ENUM: 0,
    Tag.VISIBLE_STRING: "",
    **dict.fromkeys((Tag.UNSIGNED, Tag.LONG_UNSIGNED, Tag.DOUBLE_LONG_UNSIGNED, Tag.LONG64_UNSIGNED), 0),
    **dict.fromkeys((Tag.INTEGER, Tag.LONG, Tag.DOUBLE_LONG, Tag.LONG64), 0),
}


def kinds(place: Place) -> set[object]:
    """Which types can stand in a place, and which sizes of a string."""
    samples = [Data(tag, value) for tag, value in SAMPLES.items()]
    samples += [Data(Tag.OCTET_STRING, bytes(size)) for size in range(64)]
    fitting = [data for data in samples if shapes.positional(structure(data), (place._replace(pattern="*"),))]
    return {(data.tag, len(data.value) if isinstance(data.value, bytes) else 0) for data in fitting}


def overlap(one: tuple[Place, ...], other: tuple[Place, ...]) -> bool:
    """Whether some list could be both: everywhere a common type, and a common text where both demand one."""
    return len(one) == len(other) and all(
        kinds(a) & kinds(b) and fits_both(a, b) for a, b in zip(one, other, strict=True)
    )


def fits_both(one: Place, other: Place) -> bool:
    """Whether some text fits both patterns. No clock begins with letters: they would be a year beyond 16,000."""
    heads = [place.pattern.partition("*")[0] for place in (one, other)]
    if shapes.CLOCK in (one.obis, other.obis):
        return not any(heads)
    if "*" not in one.pattern + other.pattern:
        return one.pattern == other.pattern
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])


LISTS = [places for profile in PROFILES for places in (*profile.positions, *profile.signatures)]


def test_null_data_may_take_the_place_of_less_than_half_of_a_list_at_its_end() -> None:
    null, places = Data(Tag.NULL_DATA), codes("1.7.0/u32 2.7.0/u32 3.7.0/u32 4.7.0/u32")
    assert shapes.positional(structure(number(1), number(2), number(3), null), places)
    assert shapes.positional(structure(number(1), number(2), null, null), places) is None
    assert shapes.positional(structure(number(1), null, number(3), number(4)), places) is None


def alike() -> Iterator[tuple[list[Obis | None], list[Obis | None]]]:
    """What lists that begin alike mean by it: null-data may take the place of less than half."""
    for one, other in combinations(LISTS, 2):
        half = len(one) // 2 + 1
        if len(one) == len(other) and overlap(one[:half], other[:half]):
            yield [place.obis for place in one[:half]], [place.obis for place in other[:half]]


def test_two_lists_that_begin_alike_mean_the_same_by_it_but_for_one_pair() -> None:
    different = [(one, other) for one, other in alike() if one != other]
    assert sum(1 for _ in alike()) > len(different) == 1
    ((powers, energies),) = different
    assert [str(obis) for obis in powers[2:]] == ["1-0:1.7.0", "1-0:2.7.0", "1-0:3.7.0", "1-0:4.7.0"]
    assert [str(obis) for obis in energies[2:]] == ["1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2"]


def test_a_list_of_which_too_little_is_sent_to_tell_it_from_another_is_unknown() -> None:
    head = (octets(b"ISK1000000000017"), octets(b"ISK10000017"), *(number(value) for value in (1, 2, 3, 4)))
    with pytest.raises(UnknownMeterError):
        measure(structure(*head, *(Data(Tag.NULL_DATA) for _ in range(4))))
    assert measure(structure(*head, *(number(value) for value in (5, 6, 7, 8)))).active_energy_export_t2 == 4


def test_no_two_lists_could_be_the_same_bytes() -> None:
    assert len(LISTS) > 15
    assert not [pair for pair in combinations(LISTS, 2) if overlap(*pair)]


def test_two_lists_that_could_be_the_same_bytes_are_found() -> None:
    assert overlap(codes("1.7.0/u32 ?/oct8"), codes("2.7.0 0-0:96.1.0"))
    assert not overlap(codes("1.7.0/u32 ?/oct8"), codes("2.7.0 0-0:96.1.0/oct9"))
    assert not overlap(codes("?/oct8=16820005"), codes("?/oct8=16820006"))
    assert overlap(codes("?/oct8=1682*"), codes("?/oct8=168*"))
    assert not overlap(codes("?/oct8=1682*"), codes("?/oct8=1683*"))
    assert overlap(codes("0-0:1.0.0/oct12"), codes("?/oct"))
    assert not overlap(codes("0-0:1.0.0/oct12"), codes("0-0:42.0.0/oct=ISK*"))


@pytest.mark.parametrize("file", SOUND, ids=lambda file: file.name)
def test_the_order_of_the_profiles_decides_nothing(file: FrameFile) -> None:
    assert decode(file.data, profiles=PROFILES[::-1]) == decode(file.data)


def test_no_code_outside_the_profiles_knows_a_maker() -> None:
    makers = {profile.manufacturer for profile in PROFILES if profile.manufacturer}
    names = re.compile("|".join(re.escape(name) for name in {*makers, "Gyr"}), re.IGNORECASE)
    code = {
        path.stem: re.sub(r'""".*?"""|#[^\n]*', "", path.read_text("utf-8"), flags=re.DOTALL)
        for path in Path(read.__code__.co_filename).parent.glob("*.py")
    }
    profiles = {stem for stem, text in code.items() if re.search(r"^[A-Z0-9_]+ = Profile\(", text, re.MULTILINE)}
    assert {stem for stem, text in code.items() if names.search(text)} <= {*profiles, "__init__"}
    assert not profiles & {"read", "profile", "shapes", "values", "clock", "report"}


@pytest.mark.parametrize(
    "said",
    [
        {"list_ids": ("ACME_",)},
        {"devices": ("ACM",)},
        {"wires": (KAIFA_WIRE,)},
        {"signatures": (codes("1.7.0/u32"),)},
    ],
)
def test_a_profile_that_says_whose_lists_it_reads_is_not_for_anybody(said: dict[str, Any]) -> None:
    assert not Profile(manufacturer="X", **said).is_general
    assert Profile(manufacturer="X").is_general


def test_list_identifiers_in_one_text_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="found the text 'ACME_'"):
        Profile(manufacturer="X", list_ids="ACME_")  # type: ignore[arg-type]


def test_every_profile_but_one_says_whose_lists_it_reads() -> None:
    assert [profile.manufacturer for profile in PROFILES if profile.is_general] == [None]


def test_the_page_of_meters_is_what_profiles_and_frames_say() -> None:
    page = (ROOT / "docs" / "meters.md").read_text("utf-8")
    assert script("tools/write_meters.py").page() == page, "run python tools/write_meters.py"


def test_the_meter_of_the_page_on_new_meters_is_read() -> None:
    page = (ROOT / "docs" / "add-a-meter.md").read_text("utf-8")
    found: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], found)  # noqa: S102  our own page
    short = [Data(Tag.LONG_UNSIGNED, value) for value in (123, 2301)]
    body = structure(text("ACME_V1"), text("10000017"), number(640), *short, Data(Tag.UNSIGNED, 9), number(5000))
    measurement = read(DataNotification(0, None, body), (found["ACME"],)).measurement(Scale(), None)
    assert (measurement.manufacturer, measurement.meter_id) == ("Acme", "10000017")
    assert (measurement.active_power_import, measurement.current_l1, measurement.voltage_l1) == (640, 1.23, 230.1)
    assert measurement.active_energy_import == 5000
    with pytest.raises(UnknownMeterError):
        measure(body)


@pytest.mark.parametrize("file", SOUND, ids=lambda file: file.name)
def test_a_new_frame_file_holds_a_sound_frame_without_the_number_of_the_meter(file: FrameFile) -> None:
    content = tomllib.loads(script("tools/new_frame_file.py").frame_file(file.data, "source", "why"))
    data = bytes.fromhex("".join(line.partition("#")[0] for line in content["frame"].splitlines()))
    assert len(data) == len(file.data)
    assert data[-3:-1] == check_sequence(data[1:-3])
    expect = file.expect or {}
    meter_id = expect.get("meter_id")
    if meter_id and not re.search("0000017$", meter_id):
        assert meter_id.encode() not in data
    if not file.known_by_wire:
        decoded = decode(data).to_dict()
        assert {**decoded, "meter_id": meter_id} == {**decode(file.data).to_dict(), "meter_id": meter_id}


def test_a_new_frame_file_may_be_a_push_without_hdlc() -> None:
    data = named("iskraemeco/ch-ekz").data
    bare = data[data.index(b"\xe6\xe7\x00") + 3 : -3]
    content = tomllib.loads(script("tools/new_frame_file.py").frame_file(bare, "source", "why"))
    rows = [line.partition("#")[0] for line in content["frame"].splitlines()]
    assert len(bytes.fromhex("".join(rows))) == len(bare)
    assert rows[0].startswith("0f")


def test_profiles_hold_no_functions() -> None:
    for profile in PROFILES:
        assert not any(callable(getattr(profile, name)) for name in Profile.__dataclass_fields__)


def test_a_logical_device_name_names_the_maker_of_a_list_without_identifier() -> None:
    device = structure(code("0-0:42.0.0"), octets(b"KFM1200200000017"))
    assert measure(array(device, register("1.7.0", number(1), 0, 27))).manufacturer == "Kaifa"


def test_a_device_of_nobody_we_know_is_not_read_by_its_wire() -> None:
    device = structure(code("0-0:42.0.0"), octets(b"XYZ1200200000017"))
    measurement = measure(array(device, register("1.7.0", number(1), 0, 27)), Wire((103, 127), (1,), 0x13))
    assert measurement.manufacturer is None
    with pytest.raises(UnknownMeterError):
        measure(array(device, structure(code("1.7.0"), number(1))), Wire((103, 127), (1,), 0x13))


def described(setup: str, device: str, code: str, value: Data) -> Data:
    names = array(entry(40, setup), entry(1, "0-0:42.0.0"), entry(3, code))
    return structure(names, octets(device.encode()), value)


def test_a_push_set_up_and_a_device_together_name_the_maker_from_anywhere() -> None:
    volts = Data(Tag.LONG_UNSIGNED, 2301)
    for setup, device, maker, expected in (
        ("0-8:25.9.0", "LGZ1000000000017", "Landis+Gyr", 2301),
        ("0-6:25.9.0", "LGZ1000000000017", "Landis+Gyr", 230.1),
        ("0-6:25.9.0", "ISK1000000000017", "Iskraemeco", 230.1),
    ):
        for wire in (None, Wire((16,), (1,), 0x13)):
            measurement = measure(described(setup, device, "32.7.0", volts), wire)
            assert (measurement.manufacturer, measurement.voltage_l1) == (maker, expected)
    for setup, device in (("0-7:25.9.0", "LGZ1000000000017"), ("0-8:25.9.0", "XYZ1000000000017")):
        with pytest.raises(UnknownMeterError):
            measure(described(setup, device, "32.7.0", volts))


@pytest.mark.parametrize("lower", [127, 0x4D, 0x7E, 0x4A])
def test_the_type_of_a_current_says_its_scale_whatever_the_address(lower: int) -> None:
    wire = Wire((103, lower), (1,), 0x13)
    for tag, expected in ((Tag.LONG_UNSIGNED, 1.23), (Tag.LONG64, 123), (Tag.LONG64_UNSIGNED, 123)):
        body = structure(array(entry(40, "0-8:25.9.0"), entry(3, "31.7.0")), Data(tag, 123))
        assert measure(body, wire).current_l1 == expected


def test_an_exponent_for_a_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="such as A/i64, found 'A/i63'"):
        Profile(manufacturer="Acme", exponents={"A/i63": 0})


def test_what_a_meter_without_a_type_may_not_measure_is_not_given_as_zero() -> None:
    volts, amperes = (Data(Tag.LONG_UNSIGNED, 0), Data(Tag.LONG, 0))
    head = structure(code("1-1:0.2.129"), text("EMBRIQ_V1_1")), structure(code("0-0:96.1.7"), text("\0" * 4))
    lines = register("51.7.0", amperes, -2, 33), register("52.7.0", volts, -1, 35), register("72.7.0", volts, -1, 35)
    measurement = measure(array(*head, register("1.7.0", number(1), 0, 27), *lines))
    assert (measurement.wiring, measurement.model) == (None, None)
    assert (measurement.current_l2, measurement.voltage_l2, measurement.voltage_l3) == (None, None, 0)


def test_a_list_of_a_known_maker_without_any_field_is_kept_as_registers() -> None:
    measurement = decode(named("landis_gyr/ch-e450-mbus").data)
    assert {str(r.obis): (r.value, r.scaler) for r in measurement.registers[6:]} == {
        "0-1:24.2.1": (30545, None),
        **{f"0-{channel}:24.2.1": (0, None) for channel in (2, 3, 4)},
    }


def test_the_attributes_of_a_czech_list_are_registers_and_only_values_are_fields() -> None:
    registers = {str(r.obis): r for r in decode(named("unnamed/cz-egd").data).registers}
    assert registers["0-0:96.3.10"].value == 1
    assert registers["0-0:17.0.0"].value == 0
    assert registers["0-0:96.14.0"].value == b"T3"
    assert (registers["1-0:1.8.2"].value, registers["1-0:1.8.2"].scaler) == (4, 0)
    body = cosem.parse(named("unnamed/cz-xt211").apdu).body
    assert measure(body, Wire((16,), (1,), 0x13)) == measure(body)


def test_a_described_list_from_nowhere_is_an_unknown_meter() -> None:
    body = cosem.parse(named("landis_gyr/ch-e570").apdu).body
    with pytest.raises(UnknownMeterError):
        measure(body)


def test_the_same_described_list_has_the_scale_of_its_wire() -> None:
    body = structure(array(entry(40, "0-8:25.9.0"), entry(3, "32.7.0")), Data(Tag.LONG_UNSIGNED, 2301))
    scales = {(103, 127): 2301, (103,): 230.1, (103, 0x4D): 2301}
    for destination, expected in scales.items():
        assert measure(body, Wire(destination, (1,), 0x13)).voltage_l1 == expected


def test_a_short_list_that_is_known_by_its_wire_is_unknown_elsewhere() -> None:
    body = cosem.parse(named("iskraemeco/si-4").apdu).body
    assert measure(body, Wire((103,), (1, 17), 0x13)).active_energy_import == 900
    with pytest.raises(UnknownMeterError):
        measure(body)


def test_positions_that_nobody_documents_are_registers_without_a_code() -> None:
    registers = decode(named("iskraemeco/si-9-1phase").data).registers
    assert [(register.obis, register.value, register.scaler) for register in registers[-2:]] == [
        (None, 5, None),
        (None, 6, None),
    ]


def test_an_angle_without_current_stays_as_sent() -> None:
    registers = decode(named("landis_gyr/at-burgenland").data).registers
    assert [(str(r.obis), r.value, r.unit) for r in registers[10:13]] == [
        ("1-0:81.7.40", 400, "°"),
        ("1-0:81.7.51", 3, "°"),
        ("1-0:81.7.62", 288, "°"),
    ]


def test_an_attribute_that_is_no_value_is_a_register_without_a_scale() -> None:
    registers = decode(named("landis_gyr/ch-e450-17").data).registers
    assert [(str(r.obis), r.value, r.scaler, r.unit) for r in registers[-2:]] == [
        ("1-1:1.8.0", (0, 30), None, None),
        ("1-1:1.8.0", 22334455, 0, "Wh"),
    ]


def test_a_list_with_known_codes_in_another_order_is_not_that_list() -> None:
    body = cosem.parse(named("landis_gyr/at-steiermark").apdu).body
    parts = shapes.elements(body)
    swapped = structure(parts[0], *parts[3:5], *parts[1:3], *parts[5:])
    assert measure(body).manufacturer == "Landis+Gyr"
    with pytest.raises(UnknownMeterError):
        measure(swapped)


def test_a_list_identifier_names_the_maker_in_upper_or_lower_case() -> None:
    body = array(structure(code("1-1:0.2.129"), text("Aidon_v0001")), register("1.7.0", number(1), 0, 27))
    assert measure(body).manufacturer == "Aidon"


def test_a_bare_value_is_known_by_its_wire() -> None:
    assert measure(BARE, wire=KAIFA_WIRE).active_power_import == 5852
    assert measure(BARE, wire=KAIFA_WIRE).manufacturer == "Kaifa"


def test_a_bare_value_is_known_by_who_was_seen_on_the_wire() -> None:
    assert measure(BARE, known=profile_of("Kaifa")).active_power_import == 5852
    assert measure(SELF_DESCRIBING, known=profile_of("Aidon")).manufacturer == "Aidon"


@pytest.mark.parametrize("wire", [None, Wire((0,), (1, 0), 0x13), Wire((0,), (0, 0), 0x10)])
def test_a_bare_value_from_nowhere_is_an_unknown_meter(wire: Wire | None) -> None:
    with pytest.raises(UnknownMeterError):
        measure(BARE, wire=wire)
    with pytest.raises(UnknownMeterError):
        measure(BARE, wire=wire, known=profile_of("Aidon"))


def test_a_list_that_says_everything_itself_needs_no_maker() -> None:
    measurement = measure(SELF_DESCRIBING)
    assert (measurement.manufacturer, measurement.active_power_import) == (None, 280)


def test_a_list_that_says_everything_itself_is_not_given_to_a_maker_of_positional_lists() -> None:
    assert measure(SELF_DESCRIBING, wire=KAIFA_WIRE, known=profile_of("Kaifa")).manufacturer is None


def test_a_list_that_names_another_maker_is_not_read_by_its_wire() -> None:
    body = structure(text("FOO_001"), *[text("1")] * 2, *[number(1)] * 10)
    with pytest.raises(UnknownMeterError):
        measure(body, wire=KAIFA_WIRE, known=profile_of("Kaifa"))


def test_pairs_without_scalers_of_an_unknown_maker_are_not_guessed() -> None:
    with pytest.raises(UnknownMeterError):
        measure(structure(code("1.7.0"), number(1), code("31.7.0"), number(237)))


def test_a_list_of_a_known_maker_with_a_length_nobody_documented_is_unknown() -> None:
    with pytest.raises(UnknownMeterError):
        measure(structure(text("KFM_001"), text("1"), text("MA304H4"), *[number(1)] * 9))


@pytest.mark.parametrize("body", [number(5852), Data(Tag.DATE_TIME, sent(2024, 7, 1, 12, 0, 0)), text("AIDON_V0001")])
def test_a_push_that_is_no_list_is_an_unknown_meter(body: Data) -> None:
    with pytest.raises(UnknownMeterError):
        measure(body, wire=KAIFA_WIRE, known=profile_of("Kaifa"))


@pytest.mark.parametrize(
    ("signature", "fits"),
    [
        ("1.7.0/u32", True),
        ("2.7.0/u32", False),
        ("1.7.0/u16", False),
        ("?/u32", False),  # where codes are sent, every code must fit
        ("1.7.0/u32 2.7.0/u32", False),
    ],
)
@pytest.mark.parametrize("channel", ["1-0", "1-1"])
def test_a_list_with_codes_fits_a_signature_of_these_codes_on_any_channel(
    signature: str, fits: bool, channel: str
) -> None:
    maker = Profile(manufacturer="X", signatures=(codes(signature),), exponents={"W": 0})
    body = structure(code(f"{channel}:1.7.0"), number(640))
    if fits:
        found = read(DataNotification(0, None, body), (maker,))
        assert found.measurement(Scale(), None).active_power_import == 640
    else:
        with pytest.raises(UnknownMeterError):
            read(DataNotification(0, None, body), (maker,))


def test_a_device_whose_scale_hangs_on_its_wire_is_read_elsewhere_by_a_known_push_setup_only() -> None:
    described = array(entry(40, "0-5:25.9.0"), entry(1, "0-0:42.0.0"), entry(3, "32.7.0"))
    body = structure(described, octets(b"LGZ1000000000017"), Data(Tag.LONG_UNSIGNED, 2301))
    for destination, expected in {(103, 127): 2301, (103,): 230.1}.items():
        measurement = measure(body, Wire(destination, (1,), 0x13))
        assert (measurement.manufacturer, measurement.voltage_l1) == ("Landis+Gyr", expected)
    with pytest.raises(UnknownMeterError):
        measure(body)
    known = array(entry(40, "0-8:25.9.0"), entry(1, "0-0:42.0.0"), entry(3, "32.7.0"))
    assert measure(structure(known, *shapes.elements(body)[1:])).voltage_l1 == 2301


def test_a_short_list_is_known_by_the_maker_that_was_seen_before() -> None:
    maker = Profile(
        manufacturer="X", wires=(Wire((1,), (2,), 3),), signatures=(codes("1.7.0/u32"),), exponents={"W": 0}
    )
    push = DataNotification(0, None, structure(number(640)))
    for found in (read(push, (maker,), Wire((1,), (2,), 3)), read(push, (maker,), None, maker)):
        assert found.measurement(Scale(), None).active_power_import == 640
    with pytest.raises(UnknownMeterError):
        read(push, (maker,), Wire((1,), (2,), 4))


def test_a_text_that_is_no_value_of_its_object_is_no_meter_type() -> None:
    models = (Model("6525*", Wiring.THREE_WIRE),)
    maker = Profile(manufacturer="X", signatures=(codes("1.7.0/u32"),), exponents={"W": 0}, models=models)
    described = array(entry(40, "0-8:25.9.0"), entry(1, "0-0:96.1.7", attribute=1), entry(3, "1.7.0"))
    found = read(DataNotification(0, None, structure(described, text("6525"), number(640))), (maker,))
    measurement = found.measurement(Scale(), None)
    assert (measurement.model, measurement.wiring, measurement.active_power_import) == (None, None, 640)


def test_an_element_that_is_no_value_takes_no_place_in_a_signature() -> None:
    maker = Profile(manufacturer="X", signatures=(codes("1.7.0/u32 2.7.0/u32"),), exponents={"W": 0})
    described = array(entry(40, "0-8:25.9.0"), entry(3, "1.7.0"), entry(3, "2.7.0"))
    found = read(DataNotification(0, None, structure(described, number(640), number(7))), (maker,))
    measurement = found.measurement(Scale(), None)
    assert (measurement.active_power_import, measurement.active_power_export) == (640, 7)


def test_a_value_in_another_unit_than_its_code_implies_fills_no_field() -> None:
    measurement = measure(array(register("1.7.0", number(1), 0, 27), register("3.7.0", number(9), 0, 30)))
    assert measurement.reactive_power_import is None
    assert measurement.registers[1].unit == "Wh"


def test_a_value_of_another_kind_than_its_code_implies_fills_no_field() -> None:
    measurement = measure(array(register("1.7.0", number(1), 0, 27), register("2.7.0", text("9"), 0, 27)))
    assert measurement.active_power_export is None
    assert measurement.registers[1].value == "9"


def test_of_duplicates_the_first_fills_the_field_and_both_are_registers() -> None:
    measurement = measure(array(register("1.7.0", number(1), 0, 27), register("1.7.0", number(2), 0, 27)))
    assert measurement.active_power_import == 1
    assert [register.value for register in measurement.registers] == [1, 2]


def test_registers_hold_what_was_sent_and_the_scale_that_holds_for_it() -> None:
    last = decode(named("kamstrup/list1-3phase").data).registers
    assert (str(last[7].obis), last[7].value, last[7].scaler, last[7].unit) == ("1-1:31.7.0", 0, -2, "A")
    clock_register = decode(named("aidon/list3-6525-it").data).registers[12]
    assert clock_register.value == bytes.fromhex("07e4011502100000ff000000")
    assert (clock_register.scaler, clock_register.unit) == (None, None)


def test_a_clock_that_cannot_be_is_no_time_but_stays_in_the_register() -> None:
    broken = structure(code("0-0:1.0.0"), octets(b"\xff" * 12))
    measurement = measure(array(register("1.7.0", number(1), 0, 27), broken))
    assert measurement.timestamp is measurement.energy_time is None
    assert measurement.registers[1].value == b"\xff" * 12


def test_a_date_time_that_is_not_specified_gives_way_to_the_clock_in_the_list() -> None:
    body = array(
        structure(code("1-1:0.2.129"), text("AIDON_V0001")),
        register("1.7.0", number(1), 0, 27),
        structure(code("0-0:1.0.0"), octets(bytes.fromhex("07e4011502100000ff000000"))),
    )
    blank = DataNotification(0, cosem.date_time(b"\xff" * 12), body)
    measurement = read(blank, PROFILES).measurement(Scale(), None)
    assert measurement.timestamp is not None
    assert measurement.timestamp.isoformat() == "2020-01-21T16:00:00+01:00"


@pytest.mark.parametrize(
    ("file", "wiring"),
    [
        ("aidon/list2-6515-1phase", Wiring.ONE_PHASE),
        ("aidon/list2-6525-it", Wiring.THREE_WIRE),
        ("aidon/list2-6534-tn", Wiring.FOUR_WIRE),
        ("aidon/list2-6540-it-ct", Wiring.THREE_WIRE),
        ("aidon/list2-6550-tn-ct", Wiring.FOUR_WIRE),
        ("embriq/list2-zff-it", Wiring.THREE_WIRE),
        ("embriq/list2-zmf-tn", Wiring.FOUR_WIRE),
        ("kaifa/list2-ma105h2e-1phase", Wiring.ONE_PHASE),
        ("kaifa/list2-ma304h3e-it", Wiring.THREE_WIRE),
        ("kaifa/list2-ma304h4-tn", Wiring.FOUR_WIRE),
        ("kaifa/list2-ma304t3-it-ct", Wiring.THREE_WIRE),
        ("kaifa/list3-ma304t4-tn-ct", Wiring.FOUR_WIRE),
        ("kamstrup/list1-1phase-nulls", Wiring.ONE_PHASE),
        ("kamstrup/list1-684-it-tagged", Wiring.THREE_WIRE),
        ("kamstrup/list1-685-it-ct", Wiring.THREE_WIRE),
        ("kamstrup/list2-685-tn-ct", Wiring.FOUR_WIRE),
        ("aidon/list1-no", None),
        ("kamstrup/list1-3phase", None),  # the vendor's example has no type number
    ],
)
def test_the_wiring_follows_from_the_meter_type(file: str, wiring: Wiring | None) -> None:
    assert decode(named(file).data).wiring is wiring


def test_an_l2_current_that_a_three_wire_meter_does_send_is_kept() -> None:
    data = decode(named("kaifa/list2-ma304h3e-it").data)
    assert data.current_l2 == 28.103


@pytest.mark.parametrize(
    ("name", "expected"), [("6525", "3w"), ("6525A", "3w"), ("652", None), (None, None), ("", None)]
)
def test_the_first_model_whose_pattern_fits_holds(name: str | None, expected: str | None) -> None:
    three = Model("6525*", Wiring.THREE_WIRE)
    profile = Profile(manufacturer="X", models=(three, Model("65251", Wiring.FOUR_WIRE)))
    assert profile.model(name) is (three if expected else None)


def test_a_scale_multiplies_its_quantities_and_leaves_registers_alone() -> None:
    file = named("kamstrup/list2-685-tn-ct").data
    plain, scaled = decode(file), decode(file, scale=Scale.ct("100:5"))
    assert scaled.current_l1 == 47.4  # 2.370 A × 20
    assert scaled.active_power_import == 24680
    assert scaled.active_energy_import == 246913400
    assert scaled.voltage_l1 == plain.voltage_l1 == 232
    assert scaled.registers == plain.registers
    assert decode(file, scale=Scale(voltage=0.1)).voltage_l1 == 23.2


@pytest.mark.parametrize(
    ("obis", "unit", "field", "factor"),
    [
        ("31.7.0", 33, "current_l1", 2),  # A
        ("32.7.0", 35, "voltage_l1", 3),  # V
        ("1.7.0", 27, "active_power_import", 5),  # W
        ("3.7.0", 29, "reactive_power_import", 5),  # var
        ("1.8.0", 30, "active_energy_import", 7),  # Wh
        ("3.8.0", 32, "reactive_energy_import", 7),  # varh
        ("13.7.0", 255, "power_factor", 1),
        ("14.7.0", 44, "frequency", 1),  # Hz
    ],
)
def test_each_unit_has_the_factor_of_its_quantity(obis: str, unit: int, field: str, factor: int) -> None:
    body = array(register(obis, number(11), 0, unit))
    measurement = measure(body, scale=Scale(current=2, voltage=3, power=5, energy=7))
    assert getattr(measurement, field) == 11 * factor
    assert measurement.registers[0].value == 11


# --- the report


def report_of(body: Data, wire: Wire | None = None) -> str:
    with pytest.raises(UnknownMeterError) as caught:
        measure(body, wire=wire)
    return caught.value.report


def test_the_report_says_what_was_understood() -> None:
    report = report_of(structure(text("FOO_V1"), number(2305), Data(Tag.NULL_DATA)), Wire((0,), (1, 0), 0x13))
    assert "destination (0,), source (1, 0), control 13" in report
    assert "structure of 3, list identifier 'FOO_V1'" in report
    assert "| 1 |  |  | visible-string(6) | FOO_V1 |  |  |" in report
    assert "| 2 |  |  | double-long-unsigned | 2305 |  |  |" in report
    assert "| 3 |  |  | null-data |  |  |  |" in report


def test_the_report_names_codes_that_are_known() -> None:
    report = report_of(structure(code("1.7.0"), number(1), code("31.7.0"), number(2)))
    assert "| 1 | 1-0:1.7.0 | active power import |" in report


@given(st.integers(10**7, 10**19).map(str), st.integers(10**6, 2**32 - 1))
def test_the_report_tells_no_meter_number(meter_id: str, serial: int) -> None:
    report = report_of(structure(text("FOO_V1"), octets(meter_id.encode()), text(f"ISK{meter_id}"), number(serial)))
    assert meter_id not in report
    assert str(serial) not in report
    assert "x" * len(meter_id) in report


def test_a_report_of_a_huge_list_stays_short() -> None:
    report = report_of(structure(*[number(1)] * 1000))
    assert report.count("\n") < 220
    assert "800 more" in report
