from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from framefiles import named
from texts import NOTATIONS

from hanparse import HanParseError, HexDumpError, decode, decode_all, pasted

AIDON = named("aidon/list2-6515-1phase")
KAMSTRUP = named("kamstrup/list1-dk-hundredths")


def powers(text: str) -> list[int | float | None]:
    return [measurement.active_power_import for measurement in decode_all(text)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("decimal lines", "pairs in lines"),
        ("labels above", "no flags"),
        ("xxd", "Pascal"),
        ("C string", "log of pairs"),
    ],
)
def test_two_pushes_in_two_notations_are_both_read(first: str, second: str) -> None:
    assert AIDON.expect
    dumps = NOTATIONS[first](AIDON.data), NOTATIONS[second](AIDON.data)
    for text in ("\n".join(dumps), "It says:\n{}\n\nand the next one:\n\n{}\n".format(*dumps)):
        assert powers(text) == [AIDON.expect["active_power_import"]] * 2


def test_a_list_without_the_header_of_its_push_gets_one() -> None:
    assert KAMSTRUP.expect
    body = KAMSTRUP.apdu[18:]  # behind the tag, the invoke id and the date-time with its length
    [measurement] = decode_all(f"decrypted list:\n{body.hex(' ')}\n")
    assert measurement.active_power_import == KAMSTRUP.expect["active_power_import"]
    assert measurement.timestamp is None


@pytest.mark.parametrize("notation", ["groups", "labels with values", "arrows", "a table", "xxd"])
@pytest.mark.parametrize("mask", ["XX", "**", "??"])
def test_an_apdu_with_a_masked_byte_is_no_value(notation: str, mask: str) -> None:
    marked = KAMSTRUP.apdu[:60] + b"\xed\xcb" + KAMSTRUP.apdu[62:]
    text = NOTATIONS[notation](marked).replace("ed", mask, 1)
    with pytest.raises(HanParseError):
        decode_all(text)


def test_a_masked_byte_is_named_by_its_line_and_column() -> None:
    text = NOTATIONS["pairs in lines"](AIDON.data)
    with pytest.raises(HexDumpError) as caught:
        decode_all(f"{text[:51]}XX{text[53:]}")
    assert (caught.value.line, caught.value.column) == (2, 4)


def test_a_dash_in_front_of_a_decimal_is_its_sign() -> None:
    text = NOTATIONS["Java signed"](KAMSTRUP.apdu)
    assert pasted.dumped(text) == KAMSTRUP.apdu


@pytest.mark.parametrize(
    "unit", ["7e a0 ", "7e\n", "RX 7E ", "0,7E,\n", "%7E", "0f 00 00 00 00 00 02 01 06 00 00 16 dc\n", "7ea7f26bad"]
)
def test_a_text_without_anything_sound_costs_no_more_than_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        start = time.process_time()
        with suppress(HexDumpError):
            pasted.dump(unit * (length // len(unit)))
        return time.process_time() - start

    assert seconds(64_000) < 30 * max(seconds(8_000), 0.01)  # 8 times the length; noise of a busy machine


@pytest.mark.parametrize("notation", ["log of pairs", "JSON in lines", "PulseView"])
def test_a_byte_that_is_typed_over_in_an_apdu_with_one_byte_a_line_is_an_error(notation: str) -> None:
    apdu = named("aidon/list2-6515-1phase").apdu
    lines = NOTATIONS[notation](apdu).split("\n")
    for at in range(20, len(lines) - 4, 7):
        damaged = "\n".join([*lines[:at], re.sub(r"\w(?=\W*$)", "g", lines[at]), *lines[at + 1 :]])
        with pytest.raises(HanParseError):
            decode_all(damaged)


def test_a_list_of_decimals_above_a_table_is_not_lost_because_its_last_number_looks_like_a_column() -> None:
    first, second = named("kaifa/list1-no").apdu, named("kaifa/list2-ma304h4-tn").apdu
    table = "\n".join(f"\t0x{at:04x}:  {second[at : at + 16].hex(' ', 2)}" for at in range(0, len(second), 16))
    text = f'{{"type": "Buffer", "data": [{", ".join(map(str, first))}]}}\n\n{table}\n'
    assert decode_all(text) == [decode(first), decode(second)]


TAILS = ["(ok)", "ok", "len=41", "[41]", "|..|", "12 ms", "# frame ok"]
WRITTEN = {"blanks": " ", "colons": ":", "dashes": "-"}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("between", WRITTEN)
def test_a_line_that_is_cut_at_an_odd_digit_costs_no_other_line_of_a_log(tail: str, between: str) -> None:
    frame = named("kaifa/list1-no").data
    written = frame.hex(WRITTEN[between])
    lines = [f"12:00:0{second} RX: {written} {tail}" for second in range(5)]
    for cut in (written[:49], written[:40]):
        log = [*lines[:2], f"12:00:09 RX: {cut} {tail}", *lines[2:]]
        assert decode_all("\n".join(log)) == [decode(frame)] * 5


STAMPS = {
    "a date and a time": "2024-03-01 12:00:{:02d} ",
    "ISO 8601": "2024-03-01T12:00:{:02d}.123Z ",
    "brackets": "[12:00:{:02d}] ",
    "a time with milliseconds": "12:00:{:02d}.250 ",
    "a time and a colon": "12:00:{:02d}: ",
    "a Unix time with milliseconds": "17092944{:02d}.250 ",
    "syslog": "Mar  1 12:00:{:02d} host han[12]: ",
    "a tag": "[12:00:{:02d}][D][han:042]: ",
    "European": "01.03.2024 12:00:{:02d} ",
    "an arrow": "2024-03-01 12:00:{:02d} > ",
    "none": "",
}
REMARKS = ("", " (ok)", " OK", " ({size} bytes)", " ; crc ok", " len={size}")
CUTS = {
    "after one byte": slice(0, 2),
    "after ten": slice(0, 29),
    "in the middle": slice(0, 62),
    "in front": slice(60, None),
}


@pytest.mark.parametrize("remark", REMARKS)
@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("cut", [*CUTS, "inside a byte"])
def test_a_log_with_a_cut_line_gives_no_byte_of_its_time_stamps(stamp: str, remark: str, cut: str) -> None:
    frames = [named(name).data for name in ("kaifa/list1-no", "aidon/list1-no", *["kaifa/list1-no"] * 2)]
    words = [frame.hex(" ").upper() for frame in frames]
    words[1] = words[1][CUTS.get(cut, slice(0, 61))]
    lines = enumerate(zip(words, frames, strict=True))
    log = [STAMPS[stamp].format(at) + word + remark.format(size=len(frame)) for at, (word, frame) in lines]
    found = pasted.dump("\n".join(log))
    whole, rest = frames[0], b"".join(frames[2:])
    assert found.data.startswith(whole)
    assert found.data.endswith(rest)
    left = found.data[len(whole) : -len(rest)]
    digits = words[1].replace(" ", "")
    assert left in (b"", bytes.fromhex(digits[: len(digits) // 2 * 2]))
    assert left or any(part.line == 2 and words[1][:29] in part.text for part in found.passed_over)
