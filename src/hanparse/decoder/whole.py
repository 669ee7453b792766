"""Decodes an input that is complete: `decode` returns its only push, `decode_all` every push."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hanparse.decoder.stream import Decoder
from hanparse.errors import DecodeError, FrameError, HanParseError, HexDumpError, UnknownMeterError
from hanparse.receiver import closeness, is_framed, no_frame, unframed
from hanparse.wire.buffer import Buffer, as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.decoder.options import Options
    from hanparse.measurement import Measurement
    from hanparse.wire.message import Message


def decode(source: str | Buffer, **options: Unpack[Options]) -> Measurement:
    """Return the measurement of the only push in `source`, a hex dump as `str` or bytes as received.

    The bytes are frames, a stream with noise, an LLC PDU or an APDU. `options` are the options of `Decoder`. Raises
    `DecodeError` if there are several pushes. If there is no push, raises the error that gives the reason.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # so that a traceback with local variables shows no key
    measurements = _decode_all(source, decoder, errors, [])
    if not measurements:
        raise HexDumpError("the text is empty") if isinstance(source, str) else FrameError("there are no bytes")
    if len(measurements) > 1:
        raise DecodeError(f"expected one push, found {len(measurements)}; decode_all returns all of them")
    return measurements[0]


def decode_all(
    source: str | Buffer, *, on_error: Callable[[HanParseError], object] | None = None, **options: Unpack[Options]
) -> list[Measurement]:
    """Return the measurements of all sound pushes in `source`, in order; an empty list for an empty source.

    The arguments are the same as for `decode`. Before the function returns, it calls `on_error` with each error about
    bytes without a push; the offset of the error is counted from the first byte. For a text, it also calls `on_error`
    with a `HexDumpError` for each part that resembles bytes but was passed over, such as a line that ends inside a
    byte. Raises an error only if there is no push: the error about the bytes that are closest to a push.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # as in `decode`
    lost: list[HanParseError] = []
    measurements = _decode_all(source, decoder, errors, lost)
    if on_error is not None:
        for error in lost + errors:
            on_error(error)
    return measurements


def _decode_all(
    source: str | Buffer, decoder: Decoder, errors: list[HanParseError], lost: list[HanParseError]
) -> list[Measurement]:
    """Return the measurements of all sound pushes in `source`. The `on_error` of `decoder` appends to `errors`.

    `lost` receives an error for each part of a text that resembles bytes but was passed over.
    """
    data = _dumped(source, lost) if isinstance(source, str) else as_bytes(source)
    measurements = decoder.feed(data) + decoder.flush()
    if measurements or not data:
        return measurements
    if not is_framed(errors) and (messages := unframed(data)):
        errors.clear()  # the input has no frames, and these errors are about frames
        return _without_frames(decoder, messages, errors)
    raise min(errors, key=closeness, default=no_frame(data))


def _without_frames(decoder: Decoder, messages: list[Message], errors: list[HanParseError]) -> list[Measurement]:
    """Return the measurements in messages without a frame. Raises the first error if there is no measurement.

    `errors` receives all errors.
    """
    found: list[Measurement] = []
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


def _dumped(text: str, lost: list[HanParseError]) -> bytes:
    from hanparse.pasted import dump  # noqa: PLC0415  not needed for bytes
    from hanparse.pasted.losses import losses  # noqa: PLC0415

    shown = dump(text)
    lost += losses(shown)
    return shown.data
