"""Bytes -> events with their place: the one walk from a stream to readings, which decoder, annotate and support share.

`Receiver` finds frames, joins the messages that they carry, and reads each message with the profiles. It remembers for
each link which maker was seen there, because some lists name nobody. `walk` does the same for an input that is there
whole, `unframed` decides what bytes without a frame are.
"""

from __future__ import annotations

import re
from collections import deque
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from hanparse import cosem, mbus, p1
from hanparse.axdr import grammar
from hanparse.axdr.data import Tag
from hanparse.cipheredp1 import Ciphered, CipheredTelegram, Judge, P1OrCiphered
from hanparse.errors import ChecksumError, CipherError, DecodeError, FrameError, HanParseError, UnknownMeterError
from hanparse.hdlc import FLAG, LLC, Frame, Hdlc, strip_llc
from hanparse.mbus import START, MBus, MBusShort, check_header
from hanparse.meters import PROFILES, Profile, Reading, read
from hanparse.meters.p1 import TelegramReading, read_telegram
from hanparse.meters.seen import LastMaker, LastMakers
from hanparse.security.keys import NO_KEYS, Keys
from hanparse.security.opener import Opened, Opener
from hanparse.transfer import Transfer, is_block, join_blocks, unwrap
from hanparse.wire import identify
from hanparse.wire.message import Dropped, Message
from hanparse.wire.reader import NOTHING_KNOWN, Known, StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hanparse.measurement import Measurement
    from hanparse.measurement.security import Security
    from hanparse.wire.buffer import Buffer
    from hanparse.wire.link import Link

_LISTS: Final = (bytes([Tag.ARRAY]), bytes([Tag.STRUCTURE]))
_TEXT: Final = re.compile(rb"[\t\n\r\x1b -~]{16,}")


LAYERS: Final = (Hdlc, MBus, MBusShort)
"""Every link layer that a stream may hold apart from P1; one more is one module and its name here."""


class Read(NamedTuple):
    """A message that a profile read."""

    message: Message
    apdu: bytes
    """The APDU, deciphered where it was ciphered."""
    reading: Reading
    last: LastMaker
    """The last maker on the link of the message, after it."""
    is_new_maker: bool
    """Whether another maker, or none, was seen on the link before."""
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
    plaintext: bytes = b""
    """The deciphered telegram with its line end; empty if the telegram was not ciphered."""


class Failed(NamedTuple):
    """A message that was received whole and could not be read; the offset of the error is a position in the stream.

    A `FrameError` is that of a P1 telegram inside a ciphered APDU.
    """

    message: Message
    error: DecodeError | FrameError | UnknownMeterError
    opened: Opened | None = None
    """The deciphered APDU, if the keys fit and its content could not be read."""


