"""Keys are read in the shapes that people have them in; a wrong one says what is wrong; nothing shows a key."""

from __future__ import annotations

import copy
import pickle
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from ciphering import AUTH_KEY, KEY, LONG_KEY, TITLE, Meter, is_sound
from framefiles import named, sealed
from hypothesis import given
from hypothesis import strategies as st
from wire import LLC

from hanparse import Decoder, decode
from hanparse.errors import CipherError, HanParseError
from hanparse.security.keys import Keys, hide_keys, parse_key
from hanparse.security.opener import Opener
from hanparse.security.title import parse_title, title_text

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGITS: Final = "000102030405060708090A0B0C0D0E0F"
PAIRS: Final = [DIGITS[at : at + 2] for at in range(0, len(DIGITS), 2)]
PUSH: Final = named("kamstrup/push-dk-3phase").apdu

SHAPES: Final = {
    "upper case": DIGITS,
    "lower case": DIGITS.lower(),
    "pairs with blanks": " ".join(PAIRS),
    "pairs with colons": ":".join(PAIRS),
    "words with dashes": "-".join(DIGITS[at : at + 8] for at in range(0, 32, 8)),
    "typographic dashes": "\u2013".join(PAIRS),
    "0x in front": "0x" + DIGITS,
    "0X in front": "0X" + DIGITS.lower(),
    "quotation marks": f'"{DIGITS}"',
    "typographic quotation marks": f"\u201e{DIGITS}\u201c",
    "soft hyphens of a PDF": "\u00ad".join(PAIRS),
    "no-break blanks": "\u00a0".join(PAIRS),
    "a line end and blanks around": f"  {DIGITS}\r\n",
    "two lines": DIGITS[:16] + "\n" + DIGITS[16:],
    "a C array": "{" + ", ".join("0x" + pair for pair in PAIRS) + "};",
    "a Python list": "[" + ",".join("0x" + pair.lower() for pair in PAIRS) + "]",
    "a repr of bytes": "b'" + "".join(f"\\x{pair}" for pair in PAIRS) + "'",
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_key_is_read_in_the_shapes_that_people_have(text: str) -> None:
    assert parse_key(text) == KEY


def test_bytes_are_the_key_itself() -> None:
    assert [parse_key(each) for each in (KEY, bytearray(KEY), memoryview(KEY), LONG_KEY)] == [KEY, KEY, KEY, LONG_KEY]
    assert parse_key(LONG_KEY.hex()) == LONG_KEY
    assert parse_key(b"sixteen letters.") == b"sixteen letters."


DAMAGED: Final = [DIGITS[:-3], DIGITS.replace("0A", "OA"), f"x{DIGITS}y", LONG_KEY.hex()]


@pytest.mark.parametrize("text", [*SHAPES.values(), *DAMAGED])
@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("unrecognized arguments: --authkey=", ""), ("invalid choice: ", " (choose from add)")],
)
def test_a_message_shows_no_three_bytes_of_a_key_in_any_shape(text: str, before: str, after: str) -> None:
    for shown in (text, repr(text)):
        hidden = hide_keys(before + shown + after)
        assert hidden.startswith(before)
        assert hidden.endswith(after)
        left = hidden.removeprefix(before).removesuffix(after)
        assert "<hidden>" in left
        assert sum(char.isdigit() for char in left) < 6


@pytest.mark.parametrize(
    "text",
    [
        "expected a --count from 0 to 9223372036854775807, found -5",
        "the system title 4B464D10 20304050 of a meter",
        "2024-01-31T12:00:00+01:00",
        "1" + 1000 * r"\x" + "g",
        "1" + 1000 * "\\" + 1000 * " " + "g",
    ],
    ids=range(5),
)
def test_a_message_without_a_key_is_not_changed(text: str) -> None:
    assert hide_keys(text) == text


