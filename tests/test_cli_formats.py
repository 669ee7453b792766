"""Every format holds what was measured, and every option changes every format or is refused."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from framefiles import ALL, SOUND, folder, named

from hanparse import Decoder, Estimate, Measurement, PowerFailure, Wiring, decode
from hanparse.cli.cells import rounded
from hanparse.cli.commands.decode import FORMATS
from hanparse.cli.formats import EXTRAS, Output
from hanparse.cli.main import main
from hanparse.measurement import FIELD_UNITS, FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hanparse.decoder import Options

NAIVE = datetime(2024, 1, 15, 12)  # noqa: DTZ001  that is what this is about
AWARE = datetime(2024, 7, 15, 12, tzinfo=timezone(timedelta(hours=2)))


def silent(sentence: str) -> None:
    raise AssertionError(sentence)


def text(output: Output, measurements: Iterable[Measurement], notes: list[str] | None = None) -> str:
    written = FORMATS[output.form](output, silent if notes is None else notes.append)
    rows = [written.row(measurement, "a.bin") for measurement in measurements]
    return written.begin + "".join(rows) + written.end()


def rows(output: Output, measurements: Iterable[Measurement], notes: list[str] | None = None) -> list[dict[str, Any]]:
    shown = text(output, measurements, notes)
    if output.form == "csv":
        return list(csv.DictReader(io.StringIO(shown, newline="")))
    return json.loads(shown) if output.form == "json" else list(map(json.loads, shown.splitlines()))


MEASUREMENTS = [m for file in ALL if file.measurements and not file.options for m in Decoder().feed(file.data)]


def sanitised(measurement: Measurement) -> dict[str, Any]:
    return measurement.to_dict(wiring=True)


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_is_the_dictionary_of_each_measurement(form: str) -> None:
    assert len(MEASUREMENTS) > 80
    assert rows(Output(form), MEASUREMENTS, []) == list(map(sanitised, MEASUREMENTS))
    assert [Measurement.from_dict(row) for row in rows(Output(form), MEASUREMENTS, [])] == [
        Measurement.from_dict(sanitised(one)) for one in MEASUREMENTS
    ]
    assert rows(Output(form), []) == []


def test_a_line_of_csv_has_what_the_dictionary_has() -> None:
    found = rows(Output("csv"), MEASUREMENTS, [])
    for row, measurement in zip(found, MEASUREMENTS, strict=True):
        assert list(row) == [*FIELDS, "wiring"]
        expected = sanitised(measurement)
        assert {name for name, cell in row.items() if cell} == {name for name, value in expected.items() if value != ""}
        for name, value in expected.items():
            is_text = isinstance(value, str)
            assert (row[name].removeprefix("'") if is_text else json.loads(row[name])) == value


def test_a_table_has_what_the_measurement_shows_with_units() -> None:
    for measurement in MEASUREMENTS:
        shown = text(Output(), [measurement], [])
        names = [line.split()[0] for line in shown.splitlines()[1:] if line]
        expected = [name for name in FIELDS if getattr(measurement, name) is not None]
        assert names == expected + (["wiring"] if measurement.wiring else [])
    assert "  voltage_l1               230.0 V\n" in text(Output(), [Measurement(voltage_l1=230)])
    assert "  wiring                   3-phase 3-wire (IT, delta)\n" in text(
        Output(), [Measurement(wiring=Wiring.THREE_WIRE)]
    )


# --- every option with every format -----------------------------------------------------------------------------------

ESTIMATED = Measurement(
    timestamp=AWARE,
    voltage_l1=230.0,
    active_power_import=1000,
    wiring=Wiring.THREE_WIRE,
    received=datetime(2024, 7, 15, 10, 0, 1, 250_000, UTC),
    estimated={"current_l2": Estimate(2.4000000000000004, 0.2, 2.4, "triangle")},
)
OPTIONS = {  # what it adds to and takes from what each format shows; `None`: refused
    "utc": (
        {"utc": True},
        {
            "table": ("2024-07-15 10:00:00+00:00", "+02:00"),
            "json": ('"timestamp": "2024-07-15T10:00:00+00:00"', "+02:00"),
            "jsonl": ('"timestamp": "2024-07-15T10:00:00+00:00"', "+02:00"),
            "csv": ("2024-07-15T10:00:00+00:00", "+02:00"),
        },
    ),
    "columns": (
        {"columns": ("voltage_l1", "timestamp")},
        {
            "table": ("  voltage_l1               230.0 V\n  timestamp ", "active_power_import"),
            "json": ('{\n  "voltage_l1": 230.0,\n  "timestamp": ', "active_power_import"),
            "jsonl": ('{"voltage_l1": 230.0, "timestamp": "2024-07-15T12:00:00+02:00"}\n', "active_power_import"),
            "csv": ("voltage_l1,timestamp\n230.0,2024-07-15T12:00:00+02:00\n", "active_power_import"),
        },
    ),
    "units": (
        {"units": True},
        {"table": None, "json": None, "jsonl": None, "csv": (",voltage_l1 [V],", ",voltage_l1,")},
    ),
    "received": (
        {"received": True},
        {
            "table": ("  received                 2024-07-15 10:00:01.250+00:00\n", "\0"),
            "json": ('"received": "2024-07-15T10:00:01.250+00:00"', "\0"),
            "jsonl": ('"received": "2024-07-15T10:00:01.250+00:00"', "\0"),
            "csv": ("received,manufacturer", "\0"),
        },
    ),
    "several files": (
        {"file": True},
        {
            "table": ("a.bin: 2024-07-15", "\0"),
            "json": ('"file": "a.bin"', "\0"),
            "jsonl": ('"file": "a.bin"', "\0"),
            "csv": ("\na.bin,", "\0"),
        },
    ),
    "estimate": (
        {"estimated": True},
        {
            "table": ("  current_l2               2.400 A (estimated, 0.200 to 2.400 A)\n", "\0"),
            "json": ('"estimated": {"current_l2": {"value": 2.4, "low": 0.2, "high": 2.4,', "\0"),
            "jsonl": ('"estimated": {"current_l2": {"value": 2.4, "low": 0.2, "high": 2.4,', "\0"),
            "csv": (",current_l2_estimated,current_l2_estimated_low,current_l2_estimated_high,", "\0"),
        },
    ),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("options", "shows"), OPTIONS.values(), ids=OPTIONS)
def test_every_option_changes_every_format_or_is_refused(
    form: str,
    options: dict[str, Any],
    shows: dict[str, tuple[str, str] | None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = shows[form]
    if expected is None:
        ((option, _),) = options.items()
        with pytest.raises(SystemExit, match="2"):
            main(["decode", "--format", form, f"--{option}"])
        assert f"--{option} needs --format csv" in capsys.readouterr().err
        return
    plain, changed = text(Output(form), [ESTIMATED]), text(Output(form, **options), [ESTIMATED])
    there, gone = expected
    assert (there in plain, there in changed) == (False, True)
    assert gone not in changed


def test_the_cells_of_an_estimate_are_its_parts() -> None:
    (row,) = rows(Output("csv", estimated=True), [ESTIMATED])
    found = {name: cell for name, cell in row.items() if "_estimated" in name and cell}
    parts = rounded(ESTIMATED.estimated["current_l2"])
    assert found == {f"current_l2_estimated_{part}".removesuffix("_value"): str(value) for part, value in parts.items()}
    (row,) = rows(Output("csv", estimated=True, units=True), [ESTIMATED])
    assert row["current_l2_estimated [A]"] == "2.4"
    assert row["current_l2_estimated_method"] == "triangle"


def test_all_that_is_estimated_has_columns() -> None:
    header = text(Output("csv", estimated=True), [])
    for file in SOUND:
        assert all(f"{name}_estimated," in header for name in decode(file.data, estimate=True).estimated)


def test_all_columns_of_a_line_are_in_the_order_of_the_header() -> None:
    names = ("voltage_l1", "estimated", "file", "timestamp", "security", "wiring", "received")
    (row,) = rows(Output("csv", columns=names), [ESTIMATED])
    assert (row["voltage_l1"], row["file"], row["wiring"]) == ("230.0", "a.bin", "THREE_WIRE")
    assert (row["timestamp"], row["security_verified"]) == ("2024-07-15T12:00:00+02:00", "")
    assert row["received"] == "2024-07-15T10:00:01.250+00:00"
    assert None not in row


@pytest.mark.parametrize("form", FORMATS)
def test_how_a_push_was_ciphered_is_in_every_format(form: str) -> None:
    (push, *_) = (file for file in folder("mbus") if file.name == "mbus/two-telegrams-sc30")
    options: Options = {"key": push.options["key"], "auth_key": push.options["auth_key"]}
    (measurement,) = Decoder(**options).feed(push.data)
    shown = text(Output(form, security=True), [measurement])
    assert "verified" in shown
    assert measurement.security
    assert measurement.security.system_title.hex() in shown.lower()


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_times_with_and_without_a_zone_are_not_mixed_without_a_word(form: str) -> None:
    mixed = [Measurement(timestamp=AWARE), Measurement(timestamp=NAIVE), Measurement(timestamp=AWARE)]
    notes: list[str] = []
    text(Output(form), mixed, notes)
    assert [note.partition(";")[0] for note in notes] == ["timestamp has times with a zone and times without a zone"]
    assert "--timezone ZONE" in notes[0]
    text(Output(form), [Measurement(timestamp=AWARE, energy_time=NAIVE)] * 2)  # two columns


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_in_utc_a_time_without_a_zone_is_left_out_and_named_once(form: str) -> None:
    notes: list[str] = []
    found = rows(Output(form, utc=True), [Measurement(timestamp=when) for when in (NAIVE, AWARE, NAIVE)], notes)
    assert [row.get("timestamp") or None for row in found] == [None, "2024-07-15T10:00:00+00:00", None]
    assert [note.partition(";")[0] for note in notes] == [
        "timestamp has times without a zone, and --utc omits these times"
    ]


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_times_within_records_are_in_utc_as_well(form: str) -> None:
    log = (PowerFailure(AWARE, 240), PowerFailure(AWARE + timedelta(days=1), 3600))
    (row,) = rows(Output(form, utc=True), [Measurement(power_failure_log=log)])
    found = json.loads(row["power_failure_log"]) if form == "csv" else row["power_failure_log"]
    assert found == [
        {"end": "2024-07-15T10:00:00+00:00", "seconds": 240},
        {"end": "2024-07-16T10:00:00+00:00", "seconds": 3600},
    ]


# --- values that a format has no text for ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_left_out(form: str, value: float) -> None:
    shown = text(Output(form), [Measurement(power_factor=value, voltage_l1=230)])
    assert "230.0" in shown
    assert not {"nan", "inf", "-inf", "NaN", "Infinity"} & set(shown.replace(",", " ").replace('"', " ").split())


@pytest.mark.parametrize("model", ["=1+1", "+47", "-1", "@SUM(A1)", "=HYPERLINK(1)"])
def test_a_text_in_a_csv_cell_is_no_formula(model: str) -> None:
    (row,) = rows(Output("csv"), [Measurement(model=model, active_power_import=-5, current_l1=-1.5)])
    assert (row["model"], row["active_power_import"], row["current_l1"]) == (f"'{model}", "-5", "-1.5")


@pytest.mark.parametrize("model", ["AIDON_V0001", "1+1", "6525", "a=b", "", 'say "x", twice', "two\nlines", "a,b", "Ø"])
@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_any_other_text_is_as_it_is(form: str, model: str) -> None:
    (row,) = rows(Output(form), [Measurement(model=model)])
    assert row["model"] == model


def test_a_terminal_gets_a_table_in_colours_and_no_name_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    shown = text(Output(), [Measurement(reactive_energy_import_t1=12345)])
    assert "\x1b[36mreactive_energy_impor" in shown
    assert "…" not in shown


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_columns_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    for names, words in (
        ("voltage", "there is no column 'voltage'; did you mean voltage_l1"),
        ("timestamp,xyzzy", "'xyzzy'; expected the name of a field of Measurement, or one of file, received, wiring"),
        ("", "there is no column ''"),
        ("wiring,wiring", "expected each column once"),
    ):
        with pytest.raises(SystemExit, match="2"):
            main(["decode", "--columns", names])
        assert words in capsys.readouterr().err
    assert set(FIELD_UNITS) <= set(FIELDS)
    assert not set(EXTRAS) & set(FIELDS)


@pytest.mark.parametrize("form", FORMATS)
def test_several_files_are_told_apart_and_pushes_are_stamped_on_request(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / name for name in ("one.bin", "two.bin")]
    for path in paths:
        path.write_bytes(named("aidon/list2-6534-tn").data)
    assert main(["decode", "--format", form, *map(str, paths)]) == 0
    shown = capsys.readouterr().out
    assert all(str(path) in shown for path in paths)
    assert "received" not in shown
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert main(["decode", "--format", form, "--received", "--columns", "active_power_import", str(paths[0])]) == 0
    shown = capsys.readouterr().out
    assert "received" in shown
    assert str(paths[0]) not in shown
    (stamp,) = re.findall(r"20\d\d-\d\d-\d\d[T ][\d:.]+\+00:00", shown.partition("received")[2])
    assert before <= datetime.fromisoformat(stamp) <= datetime.now(UTC)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_columns_are_written_in_the_order_in_which_they_are_chosen(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "push.bin"
    path.write_bytes(named("kaifa/list2-ma304h4-tn").data)
    assert main(["decode", "--format", form, "--columns", "voltage_l1,file,active_power_import", str(path)]) == 0
    written = capsys.readouterr().out
    assert [written.index(name) for name in ("voltage_l1", "file", "active_power_import")] == sorted(
        written.index(name) for name in ("voltage_l1", "file", "active_power_import")
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_part_of_an_estimate_is_a_column_of_its_own(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "push.bin"
    path.write_bytes(named("aidon/list2-6525-it").data)
    assert (
        main(["decode", "--format", form, "--columns", "current_l2_estimated,current_l2_estimated_high", str(path)])
        == 0
    )
    shown = capsys.readouterr().out
    assert main(["decode", "--format", "json", "--columns", "estimated", str(path)]) == 0
    estimated = json.loads(capsys.readouterr().out)[0]["estimated"]["current_l2"]
    assert all(str(estimated[part]) in shown for part in ("value", "high"))
    assert str(estimated["low"]) not in shown
    assert "voltage_l2" not in shown


def test_a_table_shows_no_more_than_three_decimals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "push.bin"
    path.write_bytes(named("aidon/list2-6525-it").data)
    assert main(["decode", "--ct", "150:7", str(path)]) == 0
    numbers = re.findall(r" (\d+\.\d+) [AVW]", capsys.readouterr().out)
    assert numbers
    assert all(len(number.partition(".")[2]) <= 3 for number in numbers)
