"""Bytes -> `Measurement`s: `Decoder`, `decode`, `decode_all`. The only place where the layers meet."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import tzinfo
from typing import TYPE_CHECKING, Final, Self, TypedDict, Unpack

from hanparse import foreign
from hanparse.errors import ChecksumError, DecodeError, FrameError, HanParseError, HexDumpError, UnknownMeterError
from hanparse.frame import Buffer, Frame, as_bytes, strip_llc
from hanparse.hdlc import NOTHING_KNOWN, FrameReader
from hanparse.layout import Layouts
from hanparse.meters import PROFILES, Profile, Reading, Wire, read
from hanparse.scale import Scale
from hanparse.segments import Assembler, Push
from hanparse.source import MEANT, distance, dumped, is_list, is_push, no_frame, no_head, without_flags
from hanparse.stats import Stats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanparse.diagnosis import Fault
    from hanparse.measurement import Measurement

_MAX_WIRES: Final = 16  # wires whose maker a decoder remembers; a HAN port has one


class Options(TypedDict, total=False):
    """What `decode`, `decode_all` and `Decoder` take; see `Decoder`."""

    scale: Scale
    timezone: tzinfo | None
    estimate: bool
    profiles: Sequence[Profile]


class Decoder:
    """Takes in what a HAN port sends, in chunks of any size, and gives measurements. No I/O, no clock, no threads.

    `scale` multiplies what the meter reports, `timezone` takes the place of the meter's clock rule, `estimate` fills
    `Measurement.estimated`, `profiles` are the meters that are known, in the order of choice. `on_error` is called with
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
        on_error: Callable[[HanParseError], object] | None = None,
    ) -> None:
        """Raise `TypeError` for options of another type."""
        self._scale = scale
        self._timezone = timezone
        self._estimate = estimate
        self._profiles = tuple(profiles)
        self._on_error = on_error
        self._check_options()
        self._picks_meters = any(profile.picks_meters for profile in self._profiles)
        self._raised: Exception | None = None  # by on_error, to be raised again at the end of the call
        self._layouts = Layouts()
        self._reader = FrameReader(self._layouts.shelves)
        self._assembler = Assembler()
        self._known: dict[Wire | None, Profile] = {}
        self._counts: Counter[str] = Counter()
        self._ready: list[Measurement] = []
        self._last_error: HanParseError | None = None

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
        recognised = self._layouts.recognised
        counts = self._counts + Counter(frames=recognised, measurements=recognised)
        return Stats(**counts, bytes=self._reader.received, passed_over=self._reader.passed_over)

    @property
    def last_error(self) -> HanParseError | None:
        """The last error, with its position counted from the first byte fed."""
        return self._last_error

    def diagnosis(self) -> tuple[Fault, ...]:
        """What is wrong with the wire, in words to act on, from what was seen so far; empty when nothing is."""
        from hanparse.diagnosis import diagnose  # noqa: PLC0415  seldom needed

        return diagnose(self.stats, self._reader.strays)

    def feed(self, chunk: Buffer) -> list[Measurement]:
        """The measurements that `chunk` completes. Raises `TypeError` for what is no bytes, nothing for bytes."""
        found: list[Measurement] = self._reader.receive(chunk)
        if self._reader.unsettled or self._ready or self._estimate:
            self._ready += map(self._finish, found)
            return self._drain()
        return found

    def flush(self) -> list[Measurement]:
        """End of input: the measurements that a broken-off frame stood in front of. A new stream may follow."""
        self._reader.end()
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

    def decode_payload(self, payload: bytes, wire: Wire | None = None) -> Measurement:
        """The measurement in an APDU that was opened elsewhere, with or without LLC header, and came from `wire`.

        Raises `DecodeError` with its position in `payload`, or `UnknownMeterError`.
        """
        return self._finish(self._read(payload, wire).measurement(self._scale, self._timezone))

    def _read(self, payload: bytes, wire: Wire | None) -> Reading:
        from hanparse import cosem  # noqa: PLC0415  the grammar takes long to import, see hanparse.frame

        apdu = strip_llc(payload)
        try:
            notification = cosem.parse(apdu)
        except DecodeError as error:
            error.offset += len(payload) - len(apdu)
            raise
        reading = read(notification, self._profiles, wire, self._known.get(wire))
        if reading.profile.manufacturer:
            self._remember(wire, reading.profile)
        return reading

    def _remember(self, wire: Wire | None, profile: Profile) -> None:
        """Keep the maker that was seen on a wire; what was learned under another belief is forgotten."""
        known = self._known.pop(wire, None)
        self._known[wire] = profile
        if len(self._known) > _MAX_WIRES:
            del self._known[next(iter(self._known))]
        if known is not profile:
            self._layouts.shelves.clear()

    def _finish(self, measurement: Measurement) -> Measurement:
        if not self._estimate:
            return measurement
        from hanparse.estimate import estimate  # noqa: PLC0415  seldom needed

        estimates = estimate(measurement)
        return measurement.with_estimates(estimates) if estimates else measurement

    def _drain(self) -> list[Measurement]:
        while (event := self._reader.next_event()) is not None:
            if isinstance(event, list):
                self._ready += map(self._finish, event)
            elif isinstance(event, Frame):
                self._take_frame(event)
            elif isinstance(event, FrameError):
                self._fail(event)
        if self._reader.ended and (dropped := self._assembler.end(self._reader.received)) is not None:
            self._drop(dropped)
        raised, self._raised = self._raised, None
        if raised is not None:  # an exception of the caller's may be false
            raise raised
        ready, self._ready = self._ready, []
        return ready

    def _take_frame(self, frame: Frame) -> None:
        self._counts["frames"] += 1
        push, dropped = self._assembler.add(frame)
        idle = self._assembler.idle  # else the next frame may belong to a push
        self._reader.known = self._layouts.shelves if idle else NOTHING_KNOWN
        if dropped is not None:
            self._drop(dropped)
        if push is not None:
            self._take_push(push)

    def _take_push(self, push: Push) -> None:
        payload, wire = bytes(push.information), _wire(push.first)
        known = self._known.get(wire)
        try:
            reading = self._read(payload, wire)
        except DecodeError as error:
            self._counts["ciphered"] += foreign.is_ciphered(strip_llc(payload))
            error.offset = push.position(error.offset)
            self._fail(error)
        except UnknownMeterError as error:
            self._fail(error)
        else:
            self._ready.append(self._finish(reading.measurement(self._scale, self._timezone)))
            self._counts["measurements"] += 1
            self._learn(push, reading if self._known.get(wire) is known else self._reread(reading, wire))

    def _reread(self, reading: Reading, wire: Wire) -> Reading | None:
        """The same push as it is read now that its maker is known on this wire; `None` if by another profile."""
        again = read(reading.notification, self._profiles, wire, reading.profile)
        return again if again.profile is reading.profile else None

    def _learn(self, push: Push, reading: Reading | None) -> None:
        """Let the next push like this one be recognised, unless in several frames or a meter's number matters."""
        if reading and push.last is push.first and not self._picks_meters:
            self._layouts.learn(push.first, reading, self._scale, self._timezone)

    def _drop(self, error: FrameError) -> None:
        self._counts["dropped_assemblies"] += 1
        self._fail(error)

    def _fail(self, error: HanParseError) -> None:
        error.__traceback__ = error.__context__ = None  # what they hold would live as long as the decoder
        count = f"{error.field.lower()}_failures" if isinstance(error, ChecksumError) else _COUNTS.get(type(error))
        if count:
            self._counts[count] += 1
        self._last_error = error
        if self._on_error is not None:
            try:
                self._on_error(error)
            except Exception as raised:  # noqa: BLE001  it is raised again when all that was fed has been looked at
                self._raised = raised if self._raised is None else self._raised