WRONG: Final = [
    ("", "found 0"),
    (" \n", "found 0"),
    (DIGITS[:-1], "expected a key of 32 hex digits (64 for security suite 2), found 31 digits"),
    (DIGITS + "1", "found 33"),
    (DIGITS.replace("0A", "OA"), "character 21 of the key is the letter O, not the digit 0"),
    (" ".join(PAIRS).replace("0B", "oB"), "character 34 of the key is the letter o, not the digit 0"),
    ("0x" + DIGITS.replace("01", "0l"), "character 6 of the key is the letter l, not the digit 1"),
    (DIGITS.replace("01", "0I"), "character 4 of the key is the letter I, not the digit 1"),
    (DIGITS.replace("0C", "0G"), "character 26 of the key is 'G', which is not a hex digit"),
    ("x" * 33, "character 1 of the key is 'x', which is not a hex digit"),
    (f"GPK60: {DIGITS}", "character 1 of the key is 'G', which is not a hex digit; give only the digits"),
    ("sixteen letters!", "found 16 characters that are not hex; if each character is one byte"),
    (DIGITS.encode().hex(), "expected 32 hex digits, found 64 digits that encode a text of 32 hex digits"),
    (DIGITS.encode().hex(" "), "expected 32 hex digits, found 64 digits that encode a text of 32 hex digits"),
    (DIGITS.encode(), "expected a key of 16 bytes, found its 32 hex digits as bytes"),
    (KEY[:-1], "expected a key of 16 bytes (32 for security suite 2), found 15 bytes"),
    (b"", "found 0"),
]


@pytest.mark.parametrize(("value", "words"), WRONG)
def test_a_wrong_key_says_what_is_wrong_and_which_option_it_is(value: str | bytes, words: str) -> None:
    with pytest.raises(ValueError, match=r"expected|character|these") as caught:
        parse_key(value)
    assert words in str(caught.value)
    wrong: list[dict[str, Any]] = [{"key": value}, {"key": KEY, "auth_key": value}, {"key": {TITLE: value}}]
    for options in wrong:
        with pytest.raises(ValueError, match=r"^(auth_)?key( of KAM4500000017)?: ") as caught:
            Keys(**options)
        assert words in str(caught.value)


@given(st.text(max_size=80) | st.binary(max_size=40) | st.text("0123456789abcdefOx: ", max_size=70))
def test_any_text_is_a_key_or_a_value_error_that_does_not_show_it(value: str | bytes) -> None:
    try:
        assert len(parse_key(value)) in (16, 32)
    except ValueError as error:
        assert error.__context__ is None
        assert len(value) < 8 or str(value) not in str(error)


@pytest.mark.parametrize("value", [5, 1.5, [0] * 16, object()])
def test_another_type_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match="expected a key as str of hex digits or as bytes, found"):
        parse_key(value)
    with pytest.raises(TypeError):
        Keys(key=value)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Keys(system_title=value)  # type: ignore[arg-type]


def test_an_authentication_key_alone_is_refused_because_it_deciphers_nothing() -> None:
    with pytest.raises(ValueError, match=r"found auth_key= without key=: .*; also give key="):
        Keys(auth_key=AUTH_KEY)


# --- system titles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [TITLE, bytearray(TITLE), "4B414D4500000017", "4b 41 4d 45 00 00 00 17", "0x4B414D4500000017",
     " 0x4B414D4500000017", "KAM4500000017", "KAM-45000000-17", "4B:41:4D:45:00:00:00:17"],
)  # fmt: skip
def test_a_system_title_is_read_as_bytes_as_hex_and_as_errors_show_it(value: str | bytes) -> None:
    assert parse_title(value) == TITLE


@given(st.binary(min_size=8, max_size=8))
def test_a_title_that_is_shown_can_be_given(title: bytes) -> None:
    assert parse_title(title_text(title)) == title


@pytest.mark.parametrize(
    "value", ["", "KAM", "KAM450000001", "4B414D450000001", "KAM45000000171", b"KAM", b"", "Ä" * 8]
)
def test_what_is_no_system_title_is_a_value_error(value: str | bytes) -> None:
    with pytest.raises(ValueError, match="expected a system title"):
        parse_title(value)


