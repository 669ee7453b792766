"""Decodes an input that is complete: `decode` returns its only push, `decode_all` every push."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Unpack

from hanparse.decoder.stream import Decoder
from hanparse.errors import DecodeError, FrameError, HanParseError, HexDumpError, UnknownMeterError
from hanparse.receiver import closeness, is_framed, no_frame, unframed
from hanparse.wire.buffer import Buffer, as_bytes

_PATH: Final = re.compile(r"(?![0-9A-Fa-f\s]*\Z)(?:~|\.{0,2})?[^\n\0]{0,250}(?:[/\\][\w. -]{1,250}|\.[A-Za-z]\w{1,7})")

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.decoder.options import Options
    from hanparse.measurement import Measurement
    from hanparse.wire.message import Message

    OnError = Callable[[HanParseError], object]


def decode(source: str | Buffer, **options: Unpack[Options]) -> Measurement:
    """Return the only push in `source`: a hex dump as text, or bytes: frames, a noisy stream, an LLC PDU, an APDU.

    `options` are those of `Decoder`. Raises the error that gives the reason when there is no push, and `DecodeError`
    when there are several.
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


def decode_all(
    source: str | Buffer, *, on_error: OnError | None = None, **options: Unpack[Options]
) -> list[Measurement]:
    """Return every push in `source`, in order, without the damaged ones; an empty list for an empty source.

    Takes the arguments of `decode`. `on_error` is called with each error, as by `Decoder`: a damaged frame or a push
    that cannot be decoded; and with a `HexDumpError` for each part of a text that resembles bytes and was passed over.
    Bytes outside frames are not errors. Raises `TypeError` for an `on_error` that is not callable, and an error of the
    input only when there is no push: that of the bytes that came closest to one.
    """
    errors: list[HanParseError] = []
    if on_error is not None and not callable(on_error):
        raise TypeError("expected on_error: a callable or None")
    decoder = Decoder(**options, on_error=_both(errors.append, on_error) if on_error else errors.append)
    del options  # as in `decode`
    return _decode_all(source, decoder, errors, on_error)


def _both(first: OnError, second: OnError) -> OnError:
    """Return a function that calls both functions with an error."""

    def hear(error: HanParseError) -> None:
        first(error)
        second(error)

    return hear


def _decode_all(
    source: str | Buffer, decoder: Decoder, errors: list[HanParseError], on_error: OnError | None = None
) -> list[Measurement]:
    """Return every push in `source`; `decoder` appends its errors to `errors`.

    `on_error` is called with the errors that `decoder` does not see: those of a text, and of messages without a frame.
    """
    data = _dumped(source, on_error) if isinstance(source, str) else as_bytes(source)
    measurements = decoder.feed(data) + decoder.flush()
    if measurements or not data:
        return measurements
    if not is_framed(errors) and (messages := unframed(data)):
        return _without_frames(decoder, messages, on_error)
    raise min(errors, key=closeness, default=no_frame(data))


def _without_frames(decoder: Decoder, messages: list[Message], on_error: OnError | None) -> list[Measurement]:
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
    if on_error:
        for failed in errors:
            on_error(failed)
    return found


def _dumped(text: str, on_error: OnError | None) -> bytes:
    from hanparse.pasted import dump, losses  # noqa: PLC0415  bytes need none of it

    try:
        shown = dump(text)
    except HexDumpError as error:
        if _PATH.fullmatch(text):
            advice = f"; {text!r} looks like the path of a file: give its content, Path({text!r}).read_bytes()"
            raise HexDumpError(f"{error}{advice}", line=error.line, column=error.column) from None
        raise
    if on_error:
        for loss in losses(shown):
            on_error(loss)
    return shown.data
