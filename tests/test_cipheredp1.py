"""Ciphered P1 telegrams in a stream: vectors in chunks, damage, other frames around them, and telegrams in clear."""

from __future__ import annotations

import copy
import time
from typing import Any, Final

import pytest
from ciphering import AUTH_KEY, KEY, Meter
from framefiles import FrameFile, folder, named, sealed
from hypothesis import given
from hypothesis import strategies as st
from test_frames import fields
from wire import LLC

from hanparse import CipherError, Decoder, HanParseError, Measurement, decode, decode_all
from hanparse.security.aes import Aes

FILES: Final = [file for file in folder("p1") if file.name.startswith("p1/enc-")]
SOUND: Final = [file for file in FILES if file.measurements]
REFUSED: Final = [file for file in FILES if file.expect_error]
PLAIN: Final = named("kamstrup/push-dk-3phase")
TELEGRAM: Final = next(file for file in folder("p1") if file.name == "p1/lu-smarty-document").data.strip()
METER: Final = Meter(title=b"SAG\x59\x05\0\0\x17")
FRAME: Final = sealed(LLC + PLAIN.apdu, bytes.fromhex("410313"))
KEYS: Final[dict[str, Any]] = {"key": KEY, "auth_key": AUTH_KEY}

in_chunks = pytest.mark.parametrize("size", [1, 7, 10**6])


def read(data: bytes, size: int, **options: Any) -> tuple[list[Measurement], list[HanParseError], Decoder]:  # noqa: ANN401
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    found = [m for at in range(0, len(data), size) for m in decoder.feed(data[at : at + size])]
    return found + decoder.flush(), errors, decoder


@in_chunks
@pytest.mark.parametrize("file", SOUND, ids=lambda file: file.name)
def test_a_vector_decodes_in_a_stream_to_every_expected_field(file: FrameFile, size: int) -> None:
    found, errors, decoder = read(file.data, size, **file.options)
    for one, expected in zip(found, file.measurements, strict=True):
        sent = fields(one)
        assert {name: sent.get(name) for name in expected} == expected
    assert {one.security.verified for one in found if one.security} == {file.verified}
    assert not errors
    assert decoder.stats.measurements == len(found) == decoder.stats.frames


@in_chunks
@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)
def test_a_vector_that_is_refused_is_refused_for_its_cause_in_a_stream(file: FrameFile, size: int) -> None:
    found, errors, decoder = read(file.data, size, **file.options)
    assert not found
    if file.expect_error == "ChecksumError":
        assert decoder.stats.crc_failures == 1
        return
    assert [error.cause for error in errors if isinstance(error, CipherError)] == [file.cause]
    assert decoder.stats.ciphered == 1
    options: dict[str, Any] = dict(file.options)
    with pytest.raises(CipherError) as caught:
        decode_all(file.data, **options)
    assert caught.value.cause == file.cause


@given(st.integers(0, len(METER.cipher(TELEGRAM)) * 8 - 1), st.booleans())
def test_a_flipped_bit_gives_no_value_and_hides_no_frame(bit: int, verifies: bool) -> None:
    ciphered = METER.cipher(TELEGRAM)
    damaged = bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(ciphered))
    found, _, _ = read(damaged + FRAME, 10**6, **(KEYS if verifies else {"key": KEY}))
    of_telegram = [one for one in found if one.security]
    assert len(found) - len(of_telegram) == 1
    if verifies:
        assert not of_telegram
    elif of_telegram:  # the bit is in the tag, which is not checked, or in the counter or title that a meter may send
        assert decode_all(TELEGRAM)[0] == of_telegram[0]