def test_a_mapping_names_each_meter_once() -> None:
    twice: dict[str | bytes, bytes] = {TITLE: KEY, "KAM4500000017": KEY}
    both: dict[str | bytes, bytes] = {TITLE: KEY, "LGZ0000000018": LONG_KEY}
    with pytest.raises(ValueError, match="two keys are given for KAM4500000017"):
        Keys(key=twice)
    with pytest.raises(ValueError, match="expected at least one key in the mapping"):
        Keys(key={})
    with pytest.raises(ValueError, match="expected a system title"):
        Keys(key={"kitchen": KEY})
    many = Keys(key=both, auth_key={TITLE: AUTH_KEY})
    assert many.meters == 2
    assert many.of(TITLE) == (KEY, AUTH_KEY)
    assert many.of(b"LGZ\0\0\0\0\x18") == (LONG_KEY, b"")
    assert many.of(b"unknown!") == (b"", b"")
    assert Keys(key=KEY).of(b"unknown!") == (KEY, b"")


def test_a_mapping_that_is_changed_later_changes_no_keys() -> None:
    given_keys: dict[str | bytes, str | bytes | bytearray | memoryview] = {TITLE: bytearray(KEY)}
    keys = Keys(key=given_keys)
    given_keys[TITLE] = LONG_KEY
    assert keys.of(TITLE) == (KEY, b"")


# --- nothing shows a key or what it opened ----------------------------------------------------------------------------


def secrets(push: bytes = PUSH) -> Iterator[str]:
    """Parts of both keys and of the content, as anything might show them."""
    for secret in (KEY, AUTH_KEY, *(push[at : at + 12] for at in range(0, len(push) - 12, 12))):
        for part in (secret[:8], secret[-8:]):
            yield from (part.hex(), part.hex().upper(), part.hex(" "), part.hex(" ").upper(), repr(part)[2:-1])
            yield str(list(part))[1:-1]
    yield "Kamstrup_V0001"


def shows_none(text: str) -> None:
    assert [secret for secret in secrets() if secret in text] == []


