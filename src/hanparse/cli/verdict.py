"""Describes the counts and the faults of a decoder in lines of text, for `decode` and `diagnose`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hanparse.errors import ChecksumError, FrameError

if TYPE_CHECKING:
    from hanparse.decoder import Decoder
    from hanparse.diagnosis import Fault
    from hanparse.errors import HanParseError

_NO_FAULT: Final = "no fault was found that needs an action"
_LESS_DETAILED: Final = ("undecodable", "unknown-meter", "text")
"""The kinds of faults whose messages are less detailed than the last error."""
_TOO_FEW: Final = (
    "these are too few bytes to find a fault of the connection: copy the whole push, or record the port for one minute"
)


def findings(decoder: Decoder, error: HanParseError | None = None) -> list[str]:
    """Return the faults of the connection that a decoder found. Each fault is a text of a few lines.

    If one of the faults is of a kind in `_LESS_DETAILED`, the error precedes the faults. The error is `error`, or by
    default the last error of the decoder. If the decoder found no fault but decoded pushes, return one sentence: that
    there is no fault. If it decoded no push, return the error. If there is no error, or if the bytes contain no
    complete frame, also return `_TOO_FEW`.
    """
    error = error or decoder.last_error
    if faults := decoder.diagnosis():
        is_needed = error is not None and any(fault.kind in _LESS_DETAILED for fault in faults)
        return [*([str(error)] if is_needed else []), *map(_in_lines, faults)]
    if decoder.stats.measurements:
        return [_NO_FAULT]
    if error is None:
        return [_TOO_FEW]
    is_complete = isinstance(error, ChecksumError) and error.after_header  # the frame is complete, but damaged
    return [str(error), *([_TOO_FEW] if isinstance(error, FrameError) and not is_complete else [])]


def as_text(decoder: Decoder) -> str:
    """Return the counts and the findings as text."""
    counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in decoder.stats._asdict().items())
    return "\n".join([counts, *(f"* {finding}" for finding in findings(decoder))])


def as_dict(decoder: Decoder) -> dict[str, Any]:
    """Return the counts, the findings and the last error, ready for JSON."""
    found = [
        {"kind": fault.kind, "message": fault.message, "counts": dict(fault.counts)} for fault in decoder.diagnosis()
    ]
    error = decoder.last_error
    return {"stats": decoder.stats._asdict(), "findings": found, "last_error": None if error is None else str(error)}


def _in_lines(fault: Fault) -> str:
    """Return the observation, its most likely cause and the advice, each on its own line."""
    observation, _, rest = fault.message.partition(": ")
    cause, _, advice = rest.rpartition("; ")
    return "\n  ".join(filter(None, (observation, cause, advice)))
