from __future__ import annotations

from typing import TYPE_CHECKING

import framefiles
import pytest
import streams
from framefiles import SOUND, named
from hypothesis import given
from hypothesis import strategies as st
from streams import Piece, join, segments, whole
from sweeps import cases
from wire import CHUNK_SIZES, CLAIMS, FLAG, LLC, check_sequence, chunks, seal, seeded, sound_spans

from hanparse import Decoder, FrameError, HanParseError, Measurement
from hanparse.hdlc import BUFFER_LIMIT, Frame, FrameReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

STREAMS = cases(150)
LIST_1 = framefiles.named("kaifa/list1-no").data


def read(parts: Iterable[bytes]) -> tuple[list[tuple[int, bytes]], FrameReader]:
    """Position and bytes of the frames that are delivered; no chunk may leave more in the buffer than allowed."""
    reader = FrameReader()
    frames = []
    for part in parts:
        frames += reader.feed(part)
        assert reader.pending <= BUFFER_LIMIT
    frames += reader.flush()
    assert reader.pending == 0
    return [(frame.offset, frame.build()) for frame in frames], reader


def measure(parts: Iterable[bytes], on_error: Callable[[HanParseError], object] | None = None) -> list[Measurement]:
    decoder = Decoder(on_error=on_error)
    return [measurement for part in parts for measurement in decoder.feed(part)] + decoder.flush()


# --- what is intact is delivered -------------------------------------------------------------------------------------


def some_chunking(rng: Random, seed: int, data: bytes) -> Iterable[bytes]:
    return chunks(rng, data, (*CHUNK_SIZES, None, None, len(data))[seed % 8])


def test_a_stream_delivers_exactly_its_intact_frames_once_and_in_order_in_any_chunks() -> None:
    for seed in range(STREAMS):
        piece = streams.stream(seed)
        frames, reader = read(some_chunking(seeded(seed), seed, piece.data))
        assert frames == piece.frames, f"seed {seed}"
        assert (reader.received, reader.skipped_count) == (len(piece.data), piece.passed_over), f"seed {seed}"


def test_a_stream_gives_the_measurements_that_its_whole_pushes_give_on_a_clean_wire() -> None:
    for seed in range(STREAMS):
        piece = streams.stream(seed)
        decoder = Decoder()
        measurements = [m for part in some_chunking(seeded(~seed), seed, piece.data) for m in decoder.feed(part)]
        measurements += decoder.flush()
        assert measurements == measure(piece.pushes), f"seed {seed}"
        assert len(measurements) == len(piece.pushes), f"seed {seed}"
        assert decoder.stats.frames == len(piece.frames), f"seed {seed}"
        assert decoder.stats.measurements == len(piece.pushes), f"seed {seed}"


def test_the_generator_makes_the_same_stream_of_the_same_seed_and_every_kind_of_piece() -> None:
    assert streams.stream(7) == streams.stream(7) != streams.stream(8)
    pieces = [streams.stream(seed) for seed in range(100)]
    assert any(planted.inside for piece in pieces for planted in piece.planted)
    assert all(any(claim * 100 in piece.data for piece in pieces) for claim in CLAIMS)
    assert sum(len(piece.frames) for piece in pieces) > sum(len(piece.pushes) for piece in pieces) > 200


@given(st.binary(max_size=300))
def test_the_checksum_of_the_generator_is_what_its_definition_gives(data: bytes) -> None:
    assert check_sequence(data) == framefiles.check_sequence(data)


def test_the_frames_of_the_files_are_sound_to_the_generator_and_damage_of_any_byte_is_seen() -> None:
    for file in SOUND:
        assert (0, file.data) in sound_spans(file.data)
    for at in range(len(LIST_1)):
        assert not sound_spans(LIST_1[:at] + bytes([LIST_1[at] ^ 4]) + LIST_1[at + 1 :])


# --- chunks ----------------------------------------------------------------------------------------------------------

sent = st.sampled_from([file.data for file in SOUND])
mixes = st.lists(
    st.one_of(
        sent,
        sent,
        st.binary(max_size=60),
        st.builds(lambda raw, cut: raw[:cut], sent, st.integers(0, 400)),
        st.builds(lambda raw, cut: raw[cut:], sent, st.integers(0, 400)),
        st.builds(
            lambda piece, times: piece * times, st.sampled_from([*CLAIMS, FLAG, b"\x7e\xa0"]), st.integers(1, 300)
        ),
        st.integers(0, 2**32).map(lambda seed: streams.stream(seed).data),
    ),
    max_size=8,
).map(b"".join)


