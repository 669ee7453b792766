from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from outcomes import outcome
from sweeps import cases
from telegrams import SOUND, crc_of, swedish

from hanparse import Decoder, Scale
from hanparse.decoder import Options

if TYPE_CHECKING:
    from framefiles import FrameFile

OPTIONS = st.sampled_from(
    [Options(), Options(scale=Scale.ct("150:7")), Options(timezone=UTC), Options(timezone=ZoneInfo("Europe/Oslo"))]
)
ONE = [
    file for file in SOUND if file.data.count(b"!") == 1 and re.fullmatch(rb"/.*![0-9A-F]{4}\r\n", file.data, re.DOTALL)
]
CLOCK = re.compile(rb"\((\d{12})[SW]?\)")


def resealed(telegram: bytes) -> bytes:
    """The telegram with its CRC made anew."""
    body = telegram[: telegram.index(b"!") + 1]
    return body + b"%04X\r\n" % crc_of(body)


def both(learned_from: bytes, push: bytes, options: Options) -> tuple[int, Decoder]:
    """A decoder that has learned from a telegram, and one that has not, agree on another one."""
    learned, unlearned = Decoder(**options), Decoder(**options)
    learned.feed(learned_from)
    unlearned.feed(learned_from)
    unlearned._layouts.clear()  # noqa: SLF001  to compare with the long way
    before = learned.stats.recognised
    assert outcome(learned, push) == outcome(unlearned, push)
    return learned.stats.recognised - before, learned


@given(st.sampled_from(ONE), st.data(), OPTIONS)
def test_a_telegram_with_any_other_bytes_is_read_as_without_a_layout(
    file: FrameFile, data: st.DataObject, options: Options
) -> None:
    telegram = bytearray(file.data)
    end = telegram.index(b"!")
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(1, end - 1))
        telegram[place : place + 1] = data.draw(st.sampled_from([b"0", b"1", b"9", b".", b"-", b"S", b"W", b"k", b" "]))
    both(file.data, resealed(bytes(telegram)), options)


@given(st.sampled_from(ONE), st.data(), OPTIONS)
def test_a_telegram_with_other_digits_in_one_line_is_read_as_without_a_layout(
    file: FrameFile, data: st.DataObject, options: Options
) -> None:
    groups = list(re.finditer(rb"\([-+]?([0-9.]+)[^()]*\)", file.data))
    group = data.draw(st.sampled_from(groups))
    digits = bytes(data.draw(st.sampled_from(b"0123456789")) if c != 0x2E else c for c in group[1])
    telegram = file.data[: group.start(1)] + digits + file.data[group.end(1) :]
    both(file.data, resealed(telegram), options)


@settings(max_examples=cases(30))
@given(
    st.sampled_from([file for file in ONE if CLOCK.search(file.data)]), st.text("0123456789", min_size=12, max_size=12)
)
@example(ONE[0], "241027" + "023000")
@example(ONE[0], "240230" + "120000")
@example(ONE[0], "700101" + "000000")
def test_any_clock_is_read_as_without_a_layout(file: FrameFile, digits: str) -> None:
    match = CLOCK.search(file.data)
    if match:
        telegram = file.data[: match.start(1)] + digits.encode() + file.data[match.end(1) :]
        both(file.data, resealed(telegram), Options())


def test_the_next_telegram_of_a_meter_is_recognised_and_read_by_decimal_shift() -> None:
    recognised, decoder = both(swedish(c1_7_0="0001.023*kW"), swedish(c1_7_0="0009.876*kW"), Options())
    assert recognised == 1
    (found,) = decoder.feed(swedish(c1_7_0="0000.007*kW", c32_7_0="229.9*V"))
    assert (found.active_power_import, found.voltage_l1) == (7, 229.9)


def test_a_telegram_with_a_wrong_crc_is_an_error_though_it_has_a_layout() -> None:
    telegram = swedish()
    decoder = Decoder()
    decoder.feed(telegram)
    assert decoder.feed(telegram[:-4] + (b"0" if telegram[-4:-3] != b"0" else b"1") + telegram[-3:]) == []
    assert "CRC" in str(decoder.last_error)


def test_a_decoder_keeps_few_layouts_of_telegrams() -> None:
    decoder = Decoder()
    for number in range(40):
        decoder.feed(swedish(c96_1_1=f"{number:02}" * 4))
    assert len(decoder._layouts._telegrams) == 8  # noqa: SLF001  the bound is not visible from outside
