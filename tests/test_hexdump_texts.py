from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import dumpstyles
import pytest
from framefiles import named
from sweeps import some
from wire import seeded

from hanparse import HexDumpError, hexdump

if TYPE_CHECKING:
    from random import Random

LIST_1 = named("kaifa/list1-no").data
HEX = LIST_1.hex(" ")
LOG = "[20:41:49][D][uart_debug:114]: <<<"
STYLES = dumpstyles.ANY | dumpstyles.AMONG_TEXT
MARKS = "\\x'\"[]{}()<>*#/,;:.-0x \t\n\r\0gGbé٣\u2028"
HEAVY = (
    *(
        "7e a0 ",
        "7ea0",
        "7e\n",
        "7ea\n",
        "7e zz ",
        "7e ... ",
        "61  ",
        "61  61\n",
        "0x7e, ",
        r"\x7e",
        r"\x7eg ",
        "7e 7e\t",
    ),
    *(
        "126, ",
        "[1, 2] ",
        "{0x7e} ",
        "[",
        "{# ",
        "(1 ",
        '"',
        "'",
        '"a" ',
        "'\"",
        r"\"",
        "b'",
        "b'a ",
        r'"\x7e" ',
        r'"\x7e" "a"',
    ),
    *("*\n", "00000000\n", "0000 7e a0\n", "0000 7e a0\n*\n0008\n", "0000: " + "61  " * 400 + "\n", "12: be "),
    *("&#160;", "&#160; ", "&#126;", "&#x7E;&#160;g", "*7e ", "_7e_ ", "_7e*"),
    *("/*", "// ", "# 7e\n", "(41) ", "12:34:56 ", "2022-10-03 ", "1664804580", "41 bytes "),
    *(
        f"{LOG} {HEX}\n",
        f"> {HEX}\n",
        ">",
        " ",
        "\n",
        "-",
        ".",
        "\0",
        "g",
        "é",
        "a" * 23 + "g",
        "hello, be a dad at 10 ",
        "foo: 7e a0\n",
    ),
    *(
        "fqAnAQIBEFqH5ucAD0AAAAAJDAfj",
        "fqAnAQIBEFqH5ucAD0AAAAAJDAfj\n",
        "fqAn",
        "fqAnAQIBEFqH5ucAD0AAAAAJ" * 3 + "\nfqAn\n",
    ),
)

