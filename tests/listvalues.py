"""Values that no meter sends, for tests: every A-XDR type, edges, numbers of meters that are codes, clocks as text.

All is drawn from a `Random`: the same seed gives the same values.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from bodies import code, octets, text

from hanparse.axdr.data import CompactArray, Data, Date, DateTime, Tag, Time, TypeDescription

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

INTEGERS: Final = {
    Tag.INTEGER: (-(2**7), 2**7 - 1),
    Tag.LONG: (-(2**15), 2**15 - 1),
    Tag.DOUBLE_LONG: (-(2**31), 2**31 - 1),
    Tag.LONG64: (-(2**63), 2**63 - 1),
    Tag.UNSIGNED: (0, 2**8 - 1),
    Tag.LONG_UNSIGNED: (0, 2**16 - 1),
    Tag.DOUBLE_LONG_UNSIGNED: (0, 2**32 - 1),
    Tag.LONG64_UNSIGNED: (0, 2**64 - 1),
}
"""The types of integers, with their limits (Blue Book 4.1.5)."""
_LIMITS: Final = INTEGERS | {
    **dict.fromkeys((Tag.BCD, Tag.DELTA_INTEGER), INTEGERS[Tag.INTEGER]),
    **dict.fromkeys((Tag.ENUM, Tag.DELTA_UNSIGNED), INTEGERS[Tag.UNSIGNED]),
    Tag.DELTA_LONG: INTEGERS[Tag.LONG],
    Tag.DELTA_DOUBLE_LONG: INTEGERS[Tag.DOUBLE_LONG],
    Tag.DELTA_LONG_UNSIGNED: INTEGERS[Tag.LONG_UNSIGNED],
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: INTEGERS[Tag.DOUBLE_LONG_UNSIGNED],
}
_CODE_SIZE, CLOCK_SIZE = 6, 12

IDENTIFIERS: Final = ("AIDON_V1", "KFM_001", "Kamstrup_V1", "EMBRIQ_V1_1", "ISK1", "SMS1", "LGZ1", "LGF1", "SAG1", "?")
MODELS: Final = ("6525", "6525", "6534", "MA304T3", "MA304H3E", "MA304H4", "ZFF110", "ZMF110", "685112", "684113", "")
_EDGES: Final = (0, 1, 2, 63, 64, 65, 127, 128, 230, 8191, 8192, 8193, 16383, 16384, 23000, 40960)
METERS: Final = (b"123456", b"\r12345", b"\x0012345", b"\t\t1234", b"ISK123", b"KFM_12", b"\0\0\0\0\0\0", b" 12345")
# Moments, what is none, and what is printable text besides, as octets.
_DAYS: Final = (
    *((2024, 2, 29), (2026, 10, 25), (2031, 12, 31), (1, 1, 1), (0xFFFF, 255, 255)),
    *((3338, 10, 10), (0x3030, 48, 48), (8224, 12, 31)),
)
_HOURS: Final = ((0, 0, 0), (2, 30, 0), (10, 48, 48), (23, 59, 59), (24, 0, 0), (48, 48, 48), (255, 255, 255))
_DEVIATIONS: Final = (-0x8000, 0, 0, -60, -120, 720, 721, 0x3030)
_BYTES: Final = (0, 0, 0, 1, 7, 10, 48, 99, 128, 255, 255)


def _integer(rng: Random, tag: Tag) -> int:
    low, high = _LIMITS[tag]
    edge = rng.choice(_EDGES) * rng.choice((1, 1, -1))
    return rng.choice((edge, edge, low, high)) if low <= edge <= high else rng.randint(low, high)


def _date(rng: Random) -> Date:
    return Date(*rng.choice(_DAYS), rng.choice((10, *_BYTES)))


def _time(rng: Random) -> Time:
    return Time(*rng.choice(_HOURS), rng.choice(_BYTES))


def any_clock(rng: Random) -> DateTime:
    date, time = _date(rng), _time(rng)
    if rng.random() < 0.6:  # a moment
        date, time = Date(2026, 3, rng.randint(1, 31), 255), Time(rng.randint(0, 23), 30, 0, time.hundredths)
    return DateTime(*date, *time, rng.choice(_DEVIATIONS), rng.choice(_BYTES))


def later(rng: Random, clock: DateTime) -> DateTime:
    """Another clock; mostly with the same hundredths and deviation."""
    found = any_clock(rng)
    same = rng.random() < 0.8
    return found._replace(hundredths=clock.hundredths, deviation=clock.deviation) if same else found


def clock_octets(clock: DateTime) -> bytes:
    return struct.pack(">H7BhB", *clock)


def octets_of(rng: Random, size: int) -> bytes:
    """The number of a meter, a code, a clock, where it has the size for it, or anything."""
    made: list[Callable[[], bytes]] = [
        lambda: "".join(rng.choices("0123456789", k=size)).encode(),
        lambda: rng.randbytes(size),
    ]
    if size == _CODE_SIZE:
        made += [lambda: rng.choice(METERS), lambda: rng.choice(METERS), lambda: code_octets(rng.choice(CODES))]
    if size == CLOCK_SIZE:
        made += [lambda: clock_octets(any_clock(rng))] * 3
    return rng.choice(made)()


def _float(rng: Random, width: str) -> float:
    bits = rng.randbytes(struct.calcsize(width))
    kept = struct.unpack(width, bits)[0]
    return float(rng.choice((0.0, -0.0, 1.5, -230.25, float("inf"), -float("inf"), float("nan"), kept)))


def value_of(rng: Random, tag: Tag, size: int | None = None) -> Data:
    """A value of this type that holds no others; `size` is that of strings, any if left out."""
    if tag in _LIMITS:
        return Data(tag, _integer(rng, tag))
    size = rng.choice((0, 1, 4, 6, 6, 8, 12, 16)) if size is None else size
    made: dict[Tag, Callable[[], object]] = {
        Tag.BOOLEAN: lambda: rng.random() < 0.5,
        Tag.BIT_STRING: lambda: "".join(rng.choices("01", k=size)),
        Tag.OCTET_STRING: lambda: octets_of(rng, size),
        Tag.VISIBLE_STRING: lambda: octets_of(rng, size).decode("ascii", "surrogateescape"),
        Tag.UTF8_STRING: lambda: octets_of(rng, size).decode("utf-8", "surrogateescape"),
        Tag.FLOAT32: lambda: _float(rng, ">f"),
        Tag.FLOAT64: lambda: _float(rng, ">d"),
        Tag.DATE_TIME: lambda: any_clock(rng),
        Tag.DATE: lambda: _date(rng),
        Tag.TIME: lambda: _time(rng),
    }
    return Data(tag, made.get(tag, lambda: None)())  # type: ignore[arg-type]


_SCALARS: Final = [tag for tag in Tag if tag not in (Tag.ARRAY, Tag.STRUCTURE, Tag.COMPACT_ARRAY)]
_ELEMENTS: Final = (
    TypeDescription(Tag.LONG_UNSIGNED),
    TypeDescription(Tag.STRUCTURE, (TypeDescription(Tag.UNSIGNED), TypeDescription(Tag.FLOAT32))),
    TypeDescription(Tag.ARRAY, (TypeDescription(Tag.LONG),), 2),
)


def any_number(rng: Random) -> Data:
    return value_of(rng, rng.choice(list(INTEGERS)))


def anything(rng: Random, depth: int = 3) -> Data:
    """A value of any type, also one that holds others."""
    luck = rng.random()
    if luck < 0.1:
        return compact_array(rng, rng.choice(_ELEMENTS), 2)
    if luck < 0.35 and depth:
        return Data(
            rng.choice((Tag.ARRAY, Tag.STRUCTURE)), tuple(anything(rng, depth - 1) for _ in range(rng.randint(0, 4)))
        )
    return value_of(rng, rng.choice(_SCALARS))


def compact_array(rng: Random, kind: TypeDescription, count: int) -> Data:
    return Data(Tag.COMPACT_ARRAY, CompactArray(kind, tuple(_element(rng, kind) for _ in range(count))))


def _element(rng: Random, kind: TypeDescription) -> Data:
    if kind.tag is Tag.ARRAY:
        return Data(Tag.ARRAY, tuple(_element(rng, kind.members[0]) for _ in range(kind.count)))
    if kind.tag is Tag.STRUCTURE:
        return Data(Tag.STRUCTURE, tuple(_element(rng, member) for member in kind.members))
    return value_of(rng, kind.tag)


_NUMBERS: Final = ("0-0:96.1.0", "1-1:0.0.5")
TEXTS: Final = (*_NUMBERS, "1-1:0.2.129", "1-0:0.2.129", "0-0:96.1.7", "1-1:96.1.1", "0-0:42.0.0")
CLOCKS: Final = ("0-0:1.0.0", "0-1:1.0.0")
UNITS: Final = {
    **dict.fromkeys(("1-0:1.7.0", "1-1:1.7.0", "1-7:1.7.0", "1-0:2.7.0", "1-65:1.7.0", "1-0:21.7.0"), 27),
    **dict.fromkeys(("1-0:1.8.0", "1-1:1.8.0", "0-0:1.8.0", "0-1:1.8.0", "1-0:1.8.1", "1-0:2.8.0", "1-2:1.8.2"), 30),
    **dict.fromkeys(("1-0:31.7.0", "1-0:51.7.0", "1-0:71.7.0", "1-1:51.7.0"), 33),
    **dict.fromkeys(("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0", "1-1:52.7.0", "1-4:32.7.0"), 35),
    **dict.fromkeys(("1-0:13.7.0", "0-1:24.2.1", "0-0:96.3.10", "0-0:25.9.0", "0-6:25.9.0", "0-8:25.9.0"), 255),
    "1-0:3.7.0": 29,
    "1-0:14.7.0": 44,
    "1-0:81.7.40": 8,
    "0-0:17.0.0": 27,
    "7-0:1.8.0": 14,
}  # unit codes of the Blue Book: W, Wh, A, V, none, var, Hz, degrees, m³
CODES: Final = (*UNITS, *TEXTS, *CLOCKS)
POOLS: Final = (CODES, (*UNITS,), (*_NUMBERS, "1-0:1.7.0", "1-1:1.7.0"))
"""Codes that a list is made of: at times few, so that they come twice."""


def code_octets(obis: str) -> bytes:
    octets_sent = code(obis).value
    assert isinstance(octets_sent, bytes)
    return octets_sent


def _as_string(rng: Random, sent: bytes) -> Data:
    return text(sent.decode("ascii", "surrogateescape")) if rng.random() < 0.3 else octets(sent)


def meter_number(rng: Random) -> Data:
    """The number of a meter; often of six octets, as a code has."""
    return _as_string(rng, octets_of(rng, rng.choice((6, 6, 6, 8, 12, 16))))


def value_for(rng: Random, obis: str) -> Data:
    """What may stand behind a code: mostly what belongs there."""
    if rng.random() < 0.1:
        return anything(rng)
    if obis in CLOCKS:
        clock = any_clock(rng)
        return Data(Tag.DATE_TIME, clock) if rng.random() < 0.3 else octets(clock_octets(clock))
    if obis in _NUMBERS:
        return meter_number(rng)
    return _as_string(rng, rng.choice((*IDENTIFIERS, *MODELS)).encode()) if obis in TEXTS else any_number(rng)
