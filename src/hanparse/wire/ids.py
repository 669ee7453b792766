"""The number of a meter -> another of the same length, and every way in which both are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

IDENTIFYING_DIGITS: Final = 6
"""A text with as many digits may be the number of a meter, one with fewer is a type or a version."""

_FIRST: Final = 17
_ENDINGS: Final = 80  # 17 to 96: two digits tell the numbers of a report apart
_PLACES: Final = 2
_SHORTEST_TEXT: Final = 5
_SHORTEST_TAIL: Final = 8  # digits; meters show the last ones of a long number as their own
_LONGEST_NUMBER: Final = 40  # digits; DSMR writes the 17 characters of an equipment identifier in 34
_IDENTIFYING_BYTES: Final = 3  # bytes that are not 00; with fewer a value may look the same by chance
_MAKER: Final = 3  # letters in front, by which makers are known (FLAG association)
_TITLE: Final = 8  # octets of a system title
_RUN: Final = re.compile(rb"\d{%d,}" % IDENTIFYING_DIGITS)
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_HEX_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]+")
_DECIMAL: Final = b"".join(b"\\x%d%d" % divmod(octet, 10) for octet in range(100))
_FILLED: Final = b"".join(b"\\x%dF" % digit for digit in range(10))  # the last digit of an odd number
_DECIMAL_OCTETS: Final = re.compile(b"[%b]{3,}[%b%b]" % (_DECIMAL, _DECIMAL, _FILLED))
_DIGITS_AS_TEXT: Final = re.compile(rb"\d+[\0 ]*")
_LETTERS: Final = re.compile(rb"[A-Za-z]")
_BLANKS: Final = b"\0 \t\r\n"

# Hex digits alone, or behind the letters of a maker, with the digit of DIN 43863-5 or without, or the name of a list.
_HEX_NUMBER: Final = re.compile(
    rb"(?:\d?[A-Za-z]{3}|[A-Za-z]+_V\d{4})??([0-9A-Fa-f]{8,}|(?=[A-Fa-f]*\d)[0-9A-Fa-f]{6,})"
)
_SHORTEST_HEX: Final = 8  # a shorter one may be a type; where a code says that it is an id, any is


def digits(text: bytes) -> int:
    """How many digits there are."""
    return len(re.findall(rb"\d", text))


def is_number(text: bytes) -> bool:
    """Whether a text may be the number of a meter: it has six digits, or is eight hex digits, behind a maker or not."""
    hexadecimal = _HEX_NUMBER.fullmatch(text.strip(_BLANKS))
    return digits(text) >= IDENTIFYING_DIGITS or bool(hexadecimal and len(hexadecimal[1]) >= _SHORTEST_HEX)


def _places(text: bytes) -> list[int]:
    """Where the digits of the number are; a number of hex digits has letters among them."""
    start = len(text) - len(text.lstrip(_BLANKS))
    hexadecimal = _HEX_NUMBER.fullmatch(text.strip(_BLANKS))
    if hexadecimal:
        return list(range(start + hexadecimal.start(1), start + hexadecimal.end(1)))
    return [match.start() for match in re.finditer(rb"\d", text)]


def replacement(text: bytes, number: int = 0) -> bytes:
    """The text with other digits: 1, zeros, and 17 at the end; 18 and so on for other numbers."""
    return _with_other_digits(text, _places(text), number)


def _with_other_digits(text: bytes, places: list[int], number: int) -> bytes:
    ending = b"%d" % (_FIRST + number % _ENDINGS)
    other = (b"1" + ending.rjust(max(_PLACES, len(places) - 1), b"0"))[: len(places)]
    changed = dict(zip(places, other, strict=True))
    return bytes(changed.get(at, byte) for at, byte in enumerate(text))


def replacement_name(text: bytes, number: int = 0) -> bytes:
    """The same of what is known to be an id: where digits are few, its letters are its number, but for a maker's."""
    core = text.strip(_BLANKS)
    if len(core) > _MAKER and _HEX_DIGITS.fullmatch(core):
        start = text.index(core)
        return _with_other_digits(text, list(range(start, start + len(core))), number)
    if not is_number(text):
        text = text[:_MAKER] + _LETTERS.sub(b"X", text[_MAKER:])
    return replacement(text, number)


