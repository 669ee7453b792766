from __future__ import annotations

import re
from importlib.metadata import version

import pytest
from framefiles import ALL, named, sealed
from hypothesis import given, settings
from hypothesis import strategies as st

from hanparse import UnknownMeterError, decode, decode_all, hexdump
from hanparse.support.report import attachment

AIDON = named("aidon/list2-6525-it")
UNKNOWN = named("refused/unknown-list")


def dump_of(report: str) -> bytes:
    return hexdump.parse(re.findall(r"```text\n(.*?)```", report, re.DOTALL)[-1])


def test_a_report_says_what_it_was_made_with() -> None:
    report = attachment([AIDON.data])
    for name in ("hanparse", "construct", "crcmod"):
        assert f"{name} {version(name)}" in report
    assert re.search(r"crcmod \S+ with(out)? its C extension", report)


def test_a_report_replays() -> None:
    report = attachment([AIDON.data])
    expected = decode(AIDON.data).to_dict() | {"meter_id": "1000000000000017"}
    assert decode(dump_of(report)).to_dict() == expected
    assert '"1000000000000017"' in report
    assert "-> meter_id" in report


def test_a_report_counts_all_and_shows_what_went_wrong_last() -> None:
    data = AIDON.data * 30 + UNKNOWN.data + AIDON.data * 30
    report = attachment(data[at : at + 777] for at in range(0, len(data), 777))
    assert f"bytes {len(data)}, frames 61, measurements 60" in report
    assert "unknown meters 1" in report
    assert "Errors, the last of 1" in report
    replayed = dump_of(report)
    assert 0 < len(replayed) <= 4096
    assert replayed.startswith(b"\x7e\xa1")
    assert UNKNOWN.data in replayed
    assert len(decode_all(replayed)) >= 10


def test_a_report_holds_what_was_understood_of_an_unknown_list() -> None:
    for data in (UNKNOWN.data, UNKNOWN.apdu):  # also a push without a frame
        with pytest.raises(UnknownMeterError) as caught:
            decode(data)
        assert caught.value.report in attachment([data])


def test_an_error_at_the_end_of_the_input_is_shown() -> None:
    report = attachment([AIDON.data * 20 + AIDON.data[:100]])
    assert "FrameError" in report
    assert dump_of(report).endswith(AIDON.data[80:100])


def test_a_report_on_nothing_says_so() -> None:
    assert "there are no bytes" in attachment([])
    assert "no bytes" in attachment([b""]) or "closed" in attachment([b""])


@settings(max_examples=30)
@given(st.binary(max_size=400), st.lists(st.text(max_size=5), max_size=2))
def test_a_report_is_made_of_any_bytes(data: bytes, keep: list[str]) -> None:
    assert attachment([data], keep).startswith("### Report")


@settings(max_examples=60)
@given(st.data())
def test_a_report_is_made_of_damaged_frames(random: st.DataObject) -> None:
    data = bytearray(random.draw(st.sampled_from(ALL)).data * 2)
    for _ in range(random.draw(st.integers(0, 5))):
        at = random.draw(st.integers(0, len(data) - 1))
        data[at : at + random.draw(st.integers(0, 3))] = random.draw(st.binary(max_size=4))
        data = data or bytearray(b"~")
    assert attachment([bytes(data)]).startswith("### Report")


def test_a_block_that_is_cut_off_is_reported() -> None:
    for size in range(1, 12):
        assert attachment([bytes.fromhex("E0C0000100001E0F000000000002")[:size]])


def test_a_fence_in_the_text_of_the_wire_closes_no_block() -> None:
    report = attachment([b"\r\n````\r\n# shown\r\n```text\r\n" + AIDON.data])
    fences = re.findall(r"^`{3,}\w*$", report, re.MULTILINE)
    assert len(fences) == 4
    assert {len(fence.removesuffix("text")) for fence in fences[:2]} == {5}


@pytest.mark.parametrize("number", [b"DEADBEEF", b"A1B2C3D4", b"DEADBEE", b"1F2E3D", b"BEEFCAFE01", b"FACADE"])
def test_a_number_in_hex_letters_is_replaced(number: bytes) -> None:
    length = bytes([len(number)])
    register = bytes.fromhex("020209060000600100FF0A") + length + number
    frame = sealed(
        bytes.fromhex("E6E7000F40000000000102") + register + bytes.fromhex("020309060100010700FF060000011802020F00161B")
    )
    report = attachment([frame])
    assert number.decode() not in report
    assert number.hex(" ").upper() not in report
    assert decode(dump_of(report)).meter_id == b"1".ljust(len(number) - 2, b"0").decode() + "17"
