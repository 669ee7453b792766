"""Says what is wrong with the wire, from counters and skipped bytes, in words to act on."""

from hanparse.diagnosis.faults import Fault, diagnose

__all__ = ["Fault", "diagnose"]
