"""Defines `Layouts`, which stores the layouts of a decoder in bounded memory.

A push is recognised if it has a stored layout (`hanparse.layouts.layout`). The layout is found in one of two ways:

* By the frames of the push, before the frames are parsed (`hanparse.layouts.carriers`). One operation compares flags,
  headers, the HCS and the constant bytes of the APDU with those of an earlier push. Then the FCS or checksum of each
  frame is verified. A ciphered APDU is deciphered, and its layout is found by the plain APDU.
* By the APDU, after the frames were parsed and joined, and a ciphered APDU was deciphered.

Some lists do not name their manufacturer. The profile of the last push with a manufacturer on the link reads them. So a
layout belongs to one link, and the layout of such a list applies only while the last manufacturer stays the same.

`Layouts` stores at most `MAX_LAYOUTS` layouts. When it is full, every `PATIENCE`-th push without a layout replaces the
least recently used layout, so layouts of pushes that are no longer sent are replaced. If every such push replaced a
layout, a stream that repeats more than `MAX_LAYOUTS` kinds of lists would replace each layout before its next use.
"""

from __future__ import annotations

import contextlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Self

from hanparse.hdlc import Frame
from hanparse.layouts.carriers import START_SIZE, Carried, PlainFrame
from hanparse.layouts.layout import Layout, are_texts
from hanparse.layouts.learn import NotLearnableError
from hanparse.layouts.table import Start, Table
from hanparse.layouts.telegram import TelegramLayout
from hanparse.measurement import Measurement
from hanparse.measurement.record import blank, fill_kind, fill_security, fill_state
from hanparse.security.case import COUNTER_SIZE
from hanparse.security.header import read_header
from hanparse.wire.llc import strip_llc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from hanparse.mbus import Telegram
    from hanparse.measurement import Scale
    from hanparse.measurement.security import Security
    from hanparse.meters import Profile, Reading
    from hanparse.meters.p1 import TelegramReading
    from hanparse.meters.seen import LastMaker
    from hanparse.security.opener import Opener
    from hanparse.wire.link import Link
    from hanparse.wire.message import Message

MAX_LAYOUTS: Final = 256
"""The maximum number of layouts of APDUs. A meter sends two or three different lists."""
MAX_FRAMES: Final = 8
"""The maximum number of P1 layouts, and of layouts of frames for one layout of an APDU: I-frames with the same kind of
list have eight different headers, because their control byte counts modulo 8."""
PATIENCE: Final = 8
"""If the store is full, it replaces one layout after this number of pushes without a layout."""

_from_bytes: Final = int.from_bytes


