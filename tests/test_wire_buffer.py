"""Every byte of a stream is delivered or skipped once, in order, and no more are held than the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import chunks, seeded

from hanparse.wire.buffer import SKIPPED_LIMIT, StreamBuffer, as_bytes


@pytest.mark.parametrize("data", [b"\1\2", bytearray(b"\1\2"), memoryview(b"\1\2"), memoryview(b"0\1x\2")[1::2]])
def test_whatever_holds_bytes_is_taken_as_bytes(data: bytes | bytearray | memoryview) -> None:
    assert as_bytes(data) == b"\1\2"
    assert type(as_bytes(data)) is bytes


@pytest.mark.parametrize("wrong", ["7E A0", None, 7, [0x7E]])
def test_anything_else_is_a_type_error_that_names_its_type(wrong: object) -> None:
    with pytest.raises(TypeError, match=f"expected bytes, bytearray or memoryview, found {type(wrong).__name__}"):
        as_bytes(wrong)  # type: ignore[arg-type]


def filled(data: bytes, limit: int = 100) -> StreamBuffer:
    buffer = StreamBuffer(limit)
    buffer.queue(data)
    buffer.refill()
    return buffer


def test_a_chunk_waits_until_there_is_room() -> None:
    buffer = StreamBuffer(4)
    buffer.queue(b"abcdef")
    assert (buffer.data, buffer.received, bool(buffer.queued)) == (b"", 6, True)
    assert buffer.refill()
    assert (buffer.data, bool(buffer.queued)) == (b"abcd", True)
    buffer.drop(3)
    buffer.queue(b"gh")
    assert buffer.refill()
    assert (buffer.base, buffer.data, buffer.received) == (3, b"defg", 8)
    buffer.drop(4)
    assert buffer.refill()
    assert (buffer.data, buffer.received) == (b"h", 8)
    assert not buffer.refill()
    assert not bool(buffer.queued)


def test_what_stands_before_a_frame_is_skipped_and_counts_as_a_loss_for_that_frame_alone() -> None:
    buffer = filled(b"noiseFRAMEFRAME")
    assert buffer.deliver(5, 10)
    assert not buffer.deliver(10, 15)
    assert (buffer.skipped, buffer.skipped_count, buffer.done) == (b"noise", 5, 15)


def test_flags_between_frames_are_skipped_and_are_no_loss() -> None:
    buffer = filled(b"\x7e\x7eFRAME")
    assert not buffer.deliver(2, 7)
    assert buffer.skipped_count == 2


def test_bytes_that_are_dropped_undelivered_are_skipped() -> None:
    buffer = filled(b"abcdef")
    buffer.deliver(0, 2)
    buffer.drop(4)
    assert (buffer.skipped, buffer.base, buffer.data, buffer.done) == (b"cd", 4, b"ef", 0)
    assert buffer.deliver(0, 2)


def test_the_last_4096_of_the_skipped_bytes_are_kept_and_all_are_counted() -> None:
    assert SKIPPED_LIMIT == 4096
    buffer = filled(bytes(5000) + b"end", 6000)
    buffer.skip(5003)
    assert (buffer.skipped, buffer.skipped_count) == (bytes(4093) + b"end", 5003)


@given(st.integers(0, 2**32))
def test_whatever_is_delivered_and_dropped_every_byte_is_delivered_or_skipped_once_in_order(seed: int) -> None:
    rng = seeded(seed)
    stream = rng.randbytes(rng.randrange(300))
    limit = rng.randint(1, 60)
    buffer = StreamBuffer(limit)
    delivered: list[tuple[int, int]] = []
    for chunk in chunks(rng, stream):
        buffer.queue(chunk)
        while buffer.refill():
            assert len(buffer.data) <= limit
            assert buffer.data == stream[buffer.base : buffer.base + len(buffer.data)]
            start = rng.randint(buffer.done, len(buffer.data))
            end = rng.randint(start, len(buffer.data))
            if end > start:
                buffer.deliver(start, end)
                delivered.append((buffer.base + start, buffer.base + end))
            buffer.drop(rng.randint(end, len(buffer.data)) or len(buffer.data))
    buffer.drop(len(buffer.data))
    assert buffer.received == len(stream) == buffer.base
    in_frames = {at for start, end in delivered for at in range(start, end)}
    assert buffer.skipped == bytes(byte for at, byte in enumerate(stream) if at not in in_frames)