@given(st.lists(st.sampled_from(("ciphered", "frame", "telegram", "noise", "cut")), max_size=6), st.integers(1, 3000))
def test_telegrams_frames_and_noise_in_any_order_give_every_intact_push_once(kinds: list[str], size: int) -> None:
    ciphered = METER.cipher(TELEGRAM)
    pieces = {
        "ciphered": ciphered,
        "frame": FRAME,
        "telegram": TELEGRAM + b"\r\n",
        "noise": b"\xdb\x08KAM\x01\xff\xdb",
        "cut": ciphered[:200],
    }
    found, _, _ = read(b"".join(pieces[kind] for kind in kinds), size, **KEYS)
    expected = [kind for kind in kinds if kind not in ("noise", "cut")]
    assert [(one.security is not None, one.list_id is not None) for one in found] == [
        (kind == "ciphered", kind == "frame") for kind in expected
    ]


def test_a_list_without_a_frame_is_no_value_of_a_stream() -> None:
    """No check sequence covers its bytes, and without authentication key a flipped bit would be a wrong value."""
    found, _, _ = read(METER.cipher(PLAIN.apdu), 10**6, **KEYS)
    assert not found


def test_a_telegram_without_crc_needs_the_authentication_key() -> None:
    telegram = TELEGRAM[: TELEGRAM.rindex(b"!") + 1] + b"\r\n"
    data = METER.cipher(telegram)
    assert len(read(data, 10**6, **KEYS)[0]) == 1
    assert not read(data, 10**6, key=KEY)[0]


def test_a_telegram_alone_without_a_crc_and_without_a_verified_tag_is_no_value() -> None:
    telegram = TELEGRAM[: TELEGRAM.rindex(b"!") + 1] + b"\r\n"
    unverified = Meter(title=METER.title, control=0x20).cipher(telegram)
    for take in (decode, decode_all, lambda data, **keys: Decoder(**keys).decode_payload(data)):
        with pytest.raises(HanParseError, match="neither a CRC nor a tag that was verified"):
            take(unverified, **KEYS)
        assert take(METER.cipher(telegram), **KEYS)  # the tag is verified
    assert decode(sealed(LLC + unverified, bytes.fromhex("410313")), **KEYS)  # the FCS covers the telegram


def test_the_content_of_a_damaged_frame_is_no_ciphered_telegram() -> None:
    frame = bytearray(sealed(LLC + METER.cipher(TELEGRAM), bytes.fromhex("410313")))
    frame[-2] ^= 1
    found, errors, _ = read(bytes(frame), 10**6, **KEYS)
    assert not found
    assert not any(isinstance(error, CipherError) for error in errors)


def test_a_decoder_can_be_copied_in_the_middle_of_a_telegram() -> None:
    data = METER.cipher(TELEGRAM)
    decoder = Decoder(**KEYS)
    decoder.feed(data[:700])
    twin = copy.deepcopy(decoder)
    assert len(decoder.feed(data[700:])) == len(twin.feed(data[700:])) == 1


def test_the_time_for_overlapping_headers_is_linear_in_their_number() -> None:
    header = b"\xdb\x08SAG\x59\x05\0\0\x17\x82\x05\xe2\x30\0\0\0\1"
    seconds = []
    for count in (500, 2000):
        start = time.perf_counter()
        read(header * count, 10**6, **KEYS)
        seconds.append(time.perf_counter() - start)
    assert seconds[1] < 20 * seconds[0] + 1


def test_a_header_inside_a_header_begins_no_telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    deciphered: list[int] = []
    decipher = Aes.decipher

    def counted(aes: Aes, iv: bytes, content: bytes) -> bytes:
        deciphered.append(len(content))
        return decipher(aes, iv, content)

    monkeypatch.setattr(Aes, "decipher", counted)
    header = b"/AAA" * 13  # IEC 62056-21: an identification contains no second "/"
    size = next(size for size in range(0x1000, 0x2000) if (size + 10) % (len(header) + 11) == 0)
    read((header + b"!ABCD\n\0\x82" + size.to_bytes(2, "big") + b"\x30") * 400, 10**6, **KEYS)
    assert len(deciphered) <= 400
