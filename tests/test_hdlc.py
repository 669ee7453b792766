from __future__ import annotations

import pytest
from framefiles import SOUND, check_sequence, named, sealed
from hypothesis import example, given
from hypothesis import strategies as st

from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import BUFFER_LIMIT, MAX_FRAME, Frame, FrameReader, strip_llc, x25

LIST_1 = named("kaifa/list1-no").data

addresses = st.sampled_from([1, 2, 4]).flatmap(lambda size: st.tuples(*[st.integers(0, 127)] * size))
frames = st.builds(
    Frame,
    destination=addresses,
    source=addresses,
    control=st.integers(0, 255),
    information=st.binary(min_size=1, max_size=2000) | st.just(b""),
    segmented=st.booleans(),
)


def test_the_checksum_is_crc_16_x_25() -> None:
    assert x25(b"123456789") == 0x906E  # the check value of the catalogue of CRC algorithms
    assert x25(b"\x03\x3f").to_bytes(2, "little") == bytes.fromhex("5BEC")  # IEC 62056-46, example


@given(st.binary(max_size=300))
def test_the_checksum_is_what_its_definition_gives(data: bytes) -> None:
    assert x25(data).to_bytes(2, "little") == check_sequence(data)


def test_a_frame_is_read_as_the_document_lays_it_out() -> None:
    frame = Frame.parse(LIST_1)
    assert frame.destination == (0,)  # 01
    assert frame.source == (1, 0)  # 02 01
    assert frame.control == 0x10
    assert not frame.segmented
    assert frame.information == LIST_1[9:-3]


def test_the_address_example_of_the_standard_is_encoded_as_printed() -> None:
    # client 3A; server upper 1234, lower 3FFF, 14 bits each
    frame = Frame(destination=(0x3A,), source=(0x1234 >> 7, 0x1234 & 0x7F, 0x7F, 0x7F), control=0x13, information=b"")
    assert frame.build()[3:8] == bytes.fromhex("75 48 68 FE FF")


@given(frames)
def test_parsing_what_was_built_gives_the_frame(frame: Frame) -> None:
    assert Frame.parse(frame.build()) == frame


@given(frames)
def test_building_agrees_with_a_frame_made_by_hand(frame: Frame) -> None:
    groups = [[group << 1 for group in address] for address in (frame.destination, frame.source)]
    header = b"".join(bytes(sent[:-1]) + bytes([sent[-1] | 1]) for sent in groups) + bytes([frame.control])
    if frame.information:
        assert frame.build() == sealed(frame.information, header, frame.segmented)
    else:  # without information there is no HCS
        content = (0xA000 | frame.segmented << 11 | 4 + len(header)).to_bytes(2, "big") + header
        assert frame.build() == b"\x7e" + content + check_sequence(content) + b"\x7e"


def test_a_frame_that_cannot_be_sent_is_a_value_error() -> None:
    for frame in (
        Frame((1,), (1,), 0x13, bytes(2048)),
        Frame((1, 2, 3), (1,), 0x13, b"information"),
        Frame((128,), (1,), 0x13, b"information"),
        Frame((), (1,), 0x13, b"information"),
        Frame((1,), (1,), 256, b"information"),
    ):
        with pytest.raises(ValueError, match="no HDLC frame"):
            frame.build()


def damaged(position: int, byte: int) -> bytes:
    return LIST_1[:position] + bytes([byte]) + LIST_1[position + 1 :]


