"""Finds the system titles of ciphered pushes, and returns the replacement and the notations of a title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse.security.header import parts
from hanparse.wire import identify, ids
from hanparse.wire.llc import strip_llc

if TYPE_CHECKING:
    from hanparse.wire.message import Message

_LETTERS: Final = 3  # of the manufacturer (FLAG association), which are not replaced


def places(message: Message) -> list[int]:
    """Return the positions of the system title in the stream; none for a plain push and for an empty title."""
    apdu = strip_llc(message.payload)
    if not identify.is_protected(apdu):
        return []
    start = len(message.payload) - len(apdu)
    spans = [range(part.start, part.end) for part in parts(apdu)[0] if part.name == "system title"]
    return [message.position(start + at) for span in spans for at in span]


def serial(title: bytes) -> int:
    """Return the index of the first byte that identifies the meter and not its manufacturer."""
    return _LETTERS if title[:_LETTERS].isalpha() else 0  # bytes.isalpha is true for ASCII letters only


def replacement(title: bytes) -> bytes:
    """Return another title of the same manufacturer."""
    start = serial(title)
    return title[:start] + ids.replacement_octets(title[start:])


def notations(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Return a mapping from each notation of a title, or of its last bytes, to the same notation of another one.

    The notations do not contain zeros at the beginning, which may belong to another value next to them.
    """
    start = len(old) - len(old.lstrip(b"\0"))
    old, new = old[start:], new[start:]
    found = {old: new} if ids.is_identifying(old) else {}
    for before, after in ((old.hex(), new.hex()), (old.hex().upper(), new.hex().upper())):
        found |= ids.notations(before.encode(), after.encode())
    return found
