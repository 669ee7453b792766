"""Each value is a text that its format reads back."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Breaker, Wiring
from hanparse.cli.cells import CSV, JSON, TABLE, Style, in_csv, number, writer

AWARE = st.datetimes(
    datetime(1900, 1, 1), datetime(2100, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-12))]),
)  # fmt: skip


def silent(sentence: str) -> None:
    raise AssertionError(sentence)


@given(st.text(st.characters(exclude_characters="\0")))  # no meter sends it: texts are stripped
def test_a_text_is_read_back_from_json_and_from_csv(text: str) -> None:
    assert json.loads(writer("model", JSON, silent, utc=False)(text) or "") == text
    (row,) = csv.reader(io.StringIO(f"{in_csv(text)},end\n", newline=""), strict=True)
    assert (row[0].removeprefix("'"), row[1]) == (text.removeprefix("'"), "end")


@given(st.integers(-(2**64), 2**64) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_exactly(value: float) -> None:
    assert json.loads(number(value) or "") == value


@given(AWARE)
def test_a_time_is_the_same_instant_in_utc(when: datetime) -> None:
    for style in (JSON, CSV, TABLE):
        for utc in (False, True):
            text = writer("timestamp", style, silent, utc=utc)(when)
            assert text
            found = datetime.fromisoformat(text.strip('"'))
            assert found == when
            assert not utc or found.utcoffset() == timedelta(0)


def test_the_time_of_arrival_has_milliseconds_also_where_they_are_zero() -> None:
    write = writer("received", CSV, silent, utc=False)
    assert write(datetime(2024, 1, 15, tzinfo=UTC)) == "2024-01-15T00:00:00.000+00:00"


@pytest.mark.parametrize(
    ("style", "breaker", "wiring"),
    [
        (JSON, '"ready"', '"THREE_WIRE"'),
        (CSV, "ready", "THREE_WIRE"),
        (TABLE, "ready", "3-phase 3-wire (IT, delta)"),
    ],
)
def test_a_state_is_its_name(style: Style, breaker: str, wiring: str) -> None:
    assert writer("breaker", style, silent, utc=False)(Breaker.READY) == breaker
    assert writer("wiring", style, silent, utc=False)(Wiring.THREE_WIRE) == wiring
