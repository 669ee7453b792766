"""Finds the faults of a connection from counters and skipped bytes, and describes their remedies."""

from hanparse.diagnosis.fault import Fault
from hanparse.diagnosis.faults import diagnose

__all__ = ["Fault", "diagnose"]
