"""APDUs without frames in pasted texts: layers of one push, masked bytes, numbers of columns."""

from __future__ import annotations

from itertools import product

import pytest
from framefiles import named
from sweeps import part, some
from wire import LLC

from hanparse import HanParseError, HexDumpError, decode_all

PUSHES = [named("kaifa/list2-ma304h3e-it-b"), named("kamstrup/list1-3phase")]
APDU = PUSHES[0].apdu
POWERS = [push.expect["active_power_import"] for push in PUSHES if push.expect]


def powers(text: str) -> list[int | float | None]:
    return [measurement.active_power_import for measurement in decode_all(text)]


def rows(data: bytes, front: str = "", width: int = 16) -> str:
    return "\n".join(front + data[at : at + width].hex(" ") for at in range(0, len(data), width))


@pytest.mark.parametrize("front", ["", "(V) ", "12:01:02 D/han: "])
@pytest.mark.parametrize("is_pdu_first", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_an_llc_pdu_and_its_apdu_are_one_push(front: str, is_pdu_first: bool, count: int) -> None:
    layers = [(LLC + push.apdu, push.apdu)[:: 1 if is_pdu_first else -1] for push in PUSHES[:count]]
    text = "\n".join(f"a layer:\n{rows(layer, front)}" for pair in layers for layer in pair)
    assert powers(text) == POWERS[:count]


@pytest.mark.parametrize("front", ["", "\t"])
def test_the_same_apdu_twice_is_two_pushes(front: str) -> None:
    assert len(powers(f"one:\n{rows(APDU, front)}\ntwo:\n{rows(APDU, front)}")) == 2
    assert len(powers(f"one:\n{rows(LLC + APDU, front)}\ntwo:\n{rows(LLC + APDU, front)}")) == 2


@pytest.mark.parametrize("mask", ["##", "#", "//"])
@pytest.mark.parametrize("at", some(range(len(APDU))))
def test_a_sign_of_a_comment_in_place_of_a_byte_gives_no_value(mask: str, at: int) -> None:
    for form, separator, count in part([*product(("{:02X}", "0x{:02X}"), (" ", ", "), (1, 4, 16))], at, of=4):
        words = [form.format(byte) for byte in APDU]
        masked = [*words[:at], *[mask] * len(words[at : at + count]), *words[at + count :]]
        for width in (16, 40):
            lines = [separator.join(masked[row : row + width]) for row in range(0, len(masked), width)]
            with pytest.raises(HanParseError):
                decode_all(f"{separator.strip()}\n".join(lines))


def test_the_error_names_the_masked_byte() -> None:
    words = [f"{byte:02X}" for byte in APDU]
    words[20] = "##"
    with pytest.raises(HexDumpError, match="found '##': 1 byte is masked") as caught:
        decode_all(f"My meter:\n{' '.join(words[:16])}\n{' '.join(words[16:])}")
    assert (caught.value.line, caught.value.column) == (3, 13)


@pytest.mark.parametrize("remark", ["# the first row", "// 16 bytes", "# 1", "// 07 E9 is the year"])
def test_a_comment_behind_bytes_is_no_mask(remark: str) -> None:
    first, _, rest = rows(APDU).partition("\n")
    assert powers(f"{first}  {remark}\n{rest}") == POWERS[:1]


@pytest.mark.parametrize("ruler", ["Offset(h) ", "offset    ", "          "])
def test_the_numbers_of_the_columns_above_a_dump_are_no_bytes(ruler: str) -> None:
    above = ruler + " ".join(f"{at:02X}" for at in range(16))
    table = "\n".join(f"{at:08X}  {APDU[at : at + 16].hex(' ').upper()}" for at in range(0, len(APDU), 16))
    assert powers(f"{above}\n\n{table}\n") == POWERS[:1]
