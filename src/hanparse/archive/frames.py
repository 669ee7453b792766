"""Verifies many frames of one layout at once, and returns the values in them as columns: `FrameColumns`.

A check sequence is linear: the difference of two registers follows from the difference of two frames. So frames are
compared with one sound frame of the layout, and the effects of the bytes that differ have to cancel out.
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hanparse.archive import times
from hanparse.archive.columns import LOCAL, Values
from hanparse.hdlc import MAX_FRAME
from hanparse.layouts.layout import are_texts
from hanparse.measurement import Wiring
from hanparse.meters import values
from hanparse.wire.crc import frame_register

if TYPE_CHECKING:
    from hanparse.archive.columns import Array
    from hanparse.layouts.carriers import PlainFrame
    from hanparse.layouts.plan import Clock, Number

_ALL: Final = 0xFF
_BLOCK: Final = 1024  # so many frames stay in the cache of the processor
_FEW: Final = 8
_EXACT: Final = 1 << 53  # up to here floats hold every integer


@cache
def _effects() -> Array:
    """Return what a difference in a byte does to the register at the end, by the distance from the end."""
    start = frame_register(b"\0")
    steps = np.array([frame_register(bytes([byte])) ^ start for byte in range(256)], np.uint16)
    found = np.empty((MAX_FRAME, 256), np.uint16)
    register = found[0] = steps
    for distance in range(1, MAX_FRAME):
        found[distance] = register = (register >> 8) ^ steps[register & 0xFF]
    return found


class FrameColumns:
    """The columns of a layout of frames. `frame` is one of its frames, with a right check sequence."""

    def __init__(self, kind: PlainFrame, frame: bytes) -> None:
        self.kind, self.size = kind, kind.size
        self._template = np.frombuffer(frame, np.uint8)
        self._mask = np.frombuffer(kind.mask.to_bytes(self.size, "big"), np.uint8)
        free = np.flatnonzero(self._mask != _ALL)
        self._free = [(int(place), _effects()[self.size - 2 - place]) for place in free]
        self._parts = kind.layout.parts(frame[kind.start :][: kind.layout.size])
        self.is_exact = all(map(_is_exact, self._parts.numbers)) and set(kind.index) == {
            *self._parts.constants, *self._parts.texts, *(number.name for number in self._parts.numbers),
            *(name for found in self._parts.clocks for name in found.names),
        }  # fmt: skip
        """Whether the columns hold exactly the values of the layout."""

    def sound(self, rows: Array) -> Array:
        """Return for each row of bytes whether the layout recognises it as a frame, with clocks that show a time."""
        good = np.empty(len(rows), bool)
        templates = np.tile(self._template, min(len(rows), _BLOCK))  # one long operation is faster than many short ones
        for at in range(0, len(rows), _BLOCK):
            block = rows[at : at + _BLOCK].reshape(-1)
            good[at : at + _BLOCK] = self._is_frame((block ^ templates[: len(block)]).reshape(-1, self.size))
        for start, end in self.kind.texts:
            texts = rows[:, start:end]
            odd = good & ~((texts >= ord("0")) & (texts <= ord("9"))).all(axis=1)
            for row in np.flatnonzero(odd):
                good[row] = are_texts(rows[row].tobytes(), ((start, end),))
        for found in self._parts.clocks:
            good &= times.exist(*self._wall(rows, found))
        return good

    def _is_frame(self, difference: Array) -> Array:
        """Return for each row whether the difference from the template is one of frames of the layout."""
        used, register = _any(difference), np.zeros(len(difference), np.uint16)
        for place, effect in self._free:
            if used[place]:
                register ^= effect.take(difference[:, place])
        good: Array = register == 0
        if (used & self._mask).any():
            good[np.flatnonzero((difference & self._mask).ravel() != 0) // self.size] = False
        return good

    def columns(self, rows: Array) -> dict[str, Values]:
        """Return the values in frames that are sound."""
        count, parts = len(rows), self._parts
        first = np.zeros(count, np.int32)
        texts = {name: value.name if isinstance(value, Wiring) else value for name, value in parts.constants.items()}
        found = {name: Values(first, texts=(text,)) for name, text in texts.items()}
        found["made_for_transformers"] = Values(np.full(count, self.kind.made_for_transformers))
        for number in parts.numbers:
            raw = self._at(rows, number.place, _dtype(number)).astype(np.float64)
            raw *= number.numerator
            raw /= number.denominator
            found[number.name] = Values(raw, raw != 0 if number.name in parts.unmeasured else None)
        for name, (start, end) in parts.texts.items():
            found[name] = _texts(rows[:, self.kind.start + start : self.kind.start + end])
        for each in parts.clocks:
            utc, local = times.moments(each, *self._wall(rows, each))
            for name in each.names:
                found[name], found[f"{name}{LOCAL}"] = utc, local
        return found

    def _at(self, rows: Array, place: int, form: str) -> Array:
        """Return what is at a place of the APDU in each row."""
        return np.ndarray((len(rows),), form, rows, self.kind.start + place, (self.size,))

    def _wall(self, rows: Array, found: Clock) -> list[Array]:
        """Return year, month, day, hour, minute and second; the weekday is at the fifth byte."""
        year = self._at(rows, found.place, ">u2").astype(np.int64)
        return [year, *(self._at(rows, found.place + byte, "u1").astype(np.int64) for byte in (2, 3, 5, 6, 7))]


def _any(rows: Array) -> Array:
    """Return the bits that are set in any of the rows; halves are joined, because few long operations are faster."""
    while len(rows) > _FEW:
        half, last = len(rows) // 2, rows[-1]
        rows = rows[:half] | rows[half : 2 * half]
        rows[0] |= last  # it may be the odd one
    joined: Array = np.bitwise_or.reduce(rows, axis=0)
    return joined


def _dtype(number: Number) -> str:
    """Return what NumPy calls the format of a number."""
    return f">{'i' if number.format.islower() else 'u'}{Struct(f'>{number.format}').size}"


def _is_exact(number: Number) -> bool:
    """Return whether a float holds the product, and the division is that of two floats."""
    bits = 8 * Struct(f">{number.format}").size
    return number.numerator << bits <= _EXACT and number.denominator <= _EXACT


def _texts(octets: Array) -> Values:
    """Return the texts in rows of bytes, each text once."""
    count, width = octets.shape
    if (octets == octets[0]).all():
        return Values(np.zeros(count, np.int32), texts=(values.printable(octets[0].tobytes()) or "",))
    packed = pa.py_buffer(np.ascontiguousarray(octets))
    coded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, packed]).dictionary_encode()
    return Values(
        coded.indices.to_numpy(), texts=tuple(values.printable(raw) or "" for raw in coded.dictionary.to_pylist())
    )
