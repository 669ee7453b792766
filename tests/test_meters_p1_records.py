from __future__ import annotations

from datetime import datetime, timedelta, timezone

from telegrams import sealed

from hanparse.measurement.parts import Peak, PowerFailure, Submeter
from hanparse.meters.p1.records import latest, peaks, power_failures, records, submeters, value_of
from hanparse.meters.p1.values import Calendar
from hanparse.p1 import Telegram

NAIVE, CENTRAL = Calendar(), Calendar(is_central=True)
WINTER = timezone(timedelta(hours=1))


def at(text: str, zone: timezone | None = None) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def meters(*lines: str, calendar: Calendar = NAIVE) -> tuple[Submeter, ...]:
    return submeters(records(Telegram.parse(sealed("\n".join(("/KAM5", *lines, ""))))), calendar)


def groups(line: str) -> tuple[str, ...]:
    (record,) = records(Telegram.parse(sealed(f"/KAM5\n{line}\n")))
    return record.groups


def test_a_line_without_code_goes_on_with_the_one_before_it() -> None:
    lines = ("/KAM5", "", "0-1:24.3.0(1)(m3)", "(00112.384)", "junk", "(3)", "1-0:1.7.0(1*W)", "")
    found = records(Telegram.parse(sealed("\n".join(lines))))
    assert [(str(one.obis), one.groups, one.text) for one in found] == [
        ("0-1:24.3.0", ("1", "m3", "00112.384"), "0-1:24.3.0(1)(m3)(00112.384)"),
        ("None", (), "junk"),
        ("None", ("3",), "(3)"),
        ("1-0:1.7.0", ("1*W",), "1-0:1.7.0(1*W)"),
    ]


def test_the_value_of_a_line_is_its_first_number_with_a_unit() -> None:
    assert value_of(("240206181500W", "04.417*kW")) == "04.417*kW"
    assert value_of(("100*A", "-063*A")) == "100*A"
    assert value_of(("0-0:96.7.19", "x")) == "0-0:96.7.19"
    assert value_of(()) == ""


def test_a_log_of_power_failures_is_read_entry_by_entry() -> None:
    log = "1-0:99.97.0(2)(0-0:96.7.19)(101208152415W)(0000000240*s)(101208151004W)(0000000301*s)"  # DSMR 5.0.2, 6.12
    assert power_failures(groups(log), CENTRAL) == (
        PowerFailure(at("2010-12-08 15:24:15", WINTER), 240),
        PowerFailure(at("2010-12-08 15:10:04", WINTER), 301),
    )
    for empty in ("1-0:99.97.0()", "1-0:99.97.0(0)(0-0:96.7.19)", "1-0:99.97.0(1)(0-0:96.7.19)(632525252525W)(0*s)"):
        assert power_failures(groups(empty), CENTRAL) == ()


def test_a_log_in_which_a_group_is_missing_is_not_read() -> None:
    for damaged in (
        "(101208152415W)",
        "(0000000240*s)(101208151004W)",
        "(101208152415W)(240)",
        "(101208152415W)(24.5*s)",
    ):
        assert power_failures(groups(f"1-0:99.97.0(1)(0-0:96.7.19){damaged}"), CENTRAL) is None


HISTORY = "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)(231201000000W)(231114183000W)(05.021*kW)"


def test_a_history_of_peaks_is_read_entry_by_entry_and_scaled() -> None:
    peak = Peak(at("2023-12-01 00:00:00", WINTER), at("2023-11-14 18:30:00", WINTER), 5021)
    never = HISTORY + "(240101000000W)(632525252525W)(00.000*kW)"
    assert peaks(groups(never), CENTRAL, 1) == (peak,)
    assert peaks(groups(HISTORY), CENTRAL, 20) == (peak._replace(power=100420),)
    assert peaks(groups("0-0:98.1.0(0)(1-0:1.6.0)(1-0:1.6.0)"), CENTRAL, 1) == ()
    assert peaks(groups("0-0:98.1.0()"), CENTRAL, 1) == ()


