"""What becomes of the elements of a list whose profile is known: fields, registers, wiring."""

from __future__ import annotations

import pytest
from bodies import array, code, entry, measure, number, octets, register, structure, text
from framefiles import SOUND, named, sealed
from houses import SCALED

from hanparse import Decoder, Measurement, Register, Scale, Wiring, cosem, decode, decode_all
from hanparse.axdr.data import Data, DateTime, Tag
from hanparse.cosem import DataNotification
from hanparse.meters import PROFILES, HigherResolution, Model, Profile, codes, read
from hanparse.obis import Entry, Kind, lookup
from hanparse.wire.link import Link


@pytest.mark.parametrize("lower", [127, 0x4D, 0x7E, 0x4A])
def test_the_type_of_a_current_says_its_scale_whatever_the_address(lower: int) -> None:
    wire = Link((103, lower), (1,), 0x13)
    for tag, expected in ((Tag.LONG_UNSIGNED, 1.23), (Tag.LONG64, 123), (Tag.LONG64_UNSIGNED, 123)):
        body = structure(array(entry(40, "0-8:25.9.0"), entry(3, "31.7.0")), Data(tag, 123))
        assert measure(body, wire).current_l1 == expected


def test_what_a_meter_without_a_type_may_not_measure_is_not_given_as_zero() -> None:
    volts, amperes = (Data(Tag.LONG_UNSIGNED, 0), Data(Tag.LONG, 0))
    head = structure(code("1-1:0.2.129"), text("EMBRIQ_V1_1")), structure(code("0-0:96.1.7"), text("\0" * 4))
    lines = register("51.7.0", amperes, -2, 33), register("52.7.0", volts, -1, 35), register("72.7.0", volts, -1, 35)
    measurement = measure(array(*head, register("1.7.0", number(1), 0, 27), *lines))
    assert (measurement.wiring, measurement.model) == (None, None)
    assert (measurement.current_l2, measurement.voltage_l2, measurement.voltage_l3) == (None, None, 0)


def test_a_list_of_a_known_maker_without_any_field_is_kept_as_registers() -> None:
    measurement = decode(named("landis_gyr/ch-e450-mbus").data)
    assert {str(r.obis): (r.value, r.scaler) for r in measurement.registers[6:]} == {
        "0-1:24.2.1": (30545, None),
        **{f"0-{channel}:24.2.1": (0, None) for channel in (2, 3, 4)},
    }


def test_the_attributes_of_a_czech_list_are_registers_and_only_values_are_fields() -> None:
    registers = {str(r.obis): r for r in decode(named("unnamed/cz-egd").data).registers}
    assert registers["0-0:96.3.10"].value == 1
    assert registers["0-0:17.0.0"].value == 0
    assert registers["0-0:96.14.0"].value == b"T3"
    assert (registers["1-0:1.8.2"].value, registers["1-0:1.8.2"].scaler) == (4, 0)
    body = cosem.parse(named("unnamed/cz-xt211").apdu).body
    assert measure(body, Link((16,), (1,), 0x13)) == measure(body)


def test_positions_that_nobody_documents_are_registers_without_a_code() -> None:
    registers = decode(named("iskraemeco/si-9-1phase").data).registers
    assert [(register.obis, register.value, register.scaler) for register in registers[-2:]] == [
        (None, 5, None),
        (None, 6, None),
    ]


CHANNELS = [  # codes in the order sent, and which of them is the import of the meter
    (("1-7:1.7.0", "1-0:1.7.0"), 2),
    (("1-0:1.7.0", "1-7:1.7.0"), 1),
    (("1-1:1.7.0", "1-0:1.7.0"), 2),
    (("1-0:1.7.0", "1-1:1.7.0"), 1),
    (("1-7:1.7.0", "1-1:1.7.0"), 2),
    (("1-64:1.7.0", "1-65:1.7.0", "1-128:1.7.0", "1-200:1.7.0", "1-0:1.7.0"), 5),
    (("0-1:1.7.0", "1-1:1.7.0"), 2),
    (("1-0:1.7.0", "1-0:1.7.0"), 1),
    (("1-7:1.7.0", "1-65:1.7.0"), None),
    (("1-1:1.8.0", "1-0:1.8.0"), 2),
    (("0-0:1.8.0", "1-1:1.8.0"), 2),
    (("0-1:1.8.0", "0-0:1.8.0"), 2),
    (("0-2:1.8.0", "1-2:1.8.0"), None),
]


