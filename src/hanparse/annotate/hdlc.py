"""Finds damaged HDLC frames in bytes, and explains sound and damaged frames.

A frame is sound if it is complete and its check sequences (HCS and FCS) fit. `hanparse.receiver` returns the sound
frames. Bytes between sound frames are a damaged frame in each of these cases:

* The bytes begin with a header whose HCS fits. The flag in front of the header can be missing. The length in the format
  field gives the end of the frame. If the last byte before this end is not a flag, and the next header whose HCS fits
  begins before this end, the frame ends at that header.
* The bytes begin with a flag and a header whose HCS is wrong or missing, and the last byte of the frame, according to
  the length in the format field, is a flag. No header whose HCS fits begins before this last byte.
* The bytes begin with a flag and a format field, and the input ends inside the header.

If two frames share a flag, the flag belongs to the first frame.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hanparse.annotate.tree import Explanation
from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import FLAG, FLAG_BYTE, SEGMENTED, Frame, find_end, groups
from hanparse.wire.crc import x25
from hanparse.wire.hdlc_parts import FORMAT_SIZE, SEQUENCE_SIZE, Parts
from hanparse.wire.link import Link
from hanparse.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.wire.link import Address

_FORMAT: Final = re.compile(rb"[\xa0-\xaf]")
_MAX_HEADER: Final = 1 + FORMAT_SIZE + 4 + 4 + 1 + SEQUENCE_SIZE  # two addresses of at most four bytes
_POLL: Final = 0x10
_UNNUMBERED: Final = {0x03: "UI", 0x0F: "DM", 0x43: "DISC", 0x63: "UA", 0x83: "SNRM", 0x87: "FRMR"}
_SUPERVISORY: Final = {0x01: "RR", 0x05: "RNR"}


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Contains the positions of a frame and its parts, and explains the frame.

    `stop` is the position after the last received byte. If bytes are missing, it is less than ``parts.end``, the end
    that the length in the format field announces. `frame` is `None` for a damaged frame. `header_ok` is true if the HCS
    fits. `shares` is true if the closing flag also opens the next frame.
    """

    parts: Parts
    stop: int
    frame: Frame | None = None
    header_ok: bool = True
    shares: bool = False
    layer = "hdlc"
    unit = "segment"

    @classmethod
    def of(cls, frame: Frame) -> FrameSpan:
        """Return the span of a sound frame."""
        return cls(frame.parts, frame.parts.end, frame)

    @property
    def start(self) -> int:
        """Return the position of the opening flag."""
        return self.parts.flag

    @property
    def information(self) -> int:
        """Return the position of the information field."""
        return self.parts.information

    @property
    def is_sound(self) -> bool:
        """Return whether the frame is complete and its check sequences fit."""
        return self.frame is not None

    def content(self, data: bytes) -> bytes:
        """Return the received bytes of the information field."""
        return data[self.parts.information : min(self.parts.fcs, self.stop)]

    def link(self, data: bytes) -> Link | None:
        """Return the addresses and the control byte. Return `None` if the header ends before the control byte."""
        parts = self.parts
        if parts.control >= self.stop:
            return None
        destination, source = data[parts.destination : parts.source], data[parts.source : parts.control]
        return Link(groups(destination), groups(source), data[parts.control])

    def framing(self) -> Iterator[int]:
        """Yield the positions of the flags, the header and the FCS. A damaged header and a cut-off FCS are omitted."""
        parts = self.parts
        if self.header_ok:
            yield from range(max(parts.flag, 0), min(parts.information, self.stop))
        if parts.hcs <= parts.fcs and parts.fcs + SEQUENCE_SIZE <= self.stop:
            yield from range(parts.fcs, self.stop)

    def seal(self, data: bytes, changed: bytearray) -> bool:
        """Update the FCS in `changed`, a copy of `data` in which other bytes of the frame were replaced.

        A sound frame stays sound. The FCS of a damaged frame stays wrong by the same bits, because a CRC is linear.
        """
        start, at = self.parts.flag + 1, self.parts.fcs
        end = at + SEQUENCE_SIZE
        if self.parts.hcs <= at and end <= self.stop:
            difference = x25(data[start:at]) ^ x25(changed[start:at])
            sequence = int.from_bytes(data[at:end], "little") ^ difference
            changed[at:end] = sequence.to_bytes(SEQUENCE_SIZE, "little")
        return True

    def explain(
        self, data: bytes, at: int, label: str, information: tuple[Explanation, ...], value: str, error: str
    ) -> Explanation:
        """Explain the frame. Bytes before `at` belong to the previous frame."""
        return _AnnotatedFrame(data, self, at).explain(label, information, value, error)


