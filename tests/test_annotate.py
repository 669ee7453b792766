"""What is said of every part of a frame, sound or damaged, is what the documents and the frame files say."""

from __future__ import annotations

import re

import pytest
from explained import AIDON, LIST_1, LIST_2, apdu, check, errors, fields, frames, leaves, parts
from framefiles import SOUND, check_sequence, named, sealed
from sweeps import some

from hanparse.annotate.explain import explain
from hanparse.measurement import FIELD_UNITS

# --- a sound frame ---------------------------------------------------------------------------------------------------


def test_a_positional_list_is_explained_part_by_part() -> None:
    clock = "with an extra tag 09: 2019-02-04 23:52:22 Monday, deviation not specified, status 00"
    assert leaves(LIST_1) == [
        (0x00, b"\x7e", "flag", ""),
        (0x01, b"\xa0\x27", "format", "type 3, 39 bytes"),
        (0x03, b"\x01", "destination", "0"),
        (0x04, b"\x02\x01", "source", "upper 1, lower 0"),
        (0x06, b"\x10", "control", "I, N(S)=0, N(R)=0, P/F=1"),
        (0x07, b"\x5a\x87", "HCS", "fits the 6 bytes before it"),
        (0x09, b"\xe6\xe7\x00", "LLC", "response, from the meter"),
        (0x0C, b"\x0f", "data-notification", ""),
        (0x0D, b"\x40\0\0\0", "long-invoke-id-and-priority", "invoke id 0, confirmed, normal priority"),
        (
            0x11,
            bytes.fromhex("090c07e3020401173416ff800000"),
            "date-time",
            f"{clock}; with clock rule Europe/Oslo: 2019-02-04T23:52:22+01:00 -> timestamp",
        ),
        (0x1F, b"\x02\x01", "structure", "1 element"),
        (
            0x21,
            b"\x06\x00\x00\x16\xdc",
            "double-long-unsigned",
            "1-0:1.7.0 active power import: 5852 W -> active_power_import",
        ),
        (0x26, b"\x5a\x5a", "FCS", "fits the 37 bytes before it"),
        (0x28, b"\x7e", "flag", ""),
    ]


def test_a_register_is_explained_by_its_code_value_scaler_and_unit() -> None:
    assert leaves(AIDON)[10:-2] == [
        (0x12, b"\x01\x01", "array", "1 element"),
        (0x14, b"\x02\x03", "structure", "3 elements"),
        (0x16, bytes.fromhex("09060100010700ff"), "octet-string", "1-0:1.7.0 active power import"),
        (0x1E, bytes.fromhex("0600000118"), "double-long-unsigned", "280 W -> active_power_import"),
        (0x23, b"\x02\x02", "structure", "2 elements"),
        (0x25, b"\x0f\x00", "integer", "scaler x 10^0"),
        (0x27, b"\x16\x1b", "enum", "unit 27: W"),
    ]


def test_the_layers_of_a_frame_follow_one_another() -> None:
    (frame,) = explain(AIDON).children
    assert [child.layer for child in frame.children] == ["hdlc"] * 6 + ["llc", "apdu"] + ["hdlc"] * 2
    assert [child.layer for child in frame.children[7].children] == ["apdu"] * 3 + ["axdr"]


def test_the_values_that_became_fields_are_those_that_the_frame_file_expects() -> None:
    for file in SOUND:
        (frame,) = explain(file.data).children
        found = fields(frame)
        expected = file.expect or {}
        assert found.keys() == expected.keys() - {"manufacturer"}
        for name, said in found.items():
            if isinstance(expected[name], int | float):
                unit = FIELD_UNITS.get(name, "")  # a power factor has none
                amount = said.removesuffix(f" {unit}") if unit else said
                assert bool(unit) is (amount != said)
                assert float(re.split(r"[ =]", amount)[-1]) == expected[name]
            elif name in ("timestamp", "energy_time"):
                assert said.endswith(expected[name])
            else:
                assert said.endswith(f'"{expected[name]}"')


def test_a_sound_frame_has_no_errors_and_a_summary() -> None:
    for file in SOUND:
        explanation = explain(file.data)
        assert not any(part.error for part in parts(explanation))
        assert file.expect
        assert file.expect.get("manufacturer", "unknown manufacturer") in str(explanation).split("\n")[1]


def test_every_position_of_a_list_without_codes_has_its_code_and_name() -> None:
    said = [value for offset, _, _, value in leaves(LIST_2) if 0x21 <= offset < 0x78]
    assert [value.partition(" ")[0] for value in said] == [
        *("1-1:0.2.129", "0-0:96.1.0", "0-0:96.1.7", "1-0:1.7.0", "1-0:2.7.0", "1-0:3.7.0", "1-0:4.7.0"),
        *("1-0:31.7.0", "1-0:51.7.0", "1-0:71.7.0", "1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0"),
    ]  # Kaifa OBIS list of 21.03.2017


