"""Defines `Record`, which stores the values of a measurement.

`Record` checks the values that a caller passes to the constructor. A decoded measurement holds the bytes of its push
and the `Kind` of the push. The kind reads nothing from the bytes until a program uses a value.
"""

from __future__ import annotations

import math
from datetime import datetime
from inspect import get_annotations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, dataclass_transform

from hanparse.measurement.field import FIELD_OF
from hanparse.measurement.inputs import check_type
from hanparse.measurement.kind import Kind, kind_of
from hanparse.measurement.parts import Estimate, Register, Wiring, comparable
from hanparse.measurement.scale import Scale
from hanparse.measurement.security import Security

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

AS_SENT: Final = Scale()
NO_ESTIMATES: Final[Mapping[str, Estimate]] = MappingProxyType({})
_TYPES: Final[dict[str, type]] = {**{name: field.type for name, field in FIELD_OF.items()}, "wiring": Wiring}
_ITEMS: Final = {name: field.item for name, field in FIELD_OF.items() if field.item}
_FLOATS: Final = frozenset(name for name, field in FIELD_OF.items() if field.is_float)


def declared(read: Callable[[Any], object], *, default: object) -> Any:  # noqa: ANN401, ARG001  for type checkers
    """Return a property that calls `read`.

    Type checkers see the result as an optional argument of the constructor with this `default`.
    """
    return property(read)


@dataclass_transform(eq_default=False, frozen_default=True, kw_only_default=True, field_specifiers=(declared,))
class Record:
    """Holds the values of a push. Records are immutable. A subclass declares the fields.

    Type checkers see the annotation of a field as an argument of the constructor and as a read-only attribute. At run
    time each annotation becomes a property that reads the value.
    """

    # In a decoded record, `_state` is first the push. If the first access is to a number in `Kind.numbers`, the kind
    # reads only this number, and `_state` becomes a list with the push as its only element. Any other access reads all
    # values, and `_state` becomes a tuple: the values in the order of `Kind.index`, then the push. The first access to
    # the registers replaces the push in this tuple with the registers. `_received` is unset if the caller gave no time.
    # `_security` is unset if the push was not ciphered. `_estimated` is unset if there are no estimates. A decoder that
    # estimates stores a function in `_estimated`. The first access replaces this function with the estimates that it
    # returns.
    __slots__ = ("_estimated", "_kind", "_received", "_security", "_state")
    _estimated: Any
    _kind: Kind
    _received: datetime
    _security: Security
    _state: Any

    def __init_subclass__(cls) -> None:
        """Add a property for every annotated field."""
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
        """Check and store the given fields; fields that are not given are `None`.

        Raises `TypeError` for a name that is not a field and for a value of a wrong type.
        """
        if unknown := [name for name in (*fields, *estimated) if name not in _TYPES]:
            raise TypeError(_no_field(unknown))
        present = {name: _checked(name, value) for name, value in fields.items() if value is not None}
        elements = tuple(registers)
        for index, element in enumerate(elements):
            check_type(f"registers[{index}]", element, Register)
        for name, made in estimated.items():
            check_type(f"estimated[{name!r}]", made, Estimate)
        check_type("scale", scale, Scale)
        check_type("made_for_transformers", made_for_transformers, bool)
        if estimated:
            fill_estimated(self, MappingProxyType(dict(estimated)))
        fill_kind(self, kind_of(tuple(present), scale, made_for_transformers))
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
            push = state[0] if type(state) is list else state
            state = (*self._kind.values(push), push)
            fill_state(self, state)
        return state

    def _value(self, position: int) -> Any:  # noqa: ANN401  any value
        """Return the value at `position`. Callers use this method only before all values have been read."""
        kind, push = self._kind, self._state
        if position in kind.numbers and type(push) is not list:
            fill_state(self, [push])
            return kind.number(push, position)
        return self._read()[position]

    def _elements(self) -> tuple[Register, ...]:
        """Every element of the push as a `Register`, with the value as the meter sent it, in the order of the push."""
        *values, push = self._read()
        if type(push) is tuple:
            return push
        registers = self._kind.registers(push)
        fill_state(self, (*values, registers))
        return registers

    def _estimates(self) -> Mapping[str, Estimate]:
        """The estimates of values that the meter does not measure. The keys are the names of the fields.

        The fields with these names are `None`. In a decoded measurement, the mapping is empty unless the decoder
        has the option `estimate`.
        """
        estimates: Mapping[str, Estimate] | Callable[[Any], dict[str, Estimate]] = getattr(
            self, "_estimated", NO_ESTIMATES
        )
        if callable(estimates):
            estimates = MappingProxyType(estimates(self))
            fill_estimated(self, estimates)
        return estimates

    def _arrival(self) -> datetime | None:
        """The time when the push arrived, by the caller's clock (see `Decoder.feed`); `None` if not given."""
        return getattr(self, "_received", None)

    def _ciphering(self) -> Security | None:
        """The ciphering of the push, and whether the push was verified; `None` if it was not ciphered."""
        return getattr(self, "_security", None)

    def _factors(self) -> Scale:
        """The factors by which the values of the fields were multiplied. The `registers` are not multiplied."""
        return self._kind.scale

    def _is_for_transformers(self) -> bool:
        """True if the meter type is made for current transformers.

        For a decoded push, the `Profile` (the description of the meters of one maker) determines this.
        """
        return self._kind.made_for_transformers

    def _arguments(self) -> dict[str, Any]:
        """Return the keyword arguments with which the constructor makes an equal measurement."""
        fields = dict(zip(self._kind.index, self._read(), strict=False))
        return fields | {
            "registers": self._elements(),
            "estimated": dict(self._estimates()),
            "received": self._arrival(),
            "security": self._ciphering(),
            "scale": self._kind.scale,
            "made_for_transformers": self._kind.made_for_transformers,
        }

    def __replace__(self, /, **changes: Any) -> Self:  # noqa: ANN401  each field has its own type
        """Return a copy of the measurement with `changes`; `copy.replace` of Python 3.13 calls this method."""
        return type(self)(**(self._arguments() | changes))

    def __eq__(self, other: object) -> bool:
        """Compare all fields, and also `wiring`, `registers` and `estimated`."""
        return self._key() == other._key() if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        """Return the same hash for equal measurements."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        fields = tuple(getattr(self, name) for name in _TYPES)
        return tuple(map(comparable, (*fields, self._elements(), tuple(self._estimates().items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the constructor arguments for copies and pickles, without the kind and the bytes of the push."""
        return _restore, (type(self), self._arguments())

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        """Raise `AttributeError`: measurements are immutable."""
        message = f"a Measurement is immutable; {name} cannot be set"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        """Raise `AttributeError`: measurements are immutable."""
        message = f"a Measurement is immutable; {name} cannot be deleted"
        raise AttributeError(message)


