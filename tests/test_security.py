"""Ciphered APDUs are opened, or refused with the error that says why; what a tag does not fit is never delivered."""

from __future__ import annotations

import re
import subprocess
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, get_args

import fuzz_security
import pytest
from ciphering import AUTH_KEY, KEY, LONG_AUTH_KEY, LONG_KEY, TITLE, VECTORS, Meter, apdus, is_sound
from framefiles import FrameFile, named
from hypothesis import given
from hypothesis import strategies as st
from scripts import ROOT
from sweeps import some

from hanparse.errors import CipherCause, CipherError, DecodeError, HanParseError
from hanparse.measurement.security import Security
from hanparse.security.header import parts, read_header
from hanparse.security.keys import KeyOption, Keys
from hanparse.security.opener import Opened, Opener

if TYPE_CHECKING:
    from collections.abc import Callable

PUSH: Final = named("kamstrup/push-dk-3phase").apdu
SHORT: Final = named("iskraemeco/at-kelag").apdu
TELEGRAM: Final = b"/KAM5\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n!AB12\r\n"
OTHER: Final = bytes(range(1, 17))
# One frame cannot tell a wrong authentication key from damage when the content is sound (ciphering-transport.md 6).
NOT_TOLD_APART: Final = ("ciphered/flipped-tag", "ciphered/flipped-content", "ciphered/flipped-value")

MADE_CLEAR: Final = {
    "no key": "no key was given: ask the grid company for the key, and give key",
    "key": "the encryption key is wrong",
    "auth_key": "the encryption key is right.* the authentication key is wrong",
    "swapped": "key= and auth_key= are exchanged",
    "tag": "the authentication tag does not fit.* damaged",
    "key-length": "keys of 32 bytes, key= has 16",
    "system title": "system.title.*: give system_title=",
    "suite": "suite 7 is reserved",
    "compressed": "does not read compressed content",
    "not protected": "expected encryption or authentication, found neither",
    "signed": "general-signing .DF.",
    "key-info": "wrapped key|agreed between",
    "nested": "ciphered again",
    "not a push": "the keys are right, but the content is not a push: it is get-request",
    "service": "(glo|ded)-.* give system_title=",
}


def opener(
    judge: Callable[[bytes], bool] = is_sound,
    /,
    *,
    key: KeyOption = None,
    auth_key: KeyOption = None,
    system_title: str | bytes | None = None,
) -> Opener:
    return Opener(Keys(key, auth_key, system_title), judge)


def both() -> Opener:
    return opener(key=KEY, auth_key=AUTH_KEY)


def refused(by: Opener, apdu: bytes) -> CipherError:
    with pytest.raises(CipherError) as caught:
        by.open(apdu)
    return caught.value


def flipped(data: bytes, bit: int) -> bytes:
    return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(data))


# --- the vectors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [file for file in VECTORS if file.verified is not None], ids=lambda file: file.name)
def test_a_vector_opens_to_a_whole_push_and_says_whether_it_is_verified(file: FrameFile) -> None:
    one = opener(**file.options)
    opened = [one.open(apdu) for apdu in apdus(file)]
    assert len(opened) == len(file.measurements)
    assert {(is_sound(each.apdu), each.security.verified) for each in opened} == {(True, file.verified)}


@pytest.mark.parametrize("file", [file for file in VECTORS if file.expect_error], ids=lambda file: file.name)
def test_a_vector_that_is_refused_is_refused_for_its_cause(file: FrameFile) -> None:
    found = apdus(file)
    if file.expect_error == "ChecksumError":
        assert found == []
        return
    error = refused(opener(**file.options), *found)
    if file.cause:
        assert re.search(MADE_CLEAR[file.cause], str(error))
        assert error.cause == ("auth_key" if file.name in NOT_TOLD_APART else file.cause)
    else:
        assert error.cause in ("length", "incomplete")


def test_every_vector_is_asked() -> None:
    opened = [file for file in VECTORS if file.verified is not None]
    errors = [file for file in VECTORS if file.expect_error]
    plain = [file for file in VECTORS if file.verified is None and file.measurements]
    assert len(opened) + len(errors) + len(plain) == len(VECTORS) == 66
    assert {apdu[0] for file in plain for apdu in apdus(file)} == {0x0F}
    assert MADE_CLEAR.keys() == {file.cause for file in errors} - {None}


