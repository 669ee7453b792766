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

from typing import TYPE_CHECKING, Any

from hanparse import cosem
from hanparse.layouts.learn import LayoutBuilder, is_plain_text, varying
from hanparse.measurement import Register
from hanparse.meters import read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from hanparse.layouts.carriers import Carried, PlainFrame
    from hanparse.layouts.learn import Element
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
        *("_elements", "_timezone", "constant", "constants", "frames", "index", "is_named", "known", "last", "link"),
        *("made_for_transformers", "maker", "mask", "numbers", "order", "plan", "profile", "scale", "size", "steps"),
        *("texts", "used"),
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
        self.used = 0
        self.frames: tuple[PlainFrame | Carried, ...] = ()
        """The kinds of frames in which such pushes are recognised, the oldest first."""
        self.size = len(apdu)
        self._elements: tuple[tuple[Register, ...], list[Element] | None] | None = None
        """The registers of one push and those of them that vary; `None` until registers are first asked for."""
        self.constants, self.plan = tuple(builder.constants.values()), builder.plan()
        self.mask = self.plan.mask
        self.constant = int.from_bytes(apdu, "big") & self.mask
        self.texts, self.index, self.order = self.plan.texts, self.plan.index, self.plan.order
        self.numbers = self.plan.numbers

    @property
    def last_use(self) -> int:
        """Return the latest use of this layout, by an APDU or by frames."""
        return max([self.used, *(kind.used for kind in self.frames)])

    def values(self, apdu: bytes) -> list[Any]:
        """Return the values that `index` names, from an APDU that has this layout."""
        found = self.plan.values(self.constants, apdu)
        if found is None:  # the profile decides which other time becomes the field
            measurement = self._read(apdu).measurement(self.scale, self._timezone)
            return [getattr(measurement, name) for name in self.index]
        return found

    def number(self, apdu: bytes, position: int) -> float | None:
        """Return the value at a position of `numbers`."""
        return self.plan.number(apdu, 0, position)

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