class _Volatile(dict[Any, Any]):
    """A dict whose copies and pickles are empty, because the copy of a decoder derives layouts of its own."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()


class Layouts:
    """Stores the layouts that a decoder derives from the pushes that the grammar and a profile have read.

    If no push in a stream has the layout of an earlier push, decoding with layouts takes 1.3 times the processor time
    of decoding without layouts (``benchmarks/bounds.py``).
    """

    opener: Opener | None = None
    """Deciphers APDUs."""
    on_opened: Callable[[Security], object] | None = None
    """Is called with the protection of each ciphered APDU that was recognised by its frames."""

    def __init__(self) -> None:
        self.starts: dict[bytes | int, Start] = _Volatile()
        """Maps the first bytes of a frame to a table. The size of a `PlainFrame` is a second key of its table."""
        self.recognised = 0
        """The number of recognised pushes. The `used` of a layout is this number at the last use of the layout."""
        self.changes = 0
        """The number of times that a `PlainFrame` was added or removed."""
        self._more_frames = 0  # the number of recognised frames minus the number of recognised pushes
        self._unjoined: dict[Link | None, tuple[Carried, bytes]] = _Volatile()
        self._apdus: dict[tuple[int, Link | None], Table[Layout]] = _Volatile()
        self._telegrams: dict[TelegramLayout, None] = _Volatile()
        self._without_layout = 0

    @property
    def frames(self) -> int:
        """Return the number of frames that were recognised without being parsed."""
        return self.recognised + self._more_frames

    def __len__(self) -> int:
        """Return the number of layouts of APDUs."""
        return sum(1 for _ in self._all())

    def clear(self) -> None:
        """Remove every layout."""
        self.starts.clear()
        self._apdus.clear()
        self._telegrams.clear()

    # --- recognising ---

    def has(self, link: Link | None, apdu: bytes) -> bool:
        """Return whether an APDU has a layout. If it has one, the grammar can read the APDU up to its last byte."""
        return self._find(link, apdu) is not None

    def read(self, message: Message, apdu: bytes) -> Measurement | None:
        """Return the measurement in `apdu`, the APDU of `message`. Return `None` if the APDU has no layout.

        This method also derives a layout of the frames, so the next similar message is recognised by its frames.
        """
        layout = self._find(message.link, apdu)
        if layout is None:
            return None
        self._learn_frames(message, apdu, layout)
        self._more_frames -= 1  # the decoder has counted the frame that the next line counts
        return self._recognise_apdu(layout, apdu)

    def recognise_frames(self, carried: Carried, raw: bytes) -> Measurement | None:
        """Return the measurement in `raw`, the bytes of recognised frames, or `None` if their APDU has no layout."""
        apdu, layout, security = carried.apdu(raw), carried.layout, None
        if layout is None:  # the APDU is ciphered
            opened = self.opener.reopen(apdu, _accept) if self.opener else None
            if opened is None:
                return None
            apdu, security = opened.apdu, opened.security
            layout = self._find(carried.link, apdu)
            if layout is None:
                return None
        elif not (layout.is_named or layout.last.profile is layout.known) or not are_texts(apdu, layout.texts):
            return None
        if not carried.is_one_frame:
            self._unjoined[carried.link] = carried, raw
        self._more_frames += len(carried.parts) - 1
        measurement = self._recognise_apdu(layout, apdu)
        if security and self.on_opened:
            self.on_opened(security)
            fill_security(measurement, security)
        return measurement

    def unjoined(self) -> Iterator[Frame | Telegram]:
        """Yield frames of messages that were recognised before their frames were parsed.

        See `hanparse.receiver.stream.Recogniser.unjoined`.
        """
        if self._unjoined:
            last, self._unjoined = self._unjoined, _Volatile()
            for carried, raw in last.values():
                yield from carried.frames(raw)

    def count(self, frames: int, last: Mapping[PlainFrame, int]) -> None:
        """Add `frames`, a number of frames, to `recognised`. `last` maps each layout to the index of its last frame."""
        for layout in sorted(last, key=last.__getitem__):
            layout.used = self.recognised + last[layout] + 1
            layout.last.profile = layout.maker
        self.recognised += frames

    def recognise(self, layout: Layout | TelegramLayout, push: bytes) -> Measurement:
        """Return the measurement in a push with a layout. The values are read when a caller first uses a field."""
        self.recognised = layout.used = self.recognised + 1
        measurement = blank(Measurement)
        fill_kind(measurement, layout)
        fill_state(measurement, push)
        return measurement

    def _recognise_apdu(self, layout: Layout, apdu: bytes) -> Measurement:
        layout.last.profile = layout.maker
        return self.recognise(layout, apdu)

    def _find(self, link: Link | None, apdu: bytes) -> Layout | None:
        table = self._apdus.get((len(apdu), link))
        layout = table and table.find(_from_bytes(apdu))
        return layout if layout and are_texts(apdu, layout.texts) else None

    # --- learning ---

    def learn(
        self,
        message: Message,
        apdu: bytes,
        reading: Reading,
        last: LastMaker,
        known: Profile | None,
        scale: Scale,
        timezone: tzinfo | None,
    ) -> None:
        """Derive a layout from `apdu`, the APDU of `message`. `reading` is the result of the profile that read it.

        ``last.profile`` is always the profile of the last manufacturer on the link. `known` is the value that
        ``last.profile`` had before the message.
        """
        if not self._has_room():
            return
        with contextlib.suppress(NotLearnableError):
            layout = Layout(apdu, reading, scale, timezone, message.link, last, known)
            layout.used = self.recognised
            self._apdus.setdefault((layout.size, layout.link), Table()).put(layout)
            self._learn_frames(message, apdu, layout)
            self._remove_outdated(layout)

    def _remove_outdated(self, layout: Layout) -> None:
        """If a manufacturer is now known on the link, remove the layouts that apply only before one is known."""
        if layout.last.profile is not None:
            for other in list(self._apdus[layout.size, layout.link]):
                if other.known is None and other.last is layout.last and not other.is_named:
                    self._remove(other)

    def _learn_frames(self, message: Message, apdu: bytes, layout: Layout) -> None:
        """Derive a layout of the frames of `message`, unless other bytes are between the frames."""
        if not message.frames:
            return
        sent = strip_llc(message.payload)
        with contextlib.suppress(NotLearnableError):
            frame = message.frames[0]
            if sent != apdu:
                frame_layout: Any = Carried(message, sent, _ciphered_mask(sent))
            elif isinstance(frame, Frame) and strip_llc(frame.information) == apdu:
                frame_layout = PlainFrame(frame, layout)
            else:
                frame_layout = Carried(message, apdu, layout.mask, layout)
            self._put(len(frame.raw), frame_layout)
            layout.frames = (*layout.frames, frame_layout)
        if len(layout.frames) > MAX_FRAMES:
            self._remove_frames(layout.frames[0])
            layout.frames = layout.frames[1:]

    def learn_telegram(self, reading: TelegramReading, scale: Scale, timezone: tzinfo | None) -> None:
        """Derive a layout from a P1 telegram. Only the `MAX_FRAMES` most recently used layouts are stored."""
        with contextlib.suppress(NotLearnableError):
            layout = TelegramLayout(reading, scale, timezone)
            layout.used = self.recognised
            self._put(START_SIZE, layout)
            self._telegrams[layout] = None
        if len(self._telegrams) > MAX_FRAMES:
            unused = min(self._telegrams, key=attrgetter("used"))
            del self._telegrams[unused]
            self._remove_frames(unused)

    def _put(self, size: int, layout: Any) -> None:  # noqa: ANN401  any layout of frames
        """Add a layout of frames. `size` is the number of bytes of the first frame."""
        start = layout.first_bytes
        if start not in self.starts:
            self.starts[start] = Start(size, self)
        table = self.starts[start]
        table.put(layout)
        if isinstance(layout, PlainFrame):
            self.changes += 1
            self.starts[size] = table

    def _remove_frames(self, layout: Any) -> None:  # noqa: ANN401  any layout of frames
        self.changes += isinstance(layout, PlainFrame)
        if table := self.starts.get(layout.first_bytes):
            table.remove(layout)
            if table.is_empty:
                del self.starts[layout.first_bytes]
                if self.starts.get(table.size) is table:
                    del self.starts[table.size]

    def _has_room(self) -> bool:
        """Return whether a layout can be added. If the store is full, every `PATIENCE`-th call removes one layout."""
        if len(self) < MAX_LAYOUTS:
            return True
        self._without_layout += 1
        if self._without_layout % PATIENCE:
            return False
        self._remove(min(self._all(), key=attrgetter("last_use")))
        return True

    def _remove(self, layout: Layout) -> None:
        for frame_layout in layout.frames:
            self._remove_frames(frame_layout)
        key = layout.size, layout.link
        self._apdus[key].remove(layout)
        if self._apdus[key].is_empty:
            del self._apdus[key]

    def _all(self) -> Iterator[Layout]:
        for table in self._apdus.values():
            yield from table


def _accept(_apdu: bytes) -> bool:
    """Accept every deciphered APDU: `Layouts.recognise_frames` checks it afterwards, when it searches for a layout."""
    return True


def _ciphered_mask(apdu: bytes) -> int:
    """Return the mask of a ciphered APDU: 1 for each bit before its invocation counter, and 0 for each other bit."""
    start = read_header(apdu).start - COUNTER_SIZE
    return (1 << 8 * start) - 1 << 8 * (len(apdu) - start)
