from __future__ import annotations

import time
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING

import dumpstyles
import pytest
from framefiles import FrameFile, named
from sweeps import cases, some
from texts import NOTATIONS, SHAPES, octal_escapes

from hanparse import HanParseError, HexDumpError, decode, decode_all, pasted

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_push_in_any_notation_is_read_between_sentences(notation: str) -> None:
    assert AIDON.expect
    text = f"Hei!\n\nMin Aidon 6515 sender dette:\n\n{NOTATIONS[notation](AIDON.data)}\n\nHva er 1362 W?\nMvh Ola\n"
    assert powers(text) == [AIDON.expect["active_power_import"]]


@pytest.mark.parametrize("notation", ["pairs in lines", "Java", "decimal lines", "arrows"])
def test_a_damaged_apdu_behind_a_complete_one_does_not_hide_it(notation: str) -> None:
    assert AIDON.expect
    cut = NOTATIONS[notation](KAMSTRUP.apdu)
    text = f"This one:\n{NOTATIONS[notation](AIDON.apdu)}\n\nand the next one:\n\n{cut[: len(cut) * 2 // 3]}"
    assert powers(text) == [AIDON.expect["active_power_import"]]


def test_telegrams_as_text_and_frames_as_a_dump_are_read_from_one_text() -> None:
    telegram = named("p1/se-aidon")
    assert AIDON.expect
    assert telegram.expect
    expected = [file.expect["active_power_import"] for file in (telegram, AIDON) if file.expect]
    for dump in (AIDON.data.hex(" "), repr(AIDON.data), f"<pre>{AIDON.data.hex('&', 1).replace('&', '&nbsp;')}</pre>"):
        assert powers(telegram.data.decode() + dump) == expected
        assert powers(f"{dump}\n{telegram.data.decode()}") == expected[::-1]


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


UNITS = ["7e a0 ", "7e\n", "RX 7E ", "0,7E,\n", "%7E", "~AE", "0f 00 00 00 00 00 02 01 06 00 00 16 dc\n", "7ea7f26bad"]


