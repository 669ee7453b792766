from __future__ import annotations

import inspect
import re
from datetime import datetime
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.measurement import FIELD_UNITS, FIELDS, Breaker, Measurement, Peak, PowerFailure, Submeter
from hanparse.obis import ENTRIES, UNCODED, Kind, Obis, lookup, precedence
from hanparse.obis.units import UNITS as UNIT_CODES

groups = st.integers(0, 255)
codes = st.builds(Obis, st.integers(0, 15), *[groups] * 5)


@given(codes)
def test_parsing_what_was_written_gives_the_code(code: Obis) -> None:
    assert Obis.parse(str(code)) == code
    assert Obis.parse(bytes(code)) == code
    assert Obis.parse(".".join(map(str, code))) == code


@pytest.mark.parametrize(
    "text", ["1-0:1.7.0*255", "1-0:1.7.0", "1.0.1.7.0.255", "1.7.0", " 1.7.0 ", "1-0:1.7.0.255", "1-0:1.7.0&255"]
)
def test_a_code_is_read_in_every_way_that_people_write_it(text: str) -> None:
    assert Obis.parse(text) == Obis(1, 0, 1, 7, 0, 255)


@pytest.mark.parametrize(
    "text", ["", "1", "1.7", "1-0:1.7", "1.0.1.7.0", "1-0:1.7.0*", "a.b.c", "1-0:4:24.7.0", "1.7.0\n1.8.0", "١.7.0"]
)
def test_what_is_no_code_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected an OBIS code"):
        Obis.parse(text)


@pytest.mark.parametrize("text", ["1-0:256.7.0", "16-0:1.7.0", "1-300:1.7.0", "1-0:1.7.0*256"])
def test_a_group_out_of_range_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected 0 to \d+ for OBIS group [A-F]"):
        Obis.parse(text)


def test_six_bytes_of_text_are_no_code() -> None:
    with pytest.raises(ValueError, match="group A"):
        Obis.parse(b"160456")  # seen in a list of an Iskraemeco meter
    with pytest.raises(ValueError, match="6 bytes, found 5"):
        Obis.parse(b"\x01\x00\x01\x07\x00")


def test_a_code_reads_well() -> None:
    assert repr(Obis.parse("1.7.0")) == "Obis('1-0:1.7.0')"
    assert str(Obis.parse("1-0:1.8.0*1")) == "1-0:1.8.0*1"


@pytest.mark.parametrize(
    ("code", "phase", "direction", "processing"),
    [
        ("1.7.0", 0, "import", "instantaneous"),
        ("2.8.0", 0, "export", "cumulative"),
        ("23.7.0", 1, "import", "instantaneous"),
        ("44.7.0", 2, "export", "instantaneous"),
        ("71.7.0", 3, None, "instantaneous"),
        ("80.8.0", 3, None, "cumulative"),
        ("81.7.40", None, None, "instantaneous"),
        ("1.6.0", 0, "import", "maximum"),
        ("1.25.0", 0, "import", "average"),
        ("0-0:1.0.0", None, None, None),
        ("0.2.129", None, None, None),
    ],
)
def test_phase_direction_and_processing_follow_from_the_groups(
    code: str, phase: int | None, direction: str | None, processing: str | None
) -> None:
    obis = Obis.parse(code)
    assert (obis.phase, obis.direction, obis.processing) == (phase, direction, processing)


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("1-0:1.7.0", "active_power_import"),
        ("1-1:1.7.0", "active_power_import"),  # B does not matter for electricity
        ("1-1:0.2.129", "list_id"),
        ("1-0:0.2.129", "list_id"),
        ("0-0:96.1.0", "meter_id"),
        ("1-1:0.0.5", "meter_id"),
        ("0-1:1.0.0", "energy_time"),
        ("0-0:1.8.0", "active_energy_import"),  # seen in an EMBRIQ hourly list
    ],
)
def test_a_code_leads_to_its_field(code: str, field: str) -> None:
    entry = lookup(Obis.parse(code))
    assert entry is not None
    assert entry.field == field


