"""Defines `Obis`, an OBIS code from text or six bytes, and the meaning of its groups (IEC 62056-61, Blue Book 7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZE: Final = 6
"""The number of octets in a code. The logical name of a COSEM object is a code."""
_UNUSED_F: Final = 255
_MAX_A: Final = 15  # Blue Book 7.2.1. The bytes of a printable text are above 31, so they are never a code
_MAX_GROUP: Final = 255
_CODE: Final = re.compile(
    r"(?:(?P<a>\d{1,3})-(?P<b>\d{1,3}):)?(?P<c>\d{1,3})\.(?P<d>\d{1,3})\.(?P<e>\d{1,3})(?:[.*&](?P<f>\d{1,3}))?"
    r"|(?P<all>\d{1,3}(?:\.\d{1,3}){5})",
    re.ASCII,
)

ELECTRICITY: Final = 1
_PHASE_QUANTITIES: Final = 80  # C = 1 to 80: twenty quantities, each for the sum, L1, L2 and L3
_QUANTITIES_PER_PHASE: Final = 20
_IMPORT: Final = frozenset({1, 3, 9})
_EXPORT: Final = frozenset({2, 4, 10})
_PROCESSING: Final = {
    **dict.fromkeys((4, 7, 14, 24, 27, 28), "instantaneous"),
    **dict.fromkeys((5, 15, 25, 49, 50), "average"),
    **dict.fromkeys((6, 16, 26, 53, 54), "maximum"),
    **dict.fromkeys((3, 13, 23, 51, 52), "minimum"),
    **dict.fromkeys((8, 17, 18), "cumulative"),
    **dict.fromkeys((9, 19, 20), "billing period"),
    **dict.fromkeys((29, 30), "interval"),
    **dict.fromkeys(range(31, 46), "threshold"),
    46: "contract",
}


class _Groups(NamedTuple):
    a: int
    b: int
    c: int
    d: int
    e: int
    f: int = _UNUSED_F


class Obis(_Groups):
    """An `Obis` is an OBIS code. Groups A to F: medium, channel, quantity, processing, tariff, billing period.

    >>> Obis.parse("1.7.0")
    Obis('1-0:1.7.0')
    >>> Obis.parse("0-1:1.0.0*255") == Obis.parse("0.1.1.0.0.255") == Obis(0, 1, 1, 0, 0)
    True

    Raises `ValueError` if group A is not from 0 to 15, or if one of the other groups is not from 0 to 255. Raises
    `TypeError` if a group is not an int.
    """

    __slots__ = ()

    def __new__(cls, a: int, b: int, c: int, d: int, e: int, f: int = _UNUSED_F) -> Self:
        """Check the groups and return the code."""
        code = super().__new__(cls, a, b, c, d, e, f)
        for name, group in zip("ABCDEF", code, strict=True):
            limit = _MAX_A if name == "A" else _MAX_GROUP
            if type(group) is not int:
                raise TypeError(f"expected a whole number for OBIS group {name}, found {group!r}")
            if not 0 <= group <= limit:
                raise ValueError(f"expected 0 to {limit} for OBIS group {name}, found {group}")
        return code

    @classmethod
    def _make(cls, iterable: Iterable[int]) -> Self:  # type: ignore[override]
        return cls(*iterable)  # `_replace` calls this method; `cls` checks the groups

    @classmethod
    def parse(cls, code: str | bytes) -> Self:
        """Parse a code from text (``1-0:1.7.0*255``, ``1.0.1.7.0.255`` or ``1.7.0``) or from six bytes.

        Groups A, B and F can be missing in the text. Their defaults are 1 (electricity), 0 (no channel) and 255. Raises
        `ValueError` for any other text and for any other number of bytes. Raises `TypeError` for other types.
        """
        if isinstance(code, bytes):
            if len(code) != SIZE:
                raise ValueError(f"expected an OBIS code of {SIZE} bytes, found {len(code)}")
            return cls(*code)
        if not isinstance(code, str):
            raise TypeError(f"expected an OBIS code as text or bytes, found {type(code).__name__}")
        match = _CODE.fullmatch(code.strip())
        if match is None:
            raise ValueError(f"expected an OBIS code such as 1-0:1.7.0*255, 1.0.1.7.0.255 or 1.7.0, found {code!r}")
        if match["all"]:
            return cls(*map(int, match["all"].split(".")))
        a, b, f = match["a"] or ELECTRICITY, match["b"] or 0, match["f"] or _UNUSED_F
        return cls(*map(int, (a, b, match["c"], match["d"], match["e"], f)))

    @property
    def reduced(self) -> str:
        """The groups C, D and E as text, for example ``1.7.0``. The displays of meters show this short form."""
        return f"{self.c}.{self.d}.{self.e}"

    @property
    def phase(self) -> int | None:
        """The phase (1, 2 or 3), or 0 for the sum of the phases; `None` if the quantity (group C) has no phases."""
        return (self.c - 1) // _QUANTITIES_PER_PHASE if self._of_a_phase else None

    @property
    def direction(self) -> str | None:
        """The direction ``"import"`` or ``"export"``; `None` if the quantity has no direction."""
        quantity = (self.c - 1) % _QUANTITIES_PER_PHASE + 1
        if not self._of_a_phase or quantity not in _IMPORT | _EXPORT:
            return None
        return "import" if quantity in _IMPORT else "export"

    @property
    def processing(self) -> str | None:
        """The processing of the value (group D), for example ``"instantaneous"`` or ``"cumulative"``.

        The result is `None` if the medium is not electricity, if C is 0, or if the value of D is unknown.
        """
        return _PROCESSING.get(self.d) if self.a == ELECTRICITY and self.c else None

    @property
    def _of_a_phase(self) -> bool:
        return self.a == ELECTRICITY and 1 <= self.c <= _PHASE_QUANTITIES

    def __bytes__(self) -> bytes:
        """Return the six bytes of the code."""
        return bytes(tuple(self))

    def __str__(self) -> str:
        """Return ``1-0:1.7.0``, followed by ``*F`` if F is not 255."""
        code = f"{self.a}-{self.b}:{self.reduced}"
        return code if self.f == _UNUSED_F else f"{code}*{self.f}"

    def __repr__(self) -> str:
        """Return ``Obis('1-0:1.7.0')``."""
        return f"Obis('{self}')"


def code_in(octets: object) -> Obis | None:
    """Return the OBIS code in an octet-string. Return `None` if the value is not an OBIS code."""
    if isinstance(octets, bytes) and len(octets) == SIZE:
        try:
            return Obis.parse(octets)
        except ValueError:
            return None
    return None
