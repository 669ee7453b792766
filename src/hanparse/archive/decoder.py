"""Decodes the bytes of a capture that are not in frames with learned layouts: `ArchiveDecoder`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hanparse.decoder import Decoder, Options
from hanparse.receiver import Read, ReadTelegram, Recognised

if TYPE_CHECKING:
    from hanparse.measurement import Measurement
    from hanparse.receiver import Event


class ArchiveDecoder(Decoder):
    """A decoder that notes the position of each push, and that skips frames which another reader found."""

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.places: list[int] = []
        self.layouts, self.reader = self._layouts, self._reader
        self.reader.places = self.places

    @property
    def can_pass(self) -> bool:
        """True if the next frame depends on no byte before it except for an opening flag."""
        return self.reader.is_settled and self.reader.known is self._layouts.starts and self._estimator is None

    def count_damage(self, data: bytes, base: int, start: int, stop: int) -> bool:
        """Count the errors in ``data[start:stop]``, which ends where a sound frame begins.

        Return false, and count nothing, if these bytes may contain another frame. `base` is the position of
        ``data[0]``.
        """
        errors = self.reader.errors_between(data, base, start, stop)
        for error in errors or ():
            self._fail(error)
        return errors is not None

    def _take(self, event: Event | list[Measurement]) -> None:
        before = len(self._ready)
        super()._take(event)
        if len(self._ready) > before and isinstance(event, Read | ReadTelegram | Recognised):
            self.places.append(event.message.frames[0].offset)
