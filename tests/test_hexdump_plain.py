from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import hanparse
from hanparse import decode_all, explain

FOLDER = Path(__file__).parent / "dumps" / "plain"
CASES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
READ = sorted(name for name, case in CASES.items() if "expect" in case)


def text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", READ)
def test_a_text_that_people_paste_gives_every_push_in_it_and_no_other(name: str) -> None:
    expect = CASES[name]["expect"]
    expected = expect if isinstance(expect, list) else [expect]
    found = [measurement.to_dict() for measurement in decode_all(text(name))]
    assert len(found) == len(expected)
    for measured, fields in zip(found, expected, strict=True):
        assert {field: measured.get(field) for field in fields} == fields
    assert str(explain(text(name)))


@pytest.mark.parametrize("name", sorted(CASES.keys() - set(READ)))
def test_a_text_that_cannot_be_read_is_an_error_that_names_the_place(name: str) -> None:
    with pytest.raises(getattr(hanparse, CASES[name]["expect_error"])) as caught:
        decode_all(text(name))
    for words in CASES[name]["message_contains"]:
        assert words in str(caught.value)
