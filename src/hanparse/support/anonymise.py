"""Wire bytes -> the same bytes without the numbers of anybody's meter, as sound and as damaged as before.

What is replaced
----------------
* In a list that can be read: strings of six digits or more, and in any type what has the code of a meter number or of
  a device name. The identifier of the list stays, the meter type where the maker is known, and what is to be kept.
* In bytes that cannot be read, because they are damaged, cut off, ciphered or unknown: words of six digits or more,
  five digits with at most two other bytes between them, and the number in a system title.
* Each number found so, wherever else it stands, in the notations of `hanparse.wire.ids`.

Lengths stay, and so do headers. The check sequence of a frame changes by what was changed in the frame (a CRC is
linear): a sound frame stays sound, and a damaged one stays wrong by the same bits. Nothing is repaired. A number that
stands in a list as a number, without a code that says so, is a value like any other and cannot be found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import cosem
from hanparse.annotate.spans import Span, find
from hanparse.axdr.data import Data, Tag, Untagged
from hanparse.errors import DecodeError
from hanparse.hdlc import Frame, strip_llc
from hanparse.mbus import Telegram
from hanparse.meters import shapes, values
from hanparse.receiver import Failed, Read, walk
from hanparse.wire import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hanparse.cosem import DataNotification
    from hanparse.meters.shapes import Item
    from hanparse.obis import Obis
    from hanparse.receiver import Event

_ID_GROUPS: Final = {(0, 0), (42, 0), (96, 1)}  # C, D: utility numbers, logical device name, device numbers
_KEPT_FIELDS: Final = ("list_id", "model")
_SIZES: Final[dict[Tag | Untagged, int]] = {
    tag: size
    for size, tags in (
        (1, (Tag.UNSIGNED, Tag.INTEGER)),
        (2, (Tag.LONG_UNSIGNED, Tag.LONG)),
        (4, (Tag.DOUBLE_LONG_UNSIGNED, Tag.DOUBLE_LONG)),
        (8, (Tag.LONG64_UNSIGNED, Tag.LONG64)),
    )
    for tag in tags
}
_TITLE_SIZE: Final = 8
_MAKER: Final = re.compile(rb"[A-Z]{3}")

_DIGITS: Final = re.compile(rb"\d(?:\D{0,2}\d){4,}", re.DOTALL)
_TITLE: Final = re.compile(rb"(?<=\x08)[A-Z]{3}.{5}", re.DOTALL)
_WORD: Final = re.compile(rb"(?:[A-Za-z]*\d){%d,}[A-Za-z]*" % ids.TELLING_DIGITS)
_LIST_ID: Final = re.compile(rb"[A-Za-z]{3,}_V?\d{1,4}(?:_\d)?(?!\d)")


def anonymise(data: bytes, keep: Sequence[str] = ()) -> bytes:
    """The bytes with other numbers in place of those of meters; `keep` are texts that are none."""
    events = list(walk(data))
    spans = find(data, [event for event in events if isinstance(event, Frame | Telegram)])
    capture = _Capture(data, spans, events)
    kept = frozenset(text.encode() for text in keep) | {text for one in capture.lists for text in one.kept}
    changed = bytearray(data)
    others = _Others(data, changed)
    known = others.put(capture.readable(kept))
    elsewhere = others.put(capture.unreadable(kept))  # may be a piece of what is kept
    known |= {old: new for old, new in elsewhere.items() if not any(old in text for text in kept)}
    _replace_known(data, changed, capture.content, known)
    for span in spans:
        span.seal(data, changed)
    return bytes(changed)


class _Others:
    """Puts other numbers in the place of those that are telling."""

    def __init__(self, data: bytes, changed: bytearray) -> None:
        self._data = data
        self._changed = changed
        self._numbers: dict[bytes, int] = {}

    def put(self, found: Iterable[_Telling]) -> dict[bytes, bytes]:
        """Replace them where they stand; in which notations they may stand elsewhere."""
        known: dict[bytes, bytes] = {}
        for telling in found:
            old = bytes(self._data[at] for at in telling.places)
            new = telling.change(old, self._numbers.setdefault(old, len(self._numbers)))
            _put(self._changed, telling.places, new)
            known |= telling.notations(old, new)
        return known


def _put(changed: bytearray, places: Sequence[int], new: bytes) -> None:
    for at, byte in zip(places, new, strict=True):
        changed[at] = byte


def _replace_known(data: bytes, changed: bytearray, content: Sequence[int], known: dict[bytes, bytes]) -> None:
    """Replace what is known wherever it stands."""
    if known:
        anywhere = re.compile(b"|".join(map(re.escape, sorted(known, key=len, reverse=True))))
        for match in anywhere.finditer(bytes(data[at] for at in content)):
            _put(changed, content[match.start() : match.end()], known[match[0]])


class _Telling(NamedTuple):
    """Bytes that tell whose meter this is: where they stand, and how they become others."""

    places: Sequence[int]
    change: Callable[[bytes, int], bytes]
    notations: Callable[[bytes, bytes], dict[bytes, bytes]]


def _here(_old: bytes, _new: bytes) -> dict[bytes, bytes]:
    """No notation: it may be damaged, and is replaced where it stands."""
    return {}


def _texts(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """The notations of a text, without the blanks around it."""
    start = len(old) - len(old.lstrip(b"\0 "))
    stop = len(old.rstrip(b"\0 "))
    return ids.notations(old[start:stop], new[start:stop])


def _numbers(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """The notations of a whole number."""
    before, after = (b"%d" % int.from_bytes(sent, "big") for sent in (old, new))
    return ids.notations(before, after) if len(before) == len(after) and len(before) >= ids.TELLING_DIGITS else {}


def _exactly(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """The same octets, unless they are so few that a value may look the same."""
    return {old: new} if ids.is_telling(old) else {}


def _other_value(old: bytes, number: int) -> bytes:
    return ids.another_value(int.from_bytes(old, "big"), len(old), number).to_bytes(len(old), "big")


# What is telling in bytes that cannot be read. The whole words come last and give a number its place once more.
_ELSEWHERE: Final = (
    (_TITLE, ids.another_title, _exactly),
    (_DIGITS, ids.another, _here),
    (_WORD, ids.another, _texts),
)


class _List(NamedTuple):
    """A list that can be read: where each byte of its APDU stands, its values, its elements with their codes."""

    places: Sequence[int]
    notification: DataNotification
    items: list[Item]
    kept: list[bytes]

    def telling(self, kept: frozenset[bytes]) -> Iterator[_Telling]:
        """The strings and ids in it."""
        named = {id(leaf) for item in self.items if _is_id(item) for leaf in shapes.leaves(item.data)}
        for leaf in shapes.leaves(self.notification.body):
            size = len(_raw(leaf)) if _raw(leaf) else _SIZES.get(leaf.tag, 0)
            end = leaf.offset + leaf.length
            found = _of_value(leaf, self.places[end - size : end], kept, named=id(leaf) in named)
            if found:
                yield found


def _of_value(leaf: Data, places: Sequence[int], kept: frozenset[bytes], *, named: bool) -> _Telling | None:
    """What is telling in one value; `named` says that its code is that of an id."""
    raw = _raw(leaf)
    if not places or raw.strip(b"\0 ") in kept:
        return None
    if leaf.tag in _SIZES:
        return _Telling(places, _other_value, _numbers) if named and isinstance(leaf.value, int) else None
    if ids.digits(raw) >= ids.TELLING_DIGITS:
        return _Telling(places, ids.another, _texts)
    if values.text(leaf) is not None:
        return _Telling(places, ids.another_name, _texts) if named else None
    is_title = len(raw) == _TITLE_SIZE and _MAKER.match(raw)
    return _Telling(places, ids.another_title, _exactly) if named or is_title else None


def _raw(leaf: Data) -> bytes:
    """The bytes of a string as sent; none of anything else."""
    if isinstance(leaf.value, str) and leaf.tag is not Tag.BIT_STRING:
        return leaf.value.encode("ascii" if leaf.tag is Tag.VISIBLE_STRING else "utf-8", "surrogateescape")
    return leaf.value if isinstance(leaf.value, bytes) else b""


def _is_id(item: Item) -> bool:
    obis: Obis | None = item.obis
    is_group = obis is not None and (obis.c, obis.d) in _ID_GROUPS
    return item.is_value and is_group and not (item.entry and item.entry.field in _KEPT_FIELDS)


class _Capture:
    """The bytes, divided into lists that can be read, other content, and what belongs to the framing."""

    def __init__(self, data: bytes, spans: list[Span], events: Iterable[Event]) -> None:
        self._data = data
        self.lists = [one for event in events if isinstance(event, Read | Failed) and (one := _list(event))]
        read = {at for one in self.lists for at in one.places}
        framing = {at for span in spans for at in span.framing()}
        self.content = [at for at in range(len(data)) if at not in framing]
        self._rest = [at for at in self.content if at not in read]

    def readable(self, kept: frozenset[bytes]) -> Iterator[_Telling]:
        """What is telling in the lists."""
        for one in self.lists:
            yield from one.telling(kept)

    def unreadable(self, kept: frozenset[bytes]) -> Iterator[_Telling]:
        """What is telling elsewhere; what stands here once may stand there damaged."""
        rest = bytes(self._data[at] for at in self._rest)
        names = [match.span() for match in _LIST_ID.finditer(rest)]
        names += [match.span() for text in kept for match in re.finditer(re.escape(text), rest) if text]
        spared = {at for start, stop in names for at in range(start, stop)}
        for pattern, change, notations in _ELSEWHERE:
            for match in pattern.finditer(rest):
                places = [self._rest[at] for at in range(*match.span()) if at not in spared]
                if places:
                    yield _Telling(places, change, notations)


def _list(event: Read | Failed) -> _List | None:
    """Return the list in a message and where its bytes are; `None` for a message that holds none."""
    message = event.message
    apdu = strip_llc(message.payload)
    header = len(message.payload) - len(apdu)
    places = [message.position(at) for at in range(header, len(message.payload))]
    if isinstance(event, Read) and event.reading.notification:
        reading, notification = event.reading, event.reading.notification
        names = [reading.sources[name].data for name in _KEPT_FIELDS if name in reading.sources]
        kept = [_raw(data).strip(b"\0 ") for data in names] if reading.profile.manufacturer else []
        return _List(places, notification, reading.items, kept)
    if isinstance(event, Read) or isinstance(event.error, DecodeError):
        return None
    notification = cosem.parse(apdu)
    return _List(places, notification, shapes.named(notification.body) or [], [])
