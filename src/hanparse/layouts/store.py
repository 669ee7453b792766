"""Keeps the layouts of a decoder, in bounded memory: `Layouts`.

A push is recognised in one of two places:

* as a whole HDLC frame, before the frame is taken apart (`hanparse.wire.reader.Known`). One comparison covers flags,
  header, HCS and the constant bytes of the APDU; the FCS is computed.
* as an APDU, whatever carried it: M-Bus telegrams, segments, blocks, a ciphered APDU that a key opened.

A list that does not name its maker is read by the maker that was last seen on its link. So each layout belongs to a
link, and unless its list names the maker, also to the maker that has to be known there.

`MAX_LAYOUTS` are kept. When there is no room, one push in `PATIENCE` that has no layout replaces the one that was used
least recently. So no order of pushes makes all of them take the long way, and a kind that is no longer sent gives way.
"""

from __future__ import annotations

import contextlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from hanparse.hdlc import Frame, strip_llc
from hanparse.layouts.layout import Layout, are_texts
from hanparse.layouts.learn import NotLearnableError
from hanparse.measurement import Measurement
from hanparse.measurement.record import blank, fill_kind, fill_state
from hanparse.wire.crc import SOUND, frame_register

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from hanparse.measurement import Register, Scale
    from hanparse.meters import Reading
    from hanparse.meters.seen import LastMaker
    from hanparse.wire.link import Link
    from hanparse.wire.message import Message

MAX_LAYOUTS: Final = 256
"""How many layouts a decoder keeps; a meter sends two or three kinds of push."""
PATIENCE: Final = 8
"""How many pushes without a layout it takes to replace one of `MAX_LAYOUTS`."""

_FCS_AND_FLAG: Final = 3
_from_bytes: Final = int.from_bytes


class FrameLayout:
    """One kind of push in one HDLC frame: the constant bits of the whole frame, and the layout of the APDU in it."""

    def __init__(self, frame: bytes, header: int, layout: Layout) -> None:
        """`header` is the length of the header of the frame, with flag and HCS."""
        start = len(frame) - _FCS_AND_FLAG - layout.size
        ones = (1 << 8 * start) - 1
        self.mask = ones << 8 * (len(frame) - start) | layout.mask << 8 * _FCS_AND_FLAG | 0xFF  # all but the FCS
        self.constant = _from_bytes(frame) & self.mask
        self.texts = tuple((start + begin, start + end) for begin, end in layout.texts)
        self.size = len(frame)
        self.head = frame[:header]
        self.used = 0
        self.last, self.known, self.maker, self.is_named = layout.last, layout.known, layout.maker, layout.is_named
        self.index, self.scale = layout.index, layout.scale
        self.made_for_transformers = layout.made_for_transformers
        self._start, self._layout = start, layout

    def values(self, frame: bytes) -> list[Any]:
        """Return the values that `index` names."""
        return self._layout.values(frame[self._start : -_FCS_AND_FLAG])

    def registers(self, frame: bytes) -> tuple[Register, ...]:
        """Return every element of the list."""
        return self._layout.registers(frame[self._start : -_FCS_AND_FLAG])


_Kind = TypeVar("_Kind", Layout, FrameLayout)


class _Table(Generic[_Kind]):
    """Layouts of one size, grouped by their mask and by the maker that has to be known."""

    def __init__(self) -> None:
        self._groups: dict[tuple[int, int], dict[int, _Kind]] = {}

    def __iter__(self) -> Iterator[_Kind]:
        for group in self._groups.values():
            yield from group.values()

    def find(self, push: int) -> _Kind | None:
        """Return the layout of a push, given as one number."""
        for (mask, _), group in self._groups.items():
            kind = group.get(push & mask)
            if kind is not None and (kind.is_named or kind.last.profile is kind.known):
                return kind
        return None

    def put(self, kind: _Kind) -> None:
        """Add a layout; it replaces the one that recognises the same pushes."""
        self._groups.setdefault(_group(kind), {})[kind.constant] = kind

    def remove(self, kind: _Kind) -> None:
        """Remove a layout, if it has not been replaced."""
        key = _group(kind)
        group = self._groups.get(key, {})
        if group.get(kind.constant) is kind:
            del group[kind.constant]
        if not group:
            self._groups.pop(key, None)


def _group(kind: Layout | FrameLayout) -> tuple[int, int]:
    return kind.mask, 0 if kind.is_named else id(kind.known)


