"""Defines the events of a stream: frames, errors, and the reading or failure of each message."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hanparse import mbus, p1
from hanparse.cipheredp1 import CipheredTelegram
from hanparse.errors import CipherError, DecodeError, FrameError, UnknownMeterError
from hanparse.hdlc import Frame
from hanparse.wire.message import Dropped, Message

if TYPE_CHECKING:
    from hanparse.measurement import Measurement
    from hanparse.measurement.security import Security
    from hanparse.meters import Profile, Reading
    from hanparse.meters.p1 import TelegramReading
    from hanparse.meters.seen import LastMaker
    from hanparse.security.opener import Opened


class Read(NamedTuple):
    """A message that a profile has read."""

    message: Message
    apdu: bytes
    """The plain or deciphered APDU."""
    reading: Reading
    last: LastMaker
    """The last maker on the link, which this message may have changed."""
    known: Profile | None
    """The profile of the last maker on the link before this message."""
    security: Security | None = None
    """The ciphering of the APDU; `None` if it was not ciphered."""


class Recognised(NamedTuple):
    """A message with an APDU that has a layout."""

    message: Message
    measurement: Measurement
    security: Security | None = None


class ReadTelegram(NamedTuple):
    """A P1 telegram that a profile has read."""

    message: Message
    reading: TelegramReading
    security: Security | None = None
    plaintext: bytes = b""
    """The deciphered telegram with its line end; empty if the telegram was not ciphered."""


class Failed(NamedTuple):
    """A complete message that cannot be read; the offset of the error is a position in the stream.

    The error is a `FrameError` if a ciphered APDU contains a P1 telegram that is not sound.
    """

    message: Message
    error: DecodeError | FrameError | UnknownMeterError
    opened: Opened | None = None
    """The deciphered APDU, if the keys fit but the content cannot be read."""


_Found = Frame | mbus.Telegram | mbus.ShortFrame | p1.Telegram | CipheredTelegram | FrameError | CipherError | Dropped
Event = _Found | Read | ReadTelegram | Recognised | Failed
"""An event of a stream. A frame comes before the message that it completes."""
