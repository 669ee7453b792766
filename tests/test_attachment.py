from __future__ import annotations

import re
from importlib.metadata import version

import pytest
from framefiles import named

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
    assert '"1000000000000017" -> meter_id' in report


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
