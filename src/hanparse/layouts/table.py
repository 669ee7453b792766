"""Looks up layouts by the constant bits of a push: `Table`. `Start` does so for frames with the same first bytes."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from hanparse.layouts.carriers import Carried, PlainFrame
from hanparse.layouts.layout import Layout, are_texts
from hanparse.measurement import Measurement
from hanparse.measurement.record import blank, fill_kind, fill_state
from hanparse.wire.crc import SOUND, frame_register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.layouts.store import Layouts
    from hanparse.layouts.telegram import TelegramLayout

_from_bytes: Final = int.from_bytes
_Kind = TypeVar("_Kind", Layout, PlainFrame)


class Table(Generic[_Kind]):
    """Layouts of one size by their constant bits."""

    __slots__ = ("_kinds", "_masks")

    def __init__(self) -> None:
        self._masks: tuple[int, ...] = ()
        self._kinds: dict[int, tuple[_Kind, ...]] = {}

    @property
    def is_empty(self) -> bool:
        """Return whether there are no layouts."""
        return not self._kinds

    def __iter__(self) -> Iterator[_Kind]:
        """Go through the layouts."""
        return chain.from_iterable(self._kinds.values())

    def find(self, push: int) -> _Kind | None:
        """Return the layout of a push, given as one number."""
        for mask in self._masks:
            for kind in self._kinds.get(push & mask, ()):
                if kind.mask == mask and (kind.is_named or kind.last.profile is kind.known):
                    return kind
        return None

    def put(self, kind: _Kind) -> None:
        """Add a layout; it replaces the one that recognises the same pushes."""
        if kind.mask not in self._masks:
            self._masks = (*self._masks, kind.mask)
        kinds = [other for other in self._kinds.get(kind.constant, ()) if _needs(other) != _needs(kind)]
        kinds.append(kind)
        self._kinds.pop(kind.constant, None)  # with the key, which is a second number of that size
        self._kinds[kind.constant] = tuple(kinds)

    def remove(self, kind: _Kind) -> None:
        """Remove a layout, if it has not been replaced."""
        others = tuple(other for other in self._kinds.get(kind.constant, ()) if other is not kind)
        if others:
            self._kinds[kind.constant] = others
        else:
            self._kinds.pop(kind.constant, None)
        if all(other.mask != kind.mask for other in self):
            self._masks = tuple(mask for mask in self._masks if mask != kind.mask)


def _needs(kind: Layout | PlainFrame) -> tuple[int, int]:
    """Return the mask, and the identity of the manufacturer that has to be known; 0 if none has to."""
    return kind.mask, 0 if kind.is_named else id(kind.known)


class _Nothing:
    """Recognises no frame."""

    mask, constant, last = 0, 1, None


class Start(Table[PlainFrame]):
    """The layouts of frames that begin with the same three bytes; a `hanparse.wire.reader.Known`."""

    __slots__ = ("_latest", "_layouts", "carried", "head", "size")

    def __init__(self, size: int, layouts: Layouts) -> None:
        """`size` is that of the first frame, as far as the three bytes say it."""
        super().__init__()
        self.size = size
        self.head = b""
        """The header, with its HCS, of the frame that was learned last."""
        self.carried: tuple[Carried | TelegramLayout, ...] = ()
        self._layouts = layouts
        self._latest: Any = _Nothing

    def read(self, frame: bytes) -> Measurement | None:
        """Return the measurement in an HDLC frame that has a layout and a right FCS."""
        number = _from_bytes(frame)
        kind = self._latest
        last = kind.last
        if number & kind.mask != kind.constant or (last.profile is not kind.known and not kind.is_named):
            found = self.find(number)
            if found is None:
                return None
            self._latest = kind = found
            last = kind.last
        if frame_register(frame) != SOUND or (kind.texts and not are_texts(frame, kind.texts)):
            return None
        last.profile = kind.maker
        layouts = self._layouts  # as `Layouts.recognise` does; another call would cost a tenth of the time
        layouts.recognised = kind.used = layouts.recognised + 1
        measurement = blank(Measurement)
        fill_kind(measurement, kind)
        fill_state(measurement, frame)
        return measurement

    def read_carried(self, data: bytes, at: int) -> tuple[Measurement | None, int]:
        """Return the measurement in other frames than a plain one, and where they end.

        Or return `None`, and the size of `data` that shows more; 0 when no more bytes are needed.
        """
        need = 0
        for carried in self.carried:
            end = at + carried.size
            if end > len(data):
                awaited = carried.awaited(data, at)
                need = min(need or awaited, awaited)
            elif found := carried.measure(self._layouts, data, at):
                return found, end
        return None, need

    @property
    def is_empty(self) -> bool:
        """Return whether there are no layouts."""
        return not self.carried and super().is_empty

    def put(self, kind: PlainFrame | Carried | TelegramLayout) -> None:
        """Add a layout of frames; it replaces the one that recognises the same frames."""
        self.head = kind.head
        if isinstance(kind, PlainFrame):
            super().put(kind)
            self._latest = kind
        else:
            self.carried = (kind, *(other for other in self.carried if other.identity != kind.identity))

    def remove(self, kind: PlainFrame | Carried | TelegramLayout) -> None:
        """Remove a layout, if it has not been replaced."""
        if isinstance(kind, PlainFrame):
            super().remove(kind)
            self._latest = next(iter(self), _Nothing)
        else:
            self.carried = tuple(other for other in self.carried if other is not kind)
