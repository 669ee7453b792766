from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from framefiles import SOUND, named

from hanparse import decode
from hanparse.cli.main import main
from hanparse.measurement import FIELDS

if TYPE_CHECKING:
    from pathlib import Path

KAIFA = named("kaifa/list2-ma304h4-tn")
STREAM = b"".join(file.data for file in SOUND)
posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and the size of a process are those of POSIX")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "capture.bin"
    path.write_bytes(STREAM)
    return path


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_the_demo_decodes_one_push_of_each_maker(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert [shown.count(f"manufacturer             {maker}") for maker in ("Aidon", "Kaifa", "Kamstrup")] == [1, 1, 1]
    assert "active_power_import      4904 W" in shown  # 06 00 00 13 28 in the Kaifa push
    assert "voltage_l2 " in shown.partition("Kaifa")[0]
    assert "voltage_l2 " not in shown.partition("Kaifa")[2]  # not measured by the Kaifa, one phase in the Kamstrup


def test_the_pushes_of_the_demo_are_whole_frames() -> None:
    for name in ("aidon", "kaifa", "kamstrup"):
        dump = files("hanparse").joinpath("cli", "demo", f"{name}.hex").read_text("ascii")
        assert decode(dump).meter_id


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "hanparse", "demo"]
    assert b"MA304H3E" in subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["demo", "--fast"], ["decode", "--ct", "0:5"], ["decode", "--timezone", "Nowhere"], ["obis"]],
)
def test_wrong_use_exits_with_2_and_says_so_on_standard_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: hanparse" in capsys.readouterr().err


def test_bytes_and_dumps_are_told_apart_by_looking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = decode(KAIFA.data).to_dict()
    for data in (KAIFA.data, KAIFA.data.hex(" ").encode(), KAIFA.apdu, KAIFA.data.hex().upper().encode() + b"\n"):
        path = tmp_path / "push"
        path.write_bytes(data)
        assert main(["decode", "--format", "json", str(path)]) == 0
        assert json.loads(capsys.readouterr().out) == [expected]
        given(monkeypatch, data)
        assert main(["decode", "--format", "jsonl"]) == 0
        assert json.loads(capsys.readouterr().out) == expected


