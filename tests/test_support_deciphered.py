"""Reports on ciphered pushes: nothing that the keys deciphered unless asked for, and no system title or number."""

from __future__ import annotations

from typing import Final

import pytest
from ciphering import AUTH_KEY, KEY, Meter
from framefiles import named, sealed
from hypothesis import given
from hypothesis import strategies as st
from wire import LLC

from hanparse.security.title import title_text
from hanparse.support.report import attachment

PUSH: Final = named("kamstrup/push-dk-3phase").apdu
HEADER: Final = bytes.fromhex("410313")
CODE: Final = bytes.fromhex("09060101000001FF")  # 1-1:0.0.1, followed by the number of the meter


def framed(apdu: bytes) -> bytes:
    return sealed(LLC + apdu, HEADER)


def forms(octets: bytes) -> list[str]:
    """The notations of octets that a report may show them in."""
    text = octets.hex().upper()
    spaced = octets.hex(" ").upper()
    return [text, text.lower(), spaced, spaced.lower(), octets.decode("latin-1")]


def is_shown(octets: bytes, report: str) -> bool:
    joined = "".join(report.split())  # a dump has line ends between its bytes
    return any(form in report or "".join(form.split()) in joined for form in forms(octets))


serials: Final = st.binary(min_size=5, max_size=5).filter(lambda serial: len(serial.strip(b"\0")) > 3)
titles: Final = st.builds(lambda maker, serial: maker + serial, st.sampled_from((b"KAM", b"LGZ", b"\0\1\2")), serials)


@given(titles, st.sampled_from((0x10, 0x20, 0x30)), st.sampled_from((0xDB, 0xDC, 0xDD)), st.sampled_from("kawsn"))
def test_no_report_holds_the_system_title_a_key_or_what_the_key_deciphered(
    title: bytes, control: int, tag: int, case: str
) -> None:
    data = framed(Meter(title=title, control=control, tag=tag).cipher(PUSH))
    keys = {
        "k": {"key": KEY},
        "a": {"key": KEY, "auth_key": AUTH_KEY},
        "w": {"key": bytes(16), "auth_key": AUTH_KEY},
        "s": {"key": AUTH_KEY, "auth_key": KEY},
        "n": {},
    }[case]
    report = attachment([data], **keys)  # type: ignore[arg-type]
    assert not is_shown(title, report)
    assert not is_shown(title[3:], report)
    assert title_text(title) not in report
    assert not is_shown(KEY, report)
    assert not is_shown(AUTH_KEY, report)
    assert control == 0x10 or not is_shown(PUSH[40:52], report)
    if case == "w" and control != 0x10:
        assert "the encryption key is wrong" in report


def test_the_counts_of_a_report_are_those_with_the_keys() -> None:
    data = framed(Meter().cipher(PUSH))
    assert "measurements 0" in attachment([data])
    assert "measurements 1" in attachment([data], key=KEY)
    assert "no key was given" in attachment([data])
    assert "no key was given" not in attachment([data], key=KEY)


@pytest.mark.parametrize("keys", [{"key": KEY}, {"key": KEY, "auth_key": AUTH_KEY}])
def test_the_plaintext_is_in_a_report_that_is_asked_for_it_with_other_numbers(keys: dict[str, bytes]) -> None:
    at = PUSH.index(CODE) + len(CODE)
    serial = PUSH[at + 1 : at + 5]
    assert PUSH[at] == 6
    title = b"KAM\x01" + serial
    report = attachment([framed(Meter(title=title).cipher(PUSH))], **keys, with_plaintext=True)  # type: ignore[arg-type]
    assert "1484" in report
    assert "active_power_import" in report
    assert not is_shown(serial, report)
    assert str(int.from_bytes(serial, "big")) not in report
    assert title_text(title) not in report
    assert ("not verified" in report) is ("auth_key" not in keys)
    assert "Plaintext" not in attachment([framed(Meter(title=title).cipher(PUSH))], **keys)  # type: ignore[arg-type]


def test_a_system_title_that_the_caller_gives_is_not_in_the_report() -> None:
    meter = Meter(title=b"KAM\x45\x12\x34\x56\x78", sent_title=b"")
    data = framed(meter.cipher(PUSH))
    for given_title, key in ((meter.title, bytes(16)), (meter.title, KEY)):
        report = attachment([data], key=key, system_title=given_title, with_plaintext=True)
        assert title_text(meter.title) not in report
        assert not is_shown(meter.title[3:], report)


def test_content_that_is_authenticated_alone_is_anonymised_in_place() -> None:
    serial = PUSH[PUSH.index(CODE) + len(CODE) + 1 :][:4]
    report = attachment([framed(Meter(control=0x10).cipher(PUSH))])
    assert not is_shown(serial, report)
    assert is_shown(PUSH[40:52], report)


def test_a_list_in_clear_that_no_profile_reads_is_reported() -> None:
    unknown = bytes.fromhex("0F 00 00 00 01 00 02 02 12 00 01 0A 0C 35 37 30 36 35 36 37 30 30 30 31 37")
    report = attachment([framed(Meter(control=0x10).cipher(unknown))])
    assert "570656700017" not in report
    assert not is_shown(b"570656700017", report)


def test_the_check_sequence_of_a_deciphered_telegram_is_not_in_the_report() -> None:
    telegram = b"/KAM5\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n!AB12\r\n"
    report = attachment([framed(Meter().cipher(telegram))], key=KEY, auth_key=AUTH_KEY)
    assert "the deciphered content cannot be read" in report
    assert "AB12" not in report
