"""What can be said of a maker's lists, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from bodies import KAIFA_WIRE

from hanparse import Obis, Wiring
from hanparse.axdr.data import Tag
from hanparse.meters import HigherResolution, Model, Place, Profile, codes


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("1.7.0", Place(Obis.parse("1.7.0"))),
        ("1.7.0/u32", Place(Obis.parse("1.7.0"), Tag.DOUBLE_LONG_UNSIGNED)),
        ("?/oct8=1682*", Place(None, Tag.OCTET_STRING, 8, "1682*")),
        ("0-0:42.0.0/vis=ISK*", Place(Obis.parse("0-0:42.0.0"), Tag.VISIBLE_STRING, None, "ISK*")),
        ("0-0:96.1.0/oct~ISK*", Place(Obis.parse("0-0:96.1.0"), Tag.OCTET_STRING, None, "ISK*", demanded=False)),
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


@pytest.mark.parametrize(
    "word", ["1.7.0/u33", "1.7.0/", "/u32", "?/oct8=", "1.7.0=7", "x", "?/enum2", "?/u8=1", "?/bool~1"]
)
def test_what_is_no_place_is_a_value_error(word: str) -> None:
    with pytest.raises(ValueError, match=r"expected (a place|an OBIS code)"):
        codes(word)


@pytest.mark.parametrize(
    "said",
    [
        {"list_ids": ("ACME_",)},
        {"devices": ("ACM",)},
        {"links": (KAIFA_WIRE,)},
        {"signatures": (codes("1.7.0/u32"),)},
    ],
)
def test_a_profile_that_says_whose_lists_it_reads_is_not_for_anybody(said: dict[str, Any]) -> None:
    assert not Profile(manufacturer="X", **said).is_general
    assert Profile(manufacturer="X").is_general


def test_list_identifiers_in_one_text_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="found the text 'ACME_'"):
        Profile(manufacturer="X", list_ids="ACME_")  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -8192, 8191, 10000])
def test_a_limit_that_is_no_power_of_two_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=f"power of two for the limit of V, found {limit}"):
        Profile(manufacturer="Acme", higher_resolution={"V": HigherResolution(limit, -2)})


@pytest.mark.parametrize("unit", ["V/u16", ""])
def test_smaller_steps_of_a_type_or_of_what_has_no_unit_are_refused(unit: str) -> None:
    with pytest.raises(ValueError, match=f"a unit without a type, such as V, found '{unit}'"):
        Profile(manufacturer="Acme", higher_resolution={unit: HigherResolution(8192, -2)})


def test_an_exponent_for_a_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="such as A/i64, found 'A/i63'"):
        Profile(manufacturer="Acme", exponents={"A/i63": 0})


@pytest.mark.parametrize(
    ("name", "expected"), [("6525", "3w"), ("6525A", "3w"), ("652", None), (None, None), ("", None)]
)
def test_the_first_model_whose_pattern_fits_holds(name: str | None, expected: str | None) -> None:
    three = Model("6525*", Wiring.THREE_WIRE)
    profile = Profile(manufacturer="X", models=(three, Model("65251", Wiring.FOUR_WIRE)))
    assert profile.model(name) is (three if expected else None)
