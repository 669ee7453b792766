"""Ciphered pushes through `decode`, `decode_all` and `Decoder`: vectors, flipped bits, chunks, keys kept secret."""

from __future__ import annotations

import copy
import json
import pickle
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from ciphering import AUTH_KEY, KEY, TITLE, Meter
from framefiles import FrameFile, folder, named, sealed
from hypothesis import given
from hypothesis import strategies as st
from telegrams import swedish
from test_frames import fields
from test_security import MADE_CLEAR
from wire import LLC, chunks, seeded

import hanparse
from hanparse.wire.crc import arc

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS: Final = ("ciphered", "mbus", "gbt", "segments", "bare")
"""Those of `framefiles.TRANSPORTS` that are read."""
FILES: Final = [file for name in FOLDERS for file in folder(name)]
CLEAR: Final = MADE_CLEAR | {
    "incomplete": "incomplete|was lost|is missing|ends before",
    "block number": "expected block 1, found block 0",
    "checksum": "checksum [0-9A-F]{2} does not fit",
    "stop": "expected the stop byte 16",
    "length": "length|announced|left",
    "nested": "ciphered again|a block inside another block",
    "CI 7D": "CI 7D",
    "M-Bus variable data": "CI 72: M-Bus variable data",
}
SOUND: Final = [file for file in FILES if file.measurements]
REFUSED: Final = [file for file in FILES if file.expect_error]
KEYS: Final[dict[str, Any]] = {"key": KEY.hex(), "auth_key": AUTH_KEY.hex()}
PUSH: Final = named("kamstrup/push-dk-3phase")
METER: Final = Meter()
HEADER: Final = bytes.fromhex("410313")

sound = pytest.mark.parametrize("file", SOUND, ids=lambda file: file.name)
refused = pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)


def options(file: FrameFile) -> dict[str, Any]:
    return dict(file.options)


def ciphered(counter: int = 1, meter: Meter = METER, push: FrameFile = PUSH) -> bytes:
    return sealed(LLC + meter.cipher(push.apdu, counter), HEADER)


# --- the vectors ------------------------------------------------------------------------------------------------------


def test_every_vector_gives_measurements_or_an_error() -> None:
    assert len(SOUND) + len(REFUSED) == len(FILES) >= 66


@sound
def test_a_vector_decodes_to_every_expected_field_and_says_whether_it_is_verified(file: FrameFile) -> None:
    measurements = hanparse.decode_all(file.data, **options(file))
    assert [fields(each) for each in measurements] == list(file.measurements)
    verified = {each.security.verified if each.security else None for each in measurements}
    assert verified == {file.verified}


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (swedish().replace(b"0002.301", b"0009.301"), hanparse.ChecksumError),
        (b"\x0f\0\0\0\1\0\x02\x05", hanparse.DecodeError),
        (b"\x0f\0\0\0\1\0\x02\x02\x06\0\0\0\1\x12\0\1", hanparse.UnknownMeterError),
    ],
)
def test_a_ciphered_apdu_that_cannot_be_read_takes_no_other_with_it_without_frames(
    content: bytes, error: type[hanparse.HanParseError], as_text: bool
) -> None:
    first, damaged, last = (METER.cipher(apdu, at) for at, apdu in enumerate((PUSH.apdu, content, PUSH.apdu)))
    data = first + damaged + last
    errors: list[hanparse.HanParseError] = []
    found = hanparse.decode_all(data.hex() if as_text else data, on_error=errors.append, **KEYS)
    assert [each.security.invocation_counter for each in found if each.security] == [0, 2]
    assert [type(each) for each in errors] == [error]
    offsets = [each.offset for each in errors if isinstance(each, hanparse.DecodeError | hanparse.FrameError)]
    assert all(len(first) <= offset < len(first + damaged) for offset in offsets)


