from __future__ import annotations

from fractions import Fraction

import pytest
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Scale, decode
from hanparse.meters import values


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [
        ("100:5", 20),
        ("50:1", 50),
        ("150:4", 37.5),
        (20, 20),
        ("20:1", 20),
        (" 150 : 5 ", 30),
        ("100/5", 20),
        ("100/5 A", 20),
        ("100 A / 5 A", 20),
        ("5:5", 1),
        (2.5, 2.5),
        (1, 1),
    ],
)
def test_a_transformer_ratio_scales_current_power_and_energy_but_not_voltage(ratio: str | float, factor: float) -> None:
    assert Scale.ct(ratio) == Scale(current=factor, power=factor, energy=factor, voltage=1)


@pytest.mark.parametrize(
    "ratio", ["", "abc", "100:0", "0:5", "-100:5", "100:5:1", "nan", "inf", 0, -1, float("nan"), float("inf")]
)
def test_a_ratio_that_is_not_positive_and_finite_is_a_value_error(ratio: str | float) -> None:
    with pytest.raises(ValueError, match="ratio"):
        Scale.ct(ratio)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True) | st.fractions(0, 1).filter(lambda ratio: 0 < ratio < 1))
def test_a_number_that_would_lower_every_current_is_no_transformer_ratio(ratio: float | Fraction) -> None:
    with pytest.raises(ValueError, match="as 1 or more, found"):
        Scale.ct(ratio)


def test_a_ratio_that_is_turned_round_is_refused_with_the_right_one() -> None:
    for turned in ("5:100", "5/100 A"):
        with pytest.raises(
            ValueError, match="expected the transformer ratio as primary:secondary, for example 100:5, found"
        ):
            Scale.ct(turned)


@pytest.mark.parametrize("text", ["5", "20", " 2.5 ", "5 A", "100A"])
def test_a_text_of_one_number_is_refused_with_the_two_ways_to_write_what_may_be_meant(text: str) -> None:
    number = text.strip(" A")
    with pytest.raises(ValueError, match=f"found '{text}'; write {number}:1 if the factor is {number}, or both"):
        Scale.ct(text)


@given(st.sampled_from(["current", "voltage", "power", "energy"]), st.floats(max_value=0) | st.just(float("nan")))
def test_every_factor_is_checked(name: str, factor: float) -> None:
    with pytest.raises(ValueError, match=name):
        Scale(**{name: factor})


@pytest.mark.parametrize("wrong", [None, [20], "20"])
def test_a_factor_that_is_no_number_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="expected a number for the power ratio"):
        Scale(power=wrong)  # type: ignore[arg-type]


def test_a_ratio_that_is_no_whole_number_stays_a_fraction() -> None:
    assert Scale.ct("150:7").current == Fraction(150, 7)
    assert Scale.ct(Fraction(150, 7)) == Scale.ct("150:7")
    assert type(Scale.ct("100:5").current) is int
    assert (
        str(Scale.ct("150:7"))
        == "Scale(current=Fraction(150, 7), voltage=1, power=Fraction(150, 7), energy=Fraction(150, 7))"
    )


def test_a_transformer_ratio_gives_no_binary_noise() -> None:
    frame = named("kaifa/full-se-ma304t4-ct").data
    sent, scaled = decode(frame), decode(frame, scale=Scale.ct("150:7"))
    assert (sent.active_power_import, sent.current_l1) == (1500, 1.201)
    assert scaled.active_power_import == 1500 * 150 / 7  # one rounding, of the exact quotient
    assert scaled.current_l1 == float(Fraction(1201, 1000) * Fraction(150, 7))
    assert decode(frame, scale=Scale.ct("14:2")).active_power_import == 1500 * 7


@given(st.integers(1, 999_999), st.integers(1, 999_999), st.integers(0, 2**32 - 1))
def test_a_value_behind_transformers_is_the_float_next_to_the_exact_one(one: int, other: int, raw: int) -> None:
    secondary, primary = sorted((one, other))
    factor = Scale.ct(f"{primary}:{secondary}").power
    assert values.scaled(raw, -1, factor) == float(Fraction(raw * primary, 10 * secondary))
