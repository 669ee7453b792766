from __future__ import annotations

import pytest
from framefiles import named, sealed
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sweeps import cases

from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import BUFFER_LIMIT, MAX_FRAME, Frame, FrameReader
from hanparse.wire.buffer import SKIPPED_LIMIT

LIST_1 = named("kaifa/list1-no").data

addresses = st.sampled_from([1, 2, 4]).flatmap(lambda size: st.tuples(*[st.integers(0, 127)] * size))


def damaged(position: int, byte: int) -> bytes:
    return LIST_1[:position] + bytes([byte]) + LIST_1[position + 1 :]


def test_only_bytes_are_taken() -> None:
    for wrong in (5, "7EA0", None, [0x7E]):
        with pytest.raises(TypeError, match="expected bytes"):
            FrameReader().feed(wrong)  # type: ignore[arg-type]


def in_chunks(data: bytes, size: int) -> list[Frame]:
    reader = FrameReader()
    found = [frame for i in range(0, len(data), size) for frame in reader.feed(data[i : i + size])]
    return found + reader.flush()


small = st.builds(
    Frame, destination=addresses, source=addresses, control=st.integers(0, 255), information=st.binary(max_size=40)
)
noise = (
    st.binary(max_size=30).map(lambda data: data.replace(b"\x7e", b"~!"))
    | st.just(b"\x7e\x7e")
    | st.just(b"\x7e\xa7\xff")
)


@given(st.lists(small | noise, max_size=12), st.integers(1, 80))
@example([Frame((1,), (1,), 3, b"~~"), Frame((1,), (1,), 3, b"\x7e\xa0\x07")], 1)
def test_every_intact_frame_is_delivered_once_and_in_order(mix: list[Frame | bytes], size: int) -> None:
    data = b"".join(part.build() if isinstance(part, Frame) else part for part in mix)
    assert in_chunks(data, size) == [part for part in mix if isinstance(part, Frame)]


@given(st.lists(small, min_size=1, max_size=5), st.integers(1, 80))
def test_frames_may_share_a_flag(mix: list[Frame], size: int) -> None:
    data = b"\x7e" + b"".join(frame.build()[1:] for frame in mix)
    assert in_chunks(data, size) == mix


@given(st.lists(small | noise, max_size=8), st.integers(1, 80))
def test_bytes_that_are_in_no_frame_are_counted(mix: list[Frame | bytes], size: int) -> None:
    data = b"".join(part.build() if isinstance(part, Frame) else part for part in mix)
    reader = FrameReader()
    for i in range(0, len(data), size):
        reader.feed(data[i : i + size])
    reader.flush()
    assert reader.received == len(data)
    assert reader.skipped_count == sum(len(part) for part in mix if isinstance(part, bytes))
    assert reader.pending == 0


def test_a_frame_after_a_half_one_is_delivered_when_it_is_complete() -> None:
    half = named("aidon/list3-6534-tn").data[:100]
    reader = FrameReader()
    assert reader.feed(half) == []
    found = [frame for _ in range(12) for frame in reader.feed(LIST_1)]
    assert [frame.build() for frame in found + reader.flush()] == [LIST_1] * 12


def test_positions_in_a_stream_are_counted_from_its_first_byte() -> None:
    reader = FrameReader()
    assert [frame.offset for frame in reader.feed(b"noise" + LIST_1 + b"xx" + LIST_1)] == [5, 5 + len(LIST_1) + 2]
    start = reader.received
    reader.receive(damaged(-2, LIST_1[-2] ^ 1))
    error = reader.next_event()
    assert isinstance(error, ChecksumError)
    assert error.offset == start + len(LIST_1) - 3


def test_a_reader_that_was_fed_nothing_has_nothing() -> None:
    reader = FrameReader()
    assert (reader.ended, reader.has_events) == (False, False)
    assert (reader.received, reader.pending, reader.skipped_count, reader.skipped) == (0, 0, 0, b"")
    assert reader.next_event() is None
    assert reader.feed(b"") == reader.flush() == []


def test_a_frame_is_delivered_by_the_chunk_that_brings_its_last_byte() -> None:
    for cut in range(len(LIST_1)):
        reader = FrameReader()
        assert reader.feed(LIST_1[:cut]) == []
        assert reader.feed(LIST_1[cut:]) == [Frame.parse(LIST_1)]
        assert reader.feed(LIST_1[:cut]) == []
        assert [frame.offset for frame in reader.feed(LIST_1[cut:])] == [len(LIST_1)]


def test_the_end_of_input_empties_the_buffer_when_a_frame_stood_inside_a_broken_off_one() -> None:
    reader = FrameReader()
    claim = sealed(bytes(MAX_FRAME - 13))[:9]  # a sound header that claims 2,047 bytes
    assert reader.feed(claim + LIST_1) == []
    assert reader.flush() == [Frame.parse(LIST_1)]
    assert (reader.pending, reader.has_events) == (0, False)
    assert reader.skipped_count == len(claim)