# `Record.__setattr__` raises an error, and `object.__setattr__` is slow because it looks up the name. So these
# functions call the descriptors of the slots. `blank` creates a record in which no slot is set.
blank = Record.__new__
fill_kind = Record.__dict__["_kind"].__set__
fill_state = Record.__dict__["_state"].__set__
fill_estimated = Record.__dict__["_estimated"].__set__
fill_received = Record.__dict__["_received"].__set__
fill_security = Record.__dict__["_security"].__set__


def _field(name: str) -> property:
    """Return the property that reads one field."""

    def read(measurement: Record) -> Any:  # noqa: ANN401  the annotation of the field declares the type
        index = measurement._kind.index  # noqa: SLF001  this function becomes a property of Record
        if name not in index:
            return None
        state = measurement._state  # noqa: SLF001
        return state[index[name]] if type(state) is tuple else measurement._value(index[name])  # noqa: SLF001

    return property(
        read, doc=FIELD_OF[name].doc() if name in FIELD_OF else "Wiring of the meter, if the meter type determines it."
    )


def kept_steps(measurement: Record) -> dict[str, float] | None:
    """Return the dictionary with the step of each quantity: the smallest difference between two values.

    All measurements of one kind share the dictionary. A caller that computes a step stores it there. The result is
    `None` if two pushes of this kind can have different steps.
    """
    return measurement._kind.steps  # noqa: SLF001  no other module needs the kind


def _restore(of: type[Record], arguments: dict[str, Any]) -> Record:
    return of(**arguments)


def _checked(name: str, value: Any) -> Any:  # noqa: ANN401  each field has its own type
    """Check the type of a value and return the value. In a field that is always a float, an int becomes a float."""
    if _TYPES[name] is not float or type(value) is not int:
        check_type(name, value, _TYPES[name])
    if item := _ITEMS.get(name):
        for index, element in enumerate(value):
            check_type(f"{name}[{index}]", element, item)
    if name not in _FLOATS:
        return value
    try:
        return float(value)
    except OverflowError:  # too large for a float; `float` also returns infinity for a text with these digits
        return math.inf if value > 0 else -math.inf


def _no_field(unknown: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  seldom needed

    close = get_close_matches(unknown[0], [*_TYPES, "registers", "estimated", "received", "security", "scale"], 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"Measurement has no field {', '.join(sorted(unknown))}{hint}"