@pytest.mark.parametrize(
    "code",
    [
        "1-0:1.8.0*1",  # of a past billing period
        "1-65:1.7.0",  # utility specific channel
        "1-128:1.7.0",  # manufacturer specific channel
        "1-127:1.8.0",
        "1-199:32.7.0",
        "1-200:1.7.0",  # reserved
        "1-255:0.2.129",
        "0-0:1.7.0",  # abstract
        "0-1:1.8.0",  # of the device on M-Bus channel 1
        "0-4:2.8.0",
        "0-65:1.8.0",
        "0-5:1.0.0",
        "7-0:1.8.0",  # gas
        "1.9.0",
    ],
)
def test_a_code_that_means_something_else_leads_nowhere(code: str) -> None:
    assert lookup(Obis.parse(code)) is None


@pytest.mark.parametrize(
    "code",
    [
        "0-1:96.1.0",  # the number of an M-Bus device is not that of the meter
        "1-1:0.0.1",
        "5.8.1",
        "21.8.0",
        "21.8.1",
        "1.6.0",
        "15.8.1",
        "81.7.40",
        "90.7.0",
        "0-0:17.0.0",  # without a unit
        "0-1:24.2.1",
    ],
)
def test_a_code_that_is_known_but_fills_no_field_has_a_name(code: str) -> None:
    entry = lookup(Obis.parse(code))
    assert entry is not None
    assert entry.field == ""
    assert entry.description


@pytest.mark.parametrize("channel", [2, 3, 7, 64])
@pytest.mark.parametrize("reduced", ["1.7.0", "2.8.0", "1.8.1", "31.7.0", "32.7.0", "13.7.0", "14.7.0", "0.2.129"])
def test_what_a_channel_of_its_own_measures_is_known_and_is_not_the_total(channel: int, reduced: str) -> None:
    entry, total = lookup(Obis.parse(f"1-{channel}:{reduced}")), lookup(Obis.parse(reduced))
    assert entry is not None
    assert total is not None
    assert (entry.field, entry.unit, entry.kind) == ("", total.unit, total.kind)
    assert entry.description == f"{total.description}, channel {channel}"


@given(codes)
def test_a_code_of_another_channel_than_0_and_1_fills_no_field(code: Obis) -> None:
    entry = lookup(code)
    if entry is not None and entry.field:
        assert code.b in (0, 1)
        assert code.f == 255


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1-0:1.7.0", "1-1:1.7.0"),
        ("1-1:1.8.0", "0-0:1.8.0"),
        ("0-0:1.0.0", "0-1:1.0.0"),
        ("1-0:0.2.129", "1-1:0.2.129"),
        ("0-0:96.1.0", "1-1:0.0.5"),
    ],
)
def test_no_channel_goes_before_channel_1_and_electricity_before_what_is_taken_for_it(first: str, second: str) -> None:
    assert precedence(Obis.parse(first)) < precedence(Obis.parse(second))


@pytest.mark.parametrize(
    ("code", "field", "unit", "description"),
    [  # Blue Book 7.5: C for quantity and phase, D for processing, E for the tariff
        ("1.8.1", "active_energy_import_t1", "Wh", "active energy import, tariff 1"),
        ("2.8.4", "active_energy_export_t4", "Wh", "active energy export, tariff 4"),
        ("4.8.2", "reactive_energy_export_t2", "varh", "reactive energy export (QIII + QIV), tariff 2"),
        ("13.7.0", "power_factor", "", "power factor"),
        ("73.7.0", "power_factor_l3", "", "power factor, L3"),
        ("14.7.0", "frequency", "Hz", "supply frequency"),
        ("49.7.0", "", "VA", "apparent power import, L2"),
        ("65.7.0", "", "var", "reactive power QI, L3"),
        ("80.8.0", "", "Wh", "active energy QIV, L3, total"),
        ("10.8.0", "", "VAh", "apparent energy export, total"),
        ("15.8.2", "", "Wh", "active energy, absolute sum, tariff 2"),
        ("1.6.0", "", "W", "active power import, maximum"),
        ("21.25.0", "", "W", "active power import, L1, last average"),
        ("52.32.0", "voltage_sags_l2", "", "voltage sags, L2"),
        ("1.4.0", "average_power_import", "W", "active power import, current average"),
        ("5.8.0", "reactive_energy_q1", "varh", "reactive energy QI, total"),
        ("16.7.0", "active_power_net", "W", "active power, net"),
        ("0-3:24.2.1", "", "", "M-Bus channel 3, value"),
    ],
)
def test_what_a_code_means_follows_from_its_groups(code: str, field: str, unit: str, description: str) -> None:
    entry = lookup(Obis.parse(code))
    assert entry is not None
    assert (entry.field, entry.unit, entry.description) == (field, unit, description)


