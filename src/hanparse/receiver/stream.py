"""Defines `Receiver`, which converts the bytes of a stream to events.

The receiver finds frames and joins the segments and blocks in the frames to messages. It deciphers each message and
reads it with the profiles. Some lists do not name their manufacturer, so the receiver stores the last manufacturer of
each link.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from hanparse import cosem, mbus, p1
from hanparse.cipheredp1 import Ciphered, CipheredTelegram, Judge, P1OrCiphered
from hanparse.errors import ChecksumError, DecodeError, FrameError, HanParseError, UnknownMeterError
from hanparse.hdlc import Frame, Hdlc
from hanparse.mbus import MBus, MBusShort
from hanparse.meters import PROFILES, Profile, read
from hanparse.meters.p1 import read_telegram
from hanparse.meters.seen import LastMakers
from hanparse.receiver.events import Failed, Read, ReadTelegram, Recognised
from hanparse.security.keys import NO_KEYS, Keys
from hanparse.security.opener import Opened, Opener
from hanparse.transfer import Transfer, is_block
from hanparse.wire import identify
from hanparse.wire.layer import NOTHING_KNOWN, Known, LinkLayer
from hanparse.wire.llc import strip_llc
from hanparse.wire.message import Message
from hanparse.wire.reader import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hanparse.measurement import Measurement
    from hanparse.measurement.security import Security
    from hanparse.receiver.events import Event
    from hanparse.wire.buffer import Buffer
    from hanparse.wire.link import Link
    from hanparse.wire.message import Dropped


LAYERS: Final[tuple[LinkLayer, ...]] = (Hdlc(), MBus(), MBusShort())
"""All link layers except those of P1. They have no state, so all receivers share them.

