"""What is known of a maker's lists, as data: `Profile` and its parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping  # noqa: TC003  dataclasses look at it
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.axdr.data import SCALARS, Tag, Untagged
from hanparse.meters import clock
from hanparse.obis import Obis, lookup

if TYPE_CHECKING:
    from hanparse.measurement import Wiring
    from hanparse.wire.link import Link


class Place(NamedTuple):
    """One position of a list: its code, `None` where nobody documents one, and what must stand there.

    Without a `tag` it is the kind of value (text, time, number) that the code implies, or null-data. `size` is that of
    a string; `pattern` is matched against its text, or the code that it is, as in `Model`.
    """

    obis: Obis | None
    tag: Tag | None = None
    size: int | None = None
    pattern: str = "*"


class Finer(NamedTuple):
    """Another power of ten for a unit, in a list in which a number of that unit reaches `limit`, a power of two.

    It holds for every number of that unit in the list, whatever `exponents` say of its type or of the meter type.
    """

    limit: int
    exponent: int


@dataclass(frozen=True, slots=True)
class Model:
    """What a meter type says: its wiring, powers of ten unlike the maker's, fields where 0 means not measured.

    `transformers`: it is made for current transformers, and what it sends is what they give.

    `pattern` is matched against the whole type text; ``*`` stands for any characters, ``?`` for one, and ``""`` for no
    type at all, of which nobody can tell the wiring.
    """

    pattern: str
    wiring: Wiring | None
    exponents: Mapping[str, int] = field(default_factory=dict)
    not_measured: tuple[str, ...] = ()
    transformers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One maker's lists.

    * `list_ids`: what the list version identifier begins with. It names the maker.
    * `devices`: what the logical device name (0-0:42.0.0) begins with, in lists that have no identifier.
    * `setups`: the push set-ups whose lists are this maker's wherever they come from, if they hold one of `devices`.
    * `wires`: where a list that names nobody is known to be this maker's.
    * `positions`: lists without OBIS codes; each says which code belongs to which position. For lists that are this
      maker's by their identifier or their wire.
    * `signatures`: lists that name nobody and are known by what stands in them: all types, or all codes. Where there
      are `wires`, only there.
    * `attributes`: whether lists of attributes that name nobody are read by it.
    * `exponents`: unit -> power of ten, for numbers that come without a scaler. What is not here gets no value. The
      unit ``""`` is that of power factors, the only fields that have none. ``"A/i64"`` is for numbers of that type.
    * `finer`: unit -> `Finer`, where some meters send smaller steps and only numbers that cannot be tell.
    * `clock`: which clock a date-time shows; the rules are in `hanparse.meters.clock`, `ValueError` for another.
    * `models`: the first whose pattern fits the meter type holds.

    A profile that says nothing of whose lists it reads is for all that say everything themselves.
    """

    manufacturer: str | None
    list_ids: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    setups: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    positions: tuple[tuple[Place, ...], ...] = ()
    signatures: tuple[tuple[Place, ...], ...] = ()
    attributes: bool = False
    exponents: Mapping[str, int] = field(default_factory=dict)
    finer: Mapping[str, Finer] = field(default_factory=dict)
    clock: str = clock.AS_SENT
    models: tuple[Model, ...] = ()
    picks_meters: bool = field(init=False, repr=False, compare=False)
    """Whether the number of a meter decides if its lists are read; else one number is like another."""

    def __post_init__(self) -> None:
        """Check what is easily mistaken, while somebody is there to mend it."""
        clock.check(self.clock)
        if isinstance(self.list_ids, str):
            raise TypeError(f"expected a tuple of list identifiers, found the text {self.list_ids!r}")
        for key in self.exponents:
            if "/" in key and key.partition("/")[2] not in _TYPES:
                raise ValueError(f"expected a unit, or a unit and a type such as A/i64, found {key!r}")
        for unit, (limit, _) in self.finer.items():
            if not unit or "/" in unit:
                raise ValueError(f"expected a unit such as V, whatever the type, found {unit!r}")
            if limit < 1 or limit & limit - 1:  # so that a few bits show the side on which a number is
                raise ValueError(f"expected a power of two as limit of {unit}, found {limit}")
        object.__setattr__(self, "picks_meters", any(map(_picks_meters, (*self.positions, *self.signatures))))

    @property
    def is_general(self) -> bool:
        """Whether it reads lists of anybody."""
        return not (self.list_ids or self.devices or self.links or self.signatures or self.attributes)

    def claims(self, list_id: str) -> bool:
        """Whether this maker's lists have such an identifier; documents and meters differ in upper and lower case."""
        return list_id.casefold().startswith(tuple(prefix.casefold() for prefix in self.list_ids))

    def model(self, name: str | None) -> Model | None:
        """What is known of the meter type `name`."""
        return next((model for model in self.models if fnmatchcase(name or "", model.pattern)), None)


def _picks_meters(places: Iterable[Place]) -> bool:
    entries = [lookup(place.obis) for place in places if place.obis and place.pattern != "*"]
    return any(entry and entry.field == "meter_id" for entry in entries)


def exponent(exponents: Mapping[str, int], unit: str, tag: Tag | Untagged) -> int | None:
    """The power of ten of a number of this unit and type, where it is known."""
    return exponents.get(f"{unit}/{_NAMES.get(tag)}", exponents.get(unit))


_NAMES: Final[dict[Tag | Untagged, str]] = {
    Tag.ARRAY: "array",
    Tag.OCTET_STRING: "oct",
    Tag.VISIBLE_STRING: "vis",
    **{tag: scalar.short_name for tag, scalar in SCALARS.items() if scalar.short_name},
}
_TYPES: Final = {name: tag for tag, name in _NAMES.items() if isinstance(tag, Tag)}
_PLACE: Final = re.compile(r"(?P<code>[^/]+)(?:/(?P<type>[ui]\d+|[a-z]+)(?P<size>\d+)?(?:=(?P<pattern>.+))?)?")


def codes(text: str) -> tuple[Place, ...]:
    """The places of a list, in order, blanks between them: ``1.7.0``, ``1.7.0/u32``, ``0-0:42.0.0/oct=ISK*``, ``?/u8``.

    A code, or ``?`` where nobody documents one; then the type, a size, a pattern, where they are demanded. Raises
    `ValueError`.
    """
    return tuple(_place(word) for word in text.split())


def _place(word: str) -> Place:
    match = _PLACE.fullmatch(word)
    if match is None or (match["type"] and match["type"] not in _TYPES):
        raise ValueError(f"expected a place such as 1.7.0, 1.7.0/u32, 0-0:96.1.0/oct8 or ?/oct8=1682*, found {word!r}")
    obis = None if match["code"] == "?" else Obis.parse(match["code"])
    size = int(match["size"]) if match["size"] else None
    return Place(obis, _TYPES.get(match["type"]), size, match["pattern"] or "*")
