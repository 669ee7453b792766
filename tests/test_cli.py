from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest

from hanparse import decode
from hanparse.cli import main


def test_the_demo_decodes_one_push_of_each_maker(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert [shown.count(f"manufacturer             {maker}") for maker in ("Aidon", "Kaifa", "Kamstrup")] == [1, 1, 1]
    assert "active_power_import      4904 W" in shown  # 06 00 00 13 28 in the Kaifa push
    assert "voltage_l2 " in shown.partition("Kaifa")[0]
    assert "voltage_l2 " not in shown.partition("Kaifa")[2]  # not measured by the Kaifa, one phase in the Kamstrup


def test_the_pushes_of_the_demo_are_whole_frames() -> None:
    for name in ("aidon", "kaifa", "kamstrup"):
        dump = files("hanparse").joinpath("demo", f"{name}.hex").read_text("ascii")
        assert decode(dump).meter_id


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "hanparse", "demo"]
    assert b"MA304H3E" in subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.parametrize("arguments", [[], ["dance"], ["demo", "--fast"]])
def test_wrong_use_exits_with_2_and_says_so_on_standard_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: hanparse" in capsys.readouterr().err
