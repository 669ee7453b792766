"""Finds the faults of a connection to a HAN port, and describes how to mend each fault."""

from hanparse.diagnosis.fault import Fault
from hanparse.diagnosis.faults import diagnose

__all__ = ["Fault", "diagnose"]
