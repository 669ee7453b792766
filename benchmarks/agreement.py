"""Report which libraries fail, or read other values than hanparse. The benchmarks do this before they measure times."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from figures import OURS, RIVAL
from pushes import KINDS, ORDER, chunks, pushes, stream
from readers import LIBRARIES

from hanparse import Decoder
from hanparse.measurement import FIELDS

if TYPE_CHECKING:
    from hanparse import Measurement

    Failures = dict[str, dict[str, str]]

_PUSHES: Final = 100
_CHUNK: Final = 61
_NAMES: Final = {
    "list_id": "list_ver_id",
    "model": "meter_type",
    "active_energy_import": "active_power_import_total",
    "active_energy_export": "active_power_export_total",
    "reactive_energy_import": "reactive_power_import_total",
    "reactive_energy_export": "reactive_power_export_total",
}
"""The names of fields in amshan that differ from the names in hanparse."""
_TIMES: Final = ("timestamp", "energy_time")
_NOT_COMPARED: Final = {"meter_manufacturer", "meter_datetime"}
"""amshan sets the manufacturer from the decoder that succeeded, even if the list contains none.

The date-time is compared as a local time.
"""


def failures(names: Sequence[str]) -> Failures:
    """Return the libraries that cannot read a push or a stream, with the reasons, by kind of push and by maker.

    Raises `SystemExit` if amshan and hanparse read different values.
    """
    found: Failures = {case: {} for case in (*KINDS, *ORDER)}
    for name in names:
        for kind in KINDS:
            _note(found[kind], name, _failure(name, pushes(kind, _PUSHES)))
        for maker in ORDER:
            _note(found[maker], name, _failure(name, chunks(stream(maker, _PUSHES), _CHUNK)))
    return found


def _note(found: dict[str, str], name: str, failure: str) -> None:
    if failure:
        found[name] = failure
    if failure and name in (OURS, RIVAL):
        raise SystemExit(f"{name}: {failure}")


def _failure(name: str, parts: list[bytes]) -> str:
    """Return the reason why a library and hanparse read different values.

    Return an empty text if the values are equal.
    """
    if not LIBRARIES[name].streams and len(parts) != _PUSHES:
        return "finds no frames in a stream"
    feed_ours = Decoder().feed
    expected = [push for chunk in parts for push in feed_ours(chunk)]
    feed = LIBRARIES[name].reader()
    try:
        with contextlib.redirect_stdout(io.StringIO()) as said:  # gurux-dlms prints unexpected data
            results = [result for chunk in parts for result in feed(chunk)]
    except Exception as error:  # noqa: BLE001  whatever it is, it is reported
        return f"{type(error).__name__}: {error}"
    if len(results) != len(expected) or len(expected) != _PUSHES:
        remark = said.getvalue().partition("\n")[0]
        return f"gives {len(results)} of {_PUSHES} pushes{remark and f', and says: {remark}'}"
    differing = [pair for pair in zip(expected, results, strict=True) if not _agree(*pair)]
    return f"reads other values: {differing[0]}" if differing else ""


def _agree(expected: Measurement, result: object) -> bool:
    if isinstance(result, Mapping):
        return _same_fields(expected, result)
    if isinstance(result, tuple):
        return _same_elements(expected, result[1])
    return expected == result


def _same_fields(expected: Measurement, result: Mapping[str, object]) -> bool:
    """Return whether amshan and hanparse have the same fields and values. Clocks are compared as local times."""
    ours = {_NAMES.get(name, name): getattr(expected, name) for name in FIELDS if name not in _TIMES}
    ours = {name: value for name, value in ours.items() if value is not None and name != "manufacturer"}
    theirs = {name: value for name, value in result.items() if name not in _NOT_COMPARED}
    clock = result.get("meter_datetime")
    shown = clock.replace(tzinfo=None) if isinstance(clock, datetime) else None
    time = expected.timestamp and expected.timestamp.replace(tzinfo=None)
    return ours.keys() == theirs.keys() and shown == time and all(_equal(ours[name], theirs[name]) for name in ours)


def _equal(ours: object, theirs: object) -> bool:
    """Return whether two values are equal after rounding. amshan multiplies by 0.01, but hanparse divides by 100."""
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs)
    return ours == theirs


def _same_elements(expected: Measurement, raw: object) -> bool:
    """Return whether a list of raw values contains the raw values of all registers, in their order."""
    leaves = _leaves(raw)
    return all(register.value in leaves for register in expected.registers)


def _leaves(raw: object) -> Iterator[object]:
    if isinstance(raw, list | tuple):
        for element in raw:
            yield from _leaves(element)
    else:
        yield raw
