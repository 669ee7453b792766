from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegrams import REFUSED, SOUND, crc_of, deliver, file, sealed, swedish

from hanparse.errors import ChecksumError, FrameError
from hanparse.obis import Obis
from hanparse.p1 import Group, Line, LostLine, Telegram, is_telegram

words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="()"), max_size=12)
codes = st.builds(
    "{}-{}:{}.{}.{}{}".format,
    *(st.integers(0, 15), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255)),
    st.sampled_from(["", "*255", ".255", "&17"]),
)
lines = st.builds(Line, codes | st.just(""), st.lists(words, min_size=1, max_size=4).map(tuple)) | st.just(Line(""))
telegrams = st.builds(
    Telegram,
    st.from_regex(r"[A-Za-z]{3}[0-9][ -~]{0,20}", fullmatch=True),
    st.lists(lines, max_size=20).map(tuple),
    eol=st.sampled_from(["\r\n", "\n", "\r", "\r\0", "\r\r\n"]),
)


def test_building_what_was_parsed_gives_the_same_bytes() -> None:
    for each in SOUND:
        for telegram in deliver(each.data, len(each.data))[0]:
            start = each.data.index(telegram.raw)
            sent = each.data[start : start + len(telegram.raw) + len(telegram.eol)]
            assert telegram.build() == sent
            assert Telegram.parse(sent) == telegram


@given(telegrams)
def test_every_telegram_is_read_as_it_was_built(telegram: Telegram) -> None:
    data = telegram.build()
    found = Telegram.parse(data)
    assert (found.identification, found.lines, found.eol) == (telegram.identification, telegram.lines, telegram.eol)
    assert found.build() == data
    assert found.crc == f"{crc_of(data[: data.rindex(b'!') + 1]):04X}"


@given(codes, st.lists(words, min_size=1, max_size=4))
def test_a_line_is_its_code_and_its_groups(code: str, groups: list[str]) -> None:
    line = Line(code, tuple(groups))
    assert Line.parse(line.build()) == line
    assert line.obis == Obis.parse(code)
    assert not line.is_lost


def test_a_group_is_a_value_and_perhaps_a_unit() -> None:
    assert Group.parse("0002.345*kW") == ("0002.345", "kW")
    assert Group.parse("00040") == ("00040", "")
    assert Group.parse("") == ("", "")


def test_the_telegram_of_the_standard_is_read_as_printed() -> None:
    telegram = Telegram.parse(file("nl-dsmr50-document").data)
    assert telegram.identification == "ISk5\\2MT382-1000"
    assert telegram.flag == "ISk"
    assert telegram.lines[0] == Line("")
    assert telegram.lines[1] == Line("1-3:0.2.8", ("50",))
    assert telegram.lines[13].groups[:3] == ("2", "0-0:96.7.19", "101208152415W")
    assert telegram.crc == "E47C"
    assert not telegram.lost


@pytest.mark.parametrize("written", ["1-0:1.7.0", "1-0:1.7.0*255", "1-0:1.7.0.255", "1-0:1.7.0&255", "1.7.0"])
def test_a_code_is_known_in_all_its_forms(written: str) -> None:
    assert Line.parse(f"{written}(0002.345*kW)").obis == Obis.parse("1.7.0")


@pytest.mark.parametrize(
    "text", ["1-0:4:24.7.0(0000.208*kVAr)", "1-0:1.7.0", "1-0:1.7.0(1", "1-0:1.7.0(1))", "(1)(2", "999.1.1(0)", "x(1) "]
)
def test_a_line_that_cannot_be_read_is_one_lost_line_and_named(text: str) -> None:
    telegram = Telegram.parse(sealed(f"/KAM5\n\n1-0:1.8.0(1*kWh)\n{text}\n1-0:2.8.0(2*kWh)\n"))
    assert telegram.lost == (LostLine(4, text),)
    assert [str(line.obis) for line in telegram.lines if line.obis] == ["1-0:1.8.0", "1-0:2.8.0"]
    assert Telegram.parse(telegram.build()) == telegram


def test_a_blank_line_or_one_that_goes_on_is_not_lost() -> None:
    assert not Telegram.parse(file("nl-dsmr22-gas-two-lines").data).lost


def test_the_offsets_of_lines_are_where_they_stand() -> None:
    for each in SOUND:
        for telegram in deliver(each.data, len(each.data))[0]:
            for line, offset in zip(telegram.lines, telegram.line_offsets(), strict=True):
                assert each.data[offset:].startswith(line.build().encode())


def test_a_damaged_telegram_is_refused_with_the_error_that_names_it() -> None:
    for each in REFUSED:
        assert not is_telegram(each.data)
        with pytest.raises(FrameError) as caught:
            Telegram.parse(each.data)
        assert type(caught.value).__name__ == each.expect_error


def test_an_error_counts_from_where_it_is_told() -> None:
    for data in (swedish()[:50], swedish().replace(b"2.301", b"2.391"), swedish() + b"x"):
        with pytest.raises(FrameError) as plain:
            Telegram.parse(data)
        with pytest.raises(FrameError) as caught:
            Telegram.parse(data, offset=1000)
        assert caught.value.offset == plain.value.offset + 1000


def test_a_telegram_is_one_to_its_last_byte() -> None:
    data = swedish()
    assert is_telegram(data)
    assert is_telegram(bytearray(data[:-2]))
    for size in range(len(data) - 2):
        assert not is_telegram(data[:size])
    for other in (b"x" + data, data + b"x", data + data, data[:40] + b"\xff" + data[40:], b""):
        assert not is_telegram(other)


def test_text_without_crc_is_a_telegram_only_if_a_line_can_be_read() -> None:
    assert is_telegram(b"/KAM5\r\n\r\n1-0:1.7.0(1*kW)\r\n!\r\n")
    assert not is_telegram(b"/KAM5\r\n\r\nanything\r\n!\r\n")


def test_only_bytes_are_taken() -> None:
    for wrong in (5, "/KAM5", None):
        with pytest.raises(TypeError, match="expected bytes"):
            Telegram.parse(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"identification": "K"},
        {"identification": "KAM5\r\nx"},
        {"lines": (Line("x\r\n!BB3D"),)},
        {"lines": (Line("1-0:1.7.0", ("1)(2",)),)},
        {"lines": (Line("é"),)},
        {"lines": (Line("!"),)},
        {"crc": "BB3D"},
        {"crc": "12345"},
        {"eol": "x"},
    ],
)
def test_lines_that_form_no_telegram_are_not_built(change: dict[str, object]) -> None:
    telegram = Telegram("KAM5", (Line(""), Line("1-0:1.7.0", ("0002.345*kW",))))
    assert Telegram.parse(telegram.build()).lines == telegram.lines
    with pytest.raises(ValueError, match="cannot build a P1 telegram"):
        replace(telegram, **change).build()  # type: ignore[arg-type]


def test_a_changed_telegram_gets_its_crc_when_it_is_built_and_the_old_one_is_refused() -> None:
    telegram = Telegram.parse(swedish())
    changed = replace(telegram, lines=(*telegram.lines, Line("1-0:2.7.0", ("0000.000*kW",))))
    assert is_telegram(replace(changed, crc=None).build())
    with pytest.raises(ValueError, match=re.escape("cannot build a P1 telegram: byte")) as caught:
        changed.build()
    assert isinstance(caught.value.__cause__, ChecksumError)
