"""Bytes -> `Measurement`s: `Decoder`, `decode`, `decode_all`. The only place where the layers meet."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Final, Self, TypedDict, Unpack

from hanparse import cosem, foreign, hexdump
from hanparse.errors import ChecksumError, DecodeError, FrameError, HanParseError, HexDumpError, UnknownMeterError
from hanparse.hdlc import FLAG, LLC, Buffer, Frame, FrameReader, as_bytes, strip_llc
from hanparse.measurement import Measurement, Scale
from hanparse.meters import PROFILES, Profile, Wire, read
from hanparse.segments import Assembler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAX_WIRES: Final = 16  # wires whose maker a decoder remembers; a HAN port has one


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What a decoder has seen so far."""

    bytes: int = 0
    frames: int = 0
    """Sound HDLC frames."""
    measurements: int = 0
    passed_over: int = 0
    """Bytes that belong to no sound frame."""
    hcs_failures: int = 0
    fcs_failures: int = 0
    undecodable: int = 0
    """Pushes in sound frames whose payload is no COSEM that hanparse reads."""
    unknown_meters: int = 0
    """Pushes with a sound payload that no profile reads."""
    dropped_assemblies: int = 0
    """Pushes in segments of which one was missing, foreign or there twice."""


class Options(TypedDict, total=False):
    """What `decode`, `decode_all` and `Decoder` take; see `Decoder`."""

    scale: Scale
    timezone: tzinfo | None
    profiles: Sequence[Profile]


class Decoder:
    """Takes in what a HAN port sends, in chunks of any size, and gives measurements. No I/O, no clock, no threads.

    `scale` multiplies what the meter reports, `timezone` takes the place of the meter's clock rule, `profiles` are the
    meters that are known, in the order of choice. `on_error` is called with every error, its position counted from the
    first byte fed. What it raises comes out of `feed` or `flush`; the measurements then come with the next call.
    """

    def __init__(
        self,
        *,
        scale: Scale = Scale(),  # noqa: B008  immutable
        timezone: tzinfo | None = None,
        profiles: Sequence[Profile] = PROFILES,
        on_error: Callable[[HanParseError], object] | None = None,
    ) -> None:
        """Raise `TypeError` for options of another type."""
        if not isinstance(scale, Scale) or not isinstance(timezone, tzinfo | None):
            message = f"expected scale: Scale and timezone: tzinfo or None, found {scale!r} and {timezone!r}"
            raise TypeError(message)
        self._scale = scale
        self._timezone = timezone
        self._profiles = tuple(profiles)
        self._on_error = on_error
        self._reader = FrameReader()
        self._assembler = Assembler()
        self._known: dict[Wire | None, Profile] = {}
        self._counts: Counter[str] = Counter()
        self._ready: list[Measurement] = []
        self._last_error: HanParseError | None = None

    @property
    def stats(self) -> Stats:
        """A snapshot of what was seen so far."""
        return Stats(**self._counts, bytes=self._reader.received, passed_over=self._reader.passed_over)

    @property
    def last_error(self) -> HanParseError | None:
        """The last error, with its position counted from the first byte fed."""
        return self._last_error

    def feed(self, chunk: Buffer) -> list[Measurement]:
        """The measurements that `chunk` completes. Raises `TypeError` for what is no bytes, nothing for bytes."""
        self._reader.receive(chunk)
        self._drain_reader()
        return self._take_ready()

    def flush(self) -> list[Measurement]:
        """End of input: the measurements that a broken-off frame stood in front of. A new stream may follow."""
        self._reader.end()
        self._drain_reader()
        self._drop(self._assembler.end(self._reader.received))
        return self._take_ready()

    def __repr__(self) -> str:
        """What it has seen."""
        return f"<Decoder {self.stats}>"

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """A decoder in the same state that goes its own way; only `on_error` is shared."""
        twin = object.__new__(type(self))
        memo[id(self._on_error)] = self._on_error
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def __copy__(self) -> Self:
        """The same as a deep copy: two decoders cannot share a buffer."""
        return copy.deepcopy(self)

    def _drain_reader(self) -> None:
        while event := self._reader.next_event():
            if isinstance(event, Frame):
                self._take_frame(event)
            else:
                self._fail(event)

    def _take_ready(self) -> list[Measurement]:
        ready, self._ready = self._ready, []
        return ready

    def _take_frame(self, frame: Frame) -> None:
        self._counts["frames"] += 1
        push, dropped = self._assembler.add(frame)
        error = self._take_push(push) if push else None
        self._drop(dropped)
        if error:
            self._fail(error)

    def _take_push(self, push: Frame) -> HanParseError | None:
        wire = Wire(push.destination, push.source, push.control)
        try:
            self._ready.append(self.decode_apdu(strip_llc(push.information), wire))
        except DecodeError as error:
            error.offset += push.information_offset + len(push.information) - len(strip_llc(push.information))
            return error
        except UnknownMeterError as error:
            return error
        self._counts["measurements"] += 1
        return None

    def decode_apdu(self, apdu: bytes, wire: Wire | None = None) -> Measurement:
        """The measurement in an APDU, however it came. Raises `DecodeError` or `UnknownMeterError`."""
        reading = read(cosem.parse(apdu), self._profiles, wire, self._known.get(wire))
        if reading.profile.manufacturer and len(self._known) < _MAX_WIRES:
            self._known[wire] = reading.profile
        return reading.measurement(self._scale, self._timezone)

    def _drop(self, error: FrameError | None) -> None:
        if error:
            self._counts["dropped_assemblies"] += 1
            self._fail(error)

    def _fail(self, error: HanParseError) -> None:
        error.__traceback__ = error.__context__ = None  # what they hold would live as long as the decoder
        count = f"{error.field.lower()}_failures" if isinstance(error, ChecksumError) else _COUNTS.get(type(error))
        if count:
            self._counts[count] += 1
        self._last_error = error
        if self._on_error:
            self._on_error(error)


