"""A report on P1: identifiers and messages are replaced in every notation, values, clocks and codes stay."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from telegrams import PLAIN, SOUND, crc_of, file, sealed

from hanparse import Decoder, Measurement, decode, decode_all
from hanparse.support.anonymise import anonymise
from hanparse.support.report import attachment

IDENTIFIERS = ("meter_id", "message", "submeters")

meter_ids = st.from_regex(r"[A-Z0-9]{4}[1-9][0-9]{9,11}", fullmatch=True).filter(lambda text: len(set(text)) > 6)
texts = st.text("abcdefghijklmnopqrstuvwz", min_size=8, max_size=30)


def values_of(measurement: Measurement) -> dict[str, Any]:
    found = {name: value for name, value in measurement.to_dict().items() if name not in IDENTIFIERS}
    meters = measurement.submeters or ()
    return found | {"readings": [(m.channel, m.kind, m.time, m.value, m.unit) for m in meters]}


def test_the_values_of_a_telegram_survive_and_its_crc_fits() -> None:
    for each in SOUND:
        shown = anonymise(each.data)
        assert len(shown) == len(each.data)
        assert [values_of(m) for m in decode_all(shown)] == [values_of(m) for m in decode_all(each.data)]


def test_a_telegram_stays_damaged_if_it_is_damaged() -> None:
    for each in PLAIN:
        before, after = Decoder(), Decoder()
        assert len(after.feed(anonymise(each.data)) + after.flush()) == len(before.feed(each.data) + before.flush())
        assert type(after.last_error) is type(before.last_error)
        assert after.stats == before.stats


def everywhere(meter: str, gas: str, text: str) -> str:
    """The body of a telegram that has two identifiers and a message wherever a country sends them."""
    return (
        f"/KFM5 {gas[4:]}\n\n1-3:0.2.8(50)\n0-0:1.0.0(240117174050W)\n0-0:96.1.1({meter.encode().hex().upper()})\n"
        f"0-0:96.1.0({meter})\n0-0:42.0.0({meter.encode().hex()})\n1-0:0.0.0*255({meter})\n0-0:96.1.2({gas})\n"
        f"1-0:1.8.1(123456.789*kWh)\n1-0:2.7.0(00.000*kW)\n1-0:99.97.0(1)(0-0:96.7.19)(101208152415W)(0000000240*s)\n"
        f"0-0:96.13.0({text.encode().hex().upper()})\n0-0:96.13.1({text})\n0-0:96.7.21(00004)\n"
        f"0-1:24.1.0(003)\n0-1:96.1.0({gas.encode().hex()})\n0-1:24.2.1(240117170000W)(12785.123*m3)\n"
        f"0-0:94.9.31({meter})\nlost {meter}\n1-0:4:24.7.0(0000.208*kVAr)\nlost ({gas})\n"
    )


@settings(max_examples=30)
@given(meter_ids, meter_ids, texts, st.data())
def test_no_identifier_survives_in_any_notation(meter: str, gas: str, text: str, data: st.DataObject) -> None:
    sound = sealed(everywhere(meter, gas, text))
    at = data.draw(st.integers(1, len(sound) - 7), label="end of the second copy")
    flipped = data.draw(st.integers(0, len(sound) - 7), label="damaged byte of the third copy")
    stream = sound + sound[:at] + b"\r\n" + sound[:flipped] + b"\xff" + sound[flipped + 1 :]
    shown = anonymise(stream)
    assert [values_of(m) for m in decode_all(shown)] == [values_of(decode(sound))]
    for secret in (meter, gas, text, meter[4:], gas[4:]):
        for notation in (secret, secret.encode().hex(), secret.encode().hex().upper()):
            assert notation.encode() not in shown


def test_a_damaged_telegram_keeps_its_values_and_is_damaged_by_the_same_bits() -> None:
    sound = sealed("/KAM5\n\n0-0:96.1.0(1234567890123456)\n1-0:1.8.0(123456.789*kWh)\n1-0:1.7.0(0002.345*kW)\n")
    damaged = sound.replace(b"2.345", b"2.346")
    shown = anonymise(damaged)
    assert b"(123456.789*kWh)\r\n1-0:1.7.0(0002.346*kW)\r\n!" in shown
    assert b"12345678" not in shown
    sent = [int(re.sub(rb".*!", b"", text, flags=re.DOTALL), 16) for text in (damaged, shown)]
    right = [crc_of(text[: text.index(b"!") + 1]) for text in (damaged, shown)]
    assert sent[0] ^ right[0] == sent[1] ^ right[1] != 0


def test_the_crc_keeps_its_form() -> None:
    body = "/KAM5\n\n0-0:96.1.0(1234567890123456)\n1-0:1.7.0(0002.345*kW)\n"
    sound = sealed(body)
    lower = sound[:-6] + sound[-6:].lower()
    assert anonymise(lower)[-6:] == anonymise(sound)[-6:].lower()
    number = next(n for n in range(10_000) if sealed(body.replace("3456", f"{n:04}"))[-6:-5] == b"0")
    three = sealed(body.replace("3456", f"{number:04}"))
    three = three[:-6] + three[-5:]
    assert len(decode_all(three)) == len(decode_all(anonymise(three))) == 1


def test_a_type_and_a_version_are_no_identifiers() -> None:
    for identification in ("ISk5\\2MT382-1000", "FLU5\\253769484_A", "LGF5E360", "Ene5\\XS210 ESMR 5.0"):
        data = sealed(f"/{identification}\n\n0-0:96.1.4(50217)\n1-0:96.5.0*255(001C0104)\n1-0:1.7.0(1*kW)\n")
        assert anonymise(data) == data


def test_the_report_contains_no_identifier_and_no_message() -> None:
    report = attachment([file("nl-dsmr50-document").data])
    for identifier in ("K8EG004046395507", "222ABCD123456789"):
        for sent in (identifier, identifier.encode().hex()):
            assert sent not in report
            assert sent.encode().hex(" ").upper() not in report
    assert b"(123456.789*kWh)".hex(" ").upper() in report


def test_a_text_to_keep_stays() -> None:
    data = sealed("/KAM5\n\n0-0:96.1.0(1234567890123456)\n1-0:1.7.0(0002.345*kW)\n")
    assert anonymise(data, keep=["1234567890123456"]) == data