_COUNTS: Final[dict[type[HanParseError], str]] = {DecodeError: "undecodable", UnknownMeterError: "unknown_meters"}


def _wire(frame: Frame) -> Wire:
    return Wire(frame.destination, frame.source, frame.control)


def decode(source: str | Buffer, **options: Unpack[Options]) -> Measurement:
    """The one push in `source`: a hex dump as text, or bytes: an HDLC frame, a stream with noise, an LLC PDU, an APDU.

    `options` are those of `Decoder`. Raises the error that says why there is none, `DecodeError` for several.
    """
    measurements = decode_all(source, **options)
    if not measurements:
        raise HexDumpError("the text is empty") if isinstance(source, str) else FrameError("there are no bytes")
    if len(measurements) > 1:
        raise DecodeError(f"expected one push, found {len(measurements)}; decode_all gives them all")
    return measurements[0]


def decode_all(source: str | Buffer, **options: Unpack[Options]) -> list[Measurement]:
    """Every push in `source`, in order; what is damaged between them is passed over. Nothing in an empty source.

    Takes what `decode` takes. Raises only when nothing could be decoded: the error of the push that got furthest.
    """
    data = dumped(source) if isinstance(source, str) else as_bytes(source)
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    measurements = decoder.feed(data) + decoder.flush()
    if measurements or not data:
        return measurements
    nearest = min(errors, key=distance, default=None)
    if nearest is None or distance(nearest) > MEANT:
        measurements = _without_frame(decoder, data)
    if measurements:
        return measurements
    raise no_frame(data) if nearest is None else nearest


def _without_frame(decoder: Decoder, data: bytes) -> list[Measurement]:
    """The push in bytes that hold no frame: one that has lost both flags, an LLC PDU, an APDU; or what else it is."""
    if framing := foreign.framing(data):
        raise FrameError(f"this is {framing}")
    if is_list(data):
        raise no_head(data)
    frame = without_flags(data)
    if frame is None:
        return [decoder.decode_payload(data)] if is_push(data) else []
    try:
        return [decoder.decode_payload(frame.information, _wire(frame))]
    except DecodeError as error:
        error.offset += frame.information_offset
        raise