_COUNTS: Final[dict[type[HanParseError], str]] = {DecodeError: "undecodable", UnknownMeterError: "unknown_meters"}


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
    data = hexdump.parse(source) if isinstance(source, str) else as_bytes(source)
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    measurements = decoder.feed(data) + decoder.flush()
    if measurements or not data:
        return measurements
    if not decoder.stats.frames:
        measurements = _without_frame(decoder, data)
    if measurements:
        return measurements
    raise min(errors, key=_distance, default=_no_frame(data))


def _without_frame(decoder: Decoder, data: bytes) -> list[Measurement]:
    """The push in bytes that hold no frame: an LLC PDU, an APDU, or a frame that has lost both its flags."""
    if framing := foreign.framing(data):
        raise FrameError(f"this is {framing}")
    if data.startswith(LLC) or foreign.is_apdu(data):
        try:
            return [decoder.decode_apdu(strip_llc(data))]
        except DecodeError as error:
            error.offset += len(data) - len(strip_llc(data))
            raise
    try:
        frame = Frame.parse(bytes([FLAG]) + data + bytes([FLAG]), offset=-1)
    except FrameError:
        return []
    return [decoder.decode_apdu(strip_llc(frame.information), Wire(frame.destination, frame.source, frame.control))]


def _distance(error: HanParseError) -> int:
    """How far from a measurement an error is: a sound frame is nearer than a damaged one, that nearer than no frame."""
    if not isinstance(error, FrameError):
        return 0
    return 1 if isinstance(error, ChecksumError) and error.field == "FCS" else 2


def _no_frame(data: bytes) -> FrameError:
    if FLAG not in data:
        return FrameError(f"expected HDLC frames or an APDU, found no flag (7E) in {len(data)} bytes")
    return FrameError(
        f"expected HDLC frames, found no flag (7E) before a format field (A0 to AF) in {len(data)} bytes; "
        "read from a serial port with the wrong parity it looks like this (Kamstrup has 8N1, the others 8E1)",
        offset=data.index(FLAG),
    )
