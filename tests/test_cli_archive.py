"""The command `hanparse archive`: what it writes, what it reports, and its exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("numpy")
pytest.importorskip("pyarrow")

import pyarrow.parquet as pq
from framefiles import named

from hanparse import archive
from hanparse.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

PUSHES = named("kaifa/list2-ma304h4-tn").data * 20


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    (tmp_path / "good.bin").write_bytes(PUSHES)
    (tmp_path / "other.bin").write_bytes(PUSHES[: len(PUSHES) // 2])
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_captures_become_parquet_and_totals(captures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = captures / "out"
    assert main(["archive", str(captures / "good.bin"), str(captures / "other.bin"), "-o", str(out)]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"30 pushes from 2 of 2 files are in {out}\n"
    assert "good.bin: 20 pushes" in shown.err
    assert pq.read_table(out)["active_power_import"].to_pylist() == [
        row["active_power_import"] for name in ("good.bin", "other.bin")
        for batch in archive.batches(captures / name) for row in batch.to_pylist()
    ]  # fmt: skip


def test_bad_files_are_named_with_their_reasons_and_the_others_are_archived(
    captures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(captures / name) for name in ("missing.bin", "folder", "noise.bin", "good.bin")]
    assert main(["archive", *names, "--output", str(captures / "out")]) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0].startswith("20 pushes from 1 of 4 files are in ")
    assert shown.out.splitlines()[1:] == [f"no push from {name}" for name in names[:3]]
    for name, reason in zip(
        names, ("No such file", "Is a directory", "nothing was decoded in 256 bytes"), strict=False
    ):
        assert any(name in line and reason in line for line in shown.err.splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="the names of files are texts")
def test_a_name_that_is_not_utf_8_is_archived_with_escaped_bytes(
    captures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, out = os.fsdecode(b"m\xe5ler.bin"), captures / os.fsdecode(b"\xe5r")
    (captures / name).write_bytes(PUSHES)
    assert main(["archive", str(captures / name), str(captures / "good.bin"), "-o", str(out)]) == 0
    assert "40 pushes from 2 of 2 files" in capsys.readouterr().out
    assert {path.name.rpartition("-")[0][:-9] for path in out.rglob("*.parquet")} == {"m\\xe5ler.bin", "good.bin"}
    (table,) = archive.batches(captures / name)
    assert {str(captures / "m\\xe5ler.bin")} == {*table["source"].to_pylist()}


def test_a_capture_without_a_push_gives_status_1(captures: Path) -> None:
    assert main(["archive", str(captures / "noise.bin"), "-o", str(captures / "out")]) == 1


def test_a_directory_that_cannot_be_made_is_no_fault_of_a_capture(
    captures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["archive", str(captures / "good.bin"), "-o", str(captures / "noise.bin" / "out")]) == 1
    assert "good.bin" not in capsys.readouterr().err


def test_options_are_those_of_the_decoder(captures: Path) -> None:
    out = captures / "out"
    assert main(["archive", str(captures / "good.bin"), "-o", str(out), "--ct", "100:5", "--timezone", "UTC"]) == 0
    row = pq.read_table(out).to_pylist()[0]
    once = next(iter(archive.batches(PUSHES))).to_pylist()[0]
    assert row["active_power_import"] == once["active_power_import"] * 20
    assert row["timestamp"].replace(tzinfo=None) == row["timestamp_local"] == once["timestamp_local"]
