"""Stores the values of a measurement: `Record`.

Values that a caller gives are checked. A decoded measurement holds the bytes of its push and the `Kind` of the push.
When a program first uses a value, the kind reads the values from the bytes.
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
    """Declare an optional argument of the constructor.

    At run time, this function returns a property that calls `read`.
    """
    return property(read)


@dataclass_transform(eq_default=False, frozen_default=True, kw_only_default=True, field_specifiers=(declared,))
class Record:
    """Holds the values of a push. Records are immutable. A subclass declares the fields.

    Type checkers see the annotation of a field as an argument of the constructor and as a read-only attribute. At run
    time each annotation becomes a property that reads the value.
    """

    # At first, `_state` is the push. If a push has many values, the first access to a number reads only this number,
    # and `_state` becomes a list with the push as its only element. The next access reads all values, and `_state`
    # becomes a tuple of all values in their order and the push. The first access to the registers replaces the push in
    # this tuple by the registers. `_received` is unset if the caller gave no time, and `_security` is unset if the push
    # was not ciphered. `_estimated` is unset without estimates. It first holds a function; the first access replaces it
    # by the estimates.
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
        for element in elements:
            check_type("register", element, Register)
        for name, made in estimated.items():
            check_type(f"estimate of {name}", made, Estimate)
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
        """Return the value at `position`. The caller has made sure that not all values have been read yet."""
        kind, push = self._kind, self._state
        if position in kind.numbers and type(push) is not list:
            fill_state(self, [push])
            return kind.number(push, position)
        return self._read()[position]

    def _elements(self) -> tuple[Register, ...]:
        """All elements of the list as the meter sent them, in the order of the list, duplicates included."""
        *values, push = self._read()
        if type(push) is tuple:
            return push
        registers = self._kind.registers(push)
        fill_state(self, (*values, registers))
        return registers

    def _estimates(self) -> Mapping[str, Estimate]:
        """Estimates of values that the meter does not measure, by the names of the fields.

        The fields themselves are `None`. The mapping is empty unless the decoder has the option `estimate`.
        """
        estimates: Mapping[str, Estimate] | Callable[[Any], dict[str, Estimate]] = getattr(
            self, "_estimated", NO_ESTIMATES
        )
        if callable(estimates):
            estimates = MappingProxyType(estimates(self))
            fill_estimated(self, estimates)
        return estimates

    def _arrival(self) -> datetime | None:
        """The time when the push arrived, by the caller's clock (`Decoder.feed`); `None` if the caller gave no time."""
        return getattr(self, "_received", None)

    def _ciphering(self) -> Security | None:
        """The ciphering of the push and whether it was verified; `None` for a push that was not ciphered."""
        return getattr(self, "_security", None)

    def _factors(self) -> Scale:
        """The factors by which the fields were multiplied. `registers` hold the values as the meter sent them."""
        return self._kind.scale

    def _is_for_transformers(self) -> bool:
        """True if the meter type needs current transformers, according to the profile that read the list."""
        return self._kind.made_for_transformers

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments of the constructor that give an equal measurement, by name."""
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
        """Compare all fields, `wiring`, `registers` and `estimated`."""
        return self._key() == other._key() if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        """Return the same hash for equal measurements."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        fields = tuple(getattr(self, name) for name in _TYPES)
        return tuple(map(comparable, (*fields, self._elements(), tuple(self._estimates().items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the values for copies and pickles, without the kind and the bytes of the push."""
        return _restore, (type(self), self._arguments())

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        """Raise `AttributeError`: measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be set"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        """Raise `AttributeError`: measurements are immutable."""
        message = f"a Measurement is immutable, {name} cannot be deleted"
        raise AttributeError(message)


# The attributes of a record cannot be set, and object.__setattr__ is slow because it looks up the name. So these
# functions set the slots through their descriptors. `blank` makes a measurement without values.
blank = Record.__new__
fill_kind = Record.__dict__["_kind"].__set__
fill_state = Record.__dict__["_state"].__set__
fill_estimated = Record.__dict__["_estimated"].__set__
fill_received = Record.__dict__["_received"].__set__
fill_security = Record.__dict__["_security"].__set__


def _field(name: str) -> property:
    """Return the property that reads one field."""

    def read(measurement: Record) -> Any:  # noqa: ANN401  declared by the annotation
        index = measurement._kind.index  # noqa: SLF001  this function becomes a property of Record
        if name not in index:
            return None
        state = measurement._state  # noqa: SLF001
        return state[index[name]] if type(state) is tuple else measurement._value(index[name])  # noqa: SLF001

    return property(
        read, doc=FIELD_OF[name].doc() if name in FIELD_OF else "Wiring of the meter, if the meter type determines it."
    )


def kept_steps(measurement: Record) -> dict[str, float] | None:
    """Return the `steps` of the kind of a measurement (see `Kind`). The caller can add steps to the dictionary."""
    return measurement._kind.steps  # noqa: SLF001  no other module needs the kind


def _restore(of: type[Record], arguments: dict[str, Any]) -> Record:
    return of(**arguments)


def _checked(name: str, value: Any) -> Any:  # noqa: ANN401  each field has its own type
    """Check the type of a value and return the value; an int becomes a float in fields that are always float."""
    if _TYPES[name] is not float or type(value) is not int:
        check_type(name, value, _TYPES[name])
    if item := _ITEMS.get(name):
        for element in value:
            check_type(name, element, item)
    if name not in _FLOATS:
        return value
    try:
        return float(value)
    except OverflowError:  # the integer is too large for a float; `float` reads the same digits as text as infinity
        return math.inf if value > 0 else -math.inf


def _no_field(unknown: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  seldom needed

    close = get_close_matches(unknown[0], [*_TYPES, "registers", "estimated", "received", "security", "scale"], 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"Measurement has no field {', '.join(sorted(unknown))}{hint}"
