"""What is told of a list that no profile reads, and what is kept secret."""

from __future__ import annotations

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
