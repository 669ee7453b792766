"""Bytes -> the frames in them, sound or damaged, and each of them as an `Explanation` from flag to flag.

Which bytes are a damaged frame
-------------------------------
Frames that `FrameReader` delivers are sound. Between them is a damaged frame

* where a format field begins a header whose HCS fits, with or without a flag in front of it. If no flag stands where
  its length says that it ends, it reaches so far all the same, but not into the next one whose HCS fits;
* where a flag and a format field begin a header whose HCS does not fit, or that has none, and a flag stands where its
  length says;
* where the input ends in such a header.

A flag that two frames share belongs to the first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from hanparse.annotate.tree import Explanation
from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import FrameReader
from hanparse.meters import Wire
from hanparse.wire.crc import x25
from hanparse.wire.frame import FLAG, MAX_LENGTH, Address, Frame, find_end

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT: Final = re.compile(rb"[\xa0-\xaf]")
_FLAG: Final = bytes([FLAG])
_FORMAT_SIZE: Final = 2
_SEQUENCE_SIZE: Final = 2
_MAX_HEADER: Final = 1 + _FORMAT_SIZE + 4 + 4 + 1 + _SEQUENCE_SIZE  # two addresses of at most four bytes
_SEGMENTED: Final = 0x08
_POLL: Final = 0x10
_UNNUMBERED: Final = {0x03: "UI", 0x0F: "DM", 0x43: "DISC", 0x63: "UA", 0x83: "SNRM", 0x87: "FRMR"}
_SUPERVISORY: Final = {0x01: "RR", 0x05: "RNR"}


@dataclass(frozen=True, slots=True)
class Found:
    """A frame: where it and its parts begin. Its bytes `stop` before its announced `end` if some are missing.

    `sound` is the frame that it is, if it is whole and right; `meant` says that its HCS fits; `shares` that its closing
    flag opens the next frame.
    """

    start: int
    stop: int
    end: int
    destination: int
    source: int
    control: int
    sound: Frame | None = None
    meant: bool = True
    shares: bool = False

    @classmethod
    def of(cls, frame: Frame) -> Found:
        """A sound frame."""
        destination = frame.offset + 1 + _FORMAT_SIZE
        source = destination + len(frame.destination)
        end = frame.information_offset + len(frame.information) + _SEQUENCE_SIZE + 1
        return cls(frame.offset, end, end, destination, source, source + len(frame.source), frame)

    @property
    def hcs(self) -> int:
        """After the control byte."""
        return self.control + 1

    @property
    def information(self) -> int:
        """After the HCS; a frame without information has none."""
        return self.hcs + _SEQUENCE_SIZE if self.fcs > self.hcs else self.hcs

    @property
    def fcs(self) -> int:
        """Before the closing flag."""
        return self.end - 1 - _SEQUENCE_SIZE

    def content(self, data: bytes) -> bytes:
        """The information field, as far as it is there."""
        return data[self.information : min(self.fcs, self.stop)]

    def wire(self, data: bytes) -> Wire | None:
        """Who talks to whom, if the header goes as far."""
        if self.control >= self.stop:
            return None
        destination, source = data[self.destination : self.source], data[self.source : self.control]
        return Wire(_groups(destination), _groups(source), data[self.control])


def find(data: bytes) -> list[Found]:
    """The frames in `data`, in order; they overlap in shared flags alone."""
    reader: FrameReader = FrameReader()
    found: list[Found] = []
    at = 0
    for frame in reader.feed(data) + reader.flush():
        found += [*_damaged(data, at, frame.offset), Found.of(frame)]
        at = found[-1].end
    found += _damaged(data, at, len(data))
    return [replace(one, shares=one.stop > after.start) for one, after in pairwise(found)] + found[-1:]


# --- damaged frames --------------------------------------------------------------------------------------------------


def _damaged(data: bytes, begin: int, limit: int) -> Iterator[Found]:
    """The damaged frames between the sound ones that end at `begin` and start at `limit`."""
    starts = (match.start() - 1 for match in _FORMAT.finditer(data, begin, limit))
    candidates = [found for start in starts if (found := _candidate(data, start, limit))]
    meant = [found.start for found in candidates if found.meant]
    at = begin - 1
    for found in candidates:
        if found.start < at:
            continue
        following = bisect_right(meant, found.start)
        stop = _stop(data, found, meant[following] if following < len(meant) else limit, limit)
        if stop:
            yield replace(found, stop=stop)
            at = stop - 1 if data[stop - 1] == FLAG else stop


def _candidate(data: bytes, start: int, limit: int) -> Found | None:
    """What may be a frame by its header."""
    header = _FLAG + data[start + 1 : min(start + _MAX_HEADER, limit)]
    try:
        meant = find_end(header)[1]
    except ChecksumError as error:
        meant = error.field == "FCS"
    except FrameError as error:
        meant = error.after_header
        if not meant:
            return None
    if len(header) <= _FORMAT_SIZE:
        return None
    end = start + 2 + (int.from_bytes(header[1:3], "big") & MAX_LENGTH)
    source = _address_end(data, start + 1 + _FORMAT_SIZE, limit)
    control = _address_end(data, source, limit)
    found = Found(start, limit, end, start + 1 + _FORMAT_SIZE, source, control)
    meant = meant and found.hcs < found.information  # without an HCS nothing says so
    return replace(found, meant=meant) if meant or (start >= 0 and data[start] == FLAG) else None


def _address_end(data: bytes, at: int, limit: int) -> int:
    """The position after the byte whose lowest bit is set; `limit` while it is not there."""
    return next((i + 1 for i in range(at, limit) if data[i] & 1), limit)


def _stop(data: bytes, found: Found, next_meant: int, limit: int) -> int:
    """Where the bytes of a damaged frame end; 0 if it is none."""
    last = found.end - 1
    delimited = last <= limit and data[last : found.end] == _FLAG
    if last == next_meant and data[last - 1 : last] == _FLAG:
        delimited = False  # that flag opens the next frame: a byte got lost, and the frame's own flag came early
    if found.meant:
        return found.end if delimited else min(found.end, next_meant)
    if delimited and last <= next_meant:
        return found.end
    judged = found.hcs < found.information <= limit  # there is an HCS, and it does not fit
    return limit if limit == len(data) < found.end and not judged else 0


# --- the parts of a frame --------------------------------------------------------------------------------------------


class Parts:
    """The parts of one frame; its bytes before `at` belong to the frame before."""

    def __init__(self, data: bytes, found: Found, at: int) -> None:
        """Look at the frame that was `found` in `data`."""
        self._data = data
        self._found = found
        self._at = at

    def explain(self, label: str, information: tuple[Explanation, ...], value: str, error: str) -> Explanation:
        """The whole; `information` explains the information field, `value` and `error` say what came of it."""
        header, trailer, missing = self._header(), self._trailer(), self._missing()
        faults = [part.error for part in (missing, *header, *trailer) if part.error]
        parts = (*header, *information, *trailer, missing)
        children = tuple(part for part in parts if part.raw or part.error)
        return Explanation.of("hdlc", label, children, value=value, error=faults[0] if faults else error)

    def _header(self) -> tuple[Explanation, ...]:
        """From the opening flag to the HCS."""
        found, data = self._found, self._data
        destination, source = data[found.destination : found.source], data[found.source : found.control]
        return (
            self._opening_flag(),
            self._leaf("format", found.start + 1, found.destination, self._format()),
            self._leaf("destination", found.destination, found.source, _address(_groups(destination))),
            self._leaf("source", found.source, found.control, _address(_groups(source))),
            self._leaf("control", found.control, found.hcs, _control(data[found.control : found.hcs])),
            self._sequence("HCS", found.hcs, found.information),
        )

    def _opening_flag(self) -> Explanation:
        start, sound = self._found.start, self._found.sound
        flag = self._data[max(start, 0) : start + 1]
        lost = f"expected the opening flag 7E, found {flag.hex().upper() or 'nothing'}; it got lost or was altered"
        return self._leaf("flag", start, start + 1, error="" if flag == _FLAG or sound else lost)

    def _trailer(self) -> tuple[Explanation, ...]:
        """FCS and closing flag."""
        found = self._found
        flag = self._data[found.end - 1 : found.end]
        wrong = flag != _FLAG and found.stop == found.end <= len(self._data)
        error = f"expected the closing flag 7E, found {flag.hex().upper()}; bytes got lost or came in" if wrong else ""
        shared = "opens the next frame, too" if found.shares else ""
        fcs = self._sequence("FCS", found.fcs, found.fcs + _SEQUENCE_SIZE)
        return fcs, self._leaf("flag", found.end - 1, found.end, shared, error)

    def _missing(self) -> Explanation:
        """What says that the frame breaks off, if it does."""
        found = self._found
        count = found.end - found.stop
        early = (
            f"; its closing flag stands {_bytes(count)} too early"
            if self._data[found.stop - 1 : found.stop] == _FLAG
            else ""
        )
        error = f"{count} of {_bytes(found.end - found.start)} missing{early}" if count else ""
        return Explanation(found.stop, "hdlc", "missing", b"", error=error)

    def _leaf(self, label: str, start: int, stop: int, value: str = "", error: str = "") -> Explanation:
        start, stop = max(start, self._at), min(stop, self._found.stop)
        return Explanation(start, "hdlc", label, self._data[start:stop], value, error)

    def _sequence(self, label: str, at: int, end: int) -> Explanation:
        """HCS or FCS, over everything after the opening flag."""
        if not at < end <= self._found.stop:
            return self._leaf(label, at, end)
        checked = self._data[self._found.start + 1 : at]
        expected, found = x25(checked), int.from_bytes(self._data[at:end], "little")
        if expected == found:
            return self._leaf(label, at, end, f"fits the {len(checked)} bytes before it")
        sent = expected.to_bytes(_SEQUENCE_SIZE, "little").hex(" ").upper()
        wanted = f"expected {expected:04X}, sent as {sent}"
        error = f"{label} {found:04X} does not fit the {len(checked)} bytes before it, {wanted}"
        return self._leaf(label, at, end, error=error)

    def _format(self) -> str:
        found = self._found
        segmented = self._data[found.start + 1] & _SEGMENTED
        return f"type 3, {found.end - found.start - 2} bytes{', segmented: more follows' if segmented else ''}"


def _bytes(count: int) -> str:
    return f"{count} byte{'s' * (count != 1)}"


def _groups(sent: bytes) -> Address:
    return tuple(byte >> 1 for byte in sent)


def _address(groups: Address) -> str:
    """An address of one group, or of an upper and a lower one with one or two groups each (IEC 62056-46 6.4.2.3)."""
    half = len(groups) // 2
    if not half:
        return " ".join(map(str, groups))
    upper, lower = (
        sum(group << 7 * i for i, group in enumerate(reversed(part))) for part in (groups[:half], groups[half:])
    )
    return f"upper {upper}, lower {lower}"


def _control(sent: bytes) -> str:
    """The name and numbers of a control byte (IEC 62056-46 6.4.3)."""
    if not sent:
        return ""
    byte = sent[0]
    poll, receive = f"P/F={byte >> 4 & 1}", f"N(R)={byte >> 5}"
    if not byte & 1:
        return f"I, N(S)={byte >> 1 & 7}, {receive}, {poll}"
    if byte & 0xF in _SUPERVISORY:
        return f"{_SUPERVISORY[byte & 0xF]}, {receive}, {poll}"
    return f"{_UNNUMBERED.get(byte & ~_POLL, 'no control field that is known')}, {poll}"
