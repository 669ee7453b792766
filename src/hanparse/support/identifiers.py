"""Finds the identifiers of meters in a capture: in lists, in P1 telegrams, in system titles and in other bytes."""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import cosem
from hanparse.axdr.data import SCALARS, Data, Tag
from hanparse.errors import DecodeError, FrameError
from hanparse.meters import shapes, values
from hanparse.obis import code_in, lookup
from hanparse.p1 import Telegram
from hanparse.receiver import Failed, Read, ReadTelegram
from hanparse.security.header import read_header
from hanparse.support import telegrams, titles, unreadable
from hanparse.wire import identify, ids
from hanparse.wire.llc import strip_llc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hanparse.annotate.spans import Span
    from hanparse.cosem import DataNotification
    from hanparse.meters.shapes import Item
    from hanparse.receiver import Event

_KEPT_FIELDS: Final = ("list_id", "model")
_SIZES: Final = {tag: scalar.size for tag, scalar in SCALARS.items() if scalar.is_number or scalar.kind == "digits"}
_PUSH_SETUP: Final = (25, 9)  # C and D of the push setup object; its code is in the first element of some lists

_HEX: Final = re.compile(rb"[0-9A-Fa-f]+[ \0]*")
_NAME: Final = re.compile(rb"[A-Za-z0-9 \0._/-]+")
"""Matches a name. Octets with another character may be a binary number, so they are not treated as text."""

# Blue Book 4.1.6.1: year (FFFF or 2000 to 2099), month and day (also FD to FF), day of week. A date-time has 7 more.
_DATE: Final = re.compile(
    rb"(?:\x07[\xd0-\xff]|\x08[\x00-\x33]|\xff\xff)[\x01-\x0c\xfd-\xff][\x01-\x1f\xfd-\xff][\x00-\x07\xff](?:.{7})?",
    re.DOTALL,
)
_TIME: Final = re.compile(rb"[\x00-\x17\xff][\x00-\x3b\xff]{2}[\x00-\x63\xff]", re.DOTALL)

# Kamstrup, HAN-NVE interface description, type number: 68, a digit 4 to 6, 1, three digits, two letters, nine digits
_KAMSTRUP_TYPE: Final = re.compile(rb"68[456]1\d{3}[A-Z]{2}\d{9}")


class Identifier(NamedTuple):
    """Describes bytes that can identify a meter.

    `places` contains the indexes of the bytes. `change` returns the bytes that replace them. The old bytes can occur
    elsewhere in the capture in other forms: text, hex digits, packed BCD or an integer. `notations` maps each of these
    forms to the same form of the new bytes (see `hanparse.support.unreadable.Change`).
    """

    places: Sequence[int]
    change: Callable[[bytes, int], bytes]
    notations: Callable[[bytes, bytes], dict[bytes, bytes]]


