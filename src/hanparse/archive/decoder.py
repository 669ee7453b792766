"""Defines `ArchiveDecoder`: the decoder of the bytes that are not in runs of frames with learned layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hanparse.decoder import Decoder, Options
from hanparse.receiver import Read, ReadTelegram, Recognised

if TYPE_CHECKING:
    from hanparse.measurement import Measurement
    from hanparse.receiver import Event


class ArchiveDecoder(Decoder):
    """A decoder that notes the position of each push, and that passes over frames which were read elsewhere."""

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.places: list[int] = []
        self._reader.places = self.places
        self.layouts = self._layouts

    @property
    def can_pass(self) -> bool:
        """Whether the next frame depends on no byte before it except for an opening flag."""
        reader = self._reader
        return reader.is_settled and reader.known is self._layouts.starts and self._estimator is None

    @property
    def has_flag(self) -> bool:
        """Whether a flag was fed that may open the next frame."""
        return self._reader.pending == 1

    def pass_over(self, start: int, end: int) -> None:
        """Continue behind recognised frames."""
        self._reader.pass_over(start, end)

    def _take(self, event: Event | list[Measurement]) -> None:
        before = len(self._ready)
        super()._take(event)
        if len(self._ready) > before and isinstance(event, Read | ReadTelegram | Recognised):
            self.places.append(event.message.frames[0].offset)
