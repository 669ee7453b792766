"""Decodes a complete input. `decode` accepts exactly one push, and `decode_all` accepts any number of pushes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hanparse.decoder.stream import Decoder
from hanparse.errors import DecodeError, FrameError, HanParseError, HexDumpError
from hanparse.receiver import closeness, no_frame, without_frames
from hanparse.wire.buffer import Buffer, as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.decoder.options import Options
    from hanparse.measurement import Measurement
    from hanparse.wire.message import Message


def decode(source: str | Buffer, **options: Unpack[Options]) -> Measurement:
    """Return the measurement of the only push in `source`. `source` is a hex dump (`str`) or the received bytes.

    The bytes contain frames, an LLC PDU or an APDU. Other bytes between frames are skipped. `options` are the options
    of `Decoder`. Raises `DecodeError` if `source` contains several pushes. If no push can be decoded, raises the most
    useful error: preferably an error in the content of a frame whose check sequences fit, next an error in a frame of
    which only the header has a check sequence that fits.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # a traceback that shows local variables must not show a key
    measurements = _decode_all(source, decoder, errors, [])
    if not measurements:
        raise HexDumpError("the text is empty") if isinstance(source, str) else FrameError("there are no bytes")
    if len(measurements) > 1:
        raise DecodeError(f"expected one push, found {len(measurements)}; decode_all returns all of them")
    return measurements[0]


def decode_all(
    source: str | Buffer, *, on_error: Callable[[HanParseError], object] | None = None, **options: Unpack[Options]
) -> list[Measurement]:
    """Return the measurements of all sound pushes in `source`, in their order. The list is empty for an empty source.

    A push is sound if the check sequences of its frames fit and its APDU can be decoded. `source` and `options` are the
    same as for `decode`. The function calls `on_error` with the error of each damaged or unreadable frame. The offset
    of the error counts from the first byte of the input. If `source` is a text, the error of a damaged frame is a
    `HexDumpError`. The function then also calls `on_error` with a `HexDumpError` for each passage that looks like bytes
    but was not read, such as a line that ends inside a byte. If `source` is not empty and contains no sound push,
    raises the same error as `decode`.
    """
    errors: list[HanParseError] = []
    decoder = Decoder(**options, on_error=errors.append)
    del options  # see `decode`
    lost: list[HanParseError] = []
    measurements = _decode_all(source, decoder, errors, lost)
    if _in_text(lost):
        # `lost` also contains the frame errors, with their line numbers
        errors = [error for error in errors if not isinstance(error, FrameError)]
    if on_error is not None:
        for error in lost + errors:
            on_error(error)
    return measurements


def _decode_all(
    source: str | Buffer, decoder: Decoder, errors: list[HanParseError], lost: list[HanParseError]
) -> list[Measurement]:
    """Return the measurements of all sound pushes in `source`. The `on_error` of `decoder` must append to `errors`.

    If `source` is a text, the function appends to `lost` one error for each damaged frame and for each passage that
    looks like bytes but was not read. Each error then has a line and a column.
    """
    if not isinstance(source, str):
        return _of_bytes(as_bytes(source), decoder, errors)
    from hanparse.pasted import dump  # noqa: PLC0415  only texts need these imports
    from hanparse.pasted.losses import add_place, losses  # noqa: PLC0415

    shown = dump(source)
    lost += losses(shown)
    try:
        measurements = _of_bytes(shown.data, decoder, errors)
    except HanParseError as error:
        if isinstance(error, FrameError) and (in_text := _in_text(lost)):
            raise min(in_text, key=closeness) from None
        add_place(error, shown)
        raise
    for each in errors:
        add_place(each, shown)
    return measurements


def _of_bytes(data: bytes, decoder: Decoder, errors: list[HanParseError]) -> list[Measurement]:
    measurements = decoder.feed(data) + decoder.flush()
    if measurements or not data:
        return measurements
    if messages := without_frames(data, errors):
        errors.clear()  # the input contains no frames, so the errors in `errors`, which are about frames, would mislead
        return _without_frames(decoder, messages, errors)
    raise min(errors, key=closeness, default=no_frame(data))


def _in_text(lost: list[HanParseError]) -> list[FrameError]:
    """Return the errors of the damaged frames in a text. Each error contains the line number of its frame."""
    return [error.__cause__ for error in lost if isinstance(error.__cause__, FrameError)]


def _without_frames(decoder: Decoder, messages: list[Message], errors: list[HanParseError]) -> list[Measurement]:
    """Return the measurements in messages without frames. If a message cannot be decoded, append its error to `errors`.

    Raises the first error if no message can be decoded.
    """
    measurements: list[Measurement] = []
    for message in messages:
        try:
            measurements.append(decoder.decode_payload(message.payload, message.link))
        except HanParseError as error:
            if isinstance(error, DecodeError | FrameError):
                error.offset = message.position(error.offset)
            errors.append(error)
    if not measurements:
        raise errors[0]
    return measurements
