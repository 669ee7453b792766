"""Lists that no meter sends, for tests: every shape, false descriptions; and the next list of a kind.

`any_push` makes a list and says who sends it, `following` another one of the same length and types. Nothing here asks
hanparse what a list means: it knows shapes and codes from documents, and makes the bytes with the grammar. All is drawn
from a `Random`: the same seed gives the same lists.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from bodies import array, code, entry, octets, register, structure, text
from framefiles import sealed
from listvalues import (
    CLOCK_SIZE,
    CLOCKS,
    CODES,
    IDENTIFIERS,
    INTEGERS,
    METERS,
    MODELS,
    POOLS,
    TEXTS,
    UNITS,
    any_clock,
    any_number,
    anything,
    clock_octets,
    code_octets,
    compact_array,
    later,
    meter_number,
    octets_of,
    value_for,
    value_of,
)

from hanparse import cosem
from hanparse.axdr.data import AttributeDescriptor, CompactArray, Data, DateTime, Tag, Untagged
from hanparse.cosem import DataNotification
from hanparse.measurement import Wiring
from hanparse.meters import PROFILES, HigherResolution, Model, Place, Profile, codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

GENERAL: Final = Profile(
    manufacturer=None,
    exponents={"W": 0, "var": 0, "A": -2, "V": 0, "Wh": 0, "varh": 0, "": -2, "Hz": 0},
    higher_resolution={"V": HigherResolution(8192, -2), "A": HigherResolution(64, -3)},
    models=(Model("6525", Wiring.THREE_WIRE, exponents={"A": -3}, not_measured=("current_l2", "voltage_l2")),),
)
"""Reads what says its codes alone, with every part that a profile may have."""
SHORT: Final = Profile(
    manufacturer="Short",
    list_ids=("K", "1"),
    positions=(codes("? 1.7.0"), codes("0-0:96.1.0 1.7.0 ?"), codes("1-1:0.2.129 0-0:96.1.0/oct6 ?")),
    signatures=(codes("0-0:96.1.0/oct6 2.7.0"), codes("0-0:96.1.0/oct6 2.7.0 ?"), codes("0-0:1.0.0 0-0:96.1.0 32.7.0")),
    exponents={"W": 0, "V": -1},
    higher_resolution={"V": HigherResolution(64, -2)},
)
"""Lists in which the number of the meter stands where others have the identifier of the list."""


def _pair(rng: Random, obis: str) -> tuple[Data, ...]:
    return code(obis), value_for(rng, obis)


def _triple(rng: Random, obis: str) -> tuple[Data, ...]:
    scaler = rng.choice((0, 0, 1, -1, -2, -3, 127, -128))
    return register(obis, value_for(rng, obis), scaler, UNITS.get(obis, 255)).value  # type: ignore[return-value]


def _groups(rng: Random, *, whole: float = 0) -> list[tuple[Data, ...]]:
    """Codes with their values, all pairs, all with scaler and unit, or both; some of them as structures."""
    makers = rng.choice(([_pair], [_triple], [_pair, _triple]))
    pool = rng.choice(POOLS)
    groups = [rng.choice(makers)(rng, rng.choice(pool)) for _ in range(rng.randint(1, 6))]
    return [(structure(*group),) if rng.random() < whole else group for group in groups]


def registers(rng: Random) -> Data:
    """An array of structures, each with code, value, perhaps scaler and unit; among them what is none."""
    found = [structure(*parts) for parts in _groups(rng)]
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        found.insert(rng.randint(0, len(found)), rng.choice((rng.choice(found), anything(rng))))
    return array(*found)


def flat(rng: Random) -> Data:
    """Codes and values in turn, pairs or triples, with registers between them and what has no code at the ends."""
    groups = _groups(rng, whole=0.15)
    if rng.random() < 0.2:
        groups.append((Data(Tag.NULL_DATA), anything(rng)))
    if rng.random() < 0.5:
        groups.append((code("0-0:96.1.0"), meter_number(rng)))
    head = [text(rng.choice(IDENTIFIERS)), value_for(rng, "0-0:1.0.0")]
    tail = [meter_number(rng), meter_number(rng), Data(Tag.NULL_DATA)]
    ends = [[rng.choice(end)] if rng.random() < 0.5 else [] for end in (head, tail)]
    return structure(*ends[0], *(part for group in groups for part in group), *ends[1])


def between_clock_and_meter(rng: Random) -> Data:
    """A clock without a code, registers, the number of a meter with its code, and one without (Austria)."""
    power = register("1.7.0", any_number(rng), 0, 27).value
    assert isinstance(power, tuple)
    rest = [_triple(rng, rng.choice(list(UNITS))) for _ in range(rng.randint(0, 2))]
    meter = octets(rng.choice(METERS)) if rng.random() < 0.5 else meter_number(rng)
    meters = (code("0-0:96.1.0"), meter, meter_number(rng))[: rng.choice((0, 2, 3, 3))]
    clock = octets(clock_octets(any_clock(rng)))
    return structure(clock, *power, *(part for group in rest for part in group), *meters)


def in_steps_unknown(rng: Random) -> Data:
    """Voltages and currents of one type without scalers, from a meter that may not measure all of them."""
    tag = rng.choice(list(INTEGERS))
    names = rng.choices(["32.7.0", "52.7.0", "1-1:52.7.0", "51.7.0", "1-1:51.7.0"], k=rng.randint(1, 4))
    values = [Data(tag, 0) if rng.random() < 0.3 else value_of(rng, tag) for _ in names]
    model = structure(code("0-0:96.1.7"), text(rng.choice(MODELS[:3])))
    return array(model, *(structure(code(obis), value) for obis, value in zip(names, values, strict=True)))


def described(rng: Random) -> Data:
    """A push-object-list, and the elements that it describes; some of its entries are false, also that of itself."""
    itself = rng.choice(("0-0:25.9.0", "0-8:25.9.0", "0-8:25.9.0", "0-6:25.9.0", rng.choice(CODES)))
    listed, found = [_false_entry(rng, itself)], []
    device = ["0-0:42.0.0"] if rng.random() < 0.5 else []
    for obis in (*device, *rng.choices(CODES, k=rng.randint(0, 6))):
        group = 8 if obis in CLOCKS else 1 if obis in TEXTS else 3
        listed.append(entry(group, obis) if rng.random() < 0.8 else _false_entry(rng, obis))
        found.append(value_for(rng, obis))
    return structure(array(*listed), *found)


def _false_entry(rng: Random, obis: str) -> Data:
    return entry(rng.choice((1, 3, 4, 8, 40, 70)), obis, rng.choice((1, 2, 2, 3)), rng.choice((0, 0, 0, 1)))


def attributes(rng: Random) -> Data:
    """A reason, and attributes that each have a descriptor without a tag in front (Green Book, access)."""
    listed = []
    for obis in rng.choices(CODES, k=rng.randint(1, 6)):
        group, attribute = rng.choice(((1, 2), (3, 2), (3, 2), (8, 2), (3, 3), (70, 2)))
        name = Data(Untagged.ATTRIBUTE_DESCRIPTOR, AttributeDescriptor(group, code_octets(obis), attribute))
        listed.append(structure(name, value_for(rng, obis)))
    return structure(Data(Tag.ENUM, rng.randint(0, 255)), array(*listed))


_ORDERS: Final = [places for profile in PROFILES for places in (*profile.positions, *profile.signatures)]
_SHORT_ORDERS: Final = [*SHORT.positions, *SHORT.signatures]


def positional(rng: Random) -> Data:
    """Values without codes, in an order that a document gives, or in any."""
    if rng.random() < 0.1:
        return structure(*(anything(rng) for _ in range(rng.randint(0, 8))))
    found = [_at(rng, place) for place in rng.choice(rng.choice((_ORDERS, _SHORT_ORDERS)))]
    if rng.random() < 0.2:
        found[0] = text(rng.choice(IDENTIFIERS))
    for at in range(rng.choice((0, 0, 0, 1, len(found) // 3))):
        found[-1 - at] = Data(Tag.NULL_DATA)
    return structure(*found)


def _at(rng: Random, place: Place) -> Data:
    """What a document demands at this position."""
    beginning = place.pattern.rstrip("*") if place.demanded or rng.random() < 0.5 else ""
    if place.tag is Tag.OCTET_STRING and ":" in beginning:
        return code(beginning)
    if place.tag in (Tag.OCTET_STRING, Tag.VISIBLE_STRING):
        size = place.size or 8
        return octets((beginning.encode() + octets_of(rng, size))[:size])
    if place.tag is Tag.ARRAY:
        return array(*(anything(rng) for _ in range(rng.randint(0, 3))))
    if isinstance(place.tag, Tag):
        return value_of(rng, place.tag)
    return value_for(rng, str(place.obis)) if place.obis else any_number(rng)


SHAPES: Final = (
    *(registers, flat, between_clock_and_meter, in_steps_unknown, described),
    *(attributes, positional, anything),
)
"""What makes a body of each shape, from a `Random`."""


def _address(groups: tuple[int, ...]) -> bytes:
    return bytes(group << 1 | (at == len(groups)) for at, group in enumerate(groups, 1))


HEADERS: Final = (
    b"\x41\x08\x83\x13",  # of no maker
    *(
        _address(wire.destination) + _address(wire.source) + bytes([wire.control])
        for wire in sorted({wire for profile in PROFILES for wire in profile.links})
    ),
)
"""Addresses and control of HDLC frames: those by which a maker is known, and others."""
_LARGEST: Final = 2000  # of an APDU in one frame, whatever its addresses
_LLC: Final = b"\xe6\xe7\x00"


class Push(NamedTuple):
    """A list, the date-time of its APDU, and who sends it: addresses and control."""

    header: bytes
    notification: DataNotification

    @property
    def frame(self) -> bytes:
        """The frame that it arrives in."""
        return sealed(_LLC + cosem.build(self.notification), self.header)


def any_push(rng: Random, shapes: tuple[Callable[[Random], Data], ...] = SHAPES) -> Push:
    """A list of one of these shapes, from any address, in one frame."""
    date_time = any_clock(rng) if rng.random() < 0.5 else None
    tagged = date_time is not None and rng.random() < 0.2
    body = rng.choice(shapes)(rng)
    notification = DataNotification(rng.getrandbits(32), date_time, body, tagged=tagged)
    if len(cosem.build(notification)) > _LARGEST:
        return any_push(rng, shapes)
    return Push(rng.choice(HEADERS), notification)


def following(rng: Random, first: Push) -> Push:
    """Another push of the same length and types: up to four of its values, and perhaps its date-time, are others.

    Mostly what a meter changes: numbers, strings that are no codes, clocks; at times anything.
    """
    invoke_id, date_time, body, tagged = (getattr(first.notification, name) for name in DataNotification.__slots__)
    changes = rng.choice((_is_number, _is_string, _is_number, _is_string, lambda _data: True))
    changing = [place for place, data in enumerate(_values(body)) if changes(data)]
    places = set(rng.sample(changing, min(len(changing), rng.choice((1, 1, 2, 4)))))
    if date_time is not None and rng.random() < 0.5:
        date_time = later(rng, date_time)
    values = iter([_like(rng, data) if at in places else data for at, data in enumerate(_values(body))])
    return Push(first.header, DataNotification(invoke_id ^ 1, date_time, _rebuilt(body, values), tagged=tagged))


def _is_number(data: Data) -> bool:
    return data.tag in INTEGERS


_CODE_OCTETS: Final = frozenset(map(code_octets, CODES))


def _is_string(data: Data) -> bool:
    return data.tag is Tag.DATE_TIME or (isinstance(data.value, bytes | str) and data.value not in _CODE_OCTETS)


def _values(data: Data) -> Iterator[Data]:
    """The values of a body that are replaced as a whole."""
    if data.tag in (Tag.ARRAY, Tag.STRUCTURE):
        assert isinstance(data.value, tuple)
        for part in data.value:
            assert isinstance(part, Data)
            yield from _values(part)
    else:
        yield data


def _rebuilt(data: Data, values: Iterator[Data]) -> Data:
    if data.tag in (Tag.ARRAY, Tag.STRUCTURE):
        assert isinstance(data.value, tuple)
        return Data(data.tag, tuple(_rebuilt(part, values) for part in data.value if isinstance(part, Data)))
    return next(values)


def _like(rng: Random, data: Data) -> Data:
    """Another value of the same type and size."""
    value = data.value
    if isinstance(value, AttributeDescriptor):
        class_id, attribute_id = rng.choice((1, 3, 4, 8, 70)), rng.choice((2, 3, 255))
        return Data(data.tag, value._replace(class_id=class_id, attribute_id=attribute_id))
    if isinstance(value, CompactArray):
        return compact_array(rng, value.description, len(value.elements))
    if isinstance(value, DateTime):
        return Data(data.tag, later(rng, value))
    if isinstance(value, bytes) and len(value) == CLOCK_SIZE and rng.random() < 0.5:
        return octets(clock_octets(later(rng, DateTime(*struct.unpack(">H7BhB", value)))))
    sent = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    assert isinstance(data.tag, Tag)
    return value_of(rng, data.tag, len(sent) if isinstance(sent, bytes) else None)
