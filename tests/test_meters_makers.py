"""What holds for all profiles together: no two of them know the same list on the same wire."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatchcase
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bodies import structure
from framefiles import SOUND, TRANSPORTS
from scripts import ROOT, script

from hanparse import Obis, decode
from hanparse.axdr.data import Data, Tag
from hanparse.meters import PROFILES, Place, Profile, codes, read, shapes

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_no_two_profiles_claim_the_same_list_identifier() -> None:
    for profile in PROFILES:
        for prefix in profile.list_ids:
            assert [other for other in PROFILES if other.claims(prefix)] == [profile]


def test_no_two_profiles_know_the_same_wire() -> None:
    for positional in (True, False):
        wires = [wire for profile in PROFILES if bool(profile.positions) is positional for wire in profile.links]
        assert len(wires) == len(set(wires))


def test_no_two_profiles_claim_the_same_device_without_its_wire() -> None:
    devices = [device for profile in PROFILES if not profile.links for device in profile.devices]
    assert not [pair for pair in combinations(devices, 2) if pair[0].startswith(pair[1]) or pair[1].startswith(pair[0])]


SAMPLES = {
    Tag.NULL_DATA: None,
    Tag.ARRAY: (),
    Tag.BOOLEAN: False,
    Tag.ENUM: 0,
    Tag.VISIBLE_STRING: "",
    **dict.fromkeys((Tag.UNSIGNED, Tag.LONG_UNSIGNED, Tag.DOUBLE_LONG_UNSIGNED, Tag.LONG64_UNSIGNED), 0),
    **dict.fromkeys((Tag.INTEGER, Tag.LONG, Tag.DOUBLE_LONG, Tag.LONG64), 0),
}


def kinds(place: Place) -> set[object]:
    """Which types can stand in a place, and which sizes of a string."""
    samples = [Data(tag, value) for tag, value in SAMPLES.items()]
    samples += [Data(Tag.OCTET_STRING, bytes(size)) for size in range(64)]
    fitting = [data for data in samples if shapes.positional(structure(data), (place._replace(pattern="*"),))]
    return {(data.tag, len(data.value) if isinstance(data.value, bytes) else 0) for data in fitting}


def overlap(one: tuple[Place, ...], other: tuple[Place, ...]) -> bool:
    """Whether some list could be both: everywhere a common type, and a common text where both demand one."""
    return len(one) == len(other) and all(
        kinds(a) & kinds(b) and fits_both(a, b) for a, b in zip(one, other, strict=True)
    )


def fits_both(one: Place, other: Place) -> bool:
    """Whether some text fits both patterns. No clock begins with letters: they would be a year beyond 16,000."""
    if not (one.demanded and other.demanded):
        return True
    heads = [place.pattern.partition("*")[0] for place in (one, other)]
    if shapes.CLOCK in (one.obis, other.obis):
        return not any(heads)
    if "*" not in one.pattern + other.pattern:
        return one.pattern == other.pattern
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])


LISTS = [places for profile in PROFILES for places in (*profile.positions, *profile.signatures)]


def alike() -> Iterator[tuple[list[Obis | None], list[Obis | None]]]:
    """What lists that begin alike mean by it: null-data may take the place of less than half."""
    for one, other in combinations(LISTS, 2):
        half = len(one) // 2 + 1
        if len(one) == len(other) and overlap(one[:half], other[:half]):
            yield [place.obis for place in one[:half]], [place.obis for place in other[:half]]


def test_two_lists_that_begin_alike_mean_the_same_by_it_but_for_one_pair() -> None:
    different = [(one, other) for one, other in alike() if one != other]
    assert sum(1 for _ in alike()) > len(different) == 1
    ((powers, energies),) = different
    assert [str(obis) for obis in powers[2:]] == ["1-0:1.7.0", "1-0:2.7.0", "1-0:3.7.0", "1-0:4.7.0"]
    assert [str(obis) for obis in energies[2:]] == ["1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2"]


def test_no_two_lists_could_be_the_same_bytes() -> None:
    assert len(LISTS) > 15
    assert not [(one, other) for one, other in combinations(LISTS, 2) if overlap(one, other) and one != other]


def test_a_list_that_two_profiles_know_is_known_to_one_of_them_by_its_wire() -> None:
    for one, other in combinations(PROFILES, 2):
        if set(one.positions + one.signatures) & set(other.positions + other.signatures):
            assert bool(one.links) is not bool(other.links)


def test_two_lists_that_could_be_the_same_bytes_are_found() -> None:
    assert overlap(codes("1.7.0/u32 ?/oct8"), codes("2.7.0 0-0:96.1.0"))
    assert not overlap(codes("1.7.0/u32 ?/oct8"), codes("2.7.0 0-0:96.1.0/oct9"))
    assert not overlap(codes("?/oct8=16820005"), codes("?/oct8=16820006"))
    assert overlap(codes("?/oct8=1682*"), codes("?/oct8=168*"))
    assert not overlap(codes("?/oct8=1682*"), codes("?/oct8=1683*"))
    assert overlap(codes("0-0:1.0.0/oct12"), codes("?/oct"))
    assert not overlap(codes("0-0:1.0.0/oct12"), codes("0-0:42.0.0/oct=ISK*"))


def test_the_order_of_the_profiles_decides_nothing() -> None:
    for file in SOUND:
        assert decode(file.data, profiles=PROFILES[::-1]) == decode(file.data)


def test_no_code_outside_the_profiles_knows_a_maker() -> None:
    makers = {profile.manufacturer for profile in PROFILES if profile.manufacturer}
    names = re.compile("|".join(re.escape(name) for name in {*makers, "Gyr"}), re.IGNORECASE)
    code = {
        path.stem: re.sub(r'""".*?"""|#[^\n]*', "", path.read_text("utf-8"), flags=re.DOTALL)
        for path in Path(read.__code__.co_filename).parent.glob("*.py")
    }
    profiles = {stem for stem, text in code.items() if re.search(r"^[A-Z0-9_]+ = Profile\(", text, re.MULTILINE)}
    assert {stem for stem, text in code.items() if names.search(text)} <= {*profiles, "__init__"}
    assert not profiles & {"read", "profile", "shapes", "values", "clock", "report"}


def test_every_profile_but_one_says_whose_lists_it_reads() -> None:
    assert [profile.manufacturer for profile in PROFILES if profile.is_general] == [None]


def test_the_page_of_meters_is_what_profiles_and_frames_say() -> None:
    page = (ROOT / "docs" / "meters.md").read_text("utf-8")
    assert script("tools/write_meters.py").page() == page, "run python tools/write_meters.py"


def test_the_front_page_names_the_countries_and_makers_of_the_page_of_meters() -> None:
    page = (ROOT / "docs" / "index.md").read_text("utf-8")
    assert script("tools/write_meters.py").front(page) == page, "run python tools/write_meters.py"


def test_every_frame_of_a_meter_proves_a_row_of_the_table_of_meters() -> None:
    supported = script("tools/supported.py")
    meters = tomllib.loads(supported.DATA.read_text("utf-8"))["meter"]
    patterns = [pattern for meter in meters for pattern in meter["frames"]]
    files = [file.name for file in supported.frame_files() if file.name.partition("/")[0] not in TRANSPORTS]
    unused = [name for name in files if not any(fnmatchcase(name, pattern) for pattern in patterns)]
    assert unused == ["unnamed/registers-a0"]  # a list of no certain manufacturer


def test_a_row_of_the_table_of_meters_without_a_frame_is_refused() -> None:
    supported = script("tools/supported.py")
    with pytest.raises(ValueError, match="expected a frame file with a measurement for the pattern 'kaifa/list9'"):
        supported.matching(["kaifa/*", "kaifa/list9"], supported.frame_files())


def test_profiles_hold_no_functions() -> None:
    for profile in PROFILES:
        assert not any(callable(getattr(profile, name)) for name in Profile.__dataclass_fields__)
