from __future__ import annotations

import re

import pytest
from framefiles import SOUND, check_sequence, named, sealed
from hypothesis import given
from hypothesis import strategies as st

from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import MAX_FRAME, Frame, find_end
from hanparse.wire.crc import SOUND as SOUND_REGISTER
from hanparse.wire.crc import frame_register, mirrored_register, mirrored_x25, x25
from hanparse.wire.llc import strip_llc

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
    assert mirrored_x25(data) == mirrored_x25(memoryview(data)) == x25(data)


@given(st.binary(max_size=300))
def test_the_register_after_a_whole_frame_tells_whether_its_check_sequence_is_right(data: bytes) -> None:
    frame = b"\x7e" + data + check_sequence(data) + b"\x7e"
    assert frame_register(frame) == mirrored_register(frame) == SOUND_REGISTER
    damaged = frame[:-2] + bytes([frame[-2] ^ 1]) + frame[-1:]
    assert frame_register(damaged) == mirrored_register(damaged) != SOUND_REGISTER


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
        with pytest.raises(ValueError, match="cannot build an HDLC frame"):
            frame.build()


def test_the_eleven_bits_of_the_length_are_all_of_use() -> None:
    room = 0x7FF - 2 - 1 - 1 - 1 - 2 - 2  # format, two addresses of 1, control, HCS, FCS
    assert len(Frame((1,), (1,), 0x13, bytes(room)).build()) == MAX_FRAME == 2049
    with pytest.raises(ValueError, match="at most 2047 bytes"):
        Frame((1,), (1,), 0x13, bytes(room + 1)).build()


def damaged(position: int, byte: int) -> bytes:
    return LIST_1[:position] + bytes([byte]) + LIST_1[position + 1 :]


@pytest.mark.parametrize(
    ("data", "offset", "words"),
    [
        (b"", 0, "opening flag 7E, found nothing"),
        (damaged(0, 0x7F), 0, "opening flag 7E, found 7F"),
        (damaged(1, 0xB0), 1, "format field (A0 to AF) after the flag, found B0"),
        (damaged(2, 3), 1, "announces 3 bytes, expected at least 7"),
        (damaged(-1, 0x7F), len(LIST_1) - 1, "closing flag 7E after 39 bytes, found 7F"),
        (LIST_1 + b"\x7e", len(LIST_1), "1 byte follows the closing flag"),
        (LIST_1[:-1], len(LIST_1) - 1, "ends after 40 of 41 bytes, 1 is missing"),
        (LIST_1[:-5], len(LIST_1) - 5, "ends after 36 of 41 bytes, 5 are missing"),
        (LIST_1[:2], 2, "ends after 2 of at least 9 bytes, 7 are missing"),
        (b"\x7e\xa0\x30\x02\x02\x01\x03" + bytes(43), 3, "destination address of 1, 2 or 4 bytes, found 3"),
        (b"\x7e\xa0\x30\x03" + bytes(46), 4, "source address of 1, 2 or 4 bytes, found more than 4"),
        (b"\x7e\xa0\x07\x02\x02\x02\x03\x03\x13", 1, "announces 7 bytes, fewer than the header"),
        (b"\x7e\xa0\x08\x03\x03\x13" + bytes(10), 1, "announces 8 bytes, fewer than the header"),
        (sealed(b""), 1, "announces 10 bytes, fewer than the header"),  # an HCS, and nothing behind it
    ],
)
def test_each_damage_has_its_own_words_and_place(data: bytes, offset: int, words: str) -> None:
    with pytest.raises(FrameError, match=re.escape(words)) as caught:
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


@pytest.mark.parametrize(("size", "after_header"), [(2, False), (8, False), (9, True), (len(LIST_1) - 1, True)])
def test_a_frame_that_breaks_off_tells_whether_a_sound_header_came_before(size: int, after_header: bool) -> None:
    with pytest.raises(FrameError) as caught:
        Frame.parse(LIST_1[:size])
    assert caught.value.after_header is after_header


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


def first_error(data: bytes) -> tuple[str, int] | None:
    try:
        find_end(data)
    except FrameError as error:
        return str(error), error.offset
    return None


@given(st.integers(7, 16), st.lists(st.sampled_from([0, 1]), min_size=14, max_size=14))
def test_a_frame_too_short_for_its_addresses_is_called_that_however_many_bytes_have_come(
    length: int, addresses: list[int]
) -> None:
    data = bytes([0x7E, 0xA0, length, *addresses])
    one_by_one = (first_error(data[:size]) for size in range(3, len(data) + 1))
    assert first_error(data) == next((error for error in one_by_one if error), None)
