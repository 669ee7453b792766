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
    """Return the only push in `source`: a hex dump as text, or bytes: frames, a noisy stream, an LLC PDU, an APDU.

    `options` are those of `Decoder`. Raises the error that gives the reason when there is no push, and `DecodeError`
    when there are several.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # a traceback with the variables of its functions shows no key
    measurements = _decode_all(source, decoder, errors, [])
    if not measurements:
        raise HexDumpError("the text is empty") if isinstance(source, str) else FrameError("there are no bytes")
    if len(measurements) > 1:
        raise DecodeError(f"expected one push, found {len(measurements)}; decode_all gives them all")
    return measurements[0]


def decode_all(
    source: str | Buffer, *, on_error: Callable[[HanParseError], object] | None = None, **options: Unpack[Options]
) -> list[Measurement]:
    """Return every push in `source`, in order, without the damaged ones; an empty list for an empty source.

    Takes the arguments of `decode`. `on_error` is called with each error about bytes that gave no push, whose offset is
    counted from the first byte, before the function returns. For a text it is called with a `HexDumpError` for each
    damaged frame, and for each part that resembles bytes and was passed over, such as a line that is cut inside a byte.
    Raises an error only when there is no push: that of the bytes that came closest to one.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # as in `decode`
    lost: list[HanParseError] = []
    measurements = _decode_all(source, decoder, errors, lost)
    if _in_text(lost):
        errors = [error for error in errors if not isinstance(error, FrameError)]  # `lost` has them, with their lines
    if on_error is not None:
        for error in lost + errors:
            on_error(error)
    return measurements


def _decode_all(
    source: str | Buffer, decoder: Decoder, errors: list[HanParseError], lost: list[HanParseError]
) -> list[Measurement]:
    """Return every push in `source`; `decoder` appends its errors to `errors`.

    An error for each part of a text that was passed over and resembles bytes is appended to `lost`.
    """
    data = _dumped(source, lost) if isinstance(source, str) else as_bytes(source)
    measurements = decoder.feed(data) + decoder.flush()
    if measurements or not data:
        return measurements
    if not is_framed(errors) and (messages := unframed(data)):
        errors.clear()  # they are about frames, and there are none
        return _without_frames(decoder, messages, errors)
    error = min(errors, key=closeness, default=no_frame(data))
    if isinstance(error, FrameError) and (in_text := _in_text(lost)):
        raise min(in_text, key=closeness) from None
    raise error


def _in_text(lost: list[HanParseError]) -> list[FrameError]:
    """Return the errors of the damaged frames in a text, which contain the line of the frame."""
    return [error.__cause__ for error in lost if isinstance(error.__cause__, FrameError)]


def _without_frames(decoder: Decoder, messages: list[Message], errors: list[HanParseError]) -> list[Measurement]:
    """Return the measurements in messages that came without a frame. Raises the first error when there is none.

    Errors are appended to `errors`, which is empty.
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
    from hanparse.pasted import dump  # noqa: PLC0415  bytes need none of it
    from hanparse.pasted.losses import losses  # noqa: PLC0415

    shown = dump(text)
    lost += losses(shown)
    return shown.data
