from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegrams import SOUND, deliver, sealed, swedish

from hanparse import ChecksumError, FrameError, decode_all
from hanparse.wire.pasted import telegrams
from hanparse.wire.telegram import with_cr_lf

if TYPE_CHECKING:
    from collections.abc import Callable

    from framefiles import FrameFile

ONE, TWO = swedish(), swedish(c1_7_0="0000.001*kW")
LINES = ONE.decode().split("\r\n")[:-1]
PLAIN = ONE[:-6].decode() + "\r\n"


@pytest.mark.parametrize("file", [file for file in SOUND if file.data.isascii()], ids=lambda file: file.name)
def test_a_telegram_pasted_as_text_is_found_whatever_its_line_ends(file: FrameFile) -> None:
    sent = [with_cr_lf(one.raw) + b"\r\n" for one in deliver(file.data, len(file.data))[0]]
    text = with_cr_lf(file.data).decode()
    for end in ("\r\n", "\n", "\r"):
        found = telegrams(text.replace("\r\n", end))
        assert [one.upper() for one in found] == [one.upper() for one in sent]


def test_a_backslash_that_is_written_twice_is_one_in_the_telegram() -> None:
    sent = sealed("/ISk5\\2MT382-1000\n\n1-0:1.7.0(0002.301*kW)\n")
    lines = sent.decode().replace("\\", "\\\\").split("\r\n")[:-1]
    for look in ('"{}\\r\\n",', '[09:12:26][D][uart_debug:158]: <<< "{}\\r\\n"', '"{}",'):
        assert telegrams("\n".join(look.format(line) for line in lines)) == [sent]


LOOKS: dict[str, Callable[[list[str]], str]] = {
    "indented": lambda lines: "\n".join(f"    {line}" for line in lines),
    "quoted in a mail": lambda lines: "\n".join(f"> {line}" for line in lines),
    "with the time of a log": lambda lines: "\n".join(f"[2024-01-17 17:40:5{len(line) % 10}] {line}" for line in lines),
    "with a level": lambda lines: "\n".join(f"17:40:50 DEBUG dsmr: {line}" for line in lines),
    "as strings of a list": lambda lines: "[" + ",\n".join(f'"{line}"' for line in lines) + "]",
    "as one string with written line ends": lambda lines: "b'" + "\\r\\n".join(lines) + "\\r\\n'",
    "without its blank line": lambda lines: "\n".join(line for line in lines if line),
    "with blank lines between": lambda lines: "\n\n".join(line for line in lines if line),
    "with blanks at the end": lambda lines: "\n".join(f"{line}  " for line in lines),
    "in a text": lambda lines: (
        "My meter sends this:\n```\n" + "\n".join(lines) + "\n```\nWhat is it? See https://x.org/abc!"
    ),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_telegram_is_taken_out_of_what_is_around_it(look: str) -> None:
    assert telegrams(LOOKS[look](LINES)) == [ONE]
    assert telegrams(LOOKS[look](LINES) + "\n" + LOOKS[look](TWO.decode().split("\r\n")[:-1])) == [ONE, TWO]


@pytest.mark.parametrize("look", LOOKS)
def test_a_telegram_with_another_digit_is_not_found(look: str) -> None:
    damaged = [line.replace("2.301", "2.302") for line in LINES]
    assert telegrams(LOOKS[look](damaged)) == []


def test_a_telegram_without_crc_is_taken_only_as_it_stands() -> None:
    assert telegrams("  " + PLAIN.replace("\r\n", "\n  ")) == [PLAIN.encode()]
    assert telegrams(PLAIN.replace("\r\n", "\n> ")) == []
    assert telegrams(PLAIN.strip()) == [PLAIN.encode()]


def test_a_telegram_that_breaks_off_does_not_hide_the_next_one() -> None:
    for cut in range(1, len(LINES)):
        assert telegrams("\n".join([*LINES[:cut], *LINES])) == [ONE]


@given(st.text() | st.text("/!(){}ABC123.:-* \n\r>\"'\\rn"))
def test_any_text_is_taken(text: str) -> None:
    for telegram in telegrams(text):
        assert telegram.startswith(b"/")


@pytest.mark.parametrize("look", LOOKS)
def test_a_pasted_telegram_with_a_wrong_crc_or_a_lost_end_is_named_as_such(look: str) -> None:
    damaged = [line.replace("2.301", "2.302") for line in LINES]
    with pytest.raises(ChecksumError, match="CRC"):
        decode_all(LOOKS[look](damaged))
    with pytest.raises(FrameError, match="incomplete"):
        decode_all(LOOKS[look](LINES[:-1]))
