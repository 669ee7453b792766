"""Defines the events of a stream.

An event is a frame, an error, or the result of reading a message: a `Read`, `ReadTelegram`, `Recognised` or `Failed`. A
message is the content that one or more frames transport. A profile describes the lists of one manufacturer.
"""

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
    """Contains a message and its reading: the elements of its list, and the fields that a profile fills with them."""

    message: Message
    apdu: bytes
    """The plain APDU: the APDU as sent, or the deciphered APDU."""
    reading: Reading
    last: LastMaker
    """Contains the last manufacturer on the link. Later messages change the content of this object."""
    known: Profile | None
    """The profile of the manufacturer that was the last one on the link before this message arrived."""
    security: Security | None = None
    """Describes how the APDU was ciphered. `None` if the APDU was not ciphered."""


class Recognised(NamedTuple):
    """Contains a message and its measurement. A layout (`hanparse.layouts`) has read the measurement."""

    message: Message
    measurement: Measurement
    security: Security | None = None


class ReadTelegram(NamedTuple):
    """Contains a P1 telegram and its reading: the lines of the telegram, and the fields that the lines fill."""

    message: Message
    reading: TelegramReading
    security: Security | None = None
    plaintext: bytes = b""
    """The deciphered telegram with its line end. Empty if the telegram was not ciphered."""


class Failed(NamedTuple):
    """Contains a complete message that cannot be read, and its error.

    The offset of the error is a position in the stream. The error is a `FrameError` only if a ciphered APDU contains a
    P1 telegram with a wrong CRC.
    """

    message: Message
    error: DecodeError | FrameError | UnknownMeterError
    opened: Opened | None = None
    """The deciphered APDU. `None` if the message was not deciphered."""


_Found = Frame | mbus.Telegram | mbus.ShortFrame | p1.Telegram | CipheredTelegram | FrameError | CipherError | Dropped
Event = _Found | Read | ReadTelegram | Recognised | Failed
"""An event of a stream. If a frame completes a message, the event of the frame precedes the event of the message."""