def _texts(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Map each notation of the text `old` to the same notation of `new`.

    Blanks and zero bytes around the texts are ignored.
    """
    start = len(old) - len(old.lstrip(b"\0 "))
    stop = len(old.rstrip(b"\0 "))
    return ids.notations(old[start:stop], new[start:stop])


def _numbers(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Map each notation of the integer `old` to the same notation of the integer `new`."""
    before, after = (b"%d" % int.from_bytes(sent, "big") for sent in (old, new))
    return ids.notations(before, after) if len(before) == len(after) and len(before) >= ids.IDENTIFYING_DIGITS else {}


def _other_value(old: bytes, number: int) -> bytes:
    return ids.replacement_value(int.from_bytes(old, "big"), len(old), number).to_bytes(len(old), "big")


class _List(NamedTuple):
    """Contains a readable list. For each byte of its APDU, `places` contains the index of this byte in the capture.

    `items` contains the elements with their OBIS codes. `kept` contains the texts in the list that are not replaced:
    the list identifier and the meter type.
    """

    places: Sequence[int]
    notification: DataNotification
    items: list[Item]
    kept: list[bytes]

    def value_places(self) -> Iterator[int]:
        """Yield the indexes of the octets of all strings and numbers. Their tags and lengths are left out."""
        for leaf in shapes.leaves(self.notification.body):
            end = leaf.offset + leaf.length
            yield from self.places[end - _size(leaf) : end]

    def identifiers(self, kept: frozenset[bytes]) -> Iterator[Identifier]:
        """Yield the strings and numbers in the list that can identify a meter, except the texts in `kept`."""
        named = {id(leaf) for item in self.items if item.is_id for leaf in shapes.leaves(item.data)}
        codes = {bytes(item.obis) for item in self.items if item.obis}
        leaves = list(shapes.leaves(self.notification.body))
        clocks = _clocks([_raw(leaf) for leaf in leaves])
        for at, leaf in enumerate(leaves):
            end = leaf.offset + leaf.length
            places = self.places[end - _size(leaf) : end]
            if places and at not in clocks and _raw(leaf).strip(b"\0 ") not in kept:
                found = _change(leaf, codes, named=id(leaf) in named)
                if found:
                    yield Identifier(places, *found)


def _change(leaf: Data, codes: set[bytes], *, named: bool) -> unreadable.Change | None:
    """Return the functions that replace a value. Return `None` if the value cannot identify a meter.

    `named` is true if the value has the OBIS code of an identifier. `codes` are the OBIS codes in the list.
    """
    raw = _raw(leaf)
    if ids.is_number(raw):
        return ids.replacement, _texts
    if not named:
        is_octets = leaf.tag is Tag.OCTET_STRING and not _is_code(raw, codes)
        is_id = is_octets and (ids.is_packed(raw) or (values.text(leaf) is None and ids.is_identifying(raw)))
        return (ids.replacement_octets, unreadable.exactly) if is_id else None
    if leaf.tag in _SIZES and isinstance(leaf.value, int):
        return _other_value, _numbers
    is_name = leaf.tag is not Tag.OCTET_STRING or _HEX.fullmatch(raw) or not ids.is_packed(raw)
    if is_name and _NAME.fullmatch(raw):
        return ids.replacement_name, _texts
    return ids.replacement_octets, unreadable.exactly


def _clocks(octets: list[bytes]) -> set[int]:
    """Return the indexes of date-times, of dates, and of times next to a date. `octets` contains the strings of a list.

    Octets that look like a time but are not next to a date are left out, because they can be a number of four octets.
    """
    dates = {at for at, sent in enumerate(octets) if _DATE.fullmatch(sent)}
    neighbours = {at + step for at in dates for step in (-1, 1) if 0 <= at + step < len(octets)}
    return dates | {at for at in neighbours if _TIME.fullmatch(octets[at])}


def _is_code(octets: bytes, codes: set[bytes]) -> bool:
    """Return whether octets are an OBIS code.

    They are a code in the registry, the code of a push setup object, or a code in `codes` that ends with FF.
    """
    obis = code_in(octets)
    if obis is None:
        return False
    return lookup(obis) is not None or (obis.c, obis.d) == _PUSH_SETUP or (octets[-1:] == b"\xff" and octets in codes)


def _size(leaf: Data) -> int:
    """Return the number of bytes of a value. These bytes are the last bytes of its element."""
    if leaf.tag is Tag.BIT_STRING and isinstance(leaf.value, str):
        return (len(leaf.value) + 7) // 8
    return len(_raw(leaf)) or _SIZES.get(leaf.tag, 0)


def _raw(leaf: Data) -> bytes:
    """Return the bytes of a string as sent. The result is empty for a value of another type."""
    if isinstance(leaf.value, str) and leaf.tag is not Tag.BIT_STRING:
        return leaf.value.encode("ascii" if leaf.tag is Tag.VISIBLE_STRING else "utf-8", "surrogateescape")
    return leaf.value if isinstance(leaf.value, bytes) else b""


class Capture:
    """Divides the bytes of a capture into lists, P1 telegrams, framing (flags, headers, check sequences) and others.

    `lists` contains the readable lists. `text` contains the indexes of the bytes in P1 telegrams that are not part of a
    value.
    """

    def __init__(self, data: bytes, spans: list[Span], events: Iterable[Event]) -> None:
        self._data = data
        events = list(events)
        self.lists = [found for event in events if isinstance(event, Read | Failed) and (found := _list(event))]
        read = {at for found in self.lists for at in found.places}
        framing = {at for span in spans for at in span.framing()}
        self._telegrams: list[tuple[Sequence[int], telegrams.Found]] = []
        in_text = self._telegrams_and_lines(events, framing | read)
        values = {places[at] for places, found in self._telegrams for span in found.values for at in range(*span)}
        content = [at for at in range(len(data)) if at not in framing and at not in values]
        self.text = [at for at in content if at in in_text]
        self._content = [at for at in content if at not in in_text]
        self._unread = [at for at in self._content if at not in read]
        messages = [event.message for event in events if isinstance(event, Read | ReadTelegram | Failed)]
        self._titles = [places for message in messages if (places := titles.places(message))]
        self._structure = read - {at for found in self.lists for at in found.value_places()}

    def stretches(self) -> Iterator[Sequence[int]]:
        """Yield the indexes of each sequence of bytes (a stretch) in which known identifiers are replaced.

        A stretch is one value of a list, or a sequence of bytes that are not in lists, P1 telegrams or framing.
        """
        for is_structure, stretch in groupby(self._content, self._structure.__contains__):
            if not is_structure:
                yield list(stretch)

    def _telegrams_and_lines(self, events: Iterable[Event], others: set[int]) -> set[int]:
        """Find the sound P1 telegrams and the lines of damaged P1 telegrams. Return the indexes of their bytes."""
        in_text: set[int] = set()
        for telegram in (event for event in events if isinstance(event, Telegram)):
            places = range(telegram.offset, telegram.offset + len(telegram.raw))
            in_text.update(places)
            self._telegrams.append((places, telegrams.in_telegram(telegram.raw)))
        unread = [at for at in range(len(self._data)) if at not in in_text and at not in others]
        found, lines = telegrams.in_damaged(bytes(self._data[at] for at in unread))
        self._telegrams.append((unread, found))
        return in_text | {unread[at] for span in lines for at in range(*span)}

    def readable(self, kept: frozenset[bytes]) -> Iterator[Identifier]:
        """Yield the system titles, and the identifiers in lists and in P1 telegrams."""
        for places in self._titles:
            start = titles.serial(bytes(self._data[at] for at in places))
            yield Identifier(places[start:], ids.replacement_octets, titles.notations)
        for found in self.lists:
            yield from found.identifiers(kept)
        for indexes, in_text in self._telegrams:
            for start, stop, change in in_text.identifiers:
                sent = bytes(self._data[at] for at in indexes[start:stop])
                if sent.strip() not in kept:
                    yield Identifier(indexes[start:stop], *change)

    def unreadable(self, kept: set[bytes]) -> Iterator[Identifier]:
        """Yield the identifiers in all other content, for example in a damaged list."""
        unread = bytes(self._data[at] for at in self._unread)
        joints = [at for at, (before, after) in enumerate(pairwise(self._unread), 1) if after != before + 1]
        for places, change in unreadable.find(unread, kept, joints):
            yield Identifier([self._unread[at] for at in places], *change)


def _list(event: Read | Failed) -> _List | None:
    """Return the list in a message, with the indexes of the bytes of the list.

    Return `None` for a message without a readable list. In a ciphered push, a list is readable only if the push is
    authenticated but not encrypted.
    """
    message = event.message
    apdu = strip_llc(message.payload)
    start, end = len(message.payload) - len(apdu), len(message.payload)
    if isinstance(event, Failed) and isinstance(event.error, DecodeError | FrameError):
        return None
    if identify.is_protected(apdu):
        header = read_header(apdu)
        start, end, apdu = start + header.start, start + header.end, apdu[header.start : header.end]
    places = [message.position(at) for at in range(start, end)]
    if isinstance(event, Read) and event.reading.notification:
        reading, notification = event.reading, event.reading.notification
        names = [reading.sources[name].data for name in _KEPT_FIELDS if name in reading.sources]
        texts = [_raw(data).strip(b"\0 ") for data in names if values.text(data) is not None]
        kept = [text for text in texts if reading.profile.manufacturer and _is_type(text)]
        return _List(places, notification, reading.items, kept)
    if isinstance(event, Read) or apdu.startswith(b"/"):
        return None
    notification = cosem.parse_bare(apdu)
    return _List(places, notification, shapes.named(notification.body) or [], [])


def _is_type(text: bytes) -> bool:
    """Return whether `text`, which is sent as list identifier or meter type, does not look like a meter number."""
    is_number = ids.is_number(text) or ids.is_packed(text)
    return not is_number or _KAMSTRUP_TYPE.fullmatch(text) is not None or not text.strip(b"0")
