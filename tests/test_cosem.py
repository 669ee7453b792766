from __future__ import annotations

import contextlib

import pytest
from framefiles import SOUND, named
from hypothesis import given
from hypothesis import strategies as st

from hanparse import cosem
from hanparse.axdr.data import AttributeDescriptor, Data, DateTime, Partial, Tag, Untagged
from hanparse.cosem import DataNotification
from hanparse.errors import DecodeError
from hanparse.meters import shapes

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


def test_a_date_time_is_sent_without_a_type_tag_unless_it_is_asked_for() -> None:
    body = Data(Tag.STRUCTURE, (Data(Tag.DOUBLE_LONG_UNSIGNED, 17),))
    assert cosem.build(DataNotification(0x40000000, SENT, body)) == bytes.fromhex(
        f"0F 40000000 0C {CLOCK.hex()} {BODY}"
    )


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
        ("", 0, "expected a data-notification .0F., found no bytes"),
        ("DB08", 0, "found DB, general-glo-ciphering: the push is ciphered"),
        ("0F 40", 2, "the bytes end"),
        (f"0F 40000000 05 {BODY}", 5, "date-time of 0 or 12 bytes, found a length of 5$"),
        (f"0F 40000000 09 00 {BODY}", 5, "date-time of 0 or 12 bytes, found a length of 0 after a type tag 09$"),
        (f"0F 40000000 00 {BODY} 00", 13, "after the last value, found 1"),
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


def test_a_notification_that_cannot_be_sent_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="cannot be built"):
        cosem.build(DataNotification(2**32, None, Data(Tag.NULL_DATA)))


def test_of_an_apdu_that_breaks_off_what_was_read_is_left() -> None:
    prefix = cosem.parse_prefix(
        bytes.fromhex(f"0F 40000000 09 0C {CLOCK.hex()}  02 03  02 02 0F FF 16 21  11 07  06 00")
    )
    pair = Data(Tag.STRUCTURE, (Data(Tag.INTEGER, -1), Data(Tag.ENUM, 33)))
    assert (prefix.date_time, prefix.tagged, prefix.body_offset) == (SENT, True, 19)
    assert prefix.body == Partial(Tag.STRUCTURE, (pair, Data(Tag.UNSIGNED, 7)))
    assert (prefix.body.offset, prefix.body.end) == (19, 29)
    assert (prefix.fault, prefix.fault_offset) == (
        "the bytes end inside the double-long-unsigned that begins here; the input is cut off",
        29,
    )


def test_of_an_apdu_without_a_date_time_nothing_is_left() -> None:
    cut = cosem.parse_prefix(b"\x0f\x40")
    assert (cut.date_time, cut.body_offset, cut.body, cut.fault_offset) == (None, 2, None, 2)
    wrong = cosem.parse_prefix(bytes.fromhex(f"0F 40000000 05 {BODY}"))
    assert (wrong.body_offset, wrong.body, wrong.fault_offset) == (5, None, 5)
    assert wrong.fault == "expected a date-time of 0 or 12 bytes, found a length of 5"


def test_of_an_apdu_with_bytes_behind_it_the_body_is_left() -> None:
    prefix = cosem.parse_prefix(bytes.fromhex(f"0F 40000000 00 {BODY} 00"))
    assert prefix.body == Data(Tag.STRUCTURE, (Data(Tag.DOUBLE_LONG_UNSIGNED, 17),))
    assert (prefix.fault, prefix.fault_offset) == ("expected no bytes after the last value, found 1", 13)


def test_of_a_whole_apdu_all_is_left_and_nothing_is_wrong() -> None:
    for file in SOUND:
        prefix, whole = cosem.parse_prefix(file.apdu), cosem.parse(file.apdu)
        assert (prefix.date_time, prefix.tagged, prefix.body) == (whole.date_time, whole.tagged, whole.body)
        assert (prefix.body_offset, prefix.fault) == (whole.body.offset, "")


# --- lists of attributes, each a descriptor without tags and its value (Czech meters)

ATTRIBUTES = "02 02  16 01  01 02  02 02 0003 0100010700FF 02 06 000007A4  02 02 0046 000060030AFF 03 16 01"


def attribute(class_id: int, instance_id: str, attribute_id: int, value: Data) -> Data:
    descriptor = AttributeDescriptor(class_id, bytes.fromhex(instance_id), attribute_id)
    return Data(Tag.STRUCTURE, (Data(Untagged.ATTRIBUTE_DESCRIPTOR, descriptor), value))


def listed(*attributes: Data) -> DataNotification:
    return DataNotification(1, None, Data(Tag.STRUCTURE, (Data(Tag.ENUM, 1), Data(Tag.ARRAY, attributes))))


