"""Defines `Profile`, which describes the lists (contents of pushes) of one maker by means of `Model` and `Place`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping  # noqa: TC003  dataclasses need the names at run time
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
    """A place describes one position in a list: the code of the element there, and the conditions for the element.

    `obis` is the code, or `None` if no document contains a code. `tag` is the type of the element. If `tag` is `None`,
    the element must be null-data, or a value of the kind (text, time, number, count) of the code. Without a code, it
    must be null-data or a number. `size` is the length of a string in bytes. `pattern` has the syntax of
    `Model.pattern`. If the element is an OBIS code of six octets, this code must match the pattern. Otherwise the text
    of the element must match it. If `tag` is `None`, an element is accepted whatever its size and pattern are. If
    `demanded` is false, an element that does not match the pattern is accepted, but without the code.
    """

    obis: Obis | None
    tag: Tag | None = None
    size: int | None = None
    pattern: str = "*"
    demanded: bool = True


class HigherResolution(NamedTuple):
    """An instance contains a second power of ten for a unit in which some meters send values with smaller steps.

    If a list contains a number of `limit` or more in this unit, the power of ten `exponent` applies to every number in
    this unit in the list. It replaces the power of ten in `Profile.exponents` and `Model.exponents`. `limit` is a power
    of two, because `hanparse.layouts` compares only the highest bits of a number.
    """

    limit: int
    exponent: int


@dataclass(frozen=True, slots=True)
class Model:
    """An instance describes the meter types that match `pattern`.

    In a pattern, ``*`` matches any characters, and ``?`` matches one character. The pattern ``""`` matches a list that
    contains no meter type. `exponents` contains the powers of ten that differ from those in `Profile.exponents`.
    `not_measured` contains the fields for which the meter sends 0 because it does not measure them. `transformers` is
    true if the meter is made for current transformers and sends secondary values.
    """

    pattern: str
    wiring: Wiring | None
    exponents: Mapping[str, int] = field(default_factory=dict)
    not_measured: tuple[str, ...] = ()
    transformers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile describes how the lists of one maker are recognised, and how the elements of a list are read.

    * `list_ids`: prefixes of the list identifiers (OBIS code 0.2.129) that the maker uses.
    * `devices`: prefixes of the logical device names (OBIS code 0-0:42.0.0) that the maker uses in lists without a list
      identifier. If the profile has `links`, a device name counts only on these links, on a link whose last maker
      has this profile, or in a list with one of the `setups`.
    * `setups`: the codes of push setups (the objects that define the contents of pushes). The profile reads lists with
      one of these push setups on any link. If the profile has `devices`, the list must contain a device name with one
      of the prefixes in `devices`. If the profile has no `devices`, the list must not contain a device name.
    * `links`: the links (addresses and control field of a frame) that identify this maker if the list does not identify
      a maker.
    * `positions`: for each kind of list without OBIS codes, the places of the list. They apply only if the list
      identifier or the link identifies this maker.
    * `signatures`: for each kind of list that does not identify a maker, the places of the list. Such a list is
      recognised by the types or codes of all its elements. If the profile has `links`, the list is recognised only on
      these links, and on a link whose last maker has this profile.
    * `unframed`: signatures of lists that contain no codes and are not in a frame. Such a list has no link.
    * `attributes`: true if the profile reads lists that consist of attribute descriptors and values. These lists do not
      identify a maker.
    * `exponents`: the power of ten of each unit. It applies to numbers without a scaler. A number without a scaler
      fills no field if its unit is not a key of `exponents`. The unit of power factors is ``""``. The key ``"A/i64"``
      applies only to numbers in A of the type i64.
    * `higher_resolution`: a `HigherResolution` for each unit that some meters send in smaller steps. Only the size of
      the numbers shows which steps a meter uses.
    * `clock`: a clock rule (see `hanparse.meters.clock`), which defines the time zone of the meter's clock. Any other
      text raises `ValueError`.
    * `models`: the meter types. The first model with a matching pattern applies.

    A profile without recognition rules reads any list that contains codes, scalers and units.
    """

    manufacturer: str | None
    list_ids: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    setups: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    positions: tuple[tuple[Place, ...], ...] = ()
    signatures: tuple[tuple[Place, ...], ...] = ()
    unframed: tuple[tuple[Place, ...], ...] = ()
    attributes: bool = False
    exponents: Mapping[str, int] = field(default_factory=dict)
    higher_resolution: Mapping[str, HigherResolution] = field(default_factory=dict)
    clock: str = clock.AS_SENT
    models: tuple[Model, ...] = ()
    depends_on_meter_id: bool = field(init=False, repr=False, compare=False)
    """True if the profile reads at least one kind of list only if the meter number matches a pattern."""

    def __post_init__(self) -> None:
        """Check four arguments.

        Raises `TypeError` if `list_ids` is a text, and `ValueError` for an impossible value of `clock`, `exponents` or
        `higher_resolution`.
        """
        clock.check(self.clock)
        if isinstance(self.list_ids, str):
            raise TypeError(f"expected a tuple of list identifiers, found the text {self.list_ids!r}")
        for key in self.exponents:
            if "/" in key and key.partition("/")[2] not in _TYPES:
                raise ValueError(f"expected a unit, or a unit and a type such as A/i64, found {key!r}")
        for unit, (limit, _) in self.higher_resolution.items():
            if not unit or "/" in unit:
                raise ValueError(f"expected a unit without a type, such as V, found {unit!r}")
            if limit < 1 or limit & limit - 1:  # `hanparse.layouts` compares only the highest bits of a number
                raise ValueError(f"expected a power of two for the limit of {unit}, found {limit}")
        lists = (*self.positions, *self.signatures, *self.unframed)
        object.__setattr__(self, "depends_on_meter_id", any(map(_depends_on_meter_id, lists)))

    @property
    def is_general(self) -> bool:
        """True if the profile has no recognition rules. The profile then reads lists of any maker."""
        return not (
            self.list_ids
            or self.devices
            or self.links
            or self.setups
            or self.signatures
            or self.unframed
            or self.attributes
        )

    def claims(self, list_id: str) -> bool:
        """Return whether `list_id` belongs to this maker. Case is ignored: meters and documents differ in it."""
        return list_id.casefold().startswith(tuple(prefix.casefold() for prefix in self.list_ids))

    def model(self, name: str | None) -> Model | None:
        """Return the first model whose pattern matches the meter type `name`; `None` if no pattern matches."""
        return next((model for model in self.models if fnmatchcase(name or "", model.pattern)), None)


