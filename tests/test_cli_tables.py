"""People get one table for each push, with units, in colours on a terminal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from hanparse import Estimate, Measurement
from hanparse.cli.formats import Output
from hanparse.cli.tables import Tables, table

PUSH = Measurement(
    manufacturer="Kaifa",
    timestamp=datetime(2024, 1, 15, 12, tzinfo=UTC),
    current_l1=6.0,
    estimated={"current_l2": Estimate(2.41239, 0.2, 2.5, "triangle")},
)


def test_the_heading_says_when_and_who_and_the_rows_what() -> None:
    written = Tables(Output(file=True, estimated=True, columns=("current_l1",)), pytest.fail)
    assert written.row(PUSH, "a.bin") == (
        "a.bin: 2024-01-15 12:00:00+00:00 Kaifa\n"
        "  current_l1               6.0 A\n"
        "  current_l2               2.412 A (estimated, 0.200 to 2.500 A)\n\n"
    )
    assert written.row(Measurement(), "b.bin").startswith("b.bin: measurement\n")


def test_a_table_alone_has_the_rows() -> None:
    assert table(Measurement(current_l1=6)) == "  current_l1               6.0 A"


def test_without_rich_a_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert "\x1b" not in Tables(Output(), pytest.fail).row(PUSH, "a.bin")
