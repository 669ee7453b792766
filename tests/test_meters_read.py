"""Which profile reads a list, and which lists nobody reads."""

from __future__ import annotations

import pytest
from bodies import KAIFA_WIRE, array, code, entry, measure, number, octets, register, sent, structure, text
from framefiles import named

from hanparse import Scale, UnknownMeterError, cosem
from hanparse.axdr.data import Data, Tag
from hanparse.cosem import DataNotification
from hanparse.meters import PROFILES, Profile, codes, read, shapes
from hanparse.wire.link import Link

SELF_DESCRIBING = array(register("1.7.0", number(280), 0, 27))
BARE = structure(number(5852))


def profile_of(name: str) -> Profile:
    return next(profile for profile in PROFILES if profile.manufacturer == name)


def test_a_list_of_which_too_little_is_sent_to_tell_it_from_another_is_unknown() -> None:
    head = (octets(b"ISK1000000000017"), octets(b"ISK10000017"), *(number(value) for value in (1, 2, 3, 4)))
    with pytest.raises(UnknownMeterError):
        measure(structure(*head, *(Data(Tag.NULL_DATA) for _ in range(4))))
    assert measure(structure(*head, *(number(value) for value in (5, 6, 7, 8)))).active_energy_export_t2 == 4


def test_a_logical_device_name_names_the_maker_of_a_list_without_identifier() -> None:
    device = structure(code("0-0:42.0.0"), octets(b"KFM1200200000017"))
    assert measure(array(device, register("1.7.0", number(1), 0, 27))).manufacturer == "Kaifa"


def test_a_device_of_nobody_we_know_is_not_read_by_its_wire() -> None:
    device = structure(code("0-0:42.0.0"), octets(b"XYZ1200200000017"))
    measurement = measure(array(device, register("1.7.0", number(1), 0, 27)), Link((103, 127), (1,), 0x13))
    assert measurement.manufacturer is None
    with pytest.raises(UnknownMeterError):
        measure(array(device, structure(code("1.7.0"), number(1))), Link((103, 127), (1,), 0x13))


def described(setup: str, device: str, code: str, value: Data) -> Data:
    names = array(entry(40, setup), entry(1, "0-0:42.0.0"), entry(3, code))
    return structure(names, octets(device.encode()), value)


def test_a_push_set_up_and_a_device_together_name_the_maker_from_anywhere() -> None:
    volts = Data(Tag.LONG_UNSIGNED, 2301)
    for setup, device, maker, expected in (
        ("0-8:25.9.0", "LGZ1000000000017", "Landis+Gyr", 2301),
        ("0-6:25.9.0", "LGZ1000000000017", "Landis+Gyr", 230.1),
        ("0-6:25.9.0", "ISK1000000000017", "Iskraemeco", 230.1),
    ):
        for wire in (None, Link((16,), (1,), 0x13)):
            measurement = measure(described(setup, device, "32.7.0", volts), wire)
            assert (measurement.manufacturer, measurement.voltage_l1) == (maker, expected)
    for setup, device in (("0-7:25.9.0", "LGZ1000000000017"), ("0-8:25.9.0", "XYZ1000000000017")):
        with pytest.raises(UnknownMeterError):
            measure(described(setup, device, "32.7.0", volts))


UNKNOWN_LINK = Link((16,), (1,), 0x13)


@pytest.mark.parametrize("link", [None, UNKNOWN_LINK])
def test_a_push_setup_that_one_maker_has_names_the_maker_of_a_list_without_a_device(link: Link | None) -> None:
    volts = Data(Tag.LONG_UNSIGNED, 230)
    for setup in ("0-8:25.9.0", "0-9:25.9.0", "0-11:25.9.0"):
        measurement = measure(structure(array(entry(40, setup), entry(3, "32.7.0")), volts), link)
        assert (measurement.manufacturer, measurement.voltage_l1) == ("Landis+Gyr", 230)
    for setup in ("0-6:25.9.0", "0-7:25.9.0"):  # meters of several makers have the first, no known meter the second
        with pytest.raises(UnknownMeterError):
            measure(structure(array(entry(40, setup), entry(3, "32.7.0")), volts), link)


def test_powers_of_a_push_setup_that_several_makers_have_name_no_maker_and_give_no_voltage() -> None:
    listed = array(entry(40, "0-6:25.9.0"), entry(3, "1.7.0"), entry(3, "32.7.0"))
    found = measure(structure(listed, number(640), Data(Tag.LONG_UNSIGNED, 2301)), UNKNOWN_LINK)
    assert (found.manufacturer, found.active_power_import, found.voltage_l1) == (None, 640, None)


