"""How a measurement keeps its values: read from the push when one is asked for, checked when a caller gives them.

A measurement of a push that is like an earlier one is two references: to the kind of push, which knows the place of
each value, and to the bytes.
"""

from __future__ import annotations

import math
from datetime import datetime
from functools import lru_cache
from inspect import get_annotations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, Self, dataclass_transform

from hanparse.measurement.field import FIELD_OF
from hanparse.measurement.inputs import check_type
from hanparse.measurement.parts import Estimate, Register, Wiring, comparable
from hanparse.measurement.scale import Scale
from hanparse.measurement.security import Security

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

AS_SENT: Final = Scale()
NO_ESTIMATES: Final[Mapping[str, Estimate]] = MappingProxyType({})
_ESTIMATED: Final = "estimated"
_TYPES: Final[dict[str, type]] = {**{name: field.type for name, field in FIELD_OF.items()}, "wiring": Wiring}
_ITEMS: Final = {name: field.item for name, field in FIELD_OF.items() if field.item}
_FLOATS: Final = frozenset(name for name, field in FIELD_OF.items() if field.is_float)


class Kind(Protocol):
    """What measurements of one kind have in common: the names of their values, and how these are read from a push."""

    index: Mapping[str, int]
    """The place of each value."""
    scale: Scale
    """By what the values were multiplied."""
    made_for_transformers: bool
    """Whether the meter's type needs current transformers."""

    def values(self, push: Any, /) -> Sequence[Any]:  # noqa: ANN401  each kind keeps what it likes
        """Return what `index` names, in that order."""

    def registers(self, push: Any, /) -> tuple[Register, ...]:  # noqa: ANN401  the same
        """Return every element of the push."""


def declared(read: Callable[[Any], object], *, default: object) -> Any:  # noqa: ANN401, ARG001  for type checkers
    """Declare an argument with a default that is no field of the meter; `read` is its property."""
    return property(read)


@dataclass_transform(eq_default=False, frozen_default=True, kw_only_default=True, field_specifiers=(declared,))
class Record:
    """The values of a push and where they come from. Immutable; a subclass declares the fields by annotations.

    To type checkers an annotation is an argument of the constructor and an attribute that cannot be set. At run time
    it becomes a property that reads the value.
    """

    # `_state` is the push, until something is asked for: then the values in their order and, last, the push, until the
    # registers are asked for: then these. `_received` is empty where the caller gave no time,
    # `_security` for a plain push.
    __slots__ = ("_kind", "_received", "_security", "_state")
    _kind: Kind
    _received: datetime
    _security: Security
    _state: Any

    def __init_subclass__(cls) -> None:
        """Make a property of every field."""
        for name in get_annotations(cls):
            if not isinstance(cls.__dict__.get(name), property):
                setattr(cls, name, _field(name))

    def __init__(
        self,
        *,
        registers: Iterable[Register] = (),
        estimated: Mapping[str, Estimate] = NO_ESTIMATES,
        received: datetime | None = None,
        security: Security | None = None,
        scale: Scale = AS_SENT,
        made_for_transformers: bool = False,
        **fields: Any,  # noqa: ANN401  each field has its own type
    ) -> None:
        """Take the fields that are there by name; the others are `None`.

        Raises `TypeError` for a name that is no field and for a value of another type.
        """
        if unknown := [name for name in (*fields, *estimated) if name not in _TYPES]:
            raise TypeError(_no_field(unknown))
        present = {name: _checked(name, value) for name, value in fields.items() if value is not None}
        elements = tuple(registers)
        for element in elements:
            check_type("register", element, Register)
        for name, made in estimated.items():
            check_type(f"estimate of {name}", made, Estimate)
        check_type("scale", scale, Scale)
        check_type("made_for_transformers", made_for_transformers, bool)
        if estimated:
            present[_ESTIMATED] = MappingProxyType(dict(estimated))
        fill_kind(self, _made(tuple(present), scale, made_for_transformers))
        fill_state(self, (*present.values(), elements))
        if received is not None:
            check_type("received", received, datetime)
            fill_received(self, received)
        if security is not None:
            check_type("security", security, Security)
            fill_security(self, security)

    def _read(self) -> tuple[Any, ...]:
        state = self._state
        if type(state) is not tuple:
            state = (*self._kind.values(state), state)
            fill_state(self, state)
        return state

    def _elements(self) -> tuple[Register, ...]:
        """Every element of the list in its order, as sent; nothing is left out, duplicates are kept."""
        *values, push = self._read()
        if type(push) is tuple:
            return push
        registers = self._kind.registers(push)
        fill_state(self, (*values, registers))
        return registers

    def _estimates(self) -> Mapping[str, Estimate]:
        """What the meter does not measure, by field name; empty unless asked for. Never mixed with measured fields."""
        place = self._kind.index.get(_ESTIMATED)
        return NO_ESTIMATES if place is None else self._read()[place]

    def _arrival(self) -> datetime | None:
        """When the push came, by the caller's clock (`Decoder.feed`); `None` where the caller gave no time."""
        try:
            return self._received
        except AttributeError:  # an empty slot
            return None

    def _ciphering(self) -> Security | None:
        """How the push was ciphered and whether it was verified; `None` for a plain push."""
        try:
            return self._security
        except AttributeError:  # an empty slot
            return None

    def _factors(self) -> Scale:
        """By what the values were multiplied; `registers` are as sent."""
        return self._kind.scale

    def _is_for_transformers(self) -> bool:
        """Whether the profile that read the list says that the type of the meter needs current transformers."""
        return self._kind.made_for_transformers

    def _arguments(self) -> dict[str, Any]:
        """Return what makes an equal measurement, by name."""
        fields = dict(zip(self._kind.index, self._read(), strict=False))
        fields.pop(_ESTIMATED, None)
        return fields | {
            "registers": self._elements(),
            _ESTIMATED: dict(self._estimates()),
            "received": self._arrival(),
            "security": self._ciphering(),
            "scale": self._kind.scale,
            "made_for_transformers": self._kind.made_for_transformers,
        }

    def __replace__(self, /, **changes: Any) -> Self:  # noqa: ANN401  each field has its own type
        """Return the same measurement with `changes`; `copy.replace` of Python 3.13 calls this."""
        return type(self)(**(self._arguments() | changes))

    def __eq__(self, other: object) -> bool:
        """Equal in every field, `wiring`, `registers` and `estimated`."""
        return self._key() == other._key() if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        """Equal measurements have equal hashes."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        fields = tuple(getattr(self, name) for name in _TYPES)
        return tuple(map(comparable, (*fields, self._elements(), tuple(self._estimates().items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles hold values only, not what they were read with."""
        return _restore, (type(self), self._arguments())

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        """Measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be set"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        """Measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be deleted"
        raise AttributeError(message)


