"""Defines what a stream reader asks of a link layer (`LinkLayer`) and of the frames that it recognises (`Known`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanparse.errors import FrameError


class LinkLayer(Protocol):
    """The rules by which a reader finds the frames of one link layer."""

    first: int
    """The first byte of every frame."""
    start: bytes
    """A pattern (`re`) of the first bytes of a candidate. It also matches some of these bytes at the end of the data.

    The pattern begins with a literal byte, because `re` then searches eight times as fast."""
    max_size: int
    """The largest number of bytes of a frame."""
    shared: int
    """The number of bytes at the end of a frame that may also begin the next one."""

    def find_end(self, data: bytes, start: int, base: int, /) -> tuple[int, bool]:
        """Return the end of the frame that begins at `start`, and whether its header is complete and sound.

        `base` is the position of ``data[0]`` in the stream. While bytes are missing, the end is greater than
        ``len(data)``. Raises `FrameError` if a check of the received bytes fails, and `DecodeError` if a check needs
        keys and they do not fit.
        """

    def read(self, data: bytes, offset: int, /, *, after_loss: bool) -> object:
        """Parse the frame `data`, which `find_end` has checked; `offset` is its position in the stream."""

    def truncated(self, size: int, end: int, start: int, /, *, sound: bool) -> FrameError:
        """Return the error for the incomplete frame ``data[start:end]``, when the input ends after `size` bytes."""


class Known(Protocol):
    """Recognises frames that begin with the same three bytes, before the frames are parsed."""

    @property
    def size(self) -> int:
        """Return the number of bytes of the first frame."""

    @property
    def head(self) -> bytes:
        """Return the header of the first frame."""

    def read(self, frame: bytes, /) -> object | None:
        """Return the event that replaces a frame of this size; `None` if the frame is not recognised.

        This method must make every check that `LinkLayer.find_end` makes.
        """

    def read_carried(self, data: bytes, at: int, /) -> tuple[object | None, int]:
        """Return the event that replaces one or several frames that begin at ``data[at]``, and their end in `data`.

        If more bytes are needed, return `None` and the size of `data` that is needed. If the frames are not recognised,
        return `None` and 0.
        """


NOTHING_KNOWN: Final[Mapping[bytes | int, Known]] = {}  # readers are copied, and a mapping proxy cannot be copied
