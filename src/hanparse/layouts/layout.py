"""Decodes a push that differs from an earlier one in its values alone, in microseconds: `Layout`, `Layouts`.

A meter repeats itself. Tags, lengths, OBIS codes, scalers and units of a list are the same bytes every time; what
changes is values, and each value has its place. So from a frame that the grammar and a profile have read comes a
`Layout`:

* which bits are constant: all but those of values, the invoke id and the FCS. The next frame of the same length is
  taken as one big number, masked, and compared with the constants in one operation. That covers flags, header, HCS,
  tags, lengths, codes, scalers, units, null-data, the list identifier, the meter type. The FCS is computed.
* where each value stands, as `struct` formats, and what makes it a field: a factor, a divisor, the clock rule. The
  values are read when one of them is asked for; what decides whether the frame is of this kind is checked before.

Nothing here is written by hand and nothing knows a maker: a layout comes from the tree of the grammar, with its places,
and the reading of the profile. What a layout cannot promise to read as they would is not learned: a float, a value
whose meaning hangs on its size, a push in segments. What does not fit goes the long way, to the same result or error.
What decides how a list is read is constant, even where it claims to be a value: the push-object-list, identifiers.
"""

from __future__ import annotations

import contextlib
from functools import cached_property
from operator import attrgetter, mul, truediv
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from hanparse import cosem
from hanparse.axdr.data import WALL_CLOCK
from hanparse.hdlc import strip_llc
from hanparse.layouts.learn import FCS_AND_FLAG, LayoutBuilder, NotLearnableError, is_plain_text
from hanparse.measurement import Measurement, Register
from hanparse.measurement.record import blank, fill_kind, fill_state
from hanparse.meters import clock, values
from hanparse.wire.crc import SOUND, frame_register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import tzinfo

    from hanparse.hdlc import Frame
    from hanparse.layouts.learn import Element, Number
    from hanparse.measurement import Scale
    from hanparse.meters import Reading

LENGTHS: Final = 8
"""Frame lengths that a store remembers; a meter sends two or three."""
VARIANTS: Final = 4
"""Layouts of one length: another meter, another type, a changed deviation."""

_from_bytes: Final = int.from_bytes
_used: Final = attrgetter("used")


class Layout:
    """One kind of push of one length, and how its values are read."""

    def __init__(self, builder: LayoutBuilder) -> None:
        """Arrange what was learned so that reading it is a handful of operations."""
        size = len(builder.frame)
        numbers = sorted(builder.numbers)  # by place
        divided = [number for number in numbers if number.is_divided]
        whole = [number for number in numbers if not number.is_divided and number.numerator == 1]
        multiplied = [number for number in numbers if not number.is_divided and number.numerator != 1]
        self.mask, self.constant = builder.mask()
        self.used = 0
        self._constants = tuple(builder.constants.values())
        self._whole, self._multiplied, self._divided = (_unpack(part, size) for part in (whole, multiplied, divided))
        self._factors = tuple(number.numerator for number in multiplied)
        numerators = tuple(number.numerator for number in divided)
        self._numerators = numerators if set(numerators) - {1} else ()  # mostly nothing is to be multiplied
        self._divisors = tuple(number.denominator for number in divided)
        self._builder = builder
        self.scale = builder.scale
        self.steps: dict[str, float] = {}  # scalers are constant
        self.made_for_transformers = builder.reading.made_for_transformers
        self.texts = tuple(builder.texts.values())
        self._clocks = tuple(builder.clocks)
        read = (number.name for number in (*whole, *divided, *multiplied))
        times = (name for found in builder.clocks for name in found.names)
        # in the order in which `values` gives them
        names = (*builder.constants, *read, *builder.texts, *times)
        self.index: Mapping[str, int] = {name: place for place, name in enumerate(names)}

    def is_legible(self, frame: bytes) -> bool:
        """Whether every text that may vary is one and nothing else; whose list it is may hang on that."""
        for start, end in self.texts:  # noqa: SIM110  without a generator: this is asked of every frame
            if not is_plain_text(frame[start:end]):
                return False
        return True

    def values(self, frame: bytes) -> list[Any]:
        """What `index` names, from a frame that is of this kind."""
        raws: Iterable[int] = self._divided(frame)
        if self._numerators:
            raws = map(mul, raws, self._numerators)
        found = [*self._constants, *self._whole(frame), *map(truediv, raws, self._divisors)]
        if self._factors:
            found += map(mul, self._multiplied(frame), self._factors)
        for start, end in self.texts:
            found.append(values.printable(frame[start:end]))
        for place, microsecond, zone, names in self._clocks:
            moment = clock.moment(WALL_CLOCK.unpack_from(frame, place), microsecond, zone)
            if moment is None:
                return self._long_way(frame)
            found += [moment] * len(names)
        return found

    def registers(self, frame: bytes) -> tuple[Register, ...]:
        """Every element of a frame that is of this kind; by the grammar where one is not plainly a number or text."""
        if self._varying is None:
            return self._reading(frame).registers
        registers = list(self._builder.reading.registers)
        for position, value, obis, scaler, unit in self._varying:
            registers[position] = Register(obis, value(frame), scaler, unit)
        return tuple(registers)

    @cached_property
    def _varying(self) -> list[Element] | None:
        return self._builder.varying()

    def _long_way(self, frame: bytes) -> list[Any]:
        """`values` where a clock shows no moment: what is shown in its place, the profile knows."""
        measurement = self._reading(frame).measurement(self._builder.scale, self._builder.timezone)
        return [getattr(measurement, name) for name in self.index]

    def _reading(self, frame: bytes) -> Reading:
        return self._builder.reading.again(cosem.parse(frame[self._builder.start : -FCS_AND_FLAG]))


