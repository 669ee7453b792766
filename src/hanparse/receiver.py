"""Bytes -> events with their place: the one walk from a stream to readings, which decoder, annotate and support share.

`Receiver` finds frames, joins the messages that they carry, and reads each message with the profiles. It remembers for
each link which maker was seen there, because some lists name nobody. `walk` does the same for an input that is there
whole, `unframed` decides what bytes without a frame are.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from hanparse import cosem, mbus, p1
from hanparse.errors import ChecksumError, DecodeError, FrameError, UnknownMeterError
from hanparse.hdlc import FLAG, LLC, Frame, Hdlc, strip_llc
from hanparse.mbus import START, MBus, MBusShort, check_header
from hanparse.meters import PROFILES, Profile, Reading, read
from hanparse.meters.p1 import TelegramReading, read_telegram
from hanparse.meters.seen import LastMaker, LastMakers
from hanparse.p1 import P1
from hanparse.security.keys import NO_KEYS, Keys
from hanparse.security.opener import Opener
from hanparse.transfer import Transfer, is_block, join_blocks, unwrap
from hanparse.wire import identify
from hanparse.wire.message import Dropped, Message
from hanparse.wire.reader import NOTHING_KNOWN, Known, StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hanparse.errors import HanParseError
    from hanparse.measurement import Measurement
    from hanparse.measurement.security import Security
    from hanparse.wire.buffer import Buffer
    from hanparse.wire.link import Link

_TEXT: Final = re.compile(rb"[\t\n\r\x1b -~]{16,}")


LAYERS: Final = (Hdlc, MBus, MBusShort, P1)
"""Every link layer that a stream may hold; one more is one module and its name here."""


class Read(NamedTuple):
    """A message that a profile read."""

    message: Message
    apdu: bytes
    """The APDU, deciphered where it was ciphered."""
    reading: Reading
    last: LastMaker
    """The last maker on the link of the message, after it."""
    known: Profile | None
    """The maker that was known on the link before."""
    security: Security | None = None
    """How the APDU was ciphered, if it was."""


class Recognised(NamedTuple):
    """A message whose APDU has a layout."""

    message: Message
    measurement: Measurement
    security: Security | None = None


class ReadTelegram(NamedTuple):
    """A P1 telegram that was read."""

    message: Message
    reading: TelegramReading
    security: Security | None = None


class Failed(NamedTuple):
    """A message that was received whole and could not be read; the offset of the error is a position in the stream.

    A `FrameError` is that of a P1 telegram inside a ciphered APDU.
    """

    message: Message
    error: DecodeError | FrameError | UnknownMeterError


_Found = Frame | mbus.Telegram | mbus.ShortFrame | p1.Telegram | FrameError | Dropped
Event = _Found | Read | ReadTelegram | Recognised | Failed
"""What a stream holds. A frame comes before the message that it completes."""


class Recogniser(Protocol):
    """Recognises pushes that differ from earlier ones in their values alone (`hanparse.layouts`)."""

    @property
    def starts(self) -> Mapping[bytes, Known]:
        """The frames that are recognised before they are taken apart, as long as no message is being joined."""

    def unjoined(self) -> Iterable[Frame | mbus.Telegram]:
        """Return the frames of messages that were recognised since the last call, the last message of each link."""

    def read(self, message: Message, apdu: bytes, /) -> Measurement | None:
        """Return the measurement in an APDU that is recognised."""

    def has(self, link: Link | None, apdu: bytes, /) -> bool:
        """Return whether an APDU is recognised."""


class Receiver:
    """Returns the events of a stream in order, in bounded memory.

    `reader` takes the bytes, in chunks of any size, and counts them.
    """

    def __init__(
        self,
        profiles: Sequence[Profile] = PROFILES,
        recogniser: Recogniser | None = None,
        keys: Keys = NO_KEYS,
    ) -> None:
        self._profiles = tuple(profiles)
        self._recogniser = recogniser
        self._known = NOTHING_KNOWN if recogniser is None else recogniser.starts
        self.opener = Opener(keys, is_sound)
        self.reader = StreamReader([layer() for layer in LAYERS], self._known)
        self._transfer = Transfer()
        self.last_makers = LastMakers()
        self._pending: list[Event] = []  # few: those of one frame
        self._is_ended = False

    @property
    def state(self) -> tuple[Any, ...]:
        """What the next bytes depend on, for `resume`: the stream, messages in parts, and the maker of each link."""
        makers = [(link, _index(self._profiles, profile)) for link, profile in self.last_makers.state]
        return self.reader.state, self._transfer, makers, self._pending

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue the stream of another receiver with the same profiles from its `state`."""
        stream, self._transfer, makers, self._pending = state
        self.reader.resume(stream)
        self.reader.known = self._known if self._transfer.is_idle else NOTHING_KNOWN
        for link, index in makers:
            self.last_makers.of(link).profile = self._profiles[index]

    def next_event(self) -> Event | list[Any] | None:
        """Return the next event, or a run of known frames (a list); `None`: more bytes are needed."""
        if self._pending:
            return self._pending.pop(0)
        event: Any = self.reader.next_event()
        if isinstance(event, Frame | mbus.Telegram):
            self._take(event)
        elif isinstance(event, p1.Telegram):
            self._pending.append(self._open_telegram(event))
        elif event is None and self._is_ended:
            self._is_ended = False
            self._pending.extend(self._transfer.end(self.reader.received))
            return self._pending.pop(0) if self._pending else None
        return event  # type: ignore[no-any-return]  # the reader returns frames, errors and lists

    def end(self) -> None:
        """End the stream: an incomplete frame or message is an error now. Call `next_event` until it returns `None`."""
        self._is_ended = True
        self.reader.end()

    def events(self, data: Buffer) -> Iterator[Event]:
        """Return the events of a stream that is there whole; nothing is known."""
        self.reader.receive(data)
        yield from iter(self.next_event, None)
        self.end()
        yield from iter(self.next_event, None)

    def _take(self, frame: Frame | mbus.Telegram) -> None:
        message = Message.of(frame)
        if self._recogniser is not None:
            for earlier in self._recogniser.unjoined():
                self._note(earlier)
        with self._failing(message):
            whole, dropped = self._transfer.add(frame)
            if dropped:
                self._pending.append(dropped)
            if whole:
                self._take_message(whole)
        self.reader.known = self._known if self._transfer.is_idle else NOTHING_KNOWN

    def _note(self, frame: Frame | mbus.Telegram) -> None:
        """Join a frame of a message that was recognised and is delivered: a repetition of it shall not be an error."""
        whole, _ = self._transfer.add(frame)
        if whole and is_block(whole.payload):
            self._transfer.add_block(whole)

    def _take_message(self, message: Message) -> None:
        if not is_block(message.payload):
            if interrupted := self._transfer.interrupt(message):
                self._pending.append(interrupted)
            self._pending.append(self.open(message))
            return
        with self._failing(message):
            whole, dropped = self._transfer.add_block(message)
            if dropped:
                self._pending.append(dropped)
            if whole:
                self._pending.append(self.open(whole))

    def _open_telegram(self, telegram: p1.Telegram) -> ReadTelegram | Failed:
        message = Message.of(telegram)
        try:
            return ReadTelegram(message, read_telegram(telegram))
        except UnknownMeterError as error:
            return Failed(message, error)

    @contextmanager
    def _failing(self, message: Message) -> Iterator[None]:
        """Turn a `DecodeError` into the event of a message that failed."""
        try:
            yield
        except DecodeError as error:
            error.offset = message.position(error.offset)
            self._pending.append(Failed(message, error))

    def open(self, message: Message) -> Read | ReadTelegram | Recognised | Failed:
        """Read a message with the profiles, after opening it if it is ciphered."""
        apdu = strip_llc(message.payload)
        start = len(message.payload) - len(apdu)
        try:
            if identify.is_protected(apdu):
                return self._open_ciphered(message, apdu)
            return self._read(message, apdu)
        except (DecodeError, FrameError) as error:
            error.offset = message.position(start + error.offset)
            return Failed(message, error)
        except UnknownMeterError as error:
            return Failed(message, error)

    def _open_ciphered(self, message: Message, apdu: bytes) -> Read | ReadTelegram | Recognised:
        """Read what the keys open. Errors show nothing of it, and their place is that of the ciphered APDU."""
        opened = self.opener.open(apdu, partial(self._is_sound, message.link))
        try:
            if opened.apdu.startswith(b"/"):
                return ReadTelegram(message, read_telegram(p1.Telegram.parse(opened.apdu)), opened.security)
            return self._read(message, opened.apdu, opened.security)
        except ChecksumError as error:  # it says nothing but the check sequence
            error.offset = 0
            raise
        except (DecodeError, FrameError):
            raise DecodeError(f"what the keys opened is no push: {identify.describe(opened.apdu)}") from None
        except UnknownMeterError:
            raise UnknownMeterError("no profile reads what the keys opened") from None

    def _is_sound(self, link: Link | None, payload: bytes) -> bool:
        return (self._recogniser is not None and self._recogniser.has(link, payload)) or is_sound(payload)

    def _read(self, message: Message, apdu: bytes, security: Security | None = None) -> Read | Recognised:
        if self._recogniser is not None and (measurement := self._recogniser.read(message, apdu)):
            return Recognised(message, measurement, security)
        last = self.last_makers.of(message.link)
        known = last.profile
        notification = cosem.parse(apdu) if message.frames else cosem.parse_bare(apdu)
        reading = read(notification, self._profiles, message.link, known)
        last.see(reading.profile)
        return Read(message, apdu, reading, last, known, security)