@pytest.mark.parametrize(("sent", "expected"), CHANNELS)
@pytest.mark.parametrize("recognised", [False, True])
def test_a_channel_of_its_own_is_not_the_total(sent: tuple[str, ...], expected: int | None, recognised: bool) -> None:
    unit = 27 if "7.0" in sent[0] else 30
    values = [register(obis, number(at), 0, unit) for at, obis in enumerate(sent, 1)]
    body = array(*values, register("2.7.0", number(99), 0, 27))
    frame = sealed(b"\xe6\xe7\x00" + cosem.build(DataNotification(0, None, body)))
    decoder = Decoder()
    found = decoder.feed(frame * (1 + recognised))[-1]
    assert (found.active_power_import if unit == 27 else found.active_energy_import) == expected
    assert [r.value for r in found.registers] == [*range(1, len(sent) + 1), 99]


def test_null_data_on_no_channel_leaves_the_field_to_channel_1() -> None:
    nothing = register("1-0:1.7.0", Data(Tag.NULL_DATA), 0, 27)
    assert measure(array(nothing, register("1-1:1.7.0", number(5), 0, 27))).active_power_import == 5


def test_an_angle_without_current_stays_as_sent() -> None:
    registers = decode(named("landis_gyr/at-burgenland").data).registers
    assert [(str(r.obis), r.value, r.unit) for r in registers[10:13]] == [
        ("1-0:81.7.40", 400, "°"),
        ("1-0:81.7.51", 3, "°"),
        ("1-0:81.7.62", 288, "°"),
    ]


def test_an_attribute_that_is_no_value_is_a_register_without_a_scale() -> None:
    registers = decode(named("landis_gyr/ch-e450-17").data).registers
    assert [(str(r.obis), r.value, r.scaler, r.unit) for r in registers[-2:]] == [
        ("1-1:1.8.0", (0, 30), None, None),
        ("1-1:1.8.0", 22334455, 0, "Wh"),
    ]


def test_a_text_that_is_no_value_of_its_object_is_no_meter_type() -> None:
    models = (Model("6525*", Wiring.THREE_WIRE),)
    maker = Profile(manufacturer="X", signatures=(codes("1.7.0/u32"),), exponents={"W": 0}, models=models)
    described = array(entry(40, "0-8:25.9.0"), entry(1, "0-0:96.1.7", attribute=1), entry(3, "1.7.0"))
    found = read(DataNotification(0, None, structure(described, text("6525"), number(640))), (maker,))
    measurement = found.measurement(Scale(), None)
    assert (measurement.model, measurement.wiring, measurement.active_power_import) == (None, None, 640)


def test_a_value_in_another_unit_than_its_code_implies_fills_no_field() -> None:
    measurement = measure(array(register("1.7.0", number(1), 0, 27), register("3.7.0", number(9), 0, 30)))
    assert measurement.reactive_power_import is None
    assert measurement.registers[1].unit == "Wh"


def test_a_value_of_another_kind_than_its_code_implies_fills_no_field() -> None:
    measurement = measure(array(register("1.7.0", number(1), 0, 27), register("2.7.0", text("9"), 0, 27)))
    assert measurement.active_power_export is None
    assert measurement.registers[1].value == "9"


def test_of_duplicates_the_first_fills_the_field_and_both_are_registers() -> None:
    measurement = measure(array(register("1.7.0", number(1), 0, 27), register("1.7.0", number(2), 0, 27)))
    assert measurement.active_power_import == 1
    assert [register.value for register in measurement.registers] == [1, 2]