def replacement_octets(octets: bytes, number: int = 0) -> bytes:
    """Another system title or binary id: the letters of the maker in front are kept, the rest is zeros and a number."""
    maker = octets[:_MAKER] if octets[:_MAKER].isalpha() and octets[:_MAKER].isascii() else b""
    return (maker + b"\0" * (len(octets) - len(maker) - 1) + bytes([_FIRST + number % _ENDINGS]))[-len(octets) :]


def replacement_value(value: int, size: int, number: int = 0) -> int:
    """Another whole number of as many digits, one that `size` bytes hold."""
    return int(replacement(b"%d" % abs(value), number)) % (1 << 8 * size - 1)


def notations(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Every way in which `old` may stand in bytes, and `new` written the same way.

    As text in either case, hex digits as octets, and where six digits stand in a row: they alone, as packed BCD and as
    a whole number, in both byte orders; so too the last digits, 8 to 40 of them: a longer row is a text in hex. A
    binary notation with fewer than three bytes that are not 00 is left out: a value may look the same. So is a digit an
    octet: lists are full of small bytes.
    """
    pairs = {form(old): form(new) for form in (bytes, bytes.upper, bytes.lower) if len(old) >= _SHORTEST_TEXT}
    if _HEX.fullmatch(old) and _HEX.fullmatch(new):
        pairs |= _both_orders(bytes.fromhex(old.decode()), bytes.fromhex(new.decode()))
    run = max(_RUN.finditer(old), key=lambda match: len(match[0]), default=None)
    if run:
        other = new[run.start() : run.end()]
        pairs[run[0]] = other
        for start in _tails(len(other)):
            before, after = run[0][start:], other[start:]
            pairs |= _number(before, after)
            if start == 0 or len(before) % 2 == 0:
                pairs |= _both_orders(_packed(before), _packed(after))
            if len(before) % 2:
                pairs |= _both_orders(bytes.fromhex(f"{before.decode()}F"), bytes.fromhex(f"{after.decode()}F"))
    return {before: after for before, after in pairs.items() if before != after}


def _tails(size: int) -> Iterable[int]:
    """Return where the last digits begin that are written alone; the first is the whole row, if it may be a number."""
    return range(max(0, size - _LONGEST_NUMBER), max(1, size - _SHORTEST_TAIL + 1))


def is_packed(octets: bytes) -> bool:
    """Whether octets may be eight digits or more in packed BCD, even if they can be printed; digits as text are not.

    So may the octets of a system title that follow the letters of its maker.
    """
    if len(octets) == _TITLE and octets[:_MAKER].isalpha() and not octets.isalnum():
        octets = octets[_MAKER:]
    decimal = _DECIMAL_OCTETS.fullmatch(octets) is not None
    return decimal and is_identifying(octets) and not _DIGITS_AS_TEXT.fullmatch(octets)


def _packed(digits: bytes) -> bytes:
    """Packed BCD."""
    return bytes.fromhex("0" * (len(digits) % 2) + digits.decode())


def _number(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Digits as a whole number, without the zeros in front."""
    value = int(old)
    if len(str(value)) < IDENTIFYING_DIGITS:
        return {}
    size = (value.bit_length() + 7) // 8
    other = 10 ** (len(str(value)) - 1) + int(new[-_PLACES:])
    return _both_orders(value.to_bytes(size, "big"), other.to_bytes(size, "big"))


def _both_orders(old: bytes, new: bytes) -> dict[bytes, bytes]:
    return {old: new, old[::-1]: new[::-1]} if is_identifying(old) else {}


def is_identifying(octets: bytes) -> bool:
    """Whether there are so many that no value looks the same by chance."""
    return len(octets) - octets.count(0) >= _IDENTIFYING_BYTES
