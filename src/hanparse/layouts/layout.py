"""Defines `Layout`, which decodes a push that differs from an earlier push only in its values.

A meter sends lists with the same elements again and again. The tags, lengths, OBIS codes, scalers and units of these
lists are the same bytes in every push. Only the values differ, and the index of each value in the APDU is always the
same. A decoder derives a `Layout` from a push that the grammar (`hanparse.cosem`) and a profile have read. A layout
contains:

* The constant bits: all bits of the APDU except the bits of values and of the invoke id. Some values are constant, too,
  because they determine how the list is read: the push-object-list, the list identifier and the meter type. A later
  APDU of the same length has the layout if its constant bits are the same. One comparison of two large integers decides
  this.
* The index of each value, and the factor, divisor or clock rule that converts the value to a field. An APDU is compared
  when it arrives. Its values are read when a caller first uses a field.

A layout contains no rule for a manufacturer: the profile has read the first push, and the layout repeats what the
profile did. If a layout could read a push differently from the grammar, for example a push with a float, no layout is
derived from this push. The grammar reads every push that has no layout. So a decoder with layouts returns the same
measurements and errors as a decoder without layouts.
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
    """Contains the constant bits of the APDU of one list, and the rules that read values from the other bits.

    `link` is the link of the push. ``last.profile`` is always the profile of the last manufacturer on this link.
    `known` is the value that ``last.profile`` had before the push from which the layout was derived. If the list does
    not name its manufacturer, the layout applies only while ``last.profile`` is `known`.
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
        """Raise `NotLearnableError` if the layout could read another push differently from the grammar."""
        builder = LayoutBuilder(apdu, reading, scale, timezone)
        self.scale, self._timezone = scale, timezone
        self.steps: dict[str, float] = {}  # callers fill it once: the scalers are constant (see `Kind`)
        self.profile, self.is_named = reading.profile, reading.is_named
        self.link, self.last, self.known = link, last, known
        self.maker = reading.profile if reading.profile.manufacturer else known
        """The profile that becomes ``last.profile`` when a push with this layout is read."""
        self.made_for_transformers = reading.made_for_transformers
        self.used = 0
        self.frames: tuple[PlainFrame | Carried, ...] = ()
        """The layouts of the frames in which the APDU arrived. The oldest layout is first."""
        self.size = len(apdu)
        self._elements: tuple[tuple[Register, ...], list[Element] | None] | None = None
        """The registers of one push, and those that vary (see `varying`). `None` until a caller first uses them."""
        self.constants, self.plan = tuple(builder.constants.values()), builder.plan()
        self.mask = self.plan.mask
        self.constant = int.from_bytes(apdu, "big") & self.mask
        self.texts, self.index, self.order = self.plan.texts, self.plan.index, self.plan.order
        self.numbers = self.plan.numbers

    @property
    def last_use(self) -> int:
        """Return the number of pushes that had been recognised when this layout, or one in `frames`, was last used."""
        return max([self.used, *(frame.used for frame in self.frames)])

    def values(self, apdu: bytes) -> list[Any]:
        """Return the values of an APDU that has this layout, in the order of `index`."""
        values = self.plan.values(self.constants, apdu)
        if values is None:  # a clock has an impossible time, so the profile decides which other time is the timestamp
            measurement = self._read(apdu).measurement(self.scale, self._timezone)
            return [getattr(measurement, name) for name in self.index]
        return values

    def number(self, apdu: bytes, position: int) -> float | None:
        """Return the value at `position`, which is one of the positions in `numbers`."""
        return self.plan.number(apdu, 0, position)

    def registers(self, apdu: bytes) -> tuple[Register, ...]:
        """Return the elements of an APDU with this layout as registers.

        If a register that varies is neither an integer nor a string, the grammar reads the whole APDU.
        """
        if self._elements is None:
            reading = self._read(apdu)
            self._elements = reading.registers, varying(reading, self.mask.to_bytes(self.size, "big"))
        registers, varying_elements = self._elements
        if varying_elements is None:
            return self._read(apdu).registers
        result = list(registers)
        for position, value, obis, scaler, unit in varying_elements:
            result[position] = Register(obis, value(apdu), scaler, unit)
        return tuple(result)

    def _read(self, apdu: bytes) -> Reading:
        return read(cosem.parse(apdu), (self.profile,), self.link, self.known)


def are_texts(push: bytes, places: Iterable[tuple[int, int]]) -> bool:
    """Return whether the bytes between each pair of indexes are plain text.

    If they are not, the layout does not apply, because the grammar could read the list in another way.
    """
    for start, end in places:  # noqa: SIM110  a generator is slower, and the function runs for every push
        if not is_plain_text(push[start:end]):
            return False
    return True
