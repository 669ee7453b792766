from __future__ import annotations

import csv
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zoneinfo
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from framefiles import SOUND, folder, named, sealed

from hanparse import cli, decode, explain
from hanparse.cli.main import COMMANDS, main
from hanparse.measurement import FIELDS

if sys.platform != "win32":
    import fcntl
    import termios

if TYPE_CHECKING:
    from collections.abc import Iterator

PUSH = named("kaifa/list1-no").data
SLOW = 60  # seconds that a process may take on a busy machine
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


@contextmanager
def piped(monkeypatch: pytest.MonkeyPatch, *parts: bytes) -> Iterator[None]:
    """Standard input is a pipe with these parts. Each part is written when those before it have been read."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for part in parts:
                pipe.write(part)
                wait_until_read(reading)

    with os.fdopen(reading, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        writer = threading.Thread(target=write)
        writer.start()
        yield
        writer.join()


def wait_until_read(pipe: int) -> None:
    """Wait until the other side has read all that is in a pipe."""
    if sys.platform == "win32":
        time.sleep(0.3)  # Windows does not tell how much is in a pipe
    else:
        while fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) != bytes(4):
            time.sleep(0.001)


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
    [["dance"], ["demo", "--fast"], ["decode", "--ct", "0:5"], ["decode", "--timezone", "Nowhere"], ["obis"]],
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
    expected = decode(KAIFA.data).to_dict(wiring=True)
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
    assert list(rows[0]) == [*FIELDS, "wiring"]
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


def test_without_arguments_it_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([])
    shown = capsys.readouterr()
    assert all(f"    {command} " in shown.out for command in COMMANDS)
    assert not shown.err


NOISE = Random(1).randbytes(5000)  # noqa: S311  no cipher
CIPHERED = named("refused/ciphered-glo").data
NOTHING_DECODED = {
    "a text": (b"good morning\n", ("expected hex digits",)),
    "an empty file": (b"", ("0 bytes were received", "the HAN port is closed")),
    "an empty line": (b"\n", ("0 bytes were received", "the HAN port is closed")),
    "a ciphered push": (CIPHERED, ("1 push of KAM4500000017 is ciphered", "ask the grid company")),
    "ciphered pushes": (CIPHERED * 200, ("200 pushes of KAM4500000017 are ciphered", "ask the grid company")),
    "half a P1 telegram": (b"/KAM5\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n", ("the P1 telegram is incomplete",)),
    "a damaged push": (named("refused/wrong-hcs").data, ("HCS", "too few bytes to find a fault")),
    "noise": (NOISE, ("no frame begins in 4076 bytes", "\n  the speed is wrong", "\n  Norwegian HAN ports")),
    "a damaged frame": (named("refused/wrong-fcs").data, ("FCS 0000 does not fit its 119 bytes",)),
    "little noise": (NOISE[:300], ("too few bytes to find a fault",)),
}


@pytest.mark.parametrize(("data", "words"), NOTHING_DECODED.values(), ids=NOTHING_DECODED)
def test_nothing_decoded_is_status_1_and_says_why_in_a_few_lines(
    data: bytes, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "name"
    path.write_bytes(data)
    assert main(["decode", str(path)]) == 1
    shown = capsys.readouterr()
    assert [word for word in words if word not in shown.err] == []
    assert shown.err.count("\n") <= (4 if "P1" in shown.err else 3)
    assert not shown.out


@posix
@pytest.mark.parametrize(("data", "words"), NOTHING_DECODED.values(), ids=NOTHING_DECODED)
def test_a_followed_pipe_that_held_nothing_is_status_1_and_says_why(
    data: bytes, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with piped(monkeypatch, data):
        assert main(["decode", "--follow"]) == 1
    shown = capsys.readouterr()
    assert not shown.out
    assert words[-1].strip() in shown.err or "passed over" in shown.err


@pytest.mark.parametrize("data", [data for data, _ in NOTHING_DECODED.values()][1:], ids=[*NOTHING_DECODED][1:])
def test_decode_says_all_that_diagnose_would_say(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "name"
    path.write_bytes(data)
    assert main(["diagnose", str(path)]) == 1
    _, *diagnosed = capsys.readouterr().out.splitlines()
    assert main(["decode", str(path)]) == 1
    decoded = capsys.readouterr().err
    assert diagnosed
    assert [line for line in diagnosed if line.removeprefix("* ") not in decoded] == []


@pytest.mark.parametrize("command", ["decode", "explain", "diagnose", "report"])
def test_a_file_that_cannot_be_read_is_status_2_whatever_the_others_hold(
    command: str, capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing"
    assert main([command, str(capture), str(missing), str(capture), str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out
    assert shown.err.splitlines()[0] == f"hanparse: {missing}: No such file or directory"
    assert shown.err.count(str(missing)) == 1
    assert "Is a directory" in shown.err or "Permission denied" in shown.err


def test_a_dump_in_place_of_a_file_name_is_told_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    for dump in (PUSH.hex(), PUSH.hex(" "), STREAM.hex()):
        assert main(["decode", dump]) == 2
        assert capsys.readouterr().err.endswith("; pass a hex dump on standard input or in a file\n")
    assert main(["decode", "capture.bin"]) == 2
    assert "standard input" not in capsys.readouterr().err


def test_on_a_terminal_it_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, PUSH)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert main(["decode"]) == 0
    assert "waiting for bytes or a hex dump on standard input" in capsys.readouterr().err


def test_a_file_without_a_push_does_not_keep_the_others_back(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"no dump")
    assert main(["decode", "--format", "jsonl", str(bad), str(capture)]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == len(SOUND)
    assert str(bad) in shown.err


@contextmanager
def running(*arguments: object, **streams: int) -> Iterator[tuple[subprocess.Popen[bytes], queue.Queue[bytes]]]:
    """The command, and its output line by line as it comes."""
    command = [sys.executable, "-u", "-m", "hanparse", *map(str, arguments)]
    lines: queue.Queue[bytes] = queue.Queue()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **streams) as process:  # type: ignore[call-overload]
        reader = threading.Thread(target=lambda: list(map(lines.put, process.stdout)), daemon=True)
        reader.start()
        try:
            yield process, lines
        finally:
            process.kill()
            reader.join()


def test_a_growing_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "growing.bin"
    path.write_bytes(PUSH + STREAM[:1])
    with running("decode", "--format", "jsonl", "--follow", path) as (_process, lines):
        assert b"5852" in lines.get(timeout=SLOW)
        with path.open("ab") as file:
            file.write(STREAM[1:])
        rows = [json.loads(lines.get(timeout=SLOW)) for _ in SOUND]
    assert [row.get("active_power_import") for row in rows] == [
        file.expect.get("active_power_import") for file in SOUND if file.expect
    ]


@posix
def test_nothing_in_a_followed_log_ends_the_following(tmp_path: Path) -> None:
    path = tmp_path / "han.log"
    line = PUSH.hex().upper()
    path.write_text(f"{line}\n")
    with running("decode", "--format", "jsonl", "--follow", path) as (process, lines):
        assert b"5852" in lines.get(timeout=SLOW)
        for written in ("wifi reconnected\n", f"{line[:20]}O{line[21:]}\n{line}\n"):
            with path.open("a") as file:
                file.write(written)
        assert b"5852" in lines.get(timeout=SLOW)
        path.write_text(f"new: {line}\n")
        assert b"5852" in lines.get(timeout=SLOW)
        path.rename(tmp_path / "han.log.1")
        path.write_text(f"{line}\n")
        assert b"5852" in lines.get(timeout=SLOW)
        assert process.poll() is None
        process.terminate()
        assert process.stderr
        named = process.stderr.read().decode()
    assert "han.log: line 2 passed over" in named or "han.log: lines 2 to 3 passed over" in named
    assert "wifi" in named
    assert named.count("read from its beginning") == 2


@pytest.mark.parametrize("follow", [[], ["--follow"]])
@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (PUSH[:1], PUSH[1:] + PUSH),  # 7E is the text "~"
        (PUSH[:2], PUSH[2:] + PUSH),
        (PUSH[:3], PUSH[3:] + PUSH),
        (b"Meter 7", b": " + PUSH + PUSH),  # what a converter says of itself
        (b"7", f"{PUSH.hex().upper()[1:]}\n{PUSH.hex(' ')}\n".encode()),
        (b"7EA0\n", f"a log\n{PUSH.hex()}\n{PUSH.hex(' ')}\n".encode()),
    ],
)
def test_how_much_the_first_read_gives_does_not_matter(
    first: bytes,
    rest: bytes,
    follow: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with piped(monkeypatch, first, rest):
        assert main(["decode", "--format", "jsonl", *follow]) == 0
    assert ["5852" in line for line in capsys.readouterr().out.splitlines()] == [True, True]


def test_a_push_without_a_frame_may_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slowly(io.RawIOBase):
        left = KAIFA.apdu

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            sent, self.left = self.left[:1], self.left[1:]
            buffer[: len(sent)] = sent
            return len(sent)

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Slowly())))  # type: ignore[type-var]
    assert main(["decode", "--format", "jsonl"]) == 0


@posix
@pytest.mark.parametrize(
    ("command", "environment", "status", "says"),
    [
        ("demo >&-", {}, 1, "standard output is closed"),
        ("decode <&-", {}, 2, "standard input: it is closed"),
        ("explain <&-", {}, 2, "standard input: it is closed"),
        ("diagnose <&-", {}, 2, "standard input: it is closed"),
        ("report <&-", {}, 2, "standard input: it is closed"),
        ("decode --follow <&-", {}, 2, "standard input: it is closed"),
        ("decode missing 2>&-", {}, 2, ""),
        ("dance 2>&- >&-", {}, 2, ""),
        ("decode <&- >&- 2>&-", {}, 1, ""),
        ("obis angle >/dev/null", {"PYTHONIOENCODING": "ascii"}, 0, ""),
        ("obis angle >/dev/null", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, 0, ""),
        ("demo | true", {}, 0, ""),
        ("obis nonsense 2>&1 >/dev/full", {}, 1, "no OBIS code was found"),
        pytest.param(
            "demo >/dev/full",
            {},
            1,
            "No space left",
            marks=pytest.mark.skipif(not os.path.exists("/dev/full"), reason="not there"),  # noqa: PTH110
        ),
        ("report $(printf '%s' -) --keep $(printf '\\377') </dev/null", {}, 0, ""),
    ],
)
def test_the_command_never_ends_with_a_traceback(
    command: str, environment: dict[str, str], status: int, says: str
) -> None:
    line = f"'{sys.executable}' -m hanparse {command}"
    ended = subprocess.run(
        ["sh", "-c", line],  # noqa: S607
        capture_output=True,
        env=os.environ | environment,
        timeout=SLOW,
        check=False,
    )
    shown = (ended.stderr + ended.stdout).decode()
    assert "Traceback" not in shown
    assert "Exception ignored" not in shown
    assert (ended.returncode, says in shown) == (status, True)


def test_an_output_without_a_character_gets_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    del capsys
    ended = subprocess.run(
        [sys.executable, "-m", "hanparse", "obis", "81.7.40"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"\\xb0" in ended.stdout


def test_the_command_runs_from_a_zip_without_metadata(tmp_path: Path) -> None:
    archive = tmp_path / "hanparse.zip"
    package = Path(cli.__file__).parent.parent
    with zipfile.ZipFile(archive, "w") as file:
        for path in package.rglob("*"):
            if path.suffix in (".py", ".hex"):
                file.write(path, path.relative_to(package.parent))
    script = (
        "import importlib.metadata as metadata, sys\n"
        "def missing(name): raise metadata.PackageNotFoundError(name)\n"
        "metadata.Distribution.from_name = metadata.version = missing\n"
        f"sys.path.insert(0, {str(archive)!r})\n"
        "from hanparse.cli.main import main\n"
        "assert '.zip' in sys.modules['hanparse'].__file__\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    for arguments, says in ((["demo"], b"MA304H3E"), (["--version"], b"unknown"), (["report"], b"version unknown")):
        ended = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, input=KAIFA.data, check=False
        )
        assert (ended.returncode, says in ended.stdout) == (0, True), ended.stderr


def test_a_machine_without_time_zones_is_told_from_a_wrong_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def zone_error() -> str:
        with pytest.raises(SystemExit):
            main(["decode", "--timezone", "Europe/Oslo-by-the-fjord"])
        return capsys.readouterr().err

    assert "expected a time zone such as Europe/Oslo or +01:00, found 'Europe/Oslo-by-the-fjord'" in zone_error()
    try:
        zoneinfo.reset_tzpath([])
        monkeypatch.setitem(sys.modules, "tzdata", None)
        assert "pip install tzdata" in zone_error()
    finally:
        zoneinfo.reset_tzpath()


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

    monkeypatch.setattr("hanparse.cli.commands.demo.run", interrupt)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == ""


@posix
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("data", [b"", PUSH * 3])
def test_a_followed_array_is_closed_when_it_is_interrupted(tmp_path: Path, data: bytes, ending: signal.Signals) -> None:
    path = tmp_path / "growing.bin"
    path.write_bytes(data)
    pushes = len(data) // len(PUSH)
    command = [sys.executable, "-m", "hanparse", "decode", "--format", "json", "--follow", str(path)]
    # Without a buffer, because `communicate` does not return what `read` has put into one.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout
        begun = b""
        while not begun or begun.count(b'"received"') < pushes:  # now the command waits for the file to grow
            begun += process.stdout.read(1)
            assert process.poll() is None
        process.send_signal(ending)
        rest, error = process.communicate(timeout=SLOW)
    assert (process.returncode, error) == (130, b"")
    rows = json.loads(begun + rest)
    assert [row["active_power_import"] for row in rows] == [5852] * pushes
    assert all("received" in row for row in rows)


def test_a_code_or_a_word_is_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obis", "1-1:31.7.0", "5.9.0", "voltage"]) == 0
    shown = capsys.readouterr().out
    assert "1-1:31.7.0   current, L1 A -> current_l1" in shown
    assert "1-0:5.9.0    billing period" in shown
    assert "52.7.0       voltage, L2 (3-wire: L1-L3) V" in shown
    assert main(["obis", "nonsense"]) == 1


def test_what_people_read_comes_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "capture.bin"
    path.write_bytes(KAIFA.data + named("refused/wrong-fcs").data)
    assert main(["explain", "--format", "json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == explain(path.read_bytes()).to_dict()
    assert main(["diagnose", "--format", "json", str(path)]) == 0
    diagnosed = json.loads(capsys.readouterr().out)
    assert (diagnosed["stats"]["measurements"], diagnosed["stats"]["fcs_failures"]) == (1, 1)
    assert [set(one) for one in diagnosed["findings"]] == [{"kind", "message", "counts"}] * len(diagnosed["findings"])
    assert "FCS" in diagnosed["last_error"]
    assert main(["obis", "--format", "json", "1.7.0"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found == {
        "code": "1-0:1.7.0", "description": "active power import", "unit": "W", "field": "active_power_import",
    }  # fmt: skip


def test_of_a_large_capture_the_beginning_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanparse.cli.inputs.EXPLAINED", len(PUSH) * 2)
    path = tmp_path / "capture.bin"
    path.write_bytes(PUSH * 3)
    assert main(["explain", str(path)]) == 0
    shown = capsys.readouterr()
    assert "82 bytes: 2 frames" in shown.out
    assert "the first 82 bytes are explained" in shown.err
    path.write_bytes(PUSH * 2)
    assert main(["explain", str(path)]) == 0
    assert not capsys.readouterr().err


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
    assert "no fault was found" in capsys.readouterr().out
    path.write_bytes(named("refused/wrong-hcs").data)
    assert main(["diagnose", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "too few bytes to find a fault of the connection" in shown
    assert "HCS" in shown


def test_a_wire_is_diagnosed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wire"
    path.write_bytes(named("refused/ciphered-glo").data * 5)
    assert main(["diagnose", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "frames 5" in shown
    assert "* 5 pushes of KAM4500000017 are ciphered" in shown


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


def test_a_text_that_is_no_dump_is_reported_with_its_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.txt"
    path.write_text("no dump at all", "ascii")
    assert main(["report", str(path)]) == 0
    assert "a text was not read to its end: line 1, column 1: " in capsys.readouterr().out


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


def test_a_ciphered_push_is_opened_by_the_key_in_the_environment_and_no_message_shows_a_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (push, *_) = (file for file in folder("mbus") if file.name == "mbus/two-telegrams-sc30")
    path = tmp_path / "push.bin"
    path.write_bytes(push.data)
    monkeypatch.setenv("HANPARSE_KEY", push.options["key"])
    monkeypatch.setenv("HANPARSE_AUTH_KEY", push.options["auth_key"])
    assert main(["decode", "--format", "jsonl", str(path)]) == 0
    assert '"verified": true' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["decode", "--key", push.options["key"][:-2], str(path)])
    error = capsys.readouterr().err
    assert "--key" in error
    assert push.options["key"][:-2] not in error


KEY = "00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF".replace(" ", "")
LOGIN = "mqtt://me:s3/cr/t@host/x?token=s3cr3t"


@pytest.mark.parametrize(
    "arguments",
    [
        ["decode", "x", f"--authkey={KEY}"],
        ["decode", "x", "--auth-keys", KEY],
        ["decode", "--key", f"@{KEY}", "x"],
        ["decode", "--ct", KEY, "x"],
        ["decode", "--columns", KEY, "x"],
        ["--key", KEY, "decode", "x"],
        ["simulate", "kaifa", "-", "--key", KEY],
        ["simulate", KEY, "-"],
        ["simulate", "kaifa", "-", "--list", KEY],
        ["probe", "x", KEY],
        ["watch", "x", LOGIN],
        ["probe", "x", LOGIN],
        [LOGIN],
        ["bridge", "--silence", LOGIN],
    ],
)
def test_an_argument_in_a_wrong_place_is_refused_without_the_key_or_password_in_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "error: " in error
    assert not any(secret in error for secret in (KEY[:8], KEY[-8:], "s3", "cr/"))


def test_a_key_or_a_url_in_place_of_a_file_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", KEY, LOGIN]) == 2
    error = capsys.readouterr().err
    assert error.count("<hidden>") >= 2
    assert not any(secret in error for secret in (KEY[:8], KEY[-8:], "s3", "cr/"))


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--auth-key", "0" * 32], "give key="), (["--system-title", "XYZ"], "expected a system title")],
)
def test_keys_that_do_not_fit_together_are_wrong_use(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("decode", "explain", "diagnose", "report"):
        with pytest.raises(SystemExit) as ended:
            main([command, *options, "no-such-file"])
        assert ended.value.code == 2
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["HANPARSE_KEY", "HANPARSE_AUTH_KEY"])
@pytest.mark.parametrize("command", ["decode", "explain", "diagnose", "report"])
def test_a_bad_key_in_the_environment_is_blamed_on_its_variable(
    variable: str, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = "0123456789ABCDEF0123456789ABCDEO"
    for name in ("HANPARSE_KEY", "HANPARSE_AUTH_KEY"):
        monkeypatch.setenv(name, digits if name == variable else "00" * 16)
    with pytest.raises(SystemExit) as ended:
        main([command, "no-such-file"])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert f"environment variable {variable}: character 32 of the key is the letter O" in error
    assert "argument --" not in error
    assert digits not in error
    monkeypatch.setenv(variable, "00" * 16)
    option = "--" + variable.removeprefix("HANPARSE_").lower().replace("_", "-")
    with pytest.raises(SystemExit):
        main([command, option, digits, "no-such-file"])
    assert f"argument {option}: character 32" in capsys.readouterr().err


def test_a_key_is_read_from_a_file_and_no_message_shows_what_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (push, *_) = (file for file in folder("ciphered") if file.name == "ciphered/hdlc-sc30")
    path, key = tmp_path / "push.bin", tmp_path / "key.txt"
    path.write_bytes(push.data)
    key.write_text(push.options["key"] + "\n", "ascii")
    assert main(["decode", "--format", "json", "--key", f"@{key}", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)[0]["active_power_import"] == push.expect["active_power_import"]  # type: ignore[index]
    digits = "0123456789ABCDEF0123456789ABCDEO"
    key.write_text(digits, "ascii")
    binary = tmp_path / "key.bin"
    binary.write_bytes(bytes(range(240, 256)))
    for name, reason in (
        (key, "character 32"),
        (binary, "expected the hex digits"),
        (tmp_path / "none", "No such file"),
    ):
        with pytest.raises(SystemExit):
            main(["decode", "--key", f"@{name}", str(path)])
        error = capsys.readouterr().err
        assert reason in error
        assert digits not in error


@pytest.mark.parametrize("follow", [[], ["--follow"]])
def test_decode_names_the_line_of_a_sound_frame_whose_content_cannot_be_decoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], follow: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, cut = named("kaifa/list1-no").data, sealed(bytes.fromhex("E6E7000F00000000000201 06 00"))
    log = "".join(f"12:00:{at:02} RX {sent.hex(' ')}\n" for at, sent in enumerate((frame, cut, frame)))
    monkeypatch.setattr("hanparse.cli.follow.Tail.can_end", True)
    path = tmp_path / "log.txt"
    path.write_text(f"the meter\n{log}")
    assert main(["decode", "--format", "jsonl", *follow, str(path)]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 2
    at = len("12:00:01 RX ") + 3 * cut.index(bytes.fromhex("06 00")) + 1
    assert f"(line 3, column {at}): the bytes end inside the double-long-unsigned" in shown.err


def test_decode_names_the_damage_in_a_file_of_which_the_rest_was_decoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = named("kaifa/list1-no").data
    path = tmp_path / "capture.bin"
    path.write_bytes(frame + frame[:30] + bytes([frame[30] ^ 1]) + frame[31:] + frame)
    assert main(["decode", "--format", "jsonl", str(path)]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 2
    assert "not everything was decoded: 1 error: byte" in shown.err
    assert "FCS" in shown.err
    path.write_bytes(b"noise" + frame[5:] + frame)
    assert main(["decode", "--format", "jsonl", str(path)]) == 0
    assert capsys.readouterr().err == ""


def test_explain_shows_a_frame_with_masked_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = named("kaifa/list1-no").data.hex(" ").split()
    path = tmp_path / "dump.txt"
    path.write_text(" ".join([*digits[:30], "XX", *digits[31:]]), "ascii")
    main(["explain", str(path)])
    assert "1 of" in (shown := capsys.readouterr().out)
    assert "masked" in shown


def test_diagnose_and_report_take_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (push, *_) = (file for file in folder("ciphered") if file.name == "ciphered/hdlc-sc30")
    path = tmp_path / "push.bin"
    path.write_bytes(push.data)
    keys = ["--key", push.options["key"], "--auth-key", push.options["auth_key"]]
    assert main(["diagnose", str(path)]) == 1
    assert "no key was given" in capsys.readouterr().out
    assert main(["diagnose", *keys, str(path)]) == 0
    assert "measurements 1" in capsys.readouterr().out
    assert main(["report", *keys, str(path)]) == 0
    report = capsys.readouterr().out
    assert "measurements 1" in report
    assert "1484" not in report
    assert main(["report", *keys, "--with-plaintext", str(path)]) == 0
    assert "1484" in capsys.readouterr().out


def test_an_empty_key_in_the_environment_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "push.bin"
    path.write_bytes(named("kaifa/list1-no").data)
    monkeypatch.setenv("HANPARSE_KEY", "")
    assert main(["decode", str(path)]) == 0