# --- what is ambiguous -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("10 20 30", "10 20 30"),
        ("10, 20, 30", "10 20 30"),
        ("[10, 20, 30]", "0A 14 1E"),
        ("[10, 20, 30, 00]", "10 20 30 00"),
        ("[10, 20, 3a]", "10 20 3A"),
        ('["10", "20"]', "10 20"),
        ("[1, 2, -1]", "01 02 FF"),
        ("126, 10, 20", "7E 0A 14"),
        ("126 160\n39 1", "7E A0 27 01"),
        ("[7]", "07"),
        ("{0x7e}", "7E"),
        ("7e1020", "7E 10 20"),
        ("100200", "10 02 00"),
    ],
)
def test_numbers_are_decimal_in_brackets_or_if_one_is_no_pair_of_digits(text: str, data: str) -> None:
    assert hexdump.parse(text) == bytes.fromhex(data)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("0000 7e a0 27\n0003 01 02 01", "7E A0 27 01 02 01"),
        ("0000 7e a0 27\n0007 01 02", None),
        ("1000 7e a0 27\n1003 01 02 01", "7E A0 27 01 02 01"),
        ("1000 7e a0 27\n1009 01 02 01", "10 00 7E A0 27 10 09 01 02 01"),
        ("0000: 7ea0", "7E A0"),
        ("0000 7ea0", "00 00 7E A0"),
        ("0000 7e a0", "7E A0"),
        ("0000 7e", "00 00 7E"),
        ("00000000 00000004 00000008", "00000000 00000004 00000008"),
        ("0000000 7e a0\n0000002", "7E A0"),
        ("0000000 a07e 0127\n0000004", "7E A0 27 01"),
        ("00000000: a07e 0127", "A0 7E 01 27"),
        ("00000000: 3031 3233 3435 41  12345A\n00000007: 7e  ~", None),
        ("00000000: 3031 3233 6162  0123ab", "30 31 32 33 61 62"),
        ("0000 7e a0\n0002 27 01\n0000 7e a0\n0002 27 01", "7E A0 27 01 7E A0 27 01"),
    ],
)
def test_a_first_column_is_an_offset_only_if_it_counts(text: str, data: str | None) -> None:
    if data is None:
        with pytest.raises(HexDumpError):
            hexdump.parse(text)
    else:
        assert hexdump.parse(text) == bytes.fromhex(data)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("10:20:30", "10 20 30"),
        ("10:20:30 7e a0", "7E A0"),
        ("7e 10:20:30", "7E 10 20 30"),
        ("2024-01-02 7e a0", "7E A0"),
        ("b'7ea0'", "7E A0"),
        (r"b'\x37ea0'", "37 65 61 30"),
        ("b'7 a0'", "37 20 61 30"),
        ("7e a0 # 27\n01", "7E A0 01"),
        ("7e /* a0 */ 27", "7E 27"),
        ("7e a0 (2)", "7E A0"),
        ("dead beef", "DE AD BE EF"),
        (f"List 10: {HEX}", HEX),
        (f"{HEX} 41 bytes", HEX),
        (f"id 7359992890000017\n{HEX}", HEX),
        (f"{HEX}\nChapter 12\n", HEX),
        (f"rx: {HEX} tx: 7ea0 rx: {HEX}", HEX * 2),
        (f"{LOG}{HEX[:60]}\n{LOG}{HEX[60:110]}\n{LOG}{HEX[110:]}", HEX),
        (f"12: RX {HEX}", HEX),
        (f"list 10 of {HEX}", HEX),
        (f"{HEX} bad FCS", HEX),
        (f"{HEX} a frame", HEX),
        (f"L1 {HEX}", HEX),
        (f"{HEX[:59]}  {HEX[60:]}", HEX),
        (f"20241231 235959 {HEX}", HEX),
        (f"1735689599.25 {HEX}", HEX),
        (f"[23:59:59:999] {HEX}", HEX),
        (f"id 12345678-1234-1234-1234-123456789abc {HEX}", HEX),
        (f"![x](https://a.example/1643/119898968-cba0ec80-bf42-11eb-80fd-61296e097c07.jpg)\n{HEX}", HEX),
        ("v: [1, 2, 300, 4, 5, 6, 7, 8]\n" + HEX, HEX),
        ("7e a0 // 27 /* 01 */ 02\n01", "7E A0 01"),
        (f"dump\n{b'30313233'.hex(' ')}  30313233\n{HEX}  ..'ab", b"30313233".hex() + HEX),
        (f"{LOG}{HEX}\nat home: 12", HEX),
    ],
)
def test_time_stamps_counts_and_comments_are_no_bytes(text: str, data: str) -> None:
    assert hexdump.parse(text) == bytes.fromhex(data)


# --- what may be in a text -------------------------------------------------------------------------------------------


def mutated(rng: Random, text: str) -> str:
    for _ in range(rng.choice((1, 1, 2, 3, 10))):
        at = rng.randrange(len(text) + 1)
        other = STYLES[rng.choice(list(STYLES))](LIST_1)
        by = rng.choice(
            ("", rng.choice(MARKS), rng.choice("0123456789abcdefABCDEF"), other[: rng.randrange(len(other))])
        )
        text = text[:at] + by + text[at + rng.choice((0, 1, 1, 2, 40)) :]
    return text


@pytest.mark.parametrize("style", STYLES)
def test_a_mutated_dump_is_read_or_is_an_error_with_a_place_in_it(style: str) -> None:
    rng = seeded(len(style))
    for _ in range(1000 // len(STYLES) + 1):
        text = mutated(rng, STYLES[style](LIST_1))
        try:
            dump = hexdump.read(text)
        except HexDumpError as error:
            lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            assert 1 <= error.column <= len(lines[error.line - 1]) + 2
        else:
            assert hexdump.parse(text) == dump.data


def seconds(text: str) -> float:
    start = time.process_time()
    with suppress(HexDumpError):
        hexdump.read(text)
    return time.process_time() - start


@pytest.mark.parametrize("unit", some(HEAVY, 30), ids=lambda unit: ascii(unit)[:30])
def test_the_time_is_linear_in_the_length_of_the_text(unit: str) -> None:
    short = unit * (2000 // len(unit))
    limit = 50 * max(min(seconds(short) for _ in range(3)), 0.001)
    assert seconds(short * 10) < limit or seconds(short * 10) < limit  # the machine may have done something else
