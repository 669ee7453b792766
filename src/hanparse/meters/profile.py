"""The lists of one maker as data: `Profile` and its parts."""

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
    """One position of a list: its code (`None` where no document gives one) and what the element has to be.

    Without a `tag` the code implies the kind of value (text, time, number); null-data is accepted too. `size` is the
    length of a string in bytes. `pattern` is matched against the text, or against the code that the element is, as in
    `Model`.
    """

    obis: Obis | None
    tag: Tag | None = None
    size: int | None = None
    pattern: str = "*"


class HigherResolution(NamedTuple):
    """The power of ten of a unit in lists in which some number of that unit reaches `limit`, a power of two.

    It applies to every number of that unit in the list, whatever `exponents` give for its type or for the meter type.
    """

    limit: int
    exponent: int


@dataclass(frozen=True, slots=True)
class Model:
    """What a meter type implies: its wiring, powers of ten that differ from the maker's, fields it does not measure.

    `pattern` is matched against the whole type text: ``*`` matches any characters, ``?`` matches one, and ``""``
    matches a list without a type. `not_measured` names fields in which this type sends 0 without measuring.
    `transformers` is true for a type made for current transformers: it sends their secondary values.
    """

    pattern: str
    wiring: Wiring | None
    exponents: Mapping[str, int] = field(default_factory=dict)
    not_measured: tuple[str, ...] = ()
    transformers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of one maker's lists.

    * `list_ids`: prefixes of the list version identifiers that the maker uses. The identifier names the maker.
    * `devices`: prefixes of the logical device name (0-0:42.0.0), for lists without an identifier.
    * `setups`: push set-ups that this maker's meters use on any link, for lists that contain one of `devices`.
    * `links`: the links (addresses and control) on which a list that names no maker is this maker's.
    * `positions`: the code of each position of a list without OBIS codes, which an identifier or a link assigned to
      this maker.
    * `signatures`: lists that name no maker and are recognised by the types or codes of all their elements. A profile
      with `links` recognises them on these links only.
    * `attributes`: whether the profile reads lists of attribute descriptors that name no maker.
    * `exponents`: unit -> power of ten, for numbers sent without a scaler. A unit that is missing here gives no value.
      The unit ``""`` is that of power factors. ``"A/i64"`` applies to numbers of that type only.
    * `higher_resolution`: unit -> `HigherResolution`, where some meters send smaller steps and the size of the numbers
      alone shows it.
    * `clock`: the rule for date-times, one of those in `hanparse.meters.clock`; any other raises `ValueError`.
    * `models`: the meter types; the first whose pattern matches applies.

    A profile without recognition rules reads any list that describes itself.
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
    higher_resolution: Mapping[str, HigherResolution] = field(default_factory=dict)
    clock: str = clock.AS_SENT
    models: tuple[Model, ...] = ()
    depends_on_meter_id: bool = field(init=False, repr=False, compare=False)
    """Whether a pattern looks at the meter number, so that the same list of two meters may be read differently."""

    def __post_init__(self) -> None:
        """Raise `TypeError` or `ValueError` for mistakes that are easily made in a profile."""
        clock.check(self.clock)
        if isinstance(self.list_ids, str):
            raise TypeError(f"expected a tuple of list identifiers, found the text {self.list_ids!r}")
        for key in self.exponents:
            if "/" in key and key.partition("/")[2] not in _TYPES:
                raise ValueError(f"expected a unit, or a unit and a type such as A/i64, found {key!r}")
        for unit, (limit, _) in self.higher_resolution.items():
            if not unit or "/" in unit:
                raise ValueError(f"expected a unit such as V, whatever the type, found {unit!r}")
            if limit < 1 or limit & limit - 1:  # so that a few bits show the side on which a number is
                raise ValueError(f"expected a power of two as limit of {unit}, found {limit}")
        object.__setattr__(self, "depends_on_meter_id", any(map(_on_meter_id, (*self.positions, *self.signatures))))

    @property
    def is_general(self) -> bool:
        """Whether it reads lists of any maker."""
        return not (self.list_ids or self.devices or self.links or self.signatures or self.attributes)

    def claims(self, list_id: str) -> bool:
        """Whether `list_id` is one of this maker's. Case is ignored: documents and meters differ in it."""
        return list_id.casefold().startswith(tuple(prefix.casefold() for prefix in self.list_ids))

    def model(self, name: str | None) -> Model | None:
        """The first model that matches the meter type `name`, or `None`."""
        return next((model for model in self.models if fnmatchcase(name or "", model.pattern)), None)


def _on_meter_id(places: Iterable[Place]) -> bool:
    entries = [lookup(place.obis) for place in places if place.obis and place.pattern != "*"]
    return any(entry and entry.field == "meter_id" for entry in entries)


def exponent(exponents: Mapping[str, int], unit: str, tag: Tag | Untagged) -> int | None:
    """The power of ten for a number of this unit and type, or `None` where it is not known."""
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
    """Parse the places of a list, separated by blanks: ``1.7.0``, ``1.7.0/u32``, ``0-0:42.0.0/oct=ISK*``, ``?/u8``.

    A place is a code, or ``?`` where no document gives one, then optionally a type, a size and a pattern. Raises
    `ValueError` for any other word.
    """
    return tuple(_place(word) for word in text.split())


def _place(word: str) -> Place:
    match = _PLACE.fullmatch(word)
    if match is None or (match["type"] and match["type"] not in _TYPES):
        raise ValueError(f"expected a place such as 1.7.0, 1.7.0/u32, 0-0:96.1.0/oct8 or ?/oct8=1682*, found {word!r}")
    obis = None if match["code"] == "?" else Obis.parse(match["code"])
    size = int(match["size"]) if match["size"] else None
    return Place(obis, _TYPES.get(match["type"]), size, match["pattern"] or "*")