@pytest.mark.parametrize(
    ("data", "offset", "words"),
    [
        (b"", 0, "opening flag 7E, found nothing"),
        (damaged(0, 0x7F), 0, "opening flag 7E, found 7F"),
        (damaged(1, 0xB0), 1, "format type A after the flag, found B0"),
        (damaged(2, 3), 1, "announces 3 bytes, a frame has at least 7"),
        (damaged(-1, 0x7F), len(LIST_1) - 1, "closing flag 7E after 39 bytes, found 7F"),
        (LIST_1 + b"\x7e", len(LIST_1), "1 bytes follow the closing flag"),
        (LIST_1[:-5], len(LIST_1) - 5, "ends after 36 of 41 bytes, 5 are missing"),
        (LIST_1[:2], 2, "7 are missing"),
        (b"\x7e\xa0\x30\x02\x02\x01\x03" + bytes(43), 3, "destination address of 1, 2 or 4 bytes, found 3"),
        (b"\x7e\xa0\x30\x03" + bytes(46), 4, "source address of 1, 2 or 4 bytes, found no end in 4"),
        (b"\x7e\xa0\x07\x02\x02\x02\x03\x03\x13", 1, "announces 7 bytes, too few for the header"),
        (b"\x7e\xa0\x08\x03\x03\x13" + bytes(10), 1, "announces 8 bytes, too few for the header"),
    ],
)
def test_each_damage_has_its_own_words_and_place(data: bytes, offset: int, words: str) -> None:
    with pytest.raises(FrameError, match=words) as caught:
        Frame.parse(data)
    assert caught.value.offset == offset
    assert str(caught.value).startswith(f"byte {offset}: ")


@pytest.mark.parametrize(("field", "start", "end"), [("HCS", 1, 7), ("FCS", 1, len(LIST_1) - 3)])
def test_a_wrong_check_sequence_is_named_with_what_was_expected_and_found(field: str, start: int, end: int) -> None:
    data = damaged(end, LIST_1[end] ^ 0xFF)
    with pytest.raises(ChecksumError) as caught:
        Frame.parse(data)
    error = caught.value
    assert (error.field, error.offset) == (field, end)
    assert error.expected == int.from_bytes(check_sequence(LIST_1[start:end]), "little")
    assert error.found == int.from_bytes(data[end : end + 2], "little")


@given(st.data())
def test_no_changed_byte_passes_the_checks(data: st.DataObject) -> None:
    frame = data.draw(st.sampled_from(SOUND)).data
    position = data.draw(st.integers(0, len(frame) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != frame[position]))
    with pytest.raises(FrameError):
        Frame.parse(frame[:position] + bytes([byte]) + frame[position + 1 :])


@given(frames, st.integers(0, 10_000))
def test_positions_are_counted_from_where_the_caller_says(frame: Frame, offset: int) -> None:
    sent = frame.build()
    parsed = Frame.parse(sent, offset=offset)
    assert parsed.offset == offset
    if frame.information:
        assert sent[parsed.information_offset - offset :].startswith(frame.information)
    with pytest.raises(FrameError) as caught:
        Frame.parse(sent[:-1], offset=offset)
    assert caught.value.offset == offset + len(sent) - 1


def test_the_llc_header_is_stripped_where_there_is_one() -> None:
    assert strip_llc(b"\xe6\xe7\x00\x0f") == b"\x0f"
    assert strip_llc(b"\xe6\xe6\x00\x0f") == b"\x0f"
    assert strip_llc(b"\x0f\x00") == b"\x0f\x00"


def test_only_bytes_are_taken() -> None:
    for wrong in (5, "7EA0", None, [0x7E]):
        with pytest.raises(TypeError, match="expected bytes"):
            Frame.parse(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="expected bytes"):
            FrameReader().feed(wrong)  # type: ignore[arg-type]


# --- streams


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
    assert reader.passed_over == sum(len(part) for part in mix if isinstance(part, bytes))
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


def test_a_frame_that_breaks_off_is_an_error_at_the_end_of_input_only() -> None:
    reader = FrameReader()
    reader.receive(LIST_1[:-4])
    assert reader.next_event() is None
    reader.end()
    error = reader.next_event()
    assert isinstance(error, FrameError)
    assert "4 are missing" in str(error)
    assert reader.feed(LIST_1) == [Frame.parse(LIST_1)]


@given(st.lists(st.binary(max_size=3000), max_size=6))
def test_the_buffer_never_holds_more_than_two_frames_of_the_largest_size(chunks: list[bytes]) -> None:
    reader = FrameReader()
    claim = sealed(bytes(MAX_FRAME - 13))[:9]  # a header with a right HCS that claims 2,047 bytes
    for chunk in chunks:
        reader.feed(claim + chunk + claim * 600)
        assert reader.pending <= BUFFER_LIMIT