def _index(profiles: Sequence[Profile], profile: Profile) -> int:
    return next(index for index, other in enumerate(profiles) if other is profile)


# --- an input that is there whole ------------------------------------------------------------------------------------


def walk(data: bytes, profiles: Sequence[Profile] = PROFILES, keys: Keys = NO_KEYS) -> Iterator[Event]:
    """Return the events of `data`; where it holds no frame, those of the message that it is without one."""
    receiver = Receiver(profiles, keys=keys)
    errors: list[HanParseError] = []
    is_read = False
    for event in receiver.events(data):
        is_read = is_read or isinstance(event, Read | ReadTelegram)
        errors += _errors(event)
        yield event
    if not is_read and not is_framed(errors):
        with suppress(FrameError, DecodeError):
            for message in unframed(data):
                yield from message.frames  # type: ignore[misc]  # frames of this module's link layers
                yield receiver.open(message)


def is_sound(payload: bytes) -> bool:
    """Return whether bytes are a whole data-notification or P1 telegram, to the last byte."""
    with suppress(DecodeError):
        return p1.is_telegram(payload) or cosem.parse(payload) is not None
    return False


def _errors(event: object) -> Iterable[HanParseError]:
    if isinstance(event, FrameError):
        return (event,)
    return (event.error,) if isinstance(event, Dropped | Failed) else ()


