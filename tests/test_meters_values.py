"""A value as sent becomes a number, a text or a time, or nothing at all."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from bodies import array, number, octets, sent, structure, text
from hypothesis import given
from hypothesis import strategies as st

from hanparse.axdr.data import CompactArray, Data, Tag, TypeDescription
from hanparse.meters import values
from hanparse.obis import Kind


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


def test_whole_numbers_stay_whole_where_the_quantity_is_not_always_a_float() -> None:
    for raw, exponent in ((1362, 0), (5676882, 1)):
        assert isinstance(values.scaled(raw, exponent), int)
        found = values.scaled(raw, exponent, is_float=True)
        assert isinstance(found, float)
        assert found == raw * 10**exponent
    assert values.scaled(10**300, 10, is_float=True) is None


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