@pytest.mark.parametrize("file", [file for file in VECTORS if file.plaintext], ids=lambda file: file.name)
def test_the_examples_of_the_green_book_verify_and_give_their_plaintext_to_who_takes_it(file: FrameFile) -> None:
    opened = opener(lambda data: data == file.plaintext, **file.options).open(file.data)
    assert opened.apdu == file.plaintext
    assert opened.security.verified


# --- every mode -------------------------------------------------------------------------------------------------------

KEYS: Final = {0: (KEY, AUTH_KEY), 1: (KEY, AUTH_KEY), 2: (LONG_KEY, LONG_AUTH_KEY)}
meters: Final = st.builds(
    lambda suite, mode, tag, title, **rest: Meter(
        *KEYS[suite], title=title, control=suite | mode, tag=tag, key_info=rest.pop("info"), **rest
    ),
    st.sampled_from((0, 1, 2)),
    st.sampled_from((0x10, 0x20, 0x30, 0x50, 0x60, 0x70)),
    st.sampled_from((0xDB, 0xDC, 0xDD, 0x21, 0x38, 0x58, 0xC8, 0xCA, 0xD7)),
    st.binary(min_size=8, max_size=8).filter(any),
    info=st.sampled_from((b"\0", b"\1\0\0", b"\1\0\1")),
    fields=st.tuples(*[st.binary(max_size=140)] * 4),
    in_tag=st.booleans(),
    long_lengths=st.integers(0, 4),
)
counters: Final = st.integers(0, 2**32 - 1)


@given(meters, st.sampled_from((PUSH, SHORT, TELEGRAM)), counters, st.booleans())
def test_what_was_ciphered_is_deciphered_in_every_mode_suite_and_apdu(
    meter: Meter, push: bytes, counter: int, with_auth_key: bool
) -> None:
    auth_key = meter.auth_key if with_auth_key else None
    ciphered = meter.cipher(push, counter)
    one = opener(lambda data: data == push, key=meter.key, auth_key=auth_key, system_title=meter.title)
    opened = one.open(ciphered)
    verified = with_auth_key and bool(meter.control & 0x10)
    assert opened.apdu == push
    assert opened.security == Security(meter.title, meter.control, counter, verified)
    if not meter.control & 0x20:
        assert ciphered[opened.offset :].startswith(push)


@given(meters, counters)
def test_the_parts_of_a_ciphered_apdu_are_all_of_its_bytes_in_order(meter: Meter, counter: int) -> None:
    ciphered = meter.cipher(SHORT, counter)
    found, error = parts(ciphered)
    assert error is None
    assert [part.start for part in found] == [0, *(part.end for part in found[:-1])]
    assert found[-1].end == len(ciphered)
    header = read_header(ciphered)
    assert header.invocation_counter == counter
    assert header.protection.endswith(f"counter {counter}")


@given(meters, st.data())
def test_an_apdu_that_is_cut_off_anywhere_is_refused_and_its_parts_end_there(meter: Meter, data: st.DataObject) -> None:
    ciphered = meter.cipher(SHORT)
    cut = ciphered[: data.draw(st.integers(0, len(ciphered) - 1))]
    with pytest.raises(DecodeError):
        opener(key=meter.key, auth_key=meter.auth_key, system_title=meter.title).open(cut)
    found, error = parts(cut)
    assert error is not None
    assert all(part.start < part.end <= len(cut) for part in found)


@given(meters, st.binary(min_size=1, max_size=40))
def test_bytes_behind_the_content_are_named(meter: Meter, more: bytes) -> None:
    error = refused(both(), meter.cipher(SHORT) + more)
    assert error.cause == "length"
    assert f"{len(more)} bytes follow" in str(error)


@pytest.mark.parametrize("content", [b"", b"\x30", b"\x30\0\0\0"])
def test_content_without_room_for_control_and_counter_is_refused_by_its_length(content: bytes) -> None:
    error = refused(both(), b"\xdb\x08" + TITLE + bytes([len(content)]) + content)
    assert error.cause == "length"
    assert f"expected at least 5 bytes of ciphered content, found {len(content)}" in str(error)
    assert (error.system_title, error.invocation_counter) == (TITLE, None)