def test_the_same_described_list_has_the_scale_of_its_wire() -> None:
    body = structure(array(entry(40, "0-8:25.9.0"), entry(3, "32.7.0")), Data(Tag.LONG_UNSIGNED, 2301))
    scales = {(103, 127): 2301, (103,): 230.1, (103, 0x4D): 2301}
    for destination, expected in scales.items():
        assert measure(body, Link(destination, (1,), 0x13)).voltage_l1 == expected


def test_a_short_list_that_is_known_by_its_link_is_known_without_a_link_and_unknown_on_another() -> None:
    body = cosem.parse(named("iskraemeco/si-4").apdu).body
    for link in (Link((103,), (1, 17), 0x13), None):
        assert measure(body, link).active_energy_import == 900
    with pytest.raises(UnknownMeterError):
        measure(body, UNKNOWN_LINK)
    with pytest.raises(UnknownMeterError):
        measure(body, None, known=profile_of("Kaifa"))


def test_a_list_that_meters_of_two_makers_send_names_the_maker_of_its_wire_only() -> None:
    notification = cosem.parse(named("iskraemeco/at-kelag").apdu)
    for wire, maker in [
        (Link((103,), (1, 17), 0x13), "Iskraemeco"),
        (Link((103,), (0, 1, 0, 17), 0x13), None),  # Siemens IM350
        (None, None),
    ]:
        for profiles in (PROFILES, PROFILES[::-1]):
            measurement = read(notification, profiles, wire).measurement(Scale(), None)
            assert (measurement.manufacturer, measurement.active_power_import) == (maker, 9)


def test_a_list_with_known_codes_in_another_order_is_not_that_list() -> None:
    body = cosem.parse(named("landis_gyr/at-steiermark").apdu).body
    parts = shapes.elements(body)
    swapped = structure(parts[0], *parts[3:5], *parts[1:3], *parts[5:])
    assert measure(body).manufacturer == "Landis+Gyr"
    with pytest.raises(UnknownMeterError):
        measure(swapped)


def test_a_list_identifier_names_the_maker_in_upper_or_lower_case() -> None:
    body = array(structure(code("1-1:0.2.129"), text("Aidon_v0001")), register("1.7.0", number(1), 0, 27))
    assert measure(body).manufacturer == "Aidon"


def test_a_bare_value_is_known_by_its_wire() -> None:
    assert measure(BARE, link=KAIFA_WIRE).active_power_import == 5852
    assert measure(BARE, link=KAIFA_WIRE).manufacturer == "Kaifa"


def test_a_bare_value_is_known_by_who_was_seen_on_the_wire() -> None:
    assert measure(BARE, known=profile_of("Kaifa")).active_power_import == 5852
    assert measure(SELF_DESCRIBING, known=profile_of("Aidon")).manufacturer == "Aidon"


def test_a_bare_value_without_a_link_is_that_of_the_one_maker_who_sends_it() -> None:
    assert measure(BARE).active_power_import == 5852
    assert measure(BARE).manufacturer == "Kaifa"
    for other in (Data(Tag.LONG_UNSIGNED, 5852), Data(Tag.DOUBLE_LONG, 5852), Data(Tag.NULL_DATA)):
        with pytest.raises(UnknownMeterError):
            measure(structure(other))


@pytest.mark.parametrize("link", [Link((0,), (1, 0), 0x13), Link((0,), (0, 0), 0x10)])
def test_a_bare_value_on_another_link_is_an_unknown_meter(link: Link) -> None:
    with pytest.raises(UnknownMeterError):
        measure(BARE, link=link)


@pytest.mark.parametrize("link", [None, Link((0,), (1, 0), 0x13)])
def test_a_bare_value_where_another_maker_was_seen_is_an_unknown_meter(link: Link | None) -> None:
    with pytest.raises(UnknownMeterError):
        measure(BARE, link=link, known=profile_of("Aidon"))


def test_the_second_device_id_is_the_meter_number_where_the_first_is_not_sent() -> None:
    first = structure(code("0-0:96.1.0"), octets(b"10000017"))
    second = structure(code("0-0:96.1.1"), octets(b"1000017"))
    power = register("1.7.0", number(280), 0, 27)
    assert measure(array(second, power)).meter_id == "1000017"
    for both in ((first, second), (second, first)):
        assert measure(array(*both, power)).meter_id == "10000017"


def test_a_list_that_says_everything_itself_needs_no_maker() -> None:
    measurement = measure(SELF_DESCRIBING)
    assert (measurement.manufacturer, measurement.active_power_import) == (None, 280)