def _unpack(numbers: list[Number], size: int) -> Callable[[bytes], tuple[int, ...]]:
    """What takes the numbers, in their order, out of a frame of this size."""
    parts, end = [], 0
    for number in numbers:
        parts.append(f"{number.place - end}x{number.format}")
        end = number.place + Struct(f">{number.format}").size
    return Struct(f">{''.join(parts)}{size - end}x").unpack


class LayoutsOfLength:
    """The layouts of one frame length, `VARIANTS` at most."""

    def __init__(self, size: int, store: Layouts) -> None:
        """Begin without layouts; what its `store` has recognised is the clock by which layouts grow old."""
        self.size = size
        self.head = b""
        """The header, with its HCS, of the frame that was learned last."""
        self.layouts: list[Layout] = []
        self._store = store

    def read(self, frame: bytes) -> Measurement | None:
        """The measurement in a sound frame that is like one that was learned; its values are read when asked for."""
        number = _from_bytes(frame)
        for layout in self.layouts:
            if (
                number & layout.mask == layout.constant
                and frame_register(frame) == SOUND
                and (not layout.texts or layout.is_legible(frame))
            ):
                store = self._store
                store.recognised = layout.used = store.recognised + 1
                measurement = blank(Measurement)
                fill_kind(measurement, layout)
                fill_state(measurement, frame)
                return measurement
        return None

    @property
    def used(self) -> int:
        """When one of them was used last."""
        return max((layout.used for layout in self.layouts), default=0)

    def put(self, layout: Layout) -> None:
        """One more; the least recently used goes when there are too many."""
        self.layouts = [layout, *sorted(self.layouts, key=_used, reverse=True)][:VARIANTS]

    def __getstate__(self) -> dict[str, Any]:
        """A decoder that is copied or pickled learns anew."""
        return vars(self) | {"layouts": []}


class Layouts:
    """The layouts of a decoder, for `LENGTHS` frame lengths; the length that was used least recently is forgotten.

    Only what the grammar and a profile accepted is learned. A wire on which nothing repeats costs 1.3 times what it
    would cost without layouts (``benchmarks/bounds.py``), and no more memory than this store holds.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.by_length: dict[int, LayoutsOfLength] = {}
        self.recognised = 0
        """How many frames were recognised; a layout notes it, and it counts as the time of use."""

    def clear(self) -> None:
        """Forget every layout."""
        self.by_length.clear()

    def learn(self, frame: Frame, reading: Reading, scale: Scale, timezone: tzinfo | None) -> None:
        """Learn from a frame that was read as `reading`, if it can be learned."""
        header = frame.information_offset - frame.offset
        start = header + len(frame.information) - len(strip_llc(frame.information))  # of the APDU
        with contextlib.suppress(NotLearnableError):
            layout = Layout(LayoutBuilder(frame.raw, start, reading, scale, timezone))
            layout.used = self.recognised
            of_length = self._of_length(frame.raw)
            of_length.head = frame.raw[:header]
            of_length.put(layout)

    def _of_length(self, frame: bytes) -> LayoutsOfLength:
        size = len(frame)
        if size not in self.by_length:
            if len(self.by_length) == LENGTHS:
                del self.by_length[min(self.by_length.values(), key=_used).size]
            self.by_length[size] = LayoutsOfLength(size, self)
        return self.by_length[size]
