"""Defines `Table`, which finds the layout of an APDU or a frame, and `Start`, which finds that of the next frames."""

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
_Layout = TypeVar("_Layout", Layout, PlainFrame)


class Table(Generic[_Layout]):
    """Stores the layouts of APDUs or frames of the same size. The keys are the constant bits."""

    __slots__ = ("_layouts_of", "_masks")

    def __init__(self) -> None:
        self._masks: tuple[int, ...] = ()
        self._layouts_of: dict[int, tuple[_Layout, ...]] = {}

    @property
    def is_empty(self) -> bool:
        """Return whether the table has no layouts."""
        return not self._layouts_of

    def __iter__(self) -> Iterator[_Layout]:
        """Iterate over the layouts."""
        return chain.from_iterable(self._layouts_of.values())

    def find(self, push: int) -> _Layout | None:
        """Return the layout of a push, or `None`. `push` contains the bytes of the APDU or frame, as one integer."""
        for mask in self._masks:
            for layout in self._layouts_of.get(push & mask, ()):
                if layout.mask == mask and (layout.is_named or layout.last.profile is layout.known):
                    return layout
        return None

    def put(self, layout: _Layout) -> None:
        """Add a layout. It replaces a layout that recognises the same pushes."""
        if layout.mask not in self._masks:
            self._masks = (*self._masks, layout.mask)
        layouts = [other for other in self._layouts_of.get(layout.constant, ()) if _needs(other) != _needs(layout)]
        layouts.append(layout)
        self._layouts_of.pop(layout.constant, None)  # frees the old key, which has as many bytes as the push
        self._layouts_of[layout.constant] = tuple(layouts)

    def remove(self, layout: _Layout) -> None:
        """Remove a layout unless another layout has replaced it."""
        others = tuple(other for other in self._layouts_of.get(layout.constant, ()) if other is not layout)
        if others:
            self._layouts_of[layout.constant] = others
        else:
            self._layouts_of.pop(layout.constant, None)
        if all(other.mask != layout.mask for other in self):
            self._masks = tuple(mask for mask in self._masks if mask != layout.mask)


def _needs(layout: Layout | PlainFrame) -> tuple[int, int]:
    """Return the mask, and the `id` of the profile that must be the last one on the link (0 for any profile)."""
    return layout.mask, 0 if layout.is_named else id(layout.known)


class _NoLayout:
    """Defines a layout that fits no frame."""

    mask, constant, last = 0, 1, None


class Start(Table[PlainFrame]):
    """Stores the layouts of frames that begin with the same three bytes. Implements `hanparse.wire.layer.Known`."""

    __slots__ = ("_latest", "_layouts", "carried", "head", "size")

    def __init__(self, size: int, layouts: Layouts) -> None:
        """Set the size of the first frame, which its first three bytes announce.

        The first three bytes of a P1 telegram announce no size, so `size` is 3 for a P1 telegram.
        """
        super().__init__()
        self.size = size
        self.head = b""
        """The header, including the HCS, of the last frame for which a layout was added."""
        self.carried: tuple[Carried | TelegramLayout, ...] = ()
        self._layouts = layouts
        self._latest: Any = _NoLayout

    def read(self, frame: bytes) -> Measurement | None:
        """Return the measurement in an HDLC frame. Return `None` if the frame has no layout or its FCS does not fit."""
        number = _from_bytes(frame)
        layout = self._latest
        last = layout.last
        if number & layout.mask != layout.constant or (last.profile is not layout.known and not layout.is_named):
            found = self.find(number)
            if found is None:
                return None
            self._latest = layout = found
            last = layout.last
        if frame_register(frame) != SOUND or (layout.texts and not are_texts(frame, layout.texts)):
            return None
        last.profile = layout.maker
        layouts = self._layouts  # this is `Layouts.recognise` without the call, which takes 10 % of the time
        layouts.recognised = layout.used = layouts.recognised + 1
        measurement = blank(Measurement)
        fill_kind(measurement, layout)
        fill_state(measurement, frame)
        return measurement

    def read_carried(self, data: bytes, at: int) -> tuple[Measurement | None, int]:
        """Return the measurement in the frames or the P1 telegram at ``data[at]``, and the end of these bytes.

        The method uses only the layouts in `carried`. If no layout fits yet, it returns `None` and the size that `data`
        needs for the next comparison. The size is 0 if no layout can fit.
        """
        needs = []
        for carried in self.carried:
            end = at + carried.size
            if end > len(data):
                needs.append(carried.awaited(data, at))
            elif found := carried.measure(self._layouts, data, at):
                return found, end
        return None, min(filter(None, needs), default=0)

    @property
    def is_empty(self) -> bool:
        """Return whether the table has no layouts."""
        return not self.carried and super().is_empty

    def put(self, layout: PlainFrame | Carried | TelegramLayout) -> None:
        """Add a layout of frames. It replaces a layout that recognises the same frames."""
        self.head = layout.head
        if isinstance(layout, PlainFrame):
            super().put(layout)
            self._latest = layout
        else:
            self.carried = (layout, *(other for other in self.carried if other.identity != layout.identity))

    def remove(self, layout: PlainFrame | Carried | TelegramLayout) -> None:
        """Remove a layout of frames unless another layout has replaced it."""
        if isinstance(layout, PlainFrame):
            super().remove(layout)
            self._latest = next(iter(self), _NoLayout)
        else:
            self.carried = tuple(other for other in self.carried if other is not layout)
