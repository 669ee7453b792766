"""Turns the body of a push, a *list*, into `Item`s. The rules depend on the shape of the list, not on the maker.

A *shape* is the arrangement of the codes and values in a list. A list has one of five shapes:

* *registers*: an array of structures. Each structure contains a code and a value, and often a scaler and a unit.
* *flat*: a structure. Each code is followed by its value, and some values are followed by a structure of scaler and
  unit. The list can also contain structures as in *registers*.
* *described*: a structure. The first element is the push-object-list, which contains the object and the attribute of
  each element.
* *attributes*: a structure of an enum and an array. Each element of the array is an attribute descriptor and a value.
* *positions*: a structure of values without codes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.axdr.data import LISTS, AttributeDescriptor, CompactArray, Data, Tag, Untagged
from hanparse.meters import values
from hanparse.meters.capture import capture_object, is_value
from hanparse.obis import Kind, Obis, code_in, lookup
from hanparse.obis.units import unit_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hanparse.meters.capture import CaptureObject
    from hanparse.meters.profile import Place
    from hanparse.obis import Entry


LIST_ID: Final = Obis.parse("1-1:0.2.129")
CLOCK: Final = Obis.parse("0-0:1.0.0")
METER_ID: Final = Obis.parse("0-0:96.1.0")
_ID_GROUPS: Final = {  # groups C, D in the codes of values that identify the meter (Blue Book 6.2: abstract objects)
    *((0, 0), (96, 1)),  # utility numbers, device numbers
    *((41, 0), (42, 0), (43, 0)),  # SAP assignment and logical device name; system titles
}
_M_BUS_CLIENT: Final = (24, 1)  # groups C, D; the value is the type of a sub-meter, and other attributes identify it
_NO_IDS: Final = ("list_id", "model")
_PAIR: Final = 2
_TRIPLE: Final = 3


class Item(NamedTuple):
    """An item is one element of a list with its code. `scaler` and `unit` are `None` if the list does not contain them.

    `is_value` is false if the element is not the value of the COSEM object, but another attribute. `depends_on_value`
    is true if the value determines whether the item has a code (see `Place.demanded`).
    """

    obis: Obis | None
    data: Data
    scaler: int | None = None
    unit: str | None = None
    is_value: bool = True
    depends_on_value: bool = False

    @property
    def entry(self) -> Entry | None:
        """The registry entry of the code; `None` if there is no entry, or if `is_value` is false."""
        return lookup(self.obis, self.unit) if self.obis and self.is_value else None

    @property
    def is_id(self) -> bool:
        """True if an element with this code identifies a meter."""
        if self.obis is None or (self.entry and self.entry.field in _NO_IDS):
            return False
        groups = (self.obis.c, self.obis.d)
        return groups in _ID_GROUPS if self.is_value else groups == _M_BUS_CLIENT


def elements(body: Data) -> tuple[Data, ...]:
    """Return the elements of an array or a structure. Return an empty tuple for data of any other type."""
    return body.value if isinstance(body.value, tuple) and body.tag in LISTS else ()  # type: ignore[return-value]


def parts(data: Data) -> Iterator[Data]:
    """Yield `data` and all elements in `data`, at any depth."""
    yield data
    for element in elements(data):
        yield from parts(element)


def leaves(data: Data) -> Iterator[Data]:
    """Yield each value in `data`, at any depth, that does not consist of other values."""
    parts = data.value.elements if isinstance(data.value, CompactArray) else data.value
    if isinstance(parts, tuple) and all(isinstance(part, Data) for part in parts):
        for part in parts:
            yield from leaves(part)  # type: ignore[arg-type]  # checked in the condition
    else:
        yield data


def named(body: Data) -> list[Item] | None:
    """Return the items of a list that contains codes; `None` for a list without codes."""
    return _registers(body) or _described(body) or attributes(body) or _flat(body)


def attributes(body: Data) -> list[Item] | None:
    """Return the items of an *attributes* list; `None` if the body has another shape."""
    match elements(body):
        case [reason, Data(Tag.ARRAY) as listed]:
            items = [_attribute(element) for element in elements(listed)]
            if None not in items and any(item.obis for item in items if item):
                return [Item(None, reason), *(item for item in items if item)]
    return None


def _attribute(element: Data) -> Item | None:
    match elements(element):
        case [Data(Untagged.ATTRIBUTE_DESCRIPTOR, AttributeDescriptor(class_id, instance_id, attribute_id)), value]:
            code = code_in(instance_id)
            return code and Item(code, value, is_value=is_value(class_id, attribute_id))
    return Item(None, element) if element.tag is Tag.NULL_DATA else None


def positional(body: Data, places: Sequence[Place]) -> list[Item] | None:
    """Return the items of a *positions* list. Return `None` if an element does not meet the conditions of its place.

    Null-data at the end of the list is accepted at any place if less than half of the elements are such null-data.
    """
    content = elements(body)
    if body.tag is not Tag.STRUCTURE or len(content) != len(places):
        return None
    checked = max((at for at, data in enumerate(content, 1) if data.tag is not Tag.NULL_DATA), default=0)
    if 2 * checked <= len(content):
        checked = len(content)
    fits = all(_fits(data, place) for data, place in zip(content[:checked], places[:checked], strict=True))
    return [_placed(data, place) for data, place in zip(content, places, strict=True)] if fits else None


def _placed(data: Data, place: Place) -> Item:
    """Return the item at a place. The item has no code if the value does not match the pattern of the place."""
    if place.demanded:
        return Item(place.obis, data)
    return Item(place.obis if _matches(data, place) else None, data, depends_on_value=True)


def signed(body: Data, items: list[Item] | None, places: Sequence[Place]) -> list[Item] | None:
    """Return the items of a list if each element meets the conditions of its place. Otherwise return `None`.

    `items` is `None` for a list without codes. In a list with codes, each code must also be the same as the code of its
    place (see `_same`). Items that are not values (`Item.is_value`) have no place.
    """
    if items is None:
        return positional(body, places)
    value_items = [item for item in items if item.is_value]
    if len(value_items) != len(places):
        return None
    fits = all(
        _same(item.obis, place.obis) and _fits(item.data, place)
        for item, place in zip(value_items, places, strict=True)
    )
    return items if fits else None


def _same(sent: Obis | None, code: Obis | None) -> bool:
    """Return whether two codes are equal or have the same registry entry, for example 1-0:1.8.0 and 1-1:1.8.0."""
    if sent is None or code is None:
        return False
    return sent == code or (lookup(sent) is not None and lookup(sent) is lookup(code))


def _fits(data: Data, place: Place) -> bool:
    if place.tag is None:
        return values.has_kind(data, _kind(place.obis) if place.obis else Kind.NUMBER)
    if data.tag is not place.tag or (place.size is not None and len(data.value) != place.size):  # type: ignore[arg-type]
        return False
    return not place.demanded or _matches(data, place)


def _matches(data: Data, place: Place) -> bool:
    return place.pattern == "*" or fnmatchcase(str(_code(data) or values.text(data) or ""), place.pattern)


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
    scale = _scale(parts[_PAIR])
    return Item(code, parts[1], *scale) if scale else Item(None, element)


def _described(body: Data) -> list[Item] | None:
    """Return the items of a *described* list; `None` if the body has another shape.

    The push-object-list has one entry for each element of the list. The first entry describes the push-object-list
    itself. For the item of the push-object-list, `is_value` is always false, because the push-object-list determines
    how all other elements are read.
    """
    content = elements(body) if body.tag is Tag.STRUCTURE else ()
    if not content or content[0].tag is not Tag.ARRAY:
        return None
    entries = [capture_object(entry) for entry in elements(content[0])]
    if len(entries) != len(content) or None in entries:
        return None
    rows = [(entry, data) for entry, data in zip(entries, content, strict=True) if entry]
    scales = {entry.code: scale for entry, data in rows if entry.is_scaler_unit and (scale := _scale(data))}
    (first, listed), *others = rows
    return [Item(first.code, listed, is_value=False), *(_captured(entry, data, scales) for entry, data in others)]


def _captured(entry: CaptureObject, data: Data, scales: Mapping[Obis, tuple[int, str]]) -> Item:
    """Return the item of an element. `scales` maps the code of a register to its scaler and unit."""
    scaler, unit = scales.get(entry.code, (None, None)) if entry.is_register else (None, None)
    return Item(entry.code, data, scaler, unit, is_value=entry.is_value)


def _flat(body: Data) -> list[Item] | None:
    """Return the items of a *flat* list; `None` if the body has another shape.

    Two elements can have no code: the first element if it is the list identifier (Kamstrup) or the clock (Austria),
    and, after a clock, the last element if it is the meter number.
    """
    parts = list(elements(body)) if body.tag is Tag.STRUCTURE else []
    if len(parts) < _PAIR:
        return None
    items = _take_without_code(parts)
    has_clock = any(item.obis == CLOCK for item in items)
    last = [Item(METER_ID, parts.pop())] if has_clock and _ends_with_text(parts) else []
    inner = list(_walk(parts))
    if None in inner or not any(item.obis for item in inner if item):
        return None
    return [*items, *(item for item in inner if item), *last]


def _take_without_code(parts: list[Data]) -> list[Item]:
    """Remove the first element from `parts` if it has no code. Return a list of its item, or an empty list."""
    if values.text(parts[0]) is not None:
        return [Item(LIST_ID, parts.pop(0))]  # Kamstrup meters send the list identifier without a code
    return [Item(CLOCK, parts.pop(0))] if values.time(parts[0]) else []


def _ends_with_text(parts: list[Data]) -> bool:
    """Return whether the last element is a text and the element before it is not a code."""
    return values.text(parts[-1]) is not None and len(parts) >= _PAIR and _code(parts[-_PAIR]) is None


def _walk(parts: list[Data]) -> Iterator[Item | None]:
    """Yield the item of each code and its value. Yield `None` for a value without code or a code without value.

    Null-data can replace a code, or be the last element. The item then has no code.
    """
    index = 0
    while index < len(parts):
        if parts[index].tag is Tag.STRUCTURE:
            yield _register(parts[index])
            index += 1
        else:
            size = _TRIPLE if _has_scale(parts, index) else _PAIR
            yield _item(parts[index : index + size])
            index += size


def _has_scale(parts: list[Data], index: int) -> bool:
    return len(parts) >= index + _TRIPLE and _scale(parts[index + _PAIR]) is not None


def _item(parts: list[Data]) -> Item | None:
    code, is_null = _code(parts[0]), parts[0].tag is Tag.NULL_DATA
    if len(parts) < _PAIR:
        return Item(None, parts[0]) if is_null else None
    if code is None and not is_null:
        return None
    return Item(code, parts[1], *(_scale(parts[_PAIR]) or ()) if len(parts) == _TRIPLE else ())


def scaler_unit(data: Data) -> tuple[int, int] | None:
    """Return the scaler and the unit code in a structure (scal_unit_type, Blue Book 4.3.2); `None` for other data."""
    match elements(data):
        case [Data(Tag.INTEGER, int(scaler)), Data(Tag.ENUM, int(unit))]:
            return scaler, unit
    return None


def _scale(data: Data) -> tuple[int, str] | None:
    codes = scaler_unit(data)
    return codes and (codes[0], unit_name(codes[1]))


def _code(data: Data) -> Obis | None:
    return code_in(data.value) if data.tag is Tag.OCTET_STRING else None