def test_the_encryption_key_of_one_meter_is_found_among_many() -> None:
    others = {bytes([n]) * 8: bytes([n]) * 16 for n in range(1, 9)}
    one = opener(key=others | {TITLE: KEY}, auth_key={"KAM4500000017": AUTH_KEY})
    assert one.open(Meter().cipher(PUSH)).security.verified
    third = bytes([3]) * 8
    assert not one.open(Meter(title=third, key=others[third]).cipher(PUSH)).security.verified
    error = refused(one, Meter(title=b"LGZ\0\0\0\0\x18").cipher(PUSH))
    assert error.cause == "no key"
    assert "keys of 9 meters were given, but no key of this meter" in str(error)
    assert "LGZ0000000018" in str(error)
    unnamed = refused(one, Meter(sent_title=b"").cipher(PUSH))
    assert unnamed.cause == "system title"


def test_a_title_that_is_sent_comes_before_the_one_that_was_given() -> None:
    one = opener(key=KEY, auth_key=AUTH_KEY, system_title=b"another!")
    assert one.open(Meter().cipher(PUSH)).security.system_title == TITLE
    given_title = opener(key=KEY, auth_key=AUTH_KEY, system_title="4B:41:4D:45:00:00:00:17")
    assert given_title.open(Meter(sent_title=b"").cipher(PUSH)).security.system_title == TITLE
    assert given_title.open(Meter(sent_title=b"seven..").cipher(PUSH)).security.verified
    assert both().open(Meter(title=bytes(8), sent_title=b"").cipher(PUSH)).security.system_title == b""


# --- nothing forged is delivered --------------------------------------------------------------------------------------

HEADER: Final = 8 * 40  # bits in front of the content, each of which is tried
FORGED: Final = {
    "kamstrup/push-dk-3phase": Meter(),
    "iskraemeco/at-kelag": Meter(control=0x71),
    "kaifa/at-tinetz": Meter(LONG_KEY, LONG_AUTH_KEY, control=0x32),
    "landis_gyr/at-burgenland": Meter(control=0x10),
    "unnamed/at-netz-noe": Meter(tag=0xDD),
}


@pytest.mark.parametrize("name", FORGED)
def test_no_flipped_bit_of_an_authenticated_push_gives_a_value(name: str) -> None:
    push, meter = named(name).apdu, FORGED[name]
    ciphered = meter.cipher(push, 77)
    seen, fresh = (opener(key=meter.key, auth_key=meter.auth_key) for _ in range(2))
    assert seen.open(ciphered).apdu == push
    for bit in (*range(HEADER), *some(range(HEADER, 8 * len(ciphered)), 250)):
        changed = flipped(ciphered, bit)
        for one in (seen, fresh):
            with pytest.raises(DecodeError):  # CipherError, or the tag of an APDU that is not ciphered
                one.open(changed)


@pytest.mark.parametrize("meter", [Meter(control=0x20), Meter(control=0x62, key=LONG_KEY)], ids=["20", "62"])
def test_what_is_not_authenticated_is_never_said_to_be_verified(meter: Meter) -> None:
    one = opener(key=meter.key, auth_key=meter.auth_key)
    ciphered = meter.cipher(SHORT, 77)
    for bit in range(8 * len(ciphered)):
        try:
            opened = one.open(flipped(ciphered, bit))
        except DecodeError:
            continue
        assert not opened.security.verified
        assert is_sound(opened.apdu)


def test_a_tag_is_never_passed_over_because_the_content_is_sound() -> None:
    ciphered = Meter().cipher(PUSH)
    for forged in (ciphered[:-12] + bytes(12), ciphered[:-1] + b"\0", ciphered[:-12] + ciphered[-12:][::-1]):
        assert refused(opener(lambda _: True, key=KEY, auth_key=AUTH_KEY), forged).cause == "auth_key"


def test_soundness_is_asked_for_what_no_tag_vouches_for_and_only_then() -> None:
    asked: list[bytes] = []

    def judge(data: bytes) -> bool:
        asked.append(data)
        return True

    verified = opener(judge, key=KEY, auth_key=AUTH_KEY)
    assert verified.open(Meter().cipher(PUSH)).apdu == PUSH
    assert asked == []
    deciphered = opener(judge, key=KEY)
    assert deciphered.open(Meter().cipher(PUSH)).apdu == PUSH
    assert asked == [PUSH]


def test_the_lines_of_a_telegram_are_judged_by_who_reads_telegrams() -> None:
    lines = b"1-0:1.8.0(000731.401*kWh)\r\n"
    one = opener(key=KEY, auth_key=AUTH_KEY, system_title=TITLE)
    sent = Meter(sent_title=b"").cipher(lines)  # in Poland behind a header line in clear, without the tag DB
    assert refused(one, sent).cause == "not a push"
    for _ in range(2):
        assert one.open(sent, lambda data: data == lines).apdu == lines
    alone = opener(key=KEY, system_title=TITLE)
    assert refused(alone, sent).cause == "incomplete"
    assert alone.open(sent, lambda data: data == lines).apdu == lines
    assert refused(alone, sent).cause == "incomplete"