@pytest.mark.parametrize("file", [file for file in SOUND if file.data[0] == 0x7E], ids=lambda file: file.name)
def test_a_vector_may_come_in_chunks_of_any_size(file: FrameFile) -> None:
    for size in (1, 7, 61):
        decoder = hanparse.Decoder(**options(file))
        found = [each for part in chunks(seeded(size), file.data, size) for each in decoder.feed(part)]
        assert [fields(each) for each in found + decoder.flush()] == list(file.measurements)


@refused
def test_a_vector_that_is_refused_gives_the_error_and_a_decoder_delivers_nothing(file: FrameFile) -> None:
    with pytest.raises(getattr(hanparse, file.expect_error or "")) as caught:
        hanparse.decode(file.data, **options(file))
    if file.cause:
        assert re.search(CLEAR[file.cause], str(caught.value))
    decoder = hanparse.Decoder(**options(file))
    assert decoder.feed(file.data) + decoder.flush() == []


# --- nothing forged, nothing shown ------------------------------------------------------------------------------------

FLIPPED: Final = {
    "kamstrup/push-dk-3phase": Meter(),
    "iskraemeco/at-kelag": Meter(control=0x20),
    "kaifa/at-tinetz": Meter(control=0x21, title=b"KFM\x10\x20\0\0\x17"),
    "landis_gyr/at-burgenland": Meter(title=b"LGZ\x67\x69\0\0\x17"),
    "unnamed/at-netz-noe": Meter(tag=0xDD),
}


@pytest.mark.parametrize("name", FLIPPED)
def test_no_flipped_bit_of_a_frame_gives_a_value(name: str) -> None:
    frame = ciphered(7, FLIPPED[name], named(name))
    decoder = hanparse.Decoder(**KEYS)
    for bit in range(8, 8 * (len(frame) - 1)):  # the flags between frames may be noise
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << bit % 8
        assert decoder.feed(bytes(changed)) + decoder.flush() == []


@pytest.mark.parametrize("name", FLIPPED)
def test_no_flipped_bit_of_a_verified_push_gives_a_value_behind_a_check_sequence_that_fits(name: str) -> None:
    meter = Meter(tag=FLIPPED[name].tag, title=FLIPPED[name].title)
    apdu = meter.cipher(named(name).apdu, 7)
    decoder = hanparse.Decoder(**KEYS)
    for bit in range(0, 8 * len(apdu), 7):
        changed = bytearray(apdu)
        changed[bit // 8] ^= 1 << bit % 8
        assert decoder.feed(sealed(LLC + bytes(changed), HEADER)) == []
    assert len(decoder.feed(sealed(LLC + apdu, HEADER))) == 1


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=8), st.integers(1, 300))
def test_warm_and_cold_pushes_say_the_same_but_for_their_counter(counters: list[int], size: int) -> None:
    decoder = hanparse.Decoder(**KEYS)
    data = b"".join(map(ciphered, counters))
    found = [each for part in chunks(seeded(size), data, size) for each in decoder.feed(part)] + decoder.flush()
    assert [each.security.invocation_counter for each in found if each.security] == counters
    assert [fields(each) for each in found] == [PUSH.expect] * len(counters)
    assert len(set(map(repr, (each.registers for each in found)))) == 1


def test_security_is_in_the_dictionary_and_no_part_of_equality() -> None:
    one, two = (hanparse.decode(ciphered(counter), **KEYS) for counter in (1, 2))
    assert one == two == hanparse.decode(PUSH.data)
    assert one.security == hanparse.Security(TITLE, 0x30, 1, verified=True)
    assert hanparse.decode(PUSH.data, **KEYS).security is None
    shown = json.loads(json.dumps(one.to_dict()))["security"]
    assert shown["verified"] is True
    assert shown["invocation_counter"] == 1
    assert "security" not in hanparse.decode(PUSH.data).to_dict()


