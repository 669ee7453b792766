"""What is told of a list that no profile reads, and what is kept secret."""

from __future__ import annotations

import re

import pytest
from bodies import code, measure, number, octets, structure, text
from hypothesis import given
from hypothesis import strategies as st

from hanparse import UnknownMeterError
from hanparse.axdr.data import Data, Tag
from hanparse.wire.link import Link


def report_of(body: Data, link: Link | None = None) -> str:
    with pytest.raises(UnknownMeterError) as caught:
        measure(body, link=link)
    return caught.value.report


def test_the_report_says_what_was_understood() -> None:
    report = report_of(structure(text("FOO_V1"), number(2305), Data(Tag.NULL_DATA)), Link((0,), (1, 0), 0x13))
    assert "destination (0,), source (1, 0), control 13" in report
    assert "structure of 3, list identifier 'FOO_V1'" in report
    assert "| 1 |  |  | visible-string(6) | FOO_V1 |  |  |" in report
    assert "| 2 |  |  | double-long-unsigned | 2305 |  |  |" in report
    assert "| 3 |  |  | null-data |  |  |  |" in report


def test_the_report_names_codes_that_are_known() -> None:
    report = report_of(structure(code("1.7.0"), number(1), code("31.7.0"), number(2)))
    assert "| 1 | 1-0:1.7.0 | active power import |" in report


@given(st.integers(10**7, 10**19).map(str), st.integers(10**6, 2**32 - 1))
def test_the_report_tells_no_meter_number(meter_id: str, serial: int) -> None:
    report = report_of(structure(text("FOO_V1"), octets(meter_id.encode()), text(f"ISK{meter_id}"), number(serial)))
    assert meter_id not in report
    assert str(serial) not in report
    assert "x" * len(meter_id) in report


def test_a_report_of_a_huge_list_stays_short() -> None:
    report = report_of(structure(*[number(1)] * 1000))
    assert report.count("\n") < 220
    assert "800 more" in report


WIRE_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30)
ACTIVE = [
    "a|b", "`", "``` x", "<img src=x>", "[a](http://b)", "@somebody", "#123", "*a*", "_a_", "# a", "![a](b)",
    "www.example.com", "a\\", "\\|", "&lt;", "~~a~~", "https://example.com", "$x$",
]  # fmt: skip


@pytest.mark.parametrize("sent", ACTIVE)
def test_a_text_from_the_wire_is_no_markdown(sent: str) -> None:
    for body in (structure(text(sent), number(1)), structure(number(1), text(sent), number(2))):
        report = report_of(body)
        for line in report.splitlines():
            outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
            assert not re.search(
                r"[`<>\[\]@#*~$&]|_a|www|http|\\(?!\|)",
                outside.removeprefix("* ").removeprefix("### ").removeprefix("| # |"),
            ), outside
            if line.startswith("| "):
                assert len(re.findall(r"(?<!\\)\|", line)) == 8


@given(WIRE_TEXT, WIRE_TEXT)
def test_a_table_has_its_columns_whatever_the_wire_says(first: str, second: str) -> None:
    report = report_of(structure(text(first), number(1), text(second)))
    rows = [line for line in report.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}


@pytest.mark.parametrize("sent", ["DEADBEEF", "A1B2C3D4", "isk5212345678", "LGZA1B2C3D4", "12 34 56", "deadbeef01"])
def test_the_report_tells_no_number_of_hex_digits(sent: str) -> None:
    report = report_of(structure(text(sent), number(1), octets(sent.encode())))
    assert sent not in report
    assert "xxxx" in report.replace(" ", "")


def test_the_report_tells_nothing_that_has_the_code_of_an_id() -> None:
    for value in (text("ABC"), number(417), octets(b"X1")):
        report = report_of(structure(code("0-0:96.1.0"), value, code("0-0:42.0.0"), value))
        assert not re.search(r"ABC|417|X1", report)


def test_the_report_tells_no_number_that_is_taken_for_a_code() -> None:
    report = report_of(structure(octets(bytes.fromhex("012345678901")), octets(bytes.fromhex("012345678901"))))
    assert "35:69" not in report
    assert "six octets" in report
