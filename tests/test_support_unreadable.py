"""What tells a meter in bytes that cannot be read, by its places; see test_support_anonymise for reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanparse.support.unreadable import find


def places(octets: bytes, kept: tuple[bytes, ...] = (), joints: tuple[int, ...] = ()) -> bytes:
    """The octets, with a dot for each that is to be replaced."""
    shown = bytearray(octets)
    for found, _change in find(octets, set(kept), joints):
        for at in found:
            shown[at] = ord(".")
    return bytes(shown)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"no 123456!", b"no ......!"),
        (b"no DEADBEEF!", b"no ........!"),
        (b"no kfmA1B2C3D4!", b"no ...........!"),
        (b"12\xff34\xfe\xfd5", b"........"),
        (b"\x09\x08\x73\x59\x99\x28\x90\x00\x00\x17\x06", b"\x09\x08........\x06"),
        (b"\x09\x04    \x06", b"\x09\x04....\x06"),
        (b"\xdb\x08KFM\x81\x02\x03\x04\x05\x20", b"\xdb\x08KFM.....\x20"),
        (b"\xdb\x08kfm\x81\x02\x03\x04\x05\x20", b"\xdb\x08kfm.....\x20"),
        (b"\xdb\x48KFM\x81\x02\x03\x04\x05\x20", b"\xdb\x48KFM.....\x20"),
        (b"\xdb\x00KFM\x81\x02\x03\x04\x05\x20", b"\xdb\x00KFM.....\x20"),
        (b"\xddKFM\x81\x02\x03\x04\x05\x20", b"\xddKFM.....\x20"),
        (b"AIDON_V0001 Kamstrup_V0001", b"AIDON_V0001 Kamstrup_V0001"),
        (b"\x09\x06\x01\x00\x01\x08\x00\xff", b"\x09\x06\x01\x00\x01\x08\x00\xff"),
        (b"\x09\x07MA304H3", b"\x09\x07MA304H3"),
        (b"\x09\x09\x81\x82\x83", b"\x09\x09\x81\x82\x83"),  # cut off
    ],
)
def test_what_is_telling_is_found_where_it_is(octets: bytes, expected: bytes) -> None:
    assert places(octets) == expected


def test_what_is_to_be_kept_is_not_found() -> None:
    assert places(b"a 16820005 b 16820006", (b"16820005",)) == b"a 16820005 b ........"


def test_a_string_does_not_go_on_where_something_was_taken_out() -> None:
    string = b"\x09\x04\x81\x82\x83\x84\x06"
    assert places(string) == b"\x09\x04....\x06"
    assert places(string, joints=(4,)) == places(string, joints=(2,)) == places(string, joints=(1,)) == string
    assert places(string, joints=(6,)) == b"\x09\x04....\x06"


@given(st.binary(max_size=200))
def test_any_bytes_have_places_within_them(octets: bytes) -> None:
    assert len(places(octets)) == len(octets)
