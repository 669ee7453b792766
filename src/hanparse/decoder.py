"""Bytes -> `Measurement`s: `Decoder`, `decode`, `decode_all`."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict, Unpack

from hanparse import mbus, p1
from hanparse.broker import BrokerMessages
from hanparse.cipheredp1 import CipheredTelegram
from hanparse.diagnosis.ciphered import Observed
from hanparse.errors import (
    ChecksumError,
    CipherError,
    DecodeError,
    FrameError,
    HanParseError,
    HexDumpError,
    UnknownMeterError,
)
from hanparse.hdlc import Frame
from hanparse.layouts.store import Layouts
from hanparse.measurement import Scale
from hanparse.measurement.inputs import check_type
from hanparse.measurement.record import fill_estimated, fill_received, fill_security
from hanparse.meters import PROFILES, Profile, read
from hanparse.receiver import Failed, Read, ReadTelegram, Receiver, Recognised, closeness, is_framed, no_frame, unframed
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


class Options(TypedDict, total=False):
    """What `decode`, `decode_all` and `Decoder` take; see `Decoder`."""

    scale: Scale
    timezone: tzinfo | None
    estimate: bool
    profiles: Sequence[Profile]
    key: KeyOption
    auth_key: KeyOption
    system_title: str | bytes | None


class Decoder:
    """Takes in what a HAN port sends, in chunks of any size, and gives measurements. No I/O, no clock, no threads.

    `scale` multiplies what the meter reports, `timezone` takes the place of the meter's clock rule, `estimate` fills
    `Measurement.estimated`, `profiles` are the meters that are known, in the order of choice.

    `key` deciphers and `auth_key` verifies, each 16 bytes (suite 2: 32) or their hex digits, or a mapping from system
    title to key; `system_title` names a meter whose pushes do not. A decoder with a key cannot be pickled.

    `on_error` is called with
    every error, its position counted from the first byte fed. What it raises comes out of `feed` or `flush` when all
    that was fed has been looked at; the measurements then come with the next call.
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
        """Raise `TypeError` for options of another type, `ValueError` for a key that is none."""
        self._scale = scale
        self._timezone = timezone
        self._estimate = estimate
        self._profiles = profiles if profiles is PROFILES else tuple(profiles)
        self._on_error = on_error
        self._check_options()
        self._estimator = _estimator() if estimate else None
        self._depends_on_meter_id = any(profile.depends_on_meter_id for profile in self._profiles)
        self._at: datetime | None = None  # when the last chunk came that had a time
        self._raised: Exception | None = None  # by on_error, to be raised again at the end of the call
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

    def _check_options(self) -> None:
        checks = {
            "scale: Scale, such as Scale.ct('100:5')": isinstance(self._scale, Scale),
            "timezone: tzinfo or None": isinstance(self._timezone, tzinfo | None),
            "estimate: bool": isinstance(self._estimate, bool),
            "profiles: a sequence of Profile": all(isinstance(profile, Profile) for profile in self._profiles),
            "on_error: a callable or None": self._on_error is None or callable(self._on_error),
        }
        wrong = [option for option, fits in checks.items() if not fits]
        if wrong:
            raise TypeError(f"expected {', '.join(wrong)}")

    @property
    def stats(self) -> Stats:
        """A snapshot of what was seen so far."""
        counts = self._counts + self._recognised
        return Stats(**counts, bytes=self._reader.received, passed_over=self._reader.skipped_count)

    @property
    def _recognised(self) -> Counter[str]:
        layouts = self._layouts
        return Counter(frames=layouts.frames, measurements=layouts.recognised, recognised=layouts.recognised)

    @property
    def last_error(self) -> HanParseError | None:
        """The last error, with its position counted from the first byte fed."""
        return self._last_error

    def diagnosis(self) -> tuple[Fault, ...]:
        """What is wrong with the wire, in words to act on, from what was seen so far; empty when nothing is."""
        from hanparse.diagnosis import diagnose  # noqa: PLC0415  seldom needed

        return (*self._observed.faults(), *diagnose(self.stats, self._reader.skipped))

    def feed(self, chunk: Buffer, at: datetime | None = None) -> list[Measurement]:
        """Return the measurements that `chunk` completes; `at` is when it came, and becomes their `received`.

        Give `at` with every chunk or with none. Raises `TypeError` for a chunk that is no bytes and for an `at` that is
        no `datetime`; nothing for bytes.
        """
        if at is not None:
            return self._feed_at(chunk, at)
        found: list[Measurement] = self._reader.receive(chunk)
        if self._reader.has_events or self._ready:
            self._take(found)
            return self._drain()
        return [self._finish(measurement, self._at) for measurement in found] if self._estimator else found

    def _feed_at(self, chunk: Buffer, at: datetime) -> list[Measurement]:
        check_type("at", at, datetime)
        self._at = at
        came_before = len(self._ready)  # where on_error raised something, and they have their time
        found = self.feed(chunk)
        for measurement in found[came_before:]:
            fill_received(measurement, at)
        return found

    def decode_message(self, payload: Buffer, at: datetime | None = None) -> list[Measurement]:
        """Return the measurements in one message of a broker; `at` is the time of its arrival.

        The message contains frames, an APDU, an LLC PDU or a list without the header of its push; as bytes, as hex
        digits, as JSON with hex digits, or in the envelope of a Tibber Pulse. A push that arrives twice is returned
        once. Other text and other JSON give an empty list. Each topic needs a decoder of its own, which is not fed.
        Raises `TypeError` for a payload that is not bytes-like and for an `at` that is not a `datetime`, and no error
        for bytes. `received` is `at`, or earlier where the message contains the time between its pushes. The position
        of an error in a push without frames is counted from the first byte of the push.
        """
        if at is not None:
            check_type("at", at, datetime)
        for event, came in self._messages.events(as_bytes(payload), at):
            self._at = came
            self._take(event)
        return self._drain()

    def flush(self) -> list[Measurement]:
        """End of input: the measurements that a broken-off frame stood in front of. A new stream may follow."""
        self._receiver.end()
        return self._drain()

    def __repr__(self) -> str:
        """What it has seen."""
        return f"<Decoder {self.stats}>"

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """A decoder in the same state that goes its own way; only `on_error` is shared."""
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        memo[id(self._on_error)] = self._on_error
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def __copy__(self) -> Self:
        """The same as a deep copy: two decoders cannot share a buffer."""
        return copy.deepcopy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the options and what the next bytes depend on. The copy learns layouts anew.

        Raises `TypeError` for a decoder with keys, and for options that cannot be pickled.
        """
        options = {
            "scale": self._scale,
            "timezone": self._timezone,
            "estimate": self._estimate,
            "on_error": self._on_error,
            "profiles": None if self._profiles is PROFILES else self._profiles,
        }
        counts = self._counts + self._recognised
        kept = counts, self._observed, self._ready, self._last_error, self._raised, self._at, self._estimator
        return _made, (type(self), self._keys, options), (self._receiver.state, self._messages.last_push, *kept)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Continue the stream of the decoder that was pickled."""
        stream, last_push, *kept = state
        self._counts, self._observed, self._ready, self._last_error, self._raised, self._at, self._estimator = kept
        self._receiver.resume(stream)
        self._messages.last_push = last_push
        self._layouts.on_opened = self._observed.add

    def decode_payload(self, payload: bytes, link: Link | None = None, at: datetime | None = None) -> Measurement:
        """Return the measurement in an APDU that came without a frame, with or without LLC header, over `link`, `at`.

        Raises `DecodeError` with its position in `payload`, or `UnknownMeterError`.
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
        if raised is not None:  # an exception of the caller's may be false
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
        elif isinstance(event, Failed):
            self._counts["ciphered"] += isinstance(event.error, CipherError)
            self._fail(event.error)
        elif isinstance(event, Dropped):
            self._counts["dropped_assemblies"] += 1
            self._fail(event.error)
        elif isinstance(event, FrameError | CipherError):
            self._counts["ciphered"] += isinstance(event, CipherError)
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
            measurement = self._finish(event.measurement, at)
        else:
            measurement = self._finish(event.reading.measurement(self._scale, self._timezone), at)
        if event.security:
            self._observed.add(event.security)
            fill_security(measurement, event.security)
        return measurement

    def _learn(self, event: Read) -> None:
        """Let the next push like this one be recognised, unless the number of a meter decides how lists are read."""
        if self._depends_on_meter_id:
            return
        reading, last = event.reading, event.last
        self._layouts.learn(event, reading, event.known, self._scale, self._timezone)
        if last.profile is not event.known and not reading.is_named and reading.notification:
            again = read(reading.notification, self._profiles, event.message.link, last.profile)
            self._layouts.learn(event, again, last.profile, self._scale, self._timezone)

    def _fail(self, error: HanParseError) -> None:
        error.__traceback__ = error.__context__ = None  # what they hold would live as long as the decoder
        count = f"{error.field.lower()}_failures" if isinstance(error, ChecksumError) else _COUNTS.get(type(error))
        if count:
            self._counts[count] += 1
        if isinstance(error, CipherError):
            self._observed.add(error)
        self._last_error = error
        if self._on_error is not None:
            try:
                self._on_error(error)
            except Exception as raised:  # noqa: BLE001  it is raised again when all that was fed has been looked at
                self._raised = raised if self._raised is None else self._raised


def _made(of: type[Decoder], keys: Keys, options: dict[str, Any]) -> Decoder:
    """Return a decoder with the options of a pickled one, `None` for those that were not given."""
    given = {name: value for name, value in options.items() if value is not None}
    return of(**given, system_title=keys.system_title)


def _estimator() -> Estimator:
    from hanparse.energy.estimator import Estimator  # noqa: PLC0415  seldom needed

    return Estimator()


_COUNTS: Final[dict[type[HanParseError], str]] = {
    DecodeError: "undecodable",
    CipherError: "undecodable",
    UnknownMeterError: "unknown_meters",
}


def decode(source: str | Buffer, **options: Unpack[Options]) -> Measurement:
    """The one push in `source`: a hex dump as text, or bytes: an HDLC frame, a stream with noise, an LLC PDU, an APDU.

    `options` are those of `Decoder`. Raises the error that says why there is none, `DecodeError` for several.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # a traceback with the variables of its functions shows no key
    measurements = _decode_all(source, decoder, errors)
    if not measurements:
        raise HexDumpError("the text is empty") if isinstance(source, str) else FrameError("there are no bytes")
    if len(measurements) > 1:
        raise DecodeError(f"expected one push, found {len(measurements)}; decode_all gives them all")
    return measurements[0]