class Kind:
    """A kind of frame that is known: `LIST_1` and nothing else; `asked` is what it was asked about."""

    size = len(LIST_1)
    head = LIST_1[:9]

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def read(self, frame: bytes, /) -> str | None:
        self.asked.append(frame)
        return "known" if frame == LIST_1 else None

    def read_carried(self, _data: bytes, _at: int, /) -> tuple[str | None, int]:
        return None, 0


@pytest.mark.parametrize(
    ("chunks", "rows"),
    [
        ([LIST_1, LIST_1], [["known"], ["known"]]),
        ([LIST_1, LIST_1[1:]], [["known"], ["known"]]),  # the closing flag opens the next
        ([LIST_1, LIST_1 + LIST_1, LIST_1], [["known"], ["known", "known"], ["known"]]),
        ([LIST_1, LIST_1[1:] + LIST_1[1:]], [["known"], ["known", "known"]]),
        ([LIST_1[:2], LIST_1[2:] + LIST_1[:20], LIST_1[20:]], [[], ["known"], ["known"]]),
        ([LIST_1, LIST_1[:-1], LIST_1[-1:]], [["known"], [], ["known"]]),
        ([LIST_1, LIST_1[:3], LIST_1[3:5], LIST_1[5:]], [["known"], [], [], ["known"]]),
    ],
)
def test_a_known_kind_gives_rows_and_is_asked_about_frames_of_its_size_only(
    chunks: list[bytes], rows: list[list[str]]
) -> None:
    kind = Kind()
    reader = FrameReader({LIST_1[:3]: kind})
    for chunk, row in zip(chunks, rows, strict=True):
        found = reader.receive(chunk)
        while reader.has_events and (event := reader.next_event()):
            assert isinstance(event, list)
            found += event
        assert found == row
    assert all(len(frame) == kind.size for frame in kind.asked)
    assert (reader.received, reader.skipped_count) == (sum(map(len, chunks)), 0)


def test_what_a_known_kind_gives_may_be_false() -> None:
    kind = Kind()
    kind.read = lambda _frame: ""  # type: ignore[method-assign]
    reader = FrameReader({LIST_1[:3]: kind})
    rows = [reader.receive(LIST_1) or reader.next_event(), reader.receive(LIST_1)]
    assert rows == [[""], [""]]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_stands_between_frames_of_a_known_kind_is_counted(size: int) -> None:
    reader = FrameReader({LIST_1[:3]: Kind()})
    stream = b"one" + LIST_1 + LIST_1 + b"two" + LIST_1[1:] + LIST_1 + damaged(-2, 0) + LIST_1
    found = []
    for i in range(0, len(stream), size):
        found += reader.receive(stream[i : i + size])
        while reader.has_events and (event := reader.next_event()):
            found += event if isinstance(event, list) else [type(event)]
    assert found == ["known", "known", "known", ChecksumError, "known"]
    assert reader.skipped == b"onetwo" + LIST_1[1:] + damaged(-2, 0)
    assert reader.skipped_count == len(reader.skipped)
    (other,) = reader.feed(Frame((1,), (1,), 3, b"other").build())
    assert not other.after_loss  # what was lost stood before a frame of the known kind


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_frame_tells_whether_other_bytes_than_flags_were_passed_over_just_before_it(size: int) -> None:
    found = in_chunks(LIST_1 + LIST_1 + b"x" + LIST_1 + b"\x7e\x7e" + LIST_1, size)
    assert [frame.after_loss for frame in found] == [False, False, True, False]


def test_a_frame_that_breaks_off_is_an_error_at_the_end_of_input_only() -> None:
    reader = FrameReader()
    reader.receive(LIST_1[:-4])
    assert reader.next_event() is None
    reader.end()
    error = reader.next_event()
    assert isinstance(error, FrameError)
    assert "4 are missing" in str(error)
    assert reader.feed(LIST_1) == [Frame.parse(LIST_1)]


@settings(max_examples=cases(25))
@given(st.lists(st.binary(max_size=3000), max_size=6))
def test_the_buffer_never_holds_more_than_two_frames_of_the_largest_size(chunks: list[bytes]) -> None:
    reader = FrameReader()
    claim = sealed(bytes(MAX_FRAME - 13))[:9]  # a header with a right HCS that claims 2,047 bytes
    assert BUFFER_LIMIT == 4098
    for chunk in chunks:
        reader.feed(claim + chunk + claim * 600)
        assert reader.pending <= 4098


def test_a_stray_header_does_not_hold_up_the_frames_that_follow() -> None:
    reader = FrameReader()
    assert reader.feed(b"\x7e\xa7\xff") == []  # a claim of 2,047 bytes whose header never comes
    assert reader.feed(LIST_1) == [Frame.parse(LIST_1)]


def test_the_last_bytes_that_were_passed_over_are_kept() -> None:
    reader = FrameReader()
    reader.feed(b"one" + LIST_1 + b"two" + LIST_1)
    reader.flush()
    assert reader.skipped == b"onetwo"
    reader.feed(bytes(10_000))
    assert len(reader.skipped) == SKIPPED_LIMIT == 4096
