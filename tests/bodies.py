"""Bodies of pushes for tests: built part by part, taken apart into leaves, read by the profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanparse import Measurement, Obis, Scale
from hanparse.axdr.data import Data, DateTime, Tag
from hanparse.cosem import DataNotification
from hanparse.meters import PROFILES, Profile, read
from hanparse.wire.link import Link

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_SPECIFIED = -0x8000
KAIFA_WIRE = Link((0,), (1, 0), 0x10)


def text(value: str) -> Data:
    return Data(Tag.VISIBLE_STRING, value)


def octets(value: bytes) -> Data:
    return Data(Tag.OCTET_STRING, value)


def number(value: int) -> Data:
    return Data(Tag.DOUBLE_LONG_UNSIGNED, value)


def code(obis: str) -> Data:
    return octets(bytes(Obis.parse(obis)))


def structure(*elements: Data) -> Data:
    return Data(Tag.STRUCTURE, elements)


def register(obis: str, value: Data, scaler: int, unit: int) -> Data:
    return structure(code(obis), value, structure(Data(Tag.INTEGER, scaler), Data(Tag.ENUM, unit)))


def array(*elements: Data) -> Data:
    return Data(Tag.ARRAY, elements)


def sent(
    *wall: int, deviation: int = NOT_SPECIFIED, status: int = 0, hundredths: int = 255, weekday: int = 255
) -> DateTime:
    year, month, day, hour, minute, second = wall
    return DateTime(year, month, day, weekday, hour, minute, second, hundredths, deviation, status)


def entry(group: int, obis: str, attribute: int = 2, index: int = 0) -> Data:
    named_by = (Data(Tag.LONG_UNSIGNED, group), code(obis), Data(Tag.INTEGER, attribute))
    return structure(*named_by, Data(Tag.LONG_UNSIGNED, index))


def leaves(data: Data) -> Iterator[Data]:
    """The values that hold no others, by a walk apart from that of hanparse."""
    if data.tag in (Tag.ARRAY, Tag.STRUCTURE):
        assert isinstance(data.value, tuple)
        yield from (leaf for element in data.value if isinstance(element, Data) for leaf in leaves(element))
    else:
        yield data


def measure(
    body: Data, link: Link | None = None, known: Profile | None = None, scale: Scale | None = None
) -> Measurement:
    return read(DataNotification(0, None, body), PROFILES, link, known).measurement(scale or Scale(), None)
