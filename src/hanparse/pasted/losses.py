"""Describes the damaged parts of a pasted text, such as an incomplete line of a log.

`pasted.sound` defines *sound*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanparse import hexdump
from hanparse.errors import DecodeError, FrameError, HanParseError, HexDumpError
from hanparse.hexdump import masks
from hanparse.hexdump.text import MIN_BYTES
from hanparse.pasted.sound import frame_errors, may_be_frame
from hanparse.receiver import closeness

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 60


def losses(shown: hexdump.Dump) -> Iterator[HexDumpError]:
    """Yield an error with line, column and reason for each part that was passed over and resembles bytes.

    Also yield the errors of `damaged`.
    """
    for part in shown.resembling_bytes:
        yield _error(part, f"passed over: {why_left(part.text)}")
    yield from damaged(shown)


def _error(part: hexdump.PassedOver | hexdump.Unsound, why: str) -> HexDumpError:
    return HexDumpError(f"line {part.line}, column {part.column}: {why}", line=part.line, column=part.column)


def damaged(shown: hexdump.Dump, *, is_all: bool = True) -> Iterator[HexDumpError]:
    """Yield an error for each part of a dump that contains no sound frame.

    If the part begins like a frame, the `__cause__` of its error is the `FrameError` of the frame. Any other part has
    an error without a cause, if it has `MIN_BYTES` or more bytes and is not the whole dump. If `is_all` is false, the
    text is a part of a file. The first and the last bytes are then skipped, because their frames may continue.
    """
    for unsound in shown.unsound:
        begins_frame = may_be_frame(unsound.data)
        is_last = unsound.offset + len(unsound.data) == len(shown.data)
        if not is_all and (is_last or not (unsound.offset or begins_frame)):
            continue
        if begins_frame and (error := _frame_error(unsound)):
            lost = _error(unsound, error.args[0])
            add_place(error, shown)
            lost.__cause__ = error
            yield lost
        elif MIN_BYTES <= len(unsound.data) < len(shown.data):
            yield _error(unsound, f"{len(unsound.data)} bytes are in no sound frame")


def add_place(error: HanParseError, shown: hexdump.Dump, *, start: int = 0, lines: int = 0) -> None:
    """Set the `place` of an error, if its byte is in ``shown.data``.

    `start` is the `offset` of the first of these bytes, and `lines` is the number of lines before the text of `shown`.
    """
    if isinstance(error, FrameError | DecodeError) and (place := shown.place(error.offset - start)):
        error.place = lines + place[0], place[1]


def _frame_error(part: hexdump.Unsound) -> FrameError | None:
    error = min(frame_errors(part.data), key=closeness, default=None)
    if error:
        error.offset += part.offset
    return error


def why_left(part: str) -> str:
    """Return the message of the error in a part of a text. Without an error, return the part itself, in quotes."""
    if places := masks.find(part):
        return reason(masks.masked(part, places))
    try:
        hexdump.parse(part)
    except HexDumpError as error:
        if not hexdump.says_no_dump(error):
            return reason(error)
    return shortened(part)


def reason(error: HanParseError) -> str:
    """Return the message of an error without its line number, which is wrong for a part of a text."""
    return str(error).partition(": ")[2] if isinstance(error, HexDumpError) else str(error)


def shortened(line: str) -> str:
    """Return a line of a text for a message, in quotes; a long line is cut."""
    line = line.strip()
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")
