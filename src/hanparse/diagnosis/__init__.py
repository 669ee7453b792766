"""Finds what is wrong with a connection, from counters and skipped bytes, and describes what to do."""

from hanparse.diagnosis.faults import Fault, diagnose

__all__ = ["Fault", "diagnose"]
