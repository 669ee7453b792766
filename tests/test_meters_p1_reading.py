from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import fuzz_p1
import pytest
from sweeps import cases
from telegrams import SOUND, deliver, file, named, sealed, swedish

from hanparse.energy.estimates import estimate
from hanparse.energy.plausibility.finding import Problem
from hanparse.energy.plausibility.push import check
from hanparse.errors import UnknownMeterError
from hanparse.measurement import FIELDS, Measurement, MeterState, Register, Scale
from hanparse.meters.p1 import TelegramReading, read_telegram
from hanparse.obis import Obis
from hanparse.p1 import Telegram

if TYPE_CHECKING:
    from datetime import tzinfo

    from framefiles import FrameFile

NOON = datetime(2024, 1, 17, 12, tzinfo=UTC)
each = pytest.mark.parametrize("file", SOUND, ids=lambda file: file.name)
UNDECIDED = {"FLU", "Lux", "ESO", "WSE", "HLY", "NES", "AUR"}  # whether these name a maker


def readings(file: FrameFile) -> list[TelegramReading]:
    return [read_telegram(telegram) for telegram in deliver(file.data, len(file.data))[0]]


def fields(data: bytes, scale: Scale = Scale(), timezone: tzinfo | None = None) -> dict[str, Any]:  # noqa: B008
    return named(read_telegram(Telegram.parse(data)).fields(scale, timezone).items())


@each
def test_a_telegram_gives_every_expected_field_and_no_other_of_those_that_lists_have(file: FrameFile) -> None:
    found = readings(file)
    assert len(found) == len(file.measurements)
    for reading, expected in zip(found, file.measurements, strict=True):
        measurement = reading.measurement(Scale(), None)
        fields = named((name, getattr(measurement, name)) for name in FIELDS)
        assert measurement.wiring is None
        new = {name: fields.pop(name) for name in NEW if name in fields}
        if reading.telegram.flag in UNDECIDED:
            assert "manufacturer" not in fields
        assert fields == expected
        assert {name: new.get(name) for name in file.proposed} == file.proposed


NEW = {name for file in SOUND for name in file.proposed} | {"gas_volume", "gas_time", "water_volume", "water_time"}
NEW |= {"submeters", "message", "current_limit", "power_failure_log"}


@each
def test_every_line_is_a_register(file: FrameFile) -> None:
    for reading in readings(file):
        registers = reading.reading.registers
        assert [register.obis for register in registers] == [record.obis for record in reading.records]
        assert len(registers) == len(reading.reading.items)


@each
def test_a_measurement_of_a_telegram_is_the_same_after_json(file: FrameFile) -> None:
    for reading in readings(file):
        measurement = reading.measurement(Scale(), None)
        text = json.dumps(measurement.to_dict(registers=True))
        assert Measurement.from_dict(json.loads(text)) == measurement
        assert pickle.loads(pickle.dumps(measurement)) == measurement
        assert repr(measurement)


def test_what_is_computed_from_measurements_takes_those_of_telegrams() -> None:
    measurements = [reading.measurement(Scale(), None) for file in SOUND for reading in readings(file)]
    assert estimate(measurements[0]) == {}
    assert not any(map(problems, measurements))
    for measurement in measurements:
        state = MeterState()
        assert state.update(measurement, NOON) == measurement.__replace__(registers=())
        assert state.update(Measurement(), NOON).submeters == measurement.submeters
    tenth = swedish(c32_7_0="0023.2*V")
    assert problems(read_telegram(Telegram.parse(tenth)).measurement(Scale(), None)) == {Problem.VOLTAGE}


def problems(measurement: Measurement) -> set[Problem]:
    return {finding.problem for finding in check(measurement)}


def test_a_register_is_the_number_in_its_si_unit_or_the_groups_as_sent() -> None:
    data = sealed(
        "/KAM5\n1-0:1.7.0(0002.345*kW)\n1-0:32.7.0(232.1*V)\n0-0:96.7.21(00004)\n1-0:2.7.0(ERROR)\n0-0:94.98.31(00)\n"
        "0-1:24.2.1(101209112500W)(12785.123*m3)\n1-0:4:24.7.0(1*W)\n0-0:96.1.0(3137)\n1-0:1.9.0(5*kWh)\n"
    )
    assert read_telegram(Telegram.parse(data)).reading.registers == (
        Register(Obis.parse("1-0:1.7.0"), 2345, 0, "W"),
        Register(Obis.parse("1-0:32.7.0"), 2321, -1, "V"),
        Register(Obis.parse("0-0:96.7.21"), 4, 0),
        Register(Obis.parse("1-0:2.7.0"), "ERROR"),
        Register(Obis.parse("0-0:94.98.31"), "00"),
        Register(Obis.parse("0-1:24.2.1"), ("101209112500W", "12785.123*m3")),
        Register(None, "1-0:4:24.7.0(1*W)"),
        Register(Obis.parse("0-0:96.1.0"), "3137"),
        Register(Obis.parse("1-0:1.9.0"), 5, 3, "Wh"),
    )


def test_the_first_value_of_a_code_that_can_be_read_is_the_field() -> None:
    data = sealed(
        "/KAM5\n1-0:1.7.0()\n1-0:1.7.0(-)\n1-0:1.7.0(1*kW)\n1-0:1.7.0(2*kW)\n0-0:96.14.0(x)\n0-0:96.14.0(2)\n"
    )
    found = fields(data)
    assert (found["active_power_import"], found["tariff"]) == (1000, 2)


