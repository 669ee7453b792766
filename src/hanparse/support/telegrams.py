"""Finds identifiers and values in P1 telegrams. Identifiers of meters are replaced, values are not replaced.

A group is the text between two parentheses. The identifiers are:

* The groups of a line with the OBIS code of an equipment identifier (also of a sub-meter), of a logical device name or
  of an ID number (C.D = 0.0).
* The messages to the consumer (C.D = 96.13), because a message can contain a name or an address.
* At least six consecutive digits in the identification line, because some meters send their number in this line.
* Words that contain at least six digits or consist of at least eight hex digits. They are only identifiers in a line
  that cannot be read, in a line whose code is not in the OBIS registry, and in a line whose code belongs to a text.
  Numbers with a unit, codes and times are not identifiers.

In a damaged telegram, the last rule applies to lines with any code, because the code can be damaged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.meters.p1 import values
from hanparse.obis import Kind, Obis, lookup
from hanparse.p1 import Line
from hanparse.wire import ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.support.unreadable import Change

_LINE: Final = re.compile(rb"[^\r\n\0]+")
_LINE_OF_DAMAGED: Final = re.compile(
    rb"(?<![^\r\n\0])\d{1,2}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:[.*&]\d{1,3})?(?:\([^()\r\n]*\))+(?=[\r\n]|\Z)"
)
_GROUP: Final = re.compile(rb"\(([^()]*)\)")
_WORD: Final = re.compile(rb"[0-9A-Za-z]+(?:[.,]\d+)?(?:\*\w+)?")
_CODE: Final = re.compile(r"\d{1,2}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:[.*&]\d{1,3})?")
_CLOCK: Final = re.compile(r"\d{12}[SW]|20\d{6} \d\d:\d\d:\d\d")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_TEXT: Final = re.compile(rb"[ -~]{%d,}" % ids.IDENTIFYING_DIGITS)
_RUN: Final = re.compile(rb"\d{%d,}" % ids.IDENTIFYING_DIGITS)
_SAGEMCOM_TYPE: Final = re.compile(rb"\\\d{9}_[A-Z]")  # Sagemcom: the number of the meter type, not of the meter
_BAUD: Final = 5  # characters at the start of the identification line: a slash, three letters, the baud rate
_DEVICE_NAME: Final = (0, 42)  # A, C
_VERSIONS: Final = (Obis.parse("1-3:0.2.8"), Obis.parse("0-0:96.1.4"))
_SHORTEST_MESSAGE: Final = 6  # characters; a shorter text can occur in any other text


class Found(NamedTuple):
    """Contains the identifiers and the values in a text.

    An identifier is its start, its end, and the functions that replace it. A value is its start and its end.
    """

    identifiers: list[tuple[int, int, Change]]
    values: list[tuple[int, int]]


def in_telegram(text: bytes) -> Found:
    """Return the identifiers and values of a sound telegram."""
    found = Found([], [])
    code: Obis | None = None
    for match in _LINE.finditer(text):
        start, line = match.start(), Line.parse(match[0].decode("ascii"))
        if start == 0:
            found.identifiers.extend(_in_identification(text[: match.end()]))
        elif line.groups and (line.obis or not line.code.strip()):
            code = line.obis or code  # a line without a code continues the previous line
            _add_groups(found, match[0], start, code, is_sound=True)
        elif not match[0].startswith(b"!"):
            _add_words(found, match[0], start)
    return found


def in_damaged(text: bytes) -> tuple[Found, list[tuple[int, int]]]:
    """Return the identifiers and values in the lines of damaged telegrams, and the start and end of each line."""
    found, lines = Found([], []), []
    for match in _LINE_OF_DAMAGED.finditer(text):
        line = Line.parse(match[0].decode("latin-1"))
        _add_groups(found, match[0], match.start(), line.obis, is_sound=False)
        lines.append(match.span())
    return found, lines


def _in_identification(text: bytes) -> Iterator[tuple[int, int, Change]]:
    if not _SAGEMCOM_TYPE.fullmatch(text, _BAUD):
        for match in _RUN.finditer(text, _BAUD):
            yield *match.span(), (ids.replacement, _notations)


def _add_groups(found: Found, line: bytes, start: int, code: Obis | None, *, is_sound: bool) -> None:
    for match in _GROUP.finditer(line):
        text, span = match[1].decode("latin-1"), (start + match.start(1), start + match.end(1))
        change = _change(text, code)
        if change is None and not _is_value(text, code, is_sound=is_sound) and ids.is_number(match[1]):
            change = _other_id, _notations
        if change:
            found.identifiers.append((*span, change))
        else:
            found.values.append(span)


def _add_words(found: Found, line: bytes, start: int) -> None:
    """Add the words of a line that cannot be read."""
    for match in _WORD.finditer(line):
        span = start + match.start(), start + match.end()
        if _is_value(match[0].decode("ascii"), None, is_sound=False):
            found.values.append(span)
        elif ids.is_number(match[0]):
            found.identifiers.append((*span, (ids.replacement, _notations)))


def _change(text: str, code: Obis | None) -> Change | None:
    """Return the functions that replace a group. Return `None` if `code` is not of an identifier or a message."""
    if code is None or not text.strip():
        return None
    if (code.c, code.d) == (96, 13):
        return _no_message, _whole
    is_id = (code.c, code.d) == (96, 1) or code[:3:2] == _DEVICE_NAME or code.c == code.d == 0
    is_version = code in _VERSIONS and not ids.is_number(text.encode("latin-1"))
    return (_other_id, _notations) if is_id and not is_version else None


def _is_value(text: str, code: Obis | None, *, is_sound: bool) -> bool:
    """Return whether a group looks like a value, a code or a clock.

    In a sound telegram, a number with a decimal point is also a value. Each group of a line is also a value if the code
    of the line is in the registry and does not belong to a text.
    """
    number = values.number(text)
    if number and (number.unit or (is_sound and number.exponent)):
        return True
    if _CODE.fullmatch(text) or _CLOCK.fullmatch(text):
        return True
    if code is None or not is_sound:
        return False
    entry = lookup(code)
    is_clock_or_status = (code.c, code.d) in {(0, 9), (96, 5)}  # the date and time of an optical port; a status word
    return is_clock_or_status or (entry is not None and entry.kind is not Kind.TEXT)


# --- replacements ----------------------------------------------------------------------------------------------------


def _other_id(old: bytes, number: int) -> bytes:
    """Return another identifier. If `old` consists of the hex digits of a text, the result does, too."""
    sent = _decoded(old)
    if sent is None:
        return ids.replacement_name(old, number)
    start = len(old) - len(old.lstrip())
    digits = ids.replacement_name(sent, number).hex().encode()
    return (old[:start] + (digits.upper() if old == old.upper() else digits)).ljust(len(old))


def _decoded(text: bytes) -> bytes | None:
    """Return the characters of an identifier that is sent as hex digits. Return `None` for another identifier."""
    shown = text.decode("latin-1").strip()
    return bytes.fromhex(shown) if values.identifier(shown) != (shown or None) else None


def _notations(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Return the notations that `hanparse.wire.ids` defines.

    For notations that are texts, also return their hex digits.
    """
    before, after = ((_decoded(text) or text).strip(b"\0 ") for text in (old, new))
    return _with_hex_digits(ids.notations(before, after))


def _with_hex_digits(pairs: dict[bytes, bytes]) -> dict[bytes, bytes]:
    texts = {old: new for old, new in pairs.items() if is_text(old) and is_text(new)}
    upper = {old.hex().upper().encode(): new.hex().upper().encode() for old, new in texts.items()}
    return pairs | upper | {old.lower(): new.lower() for old, new in upper.items()}


def is_text(notation: bytes) -> bool:
    """Return whether a notation consists of at least six characters of printable ASCII, as in a telegram."""
    return _TEXT.fullmatch(notation) is not None


def _no_message(old: bytes, _number: int) -> bytes:
    """Return a message in which X replaces each letter and digit."""
    if _HEX.fullmatch(old.decode("latin-1").strip()):
        return re.sub(rb"\w\w", b"58", old)
    return re.sub(rb"\w", b"X", old)


def _whole(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Return the notations of a message: its text and its hex digits.

    The result is empty for fewer than six characters.
    """
    shown = old.decode("latin-1").strip()
    before, after = (bytes.fromhex(t.decode()) if _HEX.fullmatch(shown) else t for t in (old.strip(), new.strip()))
    return _with_hex_digits({before: after}) if len(before) >= _SHORTEST_MESSAGE else {}
