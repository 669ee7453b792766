"""What the skipped bytes of a stream show: facts that each threshold holds from both sides."""

from __future__ import annotations

import pytest
from framefiles import named, sealed
from wire import seeded

from hanparse.diagnosis.symptoms import EVEN_BYTES, ODD_BYTES, Symptoms, count, mostly
from hanparse.wire.stats import Stats

FRAME = named("kaifa/list1-no").data
LINE = b"1-0:1.7.0(0002.301*kW)\r\n"


def symptoms(skipped: bytes, **stats: int) -> Symptoms:
    return Symptoms(Stats(**{"bytes": len(skipped), "passed_over": len(skipped)} | stats), skipped)


def odd_bytes(odd: int, even: int) -> bytes:
    """So many bytes with an odd and with an even number of ones, none of which begins a frame or a text."""
    rng = seeded(1)
    data = [*rng.choices(ODD_BYTES.translate(None, bytes(range(0x80))), k=odd), *[0xFF] * even]
    rng.shuffle(data)
    return bytes(data)


def test_half_of_all_bytes_have_an_odd_number_of_ones() -> None:
    assert sorted(ODD_BYTES + EVEN_BYTES) == list(range(256))
    assert {f"{byte:b}".count("1") % 2 for byte in ODD_BYTES} == {1}
    assert {f"{byte:b}".count("1") % 2 for byte in EVEN_BYTES} == {0}


@pytest.mark.parametrize(("odd", "even", "found"), [(970, 30, 970), (969, 31, 0), (128, 0, 128), (127, 0, 0)])
def test_a_value_of_as_good_as_all_bytes_is_one_of_97_in_100_and_of_128_at_least(
    odd: int, even: int, found: int
) -> None:
    assert symptoms(odd_bytes(odd, even)).with_value(ODD_BYTES) == found


def test_flags_are_no_loss() -> None:
    few = symptoms(b"\x7e" * 30 + b"\xff" * 10)
    assert (few.content, few.lost) == (b"\xff" * 10, 10)


@pytest.mark.parametrize(("lines", "is_p1"), [(2, False), (3, True)])
def test_three_lines_with_codes_are_p1(lines: int, is_p1: bool) -> None:
    assert symptoms(LINE * lines).is_p1 is is_p1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"wifi up\r\n", 0),  # alone it may be chance
        (b"wifi is up\r\n" * 2, 24),
        (b"wifi is up, and so are we", 25),
    ],
)
def test_one_short_line_is_no_text(data: bytes, text: int) -> None:
    assert symptoms(data).text == text


@pytest.mark.parametrize(("missing", "broken_off"), [(7, 0), (8, 1)])
def test_a_frame_that_misses_eight_bytes_is_broken_off(missing: int, broken_off: int) -> None:
    cut = FRAME[: -1 - missing] + b"\x7e"
    found = symptoms(cut)
    assert [(each.size, each.announced, each.flagged) for each in found.fragments] == [(len(cut), len(FRAME), True)]
    assert len(found.broken_off) == broken_off


def test_a_frame_in_which_line_ends_were_changed_is_whole_once_that_is_undone() -> None:
    changed = sealed(b"\xe6\xe7\x00\x0f\n\x00\n").replace(b"\n", b"\r\n")
    assert symptoms(changed).sound_with_lf == 1
    assert symptoms(changed + b"\n").sound_with_lf == 0  # a line feed that was not changed


@pytest.mark.parametrize(("part", "whole", "expected"), [(2, 2, False), (3, 4, True), (3, 5, False), (4, 6, True)])
def test_mostly_is_two_thirds_and_three_at_least(part: int, whole: int, expected: bool) -> None:
    assert mostly(part, whole) is expected


def test_bytes_are_counted_by_their_values() -> None:
    assert count(b"abcabc", b"ac") == 4