`Receiver.next_event` and `Transfer` have code for each of them: a new link layer needs code there, too.
"""


_UNKNOWN_CONTENT: Final = "no profile reads the deciphered content"


class Recogniser(Protocol):
    """Recognises a push that differs from an earlier push only in its values (`hanparse.layouts`)."""

    @property
    def starts(self) -> Mapping[bytes | int, Known]:
        """Map the first bytes of frames to the layouts of these frames.

        `StreamReader` compares each frame with its layout. While a message is incomplete, the receiver parses every
        frame and does not use the mapping.
        """

    def unjoined(self) -> Iterable[Frame | mbus.Telegram]:
        """Return frames of messages that were recognised before their frames were parsed.

        The result contains, for each link, the frames of the last message of several frames since the previous call.
        The receiver joins these frames, so that it can ignore repeated segments and blocks.
        """

    def read(self, message: Message, apdu: bytes, /) -> Measurement | None:
        """Return the measurement in an APDU. Return `None` if the APDU is not recognised."""

    def has(self, link: Link | None, apdu: bytes, /) -> bool:
        """Return whether an APDU is recognised."""


class Receiver:
    """Returns the events of a stream in their order. The size of the stored data is limited.

    The caller gives bytes to `reader` in chunks of any size. After each chunk, the caller calls `next_event` until it
    returns `None`.
    """

    def __init__(
        self,
        profiles: Sequence[Profile] = PROFILES,
        recogniser: Recogniser | None = None,
        keys: Keys = NO_KEYS,
    ) -> None:
        self._profiles = profiles if isinstance(profiles, tuple) else tuple(profiles)
        self._recogniser = recogniser
        self._known = NOTHING_KNOWN if recogniser is None else recogniser.starts
        self.opener = Opener(keys, is_sound)
        self._judge = Judge(self.opener, is_sound)
        layers = [*LAYERS, P1OrCiphered(self._judge), Ciphered(self._judge)]
        self.reader = StreamReader(layers, self._known)
        self._transfer = Transfer()
        self.last_makers = LastMakers()
        self._pending: list[Event] = []  # the events that follow a frame
        self._is_ended = False

    @property
    def state(self) -> tuple[Any, ...]:
        """Return the state of the stream. Another receiver can continue the stream with it (see `resume`).

        The state contains the buffered bytes, the incomplete messages, the last manufacturer of each link, and the
        events that `next_event` has not yet returned.
        """
        makers = [(link, _index(self._profiles, profile)) for link, profile in self.last_makers.state]
        return self.reader.state, self._transfer, makers, self._pending

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue the stream of another receiver with the same profiles. `state` is the state of that receiver."""
        stream, self._transfer, makers, self._pending = state
        self.reader.resume(stream)
        self.reader.known = self._known if self._transfer.is_idle else NOTHING_KNOWN
        for link, index in makers:
            self.last_makers.of(link).profile = self._profiles[index]

    def next_event(self) -> Event | list[Any] | None:
        """Return the next event. Return `None` if more bytes are needed.

        If the reader recognised adjacent frames without parsing them, return a list of their measurements.
        """
        if self._pending:
            return self._pending.pop(0)
        event: Any = self.reader.next_event()
        if isinstance(event, Frame | mbus.Telegram):
            self._take(event)
        elif isinstance(event, p1.Telegram):
            self._pending.append(self._open_telegram(event))
        elif isinstance(event, CipheredTelegram):
            self._pending.append(self._open_ciphered_telegram(event))
        elif event is None and self._is_ended:
            self._is_ended = False
            self._pending.extend(self._transfer.end(self.reader.received))
            return self._pending.pop(0) if self._pending else None
        return event  # type: ignore[no-any-return]  # the event is a frame, an error or a list

    def end(self) -> None:
        """End the stream. An incomplete frame or message becomes an error.

        Call `next_event` after this method until it returns `None`.
        """
        self._is_ended = True
        self.reader.end()

    def events(self, data: Buffer) -> Iterator[Event]:
        """Yield the events of a complete stream."""
        self.reader.receive(data)
        yield from iter(self.next_event, None)
        self.end()
        yield from iter(self.next_event, None)

    def _take(self, frame: Frame | mbus.Telegram) -> None:
        message = Message.of(frame)
        if self._recogniser is not None:
            for recognised in self._recogniser.unjoined():
                self._join_recognised(recognised)
        with self._errors_as_events(message):
            complete, dropped = self._join(frame)
            if dropped:
                self._pending.append(dropped)
            if complete:
                self._take_message(complete)
        self.reader.known = self._known if self._transfer.is_idle else NOTHING_KNOWN

    def _join_recognised(self, frame: Frame | mbus.Telegram) -> None:
        """Join a frame of a recognised message, so that a repetition of this segment or block later is not an error."""
        complete, _ = self._join(frame)
        if complete and is_block(complete.payload):
            self._transfer.add_block(complete)

    def _join(self, frame: Frame | mbus.Telegram) -> tuple[Message | None, Dropped | None]:
        """Return the message that `frame` completes, and the incomplete message that is dropped because of `frame`.

        Both can be `None`.

        Raises `DecodeError` for an M-Bus telegram whose data is not DLMS.
        """
        if isinstance(frame, Frame):
            return self._transfer.add_segment(frame)
        if frame.is_dlms:
            return self._transfer.add_telegram(frame)
        if frame.data:
            raise DecodeError(frame.content)
        return None, None  # a control frame

    def _take_message(self, message: Message) -> None:
        if not is_block(message.payload):
            if interrupted := self._transfer.interrupt(message):
                self._pending.append(interrupted)
            self._pending.append(self.open(message))
            return
        with self._errors_as_events(message):
            complete, dropped = self._transfer.add_block(message)
            if dropped:
                self._pending.append(dropped)
            if complete:
                self._pending.append(self.open(complete))

    def _open_telegram(self, telegram: p1.Telegram) -> ReadTelegram | Failed:
        message = Message.of(telegram)
        try:
            return ReadTelegram(message, read_telegram(telegram))
        except UnknownMeterError as error:
            return Failed(message, error)

    @contextmanager
    def _errors_as_events(self, message: Message) -> Iterator[None]:
        """Add a `Failed` event for `message` if the body of the `with` statement raises `DecodeError`."""
        try:
            yield
        except DecodeError as error:
            error.offset = message.position(error.offset)
            self._pending.append(Failed(message, error))

    def open(self, message: Message) -> Read | ReadTelegram | Recognised | Failed:
        """Decipher a ciphered message, read the message with the profiles, and return the event."""
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
        """Decipher an APDU and read its content.

        If the content has an error, the offset of the error is the start of the APDU.
        """
        opened = self.opener.open(apdu, partial(self._is_sound, message.link))
        event = self._read_opened(message, opened)
        if isinstance(event, ChecksumError | DecodeError):
            event.offset = message.position(start)
        return Failed(message, event, opened) if isinstance(event, HanParseError) else event

    def _read_opened(
        self, message: Message, opened: Opened
    ) -> Read | ReadTelegram | Recognised | ChecksumError | DecodeError | UnknownMeterError:
        """Return the event for a deciphered APDU, or an error that reveals no byte of the APDU.

        The traceback of a caught error gives access to variables with the deciphered content. So the method returns
        another error, or the same error without its traceback.
        """
        try:
            if opened.apdu.startswith(b"/"):
                telegram = p1.Telegram.parse(opened.apdu)
                if not (message.frames or opened.security.verified or telegram.crc):
                    return DecodeError("the deciphered telegram has neither a CRC nor a tag that was verified")
                return ReadTelegram(message, read_telegram(telegram), opened.security, opened.apdu)
            return self._read(message, opened.apdu, opened.security)
        except ChecksumError as error:  # its message contains no byte but the check sequence
            error.__context__ = None
            return error.with_traceback(None)
        except (DecodeError, FrameError):
            return DecodeError(f"the deciphered content is not a push: {identify.describe(opened.apdu)}")
        except UnknownMeterError:
            return UnknownMeterError(_UNKNOWN_CONTENT)

    def _open_ciphered_telegram(self, telegram: CipheredTelegram) -> ReadTelegram | Failed:
        """Decipher and read a telegram. This does not fail, because `Judge` has already deciphered the telegram."""
        message = Message.of(telegram)
        plain, security = self._judge.decipher(telegram)
        try:
            return ReadTelegram(message, read_telegram(p1.Telegram.parse(plain)), security, plain)
        except UnknownMeterError:
            return Failed(message, UnknownMeterError(_UNKNOWN_CONTENT), Opened(plain, security, 0))

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


def is_sound(payload: bytes) -> bool:
    """Return whether `payload` is exactly one complete data-notification or P1 telegram."""
    with suppress(DecodeError):
        return p1.is_telegram(payload) or cosem.parse(payload) is not None
    return False
