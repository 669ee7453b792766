"""Defines `Decoder`, which decodes a stream that arrives in chunks of any size."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, Self

from hanparse import mbus, p1
from hanparse.broker import BrokerMessages
from hanparse.cipheredp1 import CipheredTelegram
from hanparse.decoder.options import check_options
from hanparse.diagnosis.ciphered import Observed
from hanparse.errors import ChecksumError, CipherError, DecodeError, FrameError, HanParseError, UnknownMeterError
from hanparse.hdlc import Frame
from hanparse.layouts.store import Layouts
from hanparse.measurement import Scale
from hanparse.measurement.inputs import check_type
from hanparse.measurement.record import fill_estimated, fill_received, fill_security
from hanparse.meters import PROFILES, Profile, read
from hanparse.receiver import Failed, Read, ReadTelegram, Receiver, Recognised
from hanparse.security.keys import KeyOption, Keys
from hanparse.wire.buffer import Buffer, as_bytes
from hanparse.wire.message import Dropped, Message
from hanparse.wire.stats import Stats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanparse.diagnosis import Fault
    from hanparse.energy.estimator import Estimator
    from hanparse.measurement import Measurement
    from hanparse.receiver import Event
    from hanparse.wire.link import Link


class Decoder:
    """Decodes the bytes of a HAN port to measurements. A decoder uses no I/O, no clock and no threads.

    `scale` contains the factors for the values of a meter with current transformers. If `timezone` is given, it is the
    time zone of the meter's clock. Otherwise the manufacturer's profile determines the time zone of the clock. If
    `estimate` is true, `Measurement.estimated` contains estimates of values that a 3-wire meter does not measure. Each
    profile in `profiles` describes the lists of one manufacturer. The decoder tries the profiles in this order.

    The decoder deciphers pushes with the encryption key `key` and verifies them with the authentication key `auth_key`.
    Each key is 16 bytes (32 in suite 2), the hex digits of these bytes, or a mapping from system title to key. Some
    meters send ciphered pushes without a system title; `system_title` is the system title of such a meter. A decoder
    with a key cannot be pickled.

    The decoder calls `on_error` with every error. The offset of an error counts from the first byte of the stream. If
    `on_error` raises an exception, `feed` or `flush` processes all bytes and then raises the exception. The next call
    returns the measurements in these bytes.
    """

    def __init__(
        self,
        *,
        scale: Scale = Scale(),  # noqa: B008  immutable
        timezone: tzinfo | None = None,
        estimate: bool = False,
        profiles: Sequence[Profile] = PROFILES,
        key: KeyOption = None,
        auth_key: KeyOption = None,
        system_title: str | bytes | None = None,
        on_error: Callable[[HanParseError], object] | None = None,
    ) -> None:
        """Raise `TypeError` for an option of a wrong type, and `ValueError` for a malformed key or system title."""
        self._profiles = profiles if profiles is PROFILES else tuple(profiles)
        check_options(scale, timezone, estimate, self._profiles, on_error)
        self._scale = scale
        self._timezone = timezone
        self._on_error = on_error
        self._estimator: Estimator | None = None
        if estimate:
            from hanparse.energy.estimator import Estimator  # noqa: PLC0415  seldom needed

            self._estimator = Estimator()
        self._depends_on_meter_id = any(profile.depends_on_meter_id for profile in self._profiles)
        self._at: datetime | None = None  # the last time of arrival that the caller gave
        self._raised: Exception | None = None  # the exception of on_error that the current call will raise
        self._layouts = Layouts()
        self._keys = Keys(key, auth_key, system_title)
        self._receiver = Receiver(self._profiles, self._layouts, self._keys)
        self._reader = self._receiver.reader
        self._messages = BrokerMessages(self._receiver)
        self._counts: Counter[str] = Counter()
        self._ready: list[Measurement] = []
        self._last_error: HanParseError | None = None
        self._observed = Observed()
        self._layouts.opener, self._layouts.on_opened = self._receiver.opener, self._observed.add

    @property
    def stats(self) -> Stats:
        """Return the numbers of bytes, frames, measurements and errors up to now."""
        return Stats(**self._totals, bytes=self._reader.received, passed_over=self._reader.skipped_count)

    @property
    def _totals(self) -> Counter[str]:
        """Return the counts of the events, plus the counts of recognised pushes, for which there is no event."""
        recognised = self._layouts.recognised
        return self._counts + Counter(frames=self._layouts.frames, measurements=recognised, recognised=recognised)

    @property
    def last_error(self) -> HanParseError | None:
        """Return the last error, or `None`. The offset of the error counts from the first byte of the stream."""
        return self._last_error

    def diagnosis(self) -> tuple[Fault, ...]:
        """Return the faults of the connection, each with its likely cause and remedy. Empty without a fault."""
        from hanparse.diagnosis import diagnose  # noqa: PLC0415  seldom needed

        return (*self._observed.faults(), *diagnose(self.stats, self._reader.skipped))

    def feed(self, chunk: Buffer, at: datetime | None = None) -> list[Measurement]:
        """Return the measurements of the pushes that `chunk` completes.

        `at` is the time when the chunk arrived. It becomes the field `received` of each measurement. Give `at` with
        every chunk or with no chunk. Raises `TypeError` for a chunk that is not bytes-like and for an `at` that is not
        a `datetime`. Damaged bytes raise no error.
        """
        if at is not None:
            check_type("at", at, datetime)
            self._at = at
        measurements: list[Measurement] = self._reader.receive(chunk)
        if self._reader.has_events or self._ready:
            self._take(measurements)
            return self._drain()
        if self._estimator is None and at is None:
            return measurements
        return [self._finish(measurement, at) for measurement in measurements]

    def decode_message(self, payload: Buffer, at: datetime | None = None) -> list[Measurement]:
        """Return the measurements in one message of an MQTT broker. `at` is the time when the message arrived.

        The message contains frames, P1 telegrams, an APDU, an LLC PDU, or a list without the header of its
        data-notification. `payload` is these bytes, their hex digits, JSON with telegrams or these hex digits, or these
        bytes in the envelope of a Tibber Pulse. For any other text or JSON, the result is empty. If a push with a
        date-time arrives twice in succession, or any push twice within 0.5 s (by `at`), it gives only one measurement.
        Use one decoder for each topic, and do not call `feed` of this decoder.

        The field `received` of each measurement is `at`, or earlier if the message contains the age of the push. If an
        error is in a push without frames, its offset counts from the first byte of the push. Damaged bytes raise no
        error. Raises `TypeError` for a payload that is not bytes-like and for an `at` that is not a `datetime`.
        """
        if at is not None:
            check_type("at", at, datetime)
        for event, arrival in self._messages.events(as_bytes(payload), at):
            self._at = arrival
            self._take(event)
        return self._drain()

    def flush(self) -> list[Measurement]:
        """End the input and return the measurements of the buffered bytes. The next `feed` begins a new stream."""
        self._receiver.end()
        return self._drain()

    def __repr__(self) -> str:
        """Return a text with the counts of `stats`."""
        return f"<Decoder {self.stats}>"

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return an independent decoder in the same state. The two decoders share only `on_error`."""
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        memo[id(self._on_error)] = self._on_error
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def __copy__(self) -> Self:
        """Return a deep copy, because two decoders cannot share a buffer."""
        return copy.deepcopy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the options and the state of the stream, without layouts. Raises `TypeError` if there is a key."""
        options = {
            "scale": self._scale,
            "timezone": self._timezone,
            "estimate": self._estimator is not None,
            "on_error": self._on_error,
            "profiles": None if self._profiles is PROFILES else self._profiles,
        }
        kept = self._totals, self._observed, self._ready, self._last_error, self._raised, self._at, self._estimator
        return _restored, (type(self), self._keys, options), (self._receiver.state, self._messages.last_push, *kept)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Continue the stream of the decoder that was pickled."""
        stream, last_push, *kept = state
        self._counts, self._observed, self._ready, self._last_error, self._raised, self._at, self._estimator = kept
        self._receiver.resume(stream)
        self._messages.last_push = last_push
        self._layouts.on_opened = self._observed.add

    def decode_payload(self, payload: bytes, link: Link | None = None, at: datetime | None = None) -> Measurement:
        """Return the measurement in an APDU. `payload` is the APDU without a frame, with or without an LLC header.

        `link` contains the addresses of the frame in which the APDU arrived, and `at` is the time when it arrived.
        Raises `UnknownMeterError` if no profile reads the list in the APDU, `ChecksumError` if a deciphered telegram
        has a wrong CRC, and `DecodeError` for any other undecodable APDU. Their offset is an index of `payload`.
        """
        if at is not None:
            check_type("at", at, datetime)
        event = self._receiver.open(Message(payload, link))
        if isinstance(event, Failed):
            raise event.error
        return self._measurement(event, at)

    def _finish(self, measurement: Measurement, at: datetime | None) -> Measurement:
        if at is not None:
            fill_received(measurement, at)
        if self._estimator:
            fill_estimated(measurement, self._estimator.later(measurement))
        return measurement

    def _drain(self) -> list[Measurement]:
        while (event := self._receiver.next_event()) is not None:
            self._take(event)
        raised, self._raised = self._raised, None
        if raised is not None:  # not `if raised`, because an exception of the caller may be falsy
            raise raised
        ready, self._ready = self._ready, []
        return ready

    def _take(self, event: Event | list[Measurement]) -> None:
        if isinstance(event, list):
            self._ready += [self._finish(measurement, self._at) for measurement in event]
        elif isinstance(event, Frame | mbus.Telegram | p1.Telegram | CipheredTelegram):
            self._counts["frames"] += 1
        elif isinstance(event, Recognised):
            self._ready.append(self._measurement(event, self._at))
        elif isinstance(event, Read | ReadTelegram):
            self._take_read(event)
        elif isinstance(event, Failed | Dropped):
            self._counts["dropped_assemblies"] += isinstance(event, Dropped)
            self._fail(event.error)
        elif isinstance(event, FrameError | CipherError):
            self._fail(event)

    def _take_read(self, event: Read | ReadTelegram) -> None:
        self._ready.append(self._measurement(event, self._at))
        self._counts["measurements"] += 1
        if isinstance(event, Read):
            self._learn(event)
        elif event.security is None:
            self._layouts.learn_telegram(event.reading, self._scale, self._timezone)

    def _measurement(self, event: Read | ReadTelegram | Recognised, at: datetime | None) -> Measurement:
        if isinstance(event, Recognised):
            measurement = event.measurement
        else:
            measurement = event.reading.measurement(self._scale, self._timezone)
        self._finish(measurement, at)
        if event.security:
            self._observed.add(event.security)
            fill_security(measurement, event.security)
        return measurement

    def _learn(self, event: Read) -> None:
        """Derive layouts from a push, unless a profile depends on the meter number.

        Two layouts are derived if the push changes the known manufacturer of its link and its list does not name the
        manufacturer. The second layout is for later pushes: the decoder then knows the manufacturer before it reads
        them.
        """
        if self._depends_on_meter_id:
            return
        message, apdu, reading, last, known, _ = event
        self._layouts.learn(message, apdu, reading, last, known, self._scale, self._timezone)
        if last.profile is not known and not reading.is_named and reading.notification:
            again = read(reading.notification, self._profiles, message.link, last.profile)
            self._layouts.learn(message, apdu, again, last, last.profile, self._scale, self._timezone)

    def _fail(self, error: HanParseError) -> None:
        error.__traceback__ = error.__context__ = None  # the decoder must not store the objects of a traceback
        count = f"{error.field.lower()}_failures" if isinstance(error, ChecksumError) else _COUNTS.get(type(error))
        if count:
            self._counts[count] += 1
        if isinstance(error, CipherError):
            self._counts["ciphered"] += 1
            self._observed.add(error)
        self._last_error = error
        if self._on_error is not None:
            try:
                self._on_error(error)
            except Exception as raised:  # noqa: BLE001  raised again by `_drain` after all bytes were processed
                self._raised = raised if self._raised is None else self._raised


def _restored(of: type[Decoder], keys: Keys, options: dict[str, Any]) -> Decoder:
    """Return a decoder with the options of a pickled decoder. An option that is `None` gets its default."""
    given_options = {name: value for name, value in options.items() if value is not None}
    return of(**given_options, system_title=keys.system_title)


_COUNTS: Final[dict[type[HanParseError], str]] = {
    DecodeError: "undecodable",
    CipherError: "undecodable",
    UnknownMeterError: "unknown_meters",
}
