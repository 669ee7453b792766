"""Every file in tests/frames decodes to exactly what it says. This file never grows."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from bodies import leaves
from framefiles import ALL, REFUSED, SOUND, FrameFile
from sweeps import some

import hanparse
from hanparse import cosem, hdlc
from hanparse.axdr.data import Data, Tag, Untagged
from hanparse.measurement import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

sound = pytest.mark.parametrize("file", SOUND, ids=lambda file: file.name)


def fields(measurement: hanparse.Measurement) -> dict[str, object]:
    present = {name: getattr(measurement, name) for name in FIELDS if getattr(measurement, name) is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in present.items()}


def flat(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        yield from (part for element in value for part in flat(element))
    else:
        yield value


def is_code_or_scale(leaf: Data) -> bool:
    code = leaf.tag is Tag.OCTET_STRING and isinstance(leaf.value, bytes) and len(leaf.value) == 6
    return code or leaf.tag in (Tag.INTEGER, Tag.ENUM, Tag.NULL_DATA, Untagged.ATTRIBUTE_DESCRIPTOR)


def test_every_frame_file_says_what_to_expect() -> None:
    assert len(SOUND) + len(REFUSED) == len(ALL) >= 23


@sound
def test_a_frame_decodes_to_every_expected_field_and_to_no_other(file: FrameFile) -> None:
    assert fields(hanparse.decode(file.data)) == file.expect


@sound
def test_hex_text_an_llc_pdu_and_a_stream_give_what_the_frame_gives(file: FrameFile) -> None:
    assert file.expect
    text = file.data.hex(" ")
    assert fields(hanparse.decode(text)) == file.expect
    assert [fields(m) for m in hanparse.decode_all(b"noise\x7e\x7e" + file.data + b"\x7emore")] == [file.expect]
    bare = "active_power_export" not in file.expect  # a value of a list without codes is only known by its frame
    if not bare and not file.known_by_wire:
        assert fields(hanparse.decode(b"\xe6\xe7\x00" + file.apdu)) == file.expect
        assert fields(hanparse.decode(file.apdu)) == file.expect


@sound
def test_building_what_was_parsed_gives_the_same_bytes(file: FrameFile) -> None:
    frame = hdlc.Frame.parse(file.data)
    assert frame.build() == file.data
    notification = cosem.parse(file.apdu)
    assert cosem.build(notification) == file.apdu


@sound
def test_every_element_of_the_list_is_kept_as_a_register(file: FrameFile) -> None:
    sent = list(leaves(cosem.parse(file.apdu).body))
    registers = hanparse.decode(file.data).registers
    kept: Counter[object] = Counter(value for register in registers for value in flat(register.value))
    everything: Counter[object] = Counter(leaf.value for leaf in sent)
    codes_and_scales: Counter[object] = Counter(leaf.value for leaf in sent if is_code_or_scale(leaf))
    assert not kept - everything
    assert not everything - kept - codes_and_scales


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)
def test_a_damaged_or_foreign_frame_is_refused_with_the_error_that_names_it(file: FrameFile) -> None:
    with pytest.raises(hanparse.HanParseError) as caught:
        hanparse.decode(file.data)
    assert type(caught.value).__name__ == file.expect_error


@sound
def test_a_frame_cut_off_anywhere_is_refused_and_says_how_many_bytes_are_missing(file: FrameFile) -> None:
    for size in some(range(3, len(file.data)), 10):
        with pytest.raises(hanparse.FrameError, match=rf"byte {size}: .* {len(file.data) - size} (are|is) missing"):
            hanparse.decode(file.data[:size])
