"""Defines interfaces of the stream reader: a `LinkLayer` checks frames, a `Known` recognises frames without parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanparse.errors import FrameError


class LinkLayer(Protocol):
    """A `LinkLayer` contains the rules by which a reader finds the frames of one link layer.

    A candidate is a sequence of bytes that may be a frame.
    """

    first: int
    """The first byte of every frame."""
    start: bytes
    """A pattern (`re`) of the first bytes of a candidate.

    At the end of the data, the pattern also matches if only some of these bytes have arrived. The pattern begins with a
    literal byte, because `re` then searches eight times as fast.
    """
    max_size: int
    """The largest number of bytes of a frame."""
    shared: int
    """The number of bytes at the end of a frame that may also be the first bytes of the next frame."""

    def find_end(self, data: bytes, start: int, base: int, /) -> tuple[int, bool]:
        """Return the end of the frame at `start`, and whether its header is complete and passes all checks.

        The end is the index after the last byte. While bytes are missing, it is greater than ``len(data)``. `base` is
        the position of ``data[0]`` in the stream. Raises `FrameError` if a check of the received bytes fails. Raises
        `DecodeError` if a check needs a key, and no given key deciphers the frame.
        """

    def read(self, data: bytes, offset: int, /, *, after_loss: bool) -> object:
        """Parse the frame `data`, which `find_end` has checked. `offset` is the position of the frame in the stream."""

    def truncated(self, size: int, end: int, start: int, /, *, sound: bool) -> FrameError:
        """Return the error for the frame ``data[start:end]``, which is incomplete: the data has only `size` bytes.

        `sound` is true if the header of the frame is complete and passes its checks.
        """


class Known(Protocol):
    """A `Known` recognises frames that differ from an earlier frame only in their values.

    All frames that one `Known` recognises begin with the same three bytes. The reader does not parse a recognised
    frame, but returns an event that replaces the frame. One event can replace several frames, such as the segments of
    one push.
    """

    @property
    def size(self) -> int:
        """Return the number of bytes of a frame. If one event replaces several frames, return the size of the first."""

    @property
    def head(self) -> bytes:
        """Return the header of a frame. If one event replaces several frames, return the header of the first."""

    def read(self, frame: bytes, /) -> object | None:
        """Return the event that replaces `frame`, which has `size` bytes; `None` if the frame is not recognised.

        This method must make every check that `LinkLayer.find_end` makes.
        """

    def read_carried(self, data: bytes, at: int, /) -> tuple[object | None, int]:
        """Return the event that replaces one or several frames from ``data[at]`` on, and the index after these frames.

        If more bytes are needed, return `None` and the required size of `data`. If the frames are not recognised,
        return `None` and 0.
        """


NOTHING_KNOWN: Final[Mapping[bytes | int, Known]] = {}  # a plain dict, because `deepcopy` cannot copy a mapping proxy
