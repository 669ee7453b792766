"""Defines `Plan`, which reads the values of an APDU from fixed indexes. Several decoders can share a plan."""

from __future__ import annotations

from functools import lru_cache
from operator import mul, truediv
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.axdr.data import SCALARS, WALL_CLOCK
from hanparse.measurement.order import Order
from hanparse.meters import clock, values
from hanparse.wire.hdlc_parts import SEQUENCE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Place = tuple[int, int]
    """The indexes in the APDU of the first byte of a text and of the byte after the text."""

_INTEGERS: Final = {each.format: Struct(f">{each.format}") for each in SCALARS.values() if each.kind == "integer"}
_MANY: Final = 5  # with fewer values, reading all of them takes little more time than reading one
_wall_clock: Final = WALL_CLOCK.unpack_from
FCS_AND_FLAG: Final = SEQUENCE_SIZE + 1
"""The number of bytes of a frame after its APDU."""


class Number(NamedTuple):
    """Describes an integer in the APDU. `place` is its index, and `name` is the field that the integer fills.

    `format` is the format for `struct`. The value of the field is the integer times `numerator`, divided by
    `denominator`.
    """

    place: int
    format: str
    name: str
    numerator: int
    denominator: int
    is_divided: bool
    """True if the value of the field is a float, false if the value is an int."""


class Clock(NamedTuple):
    """Describes a date-time in the APDU. `place` is its index, and `names` are the fields that the date-time fills."""

    place: int
    microsecond: int
    zone: clock.Zone
    names: tuple[str, ...]


class Plan:
    """Reads the values that vary in APDUs with the same layout. The constant values are not in the plan.

    `mask` has a 1 for each constant bit of the APDU. `index` maps the name of each field to its position in the result
    of `values`: first the constant fields, then the fields of `integers`, `texts` and `clocks`. `texts` contains the
    indexes of the texts that vary. `numbers` contains the positions of the values that `number` reads clearly faster
    than `values` does. `unmeasured` contains the positions at which 0 means that the meter does not measure the value.
    """

    __slots__ = (
        *("_divided", "_divisors", "_factors", "_multiplied", "_numerators", "_unscaled", "clocks", "index"),
        *("integers", "mask", "numbers", "order", "size", "texts", "unmeasured"),
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
        """Group the numbers by how they are converted, so that one operation converts all numbers of a group.

        `size` is the size of the APDU. `constants` are the names of the fields that are the same in every push.
        `unmeasured` are the names of the fields in which 0 means that the meter does not measure the quantity.
        """
        self.size, self.mask = size, mask
        divided = [number for number in numbers if number.is_divided]
        unscaled = [number for number in numbers if not number.is_divided and number.numerator == 1]
        multiplied = [number for number in numbers if not number.is_divided and number.numerator != 1]
        self._unscaled, self._multiplied, self._divided = map(_unpack, (unscaled, multiplied, divided))
        self._factors = tuple(number.numerator for number in multiplied)
        numerators = tuple(number.numerator for number in divided)
        self._numerators = numerators if set(numerators) - {1} else ()  # in most plans all numerators are 1
        self._divisors = tuple(number.denominator for number in divided)
        self.texts = tuple(place for _, place in texts)
        self.clocks = clocks
        self.integers = (*unscaled, *divided, *multiplied)
        times = (name for found in clocks for name in found.names)
        # the order of the result of `values`
        names = (*constants, *(number.name for number in self.integers), *(name for name, _ in texts), *times)
        self.index = {name: position for position, name in enumerate(names)}
        self.order = Order(self.index)
        self.unmeasured = tuple(self.index[name] for name in unmeasured)
        first = len(constants)
        self.numbers = range(first, first + len(numbers)) if len(names) >= _MANY else range(0)

    def values(self, constants: Sequence[Any], push: bytes, start: int = 0) -> list[Any] | None:
        """Return the values of a push in the order of `index`. Return `None` if a clock has an impossible time.

        The APDU begins at ``push[start]``. `constants` contains the values that are the same in every push.
        """
        result = [*constants, *self._unscaled(push, start)]
        if self._divisors:
            raws: Iterable[int] = self._divided(push, start)
            if self._numerators:
                raws = map(mul, raws, self._numerators)
            result += map(truediv, raws, self._divisors)
        if self._factors:
            result += map(mul, self._multiplied(push, start), self._factors)
        for begin, end in self.texts:
            result.append(values.printable(push[start + begin : start + end]))
        for place, microsecond, zone, names in self.clocks:
            moment = clock.moment(_wall_clock(push, start + place), microsecond, zone)
            if moment is None:
                return None
            result += [moment] * len(names)
        for position in self.unmeasured:
            result[position] = result[position] or None
        return result

    def number(self, push: bytes, start: int, position: int) -> float | None:
        """Return the same value that `values` returns at `position`. `position` is in `numbers`."""
        number = self.integers[position - self.numbers.start]
        (integer,) = _INTEGERS[number.format].unpack_from(push, start + number.place)
        value = integer * number.numerator / number.denominator if number.is_divided else integer * number.numerator
        return None if not value and position in self.unmeasured else value


shared_plan = lru_cache(maxsize=1024)(Plan)
"""Returns the `Plan` with the given arguments; equal arguments give the same plan. 1,024 plans use 2 MiB."""


@lru_cache(maxsize=1024)
def framed(plan: Plan, start: int) -> tuple[int, tuple[Place, ...]]:
    """Return the mask of an HDLC frame and the indexes of its texts. Decoders share the results.

    `plan` is the plan of the APDU, and `start` is the index of the APDU in the frame.
    """
    ones = (1 << 8 * start) - 1
    mask = (ones << 8 * plan.size | plan.mask) << 8 * FCS_AND_FLAG | 0xFF  # the FCS varies, the flag is constant
    return mask, tuple((start + begin, start + end) for begin, end in plan.texts)


def _unpack(numbers: Sequence[Number]) -> Callable[[bytes, int], tuple[int, ...]]:
    """Return a function that reads the integers at the places of `numbers`, in their order.

    The arguments of the function are a push and the index of the APDU in the push.
    """
    if not numbers:
        return _nothing
    parts, end = [], 0
    for number in numbers:
        parts.append(f"{number.place - end}x{number.format}")
        end = number.place + Struct(f">{number.format}").size
    return Struct(f">{''.join(parts)}").unpack_from


def _nothing(_push: bytes, _start: int) -> tuple[int, ...]:
    return ()