def test_a_list_that_says_everything_itself_is_not_given_to_a_maker_of_positional_lists() -> None:
    assert measure(SELF_DESCRIBING, link=KAIFA_WIRE, known=profile_of("Kaifa")).manufacturer is None


def test_a_list_that_names_another_maker_is_not_read_by_its_wire() -> None:
    body = structure(text("FOO_001"), *[text("1")] * 2, *[number(1)] * 10)
    with pytest.raises(UnknownMeterError):
        measure(body, link=KAIFA_WIRE, known=profile_of("Kaifa"))


def test_pairs_without_scalers_of_an_unknown_maker_are_not_guessed() -> None:
    with pytest.raises(UnknownMeterError):
        measure(structure(code("1.7.0"), number(1), code("31.7.0"), number(237)))


def test_a_list_of_a_known_maker_with_a_length_nobody_documented_is_unknown() -> None:
    with pytest.raises(UnknownMeterError):
        measure(structure(text("KFM_001"), text("1"), text("MA304H4"), *[number(1)] * 9))


@pytest.mark.parametrize("body", [number(5852), Data(Tag.DATE_TIME, sent(2024, 7, 1, 12, 0, 0)), text("AIDON_V0001")])
def test_a_push_that_is_no_list_is_an_unknown_meter(body: Data) -> None:
    with pytest.raises(UnknownMeterError):
        measure(body, link=KAIFA_WIRE, known=profile_of("Kaifa"))


@pytest.mark.parametrize(
    ("signature", "fits"),
    [
        ("1.7.0/u32", True),
        ("2.7.0/u32", False),
        ("1.7.0/u16", False),
        ("?/u32", False),  # where codes are sent, every code must fit
        ("1.7.0/u32 2.7.0/u32", False),
    ],
)
@pytest.mark.parametrize("channel", ["1-0", "1-1"])
def test_a_list_with_codes_fits_a_signature_of_these_codes_on_any_channel(
    signature: str, fits: bool, channel: str
) -> None:
    maker = Profile(manufacturer="X", signatures=(codes(signature),), exponents={"W": 0})
    body = structure(code(f"{channel}:1.7.0"), number(640))
    if fits:
        found = read(DataNotification(0, None, body), (maker,))
        assert found.measurement(Scale(), None).active_power_import == 640
    else:
        with pytest.raises(UnknownMeterError):
            read(DataNotification(0, None, body), (maker,))


def test_a_device_whose_scale_hangs_on_its_wire_is_read_elsewhere_by_a_known_push_setup_only() -> None:
    described = array(entry(40, "0-5:25.9.0"), entry(1, "0-0:42.0.0"), entry(3, "32.7.0"))
    body = structure(described, octets(b"LGZ1000000000017"), Data(Tag.LONG_UNSIGNED, 2301))
    for destination, expected in {(103, 127): 2301, (103,): 230.1}.items():
        measurement = measure(body, Link(destination, (1,), 0x13))
        assert (measurement.manufacturer, measurement.voltage_l1) == ("Landis+Gyr", expected)
    with pytest.raises(UnknownMeterError):
        measure(body)
    known = array(entry(40, "0-8:25.9.0"), entry(1, "0-0:42.0.0"), entry(3, "32.7.0"))
    assert measure(structure(known, *shapes.elements(body)[1:])).voltage_l1 == 2301


def test_a_short_list_is_known_by_the_maker_that_was_seen_before() -> None:
    maker = Profile(
        manufacturer="X", links=(Link((1,), (2,), 3),), signatures=(codes("1.7.0/u32"),), exponents={"W": 0}
    )
    push = DataNotification(0, None, structure(number(640)))
    for found in (read(push, (maker,), Link((1,), (2,), 3)), read(push, (maker,), None, maker)):
        assert found.measurement(Scale(), None).active_power_import == 640
    with pytest.raises(UnknownMeterError):
        read(push, (maker,), Link((1,), (2,), 4))


def test_an_element_that_is_no_value_takes_no_place_in_a_signature() -> None:
    maker = Profile(manufacturer="X", signatures=(codes("1.7.0/u32 2.7.0/u32"),), exponents={"W": 0})
    described = array(entry(40, "0-8:25.9.0"), entry(3, "1.7.0"), entry(3, "2.7.0"))
    found = read(DataNotification(0, None, structure(described, number(640), number(7))), (maker,))
    measurement = found.measurement(Scale(), None)
    assert (measurement.active_power_import, measurement.active_power_export) == (640, 7)
