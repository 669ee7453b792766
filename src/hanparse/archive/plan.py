"""Verifies many frames of one layout at once, and returns the values in them as columns: `Plan`.

A check sequence is linear: the difference of two registers follows from the difference of two frames. So frames are
compared with one sound frame of the layout, and the effects of the bytes that differ have to cancel out.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from hanparse.archive.columns import EPOCH, LOCAL, MICROSECOND, Values
from hanparse.hdlc import MAX_FRAME
from hanparse.layouts.layout import are_texts
from hanparse.measurement import Wiring
from hanparse.meters import clock, values
from hanparse.wire.crc import STEPS

if TYPE_CHECKING:
    from hanparse.layouts.carriers import PlainFrame
    from hanparse.layouts.learn import Clock, Number

_BLOCK: Final = 1024  # so many frames stay in the cache of the processor
_EXACT: Final = 1 << 53  # up to here floats hold every integer
_BITS: Final = 8 * np.arange(1, 9)
_SECONDS: Final = 3600


@cache
def _effects() -> Any:  # noqa: ANN401  an array
    """Return what a difference in a byte does to the register at the end, by the distance from the end."""
    steps = np.array(STEPS, np.uint16)
    found = np.empty((MAX_FRAME, 256), np.uint16)
    register = found[0] = steps
    for distance in range(1, MAX_FRAME):
        found[distance] = register = (register >> 8) ^ steps[register & 0xFF]
    return found


class Plan:
    """The columns of a layout of frames. `frame` is one of its frames, with a right check sequence."""

    def __init__(self, kind: PlainFrame, frame: bytes) -> None:
        self.kind, self.size = kind, kind.size
        self._template = np.frombuffer(frame, np.uint8)
        self._mask = np.frombuffer(kind.mask.to_bytes(self.size, "big"), np.uint8)
        free = np.flatnonzero(self._mask != 0xFF)
        self._free = [(int(place), _effects()[self.size - 2 - place]) for place in free]
        self._parts = kind.layout.parts(frame[kind.start :][: kind.layout.size])
        self.is_exact = all(map(_is_exact, self._parts.numbers)) and set(kind.index) == {
            *self._parts.constants, *self._parts.texts, *(number.name for number in self._parts.numbers),
            *(name for found in self._parts.clocks for name in found.names),
        }  # fmt: skip
        """Whether the columns hold exactly the values of the layout."""

    def sound(self, rows: Any) -> Any:  # noqa: ANN401  arrays
        """Return for each row of bytes whether it is a frame that the layout recognises and all of its clocks show a time."""
        good = np.empty(len(rows), bool)
        for at in range(0, len(rows), _BLOCK):
            good[at : at + _BLOCK] = self._is_frame(rows[at : at + _BLOCK])
        for start, end in self.kind.texts:
            texts = rows[:, start:end]
            odd = good & ~((texts >= ord("0")) & (texts <= ord("9"))).all(axis=1)
            for row in np.flatnonzero(odd):
                good[row] = are_texts(rows[row].tobytes(), ((start, end),))
        for found in self._parts.clocks:
            good &= _show_time(*self._wall(rows, found))
        return good

    def _is_frame(self, rows: Any) -> Any:  # noqa: ANN401  arrays
        difference = rows ^ self._template
        used = np.bitwise_or.reduce(difference, axis=0)
        register = np.zeros(len(rows), np.uint16)
        for place, effect in self._free:
            if used[place]:
                register ^= effect.take(difference[:, place])
        good = register == 0
        return good & ~(difference & self._mask).any(axis=1) if (used & self._mask).any() else good

    def columns(self, rows: Any) -> dict[str, Values]:  # noqa: ANN401  arrays
        """Return the values in frames that are sound."""
        count, parts = len(rows), self._parts
        first = np.zeros(count, np.int32)
        texts = {name: value.name if isinstance(value, Wiring) else value for name, value in parts.constants.items()}
        found = {name: Values(first, texts=(text,)) for name, text in texts.items()}
        found["made_for_transformers"] = Values(np.full(count, self.kind.made_for_transformers))
        for number in parts.numbers:
            raw = self._at(rows, number.place, f">{number.format}").astype(np.float64)
            raw *= number.numerator
            raw /= number.denominator
            found[number.name] = Values(raw, raw != 0 if number.name in parts.unmeasured else None)
        for name, (start, end) in parts.texts.items():
            found[name] = _texts(rows[:, self.kind.start + start : self.kind.start + end])
        for each in parts.clocks:
            utc, local = _moments(*self._wall(rows, each), each)
            for name in each.names:
                found[name], found[f"{name}{LOCAL}"] = utc, local
        return found

    def _at(self, rows: Any, place: int, form: str) -> Any:  # noqa: ANN401  arrays
        """Return what is at a place of the APDU in each row."""
        return np.ndarray((len(rows),), form, rows, self.kind.start + place, (self.size,))

    def _wall(self, rows: Any, found: Clock) -> list[Any]:  # noqa: ANN401  arrays
        """Return year, month, day, hour, minute and second; the weekday is at the fifth byte."""
        year = self._at(rows, found.place, ">u2").astype(np.int64)
        return [year, *(self._at(rows, found.place + byte, "u1").astype(np.int64) for byte in (2, 3, 5, 6, 7))]


def _is_exact(number: Number) -> bool:
    """Return whether a float holds the product, and the division is that of two floats."""
    bits = 8 * np.dtype(f">{number.format}").itemsize
    return number.numerator << bits <= _EXACT and number.denominator <= _EXACT


def _texts(octets: Any) -> Values:  # noqa: ANN401  arrays
    """Return the texts in rows of bytes, each text once."""
    count, width = octets.shape
    packed = pa.py_buffer(np.ascontiguousarray(octets))
    coded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, packed]).dictionary_encode()
    return Values(coded.indices.to_numpy(), texts=tuple(values.printable(raw) or "" for raw in coded.dictionary.to_pylist()))


def _show_time(year: Any, month: Any, day: Any, hour: Any, minute: Any, second: Any) -> Any:  # noqa: ANN401  arrays
    """Return which wall clocks show a time that exists; those of a month with fewer than 31 days one by one."""
    good = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    good &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004  hours, minutes and seconds
    for row in np.flatnonzero(good & (day > 28)):  # noqa: PLR2004  every month has 28 days
        good[row] = _is_day(int(year[row]), int(month[row]), int(day[row]))
    return good


@cache
def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime(year, month, day)  # noqa: DTZ001  a date
    except ValueError:
        return False
    return True


def _moments(year: Any, month: Any, day: Any, hour: Any, minute: Any, second: Any, found: Clock) -> tuple[Values, Values]:  # noqa: ANN401, PLR0913  arrays
    """Return the times in UTC and the wall clocks; the zone is looked up once for each run of equal hours."""
    key = ((year * 16 + month) * 32 + day) * 32 + hour
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))  # noqa: FBT003  the first row begins a run
    counts = np.diff(np.append(starts, len(key)))
    local = np.empty(len(key), np.int64)
    offset = np.zeros(len(key), np.int64)
    valid = np.ones(len(key), bool)
    within = ((minute * 60 + second) * 1_000_000) + found.microsecond
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        run = slice(start, start + count)
        at = int(year[start]), int(month[start]), int(day[start]), int(hour[start])
        ...
    return Values(local - offset, None if valid.all() else valid), Values(local)
