"""A file is text or bytes by what is in it, never by how much of it the first read gave."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from framefiles import SOUND, named
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import cases

from hanparse import HexDumpError
from hanparse.cli import pieces
from hanparse.cli.pieces import ENOUGH, Pieces, is_text

if TYPE_CHECKING:
    from framefiles import FrameFile

PUSH = named("kaifa/list1-no").data
LINE = PUSH.hex().upper()
TELEGRAM_LINE = re.compile(rb"^(?:/[A-Z]{3}\d|\d-\d+:\d+\.\d+\.\d+\()", re.MULTILINE)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    at = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:stop] for start, stop in pairwise(at)]


def read(parts: list[bytes], *, live: bool = False) -> tuple[bytes, list[str]]:
    notes: list[str] = []
    reader = Pieces(notes.append, live=live)
    found = [data for part in parts for data in reader.take(part)]
    return b"".join([*found, *reader.end()]), notes


PLACES = st.lists(st.integers(0, 10_000), max_size=12)


@given(st.sampled_from(SOUND), PLACES)
def test_bytes_are_passed_on_however_they_are_cut(file: FrameFile, places: list[int]) -> None:
    data = file.data
    assert read(cut(data, places)) == (data, [])
    assert read(cut(data, places), live=True) == (data, [])


def test_no_stream_is_text_wherever_it_begins() -> None:
    for file in SOUND:
        data = file.data + named("kamstrup/list1-3phase").data
        for start in range(len(data) - ENOUGH):
            assert not is_text(data[start : start + ENOUGH])


@given(st.integers(0, 63), PLACES)
def test_a_log_is_read_however_it_is_cut(spaces: int, places: list[int]) -> None:
    log = f"{' ' * spaces}wifi is up\n{LINE}\nwifi is down °\n{LINE}".encode()
    assert read(cut(log, places)) == (PUSH * 2, [])


@given(
    st.sampled_from(["\0", "\x07", "\x7f", "\n/KFM5 is the meter\n", "\n1-0:1.7.0(00.100*kW)\n"]),
    st.integers(0, 1000),
    st.booleans(),
    PLACES,
)
def test_a_character_behind_the_first_ones_does_not_make_a_log_a_capture(
    other: str, at: int, live: bool, places: list[int]
) -> None:
    above = f"{'wifi is up ' * (ENOUGH // 10 + at)}{other} and down\n"
    assert read(cut(f"{above}{LINE}\n".encode(), places), live=live)[0] == PUSH


@given(st.integers(0, 2000), st.booleans(), PLACES)
def test_a_capture_of_telegrams_is_passed_on_wherever_it_begins(start: int, live: bool, places: list[int]) -> None:
    telegram = named("p1/nl-dsmr42-one-phase").data
    data = telegram[start % len(telegram) :] + telegram
    if TELEGRAM_LINE.search(data[:ENOUGH]):
        assert read(cut(data, places), live=live) == (data, [])


@given(st.integers(0, 40), PLACES)
def test_a_log_that_grows_is_read_line_by_line_and_names_the_lines_without_a_dump(
    spaces: int, places: list[int]
) -> None:
    log = f"{' ' * spaces}wifi is up\n{LINE}\nwifi is down °\nwifi is up\n{LINE}\n".encode()
    data, notes = read(cut(log, places), live=True)
    assert data == PUSH * 2
    shown = " ".join(notes)
    assert "line 1 passed over" in shown
    assert "lines 3 to 4 passed over" in shown or ("line 3 passed" in shown and "line 4 passed" in shown)


def test_a_damaged_line_of_a_log_that_grows_takes_no_other_with_it() -> None:
    log = f"{LINE}\n{LINE[:20]}O{LINE[21:]}\n{LINE}\n".encode() * 3
    data, notes = read([log], live=True)
    assert data.count(PUSH) == 6
    assert [note.partition(" passed over: ")[0] for note in notes] == ["line 2", "line 5", "line 8"]
    assert "column 21" in notes[0] or "'O'" in notes[0]


def test_a_text_without_a_dump_is_an_error_at_its_end() -> None:
    with pytest.raises(HexDumpError):
        read([b"good ", b"morning\n"])
    data, notes = read([b"good morning\n" * 10], live=True)
    assert data == b""
    assert len(notes) == 1


def test_a_part_of_a_large_text_that_is_no_dump_does_not_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "TEXT", 200)
    noise = b"good morning to all\n" * 30
    data, notes = read([noise, LINE.encode() + b"\n", noise])
    assert data == PUSH
    assert notes


@pytest.mark.parametrize("separator", ["", " "])
def test_a_large_dump_on_one_line_is_not_cut_within_a_byte(separator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "TEXT", 100)
    dump = (PUSH * 9).hex(separator or "-").replace("-", separator).encode()
    for size in (7, 33, 99, 101):
        assert read([dump[at : at + size] for at in range(0, len(dump), size)]) == (PUSH * 9, [])


@pytest.mark.parametrize(
    ("head", "final", "expected"),
    [
        (b"", False, True),
        (b"~", False, True),
        (b"~\xa0", False, False),  # a frame
        (b"\x68\xfa", False, False),  # an M-Bus frame
        (b"\xdb\x08", False, False),  # an APDU
        ("°".encode()[:1], False, True),
        ("°".encode()[:1], True, False),
        (b"\x1b[0m7E A0\r\n", True, True),
        (b"ok\x07", False, False),
    ],
)
def test_text_is_told_by_what_no_text_has(head: bytes, final: bool, expected: bool) -> None:
    assert is_text(head, final=final) is expected


def test_a_line_that_is_lost_with_its_file_is_named() -> None:
    notes: list[str] = []
    reader = Pieces(notes.append, live=True)
    assert list(reader.take(f"{LINE}\n{LINE[:30]}".encode())) == [PUSH]
    reader.drop()
    assert list(reader.take(f"{LINE}\n".encode())) == [PUSH]
    assert notes == [f"line 2 has no end: {LINE[:30]!r}"]


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@settings(max_examples=cases(25))
@given(places=PLACES)
def test_a_text_in_utf_16_is_read_however_it_is_cut(codec: str, mark: str, live: bool, places: list[int]) -> None:
    text = f"{mark}M\xe5ler:\r\n{LINE}\r\n\u2026\r\n{LINE}\r\n".encode(codec)
    assert read(cut(text, places), live=live)[0] == 2 * PUSH


@pytest.mark.parametrize("file", SOUND, ids=str)
def test_no_part_of_a_push_is_taken_for_utf_16(file: FrameFile) -> None:
    for start in range(len(file.data) - ENOUGH):
        assert b"".join(Pieces(print).take(part := file.data[start : start + ENOUGH])) == part