@pytest.mark.parametrize("unit", some(UNITS, 2))
def test_a_text_without_anything_sound_costs_no_more_than_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        start = time.process_time()
        with suppress(HexDumpError):
            pasted.dump(unit * (length // len(unit)))
        return time.process_time() - start

    times = 4 * min(cases(1), 2)
    limit = 3 * times * max(seconds(4_500), 0.01)  # three times as much, because a machine may be busy
    assert seconds(4_500 * times) < limit or seconds(4_500 * times) < limit


def test_a_list_of_decimals_above_a_table_is_not_lost_because_its_last_number_looks_like_a_column() -> None:
    first, second = named("kaifa/list1-no").apdu, named("kaifa/list2-ma304h4-tn").apdu
    table = "\n".join(f"\t0x{at:04x}:  {second[at : at + 16].hex(' ', 2)}" for at in range(0, len(second), 16))
    text = f'{{"type": "Buffer", "data": [{", ".join(map(str, first))}]}}\n\n{table}\n'
    assert decode_all(text) == [decode(first), decode(second)]


def test_a_dump_in_a_block_below_a_dump_in_another_notation_is_read() -> None:
    frame = named("kamstrup/list1-dk-hundredths").data
    for below in ("halves in binary", "decimal with zeros", "ESPHome", "tabs"):
        text = f"{NOTATIONS['HTML'](frame)}\n{NOTATIONS[below](frame)}\n"
        assert decode_all(text) == [decode(frame)] * 2


@pytest.mark.parametrize("notation", ["slashes", "C array", "log of integers", "Format-Hex", "a terminal", "gdb"])
def test_an_apdu_is_read_in_a_log_with_an_address_and_in_each_shape(notation: str) -> None:
    apdu = named("landis_gyr/at-burgenland-11").apdu
    text = f"[12:01:02][I] connected to 10.0.0.7\n{NOTATIONS[notation](apdu)}\n[12:01:05][I] Power 1.1 kW\n"
    for shape in SHAPES.values():
        assert decode_all(shape(text)) == [decode(apdu)]


@pytest.mark.parametrize("front", ["  {:2d} ", "{:02d} ", "{:3d}\t", "{:x} "])
def test_the_number_of_a_line_is_no_byte(front: str) -> None:
    frame = named("kamstrup/list1-dk-hundredths").data
    rows = [frame[at : at + 16].hex(" ") for at in range(0, len(frame), 16)]
    assert decode_all("\n".join(front.format(at) + row for at, row in enumerate(rows, 4))) == [decode(frame)]


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


FRONTS = (
    *("2024-03-01 12:00:{:02d} ", "[12:00:{:02d}] ", "12.03.24 10:20:{:02d}.125: ", "[12:00:{:02d}][D][han:042]: "),
    *("Mar  1 12:00:{:02d} pi han[1234]: ", "12:00:{:02d}: ", "17092944{:02d} "),
)
BEHIND = ("", " (ok)", " # fine", " <-- good")


@pytest.mark.parametrize(("front", "behind", "left"), some([*product(FRONTS, BEHIND, (19, 42, 61, 90))], 16))
def test_a_cut_line_of_a_log_does_not_make_bytes_of_times(front: str, behind: str, left: int) -> None:
    pushes = [named(name).data for name in ("kaifa/list1-no", "aidon/list2-6534-tn")] * 2
    shown = [push.hex(" ").upper() for push in pushes]
    shown[2] = shown[2][:left]
    text = "\n".join(front.format(10 * at) + line + behind for at, line in enumerate(shown))
    rest = pasted.dumped(text)
    assert powers(text) == [decode(pushes[at]).active_power_import for at in (0, 1, 3)]
    for at in (0, 1, 3):
        rest = rest.replace(pushes[at], b"", 1)
    assert bytes.fromhex(shown[2][3 : left - left % 3]).startswith(rest.strip(b"\x7e"))


@pytest.mark.parametrize("value", ["(5852 W)", "(5.852kW)", "(-5852 var)", "(230,1 V)", "(50 Hz)", "(12 kWh)"])
def test_a_value_with_its_unit_in_brackets_between_bytes_is_no_byte(value: str) -> None:
    data = AIDON.data.hex(" ").upper()
    assert pasted.dumped(f"{data[:90]}{value} {data[90:]}") == AIDON.data


@pytest.mark.parametrize("found", ["(5O)", "(5 A)", "(58 W 5A)", "(W)"])
def test_other_text_in_brackets_does_not_hide_a_damaged_byte_of_an_apdu(found: str) -> None:
    data = AIDON.apdu.hex(" ").upper()
    with pytest.raises(HexDumpError):
        decode(f"{data[:90]}{found}{data[92:]}")


def test_a_line_of_strace_whose_bytes_need_no_escape_belongs_to_the_frame() -> None:
    frame = named("kaifa/list2-ma304h4-tn").data
    at = frame.index(b"KFM_001")
    shown = [octal_escapes(part) for part in (frame[:at], frame[at : at + 7], frame[at + 7 :])]
    assert "\\" not in shown[1]
    text = "\n".join(f'read(3, "{line}", 1024) = 9' for line in shown)
    assert pasted.dumped(text + '\nprintf("no bytes")') == frame


REMARKS = ["- 5852 W", "\u2013 5852 W", "1 ok", "5.8 kW", ", 5 W", "100%", "-61 dBm", "L1 2.9 A", "#1", "at 12:00"]


@pytest.mark.parametrize("remark", REMARKS)
@pytest.mark.parametrize("separator", [" ", ":"])
def test_a_frame_between_a_label_and_a_remark_is_read(remark: str, separator: str) -> None:
    assert AIDON.expect
    text = f"RX {AIDON.data.hex(separator)} {remark}"
    assert powers(text) == [AIDON.expect["active_power_import"]]
    assert powers(f"{text}\nRX {AIDON.data.hex(separator)}") == [AIDON.expect["active_power_import"]] * 2


@pytest.mark.parametrize(
    "dump",
    [
        "\t".join(map(str, AIDON.data)),
        " | ".join(map(str, AIDON.data)),
        "    ".join(map(str, AIDON.data)),
        ", ".join(f"{byte:3d}" for byte in AIDON.data),
        " - ".join(map(str, AIDON.data)),
        "\n\n".join(f"0x{byte:02X}" for byte in AIDON.data),
        "".join(chr(byte) if 64 < byte < 91 else f"<{byte:02X}>" for byte in AIDON.data),
    ],
)
def test_a_dump_in_any_notation_is_read_below_a_frame_in_hex_and_below_a_telegram(dump: str) -> None:
    assert AIDON.expect
    expected = AIDON.expect["active_power_import"]
    assert powers(dump) == [expected]
    assert powers(f"{AIDON.data.hex(' ')}\n\n[\n{dump}\n]") == [expected] * 2
    assert powers(f"{named('p1/se-aidon').data.decode()}\n{dump}")[1:] == [expected]


def test_the_time_of_a_log_below_numbered_bytes_is_no_numbered_byte() -> None:
    lines = "\n".join(f"{at}\n: \n{byte}" for at, byte in enumerate(AIDON.data))
    assert powers(f"{lines}\n12:01:00 rx {AIDON.data.hex()}") == [1362, 1362]


def _halves(data: bytes) -> str:
    return f"{data[:8].hex(' ')}{'-' if len(data) >= 8 else ''}{data[8:].hex(' ')}"


def _openssl(data: bytes, at: int, text: str) -> str:
    return f"{at:04x} - {_halves(data):<47}   {text}"


def _debug(data: bytes, at: int, text: str) -> str:
    return f"0B3C:{0x100 + at:04X}  {_halves(data).upper():<47}   {text}"


def _zephyr(data: bytes, _: int, text: str) -> str:
    return f"{data[:8].hex(' ')}  {data[8:].hex(' '):<23} |{text[:8]} {text[8:]}"


def _bracket(data: bytes, at: int, text: str) -> str:
    return f"[{at:04x}] {data.hex(' '):<47}  {text}"


def _decimal_offset(data: bytes, at: int, text: str) -> str:
    return f"{at:3}: {data.hex(' '):<47}  {text}"


@pytest.mark.parametrize("row", [_openssl, _debug, _zephyr, _bracket, _decimal_offset])
@pytest.mark.parametrize("file", [AIDON, KAMSTRUP, named("kaifa/list2-ma304h3e-it-b")], ids=lambda file: file.name)
def test_the_table_of_a_program_is_read(row: Callable[[bytes, int, str], str], file: FrameFile) -> None:
    assert file.expect
    lines = dumpstyles.lines(file.data, 16)
    text = "\n".join(row(line.data, line.offset, dumpstyles.printable(line.data)) for line in lines)
    assert powers(f"I see this:\n\n{text}\n") == [file.expect["active_power_import"]]
