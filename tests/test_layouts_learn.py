from __future__ import annotations

import pytest
from bodies import array, code, entry, number, octets, register, structure
from framefiles import sealed

from hanparse import Decoder, Measurement, Obis, Profile, Scale, UnknownMeterError, cosem
from hanparse.axdr.data import Data, Tag
from hanparse.cosem import DataNotification
from hanparse.meters import PROFILES, HigherResolution, codes, shapes


def pushed(*registers: Data) -> bytes:
    """A frame with these registers, without a maker."""
    return framed(Data(Tag.ARRAY, registers))


def framed(body: Data, header: bytes = b"\x01\x02\x01\x10") -> bytes:
    return sealed(b"\xe6\xe7\x00" + cosem.build(DataNotification(0x40000000, None, body)), header)


@pytest.mark.parametrize(
    ("tag", "lowest", "highest"),
    [
        (Tag.INTEGER, -(2**7), 2**7 - 1),
        (Tag.LONG, -(2**15), 2**15 - 1),
        (Tag.DOUBLE_LONG, -(2**31), 2**31 - 1),
        (Tag.LONG64, -(2**63), 2**63 - 1),
        (Tag.UNSIGNED, 0, 2**8 - 1),
        (Tag.LONG_UNSIGNED, 0, 2**16 - 1),
        (Tag.DOUBLE_LONG_UNSIGNED, 0, 2**32 - 1),
        (Tag.LONG64_UNSIGNED, 0, 2**64 - 1),
    ],
)
@pytest.mark.parametrize("scaler", [0, 1, -1])
def test_every_integer_type_is_read_to_its_limits(tag: Tag, lowest: int, highest: int, scaler: int) -> None:
    decoder = Decoder()
    for value in (1, lowest, highest, 1):
        (found,) = decoder.feed(pushed(register("1.7.0", Data(tag, value), scaler, 27)))
        assert found.active_power_import == {0: value, 1: value * 10, -1: value / 10}[scaler]
        assert [(r.value, r.scaler, r.unit) for r in found.registers] == [(value, scaler, "W")]
    assert decoder.stats.recognised == 3


@pytest.mark.parametrize(
    ("factor", "scaler", "expected"),
    [(2, -1, 2.2), (20, -1, 22), (0.5, 0, 5.5), (0.1, -2, 0.011), (3, 0, 33), (3, 1, 330), (1, -1, 1.1), (1, 0, 11)],
)
def test_the_callers_scale_holds_for_every_push(factor: float, scaler: int, expected: float) -> None:
    decoder = Decoder(scale=Scale(current=factor))
    current = register("31.7.0", Data(Tag.LONG, 11), scaler, 33)
    voltage = register("32.7.0", Data(Tag.LONG_UNSIGNED, 2301), -1, 35)
    for _ in range(3):
        alone, beside = decoder.feed(pushed(current) + pushed(current, voltage))
        assert (alone.current_l1, beside.current_l1, beside.voltage_l1) == (expected, expected, 230.1)
    assert decoder.stats.recognised == 4


@pytest.mark.parametrize("tag", [Tag.FLOAT32, Tag.FLOAT64])
def test_a_float_is_read_every_time(tag: Tag) -> None:
    decoder = Decoder()
    for value in (2.5, -0.25, 1e20):
        (found,) = decoder.feed(pushed(register("1.7.0", Data(tag, value), 0, 27)))
        assert found.active_power_import == pytest.approx(value)


def test_an_element_that_holds_others_is_read_from_every_push() -> None:
    decoder = Decoder()
    for value in (1, 2, 3):
        states = Data(Tag.STRUCTURE, (Data(Tag.UNSIGNED, value), Data(Tag.OCTET_STRING, b"on")))
        listed = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, bytes(Obis.parse("0-0:96.4.10"))), states))
        power = register("1.7.0", Data(Tag.LONG, -value), 0, 27)
        (found,) = decoder.feed(pushed(listed, power))
        assert [r.value for r in found.registers] == [(value, b"on"), -value]
    assert decoder.stats.recognised == 2


def test_a_meter_number_that_is_no_text_any_more_makes_another_list() -> None:
    clock = Data(Tag.OCTET_STRING, bytes.fromhex("07E8 02 1D 04 17 3B 3A FF FFC4 00"))
    code, value, scale = shapes.elements(register("1.7.0", Data(Tag.LONG_UNSIGNED, 640), 0, 27))
    sent = [
        framed(Data(Tag.STRUCTURE, (clock, code, value, scale, Data(Tag.OCTET_STRING, number))))
        for number in (b"10000017", b"10000-18", b"\x0100000\xe97", b"10000017")
    ]
    decoder = Decoder()
    assert [[m.meter_id for m in decoder.feed(push)] for push in sent] == [["10000017"], ["10000-18"], [], ["10000017"]]
    assert isinstance(decoder.last_error, UnknownMeterError)
    assert decoder.stats.recognised == 2


