"""Seeds -> mutated pushes, sealed with right checksums to reach the layers behind them; mutated bytes; heavy inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import streams
from framefiles import ALL, SOUND
from wire import CLAIMS, LARGEST, LLC, seal, seeded

from hanparse import cosem
from hanparse.axdr.data import Data, Tag

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Mutation = Callable[[Random, bytes], bytes]

_HEADERS: Final = [file.data[3 : file.data.index(LLC) - 2] for file in SOUND]
_TEXT_MARKS: Final = "gxG- ,:0\n\t\\$\0é٣"


class Span(NamedTuple):
    """Where an element of an APDU stands, and the count of the list that it is in."""

    start: int
    end: int
    count_at: int


def _spans(data: Data, count_at: int) -> list[Span]:
    inner = data.value if data.tag in (Tag.ARRAY, Tag.STRUCTURE) and isinstance(data.value, tuple) else ()
    parts = [span for part in inner if isinstance(part, Data) for span in _spans(part, data.offset + 1)]
    return [Span(data.offset, data.offset + data.length, count_at), *parts]


APDUS: Final = [file.apdu for file in SOUND]
_SPANS: Final = {apdu: _spans(cosem.parse(apdu).body, 0)[1:] for apdu in APDUS}


# --- values that may stand where another stood -----------------------------------------------------------------------

_SIZES: Final = {
    Tag.NULL_DATA: 0,
    Tag.BOOLEAN: 1,
    Tag.DOUBLE_LONG: 4,
    Tag.DOUBLE_LONG_UNSIGNED: 4,
    Tag.BCD: 1,
    Tag.INTEGER: 1,
    Tag.LONG: 2,
    Tag.UNSIGNED: 1,
    Tag.LONG_UNSIGNED: 2,
    Tag.LONG64: 8,
    Tag.LONG64_UNSIGNED: 8,
    Tag.ENUM: 1,
    Tag.FLOAT32: 4,
    Tag.FLOAT64: 8,
    Tag.DATE_TIME: 12,
    Tag.DATE: 5,
    Tag.TIME: 4,
    Tag.DELTA_INTEGER: 1,
    Tag.DELTA_LONG: 2,
    Tag.DELTA_DOUBLE_LONG: 4,
    Tag.DELTA_UNSIGNED: 1,
    Tag.DELTA_LONG_UNSIGNED: 2,
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: 4,
    Tag.DONT_CARE: 0,
}  # fmt: skip  bytes of each type of one size, Blue Book 4.1.5
_STRINGS: Final = (Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.UTF8_STRING)
_LENGTHS: Final = (
    *(b"\0", b"\x01", b"\x02", b"\x06", b"\x0c", b"\x7f", b"\x80", b"\xff"),
    *(b"\x81\x02", b"\x82\x00\x06", b"\x82\xff\xff", b"\x84\xff\xff\xff\xff", b"\x88\x7f" + b"\xff" * 7),
    b"\xfe" + bytes(125) + b"\x01",
)
_EDGES: Final = (b"\0", b"\xff", b"\x7f\xff", b"\x80\0", b"\x7f\xf0\0", b"\x7f\x80\0", b"\xff\xff\x80\0")


def _value(rng: Random) -> bytes:
    """Any value, sound by itself."""
    tag = rng.choice((*_SIZES, *_STRINGS, Tag.BIT_STRING, Tag.COMPACT_ARRAY, Tag.STRUCTURE))
    if tag in _SIZES:
        content = _content(rng, _SIZES[tag])
    elif tag is Tag.STRUCTURE:
        content = b"\x02" + _value(rng) + _value(rng)
    elif tag is Tag.COMPACT_ARRAY:
        content = _compact_array(rng)
    else:
        size = rng.choice((0, 1, 5, 6, 12, 16, 40))  # in bits for a bit-string
        content = bytes([size]) + _content(rng, (size + 7) // 8 if tag is Tag.BIT_STRING else size)
    return bytes([tag]) + content


def _content(rng: Random, size: int) -> bytes:
    """Bytes from all over the type, or from its edges: zero, all ones, largest, smallest, infinite, not a number."""
    if rng.random() < 0.5:
        return rng.randbytes(size)
    edge = rng.choice(_EDGES)
    return (edge + edge[-1:] * size)[:size]


def _compact_array(rng: Random) -> bytes:
    """A description, nested or not, and contents that may fit it."""
    single = bytes([rng.choice((*_SIZES, *_STRINGS))])
    description = rng.choice((single, b"\x02\x02" + single * 2, b"\x02\0", b"\x01" + rng.randbytes(2) + single))
    contents = rng.randbytes(rng.choice((0, 1, 8, 24)))
    return description + bytes([len(contents)]) + contents


# --- mutations of elements -------------------------------------------------------------------------------------------


def _replaced(apdu: bytes, start: int, end: int, by: bytes) -> bytes:
    return apdu[:start] + by + apdu[end:]


def _counted(rng: Random, apdu: bytes, span: Span, more: int) -> bytes:
    """Mostly with the count that a list has with one element more or less."""
    count = bytes([(apdu[span.count_at] + more) % 256])
    return _replaced(apdu, span.count_at, span.count_at + 1, count) if rng.randrange(4) else apdu


def _other_value(rng: Random, apdu: bytes) -> bytes:
    span = rng.choice(_SPANS[apdu])
    return _replaced(apdu, span.start, span.end, _value(rng))


def _other_tag(rng: Random, apdu: bytes) -> bytes:
    at = rng.choice(_SPANS[apdu]).start
    return _replaced(apdu, at, at + 1, bytes([rng.choice((*Tag, rng.randrange(256)))]))


def _other_count(rng: Random, apdu: bytes) -> bytes:
    """Another count or length, or another first byte of a number."""
    at = rng.choice(_SPANS[apdu]).start + 1
    near = bytes([(apdu[min(at, len(apdu) - 1)] + rng.choice((-1, 1))) % 256])
    return _replaced(apdu, at, at + 1, rng.choice((near, *_LENGTHS)))


def _without_element(rng: Random, apdu: bytes) -> bytes:
    span = rng.choice(_SPANS[apdu])
    return _replaced(_counted(rng, apdu, span, -1), span.start, span.end, b"")


def _twice(rng: Random, apdu: bytes) -> bytes:
    span = rng.choice(_SPANS[apdu])
    return _replaced(_counted(rng, apdu, span, 1), span.end, span.end, apdu[span.start : span.end])


def _swapped(rng: Random, apdu: bytes) -> bytes:
    """Two elements exchanged; one in place of the list that it is in, where they are such."""
    first, second = sorted(rng.choices(_SPANS[apdu], k=2))
    one, other = apdu[first.start : first.end], apdu[second.start : second.end]
    changed = _replaced(apdu, second.start, second.end, one)
    return changed if first.end > second.start else _replaced(changed, first.start, first.end, other)


def _grafted(rng: Random, apdu: bytes) -> bytes:
    """An element of another push in place of one of this."""
    other = rng.choice(APDUS)
    span, taken = rng.choice(_SPANS[apdu]), rng.choice(_SPANS[other])
    return _replaced(apdu, span.start, span.end, other[taken.start : taken.end])


def _deeper(rng: Random, apdu: bytes) -> bytes:
    at = rng.choice(_SPANS[apdu]).start
    return _replaced(apdu, at, at, rng.choice((b"\x02\x01", b"\x01\x01")) * rng.choice((1, 12, 16, 300)))


# --- mutations of bytes ----------------------------------------------------------------------------------------------


def _damaged(rng: Random, data: bytes) -> bytes:
    return streams.damage(rng, data) if data else b"\0"


def _change(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.choice((0, 1, 6, 0x7E, 0x7F, 0x80, 0xFF, rng.randrange(256)))]) + data[at + 1 :]


def _spliced(rng: Random, data: bytes) -> bytes:
    other = rng.choice(APDUS)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


def _cut(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


_OF_ELEMENTS: Final[tuple[Mutation, ...]] = (
    *(_other_value, _other_value, _other_tag, _other_count, _without_element),
    *(_twice, _swapped, _grafted, _deeper),
)
_OF_BYTES: Final[tuple[Mutation, ...]] = (_change, _change, _damaged, _spliced, _cut)


def _several(rng: Random, data: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 5))):
        data = rng.choice(_OF_BYTES)(rng, data)
    return data


# --- what is decoded -------------------------------------------------------------------------------------------------


def mutated_apdu(rng: Random) -> bytes:
    """A push of which an element, or some bytes, or both are other than the meter sent."""
    apdu = rng.choice(APDUS)
    kind = rng.randrange(4)
    if kind:
        apdu = rng.choice(_OF_ELEMENTS)(rng, apdu)
    return apdu if kind > 1 else _several(rng, apdu)


def _sealed(rng: Random, apdu: bytes) -> bytes:
    information = rng.choice((LLC, LLC, LLC, b"\xe6\xe6\0", b"")) + apdu
    return seal(information[: LARGEST - 20] or LLC, rng.choice(_HEADERS))


def _raw(rng: Random) -> bytes:
    """A frame, sound or refused, or a stream, with bytes changed and without new checksums."""
    data = rng.choice(ALL).data if rng.randrange(8) else streams.stream(rng.randrange(10**6)).data
    return _several(rng, data)[:4095]


def _text(rng: Random) -> str:
    text = rng.choice(ALL).data.hex(rng.choice((" ", ":", "-", "\n")))
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(_TEXT_MARKS) + text[at + rng.randrange(2) :]


def mutated(seed: int) -> bytes | str:
    """What `decode` is given: mostly a sealed mutation, else a bare APDU, mutated bytes, or a hex dump."""
    rng = seeded(seed)
    match seed % 8:
        case 0:
            return _raw(rng)
        case 1:
            return mutated_apdu(rng)
        case 2:
            return _text(rng)
        case 3:
            return b"".join(_sealed(rng, mutated_apdu(rng)) for _ in range(rng.randint(2, 4)))[:4095]
    return _sealed(rng, mutated_apdu(rng))


def retold(seed: int) -> tuple[bytes, bytes, bytes]:
    """Header and APDU of a push, and the APDU with bytes overwritten in place, as the meter may send it next."""
    rng = seeded(seed)
    number = rng.randrange(len(APDUS))
    changed = bytearray(APDUS[number])
    for _ in range(rng.choice((1, 1, 2, 8))):
        span = rng.choice(_SPANS[APDUS[number]])
        changed[rng.randrange(span.start, span.end)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return _HEADERS[number], APDUS[number], bytes(changed)


# --- the heaviest that fits into 4 KiB -------------------------------------------------------------------------------

_START: Final = bytes.fromhex("0F 40000000 00")
_REGISTER: Final = bytes.fromhex("0203 0906 0100010700FF 06 00000118 0202 0F00 161B")


def _list(what: bytes, tag: bytes = b"\x02", elements: int = 1) -> bytes:
    """A push with a list that repeats `what`, which is so many elements."""
    count = 4000 // len(what)
    return _START + tag + b"\x82" + (count * elements).to_bytes(2, "big") + what * count


def heavy() -> dict[str, bytes]:
    """Inputs of nearly 4 KiB that make every layer do as much as it can be made to, by name."""
    short = min((file.data for file in SOUND), key=len)
    return {
        "frames": short * (4095 // len(short)),
        "frames that share flags": short[:-1] * (4094 // (len(short) - 1)) + b"\x7e",
        "unknown lists that share flags": seal(LLC + _START + b"\x02\x01\0")[:-1] * 160 + b"\x7e",
        "headers that claim 2047 bytes": CLAIMS[0] * (4095 // len(CLAIMS[0])),
        "headers in headers": CLAIMS[1] * (4095 // len(CLAIMS[1])),
        "half headers": b"\x7e\xa7" * 2047,
        "flags": b"\x7e" * 4095,
        "segments": seal(LLC, segmented=True) + b"".join(_segments(325)),
        "registers": _list(_REGISTER, b"\x01"),
        "nulls": _list(b"\0"),
        "codes without values": _list(_REGISTER[2:10] + b"\0", elements=2),
        "clocks": _list(bytes.fromhex("090C07E1090F0505212800800000")),
        "texts": _list(b"\x0a\x01|"),
        "bits": _START + b"\x04\x82\x7c\x00" + b"\xff" * 3968,
        "nested": _list(b"\x02\x01" * 14 + b"\0"),
        "compact-array of nothing": _START + bytes.fromhex("13 02 82 0F00") + b"\0" * 0xF00 + b"\x01\0",
        "compact-array of arrays": _START + bytes.fromhex("13 01 FFFF 00 82 0F00") + b"\0" * 0xF00,
        "compact-arrays": _list(bytes.fromhex("13 0200 01 00")),
        "long length": _START + b"\x09\xfe" + b"\xff" * 126 + b"\0" * 3900,
    }


def _segments(count: int) -> list[bytes]:
    """Segments of one byte, each sharing its opening flag with the one before."""
    return [seal(bytes([i % 251]), segmented=True)[1:] for i in range(count)]