def test_every_field_of_the_registry_is_one_of_measurement_and_the_reverse() -> None:
    assert {entry.field for entry in (*UNCODED, *ENTRIES) if entry.field} == set(FIELDS)
    assert not {entry.field for entry in UNCODED} & {entry.field for entry in ENTRIES}


def test_kind_and_unit_of_every_entry_fit_its_field() -> None:
    hints = get_type_hints(Measurement)
    for entry in [entry for entry in ENTRIES if entry.field]:
        assert get_args(hints[entry.field])[0] == TYPES[entry.kind]
        has_unit = entry.kind is Kind.NUMBER and not entry.field.startswith("power_factor")
        assert bool(entry.unit) is has_unit
        assert FIELD_UNITS.get(entry.field, "") == entry.unit


TYPES = {
    Kind.TEXT: str,
    Kind.TIME: datetime,
    Kind.NUMBER: float,
    Kind.COUNT: int,
    Kind.BREAKER: Breaker,
    Kind.FAILURES: tuple[PowerFailure, ...],
    Kind.PEAKS: tuple[Peak, ...],
    Kind.SUBMETERS: tuple[Submeter, ...],
}


def test_phase_and_direction_of_every_entry_are_those_of_its_field() -> None:
    for entry in [entry for entry in ENTRIES if entry.field]:
        obis = Obis.parse(entry.code)
        phase = re.search(r"_l([123])$", entry.field)
        if entry.kind is Kind.NUMBER and obis.phase is not None and entry.field != "current_limit":
            assert obis.phase == (int(phase[1]) if phase else 0)
            assert (obis.direction or "") in entry.field


def test_no_code_is_listed_twice() -> None:
    assert len({(entry.code, entry.unit) for entry in ENTRIES}) == len(ENTRIES)


def test_a_code_means_another_quantity_in_another_unit() -> None:
    limiter = Obis.parse("0-0:17.0.0")
    found = {unit: entry.field for unit in (None, "W", "VA", "A", "s") if (entry := lookup(limiter, unit))}
    assert found == {None: "", "W": "power_limit", "VA": "apparent_power_limit", "A": "current_limit", "s": ""}
    assert lookup(Obis.parse("1.7.0"), "V") == lookup(Obis.parse("1.7.0"))


@pytest.mark.parametrize(
    ("code", "unit"),
    [  # Blue Book, unit enumeration
        *[(1, "a"), (9, "°C"), (20, "kg"), (27, "W"), (28, "VA"), (29, "var"), (30, "Wh"), (32, "varh"), (33, "A")],
        *[(35, "V"), (44, "Hz"), (57, "Ah"), (60, "Wh/m³"), (67, "atm"), (72, "dB"), (128, "in"), (146, "Btu")],
        *[(174, "Btu/d"), (255, "")],
    ],
)
def test_a_unit_code_has_its_symbol(code: int, unit: str) -> None:
    assert UNIT_CODES[code] == unit


@pytest.mark.parametrize("code", [0, 58, 59, 68, 69, 73, 127, 175, 252])
def test_reserved_unit_codes_have_none(code: int) -> None:
    assert code not in UNIT_CODES


def test_a_code_made_or_changed_by_hand_is_checked_as_well() -> None:
    with pytest.raises(ValueError, match="group C"):
        Obis.parse("1.7.0")._replace(c=999)
    for wrong in (1.5, True, "1"):
        with pytest.raises(TypeError, match="whole number"):
            Obis(1, 0, wrong, 7, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="text or bytes"):
        Obis.parse(5)  # type: ignore[arg-type]


def test_a_lookup_shows_type_checkers_what_it_takes() -> None:
    assert inspect.isfunction(lookup)  # what is cached is none, and takes anything for mypy and pyright


def test_lookup_takes_an_obis_alone() -> None:
    with pytest.raises(TypeError, match=r"Obis\.parse"):
        lookup("1.7.0")  # type: ignore[arg-type]