@pytest.mark.parametrize("group", ["0002.345", "0002.345*kWh", "0002.345*V", "", "2,345*kW", "0002.345kW"])
def test_a_power_without_its_unit_is_no_power(group: str) -> None:
    assert "active_power_import" not in fields(swedish(c1_7_0=group))


def test_the_scale_of_the_caller_multiplies_currents_powers_and_energies() -> None:
    data = sealed(
        "/KAM5\n1-0:1.7.0(1*kW)\n1-0:9.7.0(2*kVA)\n1-0:31.7.0(2.5*A)\n1-0:32.7.0(230*V)\n1-0:1.8.0(3*kWh)\n"
        "1-0:1.6.0(240101000000W)(2*kW)\n"
        "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(240201000000W)(240117174500W)(06.208*kW)\n0-1:24.2.1(240101000000W)(5*m3)\n"
    )
    found = fields(data, Scale.ct(20))
    assert found["active_power_import"] == 20_000
    assert found["apparent_power_import"] == 40_000
    assert found["current_l1"] == 50
    assert found["voltage_l1"] == 230
    assert found["active_energy_import"] == 60_000
    assert found["peak_history"][0][2] == 124_160
    assert found["submeters"][0]["value"] == 5


def test_the_time_zone_of_the_caller_holds_for_every_time_of_a_telegram() -> None:
    zone = timezone(timedelta(hours=2))
    found = fields(file("be-fluvius-peaks").data, timezone=zone)
    assert found["timestamp"] == "2024-02-19T07:15:01+02:00"
    assert found["gas_time"] == "2024-02-19T07:10:02+02:00"
    assert found["peak_history"][0][1] == "2023-11-14T18:30:00+02:00"


def test_a_clock_in_two_lines_is_put_together() -> None:
    found = fields(sealed("/EMH5\n0.9.1(174050)\n0.9.2(240117)\n1.8.0(0001*kWh)\n"))
    assert found["timestamp"] == "2024-01-17T17:40:50"


def test_a_peak_whose_time_says_that_there_was_none_is_none() -> None:
    found = fields(sealed("/FLU5\n1-0:1.7.0(1*kW)\n1-0:1.6.0(632525252525W)(00.000*kW)\n"))
    assert "peak_power" not in found
    assert "peak_power_time" not in found


@pytest.mark.parametrize(
    "body",
    ["", "\n", "junk\n", "0-0:96.1.0(17)\n0-0:1.0.0(240117174050W)\n", "1-0:1.7.0(ERROR)\n", "0-0:94.9.31(17)\n"],
)
def test_a_telegram_in_which_no_number_is_known_is_no_measurement(body: str) -> None:
    telegram = Telegram.parse(sealed(f"/KAM5\n{body}"))
    with pytest.raises(UnknownMeterError, match="contains a number that fills a field") as caught:
        read_telegram(telegram)
    assert "maker: KAM" in caught.value.report


def test_the_report_of_an_unknown_telegram_names_no_meter() -> None:
    telegram = Telegram.parse(sealed("/KAM5 1234567890\n0-0:96.1.0(1234567890123456)\nx 1234567890123456\n"))
    with pytest.raises(UnknownMeterError) as caught:
        read_telegram(telegram)
    assert "234567" not in caught.value.report
    assert "0-0:96.1.0" in caught.value.report


def test_a_mutated_telegram_raises_nothing_foreign_and_with_a_crc_that_fails_gives_no_value() -> None:
    measurements, _, _ = fuzz_p1.run_cases(cases(100), first_seed=0)  # the session "cover" runs more
    assert measurements > cases(30)


def test_a_peak_or_a_reading_may_come_before_its_time() -> None:
    head = "/ISk5\\2MIE5T-200\n\n0-0:96.1.4(50217)\n1-0:1.7.0(1*kW)\n"
    found = fields(
        sealed(f"{head}1-0:1.6.0(08.796*kW)(260102010000W)\n0-1:24.1.0(003)\n0-1:24.2.3(5.5*m3)(260102000000W)\n")
    )
    assert (found["peak_power"], found["peak_power_time"]) == (8796, "2026-01-02T01:00:00+01:00")
    assert (found["gas_volume"], found["gas_time"]) == (5.5, "2026-01-02T00:00:00+01:00")


def test_a_version_in_hex_digits_is_read_as_text() -> None:
    for sent, version in (("3231313130", "21110"), ("50217", "50217"), ("50", "50"), ("5021", "5021"), ("42", "42")):
        assert fields(sealed(f"/ISk5\n\n0-0:96.1.4({sent})\n1-0:1.7.0(1*kW)\n"))["p1_version"] == version


def test_a_meter_may_send_its_own_values_with_channel_1() -> None:
    found = fields(
        sealed(
            "/LGF5\n\n0-0:96.1.4(50220)\n1-1:1.7.0(00.006*kW)\n1-1:1.8.1(000025.600*kWh)\n"
            "1-1:1.6.0(240906083000S)(03.468*kW)\n1-1:99.97.0(1)(0-0:96.7.19)(240906083000S)(0000000240*s)\n"
        )
    )
    assert (found["active_power_import"], found["active_energy_import_t1"]) == (6, 25600)
    assert (found["peak_power"], found["peak_power_time"]) == (3468, "2024-09-06T08:30:00+02:00")
    assert found["power_failure_log"] == [["2024-09-06T08:30:00+02:00", 240]]
