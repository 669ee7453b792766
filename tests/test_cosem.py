from __future__ import annotations

import pytest
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st

from hanparse import cosem
from hanparse.cosem import DataNotification
from hanparse.data import Data, DateTime, Tag
from hanparse.errors import DecodeError

CLOCK = bytes.fromhex("07E1 09 0F 05 05 21 28 FF 8000 00")  # 2017-09-15, a Friday, 05:33:40
SENT = DateTime(2017, 9, 15, 5, 5, 33, 40, 255, -0x8000, 0)
BODY = "02 01 06 00 00 00 11"


@pytest.mark.parametrize(
    ("form", "date_time", "tagged"),
    [("00", None, False), (f"0C {CLOCK.hex()}", SENT, False), (f"09 0C {CLOCK.hex()}", SENT, True)],
)
def test_the_three_forms_of_the_date_time_are_read_and_written(
    form: str,
    date_time: DateTime | None,
    tagged: bool,
) -> None:
    apdu = bytes.fromhex(f"0F 40000000 {form} {BODY}")
    notification = cosem.parse(apdu)
    body = Data(Tag.STRUCTURE, (Data(Tag.DOUBLE_LONG_UNSIGNED, 17),))
    assert notification == DataNotification(0x40000000, date_time, body, tagged)
    assert cosem.build(notification) == apdu


def test_places_are_counted_from_the_tag_of_the_apdu() -> None:
    apdu = bytes.fromhex(f"0F 40000000 00 {BODY}")
    body = cosem.parse(apdu).body
    assert (body.offset, body.length) == (6, 7)
    assert isinstance(body.value, tuple)
    element = body.value[0]
    assert isinstance(element, Data)
    assert apdu[element.offset : element.offset + element.length] == bytes.fromhex("06 00000011")


@pytest.mark.parametrize(
    ("apdu", "offset", "words"),
    [
        ("", 0, "there is no APDU"),
        ("DB08", 0, "found DB, general-glo-ciphering: the push is ciphered"),
        ("0F 40", 2, "the bytes end"),
        (f"0F 40000000 05 {BODY}", 5, "date-time of 0 or 12 bytes, found a length of 5"),
        (f"0F 40000000 09 00 {BODY}", 5, "date-time of 0 or 12 bytes, found a length of 0"),
        (f"0F 40000000 00 {BODY} 00", 13, "1 bytes follow"),
        ("0F 40000000 00", 6, "the bytes end"),
    ],
)
def test_what_is_wrong_is_named_at_its_byte(apdu: str, offset: int, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        cosem.parse(bytes.fromhex(apdu))
    assert caught.value.offset == offset
    assert str(caught.value) == f"byte {offset}: {caught.value.reason}"


@given(st.integers(0, 400))
def test_an_apdu_cut_off_anywhere_is_refused(size: int) -> None:
    apdu = named("aidon/list3-6534-tn").apdu
    with pytest.raises(DecodeError):
        cosem.parse(apdu[: size % len(apdu)])


def test_a_clock_in_an_octet_string_has_twelve_bytes() -> None:
    assert cosem.date_time(CLOCK) == SENT
    with pytest.raises(DecodeError, match="12 bytes, found 11"):
        cosem.date_time(CLOCK[:11])


def test_a_notification_that_cannot_be_sent_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        cosem.build(DataNotification(2**32, None, Data(Tag.NULL_DATA)))


def test_of_an_apdu_that_breaks_off_the_whole_values_are_left() -> None:
    apdu = bytes.fromhex("0F 40000000 00  02 03  02 02 0F FF 16 21  11 07  06 00")
    assert [(data.tag, data.offset, data.length) for data in cosem.salvage(apdu)] == [
        (Tag.STRUCTURE, 8, 6),
        (Tag.UNSIGNED, 14, 2),
    ]
    assert cosem.salvage(b"\x0f\x40") == []
