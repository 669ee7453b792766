"""Verifies many frames of one layout at once, and returns the values in them as columns: `FrameColumns`.

A check sequence is linear: the difference of two registers follows from the difference of two frames. So frames are
compared with one sound frame of the layout, and the effects of the bytes that differ have to cancel out.
"""

from __future__ import annotations

from functools import cache
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
"""The rows of an array of frames are as long as the frame, and up to `WORD` bytes longer, so they are whole words."""
_ALL: Final = 0xFF
_BLOCK: Final = 1 << 19  # so many bytes stay in the cache of the processor
_DIGITS: Final = 10
_FEW: Final = 8
_EXACT: Final = 1 << 53  # up to here floats hold every integer


class FrameColumns:
    """The columns of a layout of frames."""

    def __init__(self, kind: PlainFrame) -> None:
        self.kind, self._plan = kind, kind.layout.plan
        self.width = -(-kind.size // WORD) * WORD
        """The number of bytes of a row."""
        self.is_exact = all(map(_is_exact, self._plan.integers))
        """Whether the columns hold exactly the values of the layout."""
        self._mask = _row(kind.mask.to_bytes(kind.size, "big"), self.width)
        sent = kind.constant.to_bytes(kind.size, "big")[:-FCS_AND_FLAG]
        self._sound = _row(sent + x25(sent[1:]).to_bytes(2, "little") + sent[:1], self.width)
        free = np.flatnonzero(self._mask[: kind.size] != _ALL)
        self._free = [(int(place), _effects()[kind.size - 2 - place]) for place in free]

    def sound(self, rows: Array) -> Array:
        """Return the indices of the rows that the layout recognises as frames, with clocks that show a time."""
        good, used = np.empty(len(rows), bool), np.zeros(self.width, np.uint8)
        size = min(len(rows), _BLOCK // self.width)
        masks = None
        frames = np.tile(self._sound, size)  # one long operation is faster than many short ones
        for at in range(0, len(rows), size):
            block = rows[at : at + size]
            flat = block.ravel() ^ frames[: block.size]
            difference = flat.reshape(block.shape)
            differs = _any(difference)
            good[at : at + size] = self._register(difference, differs) == 0
            if (differs & self._mask).any():
                masks = np.tile(self._mask, size) if masks is None else masks
                flat &= masks[: block.size]
                good[at + np.flatnonzero(flat.view(np.uint64)) // (self.width // WORD)] = False
            used |= differs
        for start, end in self.kind.texts:
            if used[start:end].any():
                texts = np.ndarray((len(rows),), f"V{end - start}", rows, start, (self.width,))
                others = np.flatnonzero(good & (texts != self._sound[start:end].view(texts.dtype)[0]))
                is_digit = (rows[others, start:end] - ord("0") < _DIGITS).all(axis=1)
                for row in others[~is_digit]:
                    good[row] = are_texts(rows[row].tobytes(), ((start, end),))
        for found in self._plan.clocks:
            good &= times.exist(self._at(rows, found.place, ">i8"), found.zone)
        sound = np.flatnonzero(good)
        if len(sound):
            self._sound = rows[sound[-1]].copy()  # from which the next frames differ in fewer bytes
        return sound

    def _register(self, difference: Array, differs: Array) -> Array:
        """Return the difference of the registers after the bytes that may vary."""
        register = np.zeros(len(difference), np.uint16)
        for place, effect in self._free:
            if differs[place]:
                register ^= effect.take(difference[:, place])
        return register

    def columns(self, rows: Array) -> dict[str, Values]:
        """Return the values in frames that are sound."""
        plan, found = self._plan, {"made_for_transformers": Values(self.kind.made_for_transformers)}
        for name, value in zip(plan.index, self.kind.layout.constants, strict=False):  # the constants are first
            found[name] = Values(0, texts=(value.name if isinstance(value, Wiring) else value,))
        for number in plan.integers:
            raw = self._at(rows, number.place, _dtype(number)).astype(np.float64)
            if number.numerator != 1:
                raw *= number.numerator
            if number.denominator != 1:
                raw /= number.denominator
            found[number.name] = Values(raw, raw != 0 if plan.index[number.name] in plan.unmeasured else None)
        names = list(plan.index)[len(found) - 1 :]
        for name, (start, end) in zip(names, self.kind.texts, strict=False):
            found[name] = _texts(rows[:, start:end])
        for place, microsecond, zone, times_ in plan.clocks:
            utc, local = times.moments(self._at(rows, place, ">i8"), microsecond, zone)
            for name in times_:
                found[name], found[f"{name}{LOCAL}"] = utc, local
        return found

    def _at(self, rows: Array, place: int, form: str) -> Array:
        """Return the numbers at a place of the APDU, one of each row."""
        sent = np.ndarray((len(rows),), form, rows, self.kind.start + place, (self.width,))
        return sent.astype(np.int64) if form == ">i8" else sent


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


def _row(frame: bytes, width: int) -> Array:
    return np.frombuffer(frame.ljust(width, b"\0"), np.uint8)


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
    return f">{'i' if number.format.islower() else 'u'}{calcsize(f'>{number.format}')}"


def _is_exact(number: Number) -> bool:
    """Return whether a float holds the product, and the division is that of two floats."""
    return number.numerator << 8 * calcsize(f">{number.format}") <= _EXACT and number.denominator <= _EXACT


def _texts(octets: Array) -> Values:
    """Return the texts in rows of bytes, each text once."""
    count, width = octets.shape
    if (octets == octets[0]).all():
        return Values(0, texts=(values.printable(octets[0].tobytes()) or "",))
    packed = pa.py_buffer(np.ascontiguousarray(octets))
    coded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, packed]).dictionary_encode()
    texts = tuple(values.printable(raw) or "" for raw in coded.dictionary.to_pylist())
    return Values(coded.indices.to_numpy(), texts=texts)
