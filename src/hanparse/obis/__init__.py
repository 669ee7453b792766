"""Parses OBIS codes (`Obis`), and looks up the meaning of a code and the field that it fills (`lookup`)."""

from hanparse.obis.code import Obis, code_in
from hanparse.obis.registry import ENTRIES, UNCODED, WHOLE_UNITS, Entry, Kind, lookup, precedence

__all__ = ["ENTRIES", "UNCODED", "WHOLE_UNITS", "Entry", "Kind", "Obis", "code_in", "lookup", "precedence"]