# --- what an error says -----------------------------------------------------------------------------------------------


def cause(options: dict[str, Any], meter: Meter, push: bytes = PUSH) -> str:
    error = refused(opener(**options), meter.cipher(push, 5))
    assert error.invocation_counter == 5
    return error.cause


RIGHT: Final[dict[str, Any]] = {"key": KEY, "auth_key": AUTH_KEY}
SWAPPED: Final[dict[str, Any]] = {"key": AUTH_KEY, "auth_key": KEY}
ONLY: Final[dict[str, Any]] = {"key": KEY}
CAUSES: Final = [
    (SWAPPED, Meter(), PUSH, "swapped"),
    (SWAPPED, Meter(control=0x20), PUSH, "swapped"),
    (SWAPPED, Meter(control=0x10), PUSH, "swapped"),
    (SWAPPED, Meter(tag=0xDD, in_tag=False), PUSH, "swapped"),
    ({"key": OTHER, "auth_key": KEY}, Meter(), PUSH, "key"),
    ({"key": KEY, "auth_key": OTHER}, Meter(control=0x10), PUSH, "tag"),
    ({"key": KEY, "auth_key": KEY}, Meter(), PUSH, "auth_key"),
    ({"key": LONG_KEY}, Meter(), PUSH, "key-length"),
    ({"key": KEY, "auth_key": LONG_KEY}, Meter(), PUSH, "key-length"),
    ({"key": KEY, "auth_key": LONG_KEY}, Meter(control=0x20), PUSH[:-1], "incomplete"),
    (ONLY, Meter(), PUSH[:-3], "incomplete"),
    (ONLY, Meter(), TELEGRAM, "incomplete"),
    (ONLY, Meter(control=0x10), PUSH[:-3], "incomplete"),
    ({}, Meter(control=0x10), PUSH[:-3], "incomplete"),
    (ONLY, Meter(), Meter().cipher(PUSH), "nested"),
    (ONLY, Meter(), b"\xdb\x08 by chance", "key"),
    (RIGHT, Meter(), b"", "not a push"),
    (RIGHT, Meter(), b"\xc4\1\0", "not a push"),
    (RIGHT, Meter(), b"\xff", "not a push"),
    (ONLY | {"system_title": b"another!"}, Meter(sent_title=b""), PUSH, "key"),
    (ONLY, Meter(sent_title=b""), PUSH, "system title"),
    (ONLY, Meter(tag=0xCA), PUSH, "service"),
    ({}, Meter(tag=0xCA), PUSH, "service"),
    ({"system_title": TITLE}, Meter(tag=0xCA), PUSH, "no key"),
    ({}, Meter(control=0x20), PUSH, "no key"),
]


@pytest.mark.parametrize(("options", "meter", "push", "expected"), CAUSES)
def test_the_cause_is_the_first_that_a_person_can_do_something_about(
    options: dict[str, Any], meter: Meter, push: bytes, expected: str
) -> None:
    assert cause(options, meter, push) == expected


def test_a_push_that_no_key_was_given_for_says_which_keys_it_takes_and_whose() -> None:
    error = refused(opener(), Meter().cipher(PUSH, 69488))
    assert error.system_title == TITLE
    assert error.invocation_counter == 69488
    for words in ("general-glo-ciphering", "security control 30", "KAM4500000017", "69488", "key= and auth_key="):
        assert words in str(error)
    assert "auth_key" not in str(refused(opener(), Meter(control=0x20).cipher(PUSH)))


def test_keys_that_are_the_same_are_called_that_when_they_open_nothing() -> None:
    assert "key and auth_key are the same" in str(refused(opener(key=OTHER, auth_key=OTHER), Meter().cipher(PUSH)))


def test_once_a_push_was_verified_a_tag_that_does_not_fit_is_damage_and_not_a_wrong_key() -> None:
    one = both()
    one.open(Meter().cipher(PUSH, 1))
    forged = Meter().cipher(PUSH, 2)[:-1] + b"\0"
    assert refused(both(), forged).cause == "auth_key"
    assert refused(one, forged).cause == "tag"
    assert "fitted earlier pushes" in str(refused(one, forged))


