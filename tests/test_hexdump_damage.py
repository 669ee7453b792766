"""A word that was hex before it was damaged is an error from the length on that no id has; a shorter one is prose."""

from __future__ import annotations

import pytest
from framefiles import named

from hanparse import HexDumpError, hexdump

FRAME = named("kaifa/list1-no").data
DUMP = f"\n{FRAME.hex(' ')}\n"


def mistyped(size: int) -> str:
    """A word of so many hex digits, one of which is none."""
    return "7ea027010201105a87e6e7000f4000000009"[: size - 4] + "g123"


@pytest.mark.parametrize(("size", "is_damage"), [(23, False), (24, True), (31, True), (36, True)])
def test_inside_a_line_a_word_of_24_characters_is_damaged_hex(size: int, is_damage: bool) -> None:
    text = f"the gateway of the cellar sent {mistyped(size)} today{DUMP}"
    if is_damage:
        with pytest.raises(HexDumpError, match="'g") as caught:
            hexdump.parse(text)
        assert (caught.value.line, caught.value.column) == (1, text.index("g123") + 1)
    else:
        assert hexdump.parse(text) == FRAME


@pytest.mark.parametrize(("size", "is_damage"), [(15, False), (16, True), (24, True)])
def test_at_the_start_of_a_line_where_no_id_stands_a_word_of_16_characters_is(size: int, is_damage: bool) -> None:
    text = f"{mistyped(size)} it said{DUMP}"
    if is_damage:
        with pytest.raises(HexDumpError) as caught:
            hexdump.parse(text)
        assert caught.value.line == 1
    else:
        assert hexdump.parse(text) == FRAME


def test_a_text_column_is_no_damage_behind_the_bytes() -> None:
    data = b"\x01\x01`\x01\x01\xff\x0a\x12" + b"6841439B"
    assert hexdump.parse(f"RX: {data.hex(' ')}  ..`.....6841439B") == data
