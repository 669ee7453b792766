from __future__ import annotations

from collections import Counter

import pytest
import texts
from framefiles import named
from sweeps import cases, paired, some
from wire import seeded

from hanparse import FrameError, HanParseError, HexDumpError, decode_all, hexdump, pasted
from hanparse.hexdump.text import tidy

LIST_1 = named("kaifa/list1-no").apdu
LIST_2 = named("kaifa/list2-ma304h3e-it-b").apdu
FRAME = named("kaifa/list2-ma304h3e-it-b").data
ABOVE, BELOW = texts.SURROUNDINGS["sentences"]


@pytest.mark.parametrize(("count", "pairs"), [(50, False), (30, True)], ids=["any texts", "two pushes"])
def test_pasted_texts_are_read_or_refused_by_name_and_never_wrong_in_silence(count: int, pairs: bool) -> None:
    rng = seeded(16)
    made = [texts.make(rng, pairs=pairs) for _ in range(cases(count))]
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


@pytest.mark.parametrize(
    ("notation", "name", "other_notation", "other"),
    [
        ("Wireshark", "landis_gyr/at-steiermark", "halves in binary", "landis_gyr/ch-e450-tariffs"),
        # Groups of four digits that are rows of small numbers: "0000 1111" is the offset 0 and two bytes 11.
        ("hexdump -C", "iskraemeco/si-12-registers-bool", "halves in binary", "iskraemeco/si-9-1phase"),
        # Some rows have a text column of dots alone, so runs at the ends of lines read the labels and these rows.
        ("labels with values", "kaifa/full-se-ma304h4-deviation", "Wireshark", "kaifa/full-se-ma304t4-ct"),
        # All text columns are dots and brackets, but only one is "..........(.....".
        ("groups", "landis_gyr/at-burgenland-11", "Wireshark", "landis_gyr/ch-e450-tariffs"),
        # The addresses 0x7ffe0000 resemble bytes as soon as the bytes behind them are read.
        ("gdb", "kamstrup/list1-1phase-nulls", "brackets", "kamstrup/list1-3phase"),
        # The list ends with 22 and 27, which are also pairs of hex digits at the end of a line.
        ("ESPHome", "aidon/list1-no", "Node.js JSON", "aidon/list2-6515-1phase"),
    ],
)
def test_rows_of_an_apdu_in_one_notation_are_no_part_of_an_apdu_in_another(
    notation: str, name: str, other_notation: str, other: str
) -> None:
    first = texts.NOTATIONS[notation](named(name).apdu)
    second = texts.NOTATIONS[other_notation](named(other).apdu)
    assert len(decode_all(f"{ABOVE}{first}\n\nand the next one:\n\n{second}{BELOW}")) == 2


def test_a_frame_at_whose_end_another_one_begins_is_no_reason_to_read_only_the_first() -> None:
    push = next(push for push in texts.PUSHES if push.name == "segments/ciphered-header-split")
    dumps = [texts.NOTATIONS[notation](push.data) for notation in ("URL", "text column")]
    assert len(decode_all("My meter sends this:\n{}\n\nand the next one:\n\n{}".format(*dumps), **push.options)) == 2


@pytest.mark.parametrize("first", ["no leading zeros in lines", "brackets", "octal"])
@pytest.mark.parametrize("second", ["quoted-printable", "wrapped pairs"])
def test_a_wrapped_dump_of_which_a_reading_of_another_notation_finds_some_frames_is_read(
    first: str, second: str
) -> None:
    push = next(push for push in texts.PUSHES if push.name == "mbus/eighteen-telegrams")
    dumps = [texts.NOTATIONS[notation](push.data) for notation in (first, second)]
    assert len(decode_all("{}\n\nand the next one:\n\n{}".format(*dumps), **push.options)) == 2


def test_a_telegram_in_lines_of_a_trace_is_read_below_a_telegram_in_one_string() -> None:
    first, second = named("p1/impossible-clock").data, named("p1/ie-iskra").data
    text = f"{texts.NOTATIONS['C string'](first)}\n\nand the next one:\n\n{texts.NOTATIONS['strace'](second)}"
    assert len(decode_all(text)) == 2


@pytest.mark.parametrize(
    ("notation", "name"),
    [("hex numbers of HTML", "ciphered/dd-short-aad"), ("a terminal", "ciphered/dd-plain-header")],
)
def test_some_of_the_bytes_of_a_ciphered_apdu_are_no_apdu(notation: str, name: str) -> None:
    push = next(push for push in texts.PUSHES if push.name == name)
    assert pasted.dumped(texts.NOTATIONS[notation](push.data)) == push.data


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
    ("notation", "damage"), some(paired(sorted(texts.NOTATIONS.keys() - texts.ONLY_FRAMES), list(DAMAGED)), 50)
)
def test_the_error_of_a_damaged_frame_in_prose_is_that_of_the_frame_in_every_notation(
    notation: str, damage: str
) -> None:
    dump = texts.NOTATIONS[notation](DAMAGED[damage])
    with pytest.raises(FrameError, match=r"the frame ends after|FCS .* does not fit"):
        decode_all(f"{ABOVE}{dump}{BELOW}")


@pytest.mark.parametrize(
    ("notation", "damage"),
    some(paired(sorted(texts.NOTATIONS.keys() - {"log in binary", "slashes"}), ["typed over", "masked"]), 50),
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