def test_a_value_that_the_meter_does_not_measure_says_so() -> None:
    said = " ".join(value for *_, value in leaves(LIST_2))
    assert "1-0:52.7.0 voltage, L2 (3-wire: L1-L3): 0 x 10^-1 = 0.0 V -> voltage_l2 None, 0 means not measured" in said


# IEC 62056-46 6.4.3
CONTROLS = {
    0x10: "I, N(S)=0, N(R)=0, P/F=1",
    0xB4: "I, N(S)=2, N(R)=5, P/F=1",
    0x71: "RR, N(R)=3, P/F=1",
    0x25: "RNR, N(R)=1, P/F=0",
    0x93: "SNRM, P/F=1",
    0x53: "DISC, P/F=1",
    0x73: "UA, P/F=1",
    0x1F: "DM, P/F=1",
    0x97: "FRMR, P/F=1",
    0x03: "UI, P/F=0",
    0x13: "UI, P/F=1",
    0xFF: "unknown control field, P/F=1",
}


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_byte_has_its_name_and_numbers(control: int) -> None:
    said = {label: value for *_, label, value in leaves(sealed(b"?", b"\x01\x02\x01" + bytes([control])))}
    assert said["control"] == CONTROLS[control]


def test_addresses_of_one_two_and_four_bytes_are_told_as_the_standard_numbers_them() -> None:
    said = {label: value for *_, label, value in leaves(sealed(b"?", bytes.fromhex("4868FEFF 75 13")))}
    assert said["destination"] == f"upper {0x1234}, lower {0x3FFF}"  # IEC 62056-46 6.4.2.3, its own example
    assert said["source"] == str(0x3A)


def test_a_frame_without_information_has_no_hcs() -> None:
    content = bytes.fromhex("A007 03 21 93")
    (frame,) = explain(b"\x7e" + content + check_sequence(content) + b"\x7e").children
    assert [part.label for part in frame.children] == [
        "flag",
        "format",
        "destination",
        "source",
        "control",
        "FCS",
        "flag",
    ]
    assert (frame.value, frame.error) == ("no information", "")


def test_the_bits_of_invoke_id_and_clock_are_told() -> None:
    (said,) = [value for *_, label, value in leaves(apdu("00")) if label == "long-invoke-id-and-priority"]
    assert said == "invoke id 7, unconfirmed, high priority"
    clock = "0C FFFF FF 0F FF 05 FF 00 32 FFC4 81"
    (said,) = [value for *_, label, value in leaves(apdu("00", clock)) if label == "date-time"]
    assert said == "????-??-15 05:??:00.50, deviation -60 min, status 81 (invalid, daylight saving)"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("03 01", "True"),
        ("04 0A AA C0", "1010101011"),
        ("0A 03 616263", '"abc"'),
        ("0A 02 E9E8", "'\\udce9\\udce8'"),
        ("09 06 0100010800FF", "1-0:1.8.0 active energy import, total"),
        ("09 06 0100010900FF", "1-0:1.9.0 (not in the registry)"),
        ("09 06 FF0001080000", "6 bytes"),
        ("09 0C 07E1090F05052128FFFF8800", "2017-09-15 05:33:40 Friday, deviation -120 min, status 00"),
        ("09 02 0102", "2 bytes"),
        ("19 07E1090F05052128FF800000", "2017-09-15 05:33:40 Friday, deviation not specified, status 00"),
        ("17 3FC00000", "1.5"),
        ("00", "no value"),
        ("02 00", "0 elements"),
        ("16 1B", "27"),
    ],
)
def test_a_value_without_a_meaning_is_told_by_its_type(body: str, said: str) -> None:
    assert leaves(apdu(body))[-1][3] == said


def test_the_elements_of_a_compact_array_are_told_one_by_one() -> None:
    body = "13 02 02 12 0F 06 0001 02 0003 04"  # a structure of long-unsigned and integer, twice
    (push,) = explain(apdu(body)).children
    array = push.children[0].children[-1]
    assert [(leaf.label, leaf.raw.hex(), leaf.value) for leaf in array.leaves] == [
        ("compact-array", "130202120f06", "2 elements"),
        ("long-unsigned", "0001", "1"),
        ("integer", "02", "2"),
        ("long-unsigned", "0003", "3"),
        ("integer", "04", "4"),
    ]


# --- damage ----------------------------------------------------------------------------------------------------------


def swapped(sequence: bytes) -> str:
    """A check sequence as a number; it is sent low byte first."""
    return sequence[::-1].hex().upper()


def test_a_wrong_fcs_is_shown_with_the_one_expected_and_the_values_without_fields() -> None:
    data = named("refused/wrong-fcs").data
    expected = check_sequence(data[1:-3])
    right = f"expected {swapped(expected)}, sent as {expected.hex(' ').upper()}"
    found = f"FCS 0000 does not fit the 119 bytes before it, {right}"
    assert errors(data) == [(120, found)]
    assert explain(data).children[0].error == found
    assert fields(explain(data)) == {}
    assert "1-0:1.7.0 active power import: 948 W" in [value for *_, value in leaves(data)]