# Record forbids setting, and object.__setattr__ looks names up: the slots are filled by their own descriptors. A
# measurement of a kind that reads its values later is made of these, without another call in between.
blank = Record.__new__
fill_kind = Record.__dict__["_kind"].__set__
fill_state = Record.__dict__["_state"].__set__
fill_received = Record.__dict__["_received"].__set__
fill_security = Record.__dict__["_security"].__set__


def _field(name: str) -> property:
    """Return the property that reads one field."""

    def read(measurement: Record) -> Any:  # noqa: ANN401  declared by the annotation
        state = measurement._state  # noqa: SLF001  one class in two halves
        if type(state) is not tuple:
            state = measurement._read()  # noqa: SLF001
        place = measurement._kind.index.get(name)  # noqa: SLF001
        return None if place is None else state[place]

    return property(
        read, doc=FIELD_OF[name].doc() if name in FIELD_OF else "How the meter is connected, where its type says so."
    )


class _Made:
    """The kind of measurements whose values and registers are there."""

    def __init__(self, names: tuple[str, ...], scale: Scale, made_for_transformers: bool) -> None:  # noqa: FBT001
        self.index: Mapping[str, int] = {name: place for place, name in enumerate(names)}
        self.scale = scale
        self.made_for_transformers = made_for_transformers

    def values(self, push: tuple[Any, ...]) -> tuple[Any, ...]:
        return push

    def registers(self, push: tuple[Register, ...]) -> tuple[Register, ...]:
        return push


_made = lru_cache(maxsize=256)(_Made)


def _restore(of: type[Record], arguments: dict[str, Any]) -> Record:
    return of(**arguments)


def _checked(name: str, value: Any) -> Any:  # noqa: ANN401  of the type of the field
    """Return the value of a field as its type; a number may be int or float."""
    if _TYPES[name] is not float or type(value) is not int:
        check_type(name, value, _TYPES[name])
    if item := _ITEMS.get(name):
        for element in value:
            check_type(name, element, item)
    if name not in _FLOATS:
        return value
    try:
        return float(value)
    except OverflowError:  # an integer beyond all floats, which is what a float of that size is
        return math.inf if value > 0 else -math.inf


def _no_field(unknown: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  seldom needed

    close = get_close_matches(unknown[0], [*_TYPES, "registers", "estimated", "received", "security", "scale"], 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"Measurement has no field {', '.join(sorted(unknown))}{hint}"
