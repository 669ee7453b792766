"""Codes and words, as they are typed -> what the registry of OBIS codes says of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.obis import ENTRIES, Obis, lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIX_BYTES: Final = re.compile(r"(?:[0-9A-Fa-f]{2} ?){6}")


class Found(NamedTuple):
    """What the registry, or else the rule of its groups, says of a code."""

    code: str
    description: str
    unit: str = ""
    field: str = ""

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.code:<12} {self.description} {self.unit}".rstrip() + (f" -> {self.field}" if self.field else "")


def lookups(typed: Sequence[str]) -> list[Found]:
    """Return what is known of each code, and the codes that have all the words; nothing where nothing is known."""
    if _SIX_BYTES.fullmatch(" ".join(typed)):
        typed = [" ".join(typed)]  # a blank between two bytes ends an argument
    codes = {text: _parsed(text) for text in typed}
    words = [text.casefold() for text, code in codes.items() if code is None]
    found = [one for code in codes.values() if code for one in _of_code(code)]
    return found + (_with(words) if words else [])


def _parsed(text: str) -> Obis | None:
    try:
        return Obis(*bytes.fromhex(text)) if _SIX_BYTES.fullmatch(text) else Obis.parse(text)
    except ValueError:
        return None


def _with(words: Sequence[str]) -> list[Found]:
    return [
        Found(entry.code, entry.description, entry.unit, entry.field)
        for entry in ENTRIES
        if all(word in f"{entry.field} {entry.description}".casefold() for word in words)
    ]


def _of_code(code: Obis) -> list[Found]:
    if entry := lookup(code):
        return [Found(str(code), entry.description, entry.unit, entry.field)]
    rule = ", ".join(filter(None, (f"phase {code.phase}" if code.phase else "", code.direction, code.processing)))
    return [Found(str(code), f"{rule}, not in the registry")] if rule else []
