"""Profiles, shapes, values, clocks, the engine, the report: one room, one file of tests."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Measurement, Obis, Scale, UnknownMeterError, Wiring, cosem, decode
from hanparse.cosem import DataNotification
from hanparse.data import CompactArray, Data, DateTime, Tag, TypeDescription
from hanparse.meters import PROFILES, Model, Profile, Wire, clock, codes, read, shapes, values
from hanparse.obis import Kind

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


def test_the_callers_time_zone_takes_the_place_of_every_rule() -> None:
    for rule in ("deviation", "+01:00", "Europe/Oslo"):
        moment = clock.resolve(sent(2024, 7, 1, 12, 0, 0, deviation=-60), rule, UTC)
        assert moment == datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("rule", ["", "CET", "01:00", "+1:00", "+24:00", "Europe/Paris"])
def test_a_clock_rule_that_is_none_is_a_value_error(rule: str) -> None:
    with pytest.raises(ValueError, match="clock rule"):
        Profile(manufacturer="X", clock=rule)


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
        structure(text("id"), number(1), number(2)),
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
