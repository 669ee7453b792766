"""Verifies many frames of one layout at once, and returns the values in them as columns: `FrameColumns`.

A check sequence is linear: the difference of two registers follows from the difference of two frames. So all frames are
compared with one sound frame of the layout. A frame is sound if the effects of the bytes that differ cancel out.
"""

from __future__ import annotations

from functools import cache, lru_cache
from struct import calcsize
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hanparse.archive import times
from hanparse.archive.columns import LOCAL, Values
from hanparse.hdlc import MAX_FRAME
from hanparse.layouts.layout import are_texts
from hanparse.layouts.plan import FCS_AND_FLAG
from hanparse.measurement import Wiring
from hanparse.meters import values
from hanparse.wire.crc import frame_register, x25

if TYPE_CHECKING:
    from hanparse.archive.columns import Array
    from hanparse.layouts.carriers import PlainFrame
    from hanparse.layouts.plan import Number

WORD: Final = 8
"""A row holds a frame and the bytes after it up to a multiple of `WORD`, because words are compared faster than bytes.
"""
_BLOCK: Final = 1 << 19
"""The number of bytes that are compared at once; they fit into the cache of a processor."""
_GROUP: Final = 64
"""The number of rows that are joined at once, because a few long operations are faster than many short ones."""
_CONSTANT: Final = 0xFF
_EXACT: Final = 1 << 53  # floats represent every integer up to this one
_DIGITS: Final = 10
_printable: Final = lru_cache(maxsize=1 << 14)(values.printable)
"""Returns the text in bytes. A capture may contain the numbers of thousands of meters, each many times."""


