"""Converts the values of a measurement to the types of JSON, and from the types of JSON to the values."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from hanparse.measurement.field import FIELD_OF
from hanparse.measurement.parts import (
    Breaker,
    Estimate,
    Peak,
    Plain,
    PowerFailure,
    RecordType,
    Register,
    Submeter,
    Wiring,
)
from hanparse.measurement.scale import Scale, fraction
from hanparse.measurement.security import Security
from hanparse.obis import Kind, Obis

_TIMES: Final = frozenset({"received", *(name for name, field in FIELD_OF.items() if field.kind is Kind.TIME)})
_RECORD_TIMES: Final = frozenset({"end", "month_end", "time"})
_PartsType = type[Register] | type[Estimate] | type[Security] | RecordType
_HEX, _FLOAT = "hex", "float"  # the keys of the JSON objects for bytes, and for NaN and infinity


def arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constructor arguments of `Measurement`. `data` is a dictionary that `Measurement.to_dict` made."""
    if not isinstance(data, Mapping):
        raise TypeError(f"expected a dictionary, found {type(data).__name__}")
    return {name: _READERS[name](value) if name in _READERS else value for name, value in data.items()}


def from_register(register: Register) -> dict[str, Any]:
    """Return a dictionary of the parts of a register.

    Bytes become a dictionary with their hex digits. NaN and infinity become a dictionary with a text. A part that is
    `None` is left out. The value is always in the dictionary.
    """
    obis, value, scaler, unit = register
    parts = {"obis": None if obis is None else str(obis), "scaler": scaler, "unit": unit}
    return {"value": _ready(value), **{name: part for name, part in parts.items() if part is not None}}


def from_value(value: object, time: Callable[[datetime], Any] = datetime.isoformat) -> Any:  # noqa: ANN401  any type of JSON
    """Return the value of a field as a type of JSON. `time` converts each time."""
    if isinstance(value, datetime):
        return time(value)
    if isinstance(value, tuple):
        return [_from_record(record, time) for record in value]
    return str(value) if isinstance(value, Breaker) else value


def _from_record(record: NamedTuple, time: Callable[[datetime], Any]) -> dict[str, Any]:
    parts = {name: from_value(part, time) for name, part in record._asdict().items()}
    return {name: part for name, part in parts.items() if part is not None}


def unchanged(time: datetime) -> datetime:
    """Return `time` unchanged. Callers that need `datetime` in place of text pass this function to `from_value`."""
    return time


def from_security(security: Security) -> dict[str, Any]:
    """Return a dictionary of the parts of `security`. The system title becomes hex digits."""
    return {**security._asdict(), "system_title": security.system_title.hex()}


def _security(parts: object) -> Security:
    named = _named(parts, Security)
    return Security(**_typed({**named, "system_title": bytes.fromhex(named["system_title"])}, Security))


def from_scale(scale: Scale) -> dict[str, Any]:
    """Return a dictionary of the factors. A fraction becomes text such as ``"150/7"``."""
    factors = {each.name: getattr(scale, each.name) for each in fields(Scale)}
    return {name: factor if isinstance(factor, int | float) else str(factor) for name, factor in factors.items()}


