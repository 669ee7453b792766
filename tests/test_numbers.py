"""No number of a real meter is in the repository: each that is as long as one is on the list of those made up."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import pytest
from framefiles import ALL
from scripts import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MADE_UP = {
    *("240230120000", "241027023000", "700101000000"),  # times in a test of layouts
    # zeros and 17 (or few other digits) behind the digits of a grid company or a maker
    *(
        "1000000000000017",
        "1000000000017",
        "1030000000017",
        "1200200000017",
        "5200000000017",
        "5705705000000017",
        "5706567000000000",
        "181220000009",  # printed in the interface description of Netz Niederösterreich
    ),
    *(
        "6970631400000017",
        "7340157000000017",
        "7340734000000017",
        "7359992890000017",
        "7359992800000017",
        "0000000000000000",
    ),
    *("1000000000000018", "7359992890000018"),
    *(
        "570656700017",
        "5706567000000017",
        "1020700000017",
        "1121300000017",
        "631400000017",
    ),  # the latter cut by the end of a line
    *("107359992890000017", "705000000017"),  # with its length, \x10, and cut by the end of a line
    # P1: of meters and sub-meters in telegrams that were built, as text and as two digits a character
    *("0026000017000017", "0044007100000017", "0062000000000017", "0071700000017", "0072000000000017"),
    *("0072000000000018", "001700001711", "1012400000017", "3137303030303137", "3238313031000017", "4730303339000017"),
    # printed in DSMR 5.0.2 and Luxmetering 1.1.3
    *("004046395507", "1030790002574", "189900060355", "353589980300"),
    # times, among them those that say that a sub-meter was never read
    *("632525252525", "700101010000", "240117174050", "24011717405000"),
    # digits in a row
    *(
        "012345678901",
        "1234567812345678",
        "1234567890123456",
        "5212345678901",
        "5706567012345678",
        "6970631412345678",
        "7359992812345678",
    ),
    "992812345678",
    # too short, too long, out of range: what serial numbers in two halves cannot be
    *("0000000199999999", "735999289000001", "73599928900000170"),
    # no numbers of meters: types, values, times, lengths and tags of hexadecimal lines
    *("000000000000000000", "0000000000000001", "180000000030", "230101120000", "027010201105", "36353235000020"),
    *("090417372800", "090731303030303137", "140000000000000000", "080000000000000011"),
    *("240230120000", "241027023000", "700101000000"),  # clocks of P1
    *("150000000000000001", "150000000000000002", "150000000000000003", "150000000000000004"),
}
# A word that is hexadecimal and has a letter is octets; the digits that these are as text are looked at below.
WORD = re.compile(r"(?<![0-9A-Za-z])(?<!\d\.)[0-9A-Za-z]*?(?<![0-9])(?P<number>[0-9]{12,18})(?![0-9])[0-9A-Za-z]*")
OCTETS = re.compile(r"(?:0x)?(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]+")
AS_OCTETS = re.compile(r"(?:3[0-9][ :,]?){12,}")
TIME = re.compile(r"(?<=\()[0-9]{12}(?=[SW]?\))|(?<![0-9])[0-9]{12}(?=[SW](?![0-9A-Za-z]))")  # of a P1 telegram
NUMBER = re.compile(r"(?<![0-9])[0-9]{12,18}(?![0-9])")


def made() -> list[str]:
    """What is in a checkout that nobody wrote, by the noxfile."""
    listed = re.findall(r"^GENERATED = \((.*)\)$", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)[0]
    return re.findall(r'"([^"]+)"', listed)


def written() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not any(fnmatch(part, pattern) for part in parts for pattern in made()):
            yield path


def numbers(text: str) -> set[str]:
    text = TIME.sub("", text)
    found = {match["number"] for match in WORD.finditer(text) if not OCTETS.fullmatch(match[0])}
    for match in AS_OCTETS.finditer(text):
        digits = re.sub(r"[ :,]", "", match[0])[1::2]
        found |= set(NUMBER.findall(digits))
    return found


def test_every_long_number_is_made_up() -> None:
    paths = list(written())
    assert len(paths) > 200
    strange = {
        str(path.relative_to(ROOT)): unknown
        for path in paths
        if (unknown := numbers(path.read_text("utf-8", "replace")) - MADE_UP)
    }
    assert strange == {}


def test_every_long_number_in_a_frame_is_made_up() -> None:
    for file in ALL:
        assert set(NUMBER.findall(file.data.decode("latin-1"))) <= MADE_UP, file.name


SOME = "".join(map(str, range(5, 10))) + "".join(map(str, range(9)))  # a number that is not on the list


@pytest.mark.parametrize(
    "text",
    [
        f'"{SOME}"', f"ISK{SOME}", f"meter_id={SOME}.", f"_{SOME}_", f"x{SOME}", SOME.encode().hex(), f"0x{SOME}",
        SOME.encode().hex(" "), f"0a0e{SOME.encode().hex()}0203",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert numbers(text) == {SOME}


@pytest.mark.parametrize(
    "text", ["12345678901", "0.571428571428", "1234567890123456789", "A1B2C3D4E5F60718", "0a1234567890123456"]
)
def test_octets_and_shorter_and_longer_numbers_are_none(text: str) -> None:
    assert numbers(text) == set()
