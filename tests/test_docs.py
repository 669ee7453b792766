"""What the documents show is what happens."""

from __future__ import annotations

import doctest
import re
import shlex
from inspect import ismodule
from pathlib import Path

import pytest
from framefiles import named
from scripts import ROOT, script

import hanparse
from hanparse.cli import main

PAGES = [
    "README.md",
    *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md") if ">>> " in page.read_text("utf-8")),
]


@pytest.mark.parametrize("page", PAGES)
def test_every_transcript_runs_as_shown(page: str) -> None:
    failed, tried = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tried > 0
    assert failed == 0


def test_the_picture_of_the_house_is_that_of_the_code() -> None:
    house = script("tools/draw_house.py")
    assert house.draw() == (ROOT / "docs" / "house.svg").read_text("utf-8"), "run python tools/draw_house.py"


def test_every_command_of_the_dump_page_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("push.txt").write_text(named("kaifa/list1-no").data.hex(" "), "ascii")
    (session,) = re.findall(r"```console\n(\$ .*?)```", (ROOT / "docs" / "dump.md").read_text("utf-8"), re.DOTALL)
    for shown in session.split("$ hanparse ")[1:]:
        command, _, output = shown.partition("\n")
        assert main(shlex.split(command)) == 0
        assert capsys.readouterr().out == output


def test_the_two_commands_of_the_readme_stand_in_console_blocks() -> None:
    blocks = re.findall(r"^```console\n(.*?)\n```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    assert all("\n" not in block for block in blocks)


def test_public_names_are_those_of_the_package_and_no_others() -> None:
    there = {name for name, value in vars(hanparse).items() if not name.startswith("_") and not ismodule(value)}
    assert set(hanparse.__all__) == there - {"Any", "TYPE_CHECKING"} | {
        "explain",
        "Explanation",
        "Fault",
    }  # these come late
    assert all(getattr(hanparse, name) for name in hanparse.__all__)
    assert sorted(hanparse.__all__) == hanparse.__all__
    with pytest.raises(AttributeError, match="has no attribute 'explian'"):
        hanparse.explian  # noqa: B018