def _depends_on_meter_id(places: Iterable[Place]) -> bool:
    entries = [lookup(place.obis) for place in places if place.obis and place.pattern != "*" and place.demanded]
    return any(entry and entry.field == "meter_id" for entry in entries)


def exponent(exponents: Mapping[str, int], unit: str, tag: Tag | Untagged) -> int | None:
    """Return the power of ten for a number of this unit and type; `None` if `exponents` does not contain the unit."""
    return exponents.get(f"{unit}/{_NAMES.get(tag)}", exponents.get(unit))


_NAMES: Final[dict[Tag | Untagged, str]] = {
    Tag.ARRAY: "array",
    Tag.OCTET_STRING: "oct",
    Tag.VISIBLE_STRING: "vis",
    **{tag: scalar.short_name for tag, scalar in SCALARS.items() if scalar.short_name},
}
_TYPES: Final = {name: tag for tag, name in _NAMES.items() if isinstance(tag, Tag)}
_STRINGS: Final = (Tag.OCTET_STRING, Tag.VISIBLE_STRING)
_PLACE: Final = re.compile(
    r"(?P<code>[^/]+)(?:/(?P<type>[ui]\d+|[a-z]+)(?P<size>\d+)?(?:(?P<sign>[=~])(?P<pattern>.+))?)?"
)


def codes(text: str) -> tuple[Place, ...]:
    """Parse the places of a list, separated by blanks: ``1.7.0``, ``1.7.0/u32``, ``0-0:42.0.0/oct=ISK*``, ``?/u8``.

    A place begins with a code, or with ``?`` if no document contains a code. A type, a size and a pattern can follow.
    An element must match a pattern after ``=``. If the pattern follows ``~``, as in ``0-0:96.1.0/oct~ISK*``, an element
    that does not match is also accepted, but without the code. Only strings (``oct``, ``vis``) can have a size or a
    pattern. Raises `ValueError` for any other text.
    """
    return tuple(_place(word) for word in text.split())


def _place(word: str) -> Place:
    match = _PLACE.fullmatch(word)
    if match is None or (match["type"] and match["type"] not in _TYPES):
        raise ValueError(f"expected a place such as 1.7.0, 1.7.0/u32, 0-0:96.1.0/oct8 or ?/oct8=1682*, found {word!r}")
    tag = _TYPES.get(match["type"])
    if (match["size"] or match["pattern"]) and tag not in _STRINGS:
        raise ValueError(f"expected a place with a size or a pattern only behind the types oct and vis, found {word!r}")
    obis = None if match["code"] == "?" else Obis.parse(match["code"])
    size = int(match["size"]) if match["size"] else None
    return Place(obis, tag, size, match["pattern"] or "*", match["sign"] != "~")