class FramesOfSize(_Table[FrameLayout]):
    """The layouts of HDLC frames of one size; a `hanparse.wire.reader.Known`."""

    _latest: FrameLayout

    def __init__(self, size: int, layouts: Layouts) -> None:
        super().__init__()
        self.size = size
        self.head = b""
        """The header, with its HCS, of the frame that was learned last."""
        self._layouts = layouts

    def read(self, frame: bytes) -> Measurement | None:
        """Return the measurement in a frame that has a layout and a right FCS; its values are read when asked for."""
        number = _from_bytes(frame)
        kind = self._latest
        if number & kind.mask != kind.constant or not (kind.is_named or kind.last.profile is kind.known):
            found = self.find(number)
            if found is None:
                return None
            self._latest = kind = found
        if frame_register(frame) != SOUND or (kind.texts and not are_texts(frame, kind.texts)):
            return None
        kind.last.profile = kind.maker
        layouts = self._layouts
        layouts.recognised = kind.used = layouts.recognised + 1
        measurement = blank(Measurement)
        fill_kind(measurement, kind)
        fill_state(measurement, frame)
        return measurement

    def put(self, kind: FrameLayout) -> None:
        """Add a layout; it replaces the one that recognises the same frames."""
        super().put(kind)
        self._latest, self.head = kind, kind.head

    def remove(self, kind: FrameLayout) -> None:
        """Remove a layout, if it has not been replaced."""
        super().remove(kind)
        self._latest = next(iter(self), self._latest)


class _Volatile(dict[Any, Any]):
    """A dict whose copies and pickles are empty: a decoder that is copied or pickled learns anew."""

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()


class Layouts:
    """The layouts that a decoder has learned.

    Only pushes that the grammar and a profile accepted are learned. A stream in which nothing repeats costs 1.3 times
    what it would cost without layouts (``benchmarks/bounds.py``).
    """

    def __init__(self) -> None:
        self.frames: dict[int, FramesOfSize] = _Volatile()
        """The layouts of frames by size, for `hanparse.wire.reader.StreamReader`."""
        self.recognised = 0
        """How many pushes were recognised; a layout notes it as the time of its last use."""
        self.recognised_apdus = 0
        """How many of them were recognised as an APDU."""
        self._apdus: dict[tuple[int, Link | None], _Table[Layout]] = _Volatile()
        self._without_layout = 0

    def __len__(self) -> int:
        """Return how many layouts there are."""
        return sum(1 for _ in self._all())

    def clear(self) -> None:
        """Forget every layout."""
        self.frames.clear()
        self._apdus.clear()

    def read(self, message: Message, apdu: bytes) -> Measurement | None:
        """Return the measurement in an APDU that has a layout; `message` is what contained it, perhaps ciphered."""
        layout = self._find(message.link, apdu)
        if layout is None:
            return None
        layout.last.profile = layout.maker
        self.recognised = layout.used = self.recognised + 1
        self.recognised_apdus += 1
        self._put_frame(message, apdu, layout)
        measurement = blank(Measurement)
        fill_kind(measurement, layout)
        fill_state(measurement, apdu)
        return measurement

    def has(self, link: Link | None, apdu: bytes) -> bool:
        """Return whether an APDU has a layout, so that the grammar accepts it to the last byte."""
        return self._find(link, apdu) is not None

    def learn(
        self, message: Message, apdu: bytes, reading: Reading, last: LastMaker, scale: Scale, timezone: tzinfo | None
    ) -> None:
        """Learn from an APDU that was read as `reading` after the `last` maker was seen, if it can be learned."""
        if not self._has_room():
            return
        with contextlib.suppress(NotLearnableError):
            layout = Layout(apdu, reading, scale, timezone, message.link, last)
            layout.used = self.recognised
            self._apdus.setdefault((len(apdu), message.link), _Table()).put(layout)
            self._put_frame(message, apdu, layout)

    def _all(self) -> Iterator[Layout]:
        for table in self._apdus.values():
            yield from table

    def _find(self, link: Link | None, apdu: bytes) -> Layout | None:
        table = self._apdus.get((len(apdu), link))
        layout = table and table.find(_from_bytes(apdu))
        return layout if layout and are_texts(apdu, layout.texts) else None

    def _put_frame(self, message: Message, apdu: bytes, layout: Layout) -> None:
        """Add a layout of the frame, where one HDLC frame is the whole message and the APDU is plain."""
        frame = message.frames[0] if len(message.frames) == 1 else None
        if not isinstance(frame, Frame) or frame.segmented or strip_llc(frame.information) != apdu:
            return
        self._remove_frame(layout)
        layout.frame = FrameLayout(frame.raw, frame.information_offset - frame.offset, layout)
        layout.frame.used = self.recognised
        size = len(frame.raw)
        if size not in self.frames:
            self.frames[size] = FramesOfSize(size, self)
        self.frames[size].put(layout.frame)

    def _remove_frame(self, layout: Layout) -> None:
        frame = layout.frame
        if frame and (table := self.frames.get(frame.size)):
            table.remove(frame)
            if not any(True for _ in table):
                del self.frames[frame.size]

    def _has_room(self) -> bool:
        """Return whether a layout may be added; makes room for one push in `PATIENCE`."""
        if len(self) < MAX_LAYOUTS:
            return True
        self._without_layout += 1
        if self._without_layout % PATIENCE:
            return False
        oldest = min(self._all(), key=attrgetter("last_use"))
        self._remove_frame(oldest)
        key = oldest.size, oldest.link
        self._apdus[key].remove(oldest)
        if not any(True for _ in self._apdus[key]):
            del self._apdus[key]
        return True