def decode_all(source: str | Buffer, **options: Unpack[Options]) -> list[Measurement]:
    """Every push in `source`, in order; what is damaged between them is passed over. Nothing in an empty source.

    Takes what `decode` takes. Raises only when nothing could be decoded: the error of the push that got furthest.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # as in `decode`
    return _decode_all(source, decoder, errors)


def _decode_all(source: str | Buffer, decoder: Decoder, errors: list[HanParseError]) -> list[Measurement]:
    """Return every push in `source`; `decoder` appends its errors to `errors`."""
    data = _dumped(source) if isinstance(source, str) else as_bytes(source)
    measurements = decoder.feed(data) + decoder.flush()
    if measurements or not data:
        return measurements
    if not is_framed(errors) and (messages := unframed(data)):
        return _without_frames(decoder, messages)
    raise min(errors, key=closeness, default=no_frame(data))


def _without_frames(decoder: Decoder, messages: list[Message]) -> list[Measurement]:
    """Return the measurements in messages that came without a frame. Raises the first error when there is none."""
    found: list[Measurement] = []
    errors: list[HanParseError] = []
    for message in messages:
        try:
            found.append(decoder.decode_payload(message.payload, message.link))
        except (DecodeError, UnknownMeterError) as error:
            if isinstance(error, DecodeError):
                error.offset = message.position(error.offset)
            errors.append(error)
    if not found:
        raise errors[0]
    return found


def _dumped(text: str) -> bytes:
    from hanparse.pasted import dumped  # noqa: PLC0415  bytes need none of it

    return dumped(text)