def test_once_a_push_was_opened_content_that_is_not_sound_is_damage_and_not_a_wrong_key() -> None:
    one = opener(key=KEY)
    damaged = Meter(control=0x20).cipher(b"\xff" + PUSH[1:], 2)
    assert refused(one, damaged).cause == "key"
    one.open(Meter(control=0x20).cipher(PUSH, 1))
    assert refused(one, damaged).cause == "incomplete"
    assert refused(one, Meter(title=b"another!", control=0x20).cipher(b"\xff" + PUSH[1:], 2)).cause == "key"


def test_an_opener_remembers_a_bounded_number_of_meters() -> None:
    one = both()
    for number in range(1000):
        one.open(Meter(title=number.to_bytes(8, "big")).cipher(SHORT))
    assert max(len(value) for value in vars(one).values() if isinstance(value, dict)) <= 64


def test_the_place_of_an_error_is_a_byte_of_the_apdu() -> None:
    ciphered = Meter().cipher(PUSH)
    assert refused(both(), ciphered[:-1]).offset == ciphered.index(b"\x30\0\0\0\1")
    assert refused(both(), ciphered[:-1] + b"\0").offset == len(ciphered) - 12
    assert both().open(ciphered).offset == len(ciphered) - 12 - len(PUSH)


@pytest.mark.parametrize("apdu", [b"", PUSH, b"\xe0\x80", b"\x7e\xa0"])
def test_what_is_not_ciphered_is_named(apdu: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        both().open(apdu)
    assert type(caught.value) is DecodeError


def test_every_cause_is_on_the_page_about_ciphered_meters_with_what_to_do() -> None:
    _, _, section = (ROOT / "docs" / "ciphered.md").read_text("utf-8").partition("## Errors when deciphering")
    listed = re.findall(r"^\| `([a-z_ -]+)` \| .+ \| .+ \|$", section, re.MULTILINE)
    assert sorted(listed) == sorted(["cause", *get_args(CipherCause)])


# --- the bounds -------------------------------------------------------------------------------------------------------


def test_the_time_is_linear_in_the_length() -> None:
    one, took = both(), []
    for size in (2**16, 2**20):
        forged = Meter(key=OTHER).cipher(bytes(size))
        starts = []
        for _ in range(3):
            start = perf_counter()
            with pytest.raises(CipherError):
                one.open(forged)
            starts.append(perf_counter() - start)
        took.append(min(starts))
    assert took[1] < 16 * 8 * took[0] + 0.1


def test_a_few_hundred_mutated_apdus_break_no_promise() -> None:
    assert fuzz_security.run_cases(400, 0)[0] >= 0


WITHOUT = """
import sys
sys.path.insert(0, "tests")
apdus = [bytes.fromhex(each) for each in sys.argv[1:]]
sys.modules["cryptography"] = None
from hanparse.errors import CipherError
from hanparse.security.header import read_header
from hanparse.security.keys import KeyOption, Keys
from hanparse.security.opener import Opener
assert read_header(apdus[0]).invocation_counter == 69488
assert Opener(Keys(), lambda data: True).open(apdus[1]).security.verified is False
for keys in (Keys(), Keys(key=bytes(16))):
    try:
        Opener(keys, lambda data: True).open(apdus[0])
    except CipherError as error:
        print(error.cause, "hanparse[crypto]" in str(error))
"""


def test_without_cryptography_the_header_is_read_and_the_error_names_the_extra() -> None:
    sent = [Meter().cipher(PUSH, 69488).hex(), Meter(control=0x10).cipher(PUSH).hex()]
    result = subprocess.run([sys.executable, "-c", WITHOUT, *sent], capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("no key False\nno cryptography True\n", "")


def test_cryptography_is_imported_for_keys_alone() -> None:
    program = """
import sys
from hanparse.security.keys import KeyOption, Keys
from hanparse.security.opener import Opener
Opener(Keys(), bool)
print("cryptography" in sys.modules)
Opener(Keys(key=bytes(16)), bool)
print("cryptography" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\nTrue\n"


def test_an_opened_apdu_is_shown_without_its_content() -> None:
    opened = both().open(Meter().cipher(PUSH))
    assert isinstance(opened, Opened)
    assert repr(opened) == f"Opened(security={opened.security!r}, offset={opened.offset})"
    assert issubclass(CipherError, HanParseError)


def test_one_key_given_for_both_is_named_in_the_error() -> None:
    error = refused(opener(key=KEY, auth_key=KEY), Meter().cipher(PUSH))
    assert error.cause == "auth_key"
    assert "key and auth_key are the same" in str(error)