def test_a_wrong_hcs_is_shown_with_the_one_expected_and_what_follows_is_explained() -> None:
    data = named("refused/wrong-hcs").data
    assert [place for place, _ in errors(data)] == [7, 120]  # the FCS covers the HCS
    assert (
        f"HCS 0000 does not fit the 6 bytes before it, expected {swapped(check_sequence(data[1:7]))}"
        in errors(data)[0][1]
    )
    assert "1-0:1.7.0 active power import: 948 W" in [value for *_, value in leaves(data)]


def test_a_truncated_frame_says_what_is_missing_and_explains_the_values_that_are_there() -> None:
    data = named("refused/truncated").data
    assert errors(data) == [
        (110, "the bytes end here, before the list is complete"),
        (110, "13 of 123 bytes missing"),
    ]
    assert explain(data).children[0].error == "13 of 123 bytes missing"
    told = [value for *_, value in leaves(data)]
    assert "13 elements announced" in told
    assert "1-0:32.7.0 voltage, L1 (3-wire: L1-L2): 2385 x 10^-1 = 238.5 V" in told


def test_a_frame_cut_anywhere_is_told_to_be_cut_and_nothing_came_of_it() -> None:
    for file in SOUND:
        for size in some(range(3, len(file.data)), 8):
            (frame,) = check(file.data[:size]).children
            missing = len(file.data) - size
            assert frame.error.startswith(f"{missing} of {len(file.data)} bytes missing")
            assert fields(frame) == {}


def test_a_cut_frame_tells_the_values_that_are_there_as_the_whole_frame_does() -> None:
    for file in SOUND:
        whole = {leaf.offset: leaf for leaf in explain(file.data).leaves}
        cut = file.data[: max(len(file.data) * 3 // 4, len(file.data) - 6)]
        told = [leaf for leaf in explain(cut).leaves if leaf.layer == "axdr" and leaf.raw and not leaf.error]
        assert sum(leaf.length for leaf in told) >= len(cut) * 2 // 3 - 25
        cut_off = {leaf.offset for leaf in told[-3:]}  # a register that is cut has no scaler or unit
        for leaf in told:
            if not leaf.value.endswith(" announced"):
                assert leaf.raw == whole[leaf.offset].raw
                said = whole[leaf.offset].value.partition(" -> ")[0]
                assert leaf.value == said or (leaf.offset in cut_off and said.startswith(f"{leaf.value} "))


def test_a_frame_that_lost_a_byte_ends_before_the_next_and_says_so() -> None:
    lost = LIST_1[:20] + LIST_1[21:]
    first, second = frames(check(lost + LIST_1))
    assert (first.length, second.length) == (40, 41)
    assert first.error == "1 of 41 bytes missing; its closing flag is 1 byte too early"
    assert second.error == ""


def test_a_frame_with_a_byte_too_many_has_no_closing_flag_where_it_says() -> None:
    frame, rest = check(LIST_1[:30] + b"\x00" + LIST_1[30:]).children
    assert [part.error for part in frame.children if part.label == "flag"] == [
        "",
        "expected the closing flag 7E, found 5A; bytes were lost or added",
    ]
    assert (rest.label, rest.raw) == ("flags between frames", b"\x7e")


def test_a_frame_without_its_opening_flag_is_explained() -> None:
    expected = "expected the opening flag 7E, found 7F; it was lost or altered"
    assert errors(named("refused/wrong-opening-flag").data) == [(0, expected)]
    assert errors(LIST_1[1:]) == [(0, expected.replace("7F", "nothing"))]


def test_a_frame_without_both_flags_is_sound() -> None:
    (frame,) = check(LIST_1[1:-1]).children
    assert frame.error == ""
    assert fields(frame).keys() == {"timestamp", "active_power_import"}


def test_a_row_of_damaged_frames_is_told_frame_by_frame() -> None:
    wrong = LIST_1[:-3] + b"\x00\x00\x7e"
    cut = LIST_1[:25]
    lengths = [(frame.offset, frame.length) for frame in frames(check(wrong + cut + wrong + cut))]
    assert lengths == [(0, 41), (41, 25), (66, 41), (107, 25)]


def test_a_format_field_in_noise_is_no_frame() -> None:
    noise = b"\x01\x7e\xa0\x27\x01\x02\x01\x10\xff\xff" + bytes(60)
    explanation = check(noise + LIST_1)
    assert [child.label for child in explanation.children] == ["passed over", "frame 1"]
    assert explanation.children[0].error == "these bytes belong to no frame"


def test_a_descriptor_without_tags_says_what_the_value_after_it_is() -> None:
    said = [leaf.value for leaf in explain(named("unnamed/cz-xt211").apdu).leaves]
    at = said.index("class 3, 1-0:1.7.0 active power import, attribute 2")
    assert said[at + 1] == "1956 W -> active_power_import"
    assert "class 70, 0-1:96.3.10 relay 1, control state, attribute 3" in said
