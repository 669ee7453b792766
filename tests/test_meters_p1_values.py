from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import cases

from hanparse.measurement.parts import Breaker
from hanparse.meters.p1 import values
from hanparse.meters.p1.values import Calendar
from hanparse.meters.values import scaled

NAIVE, CENTRAL = Calendar(), Calendar(is_central=True)
SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))

decimals = st.decimals(min_value=-(10**9), max_value=10**9, places=3, allow_nan=False)
UNITS = {
    "W": ("W", 0),
    "kW": ("W", 3),
    "KW": ("W", 3),
    "MW": ("W", 6),
    "Wh": ("Wh", 0),
    "kWh": ("Wh", 3),
    "MWh": ("Wh", 6),
    "kvar": ("var", 3),
    "kVAr": ("var", 3),
    "var": ("var", 0),
    "kvarh": ("varh", 3),
    "kVArh": ("varh", 3),
    "VA": ("VA", 0),
    "kVA": ("VA", 3),
    "kVAh": ("VAh", 3),
    "V": ("V", 0),
    "kV": ("V", 3),
    "A": ("A", 0),
    "kA": ("A", 3),
    "Hz": ("Hz", 0),
    "kHz": ("Hz", 3),
    "m3": ("m³", 0),
    "M3": ("m³", 0),
    "GJ": ("J", 9),
    "MJ": ("J", 6),
    "s": ("s", 0),
}


def at(text: str, zone: timezone | None = None) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(("unit", "meant"), UNITS.items())
@settings(max_examples=cases(30))
@given(value=decimals)
def test_a_number_is_moved_by_decimal_places_to_its_si_unit(unit: str, meant: tuple[str, int], value: Decimal) -> None:
    symbol, power = meant
    found = values.number(f"{value:012.3f}*{unit}")
    assert found is not None
    assert found.unit == symbol
    assert Decimal(found.digits).scaleb(found.exponent) == value.scaleb(power)
    exact = scaled(found.digits, found.exponent)
    assert exact is not None
    assert float(exact) == float(value.scaleb(power))


@given(st.integers(-(10**8), 10**8))
def test_what_is_whole_in_its_si_unit_stays_a_whole_number(watts: int) -> None:
    found = values.number(f"{Decimal(watts).scaleb(-3):.3f}*kW")
    assert found
    exact = scaled(found.digits, found.exponent)
    assert (exact, type(exact)) == (watts, int)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "---.-*V",
        "ERROR",
        "NaN*A",
        "2,301*kW",
        "232.1V",
        "1e3*W",
        "+1*W",
        "1.*W",
        ".5*W",
        "1*",
        "1*xyz",
        "1*mW",
        " 1*W",
        "1 *W",
        "1*kW*kW",
        "0x10*W",
        "١*W",
        "1" * 19 + "*W",
        "1" * 5000,
        "1." + "0" * 30,
        "--1*W",
        "1*k",
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert values.number(text) is None


def test_a_number_without_unit_says_so() -> None:
    assert values.number("-00.912") == (-912, -3, "")
    assert values.number("00040") == (40, 0, "")


def test_a_clock_is_aware_only_where_the_country_is_known() -> None:
    assert CENTRAL.moment("240704120650S") == at("2024-07-04 12:06:50", SUMMER)
    assert CENTRAL.moment("240117174050W") == at("2024-01-17 17:40:50", WINTER)
    assert CENTRAL.moment("240117174050") == at("2024-01-17 17:40:50")
    assert NAIVE.moment("240704120650S") == at("2024-07-04 12:06:50")
    assert NAIVE.moment("20250314 08:15:30") == at("2025-03-14 08:15:30")


@pytest.mark.parametrize(
    "text",
    [
        "632525252525S",
        "632525252525W",
        "700101010000W",
        "990101000000W",
        "240230174050W",
        "241301000000W",
        "240117240000W",
        "",
        "24011717405W",
        "2401171740X",
        "24011717405000W",
        "-40117174050W",
        "0002.345*kW",
        "20250230 08:15:30",
    ],
)
def test_a_time_that_was_never_taken_or_cannot_be_is_none(text: str) -> None:
    assert NAIVE.moment(text) is None
    assert CENTRAL.moment(text) is None
    assert Calendar(override=SUMMER).moment(text) is None


def test_the_time_zone_of_the_caller_takes_the_place_of_every_rule() -> None:
    helsinki = Calendar(is_central=True, override=timezone(timedelta(hours=2)))
    assert helsinki.moment("230605181530W") == at("2023-06-05 18:15:30", SUMMER)


@pytest.mark.parametrize("name", ["Europe/Amsterdam", "Europe/Dublin", "Europe/Vilnius"])
def test_the_letter_tells_the_two_passes_of_the_hour_that_exists_twice(name: str) -> None:
    zone = ZoneInfo(name)
    hour = {"Europe/Amsterdam": 2, "Europe/Dublin": 1, "Europe/Vilnius": 3}[name]  # 01:00 UTC, the last hour of summer
    first, second = (Calendar(override=zone).moment(f"221030{hour:02}5500{letter}") for letter in "SW")
    assert first
    assert second
    assert second.timestamp() - first.timestamp() == 3600
    assert first.replace(tzinfo=None, fold=0) == second.replace(tzinfo=None, fold=0)


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("4B384547303034303436333935353037", "K8EG004046395507"),  # DSMR 5.0.2, 6.12
        ("53414731303330373930303032353734", "SAG1030790002574"),  # Luxmetering 1.1.3, appendix A
        ("3137303030303137", "17000017"),
        ("1234567890123456", "1234567890123456"),  # Austria sends it plainly
        ("9900000017", "9900000017"),  # Hungary, too
        ("000000017A1B234C", "000000017A1B234C"),
        ("WSE1012400000017", "WSE1012400000017"),
        ("0", "0"),
        (" 17 ", "17"),
        ("", None),
    ],
)
def test_the_number_of_a_meter_is_read_plainly_or_from_two_digits_a_character(sent: str, number: str | None) -> None:
    assert values.identifier(sent) == number


def test_a_message_is_text_from_two_digits_a_character_or_plain() -> None:
    assert values.message("506C616E6E6564206F7574616765202F2021") == "Planned outage / !"
    assert values.message("C3A9C3A9") == "éé"
    assert values.message("Hello") == "Hello"
    assert values.message("FFFE") == "FFFE"
    assert values.message("00") == "00"
    assert values.message("") is None


def test_a_tariff_is_its_number() -> None:
    assert [values.tariff(text) for text in ("0001", "02", "TARIFF 1", "tariff 12", "")] == [1, 2, 1, 12, None]
    assert values.tariff("T1") is None


def test_a_breaker_is_told_by_digit_or_word() -> None:
    states = [values.breaker(text) for text in ("0", "1", "2", "ON", "OFF", "3", "", "on")]
    off, on, ready = Breaker.DISCONNECTED, Breaker.CONNECTED, Breaker.READY
    assert states == [off, on, ready, on, off, None, None, on]
