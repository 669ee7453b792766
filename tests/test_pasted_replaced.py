"""Text that replaces bytes of an APDU or a frame is an error with the place of the text, and never a wrong value."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from framefiles import named
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import cases
from texts import NOTATIONS

from hanparse import HanParseError, HexDumpError, decode, decode_all

if TYPE_CHECKING:
    from collections.abc import Callable

LIST_1 = named("kaifa/list1-no").apdu
LIST_2 = named("aidon/list2-6515-1phase").apdu
FRAME = named("kaifa/full-se-ma304t4-ct").data
WORDS: dict[str, Callable[[int], str]] = {
    "hex": lambda byte: f"{byte:02X}",
    "0x": lambda byte: f"0x{byte:02X}",
    "decimal with zeros": lambda byte: f"{byte:03}",
}
SEPARATORS = {"hex": " ", "0x": ", ", "decimal with zeros": ", "}
MASKED: dict[str, Callable[[str], str]] = {
    "half": lambda word: f"{word[:-1]}*",
    "first half": lambda word: f"{word[:-2]}?{word[-1]}",
    "dash": lambda word: f"{word[:-1]}-",
    "lost digit": lambda word: word[:-1],
    "dots": lambda _: "..",
    "dashes": lambda _: "--",
    "tildes": lambda _: "~~",
    "ellipsis": lambda _: "...",
    "letters": lambda _: "OO",
    "word": lambda _: "[redacted]",
    "tag": lambda _: "<removed>",
    "capitals": lambda _: "CENSORED",
}


def rows(words: list[str], separator: str) -> str:
    return "\n".join(separator.join(words[at : at + 16]) for at in range(0, len(words), 16))


def line_of(at: int) -> int:
    return at // 16 + 1


@pytest.mark.parametrize("masked", MASKED)
@pytest.mark.parametrize("notation", WORDS)
@given(data=st.data())
@settings(max_examples=cases(4))
def test_an_apdu_with_text_in_place_of_a_byte_gives_no_wrong_value(
    notation: str, masked: str, data: st.DataObject
) -> None:
    apdu = data.draw(st.sampled_from([LIST_1, LIST_2]))
    at = data.draw(st.integers(1, len(apdu) - 1))
    words = [*map(WORDS[notation], apdu)]
    words[at] = MASKED[masked](words[at])
    text = data.draw(st.sampled_from(["", "My meter:\n"])) + rows(words, SEPARATORS[notation])
    with suppress(HanParseError):
        assert all(found == decode(apdu) for found in decode_all(text)), text


@pytest.mark.parametrize("masked", sorted(set(MASKED) - {"lost digit"}))
@given(at=st.integers(12, len(FRAME) - 2))
@settings(max_examples=cases(8))
def test_the_error_of_a_frame_names_the_line_of_the_text_in_place_of_a_byte(masked: str, at: int) -> None:
    words = [*map(WORDS["hex"], FRAME)]
    words[at] = MASKED[masked](words[at])
    with pytest.raises(HexDumpError) as caught:
        decode_all(rows(words, " "))
    assert caught.value.line == line_of(at), str(caught.value)


@pytest.mark.parametrize("row", range(1, 5))
@pytest.mark.parametrize("notation", ["xxd", "hexdump -C", "Wireshark"])
def test_an_apdu_in_a_table_without_one_of_its_rows_gives_no_value(notation: str, row: int) -> None:
    lines = NOTATIONS[notation](named("kaifa/list2-ma304h4-tn").apdu).split("\n")
    for front in ("", "My meter:\n"):
        with pytest.raises(HanParseError):
            decode_all(front + "\n".join(lines[:row] + lines[row + 1 :]))


def test_a_list_below_bytes_that_lack_one_gives_no_value() -> None:
    words = [f"{byte:02X}" for byte in LIST_2]
    lines = [" ".join(words[at : at + 8]) for at in range(0, len(words), 8)]
    for written in ("OO", "--", "?"):
        damaged = " ".join([*words[:3], written, *words[4:8]])
        with pytest.raises(HexDumpError, match="line 1"):
            decode_all("\n".join(f"{line} // {at}" for at, line in enumerate([damaged, *lines[1:]])))


@pytest.mark.parametrize(("style", "row", "lost"), [("Wireshark", 0, slice(18, 21)), ("xxd", 5, slice(12, 13))])
def test_the_row_of_a_table_that_lost_digits_is_named_and_not_the_row_below_it(
    style: str, row: int, lost: slice
) -> None:
    push = named("kaifa/list2-ma304h3e-it-b")
    rows = NOTATIONS[style](push.apdu if style == "Wireshark" else push.data).split("\n")
    rows[row] = rows[row][: lost.start] + rows[row][lost.stop :]
    with pytest.raises(HexDumpError) as caught:
        decode_all("\n".join(rows))
    assert caught.value.line == row + 1
