"""Segments (IEC 62056-46), M-Bus telegrams (EN 13757-3), blocks (Green Book 9.3.11), wrappers (IEC 62056-47)."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import fuzz_wire
import pytest
from framefiles import FrameFile, folder, named
from hypothesis import given
from hypothesis import strategies as st
from sweeps import cases
from wire import LLC, seeded

from hanparse import Decoder, decode
from hanparse.errors import DecodeError, FrameError
from hanparse.hdlc import Frame
from hanparse.mbus import Telegram
from hanparse.receiver import Failed, Receiver
from hanparse.transfer import Block, Transfer, is_block, join_blocks, unwrap
from hanparse.wire.message import MAX_MESSAGE, Dropped, Message

APDU = b"\x0f\0\0\0\1\0\2\2\x12\0\7\x12\0\x08"
UI, I_FRAME = 0x13, 0x10


def frame(information: bytes, *, segmented: bool = False, control: int = UI, source: int = 2, offset: int = 0) -> Frame:
    return Frame((1,), (source,), control, information, segmented, offset)


def block(number: int, data: bytes, *, is_last: bool = False, llc: bytes = b"", window: int = 0) -> bytes:
    """Tag, control (last block, streaming, six bits of window), number, acknowledged number, length, data."""
    control = 0x80 * is_last | window
    return llc + bytes([0xE0, control]) + number.to_bytes(2, "big") + b"\0\0" + length(len(data)) + data


def length(count: int) -> bytes:
    """A length as A-XDR writes it."""
    return bytes([count]) if count < 0x80 else b"\x82" + count.to_bytes(2, "big")


def add(transfer: Transfer, one: Frame | Telegram) -> tuple[Message | None, Dropped | None]:
    return transfer.add_segment(one) if isinstance(one, Frame) else transfer.add_telegram(one)


class Given(NamedTuple):
    messages: list[bytes]
    dropped: list[Dropped]


def give(transfer: Transfer, *frames: Frame | Telegram) -> Given:
    given_ = Given([], [])
    for one in frames:
        message, dropped = add(transfer, one)
        given_.messages.extend([message.payload] if message else [])
        given_.dropped.extend([dropped] if dropped else [])
    return given_


# --- segments: each cell of the table at the top of the module --------------------------------------------------------

FIRST = frame(LLC + APDU[:6], segmented=True)
MIDDLE = frame(APDU[6:10], segmented=True)
LAST = frame(APDU[10:])
WHOLE = frame(LLC + APDU)
OTHER = frame(LLC + APDU[:8], segmented=True, source=3)


@pytest.mark.parametrize(
    ("sent", "messages", "reasons"),
    [
        # nothing is being joined
        ([WHOLE], [LLC + APDU], []),
        ([FIRST, MIDDLE, LAST], [LLC + APDU], []),
        ([MIDDLE], [], ["expected the first segment"]),
        ([replace(FIRST, information=APDU[:6]), MIDDLE, LAST], [APDU], []),  # without LLC, by the tag of its APDU
        ([LAST], [LAST.information], []),
        # the frame continues the message
        ([FIRST, MIDDLE], [], []),
        ([FIRST, LAST], [LLC + APDU[:6] + APDU[10:]], []),
        # it does not
        ([FIRST, WHOLE], [LLC + APDU], ["another push begins"]),
        ([FIRST, FIRST, MIDDLE, LAST], [LLC + APDU], ["another push begins"]),
        ([FIRST, replace(MIDDLE, source=(3,))], [], ["from another address"]),
        ([FIRST, replace(LAST, source=(3,))], [LAST.information], ["from another address"]),
        ([FIRST, OTHER, replace(LAST, source=(3,))], [LLC + APDU[:8] + APDU[10:]], ["another push begins"]),
        ([FIRST, MIDDLE, MIDDLE, LAST], [], ["repeated or empty"]),
        ([FIRST, frame(b"", segmented=True), LAST], [], ["repeated or empty"]),
        ([FIRST, replace(MIDDLE, after_loss=True), LAST], [], ["were damaged"]),
        # what is left of a dropped message is dropped with it, what follows is not
        ([FIRST, replace(MIDDLE, after_loss=True), MIDDLE, LAST, WHOLE], [LLC + APDU], ["were damaged"]),
        ([MIDDLE, MIDDLE, LAST, WHOLE], [LLC + APDU], ["expected the first segment"]),
        ([FIRST, replace(MIDDLE, after_loss=True), WHOLE], [LLC + APDU], ["were damaged"]),
        ([FIRST, replace(MIDDLE, after_loss=True), frame(APDU)], [APDU], ["were damaged"]),
    ],
)
def test_segments_are_joined_or_dropped_as_the_table_says(
    sent: list[Frame], messages: list[bytes], reasons: list[str]
) -> None:
    found = give(Transfer(), *sent)
    assert found.messages == messages
    assert [reason in str(dropped.error) for dropped, reason in zip(found.dropped, reasons, strict=True)] == [
        True for _ in reasons
    ]
    assert all(dropped.error.after_header for dropped in found.dropped)


@pytest.mark.parametrize("lost", range(1, 7))  # after 7 the number is that of the segment before
def test_a_lost_segment_shows_in_the_numbers_of_i_frames(lost: int) -> None:
    numbered = [
        frame((LLC + APDU if not at else b"") + bytes([at]), segmented=at < 9, control=I_FRAME | at % 8 << 1)
        for at in range(10)
    ]
    assert give(Transfer(), *numbered).messages == [LLC + APDU + bytes(range(10))]
    found = give(Transfer(), *numbered[:1], *numbered[1 + lost :])
    assert found.messages == []
    assert "N(S) of the I-frames skips a number" in str(found.dropped[0].error)


def test_meters_that_number_every_segment_alike_are_joined() -> None:
    parts = [replace(part, control=I_FRAME) for part in (FIRST, MIDDLE, LAST)]
    assert give(Transfer(), *parts).messages == [LLC + APDU]


def test_a_push_in_segments_has_16_kib_at_most() -> None:
    first = frame(LLC + APDU, segmented=True)
    rest = [frame(bytes([at % 251]) * 1000, segmented=True) for at in range(17)]
    found = give(Transfer(), first, *rest)
    assert f"it has more than {MAX_MESSAGE} bytes" in str(found.dropped[0].error)
    room = MAX_MESSAGE - len(first.information) - 16_000
    whole = give(Transfer(), first, *rest[:16], frame(bytes(room)))
    assert [len(message) for message in whole.messages] == [MAX_MESSAGE]
    assert give(Transfer(), first, *rest[:16], frame(bytes(room + 1))).messages == []


def test_a_transfer_is_idle_unless_segments_are_being_joined_or_dropped() -> None:
    transfer = Transfer()
    idle = [transfer.is_idle]
    for one in (FIRST, LAST, FIRST, replace(MIDDLE, after_loss=True), LAST):
        transfer.add_segment(one)
        idle.append(transfer.is_idle)
    assert idle == [True, False, True, False, False, True]


# --- M-Bus telegrams --------------------------------------------------------------------------------------------------


def telegram(ci: int, data: bytes, **rest: int) -> Telegram:
    return Telegram(rest.get("control", 0x53), rest.get("address", 0xFF), ci, b"\x01\x67" + data)


def built(*telegrams: Telegram) -> bytes:
    return b"".join(one.build() for one in telegrams)


def payloads(*telegrams: Telegram) -> list[bytes]:
    """The payloads of the messages that a receiver finds."""
    return [event.message.payload for event in Receiver().events(built(*telegrams)) if isinstance(event, Failed)]


def test_telegrams_of_a_message_are_joined_without_their_access_points() -> None:
    found = give(Transfer(), telegram(0x00, APDU[:5]), telegram(0x01, APDU[5:9]), telegram(0x12, APDU[9:]))
    assert found == ([APDU], [])


def test_a_control_frame_between_telegrams_is_passed_over() -> None:
    sent = (telegram(0x00, APDU[:5]), Telegram(0x53, 0xFF, 0x50), telegram(0x11, APDU[5:]))
    assert payloads(*sent) == [APDU]


def test_a_telegram_without_dlms_is_an_error_that_names_what_it_holds_and_does_not_end_a_message() -> None:
    sent = (telegram(0x00, APDU[:5]), Telegram(0x08, 1, 0x72, bytes(12)), telegram(0x11, APDU[5:]))
    assert payloads(*sent) == [bytes(12), APDU]
    errors = [str(event.error) for event in Receiver().events(built(*sent)) if isinstance(event, Failed)]
    assert "CI 72: M-Bus variable data" in errors[0]


def test_telegrams_of_two_meters_do_not_mix() -> None:
    found = give(
        Transfer(),
        telegram(0x00, b"a", address=1),
        telegram(0x00, b"b", address=2),
        telegram(0x11, b"c", address=1),
        telegram(0x11, b"d", address=2),
    )
    assert found == ([b"ac", b"bd"], [])


# --- blocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("llc", [b"", LLC])
@pytest.mark.parametrize("window", [0, 0x40, 0x01], ids=["book", "streaming", "window"])
@pytest.mark.parametrize("size", [1, 5, 200])
def test_blocks_are_joined_without_their_headers(llc: bytes, window: int, size: int) -> None:
    sent = (APDU * 30)[: 3 * size]
    transfer = Transfer()
    for number in (1, 2, 3):
        part = sent[(number - 1) * size : number * size]
        message, dropped = transfer.add_block(Message(block(number, part, is_last=number == 3, llc=llc, window=window)))
        assert dropped is None
        assert (message.payload if message else None) == (sent if number == 3 else None)


@pytest.mark.parametrize(
    ("payload", "offset", "said"),
    [
        (b"\xe0", 1, "its length is missing"),
        (b"\xe0\x80\0\1\0", 5, "its length is missing"),
        (b"\xe0\x80\0\1\0\0", 6, "its length is missing"),
        (block(1, APDU, is_last=True)[:-1], 6, "its length announces 14 bytes, 13 are left"),
        (LLC + block(1, APDU, is_last=True)[:-1], 9, "its length announces 14 bytes, 13 are left"),
        (b"\xe0\x80\0\1\0\0\x82\xff\xff\x01", 6, "its length announces 65535 bytes, 1 are left"),
    ],
)
def test_a_block_that_is_cut_off_says_where_and_what_is_missing(payload: bytes, offset: int, said: str) -> None:
    with pytest.raises(DecodeError) as caught:
        Block.parse(Message(payload))
    assert said in str(caught.value)
    assert caught.value.offset == offset


def test_bytes_behind_the_data_of_a_block_are_an_error_at_the_first_of_them() -> None:
    payload = block(1, APDU, is_last=True)
    with pytest.raises(DecodeError, match="2 bytes follow the 14 bytes that the length") as caught:
        Transfer().add_block(Message(payload + b"\0\0"))
    assert caught.value.offset == len(payload)


def test_what_begins_with_e0_behind_an_llc_header_or_not_is_a_block() -> None:
    assert [is_block(payload) for payload in (b"\xe0", LLC + b"\xe0", b"\x0f\xe0", LLC, b"")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_blocks_without_frames_are_joined_up_to_the_last() -> None:
    sent = block(1, APDU[:5], llc=LLC) + block(2, APDU[5:], is_last=True)
    assert join_blocks(sent).payload == APDU
    assert join_blocks(sent + b"anything").payload == APDU


def test_a_byte_of_joined_blocks_has_its_place_in_the_input() -> None:
    sent = block(1, APDU[:5], llc=LLC) + block(2, APDU[5:], is_last=True)
    message = join_blocks(sent)
    assert bytes(sent[message.position(at)] for at in range(len(APDU))) == APDU


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (block(1, APDU[:5]), "the input ends before block 2"),
        (block(1, APDU[:5]) + b"noise", "the input ends before block 2"),
        (block(1, APDU[:5]) + block(3, APDU[5:], is_last=True), "expected block 2, found block 3"),
        (block(2, APDU[5:], is_last=True), "block 1 is missing"),
    ],
)
def test_blocks_without_frames_that_are_incomplete_are_an_error(sent: bytes, said: str) -> None:
    with pytest.raises(FrameError, match=said):
        join_blocks(sent)


# --- wrappers ---------------------------------------------------------------------------------------------------------


def wrapper(apdu: bytes, version: bytes = b"\0\1") -> bytes:
    """Version, source port, destination port, length (IEC 62056-47, 16 bits each), APDU."""
    return version + b"\0\1\0\x10" + len(apdu).to_bytes(2, "big") + apdu


def test_wrapped_apdus_are_taken_out_with_their_places() -> None:
    data = wrapper(APDU) + wrapper(APDU[:9])
    found = unwrap(data)
    assert [(message.payload, message.position(0)) for message in found] == [(APDU, 8), (APDU[:9], 8 + len(APDU) + 8)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        wrapper(APDU)[:-1],
        wrapper(APDU) + b"\0",
        wrapper(APDU) + wrapper(b""),
        wrapper(APDU, b"\0\2"),
        b"x" + wrapper(APDU),
        wrapper(APDU)[:8],
    ],
)
def test_nothing_is_unwrapped_unless_all_of_the_bytes_are_wrapped(data: bytes) -> None:
    assert unwrap(data) == []


# --- whatever comes ---------------------------------------------------------------------------------------------------

carried = st.builds(
    frame,
    st.sampled_from([LLC + APDU, LLC + APDU[:5], APDU[5:], APDU, b"", LLC, LLC + block(1, APDU), block(2, APDU)])
    | st.binary(max_size=30),
    segmented=st.booleans(),
    control=st.sampled_from([UI, 0x10, 0x12, 0x14]),
    source=st.sampled_from([2, 3]),
)
telegrams = st.builds(Telegram, st.just(0x53), st.sampled_from([1, 2]), st.integers(0, 0x21), st.binary(max_size=12))


@given(st.lists(carried | telegrams, max_size=40))
def test_whatever_frames_come_every_payload_is_of_frames_that_came_in_order_and_only_our_errors_are_raised(
    frames: list[Frame | Telegram],
) -> None:
    transfer, at = Transfer(), {}
    for place, one in enumerate(frames):
        one = replace(one, offset=1000 * place)  # noqa: PLW2901  where it came
        at[one.offset] = one
        try:
            message, dropped = transfer.add_segment(one) if isinstance(one, Frame) else transfer.add_telegram(one)
        except DecodeError:
            continue
        for each in [message, dropped and dropped.message]:
            if each:
                offsets = [part.offset for part in each.frames]
                assert offsets == sorted(set(offsets))
                assert b"".join(at[offset].information for offset in offsets) == each.payload
    for dropped in transfer.end(len(frames) * 1000):
        assert dropped.error.offset == len(frames) * 1000


def parts(file: FrameFile) -> list[Frame | Telegram]:
    """The sound frames of a vector."""
    return [event for event in Receiver().events(file.data) if isinstance(event, Frame | Telegram)]


def joined(frames: list[Frame | Telegram]) -> list[Message]:
    """The messages that frames make."""
    transfer, found = Transfer(), []
    for one in frames:
        if isinstance(one, Frame) or one.is_dlms:
            message, _ = add(transfer, one)
            if message and is_block(message.payload):
                message, _ = transfer.add_block(message)
            found += [message] if message else []
    return found


NUMBERED = {  # messages in up to 16 numbered parts, and nothing beside them; UI frames number no segment
    file.name: frames
    for name in ("gbt", "mbus", "ciphered")
    for file in folder(name)
    if file.measurements and 1 < len(frames := parts(file)) <= 16
    if not any(isinstance(one, Frame) and one.segmented for one in frames)
    if [len(message.frames) for message in joined(frames)] == [len(frames)]
}


def test_there_are_vectors_of_numbered_blocks_and_telegrams() -> None:
    assert {name.partition("/")[0] for name in NUMBERED} >= {"gbt", "mbus"}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_push_in_numbered_parts_of_which_one_is_lost_doubled_or_moved_is_whole_or_not_there(name: str) -> None:
    frames, rng = NUMBERED[name], seeded(len(name))
    (whole,) = joined(frames)
    for _ in range(20):
        changed = list(frames)
        place = rng.randrange(len(changed))
        one = changed.pop(place) if rng.random() < 0.7 else changed[place]
        if rng.random() < 0.6:
            changed.insert(rng.randrange(len(changed) + 1), one)
        assert {message.payload for message in joined(changed)} <= {whole.payload}


def test_streams_of_disordered_and_damaged_parts_break_no_promise() -> None:
    assert fuzz_wire.run(cases(60)) > 0


@pytest.mark.parametrize("header", [LLC, b""], ids=["with LLC", "without LLC"])
def test_a_push_in_segments_after_the_end_of_an_input_is_read(header: bytes) -> None:
    frame = Frame.parse(named("kaifa/list1-no").data)
    information = header + frame.information.removeprefix(LLC)
    first, last = (
        Frame(frame.destination, frame.source, frame.control, part, segmented).build()
        for part, segmented in ((information[:12], True), (information[12:], False))
    )
    decoder = Decoder()
    decoder.feed(first)
    decoder.flush()
    assert decoder.feed(first + last) == [decode(frame.build())]
