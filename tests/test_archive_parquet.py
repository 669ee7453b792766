"""Captures become Parquet files by meter and day, the same ones each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("numpy")
pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq
from framefiles import named, sealed

from hanparse import archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KAIFA = named("kaifa/list1-no").data
"""A push with a clock, 2019-02-04, and no number."""
NUMBERED = named("kaifa/list2-ma304h4-tn")
AIDON = named("aidon/list1-no").data
"""A push with neither."""


def files(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_rows_are_in_the_directory_of_their_meter_and_day(tmp_path: Path) -> None:
    capture, out = tmp_path / "a.bin", tmp_path / "out"
    capture.write_bytes(AIDON + KAIFA + NUMBERED.data + AIDON)
    assert archive.convert(capture, out) == 4
    assert NUMBERED.expect is not None
    meter, day = NUMBERED.expect["meter_id"], str(NUMBERED.expect["timestamp"])[:10]
    folders = {path.parent.relative_to(out).as_posix(): pq.read_table(path) for path in out.rglob("*.parquet")}
    assert set(folders) == {f"meter={meter}/day=2019-02-04", f"meter={meter}/day={day}"}
    assert [table.num_rows for table in folders.values()] == [2, 2]
    read = pq.read_table(out, partitioning=None)
    assert sorted(read["position"].to_pylist()) == [
        0, len(AIDON), len(AIDON + KAIFA), len(AIDON + KAIFA + NUMBERED.data)
    ]  # fmt: skip


def test_a_second_call_gives_the_same_files_and_a_shorter_capture_leaves_none_of_the_earlier(tmp_path: Path) -> None:
    capture, out = tmp_path / "a.bin", tmp_path / "out"
    capture.write_bytes(KAIFA * 50 + NUMBERED.data * 20)
    archive.convert(capture, out)
    first = files(out)
    assert len(first) == 2
    archive.convert(capture, out)
    assert files(out) == first
    capture.write_bytes(KAIFA)
    assert archive.convert(capture, out) == 1
    assert len(files(out)) == 1


def test_captures_of_the_same_name_do_not_replace_each_other(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "capture.bin").write_bytes(KAIFA)
        archive.convert(tmp_path / folder / "capture.bin", tmp_path / "out")
    assert pq.read_table(tmp_path / "out").num_rows == 2


def test_an_interrupted_call_leaves_the_files_of_the_call_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture, out = tmp_path / "a.bin", tmp_path / "out"
    capture.write_bytes(KAIFA * 3)
    archive.convert(capture, out)
    before = files(out)
    capture.write_bytes(KAIFA * 9)
    some = [*archive.batches(KAIFA)]

    def interrupted(*_arguments: object) -> Iterator[pa.RecordBatch]:
        yield from some
        raise KeyboardInterrupt

    monkeypatch.setattr(archive.Batches, "__iter__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        archive.convert(capture, out)
    assert files(out) == before


def test_a_capture_without_a_push_gives_no_file_and_a_missing_one_an_error(tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 9)
    assert archive.convert(tmp_path / "noise.bin", tmp_path / "out") == 0
    with pytest.raises(FileNotFoundError):
        archive.convert(tmp_path / "missing.bin", tmp_path / "out")
    assert files(tmp_path / "out") == {}


@pytest.mark.parametrize("number", ["../../../etc/x.1", "a/b=c%d e", "." * 16, "~/$HOME;`id`", "x" * 16])
def test_a_forged_number_of_a_meter_leaves_the_directory_never(number: str, tmp_path: Path) -> None:
    sent = NUMBERED.apdu
    at = sent.index(b"\x09\x10") + 2
    forged = sent[:at] + number.encode().ljust(16)[:16] + sent[at + 16 :]
    (tmp_path / "a.bin").write_bytes(sealed(b"\xe6\xe7\x00" + forged))
    assert archive.convert(tmp_path / "a.bin", tmp_path / "out") == 1
    (file,) = files(tmp_path / "out")
    assert file.count("/") == 2
    assert {path.name for path in tmp_path.iterdir()} == {"a.bin", "out"}
