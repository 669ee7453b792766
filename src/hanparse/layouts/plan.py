"""Reads the values of an APDU from their places, in few operations: `Plan`. Decoders of the same lists share plans."""

from __future__ import annotations

from functools import lru_cache
from operator import mul, truediv
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.axdr.data import WALL_CLOCK
from hanparse.measurement.index import Index
from hanparse.meters import clock, values
from hanparse.wire.hdlc_parts import SEQUENCE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Place = tuple[int, int]
    """The first byte of a text in the APDU, and the byte after it."""

FCS_AND_FLAG: Final = SEQUENCE_SIZE + 1
"""The number of bytes of a frame after its APDU."""


class Number(NamedTuple):
    """A field that is sent as an integer: its place and format in the APDU, and the ratio that makes it a value."""

    place: int
    format: str
    name: str
    numerator: int
    denominator: int
    is_divided: bool
    """True if the value is a float, false if it is a whole number."""


class Clock(NamedTuple):
    """A date-time that becomes one or two fields: its place in the APDU, and its constant parts."""

    place: int
    microsecond: int
    zone: clock.Zone
    names: tuple[str, ...]


class Plan:
    """How the values of one kind of APDU are read. Values that are the same in every push are no part of it.

    `mask` has a one for each constant bit of the APDU. `index` gives the position of each field among the values,
    `texts` the places of the texts that vary.
    """

    __slots__ = (
        *("_clocks", "_divided", "_divisors", "_factors", "_multiplied", "_numerators", "_unmeasured", "_whole"),
        *("index", "mask", "size", "texts"),
    )

    def __init__(
        self,
        size: int,
        mask: int,
        constants: Sequence[str],
        numbers: Sequence[Number],
        texts: Sequence[tuple[str, Place]],
        clocks: tuple[Clock, ...],
        unmeasured: Sequence[str],
    ) -> None:
        """Group the numbers by the way in which they are read: few operations then read all of a group.

        `size` is that of the APDU. `constants` are the fields that are the same in every push. In the fields
        `unmeasured`, a 0 means not measured.
        """
        self.size, self.mask = size, mask
        divided = [number for number in numbers if number.is_divided]
        whole = [number for number in numbers if not number.is_divided and number.numerator == 1]
        multiplied = [number for number in numbers if not number.is_divided and number.numerator != 1]
        self._whole, self._multiplied, self._divided = (_unpack(group, size) for group in (whole, multiplied, divided))
        self._factors = tuple(number.numerator for number in multiplied)
        numerators = tuple(number.numerator for number in divided)
        self._numerators = numerators if set(numerators) - {1} else ()  # mostly there is nothing to multiply
        self._divisors = tuple(number.denominator for number in divided)
        self.texts = tuple(place for _, place in texts)
        self._clocks = clocks
        times = (name for found in clocks for name in found.names)
        # in the order in which `values` returns them
        numbers_read = (number.name for number in (*whole, *divided, *multiplied))
        names = (*constants, *numbers_read, *(name for name, _ in texts), *times)
        self.index = Index(names)
        self._unmeasured = tuple(self.index[name] for name in unmeasured)

    def values(self, constants: Sequence[Any], apdu: bytes) -> list[Any] | None:
        """Return the values that `index` names; `None` if a clock shows no moment. `constants` are the first values."""
        raws: Iterable[int] = self._divided(apdu)
        if self._numerators:
            raws = map(mul, raws, self._numerators)
        found = [*constants, *self._whole(apdu), *map(truediv, raws, self._divisors)]
        if self._factors:
            found += map(mul, self._multiplied(apdu), self._factors)
        for start, end in self.texts:
            found.append(values.printable(apdu[start:end]))
        for place, microsecond, zone, names in self._clocks:
            moment = clock.moment(WALL_CLOCK.unpack_from(apdu, place), microsecond, zone)
            if moment is None:
                return None
            found += [moment] * len(names)
        for position in self._unmeasured:
            found[position] = found[position] or None
        return found


shared_plan = lru_cache(maxsize=1024)(Plan)
"""Returns the plan that an earlier call with the same arguments made, as long as it is kept: 1024 plans are 2 MiB."""


@lru_cache(maxsize=1024)
def framed(plan: Plan, start: int) -> tuple[int, tuple[Place, ...]]:
    """Return the mask of an HDLC frame whose APDU begins at `start`, and where its texts are; decoders share both."""
    ones = (1 << 8 * start) - 1
    mask = (ones << 8 * plan.size | plan.mask) << 8 * FCS_AND_FLAG | 0xFF  # all but the FCS
    return mask, tuple((start + begin, start + end) for begin, end in plan.texts)


def _unpack(numbers: Sequence[Number], size: int) -> Callable[[bytes], tuple[int, ...]]:
    """Return the function that takes the numbers, in their order, out of an APDU of this size."""
    if not numbers:
        return _nothing
    parts, end = [], 0
    for number in numbers:
        parts.append(f"{number.place - end}x{number.format}")
        end = number.place + Struct(f">{number.format}").size
    return Struct(f">{''.join(parts)}{size - end}x").unpack


def _nothing(_apdu: bytes) -> tuple[int, ...]:
    return ()
