"""A message knows where each of its bytes was in the stream, however it was put together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from wire import seeded

from hanparse.errors import FrameError
from hanparse.hdlc import Frame
from hanparse.wire.link import Link
from hanparse.wire.message import Dropped, Message, incomplete

LINK = Link((1,), (2,), 0x13)


def test_the_message_of_a_frame_is_what_it_carries_at_its_place() -> None:
    frame = Frame.parse(Frame((1,), (2,), 0x13, b"carried").build(), offset=100)
    message = Message.of(frame)
    assert (message.payload, message.link, message.frames) == (b"carried", LINK, (frame,))
    # flag, two bytes of format, two addresses, control, two bytes of HCS
    assert [message.position(at) for at in range(7)] == [*range(108, 115)]


def test_the_first_link_of_the_parts_is_that_of_the_message() -> None:
    parts = [Message(b"a"), Message(b"b", LINK), Message(b"c", Link((9,), (9,), 0))]
    assert Message.join(parts).link == LINK


def test_a_message_without_frames_is_where_the_input_begins() -> None:
    assert Message(b"abc").position(2) == 2


@given(st.integers(0, 2**32))
def test_every_byte_of_joined_and_cut_messages_is_where_it_was_in_the_stream(seed: int) -> None:
    rng = seeded(seed)
    stream = rng.randbytes(200)

    def part() -> Message:
        start = rng.randrange(190)
        return Message(stream[start : start + rng.randint(1, 10)], starts=((0, start),))

    message = Message.join(part() for _ in range(rng.randint(1, 6)))
    for _ in range(rng.randrange(4)):
        size = len(message.payload)
        start = rng.randrange(size)
        message = message.cut(start, rng.randint(start + 1, size))
        if rng.random() < 0.5:
            message = Message.join([message, part()])
    assert bytes(stream[message.position(at)] for at in range(len(message.payload))) == message.payload
    assert list(message.starts) == sorted(message.starts)
    assert message.starts[0][0] == 0


@given(st.binary(min_size=1, max_size=20), st.data())
def test_a_cut_is_the_slice_of_the_payload_and_keeps_link_and_frames(payload: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(payload) - 1))
    stop = data.draw(st.integers(start, len(payload)))
    frame = Frame((1,), (2,), 0x13, payload)
    cut = Message(payload, LINK, (frame,)).cut(start, stop)
    assert (cut.payload, cut.link, cut.frames) == (payload[start:stop], LINK, (frame,))


def test_the_error_of_an_incomplete_message_is_that_of_sound_frames() -> None:
    error = incomplete("a part is missing", 7)
    assert isinstance(error, FrameError)
    assert (error.offset, error.after_header) == (7, True)
    assert Dropped(error, Message(b"part")).is_joined
