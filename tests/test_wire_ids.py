from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.wire import ids

LONG = st.text("0123456789", min_size=8, max_size=18).filter(lambda number: len(set(number.lstrip("0"))) >= 5)


@pytest.mark.parametrize(
    ("number", "replaced"),
    [(b"7359992812345678", b"1000000000000017"), (b"ISK5212345678901", b"ISK1000000000017"), (b"123456", b"100017")],
)
def test_a_meter_number_is_replaced_by_one_of_nobody(number: bytes, replaced: bytes) -> None:
    assert ids.replacement(number) == replaced


def test_several_numbers_are_told_apart() -> None:
    assert [ids.replacement(b"73599928", number) for number in range(3)] == [b"10000017", b"10000018", b"10000019"]


@pytest.mark.parametrize("text", [b"", b"7", b"73", b"735", b"A7B3"])
def test_a_short_text_keeps_its_length(text: bytes) -> None:
    assert len(ids.replacement(text)) == len(text)


def test_an_id_of_letters_keeps_only_those_of_its_maker() -> None:
    assert ids.replacement_name(b"ISKRABAZ") == b"ISKXXXXX"
    assert ids.replacement_name(b"KFM12ab9") == b"KFM10XX1" or ids.replacement_name(b"KFM12ab9")[:3] == b"KFM"


def test_a_system_title_keeps_the_letters_of_its_maker() -> None:
    assert ids.replacement_octets(bytes.fromhex("4B464D10A1B2C3D4")) == bytes.fromhex("4B464D0000000011")
    assert ids.replacement_octets(bytes.fromhex("A1B2C3")) == bytes.fromhex("000011")


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 100))
def test_another_value_fits_where_the_value_stood(value: int, number: int) -> None:
    size = (value.bit_length() + 8) // 8
    assert 0 <= ids.replacement_value(value, size, number) < 1 << 8 * size - 1


def test_the_notations_of_a_number() -> None:
    found = ids.notations(b"73599928", b"10000017")
    assert found[b"73599928"] == b"10000017"
    assert found[bytes.fromhex("73599928")] == bytes.fromhex("10000017")  # packed BCD, and as M-Bus sends it:
    assert found[bytes.fromhex("28995973")] == bytes.fromhex("17000010")
    assert found[(73599928).to_bytes(4, "big")] == (10000017).to_bytes(4, "big")
    assert found[(73599928).to_bytes(4, "little")] == (10000017).to_bytes(4, "little")


def test_the_last_digits_are_a_number_of_their_own() -> None:
    found = ids.notations(b"ISK5273599928", b"ISK1000000017")
    assert found[(73599928).to_bytes(4, "big")] == (10000017).to_bytes(4, "big")
    assert found[b"5273599928"] == b"1000000017"
    assert found[b"isk5273599928"] == b"isk1000000017"


def test_what_may_be_any_value_is_no_notation() -> None:
    assert set(ids.notations(b"00000017", b"10000017")) == {b"00000017"}  # 00 00 00 17 is a value like others


@pytest.mark.parametrize(
    ("number", "octets", "is_notation"),
    [
        (b"12340000", "12340000", False),  # two bytes that are not 00: a value may look the same by chance
        (b"12345600", "12345600", True),
        (b"00001234", "34120000", False),
        (b"00123456", "56341200", True),
        (b"16711680", "FF0000", False),
        (b"16711681", "FF0001", False),
        (b"16711937", "FF0101", True),
    ],
)
def test_a_binary_notation_has_three_bytes_that_are_not_00(number: bytes, octets: str, is_notation: bool) -> None:
    found = ids.notations(number, ids.replacement(number))
    assert (bytes.fromhex(octets) in found) is is_notation


@pytest.mark.parametrize("size", [41, 400, 24_000])
def test_a_row_of_digits_too_long_for_a_number_is_known_whole_and_by_its_last_8_to_40_digits(size: int) -> None:
    row = ("12345679" * size)[:size].encode()  # int() refuses more than 4,300 digits
    found = ids.notations(row, ids.replacement(row))
    assert row in found
    assert bytes.fromhex(row[-40:].decode()) in found
    assert bytes.fromhex(row[-8:].decode()) in found
    assert int(row[-9:]).to_bytes(4, "little") in found
    assert len(found) < 300


@given(LONG, st.integers(0, 79))
def test_every_notation_keeps_its_length_and_holds_none_of_the_old_ones(number: str, at: int) -> None:
    old = number.encode()
    found = ids.notations(old, ids.replacement(old, at))
    assert old in found
    assert all(len(before) == len(after) and before != after for before, after in found.items())
    assert not set(found) & set(found.values())


@pytest.mark.parametrize(
    "text",
    [
        b"123456",
        b"ISK5212345678901",
        b"DEADBEEF",
        b"a1b2c3d4",
        b"LGZA1B2C3D4",
        b"1KFMDEADBEEF",
        b" 12AB34CD\0",
        b"12-34-56",
        b"AIDON_V0001EFFE7ADC",
        b"AIDON_V000117AAAABC",
    ],
)
def test_a_text_of_six_digits_or_eight_hex_digits_may_be_a_number(text: bytes) -> None:
    assert ids.is_number(text)
    other = ids.replacement(text)
    assert len(other) == len(text)
    assert other != text
    assert not ids.digits(other.replace(b"1", b"").replace(b"7", b"").replace(b"0", b""))
    assert other.strip(b"\0 ").endswith(b"17")


@pytest.mark.parametrize("text", [b"", b"AIDON_V0001", b"6525", b"MA304H3E", b"ZFF100AC", b"KFM_001", b"EMBRIQ_V1_1"])
def test_a_type_and_the_identifier_of_a_list_are_no_numbers(text: bytes) -> None:
    assert not ids.is_number(text)
    assert not ids.is_packed(text)


@pytest.mark.parametrize("name", [b"DEADBEEF", b"FACADE", b"A1B2", b"BEEF\0"])
def test_an_id_of_hex_digits_stays_hexadecimal(name: bytes) -> None:
    other = ids.replacement_name(name)
    assert re.fullmatch(rb"10*17\0?", other)
    assert ids.notations(b"DEADBEEF", ids.replacement_name(b"DEADBEEF"))[b"\xde\xad\xbe\xef"] == b"\x10\x00\x00\x17"


@given(st.text("0123456789ABCDEFabcdef", min_size=6, max_size=18))
def test_the_notations_of_hex_digits_hold_none_of_the_old_ones(number: str) -> None:
    old = number.encode()
    for change in (ids.replacement, ids.replacement_name):
        found = ids.notations(old, change(old))
        assert all(len(before) == len(after) for before, after in found.items())


@pytest.mark.parametrize(
    ("octets", "expected"),
    [("7359992800000017", True), ("20202020", True), ("36353235", False), ("36353235000020", False), ("735999", False),
     ("4B464D2020203009", True), ("5A46463130304143", False), ("735999A8", False), ("00000017", False)],
)  # fmt: skip
def test_packed_digits_are_told_from_a_text_of_digits(octets: str, expected: bool) -> None:
    assert ids.is_packed(bytes.fromhex(octets)) is expected