_Found = Frame | mbus.Telegram | mbus.ShortFrame | p1.Telegram | CipheredTelegram | FrameError | CipherError | Dropped
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
        self._judge = Judge(self.opener, is_sound)
        layers = [*(layer() for layer in LAYERS), P1OrCiphered(self._judge), Ciphered(self._judge)]
        self.reader = StreamReader(layers, self._known)
        self._transfer = Transfer()
        self.last_makers = LastMakers()
        self._pending: deque[Event] = deque()

    def next_event(self) -> Event | list[Any] | None:
        """Return the next event, or a run of known frames (a list); `None`: more bytes are needed."""
        if self._pending:
            return self._pending.popleft()
        event: Any = self.reader.next_event()
        if isinstance(event, Frame | mbus.Telegram):
            self._take(event)
        elif isinstance(event, p1.Telegram):
            self._pending.append(self._open_telegram(event))
        elif isinstance(event, CipheredTelegram):
            self._pending.append(self._open_ciphered_telegram(event))
        elif event is None and self.reader.ended:
            self._pending.extend(self._transfer.end(self.reader.received))
            return self._pending.popleft() if self._pending else None
        return event  # type: ignore[no-any-return]  # the reader returns frames, errors and lists

    def events(self, data: Buffer) -> Iterator[Event]:
        """Return the events of a stream that is there whole; nothing is known."""
        self.reader.receive(data)
        yield from iter(self.next_event, None)
        self.reader.end()
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
                return self._open_ciphered(message, apdu, start)
            return self._read(message, apdu)
        except (DecodeError, FrameError) as error:
            error.offset = message.position(start + error.offset)
            return Failed(message, error)
        except UnknownMeterError as error:
            return Failed(message, error)

    def _open_ciphered(self, message: Message, apdu: bytes, start: int) -> Read | ReadTelegram | Recognised | Failed:
        """Decipher an APDU and read its content. An error of the content is at the first byte of the APDU."""
        opened = self.opener.open(apdu, partial(self._is_sound, message.link))
        event = self._read_opened(message, opened)
        if isinstance(event, ChecksumError | DecodeError):
            event.offset = message.position(start)
        return Failed(message, event, opened) if isinstance(event, HanParseError) else event

    def _read_opened(
        self, message: Message, opened: Opened
    ) -> Read | ReadTelegram | Recognised | ChecksumError | DecodeError | UnknownMeterError:
        """Return the event of a deciphered APDU, or an error that contains no byte of it.

        The errors are new and without a traceback, because functions with the content as a variable raised the others.
        """
        try:
            if opened.apdu.startswith(b"/"):
                reading = read_telegram(p1.Telegram.parse(opened.apdu))
                return ReadTelegram(message, reading, opened.security, opened.apdu)
            return self._read(message, opened.apdu, opened.security)
        except ChecksumError as error:  # its message contains the check sequence alone
            error.__context__ = None
            return error.with_traceback(None)
        except (DecodeError, FrameError):
            return DecodeError(f"what the keys opened is no push: {identify.describe(opened.apdu)}")
        except UnknownMeterError:
            return UnknownMeterError("no profile reads what the keys opened")

    def _open_ciphered_telegram(self, telegram: CipheredTelegram) -> ReadTelegram | Failed:
        """Read a telegram that the judge has accepted."""
        message = Message.of(telegram)
        plain, security = self._judge.decipher(telegram)
        try:
            return ReadTelegram(message, read_telegram(p1.Telegram.parse(plain)), security, plain)
        except UnknownMeterError:
            error = UnknownMeterError("no profile reads what the keys opened")
            return Failed(message, error, Opened(plain, security, 0))

    def _is_sound(self, link: Link | None, payload: bytes) -> bool:
        return (self._recogniser is not None and self._recogniser.has(link, payload)) or is_sound(payload)

    def _read(self, message: Message, apdu: bytes, security: Security | None = None) -> Read | Recognised:
        if self._recogniser is not None and (measurement := self._recogniser.read(message, apdu)):
            return Recognised(message, measurement, security)
        last = self.last_makers.of(message.link)
        reading = read(cosem.parse(apdu), self._profiles, message.link, last.profile)
        return Read(message, apdu, reading, last, last.see(reading.profile), security)


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

    That is a frame that lost both flags, an LLC PDU, an APDU, its blocks, or APDUs in wrappers of TCP or UDP. Raises
    `FrameError` when the bytes are something else that has a name, `DecodeError` for a block that is cut off.
    An empty list: nothing is known of them.
    """
    if wrapped := unwrap(data):
        return wrapped
    if len(data) > 3 and data[0] == data[3] == START:  # noqa: PLR2004  68 L L 68
        check_header(data[:4])
    if _is_list(data):
        what = f"expected HDLC frames or an APDU, found a list of {len(data)} bytes without the header of its push"
        raise FrameError(f"{what}: put 0F 00 00 00 00 00 in front (data-notification, invoke id, no date-time)")
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


def _is_list(data: bytes) -> bool:
    """Return whether `data` is an array or a structure of values and nothing else."""
    with suppress(DecodeError):
        return data[:1] in _LISTS and bool(grammar.parse(data).value)
    return False
