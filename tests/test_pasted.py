from __future__ import annotations

from collections import Counter

import pytest
import texts
from framefiles import named
from sweeps import cases, paired
from wire import seeded

from hanparse import FrameError, HanParseError, HexDumpError, decode_all, hexdump, pasted
from hanparse.hexdump.text import tidy

LIST_1 = named("kaifa/list1-no").apdu
LIST_2 = named("kaifa/list2-ma304h3e-it-b").apdu
FRAME = named("kaifa/list2-ma304h3e-it-b").data
ABOVE, BELOW = texts.SURROUNDINGS["sentences"]


def test_pasted_texts_are_read_or_refused_by_name_and_never_wrong_in_silence() -> None:
    rng = seeded(16)
    made = [texts.make(rng) for _ in range(cases(50))]
    answers = {text.made: texts.verdict(text) for text in made}
    assert [name for name, answer in answers.items() if answer == "wrong"] == []
    assert Counter(answers.values())["named error"] <= 0.02 * len(answers)  # the long run of nox asks for 0.005


@pytest.mark.parametrize("notation", sorted(texts.NOTATIONS))
def test_a_dump_in_every_notation_resembles_bytes(notation: str) -> None:
    assert hexdump.LIKE_BYTES_ALONE.search(tidy(texts.NOTATIONS[notation](LIST_2)))


@pytest.mark.parametrize("other", ["pairs", "JSON list", "decimal a line", "bare binary", "C string"])
@pytest.mark.parametrize("notation", ["pairs", "JSON list", "decimal a line", "bare binary", "C string"])
def test_two_apdus_without_frames_are_read_in_any_two_notations(notation: str, other: str) -> None:
    text = f"{texts.NOTATIONS[notation](LIST_1)}\n\n{texts.NOTATIONS[other](LIST_2)}"
    assert len(decode_all(text)) == 2


def test_an_apdu_in_halves_of_binary_digits_is_no_list_of_numbers_beside_another_apdu() -> None:
    wireshark = texts.NOTATIONS["Wireshark"](named("landis_gyr/at-steiermark").apdu)
    halves = texts.NOTATIONS["halves in binary"](named("landis_gyr/ch-e450-tariffs").apdu)
    assert len(decode_all(f"{ABOVE}{wireshark}\n\n{halves}{BELOW}")) == 2


def test_the_filler_of_an_odd_number_of_bytes_in_words_is_no_byte_of_an_apdu() -> None:
    odd = named("kaifa/full-se-ma304h4-deviation").apdu
    assert len(odd) % 2
    dump = texts.NOTATIONS["od -x"](odd)
    assert len(decode_all(f"{ABOVE}{dump}{BELOW}{dump}")) == 2


def test_a_byte_of_an_apdu_that_the_text_repeats_in_hex_is_not_mistyped() -> None:
    push = next(push for push in texts.PUSHES if push.name == "p1/enc-lu-sc30")
    text = texts.NOTATIONS["log in binary"](push.data)
    assert len(decode_all(text, **push.options)) == 1


def test_an_apdu_is_read_in_front_of_a_damaged_one_in_another_notation_which_is_named() -> None:
    text = f"{texts.NOTATIONS['bare binary'](LIST_1)}\n\n{list(LIST_2[:-3])}"
    errors: list[HanParseError] = []
    assert len(decode_all(text, on_error=errors.append)) == 1
    assert [getattr(error, "line", 0) for error in errors] == [text.count("\n") + 1]


def test_an_apdu_behind_a_damaged_one_in_another_notation_is_named() -> None:
    text = f"{list(LIST_2[:-3])}\n\n{texts.NOTATIONS['bare binary'](LIST_1)}"
    with pytest.raises(HexDumpError, match="beside other bytes without a frame; paste it alone"):
        pasted.dump(text)


@pytest.mark.parametrize("notation", sorted(texts.ONLY_FRAMES))
@pytest.mark.parametrize(
    "data",
    [FRAME[:50] + bytes([FRAME[50] ^ 1]) + FRAME[51:], FRAME[:-20], named("kaifa/list2-ma304h3e-it-b").apdu],
    ids=["wrong", "cut", "APDU"],
)
def test_bytes_without_sound_check_sequences_are_refused_if_a_missing_digit_can_change_others(
    notation: str, data: bytes
) -> None:
    with pytest.raises(HanParseError):
        decode_all(f"{ABOVE}{texts.NOTATIONS[notation](data)}{BELOW}")