# --- damaged frames --------------------------------------------------------------------------------------------------


def damaged(data: bytes, begin: int, limit: int) -> Iterator[FrameSpan]:
    """Yield the damaged frames between a sound frame that ends at `begin` and a sound frame at `limit`."""
    starts = (match.start() - 1 for match in _FORMAT.finditer(data, begin, limit))
    candidates = [span for start in starts if (span := _candidate(data, start, limit))]
    sound_headers = [span.parts.flag for span in candidates if span.header_ok]
    at = begin - 1
    for span in candidates:
        if span.parts.flag < at:
            continue
        following = bisect_right(sound_headers, span.parts.flag)
        stop = _stop(data, span, sound_headers[following] if following < len(sound_headers) else limit, limit)
        if stop:
            yield replace(span, stop=stop)
            at = stop - 1 if data[stop - 1] == FLAG else stop


def _candidate(data: bytes, start: int, limit: int) -> FrameSpan | None:
    """Return the frame whose flag is, or was, at `start`.

    Return `None` if no header follows, or if the flag is missing and the HCS is wrong or missing.
    """
    header = FLAG_BYTE + data[start + 1 : min(start + _MAX_HEADER, limit)]
    try:
        header_ok = find_end(header)[1]
    except ChecksumError as error:
        header_ok = error.field == "FCS"
    except FrameError as error:
        header_ok = error.after_header
        if not header_ok:
            return None
    if len(header) <= FORMAT_SIZE:
        return None
    parts = Parts.of(data, start, limit)
    header_ok = header_ok and parts.hcs < parts.information  # without an HCS, the bytes can resemble a header by chance
    return FrameSpan(parts, limit, None, header_ok) if header_ok or data[start : start + 1] == FLAG_BYTE else None


def _stop(data: bytes, span: FrameSpan, next_header: int, limit: int) -> int:
    """Return the end of the damaged frame `span`. Return 0 if its bytes only resemble a frame."""
    parts = span.parts
    last = parts.end - 1
    delimited = last <= limit and data[last : parts.end] == FLAG_BYTE
    if last == next_header and data[last - 1 : last] == FLAG_BYTE:
        delimited = False  # this flag opens the next frame: one byte was lost, and the closing flag is one byte earlier
    if span.header_ok:
        return parts.end if delimited else min(parts.end, next_header)
    if delimited and last <= next_header:
        return parts.end
    has_wrong_hcs = parts.hcs < parts.information <= limit
    return limit if limit == len(data) < parts.end and not has_wrong_hcs else 0


# --- the parts of a frame --------------------------------------------------------------------------------------------


