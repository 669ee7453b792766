"""One JSON object per push, into a file and to standard output, without holding up the program."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from updates import driven, updates_of

from hanparse.sinks.jsonlines import JsonLines, write
from hanparse.sinks.outlet import Outlet
from hanparse.sinks.target import parse

if TYPE_CHECKING:
    from collections.abc import Callable
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


def full_disk(space: int) -> Callable[[int, memoryview], int]:
    """A write to a disk that has space for this number of bytes, and for everything after the first error."""
    real, left = os.write, [space]

    def limited(number: int, data: memoryview) -> int:
        if not left:
            return real(number, data)
        if not left[0]:
            left.clear()
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(number, data[: left[0]])
        left[0] -= written
        return written

    return limited


@pytest.mark.parametrize("is_standard_output", [False, True])
@pytest.mark.parametrize("mode", ["a", "r+"])
@pytest.mark.parametrize("space", [0, 1, 100, 1000])
def test_a_write_that_fails_leaves_no_part_of_a_line(
    space: int, mode: str, *, is_standard_output: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, updates = tmp_path / "x.jsonl", updates_of("kamstrup", 8)
    path.write_text("{}\n", "ascii")
    with path.open(mode) as file:
        file.seek(0, os.SEEK_END)
        if is_standard_output:
            monkeypatch.setattr(sys, "stdout", file)
        monkeypatch.setattr(os, "write", full_disk(space))
        _, log = driven(JsonLines(parse("-" if is_standard_output else f"file://{path}")), updates)
    assert len(log) == 2
    assert "No space left on device" in log[0]
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert lines[1:] == [one.document() | {"meter": "5706567000000000"} for one in updates]


def test_the_lines_of_another_program_are_never_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "x.jsonl", os.write
    results = iter([3, None])

    def with_another(number: int, data: memoryview) -> int:
        if (size := next(results)) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(number, data[:size])
        with path.open("ab") as other:
            other.write(b"line of another program\n")
        return written

    monkeypatch.setattr(os, "write", with_another)
    with pytest.raises(OSError, match="No space left"):
        write(str(path), b"{}{}\n")
    assert b"line of another program\n" in path.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes that do not block")
def test_a_pipe_that_does_not_block_gets_every_byte_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    data = b"".join(b"%d\n" % number for number in range(100_000))  # more than the buffer of a pipe
    monkeypatch.setattr(sys, "stdout", os.fdopen(writing, "w"))
    thread = threading.Thread(target=write, args=("-", data))
    thread.start()
    with os.fdopen(reading, "rb") as file:
        found = file.read(len(data))
    thread.join(60)
    sys.stdout.close()
    assert found == data


def test_closed_standard_output_is_an_error_of_this_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OSError, match="standard output is closed"):
        write("-", b"{}\n")