def alone(push: bytes, profiles: tuple[Profile, ...] = PROFILES) -> list[Measurement]:
    """What a decoder makes of a push that has seen no other."""
    return Decoder(profiles=profiles).feed(push)


@pytest.mark.parametrize(("tag", "whole"), [(Tag.LONG, -1), (Tag.DOUBLE_LONG, -8191), (Tag.LONG64, -(2**62))])
def test_a_negative_number_does_not_look_like_one_beyond_the_limit_of_smaller_steps(tag: Tag, whole: int) -> None:
    profile = Profile(manufacturer=None, exponents={"V": 0}, higher_resolution={"V": HigherResolution(8192, -2)})
    decoder = Decoder(profiles=[profile])
    for sent, expected in ((8192, 81.92), (whole, whole), (16383, 163.83), (-1, -1), (8191, 8191)):
        pair = structure(code("32.7.0"), Data(tag, sent))
        assert [m.voltage_l1 for m in decoder.feed(framed(array(pair)))] == [expected]


NUMBERS = [b"123456", b"\r12345", b"\x0012345", b"\t12345", b"\n\n1234", b" 12345", b"\0\0\0\0\0\0"]


@pytest.mark.parametrize("first", NUMBERS)
@pytest.mark.parametrize("second", NUMBERS)
def test_a_number_of_a_meter_that_is_a_code_as_well_is_read_as_in_a_list_of_its_own(
    first: bytes, second: bytes
) -> None:
    clock = octets(bytes.fromhex("07E8 02 1D 04 17 3B 3A FF FFC4 00"))

    def push(sent: bytes) -> bytes:
        parts = shapes.elements(register("1.7.0", number(640), 0, 27))
        return framed(structure(clock, *parts, code("0-0:96.1.0"), octets(sent), octets(b"12345678")))

    decoder = Decoder()
    decoder.feed(push(first))
    assert decoder.feed(push(second)) == alone(push(second))


def test_a_number_of_a_meter_that_stands_first_may_be_the_identifier_of_a_list() -> None:
    makers = (
        Profile(manufacturer="X", list_ids=("KFM_",), positions=(codes("1-1:0.2.129 2.7.0"),), exponents={"W": 0}),
        Profile(manufacturer="Y", signatures=(codes("0-0:96.1.0/oct6 1.7.0"),), exponents={"W": 0}),
    )
    decoder = Decoder(profiles=makers)
    found = [
        (m.manufacturer, m.meter_id, m.active_power_import, m.active_power_export)
        for sent in (b"123456", b"KFM_12", b"123456")
        for m in decoder.feed(framed(structure(octets(sent), number(640))))
    ]
    assert found == [("Y", "123456", 640, None), ("X", None, None, 640), ("Y", "123456", 640, None)]


@pytest.mark.parametrize(
    "sent",
    [
        "3030 30 30 30 30 30 30 00 0000 00",  # no moment, and the text 00000000
        "0D0A 0A 0A 0A 0A 30 30 00 0000 00",  # 10 October 3338, 10:48:48, and the text 00
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_clock_in_front_that_is_a_text_as_well_is_read_as_in_a_list_of_its_own(sent: str, order: int) -> None:
    clocks = [octets(bytes.fromhex(wall)) for wall in ("07E8 02 1D 04 17 3B 3A 00 0000 00", sent)]
    parts = shapes.elements(register("1.7.0", number(640), 0, 27))
    pushes = [framed(structure(clock, *parts)) for clock in clocks][::order]
    decoder = Decoder()
    assert [decoder.feed(push) for push in pushes] == [alone(push) for push in pushes]
    assert [m.list_id for m in alone(framed(structure(clocks[1], *parts)))] == [
        bytes.fromhex(sent).decode().strip("\r\n\0")
    ]


@pytest.mark.parametrize("group", [1, 3, 4, 8, 40])
@pytest.mark.parametrize("attribute", [1, 2, 3])
@pytest.mark.parametrize("itself", ["0-8:25.9.0", "0-0:96.1.0", "1.7.0", "0.2.129"])
def test_what_describes_a_list_is_no_value_and_constant_whatever_its_own_entry_claims(
    group: int, attribute: int, itself: str
) -> None:
    def push(energy_attribute: int, energy: int) -> bytes:
        power, moved = entry(3, "1.7.0"), entry(3, "1.8.0", energy_attribute)
        listed = array(entry(group, itself, attribute), entry(1, "0-0:42.0.0"), power, moved)
        return framed(structure(listed, octets(b"LGZ1"), number(640), number(energy)), b"\xce\xff\x03\x13")  # E450

    decoder = Decoder()
    energies = [m.active_energy_import for sent in ((2, 7), (3, 8), (2, 9)) for m in decoder.feed(push(*sent))]
    assert energies == [7, None, 9]
    assert decoder.stats.recognised == 1  # the third push, by the layout of the first
