"""The body of a push -> `Item`s, by the shape of the list alone; nothing here knows a maker.

Shapes: *registers* (an array of structures, each with its code, value, scaler and unit), *flat pairs* (a structure of
codes and values in turn, perhaps with the list identifier in front), *positions* (a structure of bare values).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.data import Data, Tag
from hanparse.meters import values
from hanparse.obis import Kind, Obis, lookup
from hanparse.obis.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence


LIST_ID: Final = Obis.parse("1-1:0.2.129")
_PAIR: Final = 2
_TRIPLE: Final = 3
_CODE_SIZE: Final = 6


class Item(NamedTuple):
    """One element of a list: its code, if any, its value, and the scaler and unit that were sent with it."""

    obis: Obis | None
    data: Data
    scaler: int | None = None
    unit: str | None = None


def elements(body: Data) -> tuple[Data, ...]:
    """What a list holds; nothing when the body is no list."""
    return body.value if isinstance(body.value, tuple) and body.tag in (Tag.ARRAY, Tag.STRUCTURE) else ()  # type: ignore[return-value]


def named(body: Data) -> list[Item] | None:
    """The items of a list that carries its codes; `None` when it does not."""
    return _registers(body) or _flat_pairs(body)


def positional(body: Data, codes: Sequence[Obis]) -> list[Item] | None:
    """The items of a list without codes; `None` unless every position holds the kind of value that its code implies."""
    found = elements(body)
    if body.tag is not Tag.STRUCTURE or len(found) != len(codes):
        return None
    fits = all(values.has_kind(data, _kind(obis)) for data, obis in zip(found, codes, strict=True))
    return [Item(obis, data) for data, obis in zip(found, codes, strict=True)] if fits else None


def _kind(obis: Obis) -> Kind:
    entry = lookup(obis)
    return entry.kind if entry else Kind.NUMBER


def _registers(body: Data) -> list[Item] | None:
    if body.tag is not Tag.ARRAY:
        return None
    items = [_register(element) for element in elements(body)]
    return items if any(item.obis for item in items) else None


def _register(element: Data) -> Item:
    parts = elements(element) if element.tag is Tag.STRUCTURE else ()
    code = _code(parts[0]) if len(parts) in (_PAIR, _TRIPLE) else None
    if code is None:
        return Item(None, element)
    if len(parts) == _PAIR:
        return Item(code, parts[1])
    match elements(parts[2]):
        case [Data(Tag.INTEGER, int(scaler)), Data(Tag.ENUM, int(unit))]:
            return Item(code, parts[1], scaler, UNITS.get(unit, f"unit {unit}"))
    return Item(None, element)


def _flat_pairs(body: Data) -> list[Item] | None:
    if body.tag is not Tag.STRUCTURE:
        return None
    parts = list(elements(body))
    items = []
    if len(parts) % 2 and values.text(parts[0]) is not None:
        items.append(
            Item(LIST_ID, parts.pop(0))
        )  # Kamstrup leaves out the code of the identifier, which its document gives
    if len(parts) % 2:
        return None
    for key, data in zip(parts[::2], parts[1::2], strict=True):
        code = _code(key)
        if code is None and key.tag is not Tag.NULL_DATA:
            return None
        items.append(Item(code, data))
    return items if any(_code(key) for key in parts[::2]) else None


def _code(data: Data) -> Obis | None:
    """The code that an octet-string of six bytes is; six bytes of text are none, their A is out of range."""
    if data.tag is Tag.OCTET_STRING and isinstance(data.value, bytes) and len(data.value) == _CODE_SIZE:
        try:
            return Obis.parse(data.value)
        except ValueError:
            return None
    return None
