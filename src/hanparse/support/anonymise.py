"""Replaces meter numbers in the bytes of a stream.

A list is readable if its APDU can be decoded. The module replaces:

* In a readable list: strings that contain at least six digits or consist of at least eight hex digits; octet-strings
  that are not a text, an OBIS code or a date-time; values of any type with the OBIS code of a meter number or a device
  name. The texts in `keep` are not replaced. If the manufacturer is known, the list identifier and the meter type are
  not replaced, unless they look like a meter number.
* In the header of a ciphered push: the system title, except the letters of the manufacturer.
* In sound and damaged P1 telegrams: the identifiers and messages that `hanparse.support.telegrams` finds.
* In all other bytes: the identifiers that `hanparse.support.unreadable` finds.
* All other occurrences of the numbers that were replaced, in the notations of `hanparse.wire.ids` and in base64. In a
  readable list, they are replaced only within a value, so that the list stays readable.

Lengths and the headers of frames do not change. The check sequence of each frame is updated: if it was right it stays
right, and if it was wrong it stays wrong. If a list contains a meter number as an integer without an OBIS code, the
module does not replace the number, because it looks like any other value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hanparse.annotate.spans import CARRIERS, find
from hanparse.receiver import walk
from hanparse.support import base64words, telegrams
from hanparse.support.identifiers import Capture
from hanparse.wire import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanparse.support.identifiers import Identifier


def anonymise(data: bytes, keep: Sequence[str] = ()) -> bytes:
    """Return `data` with other meter numbers.

    `keep` contains texts that look like meter numbers but are not meter numbers; they are not replaced.
    """
    events = list(walk(data))
    spans = find(data, [event for event in events if isinstance(event, CARRIERS)])
    capture = Capture(data, spans, events)
    kept = {text.encode("utf-8", "surrogateescape") for text in keep}
    kept |= {text for read in capture.lists for text in read.kept}
    changed = bytearray(data)
    for first in range(ids.REPLACEMENTS):
        changed = _replaced(data, capture, kept, first)
        has_room = [span.seal(data, changed) for span in spans]
        if all(has_room):
            break
    return bytes(changed)


def _replaced(data: bytes, capture: Capture, kept: set[bytes], first: int) -> bytearray:
    """Return `data` with replaced identifiers and with the old check sequences.

    Replacements are numbered, and different numbers give different replacements. `first` is the number of the first
    replacement. If a new CRC has more digits than the old CRC, the caller tries again with the next number.
    """
    changed = bytearray(data)
    others = _Replacements(data, changed, first)
    known = others.put(capture.readable(frozenset(kept)))
    elsewhere = others.put(capture.unreadable(kept))  # an identifier can be a part of a text in `kept`
    known |= {old: new for old, new in elsewhere.items() if not any(old in text for text in kept)}
    for stretch in capture.stretches():
        _replace_known(data, changed, stretch, known)
    texts = {old: new for old, new in known.items() if telegrams.is_text(old) and telegrams.is_text(new)}
    _replace_known(data, changed, capture.text, texts)
    return changed


class _Replacements:
    """Replaces identifiers. Equal identifiers have equal replacements."""

    def __init__(self, data: bytes, changed: bytearray, first: int) -> None:
        self._data = data
        self._first = first
        self._changed = changed
        self._numbers: dict[bytes, int] = {}

    def put(self, found: Iterable[Identifier]) -> dict[bytes, bytes]:
        """Replace the identifiers in `found`.

        Return a mapping from each notation of an old identifier to the same notation of its replacement.
        """
        known: dict[bytes, bytes] = {}
        for identifier in found:
            old = bytes(self._data[at] for at in identifier.places)
            new = identifier.change(old, self._numbers.setdefault(old, self._first + len(self._numbers)))
            _put(self._changed, identifier.places, new)
            known |= identifier.notations(old, new)
        return known


def _put(changed: bytearray, places: Sequence[int], new: bytes) -> None:
    for at, byte in zip(places, new, strict=True):
        changed[at] = byte


def _replace_known(data: bytes, changed: bytearray, content: Sequence[int], known: dict[bytes, bytes]) -> None:
    """In the bytes with the indexes `content`, replace each key of `known` with its value, also in base64."""
    sent = bytes(data[at] for at in content)
    anywhere = re.compile(b"|".join(map(re.escape, sorted(known, key=len, reverse=True))) or rb"(?!)")
    for match in anywhere.finditer(sent):
        _put(changed, content[match.start() : match.end()], known[match[0]])
    for start, new in base64words.changed(sent, lambda text: anywhere.sub(lambda match: known[match[0]], text)):
        _put(changed, content[start : start + len(new)], new)
