"""What may be given on the command line, and what is refused with a sentence that says how to write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from hanparse import Scale
from hanparse.cli.console import DECODED, INTERRUPTED, NOTHING, WRONG
from hanparse.cli.keys import variable
from hanparse.cli.main import COMMANDS, parsed


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        parsed(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_one_number_as_ratio_is_refused_with_the_words_of_scale(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="write 5:1 if the factor is 5") as why:
        Scale.ct("5")
    for command in ("decode", "explain"):
        assert str(why.value) in refusal(capsys, command, "--ct", "5")
    assert parsed(["decode", "--ct", "5:1"]).ct == Scale.ct(5)
    assert parsed(["decode", "--ct", "100:5"]).ct == Scale.ct(20)


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 0), ("+01:00", 1), ("-0330", -3.5), ("+00:00", 0), ("Europe/Oslo", 2)]
)
def test_a_time_zone_is_a_name_or_an_offset(zone: str, hours: float) -> None:
    summer = datetime(2024, 7, 1, tzinfo=UTC)
    found = parsed(["decode", f"--timezone={zone}"]).timezone
    assert found.utcoffset(summer) == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["1", "+1", "+24:00", "+01:60", "Oslo", "", "/etc/passwd", "١"])
def test_what_is_no_time_zone_is_refused(zone: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "expected a time zone such as Europe/Oslo or +01:00" in refusal(capsys, "decode", f"--timezone={zone}")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_explains_every_option_gives_an_example_and_fits_80_columns(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        parsed([command, "--help"])
    text = capsys.readouterr().out
    lines = text.splitlines()
    options = [at for at, line in enumerate(lines) if line.startswith("  -")]
    for at in options:
        words = lines[at].strip().partition("  ")[2] or lines[at + 1].strip()
        assert len(words.split()) > 2, lines[at]
    assert [line for line in lines if len(line) > 80] == []
    examples = re.findall(r"hanparse (\w+)", text.rpartition("example")[2])
    assert command in examples
    assert {*examples} <= COMMANDS.keys()


def test_the_help_without_a_command_has_the_commands_examples_variables_and_exit_statuses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        parsed([])
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert {*re.findall(r"^    (\w+)", text, re.MULTILINE)} == {*COMMANDS}
    names = ("key", "auth_key", "source", "sink", "ct", "timezone")
    assert {*re.findall(r"HANPARSE_[A-Z_]+", text)} == {variable(name) for name in names}
    statuses = re.findall(r"^  (\d+) ", text.partition("exit status:")[2], re.MULTILINE)
    assert statuses == [str(status) for status in (DECODED, NOTHING, WRONG, INTERRUPTED)]
