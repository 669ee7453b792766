"""Explanations of ciphered pushes: outer bytes, the plaintext with offsets of its own, and what was verified."""

from __future__ import annotations

from typing import Any, Final

import pytest
from ciphering import AUTH_KEY, KEY, TITLE, Meter
from framefiles import TRANSPORTS, folder, named, sealed
from hypothesis import assume, given
from hypothesis import strategies as st
from sweeps import part
from wire import LLC

from hanparse import Explanation, explain

PUSH: Final = named("kamstrup/push-dk-3phase").apdu
SHORT: Final = named("iskraemeco/at-kelag").apdu
TELEGRAM: Final = b"/KAM5\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n!\r\n"
HEADER: Final = bytes.fromhex("410313")
VECTORS: Final = [file for name in TRANSPORTS for file in folder(name) if "key" in file.options]
every: Final = pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.name)


def framed(apdu: bytes, size: int) -> bytes:
    """The APDU in HDLC frames with at most `size` bytes of information each."""
    information = LLC + apdu
    pieces = [information[at : at + size] for at in range(0, len(information), size)]
    return b"".join(sealed(piece, HEADER, at < len(pieces)) for at, piece in enumerate(pieces, 1))


def bytes_of(explanation: Explanation) -> bytes:
    return b"".join(leaf.raw for leaf in explanation.leaves)


def is_gapless(explanation: Explanation) -> bool:
    """Whether every leaf begins where the one before it ends, from offset 0 on."""
    at = 0
    for leaf in explanation.leaves:
        if leaf.offset != at:
            return False
        at += leaf.length
    return True


def plaintexts(explanation: Explanation) -> list[Explanation]:
    return [child.plaintext for child in explanation.children if child.plaintext]


def leaf(explanation: Explanation, label: str) -> Explanation:
    return next(leaf for leaf in explanation.leaves if leaf.label == label)


meters: Final = st.builds(
    Meter,
    control=st.sampled_from((0x10, 0x20, 0x30, 0x70)),
    tag=st.sampled_from((0xDB, 0xDC, 0xDD)),
    title=st.binary(min_size=8, max_size=8).filter(any),
    in_tag=st.booleans(),
    long_lengths=st.integers(0, 4),
)


@given(meters, st.sampled_from((PUSH, SHORT, TELEGRAM)), st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_every_byte_outside_and_inside_is_explained_once(
    meter: Meter, push: bytes, counter: int, is_framed: bool, gives_auth_key: bool
) -> None:
    assume(push is not TELEGRAM or meter.control != 0x10)  # a telegram in clear is a P1 telegram of the stream
    apdu = meter.cipher(push, counter)
    data = framed(apdu, 200) if is_framed else apdu
    explanation = explain(data, key=KEY, auth_key=AUTH_KEY if gives_auth_key else None)
    assert bytes_of(explanation) == data
    assert is_gapless(explanation)
    (plaintext,) = plaintexts(explanation)
    assert plaintext.raw == bytes_of(plaintext) == push
    assert is_gapless(plaintext)
    is_verified = gives_auth_key and bool(meter.control & 0x10)
    assert plaintext.value.endswith("verified")
    assert plaintext.value.endswith("not verified") is not is_verified
    assert str(explanation).count(plaintext.value) >= 1


def test_a_vector_is_explained_with_its_keys_and_damage_is_too() -> None:
    for file in VECTORS:
        options: dict[str, Any] = dict(file.options)
        explanation = explain(file.data, **options)
        assert bytes_of(explanation) == file.data
        if file.verified is not None:
            assert len(plaintexts(explanation)) == len(file.measurements)
            ends = {plaintext.value.rpartition(", ")[2] for plaintext in plaintexts(explanation)}
            assert ends == {"verified" if file.verified else "not verified"}
        for place in part(range(0, len(file.data), max(1, len(file.data) // 7)), len(file.data)):
            damaged = file.data[:place] + bytes([file.data[place] ^ 0x55]) + file.data[place + 1 :]
            for data in (damaged, file.data[:place]):
                found = explain(data, **options)
                assert bytes_of(found) == data
                assert str(found)


def test_without_keys_an_explanation_has_no_plaintext_of_encrypted_content() -> None:
    for file in VECTORS:
        found = plaintexts(explain(file.data))
        assert all(file.data.find(plaintext.raw[:12]) >= 0 for plaintext in found)  # SC 10 sends its content in clear


def test_the_parts_of_the_header_and_the_verified_bytes_are_named() -> None:
    explanation = explain(Meter().cipher(PUSH, 69472), key=KEY, auth_key=AUTH_KEY)
    assert leaf(explanation, "system title").value == "KAM4500000017"
    assert leaf(explanation, "security control").value == "encrypted and authenticated, suite 0"
    assert leaf(explanation, "invocation counter").value == "69472"
    assert leaf(explanation, "content").value == f"deciphered, {len(PUSH)} bytes: see the plaintext"
    assert leaf(explanation, "authentication tag").value.startswith("fits: ")
    unverified = explain(Meter().cipher(PUSH), key=KEY)
    assert leaf(unverified, "authentication tag").value == "not verified: no authentication key was given"
    assert "nothing is verified" in leaf(explain(Meter(control=0x20).cipher(PUSH), key=KEY), "content").value


def test_a_wrong_key_is_an_error_at_the_content_and_a_wrong_authentication_key_at_the_tag() -> None:
    apdu = Meter().cipher(PUSH)
    wrong = explain(apdu, key=AUTH_KEY)
    assert "the encryption key is wrong" in leaf(wrong, "content").error
    assert not leaf(wrong, "authentication tag").error
    other = explain(apdu, key=KEY, auth_key=bytes(16))
    assert "the authentication tag does not fit" in leaf(other, "authentication tag").error
    assert not leaf(other, "content").error
    assert not plaintexts(wrong) + plaintexts(other)


def test_a_push_that_no_profile_reads_is_explained_inside() -> None:
    unknown = bytes.fromhex("0F 00 00 00 01 00 02 02 12 00 01 12 00 02")
    (plaintext,) = plaintexts(explain(Meter().cipher(unknown), key=KEY, auth_key=AUTH_KEY))
    assert bytes_of(plaintext) == unknown
    assert plaintext.error
    assert "long-unsigned" in str(plaintext)


def test_the_dictionary_of_a_ciphered_frame_holds_its_plaintext_and_that_of_a_plain_frame_does_not() -> None:
    ciphered = explain(framed(Meter().cipher(PUSH), 2000), key=KEY).to_dict()["children"][0]
    assert ciphered["plaintext"]["raw"] == PUSH.hex()
    assert "plaintext" not in explain(framed(PUSH, 2000)).to_dict()["children"][0]


def test_a_segmented_push_has_its_plaintext_at_the_last_frame() -> None:
    explanation = explain(framed(Meter().cipher(PUSH), 200), key=KEY, auth_key=AUTH_KEY)
    assert [bool(frame.plaintext) for frame in explanation.children] == [False, False, True]
    assert explanation.children[-1].plaintext
    assert explanation.children[-1].plaintext.label == "plaintext of frame 3"
    assert TITLE in explanation.raw
    assert "plaintext of frame 3, 447 bytes" in str(explanation)
    assert "plaintext of frame 3, 447 bytes" in explanation._repr_html_()
