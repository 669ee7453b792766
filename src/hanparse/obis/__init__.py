"""OBIS codes: `Obis`, the value type, and the registry, which says what a code means and which field it fills."""

from hanparse.obis.code import Obis, code_in
from hanparse.obis.registry import ENTRIES, UNCODED, WHOLE_UNITS, Entry, Kind, lookup, precedence

__all__ = ["ENTRIES", "UNCODED", "WHOLE_UNITS", "Entry", "Kind", "Obis", "code_in", "lookup", "precedence"]