def test_every_format_holds_every_push(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    powers = [file.expect.get("active_power_import") for file in SOUND if file.expect]
    assert main(["decode", "--format", "jsonl", str(capture)]) == 0
    assert [json.loads(line).get("active_power_import") for line in capsys.readouterr().out.splitlines()] == powers
    assert main(["decode", "--format", "json", str(capture)]) == 0
    assert [row.get("active_power_import") for row in json.loads(capsys.readouterr().out)] == powers
    assert main(["decode", "--format", "csv", str(capture)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["active_power_import"] and float(row["active_power_import"]) for row in rows] == [
        "" if power is None else power for power in powers
    ]
    assert list(rows[0]) == list(FIELDS)
    assert main(["decode", str(capture)]) == 0
    assert capsys.readouterr().out.count("\n  active_power_import  ") == len(powers) - powers.count(None)


def test_a_terminal_gets_a_table_in_colours(
    capture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["decode", str(capture)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b[36mactive_power_import" in shown
    assert "1122 W" in shown


def test_options_reach_the_measurement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "it.bin"
    path.write_bytes(named("aidon/list3-6525-it").data)
    options = ["--ct", "100:5", "--timezone", "UTC", "--estimate"]
    assert main(["decode", "--format", "json", *options, str(path)]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["current_l1"] == 26.0
    assert row["timestamp"] == "2020-01-21T16:00:00+00:00"
    assert row["estimated"]["current_l2"]["low"] <= row["estimated"]["current_l2"]["value"]
    assert main(["decode", "--estimate", str(path)]) == 0
    assert "(estimated, " in capsys.readouterr().out


def test_nothing_decoded_is_status_1_and_one_sentence_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data, words in [
        ("text", b"good morning\n", "expected hex digits"),
        ("ciphered", named("refused/ciphered-glo").data, "ciphered"),
        ("ciphered-stream", named("refused/ciphered-glo").data * 200, "pushes in 200 sound frames are ciphered"),
        ("p1", b"/KAM5\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n", "P1 telegram"),
    ]:
        path = tmp_path / name
        path.write_bytes(data)
        assert main(["decode", str(path)]) == 1
        shown = capsys.readouterr()
        assert words in shown.err
        assert shown.err.count("\n") == 1
        assert not shown.out
    assert main(["decode", str(tmp_path / "missing")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_a_file_without_a_push_does_not_keep_the_others_back(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"no dump")
    assert main(["decode", "--format", "jsonl", str(bad), str(capture)]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == len(SOUND)
    assert str(bad) in shown.err


def test_a_growing_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "growing.bin"
    path.write_bytes(STREAM[:100])
    command = [sys.executable, "-m", "hanparse", "decode", "--format", "jsonl", "--follow", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:

        def grow() -> None:
            time.sleep(1)
            with path.open("ab") as file:
                file.write(STREAM[100:])

        threading.Thread(target=grow).start()
        assert process.stdout
        lines = [process.stdout.readline() for _ in SOUND]
        process.terminate()
    assert [json.loads(line).get("active_power_import") for line in lines] == [
        file.expect.get("active_power_import") for file in SOUND if file.expect
    ]


@posix
def test_a_broken_pipe_ends_quietly(tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    path.write_bytes(STREAM * 200)
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "hanparse", "decode", str(path)]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (result.returncode, result.stderr) == (0, b"")


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("hanparse.cli.main._demo", interrupt)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == ""


def test_a_code_or_a_word_is_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obis", "1-1:31.7.0", "5.9.0", "voltage"]) == 0
    shown = capsys.readouterr().out
    assert "1-1:31.7.0   current, L1 A -> current_l1" in shown
    assert "1-0:5.9.0    billing period" in shown
    assert "52.7.0       voltage, L2 (3-wire: L1-L3) V" in shown
    assert main(["obis", "nonsense"]) == 1


def test_a_coloured_log_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "esphome.log"
    path.write_text(f"\x1b[0;36m[19:02:11][D][uart_debug:114]: <<< {KAIFA.data.hex(':')}\x1b[0m\n", "ascii")
    assert main(["decode", str(path)]) == 0
    assert "MA304H4" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"hanparse {version('hanparse')}\n"


def test_a_diagnosis_without_a_finding_says_what_it_means(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wire"
    path.write_bytes(KAIFA.data)
    assert main(["diagnose", str(path)]) == 0
    assert "nothing is wrong" in capsys.readouterr().out
    path.write_bytes(named("refused/wrong-hcs").data)
    assert main(["diagnose", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "too few bytes to tell what is wrong with the wire" in shown
    assert "HCS" in shown


def test_a_wire_is_diagnosed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wire"
    path.write_bytes(named("refused/ciphered-glo").data * 5)
    assert main(["diagnose", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "frames 5" in shown
    assert "* 5 pushes in 5 sound frames are ciphered" in shown


def test_a_report_names_no_meter_and_keeps_what_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "5706567012345678.txt"  # the name of the file is no part of the report
    path.write_text(named("iskraemeco/si-10").data.hex(" "), "ascii")
    for options, kept in (([], False), (["--keep", "16820007"], True)):
        assert main(["report", *options, str(path)]) == 0
        shown = capsys.readouterr().out
        assert ('"16820007"' in shown) is kept
        assert "5200000000017" not in shown
        assert "5706567012345678" not in shown
    path.write_text("no dump at all", "ascii")
    assert main(["report", str(path)]) == 1


@posix
def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(KAIFA.data * 100_000)
    script = (
        "import resource, sys; from hanparse.cli.main import main; status = main(['diagnose', sys.argv[1]]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    sizes = []
    for name in (path, tmp_path / "small.bin"):
        if not name.exists():
            name.write_bytes(KAIFA.data * 100)
        shown = subprocess.run([sys.executable, "-c", script, str(name)], check=True, capture_output=True).stdout
        sizes.append(int(shown.split()[-1]))
    large, small = sizes
    assert large - small < 4096  # KiB; the file has 12 MiB
