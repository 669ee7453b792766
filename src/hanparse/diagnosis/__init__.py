"""Finds what is wrong with a connection, from counters and skipped bytes, and describes what to do."""

from hanparse.diagnosis.fault import Fault
from hanparse.diagnosis.faults import diagnose

__all__ = ["Fault", "diagnose"]
