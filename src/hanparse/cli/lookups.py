"""Codes and words, as they are typed -> lines of the registry of OBIS codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hanparse.obis import ENTRIES, Obis, lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIX_BYTES: Final = re.compile(r"(?:[0-9A-Fa-f]{2} ?){6}")


def lookups(typed: Sequence[str]) -> list[str]:
    """Return a line for each code that is known, and the lines that have all the words; none where nothing is known."""
    if _SIX_BYTES.fullmatch(" ".join(typed)):
        typed = [" ".join(typed)]  # a blank between two bytes ends an argument
    codes = {text: _parsed(text) for text in typed}
    words = [text.casefold() for text, code in codes.items() if code is None]
    found = [line for code in codes.values() if code for line in _of_code(code)]
    return found + (_with(words) if words else [])


def _parsed(text: str) -> Obis | None:
    try:
        return Obis(*bytes.fromhex(text)) if _SIX_BYTES.fullmatch(text) else Obis.parse(text)
    except ValueError:
        return None


def _with(words: Sequence[str]) -> list[str]:
    entries = [
        entry for entry in ENTRIES if all(word in f"{entry.field} {entry.description}".casefold() for word in words)
    ]
    return [f"{entry.code:<12} {entry.description} {entry.unit}".rstrip() for entry in entries]


def _of_code(code: Obis) -> list[str]:
    """Return what the registry has of a code, or what follows from its groups; nothing where that is nothing."""
    if entry := lookup(code):
        field = f" -> {entry.field}" if entry.field else ""
        return [f"{code!s:<12} {entry.description} {entry.unit}".rstrip() + field]
    rule = ", ".join(filter(None, (f"phase {code.phase}" if code.phase else "", code.direction, code.processing)))
    return [f"{code!s:<12} {rule}, not in the registry"] if rule else []
