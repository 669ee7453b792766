"""Messages to systemd, and the file that keeps the state."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from hanparse.cli.service import StateFile, notify, watchdog_period

if TYPE_CHECKING:
    from pathlib import Path

needs_unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="systemd is on systems with sockets of Unix")


@needs_unix
@pytest.mark.parametrize("is_abstract", [False, True])
def test_a_state_is_one_datagram(*, is_abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = f"notify-{os.getpid()}"  # relative, because the path of a socket has about 100 bytes at most
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + path if is_abstract else path)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + path if is_abstract else path)
        notify("READY=1")
        assert systemd.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", [None, "", "/does/not/exist"])
def test_without_systemd_nothing_happens(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if address is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


@pytest.mark.parametrize(("text", "period"), [("120000000", 60.0), ("0", None), ("", None), ("x", None)])
def test_a_sign_of_life_is_sent_in_half_the_time(
    text: str, period: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", text)
    assert watchdog_period() == period


def test_a_state_is_read_as_it_was_saved_and_no_other_file_is_left(tmp_path: Path) -> None:
    file = StateFile(str(tmp_path / "state.json"))
    assert file.load() is None
    file.save({"a": 1})
    file.save({"a": 2})
    assert file.load() == {"a": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_file_that_is_no_state_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state.json").write_text("{", "ascii")
    assert StateFile(str(tmp_path / "state.json")).load() is None
    assert "starts without the saved state" in capsys.readouterr().err


def test_a_folder_that_is_missing_is_reported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = StateFile(str(tmp_path / "none" / "state.json"))
    file.save({})
    file.save({})
    assert capsys.readouterr().err.count("the state is not saved") == 1
    (tmp_path / "none").mkdir()
    file.save({})
    assert json.loads((tmp_path / "none" / "state.json").read_text("ascii")) == {}


@pytest.mark.parametrize("path", ["", ".", "..", "/", *([] if sys.platform == "win32" else [os.devnull])])
def test_a_path_that_is_no_file_is_refused_at_the_start(path: str) -> None:
    with pytest.raises(ValueError, match="expected the path of a file after --state"):
        StateFile(path)


@pytest.mark.parametrize("path", ["state\0.json", "x" * 1000])
def test_a_path_that_the_system_refuses_is_reported_like_any_failed_write(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = StateFile(path)
    assert file.load() is None
    file.save({})
    assert "the state is not saved" in capsys.readouterr().err


def test_the_new_state_is_on_the_disk_before_it_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, sync, found = StateFile(str(tmp_path / "state.json")), os.fsync, []
    file.save({"a": 1})

    def look(number: int) -> None:
        sync(number)
        found.append({path.name: json.loads(path.read_text("ascii")) for path in tmp_path.iterdir()})

    monkeypatch.setattr(os, "fsync", look)
    file.save({"a": 2})
    assert found == [{"state.json": {"a": 1}, "state.json.new": {"a": 2}}]


def test_without_a_path_nothing_is_kept() -> None:
    StateFile(None).save({})
    assert StateFile(None).load() is None
