"""Finds the descriptions of OBIS codes, and the codes whose descriptions or field names contain given words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.obis import ENTRIES, Obis, lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIX_BYTES: Final = re.compile(r"(?:[0-9A-Fa-f]{2} ?){6}")


class Found(NamedTuple):
    """Holds a code and its description.

    The description is from the registry (`hanparse.obis.ENTRIES`). If the registry does not contain the code, the
    description is made from the six parts of the code, the value groups (IEC 62056-61).
    """

    code: str
    description: str
    unit: str = ""
    field: str = ""

    @property
    def line(self) -> str:
        """Return the result as one line of text."""
        return f"{self.code:<12} {self.description} {self.unit}".rstrip() + (f" -> {self.field}" if self.field else "")


def lookups(typed: Sequence[str]) -> list[Found]:
    """Return the descriptions of the typed codes, and of the codes in the registry that match all typed words."""
    if _SIX_BYTES.fullmatch(" ".join(typed)):
        typed = [" ".join(typed)]  # the shell splits a code at its spaces
    codes = {text: _parsed(text) for text in typed}
    words = [text.casefold() for text, code in codes.items() if code is None]
    found = [one for code in codes.values() if code for one in _described(code)]
    return found + (_entries_with(words) if words else [])


def _parsed(text: str) -> Obis | None:
    try:
        return Obis(*bytes.fromhex(text)) if _SIX_BYTES.fullmatch(text) else Obis.parse(text)
    except ValueError:
        return None


def _entries_with(words: Sequence[str]) -> list[Found]:
    return [
        Found(entry.code, entry.description, entry.unit, entry.field)
        for entry in ENTRIES
        if all(word in f"{entry.field} {entry.description}".casefold() for word in words)
    ]


def _described(code: Obis) -> list[Found]:
    if entry := lookup(code):
        return [Found(str(code), entry.description, entry.unit, entry.field)]
    rule = ", ".join(filter(None, (f"phase {code.phase}" if code.phase else "", code.direction, code.processing)))
    return [Found(str(code), f"{rule}, not in the registry")] if rule else []
