"""Finds the system titles of ciphered pushes, and returns the replacement and the notations of a system title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.security.header import parts
from hanparse.wire import identify, ids
from hanparse.wire.llc import strip_llc

if TYPE_CHECKING:
    from hanparse.wire.message import Message

_LETTERS: Final = 3  # the number of letters of the manufacturer (FLAG association); they are not replaced


def places(message: Message) -> list[int]:
    """Return the position in the stream of each byte of the system title in `message`.

    The result is empty for a plain push and for an empty title.
    """
    apdu = strip_llc(message.payload)
    if not identify.is_protected(apdu):
        return []
    start = len(message.payload) - len(apdu)
    spans = [range(part.start, part.end) for part in parts(apdu)[0] if part.name == "system title"]
    return [message.position(start + at) for span in spans for at in span]


def serial(title: bytes) -> int:
    """Return the index of the meter number in a title: 3, or 0 if the title does not begin with three letters."""
    return _LETTERS if title[:_LETTERS].isalpha() else 0  # bytes.isalpha is true for ASCII letters only


def replacement(title: bytes) -> bytes:
    """Return a title with the same manufacturer and another meter number."""
    start = serial(title)
    return title[:start] + ids.replacement_octets(title[start:])


def notations(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Map each notation of the title `old` to the same notation of the title `new`.

    `old` and `new` can also be the meter numbers of two titles without the letters. Zero bytes at the start of `old`
    are left out, because a zero byte in the stream can belong to the previous value.
    """
    start = len(old) - len(old.lstrip(b"\0"))
    old, new = old[start:], new[start:]
    found = {old: new} if ids.is_identifying(old) else {}
    for before, after in ((old.hex(), new.hex()), (old.hex().upper(), new.hex().upper())):
        found |= ids.notations(before.encode(), after.encode())
    return found