def closeness(error: HanParseError) -> int:
    """Return how close the input came to a measurement: 0 in a sound frame, 1 in one with a sound header, else 2."""
    if not isinstance(error, FrameError):
        return 0
    return 1 if error.after_header else 2


def is_framed(errors: Iterable[HanParseError]) -> bool:
    """Return whether one of the errors of an input comes from a frame, not from bytes that look like one."""
    return any(closeness(error) < 2 for error in errors)  # noqa: PLR2004  see closeness


def unframed(data: bytes) -> list[Message]:
    """Return the messages in bytes that hold no frame.

    That is a frame that lost both flags, an LLC PDU, an APDU, its list without the header of a data-notification, its
    blocks, or APDUs in wrappers of TCP or UDP. Returns an empty list when nothing is known of the bytes. Raises
    `FrameError` when they are something else that has a name, `DecodeError` for a block that is cut off.
    """
    if wrapped := unwrap(data):
        return wrapped
    if len(data) > 3 and data[0] == data[3] == START:  # noqa: PLR2004  68 L L 68
        check_header(data[:4])
    if cosem.list_without_header(data):
        return [Message(data)]
    flag = bytes([FLAG])
    with suppress(FrameError):
        return [Message.of(Frame.parse(flag + data + flag, offset=-1))]
    if is_block(data):
        return [join_blocks(data)]
    return [Message(data)] if data.startswith(LLC) or identify.is_apdu(data) else []


def no_frame(data: bytes) -> FrameError:
    """Return the error for bytes that hold no frame and no message that is known."""
    if _TEXT.fullmatch(data):
        what = f"expected HDLC frames or an APDU, found {len(data)} bytes of text"
        return FrameError(f"{what}; a hex dump is a str to hanparse: decode the bytes, or open the file as text")
    if FLAG not in data:
        name = identify.apdu_name(data[0])
        tag = f"; its first byte is the tag of {name}" if name else ""
        return FrameError(f"expected HDLC frames or an APDU, found no flag (7E) in {len(data)} bytes{tag}")
    offset = data.index(FLAG)
    after = f"{data[offset + 1]:02X}" if offset + 1 < len(data) else "nothing"
    return FrameError(
        f"expected a format field (A0 to AF) after a flag (7E), found {after} and nothing better in {len(data)} bytes; "
        "a serial port read with the wrong parity looks like this (Kamstrup has 8N1, the others 8E1)",
        offset=offset + 1,
    )
