"""What is known of a maker's lists, as data: `Profile` and its parts."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  dataclasses look at it
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from hanparse.meters import clock
from hanparse.obis import Obis

if TYPE_CHECKING:
    from hanparse.measurement import Wiring


class Wire(NamedTuple):
    """Who talks to whom: the HDLC addresses, as tuples of 7-bit groups, and the control byte of a push."""

    destination: tuple[int, ...]
    source: tuple[int, ...]
    control: int


@dataclass(frozen=True, slots=True)
class Model:
    """What a meter type says: its wiring, powers of ten unlike the maker's, fields where 0 means not measured.

    `pattern` is matched against the whole type text; ``*`` stands for any characters, ``?`` for one.
    """

    pattern: str
    wiring: Wiring
    exponents: Mapping[str, int] = field(default_factory=dict)
    not_measured: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One maker's lists.

    * `list_ids`: what the list version identifier begins with. It names the maker.
    * `wires`: where a list that names nobody is known to be this maker's. Only for lists in `positions`.
    * `positions`: lists without OBIS codes; each says which code belongs to which position.
    * `exponents`: unit -> power of ten, for numbers that come without a scaler. What is not here gets no value.
    * `clock`: which clock a date-time shows; the rules are in `hanparse.meters.clock`, `ValueError` for another.
    * `models`: the first whose pattern fits the meter type holds.

    A profile without `list_ids` and `wires` reads the lists that say everything themselves.
    """

    manufacturer: str | None
    list_ids: tuple[str, ...] = ()
    wires: tuple[Wire, ...] = ()
    positions: tuple[tuple[Obis, ...], ...] = ()
    exponents: Mapping[str, int] = field(default_factory=dict)
    clock: str = clock.AS_SENT
    models: tuple[Model, ...] = ()

    def __post_init__(self) -> None:
        """Check what is easily mistaken, while somebody is there to mend it."""
        clock.check(self.clock)
        if isinstance(self.list_ids, str):
            raise TypeError(f"expected a tuple of list identifiers, found the text {self.list_ids!r}")

    def claims(self, list_id: str) -> bool:
        """Whether this maker's lists have such an identifier; documents and meters differ in upper and lower case."""
        return list_id.casefold().startswith(tuple(prefix.casefold() for prefix in self.list_ids))

    def model(self, name: str | None) -> Model | None:
        """What is known of the meter type `name`."""
        return next((model for model in self.models if name and fnmatchcase(name, model.pattern)), None)


def codes(text: str) -> tuple[Obis, ...]:
    """The OBIS codes of a positional list, in order, blanks between them."""
    return tuple(Obis.parse(code) for code in text.split())
