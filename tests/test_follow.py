"""A followed file is read to its last byte, whatever becomes of it: it grows, is cut off, written anew, replaced."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from framefiles import named
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanparse.cli.follow import POLL, Restarted, Tail, measurements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hanparse import Measurement

PUSH = named("kaifa/list1-no").data
OTHER = named("aidon/list1-no").data
LINE = PUSH.hex().upper().encode() + b"\n"
OTHER_LINE = OTHER.hex(" ").encode() + b"\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")


class EndError(Exception):
    """No more happens to the file."""


def follow(path: Path, *steps: Callable[[Path], object]) -> tuple[list[Measurement], list[str]]:
    """What is decoded, and what is named, when each step happens to the file while nothing comes."""
    notes: list[str] = []
    coming = iter(steps)

    def wait(seconds: float) -> None:
        assert seconds == POLL
        step = next(coming, None)
        if step is None:
            raise EndError
        step(path)

    found: list[Measurement] = []
    with Tail.of(path) as tail:
        reading: Iterator[Measurement] = measurements(tail, notes.append, wait=wait)
        with pytest.raises(EndError):
            found.extend(reading)
    return found, notes


def appended(data: bytes) -> Callable[[Path], object]:
    def step(path: Path) -> None:
        with path.open("ab") as file:
            file.write(data)

    return step


def written_anew(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def replaced(data: bytes) -> Callable[[Path], object]:
    def step(path: Path) -> None:
        path.rename(path.with_suffix(".1"))
        path.write_bytes(data)

    return step


def nothing(_path: Path) -> None:
    pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "han.log"
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize("data", [PUSH, LINE], ids=["bytes", "text"])
def test_a_file_is_followed_byte_by_byte(path: Path, data: bytes) -> None:
    found, notes = follow(path, *[appended(bytes([byte])) for byte in data * 2])
    assert [one.active_power_import for one in found] == [5852, 5852]
    assert notes == []


def test_a_line_without_a_dump_is_named_and_the_next_is_read(path: Path) -> None:
    path.write_bytes(LINE)
    found, notes = follow(path, appended(b"wifi reconnected\n"), nothing, appended(LINE))
    assert len(found) == 2
    assert len(notes) == 1
    assert notes[0].startswith("line 2 passed over: ")
    assert "wifi" in notes[0]


def test_a_push_is_received_when_the_bytes_that_complete_it_come(path: Path) -> None:
    times = [datetime(2024, 1, 15, 12, 0, second, tzinfo=UTC) for second in range(9)]
    clock, path_parts = iter(times), (PUSH, PUSH[:20], PUSH[20:])
    steps = iter([appended(part) for part in path_parts])

    def wait(_seconds: float) -> None:
        step = next(steps, None)
        if step is None:
            raise EndError
        step(path)

    with Tail.of(path) as tail:
        reading = measurements(tail, print, wait=wait, clock=lambda: next(clock))
        assert [next(reading).received, next(reading).received] == [times[0], times[2]]
        with pytest.raises(EndError):
            next(reading)


@pytest.mark.parametrize("digit", [0, 2, 3, 40, len(LINE) - 2])
@pytest.mark.parametrize("wrong", [b"O", b"x", b" ", b"8"])
def test_a_mistyped_byte_costs_one_push_that_is_named(path: Path, digit: int, wrong: bytes) -> None:
    mistyped = LINE[:digit] + wrong + LINE[digit + 1 :]
    found, notes = follow(path, appended(LINE + mistyped + LINE), appended(mistyped), appended(LINE))
    assert len(found) >= 3
    assert notes or len(found) == 5  # a blank between two bytes is no mistake
    assert all(one.active_power_import == 5852 for one in found)


@pytest.mark.parametrize("size", [0, 1, 50, 5000])
def test_a_file_that_is_cut_off_or_written_anew_is_read_from_its_beginning(path: Path, size: int) -> None:
    path.write_bytes(LINE * 3)
    new = OTHER_LINE * (size // len(OTHER_LINE) + 1)
    for steps in (
        (written_anew(b""), written_anew(new)),
        (written_anew(new),),
        (lambda p: os.truncate(p, 0), appended(new)),
    ):
        path.write_bytes(LINE * 3)
        found, notes = follow(path, *steps)
        assert [one.manufacturer for one in found[3:]] == [decoded.manufacturer for decoded in found[3:4]] * len(
            found[3:]
        )
        assert len(found) == 3 + new.count(b"\n")
        assert notes == ["was truncated or rewritten, and is read from its beginning"]


def test_a_file_may_become_another_kind(path: Path) -> None:
    path.write_bytes(LINE)
    found, notes = follow(path, written_anew(b""), appended(OTHER * 2), written_anew(b""), appended(LINE))
    assert len(found) == 4
    assert len(notes) == 2


def test_what_a_frame_lacks_when_its_file_is_cut_off_is_not_sought_in_the_new_one(path: Path) -> None:
    path.write_bytes(PUSH + PUSH[:30])
    found, notes = follow(path, written_anew(b""), appended(OTHER))
    assert len(found) == 2
    assert any("missing" in note or "ends" in note or "byte" in note for note in notes)


@posix
def test_a_file_that_takes_its_place_is_read_when_the_old_one_is_read_to_its_end(path: Path) -> None:
    path.write_bytes(LINE)

    def rotate(at: Path) -> None:
        appended(LINE)(at)  # the last words, which nobody has read yet
        replaced(OTHER_LINE * 2)(at)

    found, notes = follow(path, rotate, appended(OTHER_LINE))
    assert [one.active_power_import == 5852 for one in found] == [True, True, False, False, False]
    assert notes == ["was replaced by another file, which is read from its beginning"]


@posix
def test_a_file_that_was_moved_away_is_read_until_another_comes(path: Path) -> None:
    path.write_bytes(LINE)
    moved = path.with_suffix(".1")
    found, notes = follow(
        path,
        lambda at: at.rename(moved),
        lambda _at: appended(LINE)(moved),
        nothing,
        written_anew(OTHER_LINE),
        lambda at: at.unlink(),
        nothing,
        written_anew(OTHER_LINE),
    )
    assert len(found) == 4
    assert len(notes) == 2


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_cannot_be_read_yet_is_waited_for(path: Path) -> None:
    path.write_bytes(LINE)

    def locked(at: Path) -> None:
        replaced(OTHER_LINE)(at)
        at.chmod(0)

    found, _notes = follow(path, locked, nothing, lambda at: at.chmod(0o600))
    assert len(found) == 2


@posix
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["append", "anew", "replace", "noise"]), st.integers(1, 4)), max_size=8))
def test_every_line_that_is_written_while_it_is_followed_is_read_once(path: Path, steps: list[tuple[str, int]]) -> None:
    path.write_bytes(b"")
    ways = {"append": appended, "anew": written_anew, "replace": replaced}
    number = 0
    expected = 0
    happening: list[Callable[[Path], object]] = []
    for way, count in steps:
        lines = b""
        for _ in range(count):
            number += 1
            lines += b"%04d: " % number + LINE  # no line is like another: the same bytes at the same place are not new
        happening.append(appended(b"noise %04d\n" % number) if way == "noise" else ways[way](lines))
        expected += 0 if way == "noise" else count
    found, _notes = follow(path, *happening)
    assert len(found) == expected


@posix
def test_a_pipe_without_a_name_ends_where_it_is_closed() -> None:
    read, write = os.pipe()
    os.write(write, PUSH)
    os.close(write)
    with Tail(open(read, "rb", buffering=0)) as tail:  # noqa: PTH123  it has no path
        assert tail.can_end
        assert len(list(measurements(tail, print, wait=lambda _seconds: pytest.fail("it has ended")))) == 1


@posix
def test_a_pipe_with_a_name_is_waited_for(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)
    keep = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    with Tail.of(path) as tail:
        os.write(keep, PUSH)
        assert tail.read() == PUSH
        assert not tail.can_end
    os.close(keep)


def test_a_tail_tells_bytes_from_a_new_beginning(path: Path) -> None:
    path.write_bytes(b"abc")
    with Tail.of(path) as tail:
        assert [tail.read(2), tail.read(2), tail.read(2)] == [b"ab", b"c", b""]
        path.write_bytes(b"x")
        assert isinstance(tail.read(), Restarted)
        assert tail.read() == b"x"
