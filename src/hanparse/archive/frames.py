"""Defines `FrameColumns`, which verifies many frames of one layout at once and returns their values as columns.

The CRC of an HDLC frame is linear. The difference (exclusive or) of the CRC registers of two frames is a function of
the difference of their bytes. So each frame is compared with one sound frame of the same layout. Each differing byte
has an effect on the register. If the exclusive or of all effects is 0, the FCS of the compared frame fits, too. A frame
is sound if its FCS fits and the layout recognises it.
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
"""The number of bytes of a row is a multiple of `WORD`, because NumPy compares words faster than bytes.

A row contains a frame and some bytes after it.
"""
_BLOCK: Final = 1 << 19
"""The number of bytes that are compared at once. They fit into the cache of a processor."""
_GROUP: Final = 64
"""The number of rows in one operation of `_joined`. One operation on a long array is faster than many on short ones."""
_CONSTANT: Final = 0xFF
_EXACT: Final = 1 << 53  # a float represents every integer up to this limit exactly
_DIGITS: Final = 10
_printable: Final = lru_cache(maxsize=1 << 14)(values.printable)
"""Returns the text that bytes encode. It has a cache, because a capture can repeat thousands of texts many times."""


class FrameColumns:
    """A `FrameColumns` verifies the frames of one layout and returns their values as columns."""

    def __init__(self, kind: PlainFrame) -> None:
        self.kind, self._plan = kind, kind.layout.plan
        self.width = -(-kind.size // WORD) * WORD
        """The number of bytes of a row."""
        self.is_exact = all(map(_is_exact, self._plan.integers))
        """True if the computation with arrays gives exactly the values that the layout gives."""
        self._mask = _row(kind.mask.to_bytes(kind.size, "big"), self.width)
        sent = kind.constant.to_bytes(kind.size, "big")[:-FCS_AND_FLAG]
        self._example = _row(sent + x25(sent[1:]).to_bytes(2, "little") + sent[:1], self.width)  # a sound frame
        free = np.flatnonzero(self._mask[: kind.size] != _CONSTANT)
        self._free = [(int(index), _effects()[kind.size - 2 - index]) for index in free]

    def sound(self, rows: Array) -> Array:
        """Return the indexes of the rows with sound frames. A frame with a date-time that cannot exist is not sound."""
        good, used = self._compare(rows)
        for start, end in self.kind.texts:
            if used[start:end].any():
                texts = np.ndarray((len(rows),), f"V{end - start}", rows, start, (self.width,))
                others = np.flatnonzero(good & (texts != self._example[start:end].view(texts.dtype)[0]))
                is_number = (rows[others, start:end] - ord("0") < _DIGITS).all(axis=1)
                for row in others[~is_number]:
                    good[row] = are_texts(rows[row].tobytes(), ((start, end),))
        for clock in self._plan.clocks:
            good &= times.exist(self._walls(rows, clock.place), clock.zone)
        sound = np.flatnonzero(good)
        if len(sound):
            self._example = rows[sound[-1]].copy()  # the next frames differ least from the latest frame
        return sound

    def _compare(self, rows: Array) -> tuple[Array, Array]:
        """Compare each row with `_example`.

        Return for each row whether its constant bits and its FCS fit. Also return the bits that differ in any row.
        """
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
        """Return the effect of the differing bytes of each row on the register.

        Constant bytes are left out, because a row with a difference in one of them is not sound.
        """
        register = np.zeros(len(difference), np.uint16)
        for index, effect in self._free:
            if differing[index]:
                register ^= effect.take(difference[:, index])
        return register

    def columns(self, rows: Array) -> dict[str, Values]:
        """Return the values in sound frames by the names of their columns."""
        plan, constants = self._plan, self.kind.layout.constants
        names = list(plan.index)  # constants, integers and texts, in this order
        columns = {"made_for_transformers": Values(self.kind.made_for_transformers)}
        for name, value in zip(names, constants, strict=False):
            columns[name] = Values(0, texts=(value.name if isinstance(value, Wiring) else value,))
        for number in plan.integers:
            raw = self._at(rows, number.place, _dtype(number)).astype(np.float64)
            raw *= number.numerator
            raw /= number.denominator
            columns[number.name] = Values(raw, raw != 0 if plan.index[number.name] in plan.unmeasured else None)
        for name, (start, end) in zip(names[len(constants) + len(plan.integers) :], self.kind.texts, strict=False):
            columns[name] = _texts(rows[:, start:end])
        for clock in plan.clocks:
            utc, local = times.moments(self._walls(rows, clock.place), clock.microsecond, clock.zone)
            for name in clock.names:
                columns[name], columns[f"{name}{LOCAL}"] = utc, local
        return columns

    def _walls(self, rows: Array, index: int) -> Array:
        """Return the wall clock at an index in the APDU of each row. `hanparse.archive.times` defines wall clocks."""
        return self._at(rows, index, ">i8").astype(np.int64)

    def _at(self, rows: Array, index: int, form: str) -> Array:
        """Return the number at an index in the APDU of each row. `form` is its format in NumPy."""
        return np.ndarray((len(rows),), form, rows, self.kind.start + index, (self.width,))


@cache
def _effects() -> Array:
    """Return the effects of a differing byte on the register at the end of a frame.

    The first index is the number of bytes after the differing byte. The second index is the difference of the byte.
    """
    start = frame_register(b"\0")
    steps = np.array([frame_register(bytes([byte])) ^ start for byte in range(256)], np.uint16)
    effects = np.empty((MAX_FRAME, 256), np.uint16)
    register = effects[0] = steps
    for distance in range(1, MAX_FRAME):
        effects[distance] = register = (register >> 8) ^ steps[register & 0xFF]
    return effects


def _row(frame: bytes, width: int) -> Array:
    return np.frombuffer(frame.ljust(width, b"\0"), np.uint8)


def _joined(octets: Array, width: int) -> Array:
    """Return the bits that are set in at least one row."""
    whole = len(octets) // (_GROUP * width) * _GROUP * width
    group = np.bitwise_or.reduce(octets[:whole].reshape(-1, _GROUP * width), axis=0)
    joined: Array = np.bitwise_or.reduce(np.append(group, octets[whole:]).reshape(-1, width), axis=0)
    return joined


def _dtype(number: Number) -> str:
    """Return the format of a number in NumPy."""
    return f">{'i' if number.format.islower() else 'u'}{calcsize(f'>{number.format}')}"


def _is_exact(number: Number) -> bool:
    """Return whether floats represent the product and the denominator of a number exactly."""
    return number.numerator << 8 * calcsize(f">{number.format}") <= _EXACT and number.denominator <= _EXACT


def _texts(octets: Array) -> Values:
    """Return the texts in rows of bytes. `Values.texts` contains each text once."""
    count, width = octets.shape
    if (octets == octets[0]).all():
        return Values(0, texts=(_printable(octets[0].tobytes()) or "",))
    packed = pa.py_buffer(np.ascontiguousarray(octets))
    coded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, packed]).dictionary_encode()
    texts = tuple(_printable(raw) or "" for raw in coded.dictionary.to_pylist())
    return Values(coded.indices.to_numpy(), texts=texts)
