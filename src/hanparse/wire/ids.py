"""Replaces the number of a meter with a made-up number of the same length, so that a report identifies no meter.

A push can contain the number in several notations, for example as text or in packed BCD. `notations` returns all of
them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

IDENTIFYING_DIGITS: Final = 6
"""The smallest number of digits in the number of a meter. A text with fewer digits is a type or a version."""

_FIRST: Final = 17
_ENDINGS: Final = 80  # the last two digits, 17 to 96, distinguish the numbers in a report
REPLACEMENTS: Final = 9 * _ENDINGS
"""The number of different replacements of a number: 80 for each first digit from 1 to 9."""

_ENDING_DIGITS: Final = 2
_SHORTEST_TEXT: Final = 5
_SHORTEST_TAIL: Final = 8  # digits; some meters send only the last digits of a longer number
_LONGEST_NUMBER: Final = 40  # digits; DSMR writes the 17 characters of an equipment identifier as 34 digits
_IDENTIFYING_BYTES: Final = 3  # bytes that are not 00; fewer bytes may equal a value by chance
_MAKER: Final = 3  # letters at the beginning that identify the manufacturer (FLAG association)
_TITLE: Final = 8  # octets of a system title
_RUN: Final = re.compile(rb"\d{%d,}" % IDENTIFYING_DIGITS)
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_HEX_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]+")
_DECIMAL: Final = b"".join(b"\\x%d%d" % divmod(octet, 10) for octet in range(100))
_FILLED: Final = b"".join(b"\\x%dF" % digit for digit in range(10))  # the last octet, if the number of digits is odd
_DECIMAL_OCTETS: Final = re.compile(b"[%b]{3,}[%b%b]" % (_DECIMAL, _DECIMAL, _FILLED))
_DIGITS_AS_TEXT: Final = re.compile(rb"\d+[\0 ]*")
_LETTERS: Final = re.compile(rb"[A-Za-z]")
_BLANKS: Final = b"\0 \t\r\n"

# The pattern matches hex digits and an optional prefix. The prefix is a list identifier or the letters of the
# manufacturer. In DIN 43863-5 one digit precedes these letters.
_HEX_NUMBER: Final = re.compile(
    rb"(?:\d?[A-Za-z]{3}|[A-Za-z]+_V\d{4})??([0-9A-Fa-f]{8,}|(?=[A-Fa-f]*\d)[0-9A-Fa-f]{6,})"
)
_SHORTEST_HEX: Final = 8  # fewer hex digits may be a type


def digits(text: bytes) -> int:
    """Return the number of digits in `text`."""
    return len(re.findall(rb"\d", text))


def is_number(text: bytes) -> bool:
    """Return whether `text` may be the number of a meter.

    The number of a meter has at least six digits, or at least eight hex digits after an optional prefix.
    """
    hexadecimal = _HEX_NUMBER.fullmatch(text.strip(_BLANKS))
    return digits(text) >= IDENTIFYING_DIGITS or bool(hexadecimal and len(hexadecimal[1]) >= _SHORTEST_HEX)


def _digit_indexes(text: bytes) -> list[int]:
    """Return the indexes of the digits of the number in `text`. In a number of hex digits, letters are digits, too."""
    start = len(text) - len(text.lstrip(_BLANKS))
    hexadecimal = _HEX_NUMBER.fullmatch(text.strip(_BLANKS))
    if hexadecimal:
        return list(range(start + hexadecimal.start(1), start + hexadecimal.end(1)))
    return [match.start() for match in re.finditer(rb"\d", text)]


def replacement(text: bytes, number: int = 0) -> bytes:
    """Return `text` with made-up digits: first 1 + `number` // 80, then zeros, and 17 + `number` % 80 as the last two.

    After a first digit of 9, the first digit is 1 again.
    """
    return _with_other_digits(text, _digit_indexes(text), number)


def _with_other_digits(text: bytes, indexes: list[int], number: int) -> bytes:
    ending = b"%d" % (_FIRST + number % _ENDINGS)
    leading = b"%d" % (1 + number // _ENDINGS % 9)
    other = (leading + ending.rjust(max(_ENDING_DIGITS, len(indexes) - 1), b"0"))[: len(indexes)]
    changed = dict(zip(indexes, other, strict=True))
    return bytes(changed.get(at, byte) for at, byte in enumerate(text))


def replacement_name(text: bytes, number: int = 0) -> bytes:
    """Return a made-up text that replaces `text`, the value of a register that identifies the meter.

    If `text` consists of more than three hex digits, each of them is replaced. If any other `text` has too few digits
    for a number, its letters become X, too. Letters among its first three characters do not change, because they may
    identify the manufacturer.
    """
    core = text.strip(_BLANKS)
    if len(core) > _MAKER and _HEX_DIGITS.fullmatch(core):
        start = text.index(core)
        return _with_other_digits(text, list(range(start, start + len(core))), number)
    if not is_number(text):
        text = text[:_MAKER] + _LETTERS.sub(b"X", text[_MAKER:])
    return replacement(text, number)


def replacement_octets(octets: bytes, number: int = 0) -> bytes:
    """Return a made-up system title or binary identifier, which has the length of `octets`.

    It consists of the letters of the manufacturer, if `octets` begins with them, zero bytes, and the byte 17 +
    `number` % 80.
    """
    maker = octets[:_MAKER] if octets[:_MAKER].isalpha() and octets[:_MAKER].isascii() else b""
    return (maker + b"\0" * (len(octets) - len(maker) - 1) + bytes([_FIRST + number % _ENDINGS]))[-len(octets) :]


def replacement_value(value: int, size: int, number: int = 0) -> int:
    """Return a made-up integer that fits into `size` bytes. If possible, it has as many digits as `value`."""
    return int(replacement(b"%d" % abs(value), number)) % (1 << 8 * size - 1)


def notations(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Return a mapping from every notation of `old` in bytes to the same notation of `new`.

    The notations are the text in upper and lower case, and the bytes that its hex digits encode. The longest sequence
    of six or more digits in `old` has further notations: as text, as packed BCD in both byte orders, and as an integer
    in both byte orders. The last 8, 9, ... or 40 of these digits also have the notations as packed BCD and as an
    integer, because some meters send only the last digits.

    The mapping contains no binary notation in which fewer than three bytes differ from 00, because a measured value may
    equal such bytes. It contains no notation with one digit in each byte either, because many bytes of a push are
    small.
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
            pairs |= _as_integer(before, after)
            if start == 0 or len(before) % 2 == 0:
                pairs |= _both_orders(_packed(before), _packed(after))
            if len(before) % 2:
                pairs |= _both_orders(bytes.fromhex(f"{before.decode()}F"), bytes.fromhex(f"{after.decode()}F"))
    return {before: after for before, after in pairs.items() if before != after}


def _tails(size: int) -> Iterable[int]:
    """Return each index at which the last 8 to 40 digits of a number with `size` digits begin."""
    return range(max(0, size - _LONGEST_NUMBER), max(1, size - _SHORTEST_TAIL + 1))


def is_packed(octets: bytes) -> bool:
    """Return whether octets may be eight or more digits in packed BCD, even if they are printable characters.

    A text of digits, such as ``b"12345678"``, is not packed BCD. In a system title, this function examines only the
    octets after the letters of the manufacturer.
    """
    if len(octets) == _TITLE and octets[:_MAKER].isalpha() and not octets.isalnum():
        octets = octets[_MAKER:]
    decimal = _DECIMAL_OCTETS.fullmatch(octets) is not None
    return decimal and is_identifying(octets) and not _DIGITS_AS_TEXT.fullmatch(octets)


def _packed(digits: bytes) -> bytes:
    """Return the digits in packed BCD. If the number of digits is odd, a zero precedes them."""
    return bytes.fromhex("0" * (len(digits) % 2) + digits.decode())


def _as_integer(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Return a mapping from the bytes of the integer `old` to the bytes of its replacement, in both byte orders."""
    value = int(old)
    if len(str(value)) < IDENTIFYING_DIGITS:
        return {}
    size = (value.bit_length() + 7) // 8
    other = 10 ** (len(str(value)) - 1) + int(new[-_ENDING_DIGITS:])
    return _both_orders(value.to_bytes(size, "big"), other.to_bytes(size, "big"))


def _both_orders(old: bytes, new: bytes) -> dict[bytes, bytes]:
    return {old: new, old[::-1]: new[::-1]} if is_identifying(old) else {}


def is_identifying(octets: bytes) -> bool:
    """Return whether at least three octets differ from 00. A measured value seldom equals such octets by chance."""
    return len(octets) - octets.count(0) >= _IDENTIFYING_BYTES