def everything_about(error: BaseException) -> str:
    """All that a program may log: the error, what it holds, and the variables of the functions that raised it."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in told.stack if "hanparse" in Path(frame.filename).parts]
    assert frames
    variables = [f"{name}={value}" for frame in frames for name, value in (frame.locals or {}).items()]
    chained = [repr(each) for each in (error.__cause__, error.__context__, *getattr(error, "__notes__", ()))]
    return "\n".join([str(error), repr(error), repr(error.args), repr(vars(error)), *chained, *variables])


BOTH: Final[dict[str, Any]] = {"key": KEY, "auth_key": AUTH_KEY}
MANY: Final = {TITLE: KEY, b"LGZ\0\0\0\0\x18": LONG_KEY}


@pytest.mark.parametrize("keys", [Keys(KEY, AUTH_KEY), Keys(MANY, {TITLE: AUTH_KEY}), Keys(KEY, system_title=TITLE)])
def test_keys_and_openers_are_shown_without_their_keys(keys: Keys) -> None:
    opener = Opener(keys, is_sound)
    for shown in (repr(keys), str(keys), f"{keys}", repr(opener), repr(opener.open(Meter().cipher(PUSH)))):
        shows_none(shown)
    assert repr(Keys()) == "Keys()"
    assert repr(Keys(KEY, AUTH_KEY, TITLE)) == "Keys(key=<hidden>, auth_key=<hidden>, system_title=KAM4500000017)"
    assert repr(Keys(MANY)) == "Keys(key=<of 2 meters>)"


FAILING: Final[dict[str, tuple[dict[str, Any], Meter, bytes]]] = {
    "auth_key": ({"key": KEY, "auth_key": LONG_KEY[16:]}, Meter(), PUSH),
    "key": ({"key": LONG_KEY[16:], "auth_key": AUTH_KEY}, Meter(), PUSH),
    "swapped": ({"key": AUTH_KEY, "auth_key": KEY}, Meter(), PUSH),
    "tag": ({"key": KEY, "auth_key": AUTH_KEY}, Meter(auth_key=KEY), PUSH[:-1]),
    "incomplete": ({"key": KEY}, Meter(control=0x20), PUSH[:-1]),
    "key-length": ({"key": KEY, "auth_key": AUTH_KEY}, Meter(control=0x32), PUSH),
    "not a push": ({"key": KEY, "auth_key": AUTH_KEY}, Meter(), b"\xc4" + PUSH),
    "nested": ({"key": KEY, "auth_key": AUTH_KEY}, Meter(), b"\xdb" + PUSH),
    "system title": ({"key": KEY, "auth_key": AUTH_KEY}, Meter(sent_title=b""), PUSH),
    "no key": ({"key": {b"LGZ\0\0\0\0\x18": KEY}}, Meter(), PUSH),
    "length": ({"key": KEY, "auth_key": AUTH_KEY}, Meter(sent_title=b"nineteen bytes long"), PUSH),
}


@pytest.mark.parametrize("cause", FAILING)
def test_no_error_holds_a_key_or_the_content_not_even_in_the_variables_of_its_traceback(cause: str) -> None:
    options, meter, push = FAILING[cause]
    opener, apdu = Opener(Keys(**options), is_sound), meter.cipher(push)
    apdu = apdu[:-1] if cause == "length" else apdu
    with pytest.raises(CipherError) as caught:
        opener.open(apdu)
    assert caught.value.cause == cause
    shows_none(everything_about(caught.value))
    assert caught.value.__cause__ is caught.value.__context__ is None


DECODED: Final[dict[str, tuple[dict[str, Any], bytes]]] = {
    "a list that no profile reads": (BOTH, bytes.fromhex("0F 00 00 00 01 00 02 02 12 00 01 0A 0E") + b"Kamstrup_V0001"),
    "a telegram with a wrong CRC": (BOTH, b"/KAM5\r\n\r\n1-0:0.0.0(Kamstrup_V0001)\r\n!AB12\r\n"),
    "a telegram without a line that is read": (BOTH, b"/KAM5\r\n\r\n0-0:96.99.9(Kamstrup_V0001)\r\n!\r\n"),
    "an incomplete list": (BOTH, PUSH[:-3]),
    "a wrong key": ({"key": LONG_KEY[16:]}, PUSH),
    "a wrong authentication key": ({"key": KEY, "auth_key": LONG_KEY[16:]}, PUSH),
}


@pytest.mark.parametrize("case", DECODED)
@pytest.mark.parametrize("is_framed", [True, False])
def test_no_error_of_decode_or_of_a_decoder_shows_a_key_or_the_content(case: str, is_framed: bool) -> None:
    options, push = DECODED[case]
    apdu = Meter().cipher(push)
    data = sealed(LLC + apdu, bytes.fromhex("410313")) if is_framed else apdu
    with pytest.raises(HanParseError) as caught:
        decode(data, **options)
    shows_none(everything_about(caught.value))
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    assert not decoder.feed(data) + decoder.flush()
    for error in errors:
        shows_none("".join([str(error), repr(error), repr(vars(error)), repr(error.__context__)]))
    shows_none(repr(decoder) + repr(decoder.last_error) + repr(decoder.diagnosis()) + repr(decoder.stats))
    with pytest.raises(TypeError, match="keys are not pickled"):
        pickle.dumps(decoder)


@pytest.mark.parametrize("is_framed", [True, False])
def test_what_on_error_raises_shows_no_key_and_no_content(is_framed: bool) -> None:
    apdu = Meter().cipher(b"/KAM5\r\n\r\n1-0:0.0.0(Kamstrup_V0001)\r\n!AB12\r\n")
    data = sealed(LLC + apdu, bytes.fromhex("410313")) if is_framed else apdu

    def stop(_error: HanParseError) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError) as caught:
        Decoder(**BOTH, on_error=stop).feed(data)
    shows_none(everything_about(caught.value))


def test_keys_are_never_pickled_and_a_copy_has_them() -> None:
    keys = Keys(KEY, AUTH_KEY)
    with pytest.raises(TypeError, match="keys are not pickled"):
        pickle.dumps(keys)
    with pytest.raises(TypeError, match="keys are not pickled"):
        pickle.dumps(Opener(keys, is_sound))
    assert copy.copy(keys) is copy.deepcopy(keys) is keys
    opener = Opener(keys, is_sound)
    for _ in range(2):
        assert copy.deepcopy(opener).open(Meter().cipher(PUSH)) == opener.open(Meter().cipher(PUSH))


def test_an_opener_without_keys_is_pickled_like_any_other_part_of_a_decoder() -> None:
    assert isinstance(pickle.loads(pickle.dumps(Opener(Keys(), is_sound))), Opener)