def test_registers_hold_what_was_sent_and_the_scale_that_holds_for_it() -> None:
    last = decode(named("kamstrup/list1-3phase").data).registers
    assert (str(last[7].obis), last[7].value, last[7].scaler, last[7].unit) == ("1-1:31.7.0", 0, -2, "A")
    clock_register = decode(named("aidon/list3-6525-it").data).registers[12]
    assert clock_register.value == bytes.fromhex("07e4011502100000ff000000")
    assert (clock_register.scaler, clock_register.unit) == (None, None)


def test_a_clock_that_cannot_be_is_no_time_but_stays_in_the_register() -> None:
    broken = structure(code("0-0:1.0.0"), octets(b"\xff" * 12))
    measurement = measure(array(register("1.7.0", number(1), 0, 27), broken))
    assert measurement.timestamp is measurement.energy_time is None
    assert measurement.registers[1].value == b"\xff" * 12


def test_a_date_time_that_is_not_specified_gives_way_to_the_clock_in_the_list() -> None:
    body = array(
        structure(code("1-1:0.2.129"), text("AIDON_V0001")),
        register("1.7.0", number(1), 0, 27),
        structure(code("0-0:1.0.0"), octets(bytes.fromhex("07e4011502100000ff000000"))),
    )
    blank = DataNotification(0, DateTime.from_octets(b"\xff" * 12), body)
    measurement = read(blank, PROFILES).measurement(Scale(), None)
    assert measurement.timestamp is not None
    assert measurement.timestamp.isoformat() == "2020-01-21T16:00:00+01:00"


@pytest.mark.parametrize(
    ("file", "wiring"),
    [
        ("aidon/list2-6515-1phase", Wiring.ONE_PHASE),
        ("aidon/list2-6525-it", Wiring.THREE_WIRE),
        ("aidon/list2-6534-tn", Wiring.FOUR_WIRE),
        ("aidon/list2-6540-it-ct", Wiring.THREE_WIRE),
        ("aidon/list2-6550-tn-ct", Wiring.FOUR_WIRE),
        ("embriq/list2-zff-it", Wiring.THREE_WIRE),
        ("embriq/list2-zmf-tn", Wiring.FOUR_WIRE),
        ("kaifa/list2-ma105h2e-1phase", Wiring.ONE_PHASE),
        ("kaifa/list2-ma304h3e-it", Wiring.THREE_WIRE),
        ("kaifa/list2-ma304h4-tn", Wiring.FOUR_WIRE),
        ("kaifa/list2-ma304t3-it-ct", Wiring.THREE_WIRE),
        ("kaifa/list3-ma304t4-tn-ct", Wiring.FOUR_WIRE),
        ("kamstrup/list1-1phase-nulls", Wiring.ONE_PHASE),
        ("kamstrup/list1-684-it-tagged", Wiring.THREE_WIRE),
        ("kamstrup/list1-685-it-ct", Wiring.THREE_WIRE),
        ("kamstrup/list2-685-tn-ct", Wiring.FOUR_WIRE),
        ("aidon/list1-no", None),
        ("kamstrup/list1-3phase", None),  # the vendor's example has no type number
    ],
)
def test_the_wiring_follows_from_the_meter_type(file: str, wiring: Wiring | None) -> None:
    assert decode(named(file).data).wiring is wiring


def test_an_l2_current_that_a_three_wire_meter_does_send_is_kept() -> None:
    data = decode(named("kaifa/list2-ma304h3e-it").data)
    assert data.current_l2 == 28.103


def kamstrup(*volts: int) -> Measurement:
    pairs = [(code(f"{c}.7.0"), Data(Tag.LONG_UNSIGNED, sent)) for c, sent in zip((32, 52, 72), volts, strict=True)]
    return measure(structure(text("Kamstrup_V0001"), *(data for pair in pairs for data in pair)))


def test_voltages_are_in_hundredths_where_one_in_the_list_could_be_nothing_else() -> None:
    whole, finer = kamstrup(229, 0, 500), kamstrup(350, 22100, 0)  # here a phase with 3.5 V and one with none
    assert (whole.voltage_l1, whole.voltage_l2, whole.voltage_l3) == (229, 0, 500)
    assert (finer.voltage_l1, finer.voltage_l2, finer.voltage_l3) == (3.5, 221, 0)
    assert {register.scaler for register in finer.registers if register.unit} == {-2}


