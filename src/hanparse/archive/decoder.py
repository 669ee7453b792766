"""Defines `ArchiveDecoder`, which decodes the bytes of a capture that do not belong to frames with learned layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hanparse.decoder import Decoder, Options
from hanparse.receiver import Read, ReadTelegram, Recognised

if TYPE_CHECKING:
    from hanparse.measurement import Measurement
    from hanparse.receiver import Event


class ArchiveDecoder(Decoder):
    """An `ArchiveDecoder` is a decoder that records the position of each push. It can pass over frames."""

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.positions: list[int] = []
        """The positions of the first bytes of the returned pushes. The caller removes positions that it has used."""
        self.layouts, self.reader = self._layouts, self._reader
        self.reader.positions = self.positions

    @property
    def can_pass(self) -> bool:
        """Return whether the result for the next frame depends on no earlier byte except its opening flag."""
        return self.reader.is_settled and self.reader.known is self._layouts.starts and self._estimator is None

    def count_damage(self, data: bytes, base: int, start: int, stop: int) -> bool:
        """Count the errors of damaged frames in ``data[start:stop]``. A frame that passes all checks begins at `stop`.

        If these bytes may contain another frame, count no errors and return false. `base` is the position of
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
            self.positions.append(event.message.frames[0].offset)
