"""OBIS codes: `Obis`, the value type, and the registry, which says what a code means and which field it fills."""

from hanparse.obis.code import Obis
from hanparse.obis.registry import ENTRIES, UNCODED, WHOLE_UNITS, Entry, Kind, lookup

__all__ = ["ENTRIES", "UNCODED", "WHOLE_UNITS", "Entry", "Kind", "Obis", "lookup"]