class FrameColumns:
    """The columns of a layout of frames."""

    def __init__(self, kind: PlainFrame) -> None:
        self.kind, self._plan = kind, kind.layout.plan
        self.width = -(-kind.size // WORD) * WORD
        """The number of bytes of a row."""
        self.is_exact = all(map(_is_exact, self._plan.integers))
        """True if the columns hold exactly the values of the layout."""
        self._mask = _row(kind.mask.to_bytes(kind.size, "big"), self.width)
        sent = kind.constant.to_bytes(kind.size, "big")[:-FCS_AND_FLAG]
        self._example = _row(sent + x25(sent[1:]).to_bytes(2, "little") + sent[:1], self.width)  # a sound frame
        free = np.flatnonzero(self._mask[: kind.size] != _CONSTANT)
        self._free = [(int(place), _effects()[kind.size - 2 - place]) for place in free]

    def sound(self, rows: Array) -> Array:
        """Return the indices of the rows that the layout recognises as frames, with clocks that show a time."""
        good, used = self._compare(rows)
        for start, end in self.kind.texts:
            if used[start:end].any():
                texts = np.ndarray((len(rows),), f"V{end - start}", rows, start, (self.width,))
                others = np.flatnonzero(good & (texts != self._example[start:end].view(texts.dtype)[0]))
                is_number = (rows[others, start:end] - ord("0") < _DIGITS).all(axis=1)
                for row in others[~is_number]:
                    good[row] = are_texts(rows[row].tobytes(), ((start, end),))
        for found in self._plan.clocks:
            good &= times.exist(self._walls(rows, found.place), found.zone)
        sound = np.flatnonzero(good)
        if len(sound):
            self._example = rows[sound[-1]].copy()  # the next frames differ from it in fewer bytes
        return sound

    def _compare(self, rows: Array) -> tuple[Array, Array]:
        """Return whether the constant bits and the FCS of each row are right, and the bits that differ in any row."""
        good, used, mask = np.empty(len(rows), bool), np.zeros(self.width, np.uint8), None
        size = min(len(rows), _BLOCK // self.width)
        example = np.tile(self._example, size)
        for at in range(0, len(rows), size):
            octets = rows[at : at + size].ravel()
            octets = octets ^ example[: len(octets)]
            differing = _joined(octets, self.width)
            used |= differing
            good[at : at + size] = self._register(octets.reshape(-1, self.width), differing) == 0
            if (differing & self._mask).any():
                mask = np.tile(self._mask, size) if mask is None else mask
                octets &= mask[: len(octets)]
                good[at + np.flatnonzero(octets.view(np.uint64)) // (self.width // WORD)] = False
        return good, used

    def _register(self, difference: Array, differing: Array) -> Array:
        """Return for each row the effect of the bytes that may vary on the register."""
        register = np.zeros(len(difference), np.uint16)
        for place, effect in self._free:
            if differing[place]:
                register ^= effect.take(difference[:, place])
        return register

    def columns(self, rows: Array) -> dict[str, Values]:
        """Return the values in frames that are sound."""
        plan, constants = self._plan, self.kind.layout.constants
        names = list(plan.index)  # the order is that of `Plan.index`
        found = {"made_for_transformers": Values(self.kind.made_for_transformers)}
        for name, value in zip(names, constants, strict=False):
            found[name] = Values(0, texts=(value.name if isinstance(value, Wiring) else value,))
        for number in plan.integers:
            raw = self._at(rows, number.place, _dtype(number)).astype(np.float64)
            raw *= number.numerator
            raw /= number.denominator
            found[number.name] = Values(raw, raw != 0 if plan.index[number.name] in plan.unmeasured else None)
        for name, (start, end) in zip(names[len(constants) + len(plan.integers) :], self.kind.texts, strict=False):
            found[name] = _texts(rows[:, start:end])
        for clock in plan.clocks:
            utc, local = times.moments(self._walls(rows, clock.place), clock.microsecond, clock.zone)
            for name in clock.names:
                found[name], found[f"{name}{LOCAL}"] = utc, local
        return found

    def _walls(self, rows: Array, place: int) -> Array:
        """Return the wall clocks at a place of the APDU, as `times` defines them."""
        return self._at(rows, place, ">i8").astype(np.int64)

    def _at(self, rows: Array, place: int, form: str) -> Array:
        """Return the numbers at a place of the APDU, one of each row."""
        return np.ndarray((len(rows),), form, rows, self.kind.start + place, (self.width,))


@cache
def _effects() -> Array:
    """Return the effects of the differences of a byte on the register at the end, by the distance from the end."""
    start = frame_register(b"\0")
    steps = np.array([frame_register(bytes([byte])) ^ start for byte in range(256)], np.uint16)
    found = np.empty((MAX_FRAME, 256), np.uint16)
    register = found[0] = steps
    for distance in range(1, MAX_FRAME):
        found[distance] = register = (register >> 8) ^ steps[register & 0xFF]
    return found


def _row(frame: bytes, width: int) -> Array:
    return np.frombuffer(frame.ljust(width, b"\0"), np.uint8)


def _joined(octets: Array, width: int) -> Array:
    """Return the bits that are set in any row of bytes."""
    whole = len(octets) // (_GROUP * width) * _GROUP * width
    group = np.bitwise_or.reduce(octets[:whole].reshape(-1, _GROUP * width), axis=0)
    joined: Array = np.bitwise_or.reduce(np.append(group, octets[whole:]).reshape(-1, width), axis=0)
    return joined


def _dtype(number: Number) -> str:
    """Return the name that NumPy has for the format of a number."""
    return f">{'i' if number.format.islower() else 'u'}{calcsize(f'>{number.format}')}"


def _is_exact(number: Number) -> bool:
    """Return whether a float represents the product exactly, and the division is one of two floats."""
    return number.numerator << 8 * calcsize(f">{number.format}") <= _EXACT and number.denominator <= _EXACT


def _texts(octets: Array) -> Values:
    """Return the texts in rows of bytes, each text once."""
    count, width = octets.shape
    if (octets == octets[0]).all():
        return Values(0, texts=(_printable(octets[0].tobytes()) or "",))
    packed = pa.py_buffer(np.ascontiguousarray(octets))
    coded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, packed]).dictionary_encode()
    texts = tuple(_printable(raw) or "" for raw in coded.dictionary.to_pylist())
    return Values(coded.indices.to_numpy(), texts=texts)
