from __future__ import annotations

import os
from time import perf_counter

import mutations
import pytest
from framefiles import SOUND, named
from fuzz_decode import WAYS, all_of, check, check_next, seeds
from mutations import heavy, mutated, retold
from sweeps import cases, some
from wire import CHUNK_SIZES, LLC, chunks, seal, seeded, sound_spans

from hanparse import Decoder, HanParseError, Measurement, decode, decode_all

MUTATIONS = cases(1000)
MOST_SECONDS = float(os.environ.get("HANPARSE_MOST_SECONDS", "5"))  # a hang by default; 0.05 on a quiet machine
"""What one input under 4 KiB may take."""


def outcome(source: bytes | str) -> list[Measurement] | HanParseError:
    """What is decoded, or the one kind of error that may escape."""
    try:
        return decode_all(source)
    except HanParseError as error:
        assert str(error)
        return error


def seconds(source: bytes | str) -> float:
    start = perf_counter()
    outcome(source)
    return perf_counter() - start


def test_no_mutation_raises_anything_but_a_hanparse_error_or_hangs() -> None:
    for seed in range(MUTATIONS):
        source = mutated(seed)
        try:
            taken = seconds(source)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {source!r}") from error
        if taken > MOST_SECONDS:  # by itself, or because the machine did something else
            assert min(seconds(source) for _ in range(5)) < MOST_SECONDS, f"seed {seed}: {source!r}"


def test_a_decoder_raises_nothing_for_mutations_and_reads_the_next_push_as_if_they_had_not_been() -> None:
    decoder = Decoder()
    after = named("aidon/list2-6525-it").data
    expected = [decode(after)]
    for seed in range(0, MUTATIONS, 8):
        for source in (mutated(seed), mutated(seed + 3), mutated(seed + 4)):
            assert isinstance(source, bytes)
            decoder.feed(source + bytes(4096))  # the zeros end what claims more bytes than came
            assert decoder.feed(after) == expected, f"seed {seed}: {source!r}"


def test_a_push_like_the_one_before_is_read_as_if_it_came_alone() -> None:
    for seed in range(0, MUTATIONS, 8):
        check_next(*retold(seed))


def test_the_fuzzer_has_a_seed_for_every_way_in_and_no_seed_breaks_a_promise() -> None:
    assert {seed[0] for seed in seeds()} == set(range(len(WAYS)))
    for seed in some(seeds(), 150):
        check(seed)


def test_chunks_make_no_difference_to_mutations() -> None:
    for seed in range(3, MUTATIONS, 80):
        source = mutated(seed)
        assert isinstance(source, bytes)
        results = []
        for size in CHUNK_SIZES:
            decoder = Decoder()
            parts = chunks(seeded(seed), source, size)
            results.append(all_of([m for part in parts for m in decoder.feed(part)] + decoder.flush()))
        assert all(result == results[0] for result in results), f"seed {seed}"


@pytest.mark.parametrize("name", heavy())
def test_the_heaviest_inputs_end_soon(name: str) -> None:
    source = heavy()[name]
    assert len(source) < 4096
    assert any(seconds(source) < MOST_SECONDS for _ in range(5))  # the machine may have done something else


def test_mutations_reach_all_layers_with_right_checksums() -> None:
    seen = [outcome(mutated(seed)) for seed in range(500)]
    kinds = {type(result).__name__ for result in seen}
    assert kinds == {"list", "DecodeError", "UnknownMeterError", "FrameError", "ChecksumError", "HexDumpError"}
    sealed = [mutated(seed) for seed in range(4, 1000, 8)]
    assert all(isinstance(source, bytes) and sound_spans(source) for source in sealed)
    assert mutated(5) == mutated(5) != mutated(13)


def test_a_push_that_is_not_mutated_is_sealed_as_the_meter_sealed_it() -> None:
    for file in SOUND:
        header = file.data[3 : file.data.index(LLC) - 2]
        assert seal(LLC + file.apdu, header) == file.data
    assert len(mutations.APDUS) == len(SOUND)
