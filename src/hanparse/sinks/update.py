"""Defines `Update`, which every sink receives: the values of a meter at the time of one push."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse.fields import METADATA
from hanparse.measurement.inputs import finite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hanparse.measurement import Measurement

REGISTERS: Final = frozenset(name for name, entry in METADATA.items() if entry.state_class == "total_increasing")
"""The fields that count up: energies, volumes and counts of failures."""
NUMBERS: Final = tuple(name for name, entry in METADATA.items() if entry.precision is not None)
"""The fields that hold a number, in the order of `METADATA`. Sinks with columns or series use only these."""
ESTIMATED: Final = "_estimated"
"""The ending of the name of an estimate, so that the estimate is not mistaken for a value that the meter measured."""

_UNSAFE: Final = re.compile(r"[^a-zA-Z0-9_-]+")


class Identity(NamedTuple):
    """Identifies the meter that sent a push."""

    name: str
    """The meter id, or another name for a meter that sends none."""
    manufacturer: str | None = None
    model: str | None = None
    list_id: str | None = None
    is_id: bool = True
    """Whether the name is the meter id. Two meters without an id can have the same name, such as "meter"."""

    @property
    def key(self) -> str:
        """Return the name as a part of a topic or of a unique id: letters, digits, "_" and "-".

        If the name contains other characters, "_" replaces them, and the key ends in a hash of the name. So different
        names have different keys.
        """
        key = _UNSAFE.sub("_", self.name)
        return key if key == self.name else f"{key}_{short_hash(self.name)}"


@dataclass(frozen=True)
class Update:
    """Holds the values of one push.

    `registers` can differ from the registers in the push, because `LiveEnergy` computes registers also between two
    lists that contain them.
    """

    meter: Identity
    measurement: Measurement
    at: datetime
    """The time of arrival, with a zone.

    If the source is a file, this is the time of the meter's clock. If the push has no time, or a time without a zone,
    this is the time at which the push was read.
    """
    registers: Mapping[str, float] = field(default_factory=dict)
    """The value of each register at this time, by field. Registers never fall."""
    shown: frozenset[str] = frozenset()
    """The names of all numbers that this meter has sent so far, and of its estimates.

    Names of estimates end in `ESTIMATED`.
    """

    @property
    def has_registers(self) -> bool:
        """Return whether the meter itself sent a register in this push."""
        return any(getattr(self.measurement, name) is not None for name in REGISTERS)

    def numbers(self) -> dict[str, float]:
        """Return the numbers by the names of their fields.

        Omit a field without a number, because a missing number is not 0.
        """
        numbers = {name: finite(self._number(name)) for name in NUMBERS}
        return {name: value for name, value in numbers.items() if value is not None}

    def _number(self, name: str) -> float | None:
        number: float | None = self.registers.get(name) if name in REGISTERS else getattr(self.measurement, name)
        return number

    def estimates(self) -> dict[str, float]:
        """Return the estimates by the names of their fields with the ending `ESTIMATED`."""
        estimated = self.measurement.estimated.items()
        return {name + ESTIMATED: estimate.value for name, estimate in estimated if finite(estimate.value) is not None}

    def document(self) -> dict[str, Any]:
        """Return the fields of the push, with the values of `registers`, ready for JSON. Omit NaN and infinity."""
        present = self.measurement.to_dict()
        numbers = self.numbers()
        without = {name for name in NUMBERS if name in present and name not in numbers}  # such as NaN
        return {name: value for name, value in present.items() if name not in without} | numbers


def short_hash(text: str) -> str:
    """Return 8 hex digits that distinguish a text from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def as_json(document: Mapping[str, Any]) -> str:
    """Return a document as JSON on one line."""
    return json.dumps(document, ensure_ascii=False)
