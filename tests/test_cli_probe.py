"""The command `hanparse probe`, at a pseudo terminal and at ports that cannot be read."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from test_cli_simulate import simulated

from hanparse.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("serialx", reason="the extra serial is not installed")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")


@posix
def test_the_url_of_the_port_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with simulated("kaifa", "pty", "--speed", "50") as (_, path):
        for port in (path, f"serial://{path}"):
            assert main(["probe", port]) == 0
            found = capsys.readouterr()
            # a pseudo terminal has no parity; opening it with parity E fails on some systems
            assert re.fullmatch(rf"serial://{path}\?baud=2400&parity=[EN]\n", found.out)
            assert re.search(r"2400 8[EN]1: a push of Kaifa was decoded", found.err)


@posix
def test_a_silent_port_is_status_1_with_the_reason_for_each_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with simulated("kaifa", "pty", "--mute", "0") as (_, path):
        assert main(["probe", path, "--wait", "0.05"]) == 1
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.count("0 bytes, no measurement: ") == 5
    assert "no setting gave a measurement" in found.err


def test_a_port_that_does_not_exist_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", str(tmp_path / "ttyUSB7")]) == 1
    assert "ttyUSB7" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tcp://host:1"], "expected a serial port, found the scheme 'tcp'"),
        (["/dev/ttyUSB0", "--wait", "0"], "expected a --wait above 0 s"),
        (["/dev/ttyUSB0", "--key", "12"], "key"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["probe", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