def test_a_history_in_which_a_group_is_missing_is_not_read() -> None:
    for damaged in ("(240101000000W)", "(240101000000W)(05.021*kW)(240101000000W)", "(1)(2)(3)", "(1)(2)(05.021*kWh)"):
        assert peaks(groups(HISTORY + damaged), CENTRAL, 1) is None


def test_the_type_says_what_a_submeter_measures_and_the_channel_does_not() -> None:
    kinds: list[tuple[str, str | int]] = [("002", "electricity"), ("3", "gas"), ("004", "heat"), ("012", "heat")]
    kinds += [("006", "water"), ("007", "water"), ("021", "water"), ("010", 10)]
    for sent, kind in kinds:
        (meter,) = meters(f"0-4:24.1.0({sent})", "0-4:24.2.1(240115075500W)(00246.138*m3)")
        assert meter == Submeter(4, kind, None, at("2024-01-15 07:55:00"), 246.138, "m³")


def test_a_reading_is_read_in_every_form() -> None:
    taken = at("2012-05-17 02:00:00")
    old = ("0-1:24.3.0(120517020000)(2C)(60)(1)(0-1:24.2.1)(m3)", "(00124.477)")
    assert meters(*old) == (Submeter(1, None, None, taken, 124.477, "m³"),)
    for line, value, unit in (
        ("0-1:24.2.3(120517020000S)(00124.477*m3)", 124.477, "m³"),
        ("0-1:24.2.1(120517020000S)(12.785*GJ)", 12_785_000_000, "J"),
        ("0-1:24.2.1(120517020000S)(000012.785*kWh)", 12_785, "Wh"),
    ):
        assert meters(line) == (Submeter(1, None, None, taken, value, unit),)


def test_a_reading_that_was_never_taken_is_no_value() -> None:
    for reading in ("(632525252525S)(00000.000*m3)", "(700101010000W)(00000000)", "()(00001.000*m3)", "(-)", "()"):
        assert meters("0-1:24.1.0(003)", "0-1:96.1.0()", f"0-1:24.2.1{reading}") == (Submeter(1, "gas"),)
    for reading in ("(240115075500W)(00001.000)", "(240115075500W)(-)", "(240115075500W)", "(240115075500W)(1*kW)"):
        assert meters("0-1:24.1.0(003)", f"0-1:24.2.1{reading}") == (Submeter(1, "gas"),)


def test_submeters_that_were_never_read_are_left_out_where_others_were() -> None:
    never = ("0-2:24.1.0(007)", "0-2:96.1.0()", "0-2:24.2.1(632525252525S)(00000.000)")
    read = ("0-1:24.1.0(003)", "0-1:24.2.1(240115075500W)(00001.000*m3)")
    assert [meter.channel for meter in meters(*never, *read)] == [1]


def test_another_type_on_the_channel_of_a_meter_that_was_read_is_another_meter() -> None:
    lines = (
        "0-1:24.1.0(003)",
        "0-1:96.1.0(A1)",
        "0-1:24.2.1(240115075500W)(1*m3)",
        "0-1:24.1.0(003)",
        "0-1:96.1.0(B2)",
    )
    found = meters(*lines, "0-1:24.2.1(240115080000W)(2*m3)")
    assert [(meter.id, meter.value) for meter in found] == [("A1", 1), ("B2", 2)]


def test_the_meter_itself_and_other_media_are_no_submeters() -> None:
    assert meters("0-0:24.1.0(003)", "0-0:96.1.0(17)", "1-1:24.1.0(003)", "0-1:96.3.10(0)") == ()


def test_the_latest_of_a_kind_is_the_one_that_was_read_last_also_where_one_time_is_naive() -> None:
    early, late = at("2024-01-15 07:00:00", WINTER), at("2024-01-15 07:55:00")
    old, new = Submeter(1, "gas", "1", early, 5.0, "m³"), Submeter(2, "gas", "2", late, 4.0, "m³")
    heat = Submeter(3, "heat", "3", late, 4.0, "J")
    assert latest((new, old, heat), "gas") == new
    assert latest((old, new, heat), "gas") == new
    assert latest((heat, Submeter(4, "water")), "water") is None
    assert latest((heat,), "heat") is None