def test_hundredths_of_a_volt_are_read_as_such_down_to_a_brown_out() -> None:
    # No HAN port has more than 300 V between neutral and line or 500 V between lines: 8000 is 80.00 V.
    for volts in range(6, 301):
        for sent in (100 * volts, 100 * volts + 99):
            found = kamstrup(sent, 0, sent)
            assert (found.voltage_l1, found.voltage_l2, found.voltage_l3) == (sent / 100, 0, sent / 100)
        whole = kamstrup(volts, 0, volts)
        assert (whole.voltage_l1, whole.voltage_l3) == (volts, volts)


def test_smaller_steps_hold_for_all_voltages_of_a_list_whatever_their_types() -> None:
    wire = Link((1,), (1,), 0x13)
    exponents = {"V": 0, "V/u32": 1}
    profile = Profile(
        manufacturer="X", links=(wire,), exponents=exponents, higher_resolution={"V": HigherResolution(8192, -2)}
    )

    def volts(l1: int, l2: int) -> tuple[float | None, float | None]:
        body = structure(code("32.7.0"), number(l1), code("52.7.0"), Data(Tag.LONG_UNSIGNED, l2))
        found = read(DataNotification(0, None, body), [profile], wire).measurement(Scale(), None)
        return found.voltage_l1, found.voltage_l2

    assert volts(23, 231) == (230, 231)
    assert volts(23000, 231) == (230, 2.31)


def test_a_scale_multiplies_its_quantities_and_leaves_registers_alone() -> None:
    file = named("kamstrup/list2-685-tn-ct").data
    plain, scaled = decode(file), decode(file, scale=Scale.ct("100:5"))
    assert scaled.current_l1 == 47.4  # 2.370 A × 20
    assert scaled.active_power_import == 24680
    assert scaled.active_energy_import == 246913400
    assert scaled.voltage_l1 == plain.voltage_l1 == 232
    assert scaled.registers == plain.registers
    assert decode(file, scale=Scale(voltage=0.1)).voltage_l1 == 23.2


@pytest.mark.parametrize(
    ("obis", "unit", "field", "factor"),
    [
        ("31.7.0", 33, "current_l1", 2),  # A
        ("32.7.0", 35, "voltage_l1", 3),  # V
        ("1.7.0", 27, "active_power_import", 5),  # W
        ("3.7.0", 29, "reactive_power_import", 5),  # var
        ("1.8.0", 30, "active_energy_import", 7),  # Wh
        ("3.8.0", 32, "reactive_energy_import", 7),  # varh
        ("13.7.0", 255, "power_factor", 1),
        ("14.7.0", 44, "frequency", 1),  # Hz
    ],
)
def test_each_unit_has_the_factor_of_its_quantity(obis: str, unit: int, field: str, factor: int) -> None:
    body = array(register(obis, number(11), 0, unit))
    measurement = measure(body, scale=Scale(current=2, voltage=3, power=5, energy=7))
    assert getattr(measurement, field) == 11 * factor
    assert measurement.registers[0].value == 11


def test_a_field_has_one_type_for_every_meter() -> None:
    for file in SOUND:
        for scale in (Scale(), Scale.ct(20), Scale.ct("150:7"), Scale(voltage=100)):
            (push,) = decode_all(file.data, scale=scale)[:1]
            sent = {entry.field: register for register in reversed(push.registers) if (entry := _entry(register))}
            for field in Measurement.fields():
                value = getattr(push, field.name)
                if field.kind is Kind.NUMBER and value is not None:
                    register, factor = sent[field.name], getattr(scale, SCALED.get(field.unit, "voltage"))
                    is_scaled = field.unit in SCALED and type(factor) is not int
                    has_decimals = isinstance(register.value, float) or (register.scaler or 0) < 0
                    is_whole = field.unit in ("W", "var", "Wh", "varh") and not is_scaled and not has_decimals
                    assert type(value) is (int if is_whole else float), (field.name, scale)


def _entry(register: Register) -> Entry | None:
    return lookup(register.obis) if register.obis else None
