"""Lists that no meter sends are read by a layout as by the grammar."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from bodies import number, octets, structure
from hypothesis import given, settings
from hypothesis import strategies as st
from lists import GENERAL, SHAPES, SHORT, any_push, following
from outcomes import outcome, resealed
from sweeps import cases
from wire import seeded

from hanparse import Decoder, Scale
from hanparse.decoder import Options
from hanparse.meters import PROFILES, Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from hanparse.axdr.data import Data

OPTIONS = st.sampled_from(
    [Options(), Options(scale=Scale.ct("100:5")), Options(scale=Scale(energy=0.1, voltage=0.1)), Options(timezone=UTC)]
)


def exchange(rng: Random, shape: Callable[[Random], Data]) -> list[bytes]:
    """Frames of a list that no meter sends, and of some like it: with other values, at times with another byte.

    At times another list comes between from the same addresses, after which its maker may be known.
    """
    first = any_push(rng, (shape,))
    other = any_push(rng)._replace(header=first.header)
    frames = [first.frame]
    for _ in range(rng.randint(1, 8)):
        frame = following(rng, other if rng.random() < 0.1 else first).frame
        if rng.random() < 0.15:
            start = frame.index(b"\xe6\xe7\x00")
            place = rng.randrange(start + 3, len(frame) - 3)
            frame = resealed(frame[:place] + rng.randbytes(1) + frame[place + 1 :], start)
        frames.append(frame)
    return frames


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=cases(15))
@given(st.randoms(use_true_random=True), OPTIONS, st.sampled_from([PROFILES, *[(SHORT, *PROFILES, GENERAL)] * 3]))
def test_lists_that_no_meter_sends_are_read_as_the_grammar_reads_them(
    shape: Callable[[Random], Data], rng: Random, options: Options, profiles: tuple[Profile, ...]
) -> None:
    options = Options(**options, profiles=profiles)
    for _ in range(cases(2)):
        learned, unlearned = Decoder(**options), Decoder(**options)
        for frame in exchange(rng, shape):
            unlearned._layouts.clear()  # noqa: SLF001  to compare with the long way
            assert outcome(learned, frame) == outcome(unlearned, frame), frame.hex(" ")


def test_lists_that_no_meter_sends_are_often_recognised() -> None:
    rng, recognised, frames = seeded(1), 0, 0
    for _ in range(100):
        decoder = Decoder(profiles=(SHORT, *PROFILES, GENERAL))
        for frame in exchange(rng, rng.choice(SHAPES)):
            decoder.feed(frame)
            frames += 1
        recognised += decoder.stats.recognised
    assert recognised > frames / 10  # else the property above says little


def test_a_push_that_makes_its_maker_known_is_recognised_as_the_next_one_is_read() -> None:
    frame = any_push(seeded(1), (lambda _rng: structure(octets(bytes(6)), number(7), number(8)),)).frame
    learned, unlearned = Decoder(profiles=[SHORT]), Decoder(profiles=[SHORT])
    for fields in ([None, 7], [7, None], [7, None]):  # first by its signature, then as a list of the maker known here
        unlearned._layouts.clear()  # noqa: SLF001  to compare with the long way
        (found,), (expected,) = learned.feed(frame), unlearned.feed(frame)
        assert [found.active_power_import, found.active_power_export] == fields
        assert found == expected
    assert learned.stats.recognised == 2