class _AnnotatedFrame:
    """Explains the parts of one frame. Bytes before `at` belong to the previous frame."""

    def __init__(self, data: bytes, span: FrameSpan, at: int) -> None:
        self._data = data
        self._span = span
        self._parts = span.parts
        self._at = at

    def explain(self, label: str, information: tuple[Explanation, ...], value: str, error: str) -> Explanation:
        """Explain the frame.

        `information` explains the information field. `value` is the summary of the push, and `error` is its fault.
        """
        header, trailer, missing = self._header(), self._trailer(), self._missing()
        faults = [part.error for part in (missing, *header, *trailer) if part.error]
        parts = (*header, *information, *trailer, missing)
        children = tuple(part for part in parts if part.raw or part.error)
        return Explanation.of("hdlc", label, children, value=value, error=faults[0] if faults else error)

    def _header(self) -> tuple[Explanation, ...]:
        """Explain the bytes from the opening flag to the HCS."""
        parts, data = self._parts, self._data
        destination, source = data[parts.destination : parts.source], data[parts.source : parts.control]
        return (
            self._opening_flag(),
            self._leaf("format", parts.flag + 1, parts.destination, self._format()),
            self._leaf("destination", parts.destination, parts.source, _address(groups(destination))),
            self._leaf("source", parts.source, parts.control, _address(groups(source))),
            self._leaf("control", parts.control, parts.hcs, _control(data[parts.control : parts.hcs])),
            self._sequence("HCS", parts.hcs, parts.information),
        )

    def _opening_flag(self) -> Explanation:
        start = self._parts.flag
        flag = self._data[max(start, 0) : start + 1]
        lost = f"expected the opening flag 7E, found {flag.hex().upper() or 'nothing'}; it was lost or altered"
        return self._leaf("flag", start, start + 1, error="" if flag == FLAG_BYTE or self._span.frame else lost)

    def _trailer(self) -> tuple[Explanation, ...]:
        """Explain the FCS and the closing flag."""
        parts = self._parts
        flag = self._data[parts.end - 1 : parts.end]
        wrong = flag != FLAG_BYTE and self._span.stop == parts.end <= len(self._data)
        error = f"expected the closing flag 7E, found {flag.hex().upper()}; bytes were lost or added" if wrong else ""
        shared = "opens the next frame, too" if self._span.shares else ""
        fcs = self._sequence("FCS", parts.fcs, parts.fcs + SEQUENCE_SIZE)
        return fcs, self._leaf("flag", parts.end - 1, parts.end, shared, error)

    def _missing(self) -> Explanation:
        """Return an explanation without bytes. If the frame is cut off, its error is the number of missing bytes."""
        stop, parts = self._span.stop, self._parts
        count = parts.end - stop
        is_closed = self._data[stop - 1 : stop] == FLAG_BYTE
        early = f"; its closing flag is {counted(count, 'byte')} too early" if is_closed else ""
        error = f"{count} of {counted(parts.end - parts.flag, 'byte')} missing{early}" if count else ""
        return Explanation(stop, "hdlc", "missing", b"", error=error)

    def _leaf(self, label: str, start: int, stop: int, value: str = "", error: str = "") -> Explanation:
        start, stop = max(start, self._at), min(stop, self._span.stop)
        return Explanation(start, "hdlc", label, self._data[start:stop], value, error)

    def _sequence(self, label: str, at: int, end: int) -> Explanation:
        """Explain the HCS or FCS, which is computed from all bytes between it and the opening flag."""
        if not at < end <= self._span.stop:
            return self._leaf(label, at, end)
        checked = self._data[self._parts.flag + 1 : at]
        expected, found = x25(checked), int.from_bytes(self._data[at:end], "little")
        if expected == found:
            return self._leaf(label, at, end, f"fits the {len(checked)} bytes before it")
        as_bytes = expected.to_bytes(SEQUENCE_SIZE, "little").hex(" ").upper()
        wanted = f"expected {expected:04X}, sent as {as_bytes}"
        error = f"{label} {found:04X} does not fit the {len(checked)} bytes before it, {wanted}"
        return self._leaf(label, at, end, error=error)

    def _format(self) -> str:
        parts = self._parts
        segmented = self._data[parts.flag + 1] & SEGMENTED
        return f"type 3, {parts.end - parts.flag - 2} bytes{', segmented: more follows' if segmented else ''}"


def _address(groups: Address) -> str:
    """Return an address as text. An address has one group, or an upper and a lower part (IEC 62056-46 6.4.2.3)."""
    half = len(groups) // 2
    if not half:
        return " ".join(map(str, groups))
    upper, lower = (
        sum(group << 7 * i for i, group in enumerate(reversed(part))) for part in (groups[:half], groups[half:])
    )
    return f"upper {upper}, lower {lower}"


def _control(control: bytes) -> str:
    """Return the name of the command or response in a control byte, its sequence numbers and its P/F bit.

    The format of a control byte is defined in IEC 62056-46 6.4.3.
    """
    if not control:
        return ""
    byte = control[0]
    poll, receive = f"P/F={byte >> 4 & 1}", f"N(R)={byte >> 5}"
    if not byte & 1:
        return f"I, N(S)={byte >> 1 & 7}, {receive}, {poll}"
    if byte & 0xF in _SUPERVISORY:
        return f"{_SUPERVISORY[byte & 0xF]}, {receive}, {poll}"
    return f"{_UNNUMBERED.get(byte & ~_POLL, 'unknown control field')}, {poll}"
