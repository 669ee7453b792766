"""No id of a meter survives, and everything else does: what is sound, and what is damaged."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from framefiles import ALL, SOUND, FrameFile, check_sequence, named, sealed
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sweeps import cases, some

from hanparse import Decoder, decode
from hanparse.support.anonymise import anonymise
from hanparse.support.report import attachment

TEXT_WITH_AN_ID = re.compile(rb"[0-9A-Z]*\d{6,}")
DOCUMENTED = (b"16820005", b"16820006")  # these say which list it is


def digits(size: int) -> st.SearchStrategy[str]:
    """Numbers that no replacement and no value looks like."""
    return st.text("0123456789", min_size=size, max_size=size).filter(is_identifying)


def is_identifying(text: str) -> bool:
    binary = bytes.fromhex(text.zfill(len(text) + len(text) % 2)), int(text).to_bytes(8, "big")
    return len(set(text.lstrip("0"))) >= 5 and all(len(sent) - sent.count(0) >= 3 for sent in binary)


IDS = st.integers(8, 18).flatmap(digits)


def refitted(frame: bytes) -> bytes:
    return frame[:-3] + check_sequence(frame[1:-3]) + frame[-1:]


def with_other_ids(file: FrameFile, random: st.DataObject) -> tuple[bytes, list[bytes]]:
    """The frame of the file with ids drawn for it, and they."""
    keep = (*DOCUMENTED, *(str(file.expect.get(name)).encode() for name in ("model", "list_id") if file.expect))
    drawn: list[bytes] = []

    def other(match: re.Match[bytes]) -> bytes:
        if any(match[0] in text for text in keep):
            return match[0]
        size = len(re.findall(rb"\d", match[0]))
        fresh = iter(random.draw(digits(size)))
        drawn.append(re.sub(rb"\d", lambda _digit: next(fresh).encode(), match[0]))
        return drawn[-1]

    changed = TEXT_WITH_AN_ID.sub(other, file.data)
    sound = check_sequence(file.data[1:-3]) == file.data[-3:-1]
    return refitted(changed) if sound else changed, drawn


def everywhere(meter_id: bytes) -> list[bytes]:
    """Frames and noise that hold the number in every way that is known."""
    number = int(meter_id)
    bcd = bytes.fromhex(meter_id.decode().zfill(len(meter_id) + len(meter_id) % 2))
    whole = number.to_bytes(8, "big")
    text = bytes([0x0A, len(meter_id)]) + meter_id
    head = bytes.fromhex("E6E7000F4000000000")
    register = bytes.fromhex("020309060100010700FF060000011802020F00161B")
    return [
        sealed(bytes.fromhex("E6E700C20000030100") + text),  # an event-notification, which is not read
        sealed(bytes.fromhex("E6E700FE") + bcd + b"\0" + whole + bcd[::-1] + number.to_bytes(8, "little")),
        sealed(head + bytes.fromhex("010302020906000060010AFF") + text + register
               + bytes.fromhex("020209060000600107FF") + bytes([0x0A, 4 + len(meter_id)]) + b"6525" + meter_id),
        sealed(head + b"\x01\x02\x02\x02\x09\x06\x00\x00\x60\x01\x02\xff\x15" + whole + register),
        sealed(head + b"\x02\x03" + text + b"\x09" + bytes([len(bcd)]) + bcd + b"\x15" + whole),  # of nobody
        b"meter " + meter_id + b" says hello\r\n",
        sealed(bytes.fromhex("E6E700DB084B414D") + bcd[-5:].rjust(5, b"\0") + b"\x11\x30" + bytes(16)),
    ]  # fmt: skip


def survivors(meter_id: bytes, report: str) -> list[str]:
    """The notations of an id that are in a report: as text, blanks or not, in upper or lower case, and as octets."""
    run = max(re.findall(rb"\d+", meter_id), key=len)
    octets = [meter_id, run, run[::-1]]
    if len(run) % 2 == 0:
        octets.append(bytes.fromhex(run.decode())[::-1])
    size = (int(run).bit_length() + 7) // 8
    octets += [int(run).to_bytes(size, order) for order in ("big", "little")] if size > 3 else []
    return found_in(report, [meter_id.decode(), run.decode()], octets)


def found_in(report: str, texts: list[str], octets: list[bytes]) -> list[str]:
    """Which of the texts are in a report, and which of the octets are in its dumps, from the first digit of a byte."""
    squeezed = re.sub(r"\s", "", report).casefold()
    spaced = re.sub(r"\s+", " ", report).casefold()
    shown = [text for text in texts if text.casefold() in squeezed]
    dumped = [sent.hex(" ") for sent in octets if re.search(rf"(?<![0-9a-f]){sent.hex(' ')}(?![0-9a-f])", spaced)]
    return shown + dumped


@pytest.mark.parametrize("file", some(ALL), ids=lambda file: file.name)
@settings(max_examples=cases(2))
@given(random=st.data())
def test_no_id_survives_in_any_notation(file: FrameFile, random: st.DataObject) -> None:
    frame, drawn = with_other_ids(file, random)
    drawn.append(random.draw(IDS).encode())
    pieces = [frame, *(piece for meter_id in drawn[-2:] for piece in everywhere(re.sub(rb"\D", b"", meter_id)))]
    data = b"".join(random.draw(st.permutations(pieces)))
    report = attachment([data[:3000]])
    assert [survivors(meter_id, report) for meter_id in drawn] == [[]] * len(drawn)


def octet_string(octets: bytes) -> bytes:
    return bytes([0x09, len(octets)]) + octets


def visible(text: bytes) -> bytes:
    return bytes([0x0A, len(text)]) + text


HEAD = bytes.fromhex("E6E7000F4000000000")
POWER = bytes.fromhex("020309060100010700FF060000011802020F00161B")
AIDON = bytes.fromhex("020209060101000281FF") + visible(b"AIDON_V0001")


def register(code: str, value: bytes) -> bytes:
    return b"\x02\x02" + octet_string(bytes.fromhex(code)) + value


def pushed(*elements: bytes, tag: int = 1) -> bytes:
    return sealed(HEAD + bytes([tag, len(elements)]) + b"".join(elements))


def with_id(text: bytes) -> bytes:
    return pushed(register("0000600100FF", visible(text)))


def damaged(frame: bytes) -> bytes:
    return frame[:-3] + bytes([frame[-3] ^ 0x55]) + frame[-2:]


def ciphered(title: bytes, length: bytes = b"\x08") -> bytes:
    return sealed(b"\xe6\xe7\x00\xdb" + length + title + b"\x11\x30" + bytes(4) + b"\x5a" * 12)


# Where the number of a meter is, by the octets of a value; `{}` is a text or octets in a string.
Place = Callable[[bytes], bytes]


def joined(build: Place, form: Place) -> Place:
    return lambda value: build(form(value))


def under(code: str, *first: bytes) -> Place:
    return lambda value: pushed(*first, register(code, value), POWER)


NAMED = {  # places that say that it is one: a code, and a list of a known maker or of nobody
    f"{name} of {maker}": under(code, *first)
    for maker, first in (("Aidon", [AIDON]), ("nobody", []))
    for name, code in {
        "meter number": "0000600100FF",
        "device number 2": "0000600101FF",
        "device name": "00002A0000FF",
        "utility number": "0101000001FF",
        "other meter": "0001600100FF",
        "SAP assignment": "0000290000FF",
        "system title": "00002B0000FF",
    }.items()
}
ALONE: dict[str, Place] = {  # places that do not
    "model of Aidon": lambda value: pushed(AIDON, register("0000600107FF", value), POWER),
    "model of nobody": lambda value: pushed(register("0000600107FF", value), POWER),
    "message": lambda value: pushed(AIDON, register("0000600D00FF", value), POWER),
    "element without a code": lambda value: pushed(visible(b"FOO_V1"), value, b"\x06\0\0\1\2", tag=2),
    "list of a list": lambda value: pushed(visible(b"FOO_V1"), b"\x02\x01" + value, tag=2),
    "unknown list": lambda value: pushed(b"\x02\x02\x11\x01" + value, b"\x12\x00\x01"),
    "list without a frame": lambda value: HEAD + b"\x02\x02" + value + b"\x12\x00\x01",
    "damaged frame": lambda value: damaged(pushed(AIDON, register("0000600100FF", value), POWER)),
    "cut frame": lambda value: pushed(AIDON, register("0000600100FF", value), POWER)[:-20],
    "event": lambda value: sealed(bytes.fromhex("E6E700C20000030100") + value),
}
ALL_PLACES = NAMED | ALONE
FORMS: dict[str, Place] = {
    "visible-string": visible,
    "octet-string": octet_string,
    "padded": lambda text: octet_string(text + b"\0 "),
    "small letters": lambda text: visible(text.lower()),
    "with its maker": lambda text: visible(b"KFM" + text),
}
TEXTS: dict[str, Place] = {  # of a number as text
    **{f"{kind} {name}": joined(ALL_PLACES[name], form) for kind, form in FORMS.items() for name in ALL_PLACES},
    "list identifier of Aidon": lambda text: pushed(register("0101000281FF", visible(b"AIDON_V0001" + text)), POWER),
    "list identifier of nobody": lambda text: pushed(register("0101000281FF", visible(text)), POWER),
    "list identifier in front": lambda text: pushed(visible(text), b"\x06\0\0\1\2", tag=2),
    "word": lambda text: b"meter " + text + b" says hello\r\n" + pushed(POWER),
    "base64": lambda text: b'"' + b64encode(b"the meter " + text) + b'"\r\n' + with_id(text),
    "base64 among letters": lambda text: b"x" + b64encode(text) + b" " + with_id(text),
    "url-safe base64": lambda text: urlsafe_b64encode(b"\xff\xff\xff" + text) + b" " + pushed(POWER),
}  # fmt: skip
OCTETS: dict[str, Place] = {  # of a number as octets
    **{f"octet-string {name}": joined(build, octet_string) for name, build in ALL_PLACES.items()},
    "title": lambda sent: ciphered(b"KFM" + sent[-5:].rjust(5, b"\0")),
    "title in small letters": lambda sent: ciphered(b"kfm" + sent[-5:].rjust(5, b"\0")),
    "title with a damaged length": lambda sent: ciphered(b"KFM" + sent[-5:].rjust(5, b"\0"), b"\x28"),
    "title with a length that is a letter": lambda sent: ciphered(b"kam" + sent[-5:].rjust(5, b"\0"), b"H"),
    "title without its length": lambda sent: ciphered(b"LGZ\0" + sent[-4:].rjust(4, b"\0"), b""),
    "title in a list": lambda sent: pushed(visible(b"FOO_V1"), octet_string(b"kfm" + sent[-5:].rjust(5, b"\0")), tag=2),
}  # fmt: skip
HEX_NUMBERS = st.text("0123456789ABCDEF", min_size=8, max_size=16).filter(
    lambda text: len(set(text)) > 4 and any(c.isalpha() for c in text) and text.strip("0") == text
)
NUMBERS = st.one_of(IDS.filter(lambda text: text[0] != "0"), HEX_NUMBERS)


@pytest.mark.parametrize("place", TEXTS)
@settings(max_examples=cases(1))
@given(number=NUMBERS)
def test_no_number_survives_as_text_wherever_it_is(place: str, number: str) -> None:
    text = number.encode()
    hexadecimal = [bytes.fromhex(number)] if len(number) % 2 == 0 else []
    report = attachment([TEXTS[place](text)])
    encoded = [b64encode(text).decode().rstrip("=")[:-1]]
    assert found_in(report, [number, *encoded], [text, text.lower(), *hexadecimal]) == []


@pytest.mark.parametrize("place", OCTETS)
@settings(max_examples=cases(4))
@given(
    number=IDS.filter(lambda text: text[0] != "0"), form=st.sampled_from(["BCD", "filled BCD", "binary", "reversed"])
)
def test_no_number_survives_as_octets_wherever_it_is(place: str, number: str, form: str) -> None:
    filled = number + "F" * (len(number) % 2)
    binary = int(number).to_bytes((int(number).bit_length() + 7) // 8)
    sent = {
        "BCD": bytes.fromhex(number.zfill(len(filled))),
        "filled BCD": bytes.fromhex(filled),
        "binary": binary,
        "reversed": binary[::-1],
    }[form]
    is_text = form in ("binary", "reversed", "filled BCD") and sent.strip(b"\0 ").isascii()
    assume(not is_text and not (place == "title in a list" and sent[-5:].isalnum()))  # such octets are a text
    report = attachment([OCTETS[place](sent)])
    assert found_in(report, [], [sent, sent[-5:]]) == []


@pytest.mark.parametrize("tag", [b"\x06", b"\x15", b"\x14", b"\x18"])
@pytest.mark.parametrize("place", NAMED)
def test_no_number_survives_as_a_number_where_its_code_says_so(place: str, tag: bytes) -> None:
    sent = bytes.fromhex("0463B4F9" if tag == b"\x06" else "41D4314F9A7B3C2D")
    assert found_in(attachment([NAMED[place](tag + sent)]), [str(int.from_bytes(sent))], [sent]) == []


@pytest.mark.parametrize("place", NAMED)
def test_no_number_survives_digit_by_digit_in_bcd(place: str) -> None:
    value = b"\x01\x08" + b"".join(b"\x0d" + bytes([digit]) for digit in bytes.fromhex("1234567812345678"))
    assert found_in(attachment([NAMED[place](value)]), [], [value, value[2:10]]) == []


def test_octets_that_are_no_number_stay() -> None:
    clock = octet_string(bytes.fromhex("07E8010F0112000000FFC400"))
    time, date = octet_string(bytes.fromhex("12000000")), octet_string(bytes.fromhex("07E8010F01"))
    setup = octet_string(bytes.fromhex("0008190900FF"))
    for frame in (
        pushed(visible(b"FOO_V1"), clock, setup, time, date, octet_string(b"HT"), octet_string(b"\x01\x02"), tag=2),
        pushed(AIDON, register("0000010000FF", clock), register("0100630A00FF", octet_string(b"TEMPLE")), POWER),
    ):
        assert anonymise(frame) == frame


def seen(data: bytes) -> tuple[Any, list[dict[str, Any]]]:
    decoder = Decoder()
    found = decoder.feed(data) + decoder.flush()
    ids = ("meter_id", "model")  # a type may hold the number, too
    fields = [{name: value for name, value in one.to_dict().items() if name not in ids} for one in found]
    return decoder.stats, fields


@pytest.mark.parametrize("file", some(SOUND), ids=lambda file: file.name)
@settings(max_examples=cases(3))
@given(random=st.data())
def test_everything_but_the_id_is_decoded_as_before(file: FrameFile, random: st.DataObject) -> None:
    frame, drawn = with_other_ids(file, random)
    changed = anonymise(frame)
    assert seen(changed) == seen(frame)
    assert decode(frame).model == decode(changed).model or not decode(frame).manufacturer
    assert not any(meter_id in changed for meter_id in drawn)
    stream = frame + b"".join(everywhere(random.draw(IDS).encode()))
    assert seen(anonymise(stream)) == seen(stream)


DAMAGES: list[Callable[[bytes, int, int], bytes]] = [
    lambda data, at, byte: data[:at] + bytes([byte]) + data[at + 1 :],
    lambda data, at, byte: data[:at] + bytes([byte]) + data[at:],
    lambda data, at, _byte: data[:at] + data[at + 1 :],
    lambda data, at, byte: data[:at] + data[at + byte % 16 :],
]


@pytest.mark.parametrize("file", some(SOUND), ids=lambda file: file.name)
@settings(max_examples=5)
@given(random=st.data())
def test_damage_stays_what_it_is_and_tells_nothing(file: FrameFile, random: st.DataObject) -> None:
    frame, drawn = with_other_ids(file, random)
    data = frame + frame
    for _ in range(random.draw(st.integers(1, 3))):
        damage = random.draw(st.sampled_from(DAMAGES))
        data = damage(data, random.draw(st.integers(0, len(data) - 1)), random.draw(st.integers(0, 255)))
    changed = anonymise(data)
    assert len(changed) == len(data)
    before, after = seen(data), seen(changed)
    unread = {"hcs_failures": 0, "fcs_failures": 0}  # where digits are taken for a header, another error may come first
    assert (before[0]._replace(**unread), before[1]) == (after[0]._replace(**unread), after[1])
    for meter_id in drawn:
        parts = {meter_id[at : at + 5] for at in range(len(meter_id) - 4)}
        parts = {part for part in parts if part not in str(file.expect).encode()}  # a type has such digits, too
        assert not [part for part in parts if part in changed and part.isdigit() and len(set(part)) > 3]


def test_what_looks_like_a_title_by_damage_changes_no_list_that_can_be_read() -> None:
    sound = named("landis_gyr/cy-e450-13").data
    cut = sound.replace(b"\x08RATE2\0\0\0", b"\x08RAT")  # five octets got lost: 06 0000C3C7 follow the letters now
    assert seen(anonymise(cut + sound)) == seen(cut + sound)


def test_a_wrong_check_sequence_is_not_mended() -> None:
    frame = named("refused/wrong-fcs").data.replace(b"6970631400000017", b"6970631412345678")
    changed = anonymise(frame)
    wrong_by = [
        int.from_bytes(check_sequence(data[1:-3]), "little") ^ int.from_bytes(data[-3:-1], "little")
        for data in (frame, changed)
    ]
    assert b"6970631412345678" not in changed
    assert wrong_by[0] == wrong_by[1] != 0


def test_a_number_that_is_cut_by_a_segment_is_found() -> None:
    apdu = bytes.fromhex("E6E7000F4000000000010202020906000060010 0FF0A10".replace(" ", "")) + b"7359992812345678"
    apdu += bytes.fromhex("020309060100010700FF060000011802020F00161B")
    at = apdu.index(b"7359") + 4
    data = sealed(apdu[:at], segmentation=1) + sealed(apdu[at:])
    assert decode(data).meter_id == "7359992812345678"
    changed = anonymise(data)
    assert decode(changed).meter_id == "1000000000000017"
    assert decode(changed).active_power_import == 280
    half = anonymise(sealed(apdu[:at], segmentation=1) + b"\x7e\x01" + sealed(apdu[at:]))
    assert b"992812345678" not in half


def test_a_push_without_a_frame_is_made_anonymous() -> None:
    file = named("kaifa/list2-ma304h4-tn")
    for data in (file.apdu, b"\xe6\xe7\x00" + file.apdu, file.data[1:-1]):
        sent = data.replace(b"6970631400000017", b"6970631412345678")
        if data == file.data[1:-1]:
            sent = sent[:-2] + check_sequence(sent[:-2])
        changed = anonymise(sent)
        assert decode(changed).meter_id == "1000000000000017"
        assert decode(changed).to_dict() | {"meter_id": ""} == decode(sent).to_dict() | {"meter_id": ""}


def test_the_number_in_a_system_title_goes_with_it() -> None:
    frame = sealed(bytes.fromhex("E6E700DB084B464D10A1B2C3D41F30000001") + bytes(20))
    assert bytes.fromhex("084B464D00000000111F30") in anonymise(frame)
    title = sealed(bytes.fromhex("E6E7000F40000000000201") + bytes.fromhex("09084B464D10A1B2C3D4"))
    assert bytes.fromhex("A1B2C3D4") not in anonymise(title + title[:-4])


def test_a_number_that_is_a_number_by_its_code_is_replaced() -> None:
    body = bytes.fromhex("0102020209060101000001FF06046314F9020309060100010700FF060000011802020F00161B")
    frame = sealed(bytes.fromhex("E6E7000F4000000000") + body)  # 1-1:0.0.1, meter number 73602297
    changed = anonymise(frame)
    assert decode(changed).active_power_import == 280
    assert decode(changed).registers[0].value == 10000017


def test_what_is_to_be_kept_is_kept() -> None:
    frame = named("iskraemeco/si-18").data
    assert b"16820005" not in anonymise(frame)
    assert b"16820005" in anonymise(frame, keep=["16820005"])
    assert all(text in anonymise(named(name).data) for name, text in [
        ("kamstrup/list1-685-it-ct", b"6851121BN243101040"),  # a meter type
        ("aidon/list1-no", named("aidon/list1-no").data),  # nothing in it
    ])  # fmt: skip


@given(st.binary(max_size=300))
def test_any_bytes_keep_their_length(data: bytes) -> None:
    assert len(anonymise(data)) == len(data)
