"""Every byte is accounted for once, whatever the bytes are; streams, segments, payloads without a frame."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import mutations
import pytest
import streams
from explained import AIDON, LIST_1, apdu, check, errors, fields, frames, leaves, segments_joined
from framefiles import ALL, SOUND, FrameFile, named, sealed
from hypothesis import given
from hypothesis import strategies as st
from scripts import ROOT, script
from sweeps import cases, some
from wire import LLC, seeded

from hanparse import HexDumpError, Scale, decode_all
from hanparse.annotate.explain import explain
from hanparse.hdlc import Frame
from hanparse.mbus import Telegram

# --- every byte once -------------------------------------------------------------------------------------------------


def test_every_byte_of_a_frame_file_is_accounted_for_once() -> None:
    for file in ALL:
        check(file.data)


@pytest.mark.parametrize("block", range(8))
def test_every_byte_of_a_mutated_push_is_accounted_for_once(block: int) -> None:
    for seed in range(block * cases(60), (block + 1) * cases(60)):
        source = mutations.mutated(seed)
        if isinstance(source, bytes):
            check(source)


@pytest.mark.parametrize("block", range(4))
def test_every_byte_of_a_stream_with_noise_damage_shared_flags_and_segments_is_accounted_for_once(block: int) -> None:
    for seed in range(block * cases(15), (block + 1) * cases(15)):
        check(streams.stream(seed).data)


@pytest.mark.parametrize("name", mutations.heavy())
def test_every_byte_of_a_heavy_input_is_accounted_for_once(name: str) -> None:
    check(mutations.heavy()[name] * cases(1))


pieces = st.one_of(
    st.sampled_from([file.data for file in ALL]),
    st.sampled_from([file.apdu for file in SOUND]),
    st.sampled_from([b"\x7e", b"\x7e\xa0", b"\xe6\xe7\x00", b"\x0f", b"hello\r\n", b"\x68\x05\x05\x68", b"/ABC5\r\n"]),
    st.binary(max_size=20),
)


@given(st.lists(pieces, max_size=5), st.data())
def test_every_byte_is_accounted_for_once_after_any_cut_insertion_and_change(
    drawn: list[bytes], data: st.DataObject
) -> None:
    joined = bytearray(b"".join(drawn))
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(joined)))
        joined[start : start + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    check(bytes(joined))


# --- streams ---------------------------------------------------------------------------------------------------------


def test_a_flag_that_two_frames_share_belongs_to_the_first() -> None:
    first, second = explain(LIST_1 + LIST_1[1:]).children
    assert (first.raw, second.raw) == (LIST_1, LIST_1[1:])
    assert first.children[-1].value == "opens the next frame, too"
    assert fields(second).keys() == fields(first).keys()


def test_a_flag_that_a_damaged_frame_shares_belongs_to_the_first() -> None:
    wrong = LIST_1[:-3] + b"\x00\x00\x7e"
    assert [frame.raw for frame in explain(wrong + LIST_1[1:]).children] == [wrong, LIST_1[1:]]
    assert [frame.raw for frame in explain(LIST_1 + wrong[1:]).children] == [LIST_1, wrong[1:]]


def test_text_flags_and_noise_between_frames_are_passed_over_each_in_its_way() -> None:
    explanation = check(b"boot ok\r\n" + LIST_1 + b"\x7e\x7e\x7e" + LIST_1 + b"\x00\xff" + LIST_1)
    between = [child for child in explanation.children if child.layer == "stream"]
    assert [(part.label, part.value, part.error) for part in between] == [
        ("passed over", "text: 'boot ok'", ""),
        ("flags between frames", "", ""),
        ("passed over", "", "these bytes belong to no frame"),
    ]


@pytest.mark.parametrize("block", range(4))
def test_what_became_of_the_values_is_what_decode_all_makes_of_them(block: int) -> None:
    for seed in range(1000 + block * cases(15), 1000 + (block + 1) * cases(15)):
        data = streams.stream(seed).data
        pushes = segments_joined(explain(data))
        told = [push.keys() - {"timestamp"} for push in pushes if push]
        try:
            decoded = [m.to_dict().keys() - {"manufacturer", "timestamp"} for m in decode_all(data)]
        except ValueError:
            decoded = []
        assert told == decoded


def test_the_elements_of_a_push_in_segments_stand_in_the_frames_that_carry_them() -> None:
    for seed in range(cases(10)):
        segments, push = streams.segments(seeded(seed), numbered=seed % 2 == 0)
        data = b"".join(segment.data for segment in segments)
        explanation = check(data)
        values = [leaf.value for leaf in explanation.leaves if leaf.layer != "hdlc"]
        whole = [leaf.value for leaf in explain(push.data).leaves if leaf.layer != "hdlc"]
        assert [value for value in values if value != "continues in the next part"] == whole
        *earlier, last = frames(explanation)
        count = len(segments)
        assert [frame.value for frame in earlier] == [f"segment {i} of {count}" for i in range(1, count)]
        assert last.value == f"segment {count} of {count}, {frames(explain(push.data))[0].value}"


def test_a_push_that_lost_a_segment_says_so_and_explains_what_came() -> None:
    segments, _ = streams.segments(seeded(1), numbered=True)
    first, *_, last = [segment.data for segment in segments]
    explanation = check(first + last + LIST_1)
    lost, orphan, sound = frames(explanation)
    assert lost.error.startswith("a push in segments is incomplete and dropped: ")
    assert fields(lost) == {}
    assert orphan.error == "a segment of a push that was dropped"
    assert sound.error == ""


def test_a_telegram_of_a_dropped_push_belongs_to_mbus() -> None:
    first = Telegram(0x53, 255, 0x00, b"\x01\x67\xdb\x08" + bytes(40)).build()
    third = Telegram(0x53, 255, 0x12, b"\x01\x67" + bytes(40)).build()
    explanation = explain(first + third)
    assert {leaf.layer for leaf in explanation.children[1].leaves} == {"mbus"}


def test_a_telegram_that_is_256_bytes_longer_than_its_length_says_so() -> None:
    # EN 13757-2: the length is one byte, and counts the bytes from C on; some meters send more than 255
    body = b"\x53\xff\x10" + b"\x01\x67" + bytes.fromhex("0F4000000000 0981F6") + bytes(246)
    data = bytes([0x68, len(body) - 256, len(body) - 256, 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])
    start = next(iter(explain(data).leaves))
    assert (start.label, start.value) == ("start", f"{len(body) - 256} + 256 bytes from C on")


@pytest.mark.parametrize(
    ("llc", "direction"), [("E6E700", "response, from the meter"), ("E6E600", "command, to the meter")]
)
def test_the_llc_header_in_front_of_a_block_has_its_direction(llc: str, direction: str) -> None:
    block = bytes.fromhex(f"{llc} E0C000010000050F40000000")
    assert direction in [leaf.value for leaf in explain(Frame((1,), (1,), 0x13, block).build()).leaves]


def test_a_segment_without_its_first_one_says_so() -> None:
    segments, _ = streams.segments(seeded(2), numbered=True)
    expected = "expected the first segment of a push, found a later segment; the push is dropped"
    assert frames(explain(segments[1].data))[0].error == expected


def test_the_maker_that_was_seen_on_a_wire_is_remembered() -> None:
    bare = apdu("02 01 06 000016DC")  # Kaifa's list 1: one value, nobody named
    header = b"\x0b\x0d\x13"
    alone, after = (
        sealed(LLC + bare, header),
        sealed(LLC + named("kaifa/list2-ma304h3e-it").apdu, header) + sealed(LLC + bare, header),
    )
    assert fields(explain(alone)) == {}
    assert "active_power_import" in fields(explain(after).children[1])


# --- no frame, other payloads ----------------------------------------------------------------------------------------


def test_an_llc_pdu_and_an_apdu_alone_are_explained() -> None:
    for data in (LLC + named("kaifa/list2-ma304h3e-it").apdu, named("kaifa/list2-ma304h3e-it").apdu):
        explanation = check(data)
        assert explanation.value == "no frame, an APDU alone"
        assert fields(explanation)["active_power_import"] == "1-0:1.7.0 active power import: 9745 W"


def test_a_broken_apdu_is_explained_up_to_the_byte_that_breaks_it() -> None:
    data = apdu("02 03 06 00000001 02 02 11 05 07 00")  # 07 is no type
    assert [(raw.hex(), label) for _, raw, label, _ in leaves(data)][3:] == [
        ("0203", "structure"),
        ("0600000001", "double-long-unsigned"),
        ("0202", "structure"),
        ("1105", "unsigned"),
        ("0700", "not read"),
    ]
    assert errors(data) == [(17, "expected the tag of an A-XDR type, found 07")]


def test_bytes_behind_a_complete_list_are_told() -> None:
    data = apdu("02 01 06 00000001 1122")
    assert errors(data) == [(13, "expected no bytes after the last value, found 2")]


@pytest.mark.parametrize("name", ["ciphered-glo", "ciphered-general", "ciphered-service", "event-notification"])
def test_an_apdu_of_another_kind_is_named_with_the_reason(name: str) -> None:
    (frame,) = explain(named(f"refused/{name}").data).children
    assert frame.error.startswith(
        f"expected a data-notification (0F), found {named(f'refused/{name}').apdu[:1].hex().upper()}, "
    )
    assert [part.error for part in frame.leaves if part.error] == [frame.error]


def test_a_list_that_no_profile_reads_is_shown_with_the_reason() -> None:
    (frame,) = explain(named("refused/unknown-list").data).children
    assert frame.error == "no profile reads this list: structure of 3 elements, list identifier 'FOO_V0001'"
    assert [leaf.value for leaf in frame.leaves if leaf.layer == "axdr"] == ["3 elements", '"FOO_V0001"', "17", "2300"]


@pytest.mark.parametrize("data", [b"/ABC5 telegram\r\n", b"\x7e\x13\x2b\x48", b"\x01\x02"])
def test_bytes_without_a_frame_are_told_as_decode_all_tells_them(data: bytes) -> None:
    with pytest.raises(ValueError, match="byte") as error:
        decode_all(data)
    assert check(data).error == str(error.value)


def test_no_bytes_are_explained_as_such() -> None:
    explanation = check(b"")
    assert (explanation.length, explanation.error) == (0, "there are no bytes")
    assert str(explanation) == "! 0 bytes: there are no bytes"


def test_a_hex_dump_is_explained_as_its_bytes() -> None:
    assert explain(LIST_1.hex(" ")) == explain(LIST_1) == explain(bytearray(LIST_1)) == explain(memoryview(LIST_1))


def test_a_text_that_is_no_dump_is_refused() -> None:
    with pytest.raises(HexDumpError):
        explain("what does my meter say?")


def test_scale_and_time_zone_show_in_what_values_became() -> None:
    said = " ".join(value for *_, value in leaves(AIDON, scale=Scale.ct("100:5")))
    assert "280 W -> active_power_import 5600 W with the given scale" in said
    (clock,) = [value for *_, label, value in leaves(LIST_1, timezone=UTC) if label == "date-time"]
    assert clock.endswith("with the option timezone: 2019-02-04T23:52:22+00:00 -> timestamp")


@pytest.mark.parametrize("options", [{"scale": 2}, {"timezone": "Europe/Oslo"}, {"profiles": ["kaifa"]}])
def test_options_of_another_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"expected {next(iter(options))}"):
        explain(LIST_1, **options)


def test_a_source_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="found list"):
        explain([0x7E])  # type: ignore[arg-type]


def test_the_page_of_explained_frames_is_current() -> None:
    page = (ROOT / "docs" / "explained.md").read_text("utf-8")
    assert script("tools/write_explained.py").page() == page, "run python tools/write_explained.py"


@pytest.mark.parametrize(
    "file", some([file for file in SOUND if file.data[:1] == b"\x7e"], 30), ids=lambda file: file.name
)
def test_nothing_is_said_of_bytes_that_are_masked(file: FrameFile) -> None:
    words = [f"{byte:02X}" for byte in file.data]
    rng = seeded(len(words))
    for at in rng.sample(range(12, len(words) - 3), cases(1)):
        explanation = explain(" ".join([*words[:at], "XX", *words[at + 1 :]]))
        assert "masked" in explanation.error
        (leaf,) = (leaf for leaf in explanation.leaves if leaf.offset <= at < leaf.offset + leaf.length)
        assert (leaf.masked, leaf.value) == (frozenset([at - leaf.offset]), "")
        assert leaf.to_dict()["raw"][2 * (at - leaf.offset) :][:2] == "xx"
        (frame,) = (child for child in explanation.children if child.children)
        assert frame.value == ""
        fcs = [leaf for leaf in explanation.leaves if leaf.label == "FCS"][-1]
        assert (fcs.value, "cannot be verified" in fcs.error) == ("", True)
        assert "XX" in str(explanation).split()