def test_attribute_descriptors_are_read_and_written_without_tags() -> None:
    power = attribute(3, "0100010700FF", 2, Data(Tag.DOUBLE_LONG_UNSIGNED, 1956))
    state = attribute(70, "000060030AFF", 3, Data(Tag.ENUM, 1))
    apdu = bytes.fromhex(f"0F 00000001 00 {ATTRIBUTES}")
    assert cosem.parse(apdu) == listed(power, state)
    assert cosem.build(listed(power, state)) == apdu


def test_a_descriptor_stands_where_its_nine_bytes_stand() -> None:
    apdu = bytes.fromhex(f"0F 00000001 00 {ATTRIBUTES}")
    body = cosem.parse(apdu).body
    descriptors = [data for data in shapes.leaves(body) if data.tag is Untagged.ATTRIBUTE_DESCRIPTOR]
    assert [apdu[data.offset : data.end].hex() for data in descriptors] == ["00030100010700ff02", "0046000060030aff03"]


def test_a_list_of_attributes_that_breaks_off_keeps_the_descriptor_before_the_fault() -> None:
    body = cosem.parse_prefix(bytes.fromhex(f"0F 00000001 00 {ATTRIBUTES}")[:-1]).body
    assert isinstance(body, Partial)
    power = attribute(3, "0100010700FF", 2, Data(Tag.DOUBLE_LONG_UNSIGNED, 1956))
    state = Data(Untagged.ATTRIBUTE_DESCRIPTOR, AttributeDescriptor(70, bytes.fromhex("000060030AFF"), 3))
    listed = Partial(Tag.ARRAY, (power, Partial(Tag.STRUCTURE, (state,))))
    assert body == Partial(Tag.STRUCTURE, (Data(Tag.ENUM, 1), listed))


def test_an_attribute_that_is_left_out_is_null_data_among_the_others() -> None:
    power = attribute(3, "0100010700FF", 2, Data(Tag.DOUBLE_LONG_UNSIGNED, 1956))
    apdu = bytes.fromhex("0F 00000001 00 02 02 16 01 01 02 02 02 0003 0100010700FF 02 06 000007A4 00")
    assert cosem.parse(apdu) == listed(power, Data(Tag.NULL_DATA))
    assert cosem.build(listed(power, Data(Tag.NULL_DATA))) == apdu


def test_a_descriptor_elsewhere_than_in_a_list_of_attributes_cannot_be_sent() -> None:
    power = attribute(3, "0100010700FF", 2, Data(Tag.DOUBLE_LONG_UNSIGNED, 1956))
    for body in (power, Data(Tag.ARRAY, (power,)), Data(Tag.STRUCTURE, (Data(Tag.ENUM, 1), power))):
        with pytest.raises(ValueError, match="cannot be built"):
            cosem.build(DataNotification(1, None, body))


def test_only_a_whole_list_of_attributes_has_no_tags() -> None:
    with pytest.raises(DecodeError, match="found 46"):
        cosem.parse(bytes.fromhex("0F 00000001 00 01 01 02 02 0046 000060030AFF 03 16 01"))


@pytest.mark.parametrize(("size", "words"), [(-8, "the attribute-descriptor that"), (-1, "the enum that")])
def test_a_list_of_attributes_that_breaks_off_says_where(size: int, words: str) -> None:
    with pytest.raises(DecodeError, match=f"the bytes end inside {words} begins here"):
        cosem.parse(bytes.fromhex(f"0F 00000001 00 {ATTRIBUTES}")[:size])


plain_values = st.one_of(
    st.integers(0, 2**32 - 1).map(lambda number: Data(Tag.DOUBLE_LONG_UNSIGNED, number)),
    st.binary(max_size=12).map(lambda octets: Data(Tag.OCTET_STRING, octets)),
    st.just(Data(Tag.NULL_DATA)),
)
nested_values = st.one_of(
    plain_values, st.lists(plain_values, max_size=3).map(lambda parts: Data(Tag.STRUCTURE, tuple(parts)))
)


@given(
    st.lists(
        st.builds(
            attribute,
            st.integers(0, 255),
            st.binary(min_size=6, max_size=6).map(bytes.hex),
            st.integers(0, 255),
            nested_values,
        ),
        min_size=1,
        max_size=200,
    )
)
def test_any_list_of_attributes_is_read_as_it_was_written(attributes: list[Data]) -> None:
    notification = listed(*attributes)
    assert cosem.parse(cosem.build(notification)) == notification


@given(st.binary(max_size=60))
def test_no_bytes_in_a_list_of_attributes_do_anything_but_decode_or_be_refused(data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        cosem.parse(bytes.fromhex("0F 00000001 00 02 02 16 01 01 02 02 02 00") + data)