def _ready(value: Plain) -> Any:  # noqa: ANN401  any type of JSON
    if isinstance(value, bytes):
        return {_HEX: value.hex()}
    if isinstance(value, tuple):
        return [_ready(element) for element in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {_FLOAT: str(value)}
    return value


def _plain(ready: object) -> Plain:
    if isinstance(ready, list | tuple):
        return tuple(_plain(element) for element in ready)
    if isinstance(ready, Mapping):
        if ready.keys() == {_HEX} and isinstance(ready[_HEX], str):
            return bytes.fromhex(ready[_HEX])
        if ready.keys() == {_FLOAT} and isinstance(ready[_FLOAT], str):
            return float(ready[_FLOAT])
        raise ValueError(f"expected {{'hex': text}} or {{'float': text}} for a value, found {ready!r}")
    if ready is None or isinstance(ready, bool | int | float | str | bytes):
        return ready
    raise TypeError(f"expected a value of a JSON type, found {type(ready).__name__}")


def _time(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _breaker(value: object) -> object:
    return Breaker(value) if isinstance(value, str) else value


def _records(item: RecordType) -> Callable[[object], object]:
    """Return a function that converts a list of dictionaries to a tuple of records of the type `item`."""

    def read(value: object) -> object:
        if not isinstance(value, list | tuple):
            return value
        return tuple(element if isinstance(element, item) else _record(element, item) for element in value)

    return read


def _record(parts: object, item: RecordType) -> PowerFailure | Peak | Submeter:
    named = _named(parts, item)
    read: dict[str, Any] = {name: _time(part) if name in _RECORD_TIMES else part for name, part in named.items()}
    return item(**_typed(read, item))


def _wiring(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in Wiring.__members__:
        raise ValueError(f"expected one of {', '.join(Wiring.__members__)} for wiring, found {value!r}")
    return Wiring[value]


def _scale(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    try:
        return Scale(**{name: fraction(part) if isinstance(part, str) else part for name, part in value.items()})
    except ZeroDivisionError:
        raise ValueError(f"expected a factor such as '150/7', found {value!r}") from None


def _registers(value: object) -> tuple[Register, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"expected a list for registers, found {type(value).__name__}")
    return tuple(map(_register, value))


def _register(parts: object) -> Register:
    named = _named(parts, Register)
    obis = named.get("obis")
    read = {**named, "obis": None if obis is None else Obis.parse(obis)}
    value = _plain(read.pop("value"))
    return Register(value=value, **_typed(read, Register))


def _estimates(value: object) -> dict[str, Estimate]:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected a dictionary for estimated, found {type(value).__name__}")
    return {name: _estimate(parts) for name, parts in value.items()}


def _estimate(parts: object) -> Estimate:
    made = Estimate(**_typed(_named(parts, Estimate), Estimate))
    limits = (0, made.low, made.likely_low, made.value, made.likely_high, made.rare_high, made.high, sys.float_info.max)
    if not all(one <= other for one, other in pairwise(limits)):  # false for NaN, too
        raise ValueError(f"expected an estimate with finite limits in the order 0, low, value, high, found {made}")
    return made


def _typed(parts: Mapping[str, Any], kind: _PartsType) -> Mapping[str, Any]:
    """Return `parts` unchanged. Raises `TypeError` if a part does not have the type that `kind` declares for it.

    An int is also a float. A bool is not a number.
    """
    for name, part in parts.items():
        allowed = _DECLARED[kind][name]
        is_declared = isinstance(part, allowed) and (bool in allowed or not isinstance(part, bool))
        if not is_declared and not (float in allowed and type(part) is int):
            expected = " or ".join(each.__name__ for each in allowed)
            raise TypeError(f"expected {name} of a {kind.__name__} as {expected}, found {part!r}")
    return parts


_DECLARED: Final[dict[type, dict[str, tuple[type, ...]]]] = {
    kind: {name: get_args(hint) or (hint,) for name, hint in get_type_hints(kind, localns={"Obis": Obis}).items()}
    for kind in (Register, Estimate, Security, PowerFailure, Peak, Submeter)
}
"""Maps each type with parts to the types that it declares for each part."""


def _named(parts: object, kind: _PartsType) -> Mapping[str, Any]:
    """Return `parts` unchanged. Raises `TypeError` if it is not a dictionary, or if a key is missing or unknown."""
    needed = set(kind._fields) - kind._field_defaults.keys() - {"obis"}
    if not isinstance(parts, Mapping) or not needed <= parts.keys() <= set(kind._fields):
        expected = f"a dictionary with {', '.join(kind._fields)}"
        raise TypeError(f"expected {expected} for a {kind.__name__}, found {parts!r}")
    return parts


_READERS: Final[dict[str, Callable[[object], object]]] = {
    **dict.fromkeys(_TIMES, _time),
    **{name: _records(field.item) for name, field in FIELD_OF.items() if field.item},
    **{name: _breaker for name, field in FIELD_OF.items() if field.kind is Kind.BREAKER},
    "wiring": _wiring,
    "scale": _scale,
    "security": _security,
    "registers": _registers,
    "estimated": _estimates,
}
