"""The number of a meter -> another of the same length, and every way in which both are written."""

from __future__ import annotations

import re
from typing import Final

TELLING_DIGITS: Final = 6
"""A text with as many digits may be the number of a meter, one with fewer is a type or a version."""

_FIRST: Final = 17
_ENDINGS: Final = 80  # 17 to 96: two digits tell the numbers of a report apart
_PLACES: Final = 2
_SHORTEST_TEXT: Final = 5
_SHORTEST_TAIL: Final = 8  # digits; meters show the last ones of a long number as their own
_TELLING_BYTES: Final = 3  # bytes that are not 00; with fewer a value may look the same by chance
_MAKER: Final = 3  # letters in front, by which makers are known (FLAG association)
_RUN: Final = re.compile(rb"\d{%d,}" % TELLING_DIGITS)
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_LETTERS: Final = re.compile(rb"[A-Za-z]")


def digits(text: bytes) -> int:
    """How many digits there are."""
    return len(re.findall(rb"\d", text))


def another(text: bytes, number: int = 0) -> bytes:
    """The text with other digits: 1, zeros, and 17 at the end; 18 and so on for other numbers."""
    places = [match.start() for match in re.finditer(rb"\d", text)]
    ending = b"%d" % (_FIRST + number % _ENDINGS)
    other = (b"1" + ending.rjust(max(_PLACES, len(places) - 1), b"0"))[: len(places)]
    changed = dict(zip(places, other, strict=True))
    return bytes(changed.get(at, byte) for at, byte in enumerate(text))


def another_name(text: bytes, number: int = 0) -> bytes:
    """The same of what is known to be an id: where digits are few, its letters are its number, but for a maker's."""
    if digits(text) < TELLING_DIGITS:
        text = text[:_MAKER] + _LETTERS.sub(b"X", text[_MAKER:])
    return another(text, number)


def another_title(octets: bytes, number: int = 0) -> bytes:
    """Another system title or binary id: the letters of the maker in front are kept, the rest is zeros and a number."""
    maker = octets[:_MAKER] if octets[:_MAKER].isalpha() else b""
    return (maker + b"\0" * (len(octets) - len(maker) - 1) + bytes([_FIRST + number % _ENDINGS]))[-len(octets) :]


def another_value(value: int, size: int, number: int = 0) -> int:
    """Another whole number of as many digits, one that `size` bytes hold."""
    return int(another(b"%d" % abs(value), number)) % (1 << 8 * size - 1)


def notations(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Every way in which `old` may stand in bytes, and `new` written the same way.

    As text in either case, and where six digits stand in a row: they alone, as packed BCD and as a whole number, in
    both byte orders; so too the last digits from eight on. A binary notation with fewer than three bytes that are not
    00 is left out: a value may look the same.
    """
    pairs = {form(old): form(new) for form in (bytes, bytes.upper, bytes.lower) if len(old) >= _SHORTEST_TEXT}
    if _HEX.fullmatch(old):
        pairs |= _both_orders(bytes.fromhex(old.decode()), bytes.fromhex(new.decode()))
    run = max(_RUN.finditer(old), key=lambda match: len(match[0]), default=None)
    if run:
        other = new[run.start() : run.end()]
        pairs[run[0]] = other
        for start in {0, *range(len(other) - _SHORTEST_TAIL + 1)}:
            pairs |= _number(run[0][start:], other[start:])
            if start == 0 or (len(other) - start) % 2 == 0:
                pairs |= _both_orders(_packed(run[0][start:]), _packed(other[start:]))
    return {before: after for before, after in pairs.items() if before != after}


def _packed(digits: bytes) -> bytes:
    """Packed BCD."""
    return bytes.fromhex("0" * (len(digits) % 2) + digits.decode())


def _number(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Digits as a whole number, without the zeros in front."""
    value = int(old)
    if len(str(value)) < TELLING_DIGITS:
        return {}
    size = (value.bit_length() + 7) // 8
    other = 10 ** (len(str(value)) - 1) + int(new[-_PLACES:])
    return _both_orders(value.to_bytes(size, "big"), other.to_bytes(size, "big"))


def _both_orders(old: bytes, new: bytes) -> dict[bytes, bytes]:
    return {old: new, old[::-1]: new[::-1]} if is_telling(old) else {}


def is_telling(octets: bytes) -> bool:
    """Whether there are so many that no value looks the same by chance."""
    return len(octets) - octets.count(0) >= _TELLING_BYTES