def test_many_meters_have_a_key_each() -> None:
    other = Meter(key=bytes(range(1, 17)), title=b"LGZ\0\0\0\0\x18")
    keys: dict[str | bytes, bytes] = {"KAM4500000017": KEY, b"LGZ\0\0\0\0\x18": other.key}
    decoder = hanparse.Decoder(key=keys, auth_key=AUTH_KEY)
    found = decoder.feed(ciphered(1) + ciphered(1, other))
    assert [each.security.system_title for each in found if each.security] == [TITLE, other.title]


@pytest.mark.parametrize("wrong", ["", "00", "O" * 32, b"\0" * 15])
def test_a_wrong_key_is_a_value_error_before_anything_is_decoded(wrong: str | bytes) -> None:
    with pytest.raises(ValueError, match="key: "):
        hanparse.Decoder(key=wrong)
    with pytest.raises(TypeError):
        hanparse.Decoder(key=1)  # type: ignore[arg-type]


def secret(push: FrameFile = PUSH) -> Iterator[str]:
    for part in (KEY, AUTH_KEY, push.apdu[:12], push.apdu[40:52]):
        yield from (part.hex(), part.hex(" "), part.hex().upper(), part.hex(" ").upper(), repr(part)[2:-1])


def test_no_error_repr_or_pickle_has_a_key_or_what_it_opened() -> None:
    decoder = hanparse.Decoder(key=KEY.hex(), auth_key=KEY.hex())
    decoder.feed(ciphered())
    error = decoder.last_error
    assert isinstance(error, hanparse.CipherError)
    assert error.cause == "auth_key"
    shown = "\n".join([repr(decoder), repr(vars(decoder)), str(error), repr(error), repr(vars(error))])
    assert [part for part in secret() if part in shown] == []
    assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)
    with pytest.raises(TypeError, match="keys are not pickled"):
        pickle.dumps(decoder)
    twin = copy.deepcopy(hanparse.Decoder(**KEYS))
    assert len(twin.feed(ciphered())) == 1


def test_the_diagnosis_names_what_is_wrong_with_the_keys() -> None:
    expected: list[tuple[dict[str, Any], str]] = [
        ({}, "ciphered"),
        ({"key": AUTH_KEY}, "key"),
        ({"key": KEY, "auth_key": KEY}, "auth-key"),
    ]
    for given_keys, kind in expected:
        decoder = hanparse.Decoder(**given_keys)
        for counter in range(5):
            decoder.feed(ciphered(counter))
        [fault] = decoder.diagnosis()
        assert fault.kind == kind
        assert "KAM4500000017" in str(fault)


def test_an_unknown_list_that_the_keys_opened_is_not_shown_in_the_error() -> None:
    with pytest.raises(hanparse.UnknownMeterError) as caught:
        hanparse.decode(ciphered(), profiles=(), **KEYS)
    assert caught.value.report == ""
    assert "Kamstrup" not in str(caught.value)


TELEGRAM: Final = b"/ABC5x\r\n\r\n1-0:1.7.0(01.000*kW)\r\n!"


@pytest.mark.parametrize("content", [TELEGRAM + b"0000", TELEGRAM[:-1], b"/ABC5", b"/"])
def test_a_verified_telegram_that_is_not_sound_is_an_error_and_no_exception_of_feed(content: bytes) -> None:
    data = sealed(LLC + METER.cipher(content, 1), HEADER)
    decoder = hanparse.Decoder(**KEYS)
    assert decoder.feed(data) == []
    assert isinstance(decoder.last_error, hanparse.DecodeError | hanparse.ChecksumError)
    assert "1.7.0" not in str(decoder.last_error)


@pytest.mark.parametrize("framed", [True, False])
def test_every_byte_of_a_ciphered_telegram_is_explained_with_the_keys(*, framed: bool) -> None:
    apdu = METER.cipher(TELEGRAM + b"%04X" % arc(TELEGRAM), 1)
    data = sealed(LLC + apdu, HEADER) if framed else apdu
    assert hanparse.decode(data, **KEYS).active_power_import == 1000
    assert b"".join(leaf.raw for leaf in hanparse.explain(data, **KEYS).leaves) == data
