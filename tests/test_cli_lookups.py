"""Codes are looked up in every spelling, and words together."""

from __future__ import annotations

import pytest

from hanparse.cli.lookups import Found, lookups

POWER = [Found("1-0:1.7.0", "active power import", "W", "active_power_import")]


@pytest.mark.parametrize(
    "typed",
    [
        ["1.7.0"],
        ["1-0:1.7.0"],
        ["1.0.1.7.0.255"],
        ["0100010700FF"],
        ["0100010700ff"],
        ["01 00 01 07 00 FF"],
        ["01", "00", "01", "07", "00", "FF"],
    ],
)
def test_every_spelling_of_a_code_finds_it(typed: list[str]) -> None:
    assert lookups(typed) == POWER


def test_all_words_have_to_be_there() -> None:
    found = lookups(["power", "factor"])
    assert found
    assert all("power factor" in one.description for one in found)
    assert lookups(["factor", "Power"]) == found
    assert set(found) < set(lookups(["power"]))
    assert lookups(["factor", "xyzzy"]) == []


def test_codes_and_words_may_stand_together() -> None:
    assert lookups(["1.7.0", "power", "factor"]) == POWER + lookups(["power", "factor"])


@pytest.mark.parametrize("typed", [["nonsense"], ["99.99.99"], ["FFFFFFFFFFFF"], ["1.7"]])
def test_what_is_not_known_gives_nothing(typed: list[str]) -> None:
    assert lookups(typed) == []


def test_a_code_that_the_registry_lacks_is_read_by_its_groups() -> None:
    (found,) = lookups(["1-0:21.7.9"])
    assert found.line == "1-0:21.7.9   phase 1, import, instantaneous, not in the registry"
    assert POWER[0].line == "1-0:1.7.0    active power import W -> active_power_import"
