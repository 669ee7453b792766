"""The files of a command are read one after the other; one that cannot be read keeps no other back."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, BinaryIO

import pytest
from framefiles import named

from hanparse.cli.inputs import Inputs, first, is_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUSH = named("kaifa/list1-no").data


def content(name: str, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    yield name, file.read()


def test_every_file_is_read_and_what_cannot_be_is_named_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, missing = tmp_path / "good", tmp_path / "missing"
    good.write_bytes(PUSH)
    inputs = Inputs([str(missing), str(good), str(good)])
    assert not inputs.is_unreadable
    assert list(inputs.each(content)) == [(str(good), PUSH)] * 2
    assert inputs.is_unreadable
    assert capsys.readouterr().err == f"hanparse: {missing}: No such file or directory\n"


def test_a_measurement_comes_with_the_name_of_its_file(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        path.write_bytes(PUSH * 2)
    found = list(Inputs([*map(str, paths)]).measurements({}))
    assert [(name, one.active_power_import, one.received) for name, one in found] == [
        (str(path), 5852, None) for path in paths for _ in range(2)
    ]


@pytest.mark.parametrize("others", [b"", PUSH])
@pytest.mark.parametrize("is_dump", [True, False])
def test_a_wrong_fcs_is_printed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], others: bytes, *, is_dump: bool
) -> None:
    damaged = PUSH[:-2] + bytes([PUSH[-2] ^ 1]) + PUSH[-1:]  # the last byte before the flag belongs to the FCS
    path = tmp_path / "capture"
    data = damaged + others
    path.write_bytes(data.hex(" ").encode() if is_dump else data)
    list(Inputs([str(path)]).measurements({}))
    assert capsys.readouterr().err.count("FCS") == 1


def test_a_fault_of_what_reads_is_not_one_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "good"
    path.write_bytes(PUSH)
    inputs = Inputs([str(path)])

    def write_all() -> None:
        for _ in inputs.each(content):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_all()
    assert not inputs.is_unreadable


@pytest.mark.skipif(sys.platform == "win32", reason="devices have names of their own there")
def test_a_port_is_a_device_that_gives_bytes(tmp_path: Path) -> None:
    leader, follower = os.openpty()
    try:
        assert is_port(os.ttyname(follower))
    finally:
        os.close(leader)
        os.close(follower)
    assert not any(map(is_port, ("-", str(tmp_path), str(tmp_path / "missing"), "a\0b")))


def test_the_beginning_of_a_file_is_cut_at_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hanparse.cli.inputs.EXPLAINED", 5)
    notes: list[str] = []
    assert first(iter([b"abc", b"defg"]), notes.append) == b"abcde"
    assert len(notes) == 1
    assert first(iter([b"abc", b"de"]), pytest.fail) == b"abcde"
