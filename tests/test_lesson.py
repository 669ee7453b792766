from __future__ import annotations

import pytest
from bodies import register
from framefiles import sealed

from hanparse import Decoder, Obis, Scale, UnknownMeterError, cosem
from hanparse.axdr.data import Data, Tag
from hanparse.cosem import DataNotification
from hanparse.meters import shapes


def pushed(*registers: Data) -> bytes:
    """A frame with these registers, without a maker."""
    return framed(Data(Tag.ARRAY, registers))


def framed(body: Data) -> bytes:
    return sealed(b"\xe6\xe7\x00" + cosem.build(DataNotification(0x40000000, None, body)))


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
    assert decoder._layouts.recognised == 3  # noqa: SLF001  which way was taken is not to be seen from outside


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
    assert decoder._layouts.recognised == 4  # noqa: SLF001


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
    assert decoder._layouts.recognised == 2  # noqa: SLF001


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
    assert decoder._layouts.recognised == 2  # noqa: SLF001
