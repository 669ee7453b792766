"""What may be given on the command line, and what is refused with a sentence that says how to write it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hanparse import Scale
from hanparse.cli.main import given


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        given(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_one_number_as_ratio_is_refused_with_the_words_of_scale(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="write 5:1 if the factor is 5") as why:
        Scale.ct("5")
    for command in ("decode", "explain"):
        assert str(why.value) in refusal(capsys, command, "--ct", "5")
    assert given(["decode", "--ct", "5:1"]).ct == Scale.ct(5)
    assert given(["decode", "--ct", "100:5"]).ct == Scale.ct(20)


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 0), ("+01:00", 1), ("-0330", -3.5), ("+00:00", 0), ("Europe/Oslo", 2)]
)
def test_a_time_zone_is_a_name_or_an_offset(zone: str, hours: float) -> None:
    summer = datetime(2024, 7, 1, tzinfo=UTC)
    found = given(["decode", f"--timezone={zone}"]).timezone
    assert found.utcoffset(summer) == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["1", "+1", "+24:00", "+01:60", "Oslo", "", "/etc/passwd", "١"])
def test_what_is_no_time_zone_is_refused(zone: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "expected a time zone such as Europe/Oslo or +01:00" in refusal(capsys, "decode", f"--timezone={zone}")


def test_every_option_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("decode", "explain", "obis", "diagnose", "report"):
        with pytest.raises(SystemExit, match="0"):
            given([command, "--help"])
        lines = capsys.readouterr().out.splitlines()
        options = [at for at, line in enumerate(lines) if line.startswith("  -")]
        for at in options:
            words = lines[at].strip().partition("  ")[2] or lines[at + 1].strip()
            assert len(words.split()) > 2, lines[at]