@given(mixes)
def test_chunks_of_1_7_61_256_4096_bytes_and_the_whole_give_equal_measurements(data: bytes) -> None:
    expected = measure([data])
    for size in CHUNK_SIZES:
        assert measure(chunks(seeded(0), data, size)) == expected, f"chunks of {size}"


# --- bounds ----------------------------------------------------------------------------------------------------------


def assert_bounded(parts: Iterable[bytes]) -> None:
    reader = FrameReader()
    for part in parts:
        reader.receive(part)
        while reader.next_event():
            assert reader.pending <= BUFFER_LIMIT
        assert reader.pending <= BUFFER_LIMIT


@given(st.lists(mixes, max_size=5))
def test_the_buffer_never_holds_more_than_two_of_the_largest_frames(parts: list[bytes]) -> None:
    assert_bounded(parts)


@pytest.mark.parametrize("size", [1, 61, 4096, 30_000])
@pytest.mark.parametrize(
    "pattern", [*CLAIMS, CLAIMS[0] + bytes(2040), FLAG, b"\x7e\xa7\xff", b"\x7e\xa7", b"\0", LIST_1], ids=bytes.hex
)
def test_the_buffer_is_bounded_for_what_repeats_without_end(pattern: bytes, size: int) -> None:
    data = (pattern * (30_000 // len(pattern) + 1))[: 5000 if size == 1 else 30_000]
    assert_bounded(chunks(seeded(0), data, size))


@pytest.mark.parametrize("claim", CLAIMS, ids=bytes.hex)
def test_an_intact_frame_after_headers_that_claim_2047_bytes_is_delivered_with_the_bytes_they_claim(
    claim: bytes,
) -> None:
    ahead = claim * 50
    reader = FrameReader()
    assert reader.feed(ahead + LIST_1 + bytes(2049 - len(LIST_1))) == [Frame.parse(LIST_1)]


@pytest.mark.parametrize("addresses", ["01 01", "01 0201", "41 02040607", "02040607 02040609"])
def test_a_frame_is_delivered_with_its_last_byte_also_after_a_header_that_fails(addresses: str) -> None:
    failing = b"\x7e\xa7\xff" + bytes.fromhex(addresses) + b"\x13\0\0"
    reader = FrameReader()
    for byte in failing + LIST_1[:-1]:
        assert reader.feed(bytes([byte])) == []
    assert reader.feed(LIST_1[-1:]) == [Frame.parse(LIST_1)]


# --- segments --------------------------------------------------------------------------------------------------------


def played(*pieces: Piece) -> tuple[list[Measurement], Decoder, list[HanParseError]]:
    errors: list[HanParseError] = []
    decoder = Decoder(on_error=errors.append)
    data = join(*pieces).data
    return decoder.feed(data) + decoder.flush(), decoder, errors


def clean(*pieces: Piece) -> list[Measurement]:
    measurements = measure(join(*pieces).pushes)
    assert len(measurements) == len(pieces)
    return measurements


seeds = pytest.mark.parametrize("seed", range(8))
counted = pytest.mark.parametrize("numbered", [False, True], ids=["UI", "I"])
FOLLOWING = whole(framefiles.named("aidon/list2-6525-it").data, push=True)


@seeds
@counted
def test_segments_in_order_are_one_push_also_with_flags_between_them(seed: int, *, numbered: bool) -> None:
    parts, push = segments(seeded(seed), numbered=numbered)
    flags = Piece(FLAG * 3)
    measurements, decoder, errors = played(*(piece for part in parts for piece in (part, flags)), FOLLOWING)
    assert measurements == clean(push, FOLLOWING)
    assert decoder.stats.dropped_assemblies == 0
    assert errors == []


@seeds
@counted
@pytest.mark.parametrize("lost", ["first", "last"])
def test_a_push_without_its_first_or_last_segment_is_dropped_and_the_next_is_not_touched(
    seed: int, lost: str, *, numbered: bool
) -> None:
    parts, push = segments(seeded(seed), numbered=numbered)
    measurements, decoder, errors = played(*(parts[1:] if lost == "first" else parts[:-1]), push, FOLLOWING)
    assert measurements == clean(push, FOLLOWING)
    assert decoder.stats.dropped_assemblies == 1
    assert isinstance(decoder.last_error, FrameError)
    assert errors == [decoder.last_error]


@seeds
def test_a_push_that_lost_a_segment_in_the_middle_is_dropped_by_the_numbers_of_its_frames(seed: int) -> None:
    parts, push = segments(seeded(seed), numbered=True)
    measurements, decoder, _ = played(parts[0], *parts[2:], push, FOLLOWING)
    assert measurements == clean(push, FOLLOWING)
    assert decoder.stats.dropped_assemblies == 1


@seeds
def test_what_follows_a_push_that_lost_an_unnumbered_segment_in_the_middle_is_not_touched(seed: int) -> None:
    parts, push = segments(seeded(seed), numbered=False)
    measurements, decoder, _ = played(parts[0], *parts[2:], push, FOLLOWING)
    assert measurements[-2:] == clean(push, FOLLOWING)
    stats = decoder.stats
    assert stats.dropped_assemblies + stats.undecodable + stats.unknown_meters + stats.measurements == 3


@seeds
@counted
def test_a_segment_that_comes_twice_drops_the_push_and_the_next_is_not_touched(seed: int, *, numbered: bool) -> None:
    parts, push = segments(seeded(seed), numbered=numbered)
    measurements, decoder, _ = played(*parts[:2], *parts[1:], push, FOLLOWING)
    assert measurements == clean(push, FOLLOWING)
    assert decoder.stats.dropped_assemblies == 1


@seeds
@counted
def test_a_first_segment_that_comes_twice_begins_the_push_again(seed: int, *, numbered: bool) -> None:
    parts, push = segments(seeded(seed), numbered=numbered)
    measurements, decoder, _ = played(parts[0], *parts, FOLLOWING)
    assert measurements == clean(push, FOLLOWING)
    assert decoder.stats.dropped_assemblies == 1


@seeds
@counted
def test_a_frame_of_another_meter_between_segments_drops_the_push_and_is_delivered(
    seed: int, *, numbered: bool
) -> None:
    parts, push = segments(seeded(seed), numbered=numbered)
    measurements, decoder, _ = played(parts[0], FOLLOWING, *parts[1:], push)
    assert measurements == clean(FOLLOWING, push)
    assert decoder.stats.dropped_assemblies == 1


@seeds
@counted
def test_a_segment_of_another_meter_drops_both_pushes_and_nothing_else(seed: int, *, numbered: bool) -> None:
    rng = seeded(seed)
    parts, push = segments(rng, numbered=numbered)
    others, other = segments(rng, numbered=numbered)
    measurements, decoder, _ = played(parts[0], others[1], *parts[1:], push, other, FOLLOWING)
    assert measurements == clean(push, other, FOLLOWING)
    assert decoder.stats.dropped_assemblies >= 1


@counted
def test_segments_without_end_are_dropped_at_16_kib(*, numbered: bool) -> None:
    rng = seeded(1)
    decoder = Decoder()
    first = LLC + b"\x0f"
    for i in range(200):
        control = bytes([0x10 | i % 8 << 1 if numbered else 0x13])
        decoder.feed(seal((b"" if i else first) + rng.randbytes(1000), b"\x05\x07" + control, segmented=True))
    assert decoder.stats.dropped_assemblies >= 1
    assert decoder.feed(FOLLOWING.data) == clean(FOLLOWING)


def test_a_push_of_which_an_unnumbered_segment_was_damaged_gives_no_measurement() -> None:
    information = named("kaifa/full-se-ma304h4-positional").data[9:-3]
    header = b"\x01\x02\x01\x13"
    first, damaged, last = (
        bytearray(seal(part, header, segmented=end < len(information)))
        for end, part in ((61, information[:61]), (65, information[61:65]), (len(information), information[65:]))
    )
    damaged[-4] ^= 1
    decoder = Decoder()
    assert decoder.feed(first + damaged + last) == []  # without the check: active_power_import=100663296 W
    assert decoder.stats.dropped_assemblies == 1
    assert decoder.feed(FOLLOWING.data) == clean(FOLLOWING)