DAMAGED = {"wrong": FRAME[:50] + bytes([FRAME[50] ^ 1]) + FRAME[51:], "cut": FRAME[:-20]}


@pytest.mark.parametrize(
    ("notation", "damage"), paired(sorted(texts.NOTATIONS.keys() - texts.ONLY_FRAMES), list(DAMAGED))
)
def test_the_error_of_a_damaged_frame_in_prose_is_that_of_the_frame_in_every_notation(
    notation: str, damage: str
) -> None:
    dump = texts.NOTATIONS[notation](DAMAGED[damage])
    with pytest.raises(FrameError, match=r"the frame ends after|FCS .* does not fit"):
        decode_all(f"{ABOVE}{dump}{BELOW}")


@pytest.mark.parametrize(
    ("notation", "damage"),
    paired(sorted(texts.NOTATIONS.keys() - {"log in binary", "slashes"}), ["typed over", "masked"]),
)
def test_the_error_of_a_mistyped_or_masked_byte_does_not_blame_the_prose_around_it(notation: str, damage: str) -> None:
    dump = texts.damaged(seeded(7), notation, FRAME, damage)
    with pytest.raises(HanParseError) as caught:
        decode_all(f"{ABOVE}{dump}{BELOW}")
    first = ABOVE.count("\n") + 1
    line = caught.value.line if isinstance(caught.value, HexDumpError) else first
    assert first <= line <= first + dump.count("\n")
    assert isinstance(caught.value, HexDumpError) or "(line " in str(caught.value)


@pytest.mark.parametrize(
    ("name", "at"),
    [("kaifa/list2-ma304h3e-it-b", 19), ("aidon/list2-6515-1phase", 6), ("kamstrup/list1-dk-hundredths", 18)],
)
def test_an_apdu_and_its_list_are_one_push_in_any_two_notations(name: str, at: int) -> None:
    apdu = named(name).apdu
    rng = seeded(21)
    assert apdu[at : at + 2] in (b"\x01\x09", b"\x02\x0d", b"\x02\x19")  # the list behind the header
    read = 0
    for _ in range(cases(8)):
        written = [texts.NOTATIONS[rng.choice(sorted(set(texts.NOTATIONS) - texts.ONLY_FRAMES))] for _ in range(2)]
        try:
            found = decode_all(f"{written[0](apdu)}\n\n{written[1](apdu[at:])}")
        except HanParseError:
            continue
        assert len(found) == 1
        read += 1
    assert read >= cases(4)


def test_two_equal_lists_without_headers_are_two_pushes() -> None:
    shown = named("kamstrup/list1-dk-hundredths").apdu
    text = shown[shown.index(b"\x02\x19") :].hex(" ")
    assert len(decode_all(f"at ten:\n{text}\nat eleven:\n{text}")) == 2


@pytest.mark.parametrize(
    "line", ["{hex:<47}  {text}", "{hex} |{text}|", "12:01:02 RX: {hex:<47}  {text}", "> {hex}\t\t{text}"]
)
@pytest.mark.parametrize("name", ["kamstrup/list1-dk-hundredths", "aidon/list2-6515-1phase", "unnamed/at-netz-noe"])
def test_the_bytes_as_text_beside_the_bytes_of_an_apdu_are_not_mistyped_bytes(name: str, line: str) -> None:
    apdu = named(name).apdu
    errors: list[HanParseError] = []
    assert pasted.dumped(texts.each(apdu, 16, line)) == apdu
    assert len(decode_all(texts.each(apdu, 16, line), on_error=errors.append)) == 1
    assert errors == []


def test_text_beside_the_bytes_of_an_apdu_that_says_something_else_may_replace_bytes() -> None:
    lines = texts.each(LIST_2, 16, "{hex:<47}  {text}").split("\n")
    lines[3] = lines[3][:47] + "  ..  .. 12 34 56 78"
    with pytest.raises(HexDumpError, match="line 4"):
        decode_all("\n".join(lines))
