"""One JSON object per push, into a file and to standard output, without holding up the program."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from updates import driven, updates_of

from hanparse.sinks.jsonlines import JsonLines
from hanparse.sinks.outlet import Outlet
from hanparse.sinks.target import parse

if TYPE_CHECKING:
    from pathlib import Path


def test_every_push_is_a_line_at_the_end_of_the_file(tmp_path: Path) -> None:
    path, updates = tmp_path / "x.jsonl", updates_of("kamstrup", 4)
    path.write_text("{}\n")
    driven(JsonLines(parse(f"file://{path}")), updates)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert lines[1:] == [one.document() | {"meter": "5706567000000000"} for one in updates]
    assert lines[1]["received"] == "2026-01-15T12:00:00+00:00"


def test_a_program_that_replaced_standard_output_gets_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    driven(JsonLines(parse("-")), updates_of("kamstrup", 2))
    assert [json.loads(line)["manufacturer"] for line in capsys.readouterr().out.splitlines()] == ["Kamstrup"] * 2


def test_a_file_that_cannot_be_written_is_an_error_of_this_sink(tmp_path: Path) -> None:
    sink = JsonLines(parse(f"file://{tmp_path}/none/x.jsonl"))
    outlet = Outlet("sink", sink, print)
    outlet.put(updates_of("kamstrup", 1)[0])
    with pytest.raises(FileNotFoundError):
        asyncio.run(sink(outlet))
