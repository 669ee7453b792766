"""A byte that is mistyped, masked or missing between the bytes of an APDU is an error, and no wrong value."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from framefiles import named
from sweeps import part, some
from texts import NOTATIONS

from hanparse import HanParseError, HexDumpError, decode, decode_all

AIDON = named("aidon/list2-6515-1phase")
KAMSTRUP = named("kamstrup/list1-dk-hundredths")


def test_an_apdu_that_lacks_a_line_with_a_mistyped_byte_is_an_error() -> None:
    lines = NOTATIONS["decimal with zeros"](KAMSTRUP.apdu).split("\n")
    for at in range(len(lines)):
        text = "\n".join([*lines[:at], lines[at][:-3] + "0g6", *lines[at + 1 :]])
        with pytest.raises(HanParseError):
            decode_all(text)


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("name", ["kamstrup/list1-dk-hundredths", "kaifa/list2-ma304h4-tn", "landis_gyr/at-e450-18"])
def test_an_apdu_in_groups_of_which_one_has_a_mistyped_digit_gives_no_value(name: str, size: int) -> None:
    digits = named(name).apdu.hex()
    groups = [digits[at : at + 2 * size] for at in range(0, len(digits), 2 * size)]
    lines = [groups[at : at + 16 // size] for at in range(0, len(groups), 16 // size)]
    places = [(row, column) for row in range(2, len(lines), 4) for column in range(len(lines[row]))]
    for row, column in some(places, 6):
        line = lines[row]
        wrong = [*line[:column], f"{line[column][:2]}g{line[column][3:]}", *line[column + 1 :]]
        text = "\n".join("     ".join(each) for each in [*lines[:row], wrong, *lines[row + 1 :]])
        errors: list[HanParseError] = []
        with suppress(HanParseError):
            decode_all(f"My meter sends this:\n{text}\n", on_error=errors.append)
            assert errors


@pytest.mark.parametrize("name", ["kamstrup/list1-dk-hundredths", "kaifa/list3-ma105h2e-1phase"])
def test_an_apdu_in_a_table_with_a_mistyped_digit_gives_no_value(name: str) -> None:
    lines = NOTATIONS["a table"](named(name).apdu).split("\n")
    pairs = [(row, pair.start()) for row, line in enumerate(lines) for pair in re.finditer(r"\b[0-9a-f]{2}\b", line)]
    for row, at in some(pairs, 10):
        line = f"{lines[row][:at]}g{lines[row][at + 1 :]}"
        with suppress(HanParseError):
            assert not decode_all("\n".join([*lines[:row], line, *lines[row + 1 :]]))


@pytest.mark.parametrize(
    "notation",
    ["Erlang", "Verilog", "Pascal", "Java", "no leading zeros in lines", "pairs in lines", "hexdump -C", "od -x"],
)
@pytest.mark.parametrize("written", ["XX", "g0", "0g"])
def test_an_apdu_with_a_masked_or_mistyped_byte_in_any_place_gives_no_wrong_value(notation: str, written: str) -> None:
    apdu = named("kaifa/full-se-ma304t4-ct").apdu
    right = decode(apdu)
    assert b"\xee" not in apdu
    for at in some(range(1, len(apdu)), 4):
        one = NOTATIONS[notation](apdu[:at] + b"\xee" + apdu[at + 1 :])
        assert len(re.findall("ee|EE", one)) == 1
        with suppress(HanParseError):
            assert all(measurement == right for measurement in decode_all(re.sub("ee|EE", written, one)))


@pytest.mark.parametrize(
    ("notation", "at", "written"),
    [
        *(("tcpdump", at, "ga") for at in (68, 69, 130, 146)),
        *(("tcpdump", at, "g0") for at in (69, 146)),
        *((notation, 69, "ga") for notation in ("xxd", "od -x")),
        *(("candump", 161, written) for written in ("g0", "ga", "0g")),
    ],
)
def test_an_apdu_that_fits_the_grammar_without_the_line_of_a_mistyped_byte_gives_no_measurement(
    notation: str, at: int, written: str
) -> None:
    assert b"\xee" not in AIDON.apdu
    text = NOTATIONS[notation](AIDON.apdu[:at] + b"\xee" + AIDON.apdu[at + 1 :])
    with pytest.raises(HanParseError):
        decode_all(text.replace("ee", written))


@pytest.mark.parametrize("notation", ["log of pairs", "JSON in lines", "PulseView"])
def test_a_byte_that_is_typed_over_in_an_apdu_with_one_byte_a_line_is_an_error(notation: str) -> None:
    apdu = named("aidon/list2-6515-1phase").apdu
    lines = NOTATIONS[notation](apdu).split("\n")
    for at in some(range(20, len(lines) - 4), 3):
        damaged = "\n".join([*lines[:at], re.sub(r"\w(?=\W*$)", "g", lines[at]), *lines[at + 1 :]])
        with pytest.raises(HanParseError):
            decode_all(damaged)


@pytest.mark.parametrize("notation", ["equals", "URL", "Pascal", "Visual Basic", "Lisp", "Verilog"])
@pytest.mark.parametrize("mask", ["XX", "??"])
def test_the_error_for_a_masked_byte_behind_a_mark_names_the_mask(notation: str, mask: str) -> None:
    text = NOTATIONS[notation](named("kaifa/list1-no").apdu)
    at = text.upper().rindex("16")
    with pytest.raises(HexDumpError, match="masked"):
        decode_all(f"{text[:at]}{mask}{text[at + 2 :]}")


@pytest.mark.parametrize("separator", [" ", ", ", ";", ":", "-", ".", "\t", "      ", " : "])
@pytest.mark.parametrize("written", ["{:02x}", "{}"], ids=["hex", "decimal"])
def test_a_mistyped_byte_in_an_apdu_gives_no_wrong_value_with_any_separator(separator: str, written: str) -> None:
    apdu = named("kaifa/list2-ma105h2e-1phase").apdu
    right = decode(apdu)
    words = [written.format(byte) for byte in apdu]
    for at in some(range(2, len(words)), 3):
        for wrong in part([f"g{words[at][1:]}", f"{words[at][:-1]}g", "XX"], at):
            damaged = [*words[:at], wrong, *words[at + 1 :]]
            lines = [separator.join(damaged[start : start + 16]) for start in range(0, len(damaged), 16)]
            for text in (separator.join(damaged), "\n".join(lines)):
                with suppress(HanParseError):
                    assert all(measurement == right for measurement in decode_all(f"My meter sends:\n{text}\n"))


def test_a_mistyped_byte_in_an_apdu_as_an_object_of_json_gives_no_wrong_value() -> None:
    right = decode(AIDON.apdu)
    text = NOTATIONS["JSON object"](AIDON.apdu)
    for value in some([*re.finditer(r": ([0-9]+)", text)][1:], 6):
        for wrong in (f"g{value[1][1:]}", f"{value[1][:-1]}g", "XX"):
            with suppress(HanParseError):
                damaged = f"{text[: value.start(1)]}{wrong}{text[value.end(1) :]}"
                assert all(measurement == right for measurement in decode_all(f"My meter sends:\n{damaged}\n"))


@pytest.mark.parametrize("mask", ["0xXX", "0x??", r"\xxx"])
def test_a_masked_byte_in_an_apdu_with_one_byte_a_line_is_an_error_with_its_line(mask: str) -> None:
    lines = [f"[D] RX {mask[:2]}{byte:02X}" for byte in AIDON.apdu]
    for at in (12, len(lines) - 1):
        masked = [*lines[:at], f"[D] RX {mask}", *lines[at + 1 :]]
        with pytest.raises(HexDumpError, match="masked") as caught:
            decode_all("\n".join(masked))
        assert caught.value.line == at + 1
