"""Decodes a push that differs from an earlier one in its values alone, in microseconds: `Layout`.

A meter repeats itself. Tags, lengths, OBIS codes, scalers and units of a list are the same bytes in every push; only
values change, and each value has its place. So a push that the grammar and a profile have read gives a `Layout`:

* which bits are constant: all but those of values and the invoke id. The next APDU of the same length is taken as one
  number, masked, and compared with the constants in one operation. That covers tags, lengths, codes, scalers, units,
  null-data, the list identifier and the meter type.
* where each value is, as `struct` formats, and what makes it a field: a factor, a divisor, the clock rule. Values are
  read when a field is first asked for; whether the APDU has this layout is checked before.

No layout is written by hand and none depends on a maker: it follows from the tree of the grammar, with its offsets, and
from the reading of the profile. No layout is derived from a push that it could read otherwise than they do: one with a
float, or with a value whose meaning depends on its size. A push without a layout goes through the grammar, with the
same result or error. Bytes that decide how a list is read are constant, even where they are values: the
push-object-list, identifiers.
"""

from __future__ import annotations

from operator import mul, truediv
from struct import Struct
from typing import TYPE_CHECKING, Any

from hanparse import cosem
from hanparse.axdr.data import WALL_CLOCK
from hanparse.layouts.learn import LayoutBuilder, is_plain_text, varying
from hanparse.measurement import Register
from hanparse.meters import clock, read, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import tzinfo

    from hanparse.layouts.carriers import Carried, PlainFrame
    from hanparse.layouts.learn import Element, Number
    from hanparse.measurement import Scale
    from hanparse.meters import Profile, Reading
    from hanparse.meters.seen import LastMaker
    from hanparse.wire.link import Link


class Layout:
    """One kind of push: the constant bits of its APDU, and how its values are read from the other bits.

    `link` is the link of the push, `last` the last maker on it. Unless the list names its maker, pushes have this
    layout only while `known` is that last maker.
    """

    __slots__ = (
        *("_clocks", "_constants", "_divided", "_divisors", "_elements", "_factors", "_multiplied", "_numerators"),
        *("_timezone", "_unmeasured", "_whole", "constant", "frames", "index", "is_named", "known", "last", "link"),
        *("made_for_transformers", "maker", "mask", "profile", "scale", "size", "steps", "texts", "used"),
    )

    def __init__(
        self,
        apdu: bytes,
        reading: Reading,
        scale: Scale,
        timezone: tzinfo | None,
        link: Link | None,
        last: LastMaker,
        known: Profile | None,
    ) -> None:
        """Raise `NotLearnableError` for a push that a layout could not always read as the grammar does."""
        builder = LayoutBuilder(apdu, reading, scale, timezone)
        self.scale, self._timezone = scale, timezone
        self.steps: dict[str, float] = {}  # the scalers are constant
        self.profile, self.is_named = reading.profile, reading.is_named
        self.link, self.last, self.known = link, last, known
        self.maker = reading.profile if reading.profile.manufacturer else known
        """The last maker on the link after such a push."""
        self.made_for_transformers = reading.made_for_transformers
        self.mask, self.constant = builder.mask()
        self.used = 0
        self.frames: list[tuple[bytes, PlainFrame | Carried]] = []
        """The kinds of frames in which such pushes are recognised, with their first bytes."""
        self.size = len(apdu)
        self._elements: tuple[tuple[Register, ...], list[Element] | None] | None = None
        """The registers of one push and those of them that vary; `None` until registers are first asked for."""
        self._arrange(builder)

    def _arrange(self, builder: LayoutBuilder) -> None:
        """Group the values by the way in which they are read: few operations then read all of a group."""
        numbers = sorted(builder.numbers)  # by place
        divided = [number for number in numbers if number.is_divided]
        whole = [number for number in numbers if not number.is_divided and number.numerator == 1]
        multiplied = [number for number in numbers if not number.is_divided and number.numerator != 1]
        groups = (whole, multiplied, divided)
        self._constants = tuple(builder.constants.values())
        self._whole, self._multiplied, self._divided = (_unpack(group, self.size) for group in groups)
        self._factors = tuple(number.numerator for number in multiplied)
        numerators = tuple(number.numerator for number in divided)
        self._numerators = numerators if set(numerators) - {1} else ()  # mostly there is nothing to multiply
        self._divisors = tuple(number.denominator for number in divided)
        self.texts = tuple(builder.texts.values())
        self._clocks = tuple(builder.clocks)
        numbers_read = (number.name for number in (*whole, *divided, *multiplied))
        times = (name for found in builder.clocks for name in found.names)
        # in the order in which `values` returns them
        names = (*builder.constants, *numbers_read, *builder.texts, *times)
        self.index: Mapping[str, int] = {name: place for place, name in enumerate(names)}
        self._unmeasured = tuple(self.index[name] for name in builder.unmeasured)

    @property
    def last_use(self) -> int:
        """Return the latest use of this layout, by an APDU or by frames."""
        return max([self.used, *(kind.used for _, kind in self.frames)])

    def values(self, apdu: bytes) -> list[Any]:
        """Return the values that `index` names, from an APDU that has this layout."""
        raws: Iterable[int] = self._divided(apdu)
        if self._numerators:
            raws = map(mul, raws, self._numerators)
        found = [*self._constants, *self._whole(apdu), *map(truediv, raws, self._divisors)]
        if self._factors:
            found += map(mul, self._multiplied(apdu), self._factors)
        for start, end in self.texts:
            found.append(values.printable(apdu[start:end]))
        for place, microsecond, zone, names in self._clocks:
            moment = clock.moment(WALL_CLOCK.unpack_from(apdu, place), microsecond, zone)
            if moment is None:  # the profile decides which other time becomes the field
                measurement = self._read(apdu).measurement(self.scale, self._timezone)
                return [getattr(measurement, name) for name in self.index]
            found += [moment] * len(names)
        for place in self._unmeasured:
            found[place] = found[place] or None
        return found

    def registers(self, apdu: bytes) -> tuple[Register, ...]:
        """Return every element of an APDU that has this layout; by the grammar where one is no plain number or text."""
        first, others = self._elements or self._learn_elements(apdu)
        if others is None:
            return self._read(apdu).registers
        registers = list(first)
        for position, value, obis, scaler, unit in others:
            registers[position] = Register(obis, value(apdu), scaler, unit)
        return tuple(registers)

    def _learn_elements(self, apdu: bytes) -> tuple[tuple[Register, ...], list[Element] | None]:
        reading = self._read(apdu)
        self._elements = reading.registers, varying(reading, self.mask.to_bytes(self.size, "big"))
        return self._elements

    def _read(self, apdu: bytes) -> Reading:
        return read(cosem.parse(apdu), (self.profile,), self.link, self.known)


def are_texts(push: bytes, places: Iterable[tuple[int, int]]) -> bool:
    """Return whether the bytes at each place are a text and nothing else; the choice of the maker may depend on it."""
    for start, end in places:  # noqa: SIM110  a generator would cost more, and every push is asked this
        if not is_plain_text(push[start:end]):
            return False
    return True


def _unpack(numbers: list[Number], size: int) -> Callable[[bytes], tuple[int, ...]]:
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
